"""One browser and one served book for all test modules."""

from browser import chromium, home

__all__ = ["chromium", "home"]
