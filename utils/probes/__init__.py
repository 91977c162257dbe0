"""What one measures on a network.

Answers "what goes on inside, and what does it cost?". A module and inputs come in; norms, lesions,
paths, surfaces, times and layer costs go out. Nothing here trains or writes a record.
"""
