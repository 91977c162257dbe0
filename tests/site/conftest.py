"""One browser, one served book and a few kinds of pages for all test modules."""

import pytest

pytest.register_assert_rewrite("browser", "figure_checks")

from browser import chromium, home, page  # noqa: E402
from card_page import cards_page  # noqa: E402
from question_site import question_site  # noqa: E402

__all__ = ["cards_page", "chromium", "home", "page", "question_site"]
