"""What one page says: its numbers, tables, figures and live cells.

Answers "what does this chapter show?". Records and probes come in; what a cell of the chapter
displays goes out. A chapter's helper bears its notebook's name without the number.
"""
