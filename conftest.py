"""Settings shared by all tests and by the notebooks that pytest runs."""

import os
from pathlib import Path

ROOT = Path(__file__).parent

# Notebook kernels inherit these: no network, no progress bars in outputs, `utils` importable.
os.environ["RESNET_BOOK_OFFLINE"] = "1"
os.environ["RESNET_BOOK_PROGRESS"] = "0"
os.environ["PYTHONPATH"] = str(ROOT)
