"""What is on disk: where it stands, and how it is written whole and read strictly.

Answers "is it there, and is it what it says it is?". Paths come in; checked contents go out, or an
error that says what to do. Records, checkpoints, YAML files and downloads pass through here.
"""
