"""Nothing that comes from an address, a storage or a file is run, leads away or breaks a page.

The same inputs each time; ``RESNET_BOOK_FUZZ=NUMBER`` draws others, ``random`` draws a number and
says it, as the scheduled run does.
"""

from __future__ import annotations

import io
import json
import os
import random
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from browser import BUILD, DECKS, ROOT, becomes, html_pages, settled
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect
from test_lesion_lab_page import begin
from test_progress_file import PROGRESS, file_of

ASKED = os.environ.get("RESNET_BOOK_FUZZ", "0")
SEED = random.randrange(10**6) if ASKED == "random" else int(ASKED)
ADDRESSES = 3
FILES = 40
PICTURES = 40
OWNED = ("constructor", "__proto__", "toString", "hasOwnProperty", "valueOf", "prototype")
HOSTILE = (
    "<img src=x onerror=window.pwned=1>", "<script>window.pwned=1</script>",
    "javascript:window.pwned=1", '"><svg onload=window.pwned=1>', "{{7*7}}", "${window.pwned=1}",
    "%", "%E0%A4%A", "\u0000", "\ud83d", "\u202e", "a" * 5000, "NaN", "-1", "1e999", "", " ",
)  # fmt: skip
PARTS = ("lab", "thread", "q", "verdict", "group", "highlight", "draw", "sort", "slide", "print",
         "speaker")  # fmt: skip
REDIRECT = "index.html"
SCRIPTED = [*(page for page in html_pages() if page != REDIRECT), *DECKS]


def text(draw: random.Random) -> str:
    """One unlucky or hostile text."""
    made = "".join(chr(draw.randrange(32, 0x2FFF)) for _ in range(draw.randrange(1, 30)))
    return draw.choice([*HOSTILE, *OWNED, made])


def encoded(draw: random.Random) -> str:
    """The same as a part of an address: percent signs and all."""
    return quote(text(draw).encode("utf-8", "replace"), safe=draw.choice(["", "=&,%<>/"]))


def names_on(page: str) -> list[str]:
    """What the addresses of a page name: the keys of its figures and the ids of its parts."""
    markup = (BUILD / page).read_text(encoding="utf-8")
    return [*PARTS, *re.findall(r'(?:data-key|data-explorable|\bid)="([\w-]{2,40})"', markup)]


def address(draw: random.Random, page: str) -> str:
    """A query and a fragment out of the page's own names and of anything."""
    names = names_on(page)
    part = lambda: f"{draw.choice(names)}={encoded(draw)},{encoded(draw)}"  # noqa: E731
    query = "&".join(part() for _ in range(draw.randrange(3)))
    return f"?{query}#" + draw.choice([draw.choice(names), part(), f"{part()}&{part()}"])


@pytest.fixture(scope="module")
def context(chromium: Browser) -> Iterator[BrowserContext]:
    with chromium.new_context() as opened:
        yield opened


def opened(context: BrowserContext) -> tuple[Page, list[str]]:
    """A new page and the list of its errors: of scripts, and what the policy refused to run."""
    seen, errors = context.new_page(), []
    seen.on("pageerror", lambda error: errors.append(str(error)))
    seen.on(
        "console",
        lambda told: errors.append(told.text) if "Content Security Policy" in told.text else None,
    )
    return seen, errors


def unharmed(seen: Page, errors: list[str], wanted: str, what: str) -> None:
    """The page is still itself: nothing ran or tried to, nothing failed, nobody was led away."""
    what = f"{what} (RESNET_BOOK_FUZZ={SEED})"
    expect(seen.locator("article h1, main h1").first).to_be_attached()
    settled(seen)
    assert errors == [], what
    assert seen.evaluate("window.pwned ?? null") is None, what
    assert seen.url.partition("#")[0].partition("?")[0].endswith(wanted), what


@pytest.mark.parametrize("page", SCRIPTED)
def test_no_address_and_no_storage_harms_a_page(context, home: str, page: str):
    draw = random.Random(f"{SEED} {page}")
    seen, errors = opened(context)
    seen.goto(home + page, wait_until="load")
    settled(seen)
    kinds = seen.evaluate("Object.values(window.ResNetProgress?.KINDS ?? {}).map((k) => k.prefix)")
    keys = [*seen.evaluate("Object.keys(localStorage)"), *kinds]
    for _ in range(ADDRESSES):
        kept = {
            f"{key}{draw.choice(['', *OWNED, 'first-card', 'exam:a'])}": draw.choice(
                [text(draw), json.dumps(text(draw)), json.dumps({text(draw): text(draw)}), "[]"]
            )
            for key in keys
        }
        seen.evaluate("(kept) => { for (const k in kept) localStorage.setItem(k, kept[k]); }", kept)
        asked = address(draw, page)
        seen.goto("about:blank")
        seen.goto(home + page + asked, wait_until="load")
        unharmed(seen, errors, page, f"{asked!r} with {kept!r}")
    seen.evaluate("localStorage.clear()")
    seen.close()


def spoilt(draw: random.Random, value: object) -> object:
    """A saved file with something in it replaced."""
    if draw.random() < 0.03:
        return draw.choice([None, True, -1, 1e300, [], {}, text(draw), {text(draw): text(draw)}])
    if isinstance(value, dict):
        return {k if draw.random() < 0.9 else text(draw): spoilt(draw, v) for k, v in value.items()}
    return [spoilt(draw, part) for part in value] if isinstance(value, list) else value


def test_no_file_of_progress_harms_the_page_or_what_it_keeps(context, home: str, tmp_path: Path):
    draw = random.Random(f"{SEED} files")
    seen, errors = opened(context)
    seen.goto(f"{home}book/cards.html", wait_until="load")
    settled(seen)
    for number in range(FILES):
        made = json.dumps(spoilt(draw, file_of(PROGRESS)) if number else file_of(PROGRESS)).encode()
        if number and draw.random() < 0.3:
            made = made[: draw.randrange(len(made) + 1)] + bytes(draw.randbytes(5))
        file = tmp_path / f"{number}.json"
        file.write_bytes(made)
        seen.locator("#keep-file").set_input_files(file)
        becomes(lambda: seen.locator("#keep-file").evaluate("input => input.files.length"), 0)
        unharmed(seen, errors, "cards.html", f"the file {made!r}")
        kept = seen.evaluate("localStorage.getItem('resnet-measured:ticks:v1:essay')")
        assert kept is not None, f"{made!r} took away what an earlier file brought"
    seen.close()


def picture(draw: random.Random) -> dict[str, object]:
    """A file that somebody may choose as a picture: of any size and kind, spoilt, or none."""
    kind = draw.choice(["PNG", "JPEG", "GIF", "WEBP", "BMP"])
    size = tuple(draw.choice([1, 2, 31, 32, 33, draw.randrange(1, 400), 2000]) for _ in "wh")
    colour = tuple(draw.randbytes(4 if kind in ("PNG", "WEBP") else 3))
    made = io.BytesIO()
    Image.new("RGBA" if len(colour) == 4 else "RGB", size, colour).save(made, kind)
    body, spot = made.getvalue(), draw.randrange(len(made.getvalue()))
    script = b"<svg xmlns='http://www.w3.org/2000/svg' onload='window.pwned=1'/>"
    words = text(draw).encode("utf-8", "replace")
    other = body[:spot] + draw.randbytes(3) + body[spot + 3 :]
    broken = draw.choice([b"", script, words, draw.randbytes(200), body[:spot], other])
    return {
        "name": draw.choice(["a.png", "a.txt", "__proto__", "constructor.svg", "a b%.jpeg"]),
        "mimeType": draw.choice(["image/png", "image/svg+xml", "text/html", ""]),
        "buffer": broken if draw.random() < 0.5 else body,
    }


def test_no_own_picture_harms_the_lab(context, home: str):
    draw = random.Random(f"{SEED} pictures")
    seen, errors = opened(context)
    seen.goto(f"{home}book/lesion_lab.html", wait_until="load")
    begin(seen)
    lab, trouble = seen.locator(".lab"), seen.locator(".lab-trouble")
    taken = 0
    for number in range(PICTURES):
        state = f"{('ship', 'cat')[number % 2]},111111111"
        seen.evaluate("(state) => { location.hash = 'lab=' + state; }", state)
        expect(lab).to_have_attribute("data-shown", state)
        expect(trouble).to_be_empty()
        file = picture(draw)
        seen.locator(".lab-own input").set_input_files(file)
        now = becomes(
            lambda: (lab.get_attribute("data-shown"), trouble.inner_text()),
            lambda now: now[0].startswith("own,") or now[1],
        )
        taken += now[0].startswith("own,")
        unharmed(seen, errors, "lesion_lab.html", f"the picture {file!r:.300}")
        assert not re.search(r"undefined|NaN|\[object", lab.inner_text()), f"{file!r:.300}"
    assert 0 < taken < PICTURES
    seen.close()


def test_a_page_that_runs_what_it_is_given_is_noticed(context):
    """The check itself: a page that writes its address into itself as markup."""
    seen = context.new_page()
    script = "document.body.innerHTML += decodeURIComponent(location.hash.slice(1))"
    seen.route("**/bad.html*", lambda route: route.fulfill(
        content_type="text/html", body=f"<main><h1>x</h1></main><body><script>{script}</script>"
    ))  # fmt: skip
    seen.goto("http://127.0.0.1:9/bad.html#" + quote(HOSTILE[0]))
    becomes(lambda: seen.evaluate("window.pwned ?? null"), 1)
    with pytest.raises(AssertionError):
        unharmed(seen, [], "bad.html", "the address")
    seen.close()


def test_a_fresh_draw_runs_on_a_schedule():
    workflow = (ROOT / ".github" / "workflows" / "fuzz.yml").read_text(encoding="utf-8")
    assert "schedule:" in workflow and "RESNET_BOOK_FUZZ: random" in workflow
