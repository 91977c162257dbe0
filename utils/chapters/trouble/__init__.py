"""What *When it does not fit, stops or does not learn* asks; the chapter has no records of its own."""
