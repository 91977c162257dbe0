"""Runs cells of the code clinic as its notebook does, for the tests that repair its patients."""

import contextlib
import io

import torch

from utils.practice.clinic import load_clinic

CLINIC = load_clinic()
SETUP = next(c.source for c in CLINIC.before if c.kind == "code" and "Ward()" in c.source)


def run_cells(*sources: str, names: dict | None = None) -> str:
    """What the cells print, run one after another as in a notebook.

    Args:
        sources: the cells.
        names: what is defined before; the cells add to it.
    """
    names = {} if names is None else names
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), torch.random.fork_rng(devices=[]):
        for source in sources:
            exec(compile(source, "cell", "exec"), names)
    return printed.getvalue()


def opened() -> dict:
    """The names that the notebook's opening cell defines."""
    names: dict = {}
    run_cells(SETUP, names=names)
    return names


def ill(number: int, *changes: tuple[str, str]) -> str:
    """The broken cell of a patient with some words exchanged."""
    return exchanged(CLINIC.patients[number - 1].code, changes)


def well(number: int, *changes: tuple[str, str]) -> str:
    """The repaired cell of a patient with some words exchanged."""
    return exchanged(CLINIC.patients[number - 1].fixed, changes)


def exchanged(code: str, changes: tuple[tuple[str, str], ...]) -> str:
    """The code with each old text, which it holds once, replaced by its new one."""
    for old, new in changes:
        assert code.count(old) == 1, f"{old!r} is {code.count(old)} times in\n{code}"
        code = code.replace(old, new)
    return code
