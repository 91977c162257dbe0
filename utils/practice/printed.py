"""Questions on paper: room to answer, and apart from it what is right.

Answers "what does a teacher print?". A sheet is one HTML file that needs nothing else: black on
white, formulas as MathML, a page size that fits both A4 and Letter.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from functools import singledispatch
from html import escape
from typing import NamedTuple

from utils.display.formulas import with_formulas
from utils.practice.anki import full_links
from utils.practice.concepts import LETTERS
from utils.practice.kinds import Question
from utils.practice.kinds.base import listed
from utils.practice.kinds.choices import Bug, Choices, Output
from utils.practice.kinds.label import Label
from utils.practice.kinds.label import drawing as labelled_drawing
from utils.practice.kinds.numeric import Numeric, number_words
from utils.practice.kinds.order import Order
from utils.practice.kinds.short import Short
from utils.practice.markdown import code_block, inline, source_words

STYLE = """
@page { margin: 18mm 16mm; }
html { background: #fff; color: #000; }
body { font: 11pt/1.45 Georgia, "Times New Roman", serif; max-width: 46em; margin: 1.5em auto;
  padding: 0 1em; }
h1, h2, h3 { font-family: Arial, Helvetica, sans-serif; line-height: 1.2; break-after: avoid; }
h1 { font-size: 17pt; } h2 { font-size: 13pt; } h3 { font-size: 11.5pt; margin-bottom: .3em; }
a { color: inherit; }
pre, code { font: 9.5pt/1.4 Consolas, Menlo, "DejaVu Sans Mono", monospace; }
pre { border-left: 2px solid #000; padding-left: .8em; white-space: pre-wrap; }
table { border-collapse: collapse; width: 99.5%; margin: .8em 0; }
td p, th p { margin: 0; } td ul { margin: 0; padding-left: 1.2em; }
th, td { border: 1px solid #000; padding: .35em .5em; text-align: left; vertical-align: top; }
thead { display: table-header-group; } tr { break-inside: avoid; }
.long tr { break-inside: auto; } .long td:first-child { width: 7.5em; }
.long td:nth-child(3) { width: 5.5em; white-space: nowrap; } .long td:last-child { width: 28%; }
svg { max-width: 100%; max-height: 9cm; height: auto; }
p, li { orphans: 3; widows: 3; }
.q { break-inside: avoid; margin: 1.1em 0; }
.q > h2 { font-size: 11pt; margin: 0 0 .3em; }
.marks { float: right; font-weight: normal; }
ol.letters { list-style: none; padding-left: 0; margin: .5em 0; }
ol.letters li { margin: .25em 0; padding-left: 3.4em; text-indent: -3.4em; }
ol.letters li > * { text-indent: 0; }
.box { display: inline-block; width: .9em; height: .9em; border: 1.2px solid #000;
  vertical-align: -.1em; margin-right: .5em; text-indent: 0; }
.letter { display: inline-block; width: 1.6em; font-weight: bold; text-indent: 0; }
.rule { border-bottom: 1px solid #666; height: 1.75em; }
.blank { display: inline-block; border-bottom: 1px solid #000; min-width: 9em; }
.head td { height: 1.8em; } .head td:nth-child(odd) { width: 4em; }
.told { break-inside: auto; } td.room { height: 2.5em; }
.right { font-weight: bold; }
.small { font-size: 9pt; }
@media print { body { margin: 0; max-width: none; padding: 0; } .break { break-before: page; } }
"""


NAMES = "ABCDEFGHIJ"
"""Letters of options; more than ten have no room on paper."""


DATA = re.compile(r' data-[\w-]+="[^"]*"')


class Printed(NamedTuple):
    """A question on paper.

    Attributes:
        asked: what learners get, as HTML.
        key: the answer in a few words, as HTML.
        told: why, as HTML.
    """

    asked: str
    key: str
    told: str


def sheet(title: str, body: str, site: str) -> str:
    """A whole HTML file that needs no other.

    Args:
        title: what the window is called.
        body: HTML with links as on the book's pages.
        site: where the book is published, without a slash at the end.
    """
    whole = with_formulas(full_links(body, site))
    return (
        '<!DOCTYPE html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n{whole}\n</body>\n</html>\n"
    )


def rules(count: int) -> str:
    """Lines to write on."""
    return '<div class="rule"></div>' * count


def blank(words: str) -> str:
    """A place to fill in, after its words."""
    return f'<p>{words} <span class="blank">&nbsp;</span></p>'


def letters(options: Iterable[str]) -> str:
    """Options with a box and a letter each."""
    lines = "".join(
        f'<li><span class="box"></span><span class="letter">{letter}</span>{text}</li>'
        for letter, text in zip(NAMES, options, strict=False)
    )
    return f'<ol class="letters">{lines}</ol>'


def table(columns: Iterable[str], rows: Iterable[Iterable[str]], style: str = "") -> str:
    """Cells of HTML under their heads; an empty cell has room to write."""
    head = "".join(f'<th scope="col">{column}</th>' for column in columns)
    lines = "".join(
        "<tr>" + "".join(f"<td>{c}</td>" if c else '<td class="room"></td>' for c in row) + "</tr>"
        for row in rows
    )
    opening = f'<table class="{style}">' if style else "<table>"
    return f"{opening}<thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"


# What each kind of question becomes ---------------------------------------------------------------


@singledispatch
def printed(question: Question, seed: str) -> Printed:
    """A question on paper.

    Args:
        question: of the bank, not a card.
        seed: decides the order of its options.

    Raises:
        TypeError: this kind has no form on paper.
    """
    raise TypeError(f"{question.id}: a question of the kind {question.kind} cannot be printed")


@printed.register
def _(question: Choices, seed: str) -> Printed:
    options = list(question.options)
    random.Random(f"{seed} {question.id}").shuffle(options)
    return with_options(question, options)


@printed.register
def _(question: Bug, seed: str) -> Printed:
    made = printed.dispatch(Choices)(question, seed)
    return made._replace(told=f"{made.told}<p>Repaired:</p>{code_block(question.fixed)}")


def with_options(question: Choices, options: list) -> Printed:
    """The same with the options in this order."""
    words = "<p><em>Tick every answer that is right.</em></p>" if question.several else ""
    asked = question.asked() + words + letters(inline(option.text) for option in options)
    named = list(zip(NAMES, options, strict=False))
    key = ", ".join(letter for letter, option in named if option.correct)
    told = "".join(
        f"<li><strong>{letter}, {'right' if option.correct else 'wrong'}.</strong> "
        f"{inline(option.feedback.removeprefix('Right. '))}</li>"
        for letter, option in named
    )
    return Printed(asked, key, f"<ul>{told}</ul>")


@printed.register
def _(question: Output, seed: str) -> Printed:
    if question.options:
        return printed.dispatch(Choices)(question, seed)
    output = question.output.strip()
    asked = question.asked() + "<p>What is printed?</p>" + rules(output.count("\n") + 1)
    return Printed(asked, f"<pre>{escape(output)}</pre>", "")


@printed.register
def _(question: Numeric, seed: str) -> Printed:
    answer = question.answer
    unit = inline(answer.unit)
    asked = f'{question.asked()}<p>Answer: <span class="blank">&nbsp;</span> {unit}</p>{rules(2)}'
    words = f"{number_words(answer.value, answer.reach)} {unit}".strip()
    reach = f" (within {number_words(answer.reach, answer.reach)})" if answer.reach else ""
    near = "".join(
        f"<li><strong>{number_words(one.value, answer.reach)}.</strong> {inline(one.feedback)}</li>"
        for one in question.near
    )
    return Printed(asked, words + reach, f"<ul>{near}</ul>" if near else "")


@printed.register
def _(question: Order, seed: str) -> Printed:
    steps = list(enumerate(question.options, start=1))
    random.Random(f"{seed} {question.id}").shuffle(steps)
    words = "<p><em>Write the place of each step, 1 for the first one.</em></p>"
    asked = question.asked() + words + letters(inline(step.text) for _, step in steps)
    key = ", ".join(f"{letter} {place}" for letter, (place, _) in zip(NAMES, steps, strict=False))
    return Printed(asked, key, f"<ol>{listed(step.text for step in question.options)}</ol>")


@printed.register
def _(question: Label, seed: str) -> Printed:
    svg, about = labelled_drawing(question.drawing)
    svg = DATA.sub("", svg)  # names what is to be named
    names = ", ".join(escape(name) for name in question.names)
    places = "".join(blank(f"{letter}:") for letter in sorted(question.labels))
    asked = f"{question.asked()}{svg}<p>{about}</p><p>Names: {names}.</p>{places}"
    key = ", ".join(f"{letter}: {escape(n)}" for letter, n in sorted(question.labels.items()))
    return Printed(asked, key, "")


@printed.register
def _(question: Short, seed: str) -> Printed:
    ideas = listed(concept.concept for concept in question.rubric)
    told = (
        f"<p>One mark for each idea:</p><ol>{ideas}</ol><p>A model answer:</p>{question.answers()}"
    )
    return Printed(question.asked() + rules(9), "see the four ideas", told)


def item_printed(item: Choices) -> Printed:
    """An item of the concept inventory, whose options keep their order."""
    if len(item.options) != len(LETTERS):
        raise ValueError(f"{item.id} has {len(item.options)} options, not {len(LETTERS)}")
    return with_options(item, list(item.options))


def numbered(number: int, markup: str, marks: str = "", style: str = "q") -> str:
    """A question with its number, kept on one page."""
    right = f'<span class="marks">{marks}</span>' if marks else ""
    return f'<section class="{style}"><h2>{right}Question {number}</h2>{markup}</section>\n'


def solved(number: int, question: Question, on_paper: Printed, marks: str = "") -> str:
    """The solution of a question: key, reasons, steps, source."""
    source = f'<p class="small">Source: {escape(source_words(question.source))}.</p>'
    told = on_paper.told + question.steps() + source
    answer = f'<p>Answer: <span class="right">{on_paper.key}</span></p>'
    return numbered(number, answer + told, marks, "q told")
