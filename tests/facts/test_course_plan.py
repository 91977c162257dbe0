"""The plan of the page for teachers is read as it stands, and refused where it does not add up."""

import pytest

from utils.facts.goals import WEEKS
from utils.facts.plan import PlanError, Step, load_plan

WEEK = """### Week {week}: a theme

**Session 1 (30 minutes).**

1. *10 minutes:* Ask.
2. *20 minutes:* Answer.

**Session 2 (15 minutes).**

1. *15 minutes:* Look.

### Something else

1. *99 minutes:* Not of the week.
"""


def written(tmp_path, text):
    (tmp_path / "teachers.md").write_text(text, encoding="utf-8")
    return tmp_path / "teachers.md"


def test_a_week_has_the_steps_of_its_two_sessions(tmp_path):
    path = written(tmp_path, "".join(WEEK.format(week=week) for week in WEEKS))
    plan = load_plan(path)
    assert list(plan) == list(WEEKS)
    assert plan[2] == [Step(1, 1, 2, 0, 10), Step(1, 2, 2, 10, 20), Step(2, 1, 1, 0, 15)]
    assert plan[2][1].end == 30


def test_minutes_that_do_not_add_up_are_refused(tmp_path):
    text = "".join(WEEK.format(week=week) for week in WEEKS)
    text = text.replace("*20 minutes:*", "*25 minutes:*")
    with pytest.raises(PlanError, match=r"week 1, session 1.*make 35 minutes, not 30"):
        load_plan(written(tmp_path, text))


def test_a_missing_week_is_named(tmp_path):
    with pytest.raises(PlanError, match=r"weeks \[3, 4\]"):
        load_plan(written(tmp_path, WEEK.format(week=1) + WEEK.format(week=2)))


def test_each_week_of_the_book_has_two_sessions_of_90_minutes():
    for steps in load_plan().values():
        for session in (1, 2):
            assert sum(step.minutes for step in steps if step.session == session) == 90
