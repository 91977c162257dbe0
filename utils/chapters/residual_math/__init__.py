"""What *The mathematics of a residual block* shows."""
