"""The prose of the book's pages: sentences of a readable length, and no rows of numbers in them."""

from __future__ import annotations

import pytest
from browser import BUILD
from sentences import crowded, faults, mean_length, paragraphs, sentences

PAGES = sorted(
    path.relative_to(BUILD).as_posix()
    for part in ("book", "notebooks")
    for path in (BUILD / part).glob("*.html")
)


def article(body: str) -> str:
    return f'<article class="bd-article">{body}</article>'


def test_sentences_end_at_a_full_stop_before_a_capital():
    text = "It has 3.5 points. He et al. 2016 say so (Table 2). Does it? Yes, it does."
    assert sentences(text) == [
        "It has 3.5 points.", "He et al. 2016 say so (Table 2).", "Does it?", "Yes, it does."
    ]  # fmt: skip
    # 4, 8, 2 and 3 words.
    assert mean_length([text, "An entry of a list"]) == 17 / 4


def test_a_paragraph_of_six_numbers_is_crowded_and_names_are_no_numbers():
    five = "It is 1, 2, 3.5, 4 % and 5 in ResNet-56 with 3×3 kernels."
    assert crowded([five]) == []
    assert crowded([f"{five} Then 6 × 10⁻³."]) == [f"{five} Then 6 × 10⁻³."]


def test_tables_formulas_and_code_are_no_prose():
    page = article("<p>One two.</p><table><tr><td>1 2 3 4 5 6 7</td></tr></table>")
    assert [block for block in paragraphs(page) if "1 2" in block] == []


@pytest.mark.parametrize(
    ("words", "fault"),
    [(12, "12.0 words a sentence"), (13, None), (20, None), (21, "21.0 words a sentence")],
)
def test_the_mean_of_a_page_has_two_bounds(words, fault):
    found = faults(article(f"<p>{'Word ' + 'word ' * (words - 2)}word.</p>"))
    assert found == [] if fault is None else found[0].startswith(fault)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_reads_like_prose(page):
    found = faults((BUILD / page).read_text(encoding="utf-8"))
    assert not found, f"{page}:\n" + "\n".join(found)
