"""A question with one answer has one right option."""

from __future__ import annotations

from pathlib import Path

import pytest

from utils.practice.bank import read_bank
from utils.practice.kinds import QuestionError

KINDS = Path(__file__).parents[1] / "given" / "questions" / "kinds.yml"
SECOND_RIGHT = {
    "single": ("    - text: A lower one.\n", "    - text: A lower one.\n      correct: true\n"),
    "bug": (
        "    - text: The maps differ.\n",
        "    - text: The maps differ.\n      correct: true\n",
    ),
    "output": ('    - text: "`[1.0, 1.0]`"\n', '    - text: "`[1.0, 1.0]`"\n      correct: true\n'),
}


def bank_error(folder: Path, text: str) -> str:
    """What is said about a bank of one file; "" for nothing."""
    (folder / "topic.yml").write_text(text, encoding="utf-8")
    try:
        read_bank(folder)
    except QuestionError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("kind", SECOND_RIGHT)
def test_a_question_with_one_answer_has_not_two_right_options(tmp_path, kind):
    old, new = SECOND_RIGHT[kind]
    text = KINDS.read_text(encoding="utf-8")
    assert text.count(old) == 1
    said = bank_error(tmp_path, text.replace(old, new))
    assert f"question test-{kind}" in said
    assert "exactly one option must be correct, not 2" in said
