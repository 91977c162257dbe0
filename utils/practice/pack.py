"""The teacher's pack: everything for four weeks, to print.

Answers "what do I take into the classroom?". Comes in: the plan of the page for teachers, as the
page shows it, and all data that it can be made from. Goes out: a folder of HTML files that need
nothing else, with all solutions in a folder of their own.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from html import escape
from pathlib import Path

from utils.facts.claims import current_claims
from utils.facts.edition import load_edition
from utils.facts.goals import WEEKS, Chapter, load_chapters
from utils.facts.worksheets import Worksheet, load_worksheets
from utils.files.places import ROOT
from utils.files.whole import write_text
from utils.practice.bank import BANK, checked_bank
from utils.practice.class_answers import as_csv, header
from utils.practice.concepts import TITLE, key_of, load_concepts
from utils.practice.kinds import LEVELS, Question
from utils.practice.markdown import block, inline, page_title
from utils.practice.papers import PLANS, SOLUTIONS, draw_course, write_papers
from utils.practice.printed import (
    item_printed,
    numbered,
    rules,
    sheet,
    solved,
    table,
)
from utils.practice.simulated_class import simulate
from utils.results.words import opening

SEED = 1
"""Of the papers and of the claims on a worksheet."""
NOTEBOOK = "notebooks/13_class_answers"
ROLE = re.compile(r"\{[\w-]+\}`([^`<]+?)\s*(?:<[^`>]*>)?`")
LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")
EXERCISES = {
    ".md": re.compile(r"^```\{exercise\}[^\n]*\n(?::[^\n]*\n)*\s*(\S[^\n]*)", re.M),
    ".ipynb": re.compile(r"^> \*\*Exercise\*\* <!-- [\w-]+ -->\n>\n> ([^\n]+)", re.M),
}
NAME_LINE = '<table class="head"><tr><td>Name</td><td></td><td>Date</td><td></td></tr></table>'


def bare(text: str) -> str:
    """Markdown of a page without roles and links, which paper cannot follow."""
    return LINK.sub(r"\1", ROLE.sub(r"\1", text))


# Goals --------------------------------------------------------------------------------------------


def exercises_of(page: str) -> list[str]:
    """The first sentence of each exercise of a page, in Markdown."""
    for suffix, pattern in EXERCISES.items():
        source = ROOT / f"{page}{suffix}"
        if source.is_file():
            text = source.read_text(encoding="utf-8")
            if suffix == ".ipynb":
                cells = json.loads(text)["cells"]
                text = "\n".join("".join(c["source"]) for c in cells)
            return [re.split(r"(?<=[.?!])\s", bare(found))[0] for found in pattern.findall(text)]
    return []


def goals_row(chapter: Chapter, counts: Counter[tuple[str, str]]) -> list[str]:
    """A chapter with its goals, questions and exercises, as cells."""

    def points(texts: list[str]) -> str:
        return f"<ul>{''.join(f'<li>{inline(text)}</li>' for text in texts)}</ul>" if texts else "–"

    link = f'<a href="../{chapter.page}.html">{escape(page_title(chapter.page))}</a>'
    levels = "<br>".join(f"{level}: {counts[chapter.page, level]}" for level in LEVELS)
    return [
        f"{link}<br>{chapter.minutes} minutes",
        points([bare(goal) for goal in chapter.goals]),
        levels,
        points(exercises_of(chapter.page)),
    ]


def goals_map(site: str) -> str:
    """Which page teaches what, and what it has to practise with."""
    asked = [question for question in checked_bank(BANK) if isinstance(question, Question)]
    counts = Counter((question.chapter, question.level) for question in asked)
    body = (
        "<h1>Goals, pages, questions and exercises</h1><p>The number of questions is that of the "
        "question bank. The questions belong to a chapter and not to a single goal.</p>"
    )
    for week in WEEKS:
        chapters = [one for one in load_chapters().values() if one.week == week]
        body += f"<h2>Week {week}</h2>" + table(
            ["chapter", "learners can", "questions", "exercises"],
            [goals_row(chapter, counts) for chapter in chapters],
            "long",
        )
    return sheet("Goals, pages, questions and exercises", body, site)


# Worksheets ---------------------------------------------------------------------------------------


def drawn_claims(one: Worksheet) -> list:
    """The popular sentences of a worksheet, with every verdict among them as far as possible."""
    draw = random.Random(f"{SEED} {one.id}")
    claims = draw.sample(current_claims().listed, len(current_claims().listed))
    verdicts = list(dict.fromkeys(claim.verdict for claim in claims))
    first = [next(c for c in claims if c.verdict == verdict) for verdict in verdicts]
    return [*first, *(c for c in claims if c not in first)][: one.claims]


def worksheet(one: Worksheet, site: str) -> str:
    """One sheet with room to write."""
    body = (
        f"<h1>{inline(one.title)}</h1><p>Week {one.week}, session {one.session}, {one.minutes} "
        f'minutes. Page: <a href="../{one.page}.html">{escape(page_title(one.page))}</a>.</p>'
        f"{NAME_LINE}{block(one.task)}"
    )
    for place, part in enumerate(one.fill):
        rows = [inline(text) for text in part.rows]
        if place == 0:
            rows += [inline(claim.said) for claim in drawn_claims(one)]
        empty = [""] * len(part.columns)
        cells = [[row, *empty[1:]] for row in rows] + [empty] * part.empty_rows
        filled = table(map(inline, part.columns), cells) if part.columns else rules(part.lines)
        body += f'<section class="q">{block(part.ask)}{filled}</section>'
    return sheet(one.title, body, site)


def expectations(site: str) -> str:
    """What to look for in all worksheets."""
    body = "<h1>Worksheets: what to look for</h1>"
    for one in load_worksheets():
        points = "".join(f"<li>{inline(text)}</li>" for text in one.expect)
        claims = "".join(
            f"<li>{inline(claim.said)} <strong>{claim.verdict}</strong> (<a "
            f'href="../book/claims.html#{claim.anchor}">{claim.anchor}</a>)</li>'
            for claim in drawn_claims(one)
        )
        body += f"<h2>Week {one.week}: {inline(one.title)}</h2><ul>{points}</ul>"
        body += f"<ol>{claims}</ol>" if claims else ""
    return sheet("Worksheets: what to look for", body, site)


# The concept inventory ----------------------------------------------------------------------------


def inventory_form(site: str) -> str:
    """The items without the key."""
    items = load_concepts()
    body = (
        f"<h1>What do you believe about residual networks?</h1>{NAME_LINE.replace('Name', 'Code')}"
        f"{block(FORM_WORDS)}"
    )
    body += "".join(numbered(n, item_printed(one).asked) for n, one in enumerate(items, start=1))
    return sheet(TITLE, body, site)


FORM_WORDS = """
There are no marks, and nobody will know which sheet is yours. Write your code at the top, and not
your name. Tick one answer for each question. If you have no idea at all, leave the question out.

A *plain network* passes numbers through its layers, one after another. A *residual network* also
has *shortcuts*: each of them connects the beginning of a *block* of layers with its end. The layers
beside a shortcut are called its *branch*.
"""


def inventory_key(site: str) -> str:
    """The key, and which belief each wrong answer shows."""
    items = load_concepts()
    key = key_of(items)
    body = f"<h1>{TITLE}: the key</h1><p>{' '.join(key)}</p>"
    body += "".join(
        f"<h2>{opening(inline(one.concept))}</h2>" + solved(number, one, item_printed(one))
        for number, one in enumerate(items, start=1)
    )
    return sheet(f"{TITLE}: the key", body, site)


# The whole ----------------------------------------------------------------------------------------


def readme(site: str) -> str:
    """What lies in the pack, and what it is not."""
    edition = load_edition()
    text = f"""
# The teacher's pack

From *ResNet, Measured*, version {edition.version}, {edition.day}. The book is at <{site}/>.

Open a file in a browser and print it. No file needs the internet, except where you follow a link.

- `timetable.html`: the plan of four weeks, session by session.
- `goals.html`: what each chapter teaches, and the questions and exercises that it has.
- `marking.html`: marking schemes for exercises, explanations and the project.
- `worksheets`: sheets to write on, at least one for each week.
- `papers`: a mid-term on the first two weeks and a final on all of them, each in two
  versions, without any question in common. The optional chapters are left out.
- `inventory`: a concept inventory of {len(load_concepts())} items to give before and after, with
  its instructions, an empty file for the answers, and the file of a class that we simulated.
- `{SOLUTIONS}`: all keys and solutions. Take this folder away before you pass the rest on.

**All solutions are public.** The question bank is part of the book, so everybody can find the
answers. For a paper that counts, change the numbers, ask for reasons, or let learners answer
without a network.

To draw other papers, use the command `python -m utils.practice.papers --seed 7` in a clone of the
book's repository, with a number of your own. These were drawn with seed {SEED}. The notebook
`{NOTEBOOK}` analyses the answers to the inventory.

Text is under CC BY 4.0: you may change and share all files if you name the book and say what you
have changed.
"""
    return sheet("The teacher's pack", block(text), site)


def write_pack(folder: Path, site: str, parts: dict[str, str]) -> list[Path]:
    """Write all files of the pack.

    Args:
        folder: which gets the files.
        site: where the book is published, without a slash at the end.
        parts: HTML of the pages: "timetable", "marking" and "instructions", with links
            as on a page.

    Raises:
        ValueError: a part is missing or empty.
    """
    titles = {
        "timetable": "Timetable", "marking": "Marking schemes", "instructions": "Instructions",
    }  # fmt: skip
    if missing := [name for name in titles if not parts.get(name, "").strip()]:
        raise ValueError(f"the pack needs {', '.join(missing)}; take it from its page")
    places = {"instructions": "inventory/instructions"}
    written = [
        write_text(folder / f"{places.get(name, name)}.html", sheet(title, parts[name], site))
        for name, title in titles.items()
    ]
    written += [
        write_text(folder / name, text)
        for name, text in (
            ("README.html", readme(site)),
            ("goals.html", goals_map(site)),
            ("inventory/form.html", inventory_form(site)),
            *data_files(),
            (f"{SOLUTIONS}/inventory.html", inventory_key(site)),
            (f"{SOLUTIONS}/worksheets.html", expectations(site)),
            *((f"worksheets/{one.id}.html", worksheet(one, site)) for one in load_worksheets()),
        )
    ]
    for papers in draw_course(PLANS.values(), SEED):
        written += write_papers(papers, folder, site, "papers")
    return written


def data_files() -> Iterator[tuple[str, str]]:
    """Files for the answers: an empty one, and that of a class that does not exist."""
    items = load_concepts()
    yield "inventory/answers-empty.csv", ",".join(header(len(items))) + "\n"
    yield "inventory/answers-simulated.csv", as_csv(simulate(key_of(items)))
