"""The page of a deck: complete as a text without a script, a presentation with one."""

from collections import Counter
from collections.abc import Iterator
from html import escape

from resnet_book.shows.explorable import FOLDER, NAMES
from resnet_book.slides.markup import Shown, body_html, notes_html, title_html
from resnet_book.style_sheets import sheet
from utils.explorables import figure
from utils.facts.goals import WEEKS
from utils.facts.plan import Step, load_plan
from utils.facts.slides import Slide, SlidesError, deck_file, load_deck
from utils.files.places import ROOT
from utils.practice.markdown import plain

SHARED = ("_static/fonts/fonts.css", "_static/pages/motion.css")
"""Sheets of the pages whose rules a deck holds too, so that it waits for no further file."""
STYLES = ("vendor/reveal/reveal.css", f"{FOLDER}/{figure.STYLE}", "slides/slides.css")
SCRIPTS = ("vendor/reveal/reveal.js", "slides/speaker.js", "slides/slides.js")
DECK_FOLDER = "slides"

PAGE = """<!DOCTYPE html>
<html lang="en" data-theme="light" data-deck="week-{week}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} — slides of {book}</title>
<meta name="description" content="{about}">
<link rel="icon" href="../_static/favicon.svg" type="image/svg+xml">
<style>{shared}</style>
{styles}
{scripts}
</head>
<body>
<nav class="deck-nav" aria-label="Slides">
<a href="../book/teachers.html">For teachers</a>
{others}
<a href="?print">Print</a>
<a href="?print=notes">Print with notes</a>
</nav>
<main class="presentation">
<div class="slides">
{slides}
</div>
</main>
</body>
</html>
"""


def deck_name(week: int) -> str:
    """The deck's file within its folder."""
    return f"week-{week}.html"


def slide_html(shown: Shown, number: int, count: int, week: int) -> str:
    """One slide with its foot and its notes."""
    slide, step = shown.slide, shown.step
    level = 1 if number == 1 else 2
    title, body = title_html(shown), body_html(shown, number)
    when = f"Session {step.session} · step {step.number} · {step.minutes} minutes" if step else ""
    looks = " ".join(["slide", *slide.looks])
    has_figure = ' data-figure=""' if "<figure" in body else ""
    return (
        f'<section class="{looks}" id="slide-{number}" aria-labelledby="slide-{number}-title"'
        f"{has_figure}>\n"
        f'<h{level} class="slide-title" id="slide-{number}-title">{title}</h{level}>\n'
        f'<div class="slide-body">{body}</div>\n'
        f'<p class="slide-foot"><span>{when}</span><span>Week {week} · {number} of {count}</span>'
        f"</p>\n"
        f'<aside class="notes" aria-label="Notes for the speaker">{notes_html(shown)}</aside>\n'
        f"</section>"
    )


def step_of(slide: Slide, steps: list[Step]) -> Step | None:
    """The step of the plan to which a slide belongs."""
    return next((step for step in steps if (step.session, step.number) == slide.step), None)


def check_minutes(slides: list[Shown], name: str) -> None:
    """Refuse activities that take longer than their step.

    Raises:
        SlidesError: names the step.
    """
    taken: Counter[Step] = Counter()
    for shown in slides:
        if shown.step:
            taken[shown.step] += shown.taken
    for step, minutes in taken.items():
        if minutes > step.minutes:
            raise SlidesError(
                f"{name}: the activities of step {step.session}.{step.number} take {minutes} "
                f"minutes, but the plan gives it {step.minutes}"
            )


def links(files: Iterator[str] | tuple[str, ...], form: str) -> str:
    """A line of the head for each file of the static folder."""
    return "\n".join(form.format(f"../_static/{file}") for file in files)


def shared_rules() -> str:
    """The rules of the sheets that pages and decks share."""
    return "".join(rule for name in SHARED for rule in sheet(ROOT / "book", name, DECK_FOLDER))


def deck_html(week: int, book: str) -> str:
    """The page of one week.

    Args:
        week: of the plan.
        book: its title.

    Raises:
        FactsError: the deck or the plan cannot be used; says what to mend.
    """
    steps, name = load_plan()[week], deck_file(week).name
    slides = [
        Shown(slide, step_of(slide, steps), f"{name}, line {slide.line}")
        for slide in load_deck(week)
    ]
    text = "\n".join(
        slide_html(shown, number, len(slides), week) for number, shown in enumerate(slides, start=1)
    )
    check_minutes(slides, name)
    figures = dict.fromkeys(key for _, key in NAMES.findall(text))
    live = dict.fromkeys(f"{FOLDER}/{file}" for key in figures for file in figure.scripts(key))
    title = plain(slides[0].slide.title)
    others = "\n".join(
        f'<a href="{deck_name(other)}"{" aria-current=page" * (other == week)}>Week {other}</a>'
        for other in WEEKS
    )
    return PAGE.format(
        week=week,
        title=escape(title),
        book=escape(book),
        about=escape(
            f"{title}: slides with notes for two sessions of a course, with live figures."
        ),
        shared=shared_rules(),
        styles=links(STYLES, '<link rel="stylesheet" href="{}">'),
        scripts=links((*SCRIPTS, *live), '<script src="{}" defer></script>'),
        others=others,
        slides=text,
    )
