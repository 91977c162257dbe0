"""Examination papers drawn from the question bank: a mid-term and a final, each in versions.

Answers "which questions make a fair paper?". The same seed gives the same paper. The versions of a
paper have no question in common, and equally many from each chapter and of each level. The final
asks nothing that the mid-term of the same seed and as many versions asks. Nobody needs
a secret bank for practice, but a paper of public questions is worth what its conditions are worth:
the answers stand in the book.

    python -m utils.practice.papers --seed 7 --to papers
    python -m utils.practice.papers final --seed 7 --questions 12 --versions 1 --to papers
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from utils.facts.goals import WEEKS, load_chapters
from utils.files.places import ROOT, pages_address
from utils.files.whole import write_text
from utils.files.yaml_files import read_yaml
from utils.practice.bank import BANK, checked_bank
from utils.practice.filling import fill
from utils.practice.kinds import LEVELS, Question, Task
from utils.practice.kinds.short import Short
from utils.practice.markdown import in_order
from utils.practice.printed import numbered, printed, sheet, solved

MARKS = {"easy": 1, "medium": 2, "hard": 3}
"""Of a question of each level."""
SHARES = {"easy": 5, "medium": 8, "hard": 3}
"""How the questions of a paper are divided among the levels, as parts of their sum."""
MINUTES_A_MARK = 1.5
OPTIONAL = (
    "notebooks/07_code_clinic", "notebooks/10_your_own", "notebooks/11_trouble",
    "notebooks/12_fine_tuning", "book/practice", "book/cards",
)  # fmt: skip
"""Chapters that not every learner of the plan has read."""
VERSIONS = "ABCD"
SOLUTIONS = "solutions"


class PapersError(ValueError):
    """The bank has not enough questions for such a paper; says what to change."""


@dataclass(frozen=True)
class Plan:
    """What a paper asks.

    Attributes:
        name: of its files.
        title: its heading.
        weeks: of the plan for teachers whose chapters it asks about.
        questions: how many with an answer that is right or wrong.
        prompts: how many to explain in words.
    """

    name: str
    title: str
    weeks: tuple[int, ...]
    questions: int
    prompts: int


PLANS = {
    plan.name: plan
    for plan in (
        Plan("midterm", "Mid-term paper", WEEKS[:2], 16, 1),
        Plan("final", "Final paper", WEEKS, 24, 2),
    )
}


@dataclass(frozen=True)
class Paper:
    """One version of a paper.

    Attributes:
        plan: what was asked for.
        version: its letter.
        seed: from which it was drawn.
        questions: in their order.
    """

    plan: Plan
    version: str
    seed: int
    questions: tuple[Question, ...]

    @property
    def marks(self) -> int:
        """Of the whole paper."""
        return sum(map(marks_of, self.questions))


def marks_of(question: Question) -> int:
    """A mark for each idea of an explanation, else by level."""
    return len(question.rubric) if isinstance(question, Short) else MARKS[question.level]


def chapters_of(weeks: Iterable[int]) -> list[str]:
    """Chapters that everybody has read by the end of these weeks, in the order of the book."""
    weeks = set(weeks)
    read = (page for page, chapter in load_chapters().items() if chapter.week in weeks)
    return in_order(page for page in read if page not in OPTIONAL)


def levels_of(count: int) -> list[str]:
    """The level of each of ``count`` questions, the hard ones first because they are rare."""
    total = sum(SHARES.values())
    counts = {level: count * share // total for level, share in SHARES.items()}
    counts["medium"] += count - sum(counts.values())
    return [level for level in reversed(LEVELS) for _ in range(counts[level])]


def draw_cells(
    bank: Sequence[Question], chapters: Sequence[str], count: int, versions: int, seed: int
) -> list[tuple[str, str]]:
    """Chapter and level of each question, so that all versions can have them.

    Raises:
        PapersError: there are not enough questions of a level.
    """
    draw = random.Random(f"cells {seed}")
    there = Counter((question.chapter, question.level) for question in bank)
    cells: list[tuple[str, str]] = []
    for level in levels_of(count):
        used, chapter_used = Counter(cells), Counter(chapter for chapter, _ in cells)
        free = [c for c in chapters if there[c, level] >= versions * (used[c, level] + 1)]
        if not free:
            raise PapersError(
                f"{count} questions in {versions} versions need more {level} questions than these "
                "chapters have; ask for fewer with --questions or --versions"
            )
        least = min(chapter_used[chapter] for chapter in free)
        cells.append((draw.choice([c for c in free if chapter_used[c] == least]), level))
    return cells


def fill_cells(
    bank: Sequence[Question], cells: Iterable[tuple[str, str]], versions: int, seed: int
) -> list[list[Question]]:
    """A question for each cell and version, none twice.

    Versions get the same kind where a cell has it for all of them, and kinds that are rare so far
    come first. Once half of all questions are of a kind, any other kind comes before it.
    """
    cells = list(cells)
    half = len(cells) * versions / 2
    draw = random.Random(f"questions {seed}")
    left = draw.sample(list(bank), len(bank))
    papers: list[list[Question]] = [[] for _ in range(versions)]
    kinds: Counter[str] = Counter()
    for cell in cells:
        fitting = [question for question in left if (question.chapter, question.level) == cell]
        same = Counter(question.kind for question in fitting)
        often = {kind: (kinds[kind] >= half, count < versions) for kind, count in same.items()}
        fitting.sort(key=lambda one: (*often[one.kind], kinds[one.kind], one.kind))
        for paper, question in zip(papers, fitting[:versions], strict=True):
            paper.append(question)
            kinds[question.kind] += 1
            left.remove(question)
    return papers


def draw_papers(
    plan: Plan, seed: int, versions: int = 2, taken: Collection[str] = ()
) -> list[Paper]:
    """All versions of a paper.

    Args:
        plan: what it asks.
        seed: the same seed gives the same papers, as long as the bank stays.
        versions: how many, at most four.
        taken: the questions of earlier papers, by id, which are left out.

    Raises:
        PapersError: the bank has too few questions for it.
    """
    if not 1 <= versions <= len(VERSIONS):
        raise PapersError(f"{versions} versions; there can be 1 to {len(VERSIONS)}")
    if plan.questions < 1:
        raise PapersError(f"{plan.questions} questions make no paper; ask for one or more")
    chapters = chapters_of(plan.weeks)
    free = [q for q in checked_bank(BANK) if q.chapter in chapters and q.id not in taken]
    bank = [q for q in free if isinstance(q, Task)]
    cells = draw_cells(bank, chapters, plan.questions, versions, seed)
    drawn = fill_cells(bank, cells, versions, seed)
    open_ = [q for q in free if isinstance(q, Short)]
    if len(open_) < plan.prompts * versions:
        raise PapersError(f"{len(open_)} prompts to explain are too few; ask for fewer versions")
    prompts = random.Random(f"prompts {seed}").sample(open_, plan.prompts * versions)
    rank = {chapter: place for place, chapter in enumerate(chapters)}
    return [
        Paper(
            plan,
            letter,
            seed,
            tuple(map(fill, (*ordered(questions, rank), *prompts[place::versions]))),
        )
        for place, (letter, questions) in enumerate(zip(VERSIONS, drawn, strict=False))
    ]


def draw_course(plans: Iterable[Plan], seed: int, versions: int = 2) -> list[list[Paper]]:
    """All papers of a course, each in all versions, without a common question.

    Args:
        plans: of the papers, in the order in which learners get them.
        seed: of all papers.
        versions: of each paper.

    Raises:
        PapersError: the bank has too few questions for them.
    """
    drawn: list[list[Paper]] = []
    for plan in plans:
        taken = {q.id for papers in drawn for paper in papers for q in paper.questions}
        drawn.append(draw_papers(plan, seed, versions, taken))
    return drawn


def ordered(questions: list[Question], rank: dict[str, int]) -> list[Question]:
    """Easy questions first, and within a level in the order of the book."""
    return sorted(questions, key=lambda one: (LEVELS.index(one.level), rank[one.chapter], one.id))


# Files --------------------------------------------------------------------------------------------


def marks_words(marks: int) -> str:
    """ "1 mark", "3 marks"."""
    return f"{marks} mark{'' if marks == 1 else 's'}"


def paper_html(paper: Paper, site: str) -> tuple[str, str]:
    """The paper, and its solutions, as files.

    Args:
        paper: drawn.
        site: where the book is published, without a slash at the end.
    """
    made = [printed(q, f"{paper.seed} {paper.version}") for q in paper.questions]
    title = f"{paper.plan.title}, version {paper.version}"
    minutes = round(paper.marks * MINUTES_A_MARK / 5) * 5
    head = (
        f"<h1>{title}</h1><p>Residual networks. {marks_words(paper.marks)}, {minutes} minutes. "
        f"Drawn with seed {paper.seed}.</p>"
        '<table class="head"><tr><td>Name</td><td></td><td>Date</td><td></td></tr></table>'
    )
    asked = "".join(
        numbered(number, one.asked, marks_words(marks_of(question)))
        for number, (question, one) in enumerate(zip(paper.questions, made, strict=True), start=1)
    )
    told = "".join(
        solved(number, question, one, marks_words(marks_of(question)))
        for number, (question, one) in enumerate(zip(paper.questions, made, strict=True), start=1)
    )
    above = (
        f"<h1>{title}: solutions</h1><p>Drawn with seed {paper.seed}. {marks_words(paper.marks)}. "
        "An answer that is right earns all marks of its question. Where several answers are right, "
        "each right tick earns its share, and each wrong tick takes one share away, down to none."
        "</p>"
    )
    return sheet(title, head + asked, site), sheet(f"{title}: solutions", above + told, site)


def write_papers(papers: Iterable[Paper], folder: Path, site: str, inside: str = "") -> list[Path]:
    """Write papers into a folder, and their solutions into a folder of their own there.

    Args:
        papers: drawn.
        folder: which gets both.
        site: where the book is published, without a slash at the end.
        inside: a folder for the papers in ``folder``.

    Returns:
        The files, each paper before its solutions.
    """
    written = []
    for paper in papers:
        name = f"{paper.plan.name}-{paper.version}.html"
        both = (folder / inside / name, folder / SOLUTIONS / name)
        for path, text in zip(both, paper_html(paper, site), strict=True):
            written.append(write_text(path, text))
    return written


def site() -> str:
    """Where the book is published, as its configuration says."""
    return pages_address(read_yaml(ROOT / "_config.yml")["repository"]["url"])


def main(arguments: list[str]) -> int:
    """Draw papers and write them, or say what is in the way; the status says whether it did."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("papers", nargs="*", help=f"{' or '.join(PLANS)}; without a name, both")
    parser.add_argument("--seed", type=int, required=True, help="another number, another paper")
    parser.add_argument("--questions", type=int, help="with a right answer, in each version")
    parser.add_argument("--versions", type=int, default=2, help="without a common question")
    parser.add_argument("--to", type=Path, default=Path("papers"), help="the folder")
    given = parser.parse_args(arguments)
    asked = given.papers or list(PLANS)
    try:
        if unknown := [name for name in asked if name not in PLANS]:
            raise PapersError(f"no paper is called {unknown[0]!r}; there are: {', '.join(PLANS)}")
        plans = dict(PLANS)
        if given.questions is not None:
            plans |= {name: replace(PLANS[name], questions=given.questions) for name in asked}
        # Earlier papers are drawn even if nobody asks for them: learners may have had them.
        last = max(list(PLANS).index(name) for name in asked)
        course = draw_course(list(plans.values())[: last + 1], given.seed, given.versions)
        wanted = [one for papers in course for one in papers if one.plan.name in asked]
        for path in write_papers(wanted, given.to, site()):
            print(path)
    except PapersError as problem:
        print(problem)
        return 1
    except OSError as problem:
        print(f"{problem}; choose another folder with --to")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
