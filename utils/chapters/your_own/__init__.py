"""What *In your own project* asks: from a folder of pictures to a network with given weights."""
