"""What *Bottleneck* shows: counts of whole networks, and times of blocks against their roofs."""
