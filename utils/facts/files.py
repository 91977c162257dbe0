"""The files of ``book/data``: facts that stand in one place.

Answers "what does the book take from elsewhere?".
"""

import csv

from utils.files.places import DATA


def book_data(name: str):
    """A YAML file of ``book/data``: facts that stand in one place.

    Raises:
        FactsError: a file of :data:`utils.facts.printed.PRINTED` is malformed; names the entry.
    """
    from utils.facts.checked import check
    from utils.facts.printed import PRINTED
    from utils.files.yaml_files import read_yaml

    path = DATA / f"{name}.yml"
    data = read_yaml(path)
    if name in PRINTED:
        check(PRINTED[name], data, path.name)
    return data


def book_table(name: str) -> list[dict[str, str]]:
    """The rows of a CSV file of ``book/data``, each a mapping from column title to text.

    Lines that start with ``#`` are comments.

    Raises:
        ValueError: no titles, or a row with more or fewer cells; names file and line.
    """
    path = DATA / f"{name}.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    numbered = [(n, line) for n, line in enumerate(lines, 1) if line and not line.startswith("#")]
    cells = list(csv.reader(line for _, line in numbered))
    if not cells:
        raise ValueError(f"{path.name} is empty; its first line holds the column titles")
    titles = cells[0]
    for (number, _), row in zip(numbered, cells, strict=True):
        if len(row) != len(titles):
            raise ValueError(
                f"{path.name}, line {number}: {len(row)} cells, but {len(titles)} titles; "
                "put quotes around a cell with a comma"
            )
    return [dict(zip(titles, row, strict=True)) for row in cells[1:]]
