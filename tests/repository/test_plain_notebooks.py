"""Notebooks are written in Markdown that every front end shows; pages get roles and directives."""

from __future__ import annotations

import re

import pytest
from notebook_prose import markdown
from resnet_book.pages.plain import FOLD, IN_TEXT, TERM, as_myst

from utils.facts.bibliography import entries, who_and_when
from utils.files.places import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
ONLY_IN_A_BOOK = re.compile(r"\{[a-z][a-z:_-]{2,}\}|^:{3,}|^:[a-z-]+:", re.M)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_notebook_has_markup_that_only_a_book_understands(path):
    for text in markdown(path):
        outside = re.sub(
            r"(?ms)^(?:> )?```.*?^(?:> )?```$|\$\$.*?\$\$|\$[^$]*\$|`[^`\n]+`", "", text
        )
        assert not ONLY_IN_A_BOOK.findall(outside), text[:200]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_citation_names_its_work_and_leads_to_it(path):
    for text in markdown(path):
        for link in IN_TEXT.finditer(text):
            who, year = who_and_when()[link[1]]
            assert link[0].startswith((f"[{who}, {year}](", f"[{who} ({year})](")), link[0]
            fields = entries()[link[1]].fields
            places = [fields[name] for name in ("eprint", "doi", "url") if name in fields]
            assert any(place in link[0] for place in places), link[0]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_exercise_is_followed_by_its_folded_solution(path):
    text = "\n".join(markdown(path))
    exercises = re.findall(r"^> \*\*Exercise\*\* <!-- ([\w-]+) -->$", text, re.M)
    assert len(exercises) == len(set(exercises)) == len(FOLD.findall(text))
    in_order = re.findall(r"^(> \*\*Exercise|<summary>Solution)", text, re.M)
    assert in_order == ["> **Exercise", "<summary>Solution"] * len(exercises)


def test_terms_works_and_claims_become_roles():
    text = (
        "A [shortcut](../book/glossary.md#term-shortcut-connection) in a [ReLU](../book/glossary.md"
        '#term-relu) ([He et al., 2016a](https://a.b/c "he2016deep"); see [X et al., 2016]'
        '(https://a.b/d "veit2016residual")), by [He et al. (2016a)](https://a.b/c "he2016deep").'
    )
    made, _ = as_myst(text.replace("; see ", "; "))
    assert "{term}`shortcut <shortcut connection>`" in made and "{term}`ReLU`" in made
    assert " {cite:p}`he2016deep,veit2016residual`, by {cite:t}`he2016deep`." in made
    assert as_myst('["x" (false)](../book/claims.md#claim-one-run)')[0] == "{claim}`one-run`"


def test_what_is_filled_in_reads_as_text():
    text = "A <!--=pets.best-->[ReLU](../book/glossary.md#term-relu)<!--/-->."
    assert as_myst(text)[0] == "A {term}`ReLU`."


def test_a_link_that_is_no_term_work_or_claim_stays():
    text = "[How](../book/how_to_use.md), [it](https://a.b), [all](../book/claims.md), ![x](y.png)"
    assert as_myst(text) == (text, None)


def test_boxes_become_directives_and_other_quotes_stay():
    goals = "> **What you will be able to do**\n>\n> - See.\n>\n> **Time:** 5.\n\nText."
    opened = "```{admonition} What you will be able to do\n:class: tip\n"
    assert as_myst(goals)[0] == f"{opened}- See.\n\n**Time:** 5.\n```\n\nText."
    note, _ = as_myst("> **Note**\n>\n> Read.")
    assert note.startswith("```{admonition} Note\n:class: note\nRead.\n```")
    assert as_myst("> A quotation, **bold**.\n")[0] == "> A quotation, **bold**.\n"


SOLVED = "<details>\n<summary>Solution</summary>\n\n```python\n1\n```\nOne.\n\n</details>"


def exercise(name: str) -> str:
    return f"> **Exercise** <!-- {name} -->\n>\n> Do.\n\n"


def test_a_solution_belongs_to_the_exercise_before_it_also_from_another_cell():
    text, last = as_myst(exercise("one") + SOLVED + "\n\n" + exercise("two"))
    assert text.index("```{exercise}\n:label: one\nDo.") < text.index("````{solution} one\n")
    assert last == "two" and "````{solution} two\n:class: dropdown" in as_myst(SOLVED, last)[0]
    with pytest.raises(ValueError, match="no exercise before"):
        as_myst(SOLVED)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[a](../book/glossary.md#term-no-such)", "term 'no-such'"),
        ('[a, 2000](https://a.b "nobody2000")', "work 'nobody2000'"),
        ("[a](../book/claims.md#claim-no-such)", "claim 'no-such'"),
    ],
)
def test_a_link_to_nothing_is_named(text: str, fault: str):
    with pytest.raises(ValueError, match=fault):
        as_myst(text)


def test_terms_of_notebooks_are_links():
    assert sum(len(TERM.findall(text)) for path in NOTEBOOKS for text in markdown(path)) > 100
