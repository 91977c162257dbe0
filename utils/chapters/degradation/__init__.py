"""What *Degradation* shows: brief trainings, the longest ones, and the paper's own recipe."""
