"""What *Inside a ResNet* shows: lesions, path lengths and loss surfaces."""
