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

# The header names the number, so that an order that fails can be repeated. Parallel workers
# inherit it: they must all collect the same order.
ORDER = os.environ.setdefault("RESNET_BOOK_ORDER", str(random.randrange(10_000)))

# One thread each: parallel workers that all use every core are slower than one.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"

LONGEST = (
    "test_colab.py",
    "test_clinic.py",
    "test_record.py",
    "test_distributed.py",
    "test_stochastic_depth.py",
    "test_lesion_lab.py",
    "test_site.py",
    "test_question_pages.py",
    "test_glossary.py",
)
"""Files to begin with, so that no worker starts on one of them at the end."""


def pytest_report_header() -> str:
    return f"notebooks in the order of RESNET_BOOK_ORDER={ORDER}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Longest files first; notebooks last, in another order each time: none needs another."""
    notebooks = sorted({item.path for item in items if item.path.suffix == ".ipynb"})
    random.Random(ORDER).shuffle(notebooks)
    rank = {path: place for place, path in enumerate(notebooks)}
    first = {name: place - len(LONGEST) - 1 for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path, first.get(item.path.name, -1)))
