"""What *In your own project* shows: transfer between classes, and the price of silent mistakes."""
