"""The door to a notebook: find the code, prepare the session, say what comes from records.

Answers "where am I running, on what data, how much may I compute?". Until a session has started,
nothing here needs more than Python's own library. ``python -m utils.notebook`` runs the notebooks.
"""
