"""Make the notebook of the code clinic from its one source, ``book/data/clinic.yml``.

Answers "what is broken, how does it show, what repairs it?". The same source gives the notebook
that readers repair and its solved version, and the tests run both:

    python -m utils.practice.clinic --write          # notebooks/07_code_clinic.ipynb, with outputs
    python -m utils.practice.clinic --solved FILE    # all repaired, with the outputs to expect
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Annotated, Any, ClassVar

import nbformat
from pydantic import AfterValidator, BeforeValidator, field_validator

from utils.facts import goals as chapters
from utils.facts.checked import Checked, CheckedFile, FactsError, Text, read_checked
from utils.files.places import ROOT
from utils.notebook import frame
from utils.notebook import run as notebooks
from utils.practice.ward import PATIENTS

SOURCE = ROOT / "book" / "data" / "clinic.yml"
PAGE = "notebooks/07_code_clinic"
NOTEBOOK = ROOT / f"{PAGE}.ipynb"
GOALS_MARK = "{{goals}}"
ROUND = "ward.round()"
TAGS = {
    "bootstrap": [frame.BOOTSTRAP_TAG],
    "begin": [frame.BEGIN_TAG],
    "hidden": ["remove-input"],
}


class ClinicError(FactsError):
    """The source cannot be used; the message names file, entry and fault."""


Block = Annotated[Text, AfterValidator(lambda text: text.strip("\n"))]
"""Lines of a cell, without empty ones around them."""


class Patient(Checked, noun="patient"):
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

    told: ClassVar[dict[str, str]] = dict.fromkeys(
        ("string_type", "string_pattern_mismatch"), "{field} must be text"
    )

    title: Block
    symptom: Block
    report: Block
    code: Block
    check: Block
    fails_with: Block
    hint: Block
    fixed: Block
    passes_with: Block
    diagnosis: Block


class Cell(Checked, noun="cell"):
    """A cell around the patients: kind "markdown", "code", "hidden" (code that the page does not
    show), "bootstrap" or "begin" (the first two of every notebook)."""

    kind: str
    source: str


def cell_of(entry: Any) -> Any:
    """The fields of a cell, whose kind is the name of its text in the file."""
    # utils.notebook.frame says what stands in the first two of every notebook.
    given = {"bootstrap": ""} if entry == "bootstrap" else entry
    kind = next(iter(given)) if isinstance(given, dict) and len(given) == 1 else None
    known = kind in ("markdown", "code", "hidden") or given is not entry
    if not known or not isinstance(given[kind], str):
        raise ValueError('must be "bootstrap", "markdown: text", "code: text" or "hidden: text"')
    return {"kind": kind, "source": given[kind].strip("\n")}


def with_begin(cells: list[Cell]) -> list[Cell]:
    """The cells with the second of every notebook after the first."""
    follows = {"bootstrap": [Cell(kind="begin", source="")]}
    return [part for cell in cells for part in (cell, *follows.get(cell.kind, ()))]


Cells = Annotated[list[Annotated[Cell, BeforeValidator(cell_of)]], AfterValidator(with_begin)]


class Clinic(CheckedFile, error=ClinicError):
    """The whole notebook: its description, the cells before and after, the patients between."""

    description: Annotated[Text, AfterValidator(lambda text: " ".join(text.split()))]
    before: Cells
    patients: list[Patient]
    after: Cells

    @field_validator("patients", mode="before")
    @classmethod
    def as_many_as_in_the_ward(cls, patients: Any) -> Any:
        if not isinstance(patients, list) or len(patients) != PATIENTS:
            raise ValueError(f"it must be a list of {PATIENTS}, the number in utils.practice.ward")
        return patients


def load_clinic(path: Path = SOURCE) -> Clinic:
    """Read the source.

    Raises:
        ClinicError: not YAML, a missing, unknown or empty field, or another number of patients.
    """
    return read_checked(Clinic, path)


def goals_box() -> str:
    """The opening's list of goals with the minutes, from ``book/data/goals.yml``."""
    chapter = chapters.load_chapters()[PAGE]
    return "\n".join(
        [
            f"> **{chapters.OPENING}**",
            ">",
            *(f"> - {goal}" for goal in chapter.goals),
            ">",
            f"> **Time:** {chapter.minutes} minutes to read and repair; under a minute to run.",
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
        Cell(kind="markdown", source=f"{opening}\n\n{patient.report}"),
        Cell(kind="code", source=patient.fixed if solved else patient.code),
        Cell(kind="code", source=patient.check),
        Cell(kind="markdown", source=f"{folded('Hint', patient.hint)}\n\n{repair}"),
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
    frame.refresh_frame(made, NOTEBOOK.name)
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
