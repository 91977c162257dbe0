"""Every page, and what readers do on them, in Firefox.

Needs the built book and Firefox (``apt-get install firefox-esr``).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from browser import BUILD, html_pages
from firefox import Firefox, firefox
from PIL import Image

from utils.practice.bank import load_bank

LAB = "book/lesion_lab.html"


@pytest.fixture(scope="module")
def fox() -> Iterator[Firefox]:
    with firefox() as running:
        yield running


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture of 64 x 64 pixels in two colours, as a reader chooses one."""
    pixels = np.zeros((64, 64, 3), dtype=np.uint8)
    pixels[:, :32] = (200, 40, 10)
    path = tmp_path_factory.mktemp("own") / "photo.png"
    Image.fromarray(pixels).save(path)
    return path


@pytest.mark.parametrize("page", html_pages())
def test_page_opens_in_firefox_without_an_error(fox: Firefox, home: str, page: str):
    fox.load(home + page)
    fox.wait("document.readyState === 'complete' && document.body.innerText.length > 0")
    fox.run("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    assert fox.errors == []


def test_every_page_opens_from_a_file_in_firefox(fox: Firefox):
    """Firefox takes each file for a site of its own; nothing of a page is refused for it."""
    troubles = {}
    for page in html_pages():
        fox.load((BUILD / page).as_uri())
        fox.wait("document.body.innerText.length > 0")
        fox.run("document.fonts.ready.then(() => true)")
        if fox.errors:
            troubles[page] = [*fox.errors]
    assert troubles == {}


def test_what_a_page_asks_for_in_vain_from_a_file_is_noticed(fox: Firefox, tmp_path: Path):
    """The check itself: a script that is gone, a file that Firefox refuses, and an error."""
    markup = "<body>words<script src=gone.js></script><script>fetch('gone.txt'); oops()</script>"
    (tmp_path / "page.html").write_text(f"<meta charset=utf-8>{markup}", encoding="utf-8")
    fox.load((tmp_path / "page.html").as_uri())
    for part in ("gone.js", "gone.txt", "oops"):
        fox.wait("document.readyState === 'complete'")
        assert any(part in error for error in fox.errors), (part, fox.errors)


def search(fox: Firefox, home: str) -> None:
    """Look for a word, and see pages found."""
    fox.load(f"{home}search.html?q=shortcut")
    fox.wait("document.querySelectorAll('#search-results ul.search > li').length > 3")
    fox.wait("/found \\d+ page/.test(document.querySelector('.search-summary').innerText)")
    assert fox.errors == []


def test_search_finds_pages_in_firefox(fox: Firefox, home: str):
    search(fox, home)


def by_name(name: str) -> str:
    """The script that finds the visible button that holds a text."""
    return (
        "[...document.querySelectorAll('button')].find((button) => "
        f"button.offsetParent && button.textContent.includes({name!r}))"
    )


def test_a_card_is_studied_and_kept_in_firefox(fox: Firefox, home: str):
    fox.load(f"{home}book/cards.html")
    for name in ("Study now", "Show answer", "Good"):
        fox.wait(f"Boolean({by_name(name)})")
        fox.run(f"void {by_name(name)}.click()")
    fox.wait("ResNetStore.keys().some((key) => key.includes('card'))")
    fox.load(f"{home}book/cards.html")
    fox.wait("ResNetStore.keys().some((key) => key.includes('card'))")
    assert fox.errors == []


def test_an_answer_is_judged_and_kept_in_firefox(fox: Firefox, home: str):
    question = next(q for q in load_bank() if q.kind == "numeric")
    root = f"document.querySelector('#q-{question.id}')"
    fox.load(f"{home}book/practice.html")
    fox.wait(f"Boolean({root}?.querySelector('.q-check'))")
    fox.run(f"void ({root}.querySelector('input[type=text]').value = '{question.answer.value!r}')")
    fox.run(f"void {root}.querySelector('.q-check').click()")
    fox.wait(f"{root}.querySelector('.q-feedback').textContent.includes('Right.')")
    fox.load(f"{home}book/practice.html")
    fox.wait(f"{root}?.querySelector('.q-past')?.textContent.startsWith('Last time: right')")
    assert fox.errors == []


def load_lab(fox: Firefox, home: str) -> None:
    """Open the lab and wait for the network's first answer."""
    fox.load(f"{home}{LAB}#lab=cat,111111111")
    fox.press(".lab-load")
    fox.wait("document.querySelector('.lab').dataset.shown === 'cat,111111111'")
    assert fox.run("document.querySelector('.lab-finding').textContent").startswith("With all")


def test_lab_runs_from_a_file_in_firefox(fox: Firefox, home: str):
    load_lab(fox, f"{BUILD.as_uri()}/")


def test_lab_sees_an_own_picture_in_firefox(fox: Firefox, home: str, photo: Path):
    load_lab(fox, home)
    fox.choose_file(".lab-own input", photo)
    fox.wait("document.querySelector('.lab').dataset.shown === 'own,111111111'")
    assert fox.run("lesionLab.pixels().slice(0, 3)") == [200, 40, 10]
    assert fox.errors == []


def test_lab_says_where_firefox_hides_the_canvas(home: str, photo: Path):
    with firefox(privacy_resistFingerprinting=True) as guarded:
        load_lab(guarded, home)
        guarded.choose_file(".lab-own input", photo)
        guarded.wait("document.querySelector('.lab-trouble').textContent.includes('noise')")
        assert guarded.run("document.querySelector('.lab').dataset.shown") == "cat,111111111"


def test_search_and_cards_need_no_cookies_in_firefox(home: str):
    """With cookies refused Firefox refuses the storage, too."""
    with firefox(network_cookie_cookieBehavior=2) as strict:
        search(strict, home)
        strict.load(f"{home}book/cards.html")
        strict.wait("document.querySelector('main').innerText.length > 100")
        assert strict.errors == []
