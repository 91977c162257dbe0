"""Make the notebook of the code clinic from its one source, ``book/data/clinic.yml``.

Answers "what is broken, how does it show, what repairs it?". The same source gives the notebook
that readers repair and its solved version, and the tests run both:

    python -m utils.practice.clinic --write          # notebooks/07_code_clinic.ipynb, with outputs
    python -m utils.practice.clinic --solved FILE    # all repaired, with the outputs to expect
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import nbformat
import yaml

from utils.facts import goals as chapters
from utils.files.yaml_files import read_yaml
from utils.notebook import run as notebooks
from utils.practice.ward import PATIENTS

SOURCE = notebooks.ROOT / "book" / "data" / "clinic.yml"
PAGE = "notebooks/07_code_clinic"
NOTEBOOK = notebooks.ROOT / f"{PAGE}.ipynb"
GOALS_MARK = "{{goals}}"
ROUND = "ward.round()"
TAGS = {
    "bootstrap": [notebooks.BOOTSTRAP_TAG],
    "begin": [notebooks.BEGIN_TAG],
    "hidden": ["remove-input"],
}


class ClinicError(ValueError):
    """The source cannot be used; the message names file, entry and fault."""


@dataclass(frozen=True)
class Patient:
    """One broken network.

    Attributes:
        title: its heading.
        symptom: what one sees, in Markdown.
        report: Markdown sentence with a link to a place where this was reported.
        code: the broken cell.
        check: the cell that judges it, green or red.
        fails_with: words that the check prints while the code is broken.
        hint: what to measure first, in Markdown.
        fixed: the cell, repaired.
        passes_with: everything that the check prints after the repair.
        diagnosis: what was wrong, how it is found, and why the repair helps, in Markdown.
    """

    title: str
    symptom: str
    report: str
    code: str
    check: str
    fails_with: str
    hint: str
    fixed: str
    passes_with: str
    diagnosis: str


@dataclass(frozen=True)
class Cell:
    """A cell around the patients: kind "markdown", "code", "hidden" (code that the page does not
    show), "bootstrap" or "begin" (the first two of every notebook)."""

    kind: str
    source: str


@dataclass(frozen=True)
class Clinic:
    """The whole notebook: its description, the cells before and after, the patients between."""

    description: str
    before: tuple[Cell, ...]
    patients: tuple[Patient, ...]
    after: tuple[Cell, ...]


def load_clinic(path: Path = SOURCE) -> Clinic:
    """Read the source.

    Raises:
        ClinicError: not YAML, a missing, unknown or empty field, or another number of patients.
    """
    try:
        content = read_yaml(path)
    except (OSError, yaml.YAMLError) as fault:
        raise ClinicError(f"{path} cannot be read: {fault}") from fault
    names = [field.name for field in fields(Clinic)]
    _expect_fields(str(path), content, names)
    if not isinstance(content["patients"], list) or len(content["patients"]) != PATIENTS:
        raise ClinicError(
            f"{path}: patients must be a list of {PATIENTS}, the number in utils.practice.ward"
        )
    return Clinic(
        " ".join(content["description"].split()),
        _cells(f"{path}, before", content["before"]),
        tuple(
            _patient(f"{path}, patient {number}", entry)
            for number, entry in enumerate(content["patients"], 1)
        ),
        _cells(f"{path}, after", content["after"]),
    )


def _expect_fields(where: str, entry: Any, names: list[str]) -> None:
    if not isinstance(entry, dict) or set(entry) != set(names):
        given = ", ".join(map(str, entry)) if isinstance(entry, dict) else type(entry).__name__
        raise ClinicError(f"{where}: needs exactly {', '.join(names)}, but has {given}")


def _patient(where: str, entry: Any) -> Patient:
    names = [field.name for field in fields(Patient)]
    _expect_fields(where, entry, names)
    for name in names:
        if not isinstance(entry[name], str) or not entry[name].strip():
            raise ClinicError(f"{where}: {name} must be text")
    return Patient(**{name: entry[name].strip("\n") for name in names})


def _cells(where: str, entries: Any) -> tuple[Cell, ...]:
    if not isinstance(entries, list):
        raise ClinicError(f"{where}: must be a list of cells")
    cells = []
    for number, entry in enumerate(entries, 1):
        if entry == "bootstrap":
            # notebooks.refresh_bootstrap says what stands in them
            cells += [Cell("bootstrap", ""), Cell("begin", "")]
            continue
        kind = next(iter(entry)) if isinstance(entry, dict) and len(entry) == 1 else None
        if kind not in ("markdown", "code", "hidden") or not isinstance(entry[kind], str):
            raise ClinicError(
                f'{where}, cell {number}: must be "bootstrap", "markdown: text", "code: text" or '
                '"hidden: text"'
            )
        cells.append(Cell(kind, entry[kind].strip("\n")))
    return tuple(cells)


def goals_box() -> str:
    """The opening's list of goals with the minutes, from ``book/data/goals.yml``."""
    chapter = chapters.load_chapters()[PAGE]
    return "\n".join(
        [
            "```{admonition} What you will be able to do",
            ":class: tip",
            *(f"- {goal}" for goal in chapter.goals),
            "",
            f"**Time:** {chapter.minutes} minutes to read and repair; under a minute to run.",
            "```",
        ]
    )


def folded(title: str, *blocks: str) -> str:
    """Markdown behind a title that opens it: in a running notebook too, unlike a directive."""
    head = f'<details class="book-fold"><summary>{title}</summary>'
    return "\n\n".join([head, *blocks, "</details>"])


def fenced(language: str, text: str) -> str:
    """A block of code."""
    return f"```{language}\n{text}\n```"


def patient_cells(number: int, patient: Patient, solved: bool = False) -> list[Cell]:
    """Symptom, code, check, and the folds with hint and repair."""
    opening = f"## Patient {number}: {patient.title}\n\n**Symptom.** {patient.symptom}"
    repair = folded(
        "Diagnosis and repair",
        patient.diagnosis,
        fenced("python", patient.fixed),
        "After the repair the check prints:",
        fenced("text", patient.passes_with),
    )
    return [
        Cell("markdown", f"{opening}\n\n{patient.report}"),
        Cell("code", patient.fixed if solved else patient.code),
        Cell("code", patient.check),
        Cell("markdown", f"{folded('Hint', patient.hint)}\n\n{repair}"),
    ]


def make_notebook(clinic: Clinic, solved: bool = False) -> nbformat.NotebookNode:
    """The notebook without outputs.

    Args:
        clinic: what to make it from.
        solved: put the repaired code into the patients' cells.
    """
    cells = list(clinic.before)
    for number, patient in enumerate(clinic.patients, 1):
        cells += patient_cells(number, patient, solved)
    cells += clinic.after
    made = nbformat.v4.new_notebook(
        metadata={
            "accelerator": "GPU",
            "colab": {"provenance": []},
            "description": clinic.description,
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        }
    )
    for number, cell in enumerate(cells):
        tags = {"tags": TAGS[cell.kind]} if cell.kind in TAGS else {}
        build = nbformat.v4.new_markdown_cell if cell.kind == "markdown" else _code_cell
        text = cell.source.replace(GOALS_MARK, goals_box()) if GOALS_MARK in cell.source else None
        made.cells.append(build(text or cell.source, id=f"cell-{number:02d}", metadata=tags))
    notebooks.refresh_bootstrap(made)
    return made


def solved_notebook(clinic: Clinic, committed: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook with every patient repaired and with the outputs that it must give.

    What the checks print is what the source says; the cells around the patients print what they
    print in the broken notebook.

    Args:
        clinic: what to make it from.
        committed: the broken notebook with its outputs.
    """
    made = make_notebook(clinic, solved=True)
    printed = {patient.check: patient.passes_with for patient in clinic.patients}
    printed[ROUND] = f"{PATIENTS} of {PATIENTS} patients are well."
    for cell, broken in zip(made.cells, committed.cells, strict=True):
        if cell.cell_type != "code":
            continue
        cell.execution_count = broken.execution_count
        if cell.source in printed:
            text = printed[cell.source] + "\n"
            cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=text)]
        elif cell.source == broken.source:
            cell.outputs = broken.outputs
    return made


def _code_cell(source: str, **settings: Any) -> nbformat.NotebookNode:
    return nbformat.v4.new_code_cell(source, **settings)


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m utils.practice.clinic")
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument("--write", action="store_true", help=f"make and run {NOTEBOOK.name}")
    wanted.add_argument("--solved", metavar="FILE", type=Path, help="write the solved version")
    options = parser.parse_args(arguments)
    clinic = load_clinic()
    if options.solved:
        committed = nbformat.read(NOTEBOOK, as_version=4)
        nbformat.write(solved_notebook(clinic, committed), options.solved)
        return 0
    nbformat.write(make_notebook(clinic), NOTEBOOK)
    return notebooks.main([NOTEBOOK.name])


if __name__ == "__main__":
    sys.exit(main())
