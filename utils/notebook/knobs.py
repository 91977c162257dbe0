"""What a notebook keeps of a cell with knobs, so that it shows something before it is run.

Answers "what would I see?". A cell that calls ``interact`` shows widgets, which need a kernel. So
``make notebooks`` leaves in their place what they showed at first: the settings of the knobs, and
below them what the function printed or drew.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from typing import Any

import nbformat

STATE = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"
REFERENCE = "IPY_MODEL_"
"""Stands before the id of a widget inside another one."""
LEAD = "With these settings the cell shows what follows. In a running notebook you can change them."


def leave_first_state(notebook: nbformat.NotebookNode) -> None:
    """Replace each panel of knobs by its settings and by what it showed with them.

    Needs the widgets' state, which the client that ran the notebook keeps in its metadata. Outputs
    that show something without a kernel, such as a quick check, stay.
    """
    states = notebook.metadata.get("widgets", {}).get(STATE, {}).get("state", {})
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [kept for each in cell.outputs for kept in first_state(each, states)]


def first_state(
    output: nbformat.NotebookNode, states: Mapping[str, Any]
) -> list[nbformat.NotebookNode]:
    """What stands in the place of one output: itself, unless it is a panel of knobs."""
    data = output.get("data", {})
    if VIEW not in data or "text/html" in data:
        return [output]
    widgets = list(inside(data[VIEW]["model_id"], states))
    shown = [widget["state"] for widget in widgets if widget["model_name"] == "OutputModel"]
    if not shown:
        return [output]
    settings = dict(filter(None, map(setting, widgets)))
    return [as_output(settings), *(nbformat.from_dict(o) for o in shown[0].get("outputs", []))]


def inside(name: str, states: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The widgets in a widget, in their order on the screen."""
    for child in states.get(name, {}).get("state", {}).get("children", []):
        key = child.removeprefix(REFERENCE)
        if key in states:
            yield states[key]
            yield from inside(key, states)


def setting(widget: Mapping[str, Any]) -> tuple[str, str] | None:
    """Name of a knob and where it stands, in words; None for what is not a knob."""
    state = widget["state"]
    if not (name := state.get("description")):
        return None
    if (labels := state.get("_options_labels")) is not None:
        index = state["index"]
        chosen = index if isinstance(index, list) else [] if index is None else [index]
        return name, ", ".join(labels[place] for place in chosen) or "none"
    value = state.get("value")
    if isinstance(value, bool):
        return name, "on" if value else "off"
    return name, f"{value:g}" if isinstance(value, float) else f"{value}"


def as_output(settings: Mapping[str, str]) -> nbformat.NotebookNode:
    """The settings as an output that every front end shows."""
    words = ", ".join(f"{name}: {value}" for name, value in settings.items())
    markup = f"<p><strong>{html.escape(words)}.</strong> {LEAD}</p>"
    return nbformat.v4.new_output("display_data", {"text/html": markup, "text/plain": words})
