"""What others printed, and what the book says of itself, each read from its one file.

Answers "what does the paper say, and where?". Names of tables, works and chapters come in; checked
values go out, or an error that names file, entry, field and what to do. The files stand in
``book/data``, the bibliography beside it; ``checked`` has the base class of the YAML files.
"""
