"""One browser, one served book and one kind of page for all test modules."""

from browser import chromium, home, page

__all__ = ["chromium", "home", "page"]
