"""*When it does not fit, stops or does not learn*: a chapter without records of its own."""
