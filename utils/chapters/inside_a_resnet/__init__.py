"""What *Inside a trained ResNet* shows: lesions and path lengths."""
