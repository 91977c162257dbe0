"""What happens when in the four weeks of a course? Read from the page for teachers.

The plan stands once, on ``book/teachers.md``: under the heading of each week its two sessions, as
lists whose items begin with their minutes. The slides of the weeks follow it step by step.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from utils.facts.checked import FactsError
from utils.facts.goals import WEEKS
from utils.files.places import BOOK

TEACHERS = BOOK / "teachers.md"
WEEK = re.compile(r"^### Week (\d): .+$", re.M)
SESSION = re.compile(r"^\*\*Session (\d) \((\d+) minutes\)\.\*\*$", re.M)
STEP = re.compile(r"^\d+\. \*(\d+) minutes:\* ", re.M)


class PlanError(FactsError):
    """The plan cannot be read; the message names the week, the session and the fault."""


@dataclass(frozen=True)
class Step:
    """One step of a session.

    Attributes:
        session: of its week, from 1.
        number: in its session, from 1.
        steps: how many the session has.
        start: the minute of the session at which it begins.
        minutes: how long it takes.
    """

    session: int
    number: int
    steps: int
    start: int
    minutes: int

    @property
    def end(self) -> int:
        """The minute of the session at which it ends."""
        return self.start + self.minutes


def steps_of(session: int, total: int, text: str, where: str) -> list[Step]:
    """The steps of one session, whose minutes have to add up to its own."""
    minutes = [int(found) for found in STEP.findall(text)]
    if sum(minutes) != total:
        raise PlanError(f"{where}: its steps {minutes} make {sum(minutes)} minutes, not {total}")
    starts = [sum(minutes[:count]) for count in range(len(minutes))]
    return [
        Step(session, number, len(minutes), start, each)
        for number, (start, each) in enumerate(zip(starts, minutes, strict=True), start=1)
    ]


def parts(pattern: re.Pattern[str], text: str) -> list[tuple[re.Match[str], str]]:
    """Each place where the pattern matches, with the text up to the next one."""
    found = list(pattern.finditer(text))
    ends = [*(match.start() for match in found[1:]), len(text)]
    return [(match, text[match.end() : end]) for match, end in zip(found, ends, strict=True)]


def load_plan(path: Path = TEACHERS) -> dict[int, list[Step]]:
    """The steps of each week, in their order.

    Raises:
        PlanError: a week is missing, has no session, or its minutes do not add up.
    """
    plan: dict[int, list[Step]] = {}
    # The last week ends at the next heading of its rank or a higher one.
    for week, text in parts(WEEK, path.read_text(encoding="utf-8")):
        text = re.split(r"^#{2,3} ", text, maxsplit=1, flags=re.M)[0]
        plan[int(week[1])] = [
            step
            for found, steps in parts(SESSION, text)
            for step in steps_of(
                int(found[1]), int(found[2]), steps, f"week {week[1]}, session {found[1]}"
            )
        ]
    if missing := [week for week in WEEKS if not plan.get(week)]:
        raise PlanError(
            f"{path.name} has no sessions for the weeks {missing}; each needs a heading "
            "'### Week 1: ...' and lines '**Session 1 (90 minutes).**'"
        )
    return plan
