"""Whole questions and sets of questions as markup of a page.

Answers "what does the page hold?".
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from typing import Any

from utils.practice.forms import ANSWERS, FORMS, LEGENDS, WORDS
from utils.practice.markdown import (
    MarkupError,
    block,
    code_block,
    in_order,
    inline,
    page_title,
    see_link,
    source_words,
)


def title(question: Any, number: int | None) -> str:
    """The heading of a question: "3. Find the bug (easy)"."""
    words = WORDS[question.kind]
    words = words[0].upper() + words[1:]
    count = f'<span class="q-count">{number}.</span> ' if number else ""
    return f'{count}{words} <span class="q-level">({question.level})</span>'


def steps(question: Any) -> str:
    """The worked solution and the common mistakes."""
    listed = "".join(f"<li>{inline(step)}</li>" for step in question.solution)
    parts = [f"<p><strong>Step by step:</strong></p><ol>{listed}</ol>"] if listed else []
    if question.mistakes:
        listed = "".join(f"<li>{inline(mistake)}</li>" for mistake in question.mistakes)
        parts.append(f"<p><strong>Common mistakes:</strong></p><ul>{listed}</ul>")
    return "".join(parts)


def about(question: Any, chapter_link: bool) -> str:
    """Where a question comes from, and which chapter it belongs to."""
    source = f"Source: {escape(source_words(question.source))}."
    if not chapter_link:
        return f'<p class="q-about">{source}</p>'
    link = f'<a href="../{question.chapter}.html">{escape(page_title(question.chapter))}</a>'
    return f'<p class="q-about">{source} Chapter: {link}.</p>'


def render_question(
    question: Any, *, number: int | None = None, chapter_link: bool = False, level: int = 3
) -> str:
    """One question as accessible HTML that is complete without a script.

    Args:
        question: from :func:`utils.practice.bank.load_bank`; not a card.
        number: shown before its title.
        chapter_link: whether to link its chapter.
        level: of its heading.

    Raises:
        MarkupError: its drawing is missing, or it is a card.
    """
    if question.kind == "short":
        return render_short(question, number=number, level=level)
    if question.kind not in FORMS:
        raise MarkupError(f"{question.id}: a {question.kind} is no question to answer in a form")
    id_ = f"q-{question.id}"
    code = code_block(question.code) if question.kind in ("output", "bug") else ""
    hint = f'<details class="q-hint"><summary>Hint</summary>{block(question.hint)}</details>'
    return (
        f'<article class="q" id="{id_}" data-q="{question.id}" data-kind="{question.kind}" '
        f'data-level="{question.level}" data-chapter="{question.chapter}" '
        f'aria-labelledby="{id_}-title">\n'
        f'<h{level} class="q-title" id="{id_}-title">{title(question, number)}</h{level}>\n'
        f'<div class="q-prompt" id="{id_}-prompt">{block(question.prompt)}{code}</div>\n'
        '<form class="q-form" method="dialog" autocomplete="off">'
        f'<fieldset aria-describedby="{id_}-prompt"><legend>{LEGENDS[question.kind]}</legend>'
        f"{FORMS[question.kind](question)}</fieldset>"
        '<p class="q-buttons"></p></form>\n'
        '<div class="q-feedback" role="status"></div>\n'
        f"{hint}\n"
        '<details class="q-solution"><summary>Answer and solution</summary>'
        f"{ANSWERS[question.kind](question)}{steps(question)}"
        f"{about(question, chapter_link)}</details>\n</article>\n"
    )


def render_short(question: Any, *, number: int | None = None, level: int = 3) -> str:
    """An open prompt with a place to write, four concepts to tick and a model answer."""
    id_ = f"q-{question.id}"
    ticks = "".join(
        f'<li data-concept="{place}" data-keys="{escape(json.dumps(concept.keys))}">'
        f'<label class="q-choice"><input type="checkbox" name="{question.id}-{place}" '
        f'autocomplete="off"><span class="q-text">{inline(concept.concept)}</span></label>'
        f'<p class="q-phrases">For example: {listed(concept.phrases)}.{see_link(concept.see)}</p>'
        "</li>"
        for place, concept in enumerate(question.rubric)
    )
    hint = f'<details class="q-hint"><summary>Hint</summary>{block(question.hint)}</details>\n'
    return (
        f'<article class="q q-short" id="{id_}" data-q="{question.id}" data-kind="short" '
        f'data-level="{question.level}" data-chapter="{question.chapter}" '
        f'aria-labelledby="{id_}-title">\n'
        f'<h{level} class="q-title" id="{id_}-title">{title(question, number)}</h{level}>\n'
        f'<div class="q-prompt" id="{id_}-prompt">{block(question.prompt)}</div>\n{hint}'
        '<form class="q-form" method="dialog" autocomplete="off">'
        f'<p><label class="q-written">Your explanation<textarea rows="7" name="{question.id}" '
        f'aria-describedby="{id_}-prompt"></textarea></label></p><p class="q-buttons"></p>'
        '<details class="q-rubric"><summary>The four concepts</summary>'
        "<fieldset><legend>Tick what your text covers</legend>"
        f'<ul class="q-choices">{ticks}</ul></fieldset></details></form>\n'
        '<div class="q-feedback" role="status"></div>\n'
        '<details class="q-solution"><summary>A model answer</summary>'
        f"{block(question.model)}{steps(question)}{about(question, True)}</details>\n</article>\n"
    )


def render_set(questions: Iterable[Any], mode: str, **options: Any) -> str:
    """Questions one after another, numbered.

    Args:
        questions: what is asked.
        mode: "quick", "exam" or "explain": what the script makes of the set.
        options: for :func:`render_question`.
    """
    shown = "".join(
        render_question(question, number=number, **options)
        for number, question in enumerate(questions, start=1)
    )
    return f'<div class="q-set" data-mode="{mode}">\n{NOTICE}\n{shown}</div>\n'


NOTICE = '<p class="q-notice" role="status"></p>'
"""Where the script says that the browser cannot keep the answers."""


def render_bank(questions: Iterable[Any]) -> str:
    """The practice page: progress by chapter, and every question under its chapter."""
    chapters: dict[str, list[Any]] = {}
    for question in questions:
        chapters.setdefault(question.chapter, []).append(question)
    order = in_order(chapters)
    groups = "".join(
        f'<details class="q-group" data-chapter="{chapter}"><summary>{escape(page_title(chapter))}'
        f" ({plural(len(chapters[chapter]))})</summary>\n"
        + "".join(render_question(question, chapter_link=True) for question in chapters[chapter])
        + "</details>\n"
        for chapter in order
    )
    return (
        f'<div class="q-set" data-mode="practice">\n{NOTICE}\n<div class="q-tools" hidden></div>\n'
        f"{progress_table({chapter: len(chapters[chapter]) for chapter in order})}\n"
        f'<div class="q-deck"></div>\n<h2 class="q-all" id="all-questions">All questions</h2>\n'
        f"{groups}</div>\n"
    )


def plural(count: int) -> str:
    """ "1 question", "12 questions"."""
    return f"{count} question{'' if count == 1 else 's'}"


def progress_table(counts: dict[str, int]) -> str:
    """Chapters with their number of questions; the script adds what was answered."""
    rows = "".join(
        f'<tr data-chapter="{chapter}"><th scope="row"><a href="../{chapter}.html">'
        f"{escape(page_title(chapter))}</a></th><td>{count}</td>"
        '<td class="q-tried">–</td><td class="q-right">–</td></tr>'
        for chapter, count in counts.items()
    )
    return (
        '<div class="book-table-scroll" tabindex="0" role="region" aria-label="Your progress by '
        'chapter"><table class="book-table q-progress"><caption>Your progress by chapter</caption>'
        '<thead><tr><th scope="col">Chapter</th><th scope="col">questions</th>'
        '<th scope="col">tried</th><th scope="col">right the last time</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def listed(phrases: list[str]) -> str:
    """Phrases in quotation marks."""
    return ", ".join(f"“{inline(phrase)}”" for phrase in phrases)
