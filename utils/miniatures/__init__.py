"""Small chains of layers to reason with.

Answers "what does the mathematics say, where it can be computed to the last digit?". Widths,
depths and seeds come in; Jacobians, variances, path counts and sizes of blocks go out.
"""
