"""What every explorable shares: its frame, its controls, its script and its style.

The scripts and the style sheet are files in ``utils/explorables``. A notebook gets them inlined
after the markup; the published book strips that copy and links the files instead.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from html import escape
from pathlib import Path
from typing import Any

ASSETS = Path(__file__).resolve().parent
STYLE = "explorables.css"
CORE_SCRIPT = "explorables.js"
OWN_KEYS = 'autocomplete="off" data-lm-suppress-shortcuts="true"'
"""On a control: no value from an earlier visit, and no arrow keys for JupyterLab's own commands."""
INLINE_START = "<!-- explorable assets -->"
INLINE_END = "<!-- /explorable assets -->"


@dataclass(frozen=True)
class Explorable:
    """One figure, ready to be shown.

    Attributes:
        name: its key in the registry and in ``data-explorable``.
        markup: the figure's HTML without script or style; complete as a still picture.
        summary: the point in one sentence, for places that show text only.
    """

    name: str
    markup: str
    summary: str

    def _repr_html_(self) -> str:
        style = f"<style>\n{read_asset(STYLE)}</style>"
        inlined = [f"<script>\n{read_asset(name)}</script>" for name in scripts(self.name)]
        return "\n".join([self.markup, INLINE_START, style, *inlined, INLINE_END])

    def __repr__(self) -> str:
        return f"Explorable {self.name}: {self.summary}"


def scripts(name: str) -> tuple[str, str]:
    """Files in ``utils/explorables`` that bring the figure of this name to life, in loading
    order."""
    return CORE_SCRIPT, f"{name}.js"


def read_asset(name: str) -> str:
    """Text of one file in ``utils/explorables``."""
    return (ASSETS / name).read_text(encoding="utf-8")


def figure_id(name: str, key: str = "") -> str:
    """Name of one copy on a page: ``residual-block``, ``residual-block-second``.

    Raises:
        ValueError: if ``key`` would not survive in an id and in the address.
    """
    if key and not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", key):
        raise ValueError(f"key {key!r} must be lower-case words and digits joined by hyphens")
    return f"{name}-{key}" if key else name


def slider(
    id_: str,
    key: str,
    label: str,
    *,
    low: float,
    high: float,
    value: float,
    step: float = 1,
    shown: str = "",
) -> str:
    """A labelled range; ``key`` is its letter in the address, ``shown`` its value in words."""
    shown = shown or f"{value:g}"
    return (
        f'<div class="ex-control"><label for="{id_}-{key}">{escape(label)}</label>'
        f'<output for="{id_}-{key}" data-output="{key}" aria-live="off">{escape(shown)}</output>'
        f'<input id="{id_}-{key}" data-key="{key}" type="range" min="{low:g}" max="{high:g}"'
        f' step="{step:g}" value="{value:g}" aria-valuetext="{escape(shown)}"'
        f" {OWN_KEYS}></div>"
    )


def checkbox(id_: str, key: str, label: str, *, checked: bool) -> str:
    """A labelled check box; ``key`` is its letter in the address."""
    return (
        f'<div class="ex-control ex-check"><input id="{id_}-{key}" data-key="{key}" type="checkbox"'
        f"{' checked' if checked else ''} {OWN_KEYS}>"
        f'<label for="{id_}-{key}">{escape(label)}</label></div>'
    )


def select(id_: str, key: str, label: str, options: dict[int, str], *, value: int) -> str:
    """A labelled choice; ``key`` is its letter in the address, options are number -> words.

    Raises:
        ValueError: ``value`` is no option.
    """
    if value not in options:
        raise ValueError(f"{value!r} is none of the options {list(options)} of {label!r}")
    choices = "".join(
        f'<option value="{number}"{" selected" if number == value else ""}>{escape(words)}</option>'
        for number, words in options.items()
    )
    return (
        f'<div class="ex-control ex-select"><label for="{id_}-{key}">{escape(label)}</label>'
        f'<select id="{id_}-{key}" data-key="{key}" {OWN_KEYS}>{choices}</select></div>'
    )


@dataclass(frozen=True)
class Opening:
    """The state that a figure opens in, and what its script needs.

    Attributes:
        controls: HTML of at most three controls, unless ``MORE_CONTROLS`` allows this figure more.
        pictures: SVG; ``{id}-finding`` may describe them.
        finding: the state in words and numbers.
        caption: what is drawn, what is simplified.
        data: what the script needs, JSON-serialisable.
        marks: further attributes of the figure that its style depends on.
    """

    controls: list[str]
    pictures: list[str]
    finding: str
    caption: str
    data: Any
    marks: str = ""


def explorable(
    title: str, invitation: str
) -> Callable[[Callable[[str], Opening]], Callable[..., Explorable]]:
    """Make a figure of the function that draws its opening.

    The function gets the name of the copy that is drawn, see :func:`figure_id`; its own name, with
    hyphens, is the figure's. What it becomes takes the ``key`` that tells a second copy on the same
    page from the first, in ids and in the address.

    Args:
        title: says the one thing.
        invitation: one sentence that says what to try.
    """

    def make(opening: Callable[[str], Opening]) -> Callable[..., Explorable]:
        name = opening.__name__.replace("_", "-")

        @wraps(opening)
        def shown(key: str = "") -> Explorable:
            id_ = figure_id(name, key)
            return Explorable(name, frame(name, id_, title, invitation, opening(id_)), title)

        del shown.__wrapped__  # What it takes is not what the function takes.
        return shown

    return make


def drawn_states(keys: str, states: dict[tuple[int, ...], dict[str, Any]]) -> list[dict[str, Any]]:
    """Data of a figure of few states that are all drawn in Python; its script only chooses.

    Args:
        keys: letters of the controls that a state depends on.
        states: their values -> ``parts`` (name -> attributes that change), ``finding`` and
            ``outputs``, see ``drawn`` of ``explorables.js``.

    Returns:
        One layer. A figure may have several, of states that depend on different controls.
    """
    named = {",".join(map(str, values)): state for values, state in states.items()}
    return [{"keys": list(keys), "states": named}]


def frame(name: str, id_: str, title: str, invitation: str, opening: Opening) -> str:
    """Put a figure together; the controls stay hidden until its script runs."""
    packed = json.dumps(opening.data, separators=(",", ":"), ensure_ascii=False)
    packed = packed.replace("<", "\\u003c")
    finding = f'<p class="ex-finding" id="{id_}-finding" aria-live="polite">'
    return "\n".join(
        [
            f'<figure class="explorable" id="explorable-{id_}" data-explorable="{name}"'
            f' data-address="{id_}" {opening.marks}>',
            f'<p class="ex-title">{escape(title)}</p>',
            '<div class="ex-controls" hidden>',
            f'<p class="ex-invitation">{escape(invitation)}</p>',
            *opening.controls,
            "</div>",
            '<div class="ex-pictures">',
            *opening.pictures,
            "</div>",
            f"{finding}{escape(opening.finding)}</p>",
            f'<figcaption class="ex-caption">{escape(opening.caption)}</figcaption>',
            f'<script type="application/json" data-part="data">{packed}</script>',
            "</figure>",
        ]
    )
