"""What scripts of the pages listen to: no motion of the device, few keys and pointers."""

import re

import pytest

from utils.files.places import BOOK, ROOT

SCRIPTS = sorted(
    path
    for folder in (BOOK / "_static", ROOT / "utils" / "explorables")
    for path in folder.rglob("*.js")
    if "vendor" not in path.parts
)
MOVED = re.compile(r"devicemotion|deviceorientation|gesturestart|touchstart|\.touches\b|\.accelero")
DOWN = re.compile(r"[\"'](?:pointerdown|mousedown|touchstart)[\"']")
KEYS = re.compile(r"[\"']key(?:down|up|press)[\"']")
TIMED = re.compile(r"\bset(?:Timeout|Interval)\b")

UNDONE = {
    "definitions.js": "closes a definition, which opens again",
    "strips.js": "chooses the block to read, as moving on does",
    "loss-surface.js": "begins to turn a surface, which turns back",
}
"""Scripts that act when a pointer goes down, and why this can be undone."""

HEARD = {
    "definitions.js": "Escape",
    "book.js": "Escape",
    "cards.js": "a card that has the focus",
    "timeline.js": "an entry that has the focus",
    "below.js": "any: it may scroll, so the page is drawn first",
    "place.js": "any: a reader who presses one reads the page",
    "slides.js": "Escape, and those that turn the slides, which its list names",
    "speaker.js": "those that turn the slides, in the speaker's window",
}
"""Scripts that listen to keys, and to which or where."""

ANSWERS = ("exam.js", "practice.js", "explain.js", "question.js", "kinds.js", "cards.js")


def using(pattern: re.Pattern[str]) -> set[str]:
    """Names of the scripts in which the pattern occurs."""
    return {path.name for path in SCRIPTS if pattern.search(path.read_text(encoding="utf-8"))}


def test_no_script_listens_to_motion_or_to_several_fingers():
    assert len(SCRIPTS) > 30
    assert using(MOVED) == set()


def test_three_scripts_act_when_a_pointer_goes_down():
    assert using(DOWN) == set(UNDONE)


def test_keys_are_heard_in_few_scripts():
    assert using(KEYS) == set(HEARD)


def test_no_script_limits_the_time_for_an_answer():
    assert set(ANSWERS) <= {path.name for path in SCRIPTS}
    assert using(TIMED).isdisjoint(ANSWERS)


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        (MOVED, 'addEventListener("devicemotion", shake)'),
        (DOWN, 'box.addEventListener("mousedown", press)'),
        (KEYS, "document.addEventListener('keydown', press)"),
        (TIMED, "setTimeout(finish, 60_000)"),
    ],
)
def test_a_habit_is_recognised(pattern: re.Pattern[str], code: str):
    assert pattern.search(code)
