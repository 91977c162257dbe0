"""What the playground shows with ten seeds: answers to its experiments, figures, real ResNets."""
