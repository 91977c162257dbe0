"""Settings shared by all tests and by the notebooks that pytest runs."""

import os
import random
from pathlib import Path

import pytest

ROOT = Path(__file__).parent

# Notebook kernels inherit these: no network, no progress bars in outputs, `utils` importable.
os.environ["RESNET_BOOK_OFFLINE"] = "1"
os.environ["RESNET_BOOK_PROGRESS"] = "0"
os.environ["PYTHONPATH"] = str(ROOT)

# The header names the number, so that an order that fails can be repeated.
ORDER = os.environ.get("RESNET_BOOK_ORDER") or str(random.randrange(10_000))


def pytest_report_header() -> str:
    return f"notebooks in the order of RESNET_BOOK_ORDER={ORDER}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the notebooks in another order each time, their cells in order: none needs another."""
    notebooks = sorted({item.path for item in items if item.path.suffix == ".ipynb"})
    random.Random(ORDER).shuffle(notebooks)
    rank = {path: place for place, path in enumerate(notebooks)}
    items.sort(key=lambda item: rank.get(item.path, -1))
