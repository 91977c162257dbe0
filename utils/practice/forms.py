"""The parts of a question on a page: what is filled in, and what stands in its solution.

Answers "how does a reader answer it?".
"""

from __future__ import annotations

import math
import random
import re
from functools import cache
from html import escape
from typing import Any

from utils.practice.markdown import DRAWINGS, MarkupError, block, code_block, inline, see_link

LEGENDS = {
    "single": "Choose one answer",
    "multiple": "Choose every answer that is right",
    "numeric": "Type a number",
    "order": "Put the steps in order, the first one on top",
    "output": "What is printed?",
    "bug": "What is wrong?",
    "label": "Choose a name for each place",
}

WORDS = {
    "single": "one answer",
    "multiple": "several answers",
    "numeric": "a number",
    "order": "an order",
    "output": "predict the output",
    "bug": "find the bug",
    "label": "label the drawing",
    "short": "explain",
}


def shuffled(items: list[Any], seed: str) -> list[Any]:
    """Items in an order that depends on the seed alone, and is not the given one."""
    order = list(items)
    draw = random.Random(seed)
    while len(order) > 1 and order == list(items):
        draw.shuffle(order)
    return order


def number_words(value: float, reach: float, unit: str) -> str:
    """A number with as many digits as its tolerance deserves."""
    digits = 0 if value == int(value) else 6
    if reach > 0 and digits:
        digits = min(max(0, 1 - math.floor(math.log10(reach))), 12)
    text = f"{value:,.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    if float(text.replace(",", "")) == 0 and value:
        text = f"{value:.3g}"
    return f"{text}\N{NO-BREAK SPACE}{unit}".rstrip("\N{NO-BREAK SPACE}")


def choices(question: Any) -> str:
    """Radios or check boxes, shuffled by the question's id."""
    kind = "checkbox" if question.kind == "multiple" else "radio"
    lines = []
    for place, option in shuffled(list(enumerate(question.options)), question.id):
        lines.append(
            f'<li><label class="q-choice"><input type="{kind}" name="{question.id}" '
            f'value="{place}" autocomplete="off"><span class="q-text">{inline(option.text)}</span>'
            f'<span class="q-mark"></span></label></li>'
        )
    return f'<ul class="q-choices">{"".join(lines)}</ul>'


def choice_answers(question: Any) -> str:
    """What is said to each option, in the order of the form."""
    lines = []
    for place, option in shuffled(list(enumerate(question.options)), question.id):
        right = " data-right" if option.correct else ""
        word = "Right" if option.correct else "Wrong"
        lines.append(
            f'<li data-option="{place}"{right}><strong class="q-verdict">{word}:</strong> '
            f'{inline(option.text)}<div class="q-says">{block(option.feedback)}'
            f"{see_paragraph(option.see)}</div></li>"
        )
    return f'<ul class="q-answers">{"".join(lines)}</ul>'


def see_paragraph(place: str | None) -> str:
    """The link of :func:`see_link` as a line of its own."""
    return f"<p>{see_link(place).strip()}</p>" if place else ""


def numeric_form(question: Any) -> str:
    answer = question.answer
    unit = f' <span class="q-unit">{inline(answer.unit)}</span>' if answer.unit else ""
    return (
        f'<p><label class="q-number">Your answer: <input type="text" inputmode="decimal" '
        f'name="{question.id}" autocomplete="off" size="12" data-value="{answer.value!r}" '
        f'data-reach="{answer.reach!r}"></label>{unit}</p>'
    )


def numeric_answers(question: Any) -> str:
    answer = question.answer
    words = number_words(answer.value, answer.reach, "")
    lines = [f"<p><strong>Answer:</strong> {escape(words)} {inline(answer.unit)}</p>"]
    if question.near:
        lines.append('<ul class="q-near">')
        for near in question.near:
            shown = escape(number_words(near.value, answer.reach, ""))
            lines.append(
                f'<li data-value="{near.value!r}"><strong>{shown}:</strong>'
                f'<div class="q-says">{block(near.feedback)}{see_paragraph(near.see)}</div></li>'
            )
        lines.append("</ul>")
    return "".join(lines)


def order_form(question: Any) -> str:
    lines = [
        f'<li data-step="{place}"><span class="q-text">{inline(step.text)}</span></li>'
        for place, step in shuffled(list(enumerate(question.options)), question.id)
    ]
    return f'<ol class="q-steps">{"".join(lines)}</ol>'


def order_answers(question: Any) -> str:
    lines = [f"<li>{inline(step.text)}</li>" for step in question.options]
    return f'<p><strong>The order:</strong></p><ol class="q-right-order">{"".join(lines)}</ol>'


def output_form(question: Any) -> str:
    if question.options:
        return choices(question)
    rows = question.output.strip().count("\n") + 1
    return (
        f'<p><label class="q-printed">The output, as Python writes it: <textarea rows="{rows}" '
        f'name="{question.id}" autocomplete="off" autocapitalize="off" spellcheck="false">'
        "</textarea></label></p>"
    )


def output_answers(question: Any) -> str:
    shown = f"<pre>{escape(question.output.strip())}</pre>"
    options = choice_answers(question) if question.options else ""
    return f'<p><strong>It prints:</strong></p><div class="q-output">{shown}</div>{options}'


def bug_answers(question: Any) -> str:
    return (
        f"{choice_answers(question)}<p><strong>Repaired:</strong></p>{code_block(question.fixed)}"
    )


@cache
def drawing(name: str) -> tuple[str, str]:
    """A drawing as inline SVG, and the sentence that describes its places.

    Raises:
        MarkupError: no such file, or one without title and description.
    """
    path = DRAWINGS / f"{name}.svg"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in DRAWINGS.glob("*.svg"))) or "none"
        raise MarkupError(f"no drawing {name!r} in {DRAWINGS.name}; there are: {known}")
    text = path.read_text(encoding="utf-8")
    title = re.search(r"<title>(.+?)</title>\s*", text, re.DOTALL)
    about = re.search(r"<desc>(.+?)</desc>\s*", text, re.DOTALL)
    if not title or not about:
        raise MarkupError(f"{path.name} needs a title and a desc, for those who do not see it")
    svg = text[text.index("<svg") :].replace(title[0], "").replace(about[0], "")
    svg = svg.replace("<svg", f'<svg role="img" aria-label="{title[1].strip()}"', 1)
    return svg.strip(), " ".join(about[1].split())


def label_form(question: Any) -> str:
    svg, about = drawing(question.drawing)
    names = sorted(set(question.labels.values()), key=str.lower)
    offered = "".join(f"<option>{escape(name)}</option>" for name in names)
    offered = f'<option value="">choose…</option>{offered}'
    selects = "".join(
        f'<li><label><span class="q-place">{letter}</span> <select name="{question.id}-{letter}" '
        f'data-letter="{letter}" aria-label="Place {letter}" autocomplete="off">{offered}'
        '</select><span class="q-mark"></span></label></li>'
        for letter in sorted(question.labels)
    )
    return (
        f'<figure class="q-drawing">{svg}<figcaption>{about}</figcaption></figure>'
        f'<ul class="q-labels">{selects}</ul>'
    )


def label_answers(question: Any) -> str:
    lines = "".join(
        f'<li data-letter="{letter}"><strong>{letter}:</strong> '
        f'<span class="q-name">{escape(question.labels[letter])}</span></li>'
        for letter in sorted(question.labels)
    )
    return f'<ul class="q-places">{lines}</ul>'


FORMS = {
    "single": choices,
    "multiple": choices,
    "numeric": numeric_form,
    "order": order_form,
    "output": output_form,
    "bug": choices,
    "label": label_form,
}

ANSWERS = {
    "single": choice_answers,
    "multiple": choice_answers,
    "numeric": numeric_answers,
    "order": order_answers,
    "output": output_answers,
    "bug": bug_answers,
    "label": label_answers,
}
