"""What others printed, and what the book says of itself, each read from its one file.

Answers "what does the paper say, and where?". Names of tables, works and chapters come in; checked
values go out. The files stand in ``book/data``.
"""
