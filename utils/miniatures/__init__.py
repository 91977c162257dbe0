"""Small chains of layers to reason with.

Answers "what do networks do that are so small that they can be computed exactly?". Widths, depths,
seeds and settings come in; Jacobians, variances, path counts, sizes of blocks, and the courses of
the playground's trainings go out.
"""
