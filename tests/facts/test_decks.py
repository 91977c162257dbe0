"""A deck is read slide by slide, and what a teacher could get wrong is refused with its line."""

import pytest

from utils.facts.goals import WEEKS
from utils.facts.plan import Step
from utils.facts.slides import MOST, SlidesError, check_steps, load_deck, read_deck

DECK = """# Week 9: a theme {.title}

Note:
Open the page.

---

## A finding in a *sentence* {step=1.2 .split}

```text
---
```

- one

Note:
Say it.

Then wait.
"""


def test_a_slide_has_its_title_its_step_its_body_and_its_notes():
    first, second = read_deck(DECK, "week_9.md")
    assert (first.title, first.step, first.looks, first.body) == (
        "Week 9: a theme", None, ("title",), "",
    )  # fmt: skip
    assert second.title == "A finding in a *sentence*"
    assert (second.line, second.step, second.looks) == (8, (1, 2), ("split",))
    assert second.body == "```text\n---\n```\n\n- one"
    assert second.notes == "Say it.\n\nThen wait."


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (("## A finding", "A finding"), "line 8: a slide begins with its title"),
        (("Note:\nSay it.", "Say it."), "line 8: the slide has no notes"),
        (("Say it.\n\nThen wait.\n", "\n"), "line 8: nothing follows 'Note:'"),
        ((".split", ".sideways"), r"line 8: '\.sideways' is none of step=SESSION\.STEP, \.title"),
        (("step=1.2", "step=one"), "line 8: 'step=one' is none of"),
        (("# Week 9", "## Week 9"), "line 1: a deck begins with its title"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(change, fault):
    with pytest.raises(SlidesError, match=rf"week_9\.md, {fault}"):
        read_deck(DECK.replace(*change), "week_9.md")


def test_a_week_has_fewer_than_40_slides():
    slide = "\n---\n\n## Again\n\nNote:\nAgain.\n"
    assert len(read_deck(DECK + slide * (MOST - 2), "week_9.md")) == MOST == 39
    with pytest.raises(SlidesError, match="has 40 slides; a week has at most 39"):
        read_deck(DECK + slide * (MOST - 1), "week_9.md")


def deck_of(*steps):
    text = "# Title\n\nNote:\nSay.\n"
    text += "".join(f"\n---\n\n## Slide {{step={step}}}\n\nNote:\nSay.\n" for step in steps)
    return read_deck(text, "week_9.md")


PLANNED = [Step(1, 1, 2, 0, 10), Step(1, 2, 2, 10, 80), Step(2, 1, 1, 0, 90)]


def test_a_deck_that_follows_the_plan_passes():
    check_steps(deck_of("1.1", "1.2", "1.2", "2.1"), PLANNED, "week_9.md")


@pytest.mark.parametrize("steps", [("1.1", "2.1"), ("1.2", "1.1", "2.1"), ("1.1", "1.2", "3.1")])
def test_a_deck_that_leaves_out_or_changes_a_step_is_refused(steps):
    with pytest.raises(SlidesError, match=r"week_9\.md shows the steps"):
        check_steps(deck_of(*steps), PLANNED, "week_9.md")


def test_a_deck_that_comes_back_to_a_step_is_refused():
    with pytest.raises(SlidesError, match="must follow one another"):
        check_steps(deck_of("1.1", "1.2", "2.1", "1.2"), PLANNED, "week_9.md")


@pytest.mark.parametrize("week", WEEKS)
def test_each_week_of_the_plan_has_a_deck_that_follows_it(week):
    slides = load_deck(week)
    assert 20 <= len(slides) <= 34
    assert slides[0].title.startswith(f"Week {week}: ")
