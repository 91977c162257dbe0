"""The questions that tests of the exports go through: those given for tests, and the book's own."""

from pathlib import Path

from utils.practice.bank import load_bank
from utils.practice.kinds import KINDS, Question

SITE = "https://book.example"
GIVEN_BANK = Path(__file__).parents[1] / "given" / "questions"
GIVEN = [q for q in load_bank(GIVEN_BANK) if isinstance(q, Question)]
BANK = [q for q in load_bank() if isinstance(q, Question)]
ALL = [*GIVEN, *BANK]
ASKED = [kind for kind, one in KINDS.items() if issubclass(one, Question)]
"""Names of the kinds of question, without cards."""
