"""What *Gradient norms* shows, by what it is: numbers, tables, figures, and live cells."""
