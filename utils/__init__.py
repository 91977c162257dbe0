"""Reusable code of "ResNet, Measured": data, models, training, recording, figures.

Read it in the order in which data flows: ``data`` -> ``models`` -> ``training`` ->
``record`` -> ``results`` -> ``plots``. Nothing here imports from the notebooks or the book.
"""
