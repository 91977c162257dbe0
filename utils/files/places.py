"""Where the parts of this repository stand, said once."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"
DATA = BOOK / "data"
RESULTS = ROOT / "results"
WEIGHTS = ROOT / "weights"
CHECKPOINTS = ROOT / ".checkpoints"

READS = ()
"""To know a place is not to read it: a module that reads in one of these folders says so itself."""


def pages_address(repository: str) -> str:
    """Where GitHub publishes the pages of a repository of this address."""
    owner, name = repository.rstrip("/").split("/")[-2:]
    return f"https://{owner.lower()}.github.io/{name}"
