"""Where each element of the sources is carried."""

import re
from collections import Counter
from pathlib import Path

from utils.files.yaml_files import parse_yaml

INVENTORY = Path(__file__).resolve().parents[2] / "book" / "data" / "inventory"


def read(name: str) -> dict:
    """One file of the inventory, its keys unique."""
    text = (INVENTORY / name).read_text(encoding="utf-8")
    keys = Counter(re.findall(r"^ *(S\d-[\w.-]+):", text, re.MULTILINE))
    twice = [key for key, count in keys.items() if count > 1]
    assert not twice, f"{name} names {', '.join(twice)} twice"
    return parse_yaml(text) or {}


MAPS = {
    path.name: read(path.name)
    for path in sorted(INVENTORY.glob("*.yml"))
    if path.name != "elements.yml"
}
