"""The door to a notebook: find the code, prepare the session, say what comes from records.

Answers "where am I running, on what data, how much may I compute?". The settings of a notebook's
first cell come in; a session with a device, a data set and a budget goes out. Until it has started,
nothing here needs more than Python's own library. ``python -m utils.notebook`` runs the notebooks:
their sources come in, and the same files go out with outputs and numbers.
"""
