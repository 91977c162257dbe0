"""What *Time to accuracy* shows: the seconds of each recipe, and the worth of each trick."""
