"""Keeps anchors alive that a page once had under another name, see ``book/data/addresses.yml``.

An empty element with the old name stands before the one that has the new name. Pages that moved are
forwarded by ``meta``.
"""

import re

from sphinx.application import Sphinx
from sphinx.util import logging

from resnet_book.base import change_body
from utils.facts.addresses import ADDRESSES, load_addresses

logger = logging.getLogger(__name__)


def with_anchors(body: str, page: str, moved: dict[str, str]) -> str:
    """The markup of a page with its old anchors; warns where a new one is not on the page."""
    for old, new in moved.items():
        target = re.search(rf'<[a-z][a-z0-9]*\b[^<>]*\bid="{re.escape(new)}"', body)
        if target is None:
            message = "%s: %s should be found at %s, which is not on the page"
            logger.warning(message, ADDRESSES.name, old, new, location=page)
            continue
        start = target.start()
        body = f'{body[:start]}<span id="{old}"></span>{body[start:]}'
    return body


def keep(body: str, page: str) -> str:
    """The markup of a page with its old anchors."""
    return with_anchors(body, page, load_addresses().moved_anchors(page))


def setup(app: Sphinx) -> None:
    """Connect the module to the build."""
    change_body(app, keep)
