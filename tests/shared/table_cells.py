"""What stands in the cells of a table that the book shows."""

import re

TIMING = {"median": 0.0625, "lower": 0.03125, "upper": 0.125, "count": 2}
"""Seconds that have few digits as milliseconds."""


def table_rows(markup: str) -> list[list[str]]:
    """All cells, row by row, the header first."""
    rows = re.findall(r"<tr>(.*?)</tr>", markup, re.DOTALL)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]


def data_cells(markup: str) -> list[list[str]]:
    """The data cells of a table, row by row."""
    rows = re.findall(r"<tr><th scope=\"row\">.*?</tr>", markup, re.DOTALL)
    return [re.findall(r"<td>(.*?)</td>", row) for row in rows]


def milliseconds(markup: str) -> list[list[float]]:
    """Every number of every row that is followed by ms; a range gives both ends."""
    found = []
    for row in data_cells(markup):
        cells = [cell for cell in row if cell.endswith(" ms")]
        found.append([float(n) for cell in cells for n in re.findall(r"\d+\.\d+", cell)])
    return found
