"""Check a number of the book on another machine: ``python -m utils.chapters.reproduce CARD``.

Answers "does it come out here too?". A card of ``book/data/reproduce.yml`` names records. What is
expected comes from them; what came out here comes from a fresh run, or from records that a reader
brings. :mod:`~utils.chapters.reproduce.shown` puts the cards on the page "How this book is
measured".
"""
