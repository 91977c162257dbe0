"""One browser, one served book and one kind of page for all test modules."""

import pytest

pytest.register_assert_rewrite("browser")

from browser import chromium, home, page  # noqa: E402

__all__ = ["chromium", "home", "page"]
