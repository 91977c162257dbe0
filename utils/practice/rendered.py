"""Whole questions and sets of questions as markup of a page.

Answers "what does the page hold?".
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from utils.display.later import later
from utils.practice.kinds import Question
from utils.practice.markdown import MarkupError, block, in_order, page_title, source_words
from utils.results.words import opening


def title(question: Any, number: int | None) -> str:
    """The heading of a question: "3. Find the bug (easy)"."""
    words = opening(question.words)
    count = f'<span class="q-count">{number}.</span> ' if number else ""
    return f'{count}{words} <span class="q-level">({question.level})</span>'


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
        MarkupError: it is a card.
        DrawingError: its drawing is missing.
    """
    if not isinstance(question, Question):
        raise MarkupError(f"{question.id}: a {question.kind} is no question to answer in a form")
    id_ = f"q-{question.id}"
    hint = f'<details class="q-hint"><summary>Hint</summary>{block(question.hint)}</details>'
    parts = [
        f'<article class="{question.style}" id="{id_}" data-q="{question.id}" '
        f'data-kind="{question.kind}" data-level="{question.level}" '
        f'data-chapter="{question.chapter}" aria-labelledby="{id_}-title">',
        f'<h{level} class="q-title" id="{id_}-title">{title(question, number)}</h{level}>',
        f'<div class="q-prompt" id="{id_}-prompt">{question.asked()}</div>',
        f'<form class="q-form" method="dialog" autocomplete="off">{question.form()}</form>',
        '<div class="q-feedback" role="status"></div>',
        f'<details class="q-solution"><summary>{question.solved}</summary>{question.answers()}'
        f"{question.steps()}{about(question, chapter_link)}</details>",
        "</article>\n",
    ]
    parts.insert(3 if question.hint_first else 5, hint)
    return "\n".join(parts)


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
        + "".join(_kept(question) for question in chapters[chapter])
        + "</details>\n"
        for chapter in order
    )
    return (
        f'<div class="q-set" data-mode="practice">\n{NOTICE}\n<div class="q-tools" hidden></div>\n'
        f"{progress_table({chapter: len(chapters[chapter]) for chapter in order})}\n"
        f'<div class="q-deck"></div>\n<h2 class="q-all" id="all-questions">All questions</h2>\n'
        f"{groups}</div>\n"
    )


def _kept(question: Any) -> str:
    """A question as text, with what a draw needs to know of it."""
    whole = render_question(question, chapter_link=True)
    return later(whole, q=question.id, level=question.level, chapter=question.chapter)


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
