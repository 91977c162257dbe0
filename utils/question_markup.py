"""Questions as HTML: a form that everybody can fill in, and answers that open without a script.

Answers "what does the reader meet?". The same markup stands on pages and, as the static form, in
stored notebook outputs. Whatever a text of the bank holds is shown, never run: Markdown is parsed
with HTML switched off, and everything else is escaped.
"""

from __future__ import annotations

import json
import math
import random
import re
from collections.abc import Iterable
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from utils.yaml_files import read_yaml

ROOT = Path(__file__).parents[1]
DRAWINGS = ROOT / "book" / "_static" / "drawings"
BIBLIOGRAPHY = ROOT / "book" / "references.bib"
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


class MarkupError(ValueError):
    """A question cannot be drawn; says what is missing."""


# Texts ------------------------------------------------------------------------------------------


def math_rule(state: StateInline, silent: bool) -> bool:
    """Inline rule for ``$...$``: a formula has no blank behind the first or before the last $."""
    if state.src[state.pos] != "$":
        return False
    found = re.compile(r"\$(?!\s)((?:\\.|[^$\\])+?)(?<!\s)\$(?!\d)").match(state.src, state.pos)
    if not found:
        return False
    if not silent:
        state.push("math", "span", 0).content = found[1]
    state.pos = found.end()
    return True


@cache
def parser() -> MarkdownIt:
    """Markdown without HTML and pictures, with formulas and highlighted Python."""
    markdown = MarkdownIt("commonmark", {"html": False, "highlight": highlighted}).enable("table")
    markdown.disable(["image", "html_inline", "html_block"])
    markdown.inline.ruler.before("escape", "math", math_rule)
    markdown.add_render_rule("math", lambda _, tokens, i, *__: formula(tokens[i].content))
    markdown.add_render_rule("fence", lambda _, tokens, i, *__: code_block(tokens[i].content))
    return markdown


def highlighted(code: str, *_: str) -> str:
    """Python with its words coloured by the page's style."""
    return highlight(code, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True))


def code_block(code: str) -> str:
    """Python as the pages show it."""
    return (
        '<div class="highlight-python notranslate"><div class="highlight">'
        f"<pre><span></span>{highlighted(code.rstrip() + chr(10))}</pre></div></div>\n"
    )


def formula(tex: str) -> str:
    """A formula as MathJax finds it on pages and in notebooks."""
    return f'<span class="math notranslate nohighlight">\\({escape(tex)}\\)</span>'


def here(link: str) -> str:
    """A link to a source file as the link to its page."""
    return re.sub(r"^((?:\.\./|\./)?[\w/]+)\.(?:md|ipynb)(?=#|$)", r"\1.html", link)


def with_pages(markup: str) -> str:
    """Markup whose links to sources lead to pages."""
    return re.sub(r'(<a href=")([^"]+)', lambda found: found[1] + here(found[2]), markup)


def block(text: str) -> str:
    """Markdown of one or more paragraphs as HTML."""
    return with_pages(parser().render(text.strip()))


def inline(text: str) -> str:
    """Markdown of one line as HTML without a paragraph; a longer text keeps its paragraphs."""
    if "\n\n" in text.strip() or "```" in text:
        return block(text)
    return with_pages(parser().renderInline(text.strip()))


# Pages ------------------------------------------------------------------------------------------


@cache
def pages() -> list[str]:
    """Every page of the book in the order of its table of contents."""
    content = read_yaml(ROOT / "_toc.yml")
    return [entry["file"] for part in content["parts"] for entry in part["chapters"]]


@cache
def page_title(page: str) -> str:
    """The first heading of a page; its name for a page that does not exist."""
    source = ROOT / f"{page}.md"
    if source.is_file():
        text = source.read_text(encoding="utf-8")
    elif (notebook := ROOT / f"{page}.ipynb").is_file():
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        text = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    else:
        return page
    found = re.search(r"^# (.+)$", text, re.MULTILINE)
    return found[1].strip() if found else page


def page_titles() -> list[tuple[str, str]]:
    """Every page of the book with its title, in order."""
    return [(page, page_title(page)) for page in pages()]


READS = (DRAWINGS, BIBLIOGRAPHY, page_titles)
"""What pages with questions depend on; of other pages only titles, in their order."""


def in_order(chapters: Iterable[str]) -> list[str]:
    """Chapters in the order of the book, unknown ones last."""
    known = pages()
    return sorted(set(chapters), key=lambda c: (known.index(c) if c in known else len(known), c))


def address(place: str) -> str:
    """``page#anchor`` as a link from any page: all stand one folder deep."""
    page, _, anchor = place.partition("#")
    return f"../{page}.html" + (f"#{anchor}" if anchor else "")


@cache
def bibliography() -> dict[str, tuple[str, str]]:
    """Authors and year of every work by key: ("He et al.", "2016a")."""
    text = BIBLIOGRAPHY.read_text(encoding="utf-8")
    known = {}
    for entry in re.split(r"^@", text, flags=re.MULTILINE)[1:]:
        key = re.match(r"\w+\{([^,\s]+)", entry)[1]
        authors = re.search(r"^\s*author\s*=\s*\{(.*?)\},$", entry, re.MULTILINE | re.DOTALL)[1]
        names = [name.split(",")[0].strip(" {}") for name in re.split(r"\s+and\s+", authors)]
        who = " and ".join(names) if len(names) < 3 else f"{names[0]} et al."
        known[key] = who, re.search(r"^\s*year\s*=\s*\{?(\d{4}[a-z]?)", entry, re.MULTILINE)[1]
    return known


@cache
def works() -> dict[str, str]:
    """Works of the bibliography by key, as "He et al. (2016a)"."""
    return {key: f"{who} ({year})" for key, (who, year) in bibliography().items()}


def source_words(source: str) -> str:
    """A source with its BibTeX keys replaced by authors and year."""
    return re.sub(r"[a-z]+\d{4}[a-z]*", lambda key: works().get(key[0], key[0]), source)


def see_link(place: str | None) -> str:
    """A link to where something is cleared up, or nothing."""
    if not place:
        return ""
    title = escape(page_title(place.partition("#")[0]))
    return f' <a class="q-see" href="{escape(address(place))}">Read it in “{title}”</a>'


# Parts of a question ----------------------------------------------------------------------------


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


# A question -------------------------------------------------------------------------------------


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
        question: from :func:`utils.questions.load_bank`; not a card.
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


def listed(phrases: list[str]) -> str:
    """Phrases in quotation marks."""
    return ", ".join(f"“{inline(phrase)}”" for phrase in phrases)


# Sets of questions ------------------------------------------------------------------------------


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
