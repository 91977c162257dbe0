"""A newcomer with a phone finds ten answers, by links and by search, within two clicks.

The clicks are those of the phone: a link and, where the answer is folded, what unfolds it; or the
search button and one of the first results. Build the book first.
"""

from typing import NamedTuple

import pytest
from browser import PHONE_DARK, visit
from playwright.sync_api import Browser, expect

FIRST_RESULTS = 5


class Question(NamedTuple):
    """A question, the words one would search for, and where the answer stands.

    ``second`` is what has to be pressed on the page, if the answer is folded there.
    """

    asked: str
    searched: str
    page: str
    answer: str
    second: str | None = None


QUESTIONS = [
    Question(
        "What did plain-56 against plain-20 show?", "plain nets degradation figure 6",
        "book/paper.html", "the accuracy gets worse on the training images already",
    ),
    Question(
        "Is degradation overfitting?", "degradation training images",
        "notebooks/03_degradation.html", "Plain-56 fails on the images it sees again and again",
    ),
    Question(
        "Which error is 3.57 %?", "ensemble top-5 3.57", "book/claims.html",
        "An ensemble of six ResNets has 3.57 % top-5 error on the test images",
    ),
    Question(
        "What is option A?", "option A", "book/glossary.html",
        "fills the new channels with zeros",
    ),
    Question(
        "How many parameters has ResNet-56 for CIFAR-10?", "Table 6 parameters CIFAR-10",
        "book/paper.html", "0.853",
    ),
    Question(
        "Does the +1 guarantee a gradient?", "guarantee gradient",
        "notebooks/01_residual_math.html", "A block can have a shortcut and still send no gradient",
    ),
    Question(
        "With which learning rate did the paper train on CIFAR-10?",
        "paper recipe warm-up learning rate footnote",
        "book/paper.html", "Learning rate at the start: 0.1",
    ),
    Question(
        "What do shortcuts bring at 14 layers?", "plain-14 fair control shortcuts",
        "notebooks/02_simplecnn_vs_resnet.html",
        "At 14 layers the accuracy is higher with the shortcuts, and ten seeds show it",
    ),
    Question(
        "Is a MAC a FLOP?", "MAC FLOP", "book/glossary.html", "one multiplication and one addition",
    ),
    Question(
        "Who had shortcuts with gates before ResNet?", "highway networks gates",
        "book/timeline.html", "Highway networks",
    ),
    Question(
        "Which network should I fine-tune today?", "fine-tune which network today",
        "book/after.html", "Which one should I use today?",
    ),
]  # fmt: skip
each_question = pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.asked)


def read_answer(page, question: Question) -> None:
    """Press what folds the answer, if anything, and see the answer."""
    if question.second:
        page.get_by_text(question.second).first.click()
    expect(page.locator("article").get_by_text(question.answer).first).to_be_visible()


@each_question
def test_answer_is_found_by_links(chromium: Browser, home: str, question: Question):
    with visit(chromium, home, "book/index.html", PHONE_DARK) as seen:
        name = question.page.rpartition("/")[2]
        seen.page.locator(f"article a[href$='{name}']:visible").first.click()
        seen.page.wait_for_url(f"{home}{question.page}*")
        read_answer(seen.page, question)


@each_question
def test_answer_is_found_by_search(chromium: Browser, home: str, question: Question):
    with visit(chromium, home, "book/index.html", PHONE_DARK) as seen:
        seen.page.locator("button.search-button:visible").first.click()
        field = seen.page.locator("input[name='q']:visible").first
        field.fill(question.searched)
        field.press("Enter")
        seen.page.wait_for_url(f"{home}search.html*")
        results = seen.page.locator("#search-results ul.search > li > a")
        expect(seen.page.locator(".search-summary")).to_contain_text("finished", timeout=15_000)
        found = [link.get_attribute("href") for link in results.all()[:FIRST_RESULTS]]
        place = next((i for i, address in enumerate(found) if question.page in address), None)
        assert place is not None, found
        results.nth(place).click()
        seen.page.wait_for_url(f"{home}{question.page}*")
        read_answer(seen.page, question)
