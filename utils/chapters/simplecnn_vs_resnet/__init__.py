"""What *SimpleCNN vs. ResNet* shows: a comparison, its control, and the pictures missed."""
