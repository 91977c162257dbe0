"""What *Loss surfaces* shows: slices of the loss around trained networks."""
