"""The playground's experiments and its sentence: a guess first, then what was seen and recorded."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from browser import BUILD, ROOT, becomes, notebook_file, settled, watched
from playground_visits import PAGE, STATE, button, lighter, playing, trained
from playwright.sync_api import Browser, Page, expect

from utils.facts.playground import load_experiments

SCRIPTS = ROOT / "book" / "_static" / "playground"
EXPERIMENTS = load_experiments()
SECONDS = 90_000
ENDLESS = 10**9
"""Steps of a training that is stopped: an end would hide what the test looks at."""


@pytest.fixture
def play(chromium: Browser, home: str) -> Iterator[Page]:
    with playing(chromium, home) as page:
        yield page


def guess(page: Page, name: str, right: bool) -> None:
    """Choose an experiment and one of its guesses, and let it train."""
    options = EXPERIMENTS[name].options
    chosen = next(place for place, option in enumerate(options) if option.right == right)
    page.locator(f'[data-experiment="{name}"]').click()
    page.locator(".play-experiment").get_by_label(options[chosen].text, exact=True).check()
    button(page, "Guess and train").click()


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_each_experiment_trains_and_tells_what_was_seen(play: Page, name: str):
    experiment = EXPERIMENTS[name]
    guess(play, name, right=True)
    told = play.locator(".play-told")
    expect(told).to_contain_text("Your guess is what ten seeds show.", timeout=SECONDS)
    right = next(option for option in experiment.options if option.right)
    expect(play.locator(".play-experiment")).to_contain_text(right.says)
    expect(play.locator(f'[data-recorded="{name}"]')).to_have_count(1)
    runs = len(experiment.settings) + (2 if experiment.deepen else 0)
    expect(play.locator(".play-experiment tbody tr")).to_have_count(runs)
    expect(button(play, "Fast")).to_have_attribute("aria-pressed", "false")


def test_the_question_has_the_focus_and_a_guess_is_needed(play: Page):
    play.locator('[data-experiment="depth"]').click()
    expect(play.locator(".play-experiment legend")).to_be_focused()
    expect(play.locator(".play-experiment legend")).to_have_text(EXPERIMENTS["depth"].question)
    button(play, "Guess and train").click()
    expect(play.locator(".play-told")).to_have_text("Choose a guess first.")
    expect(play.locator(".play-option input").first).to_be_focused()


def test_a_wrong_guess_is_told_why_and_what_is_right(play: Page):
    guess(play, "no-normalisation", right=False)
    expect(play.locator(".play-told")).to_contain_text("not what ten seeds show", timeout=SECONDS)
    box = play.locator(".play-experiment")
    for option in EXPERIMENTS["no-normalisation"].options:
        if option.right:
            expect(box).to_contain_text(f"“{option.text}”")
    expect(box).to_contain_text(EXPERIMENTS["no-normalisation"].options[0].says)


def test_an_experiment_keeps_the_readers_seed_and_writes_the_address(chromium: Browser, home: str):
    with playing(chromium, home, "b2,w8,nbatch,she,l0.03,m0.9,i5") as page:
        guess(page, "no-normalisation", right=True)
        expect(page.locator(".play-told")).to_contain_text(
            "is what ten seeds show", timeout=SECONDS
        )
        becomes(lambda: page.url, lambda url: url.endswith("#play=b4,w8,nnone,she,l0.01,m0.9,i5"))


def test_the_copy_has_the_errors_of_the_shallow_network(play: Page):
    guess(play, "copy", right=True)
    expect(play.locator(".play-told")).to_contain_text("is what ten seeds show", timeout=SECONDS)
    rows = play.locator(".play-experiment tbody tr")
    expect(rows).to_have_count(3)
    shallow, copied = ([cell.inner_text() for cell in rows.nth(n).locator("td").all()]
                       for n in (0, 1))  # fmt: skip
    assert shallow == copied
    assert rows.nth(1).locator("th").inner_text() == "copied into 4 blocks"
    assert play.evaluate(STATE)["settings"]["blocks"] == 4


def test_the_rates_are_named_that_each_survives(play: Page):
    guess(play, "largest-rate", right=True)
    told = play.locator(".play-told")
    expect(told).to_contain_text("Here plain survives", timeout=SECONDS)
    expect(told).to_contain_text("and residual survives")


def test_reset_stops_an_experiment_and_says_so(chromium: Browser, home: str):
    with playing(chromium, home, steps=ENDLESS) as page:
        guess(page, "starts", right=True)
        expect(page.locator(".play-far")).to_contain_text("Training 1 of 4")
        button(page, "Reset").click()
        expect(page.locator(".play-told")).to_contain_text("The experiment was stopped.")
        trained(page)


def test_what_is_recorded_is_shown_beside_what_was_seen(chromium: Browser, home: str):
    html = lighter((BUILD / PAGE).read_text(encoding="utf-8"))
    start = html.index('class="play-data">') + len('class="play-data">')
    end = html.index("</script>", start)
    data = json.loads(html[start:end])
    data["recorded"] = {"no-normalisation": "Ten seeds <b>say</b> so."}
    changed = html[:start] + json.dumps(data).replace("<", "\\u003c") + html[end:]
    with watched(chromium) as page:
        answer = {"body": changed, "content_type": "text/html"}
        page.route(f"**/{PAGE}", lambda route: route.fulfill(**answer))
        page.goto(home + PAGE)
        guess(page, "no-normalisation", right=True)
        place = page.locator('[data-recorded="no-normalisation"]')
        expect(place).to_contain_text("Ten seeds <b>say</b> so.", timeout=SECONDS)


# The sentence ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def words(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page with the script of the words alone."""
    with watched(chromium) as page:
        page.goto(notebook_file(tmp_path_factory, ""))
        page.add_script_tag(content=(SCRIPTS / "words.js").read_text(encoding="utf-8"))
        settled(page)
        yield page


def network(gradients=(1.0, 1.0), stopped=None) -> dict:
    return {"gradients": list(gradients), "stopped": stopped}


def state(**changes: object) -> dict:
    """A state after 220 steps in which both have learned, with changes."""
    errors = {kind: {"train": 0.0, "test": 0.0} for kind in ("plain", "residual")}
    return {"steps": 220, "running": True, "finished": False, "copied": False,
            "settings": {"blocks": 20}, "errors": errors,
            "plain": network(), "residual": network(), **changes}  # fmt: skip


def said(page: Page, **changes: object) -> str:
    found = page.evaluate("(state) => ResNetPlayWords.status(state).text", state(**changes))
    return found.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"steps": 0}, "Nothing is trained yet. Both networks begin with the same weights."),
        (
            {"steps": 0, "copied": True, "plain": network(), "residual": network()},
            "Both networks now have 20 blocks, and the new ones pass on what they get: plain is "
            "wrong on 0 % of the training images, residual on 0 %.",
        ),
        ({"steps": 1}, "After 1 step, plain has learned (0 % wrong); residual has learned (0 % "
         "wrong)."),
    ],
)  # fmt: skip
def test_the_sentence_of_a_plain_state(words: Page, changes: dict, sentence: str):
    assert said(words, **changes) == sentence


@pytest.mark.parametrize(
    ("gradients", "part"),
    [
        ((1.0, 1.0), "plain is no better than a guess (88 % wrong);"),
        (
            (1000.0, 1.0),
            "the gradient of its first block is about a thousand times that of its last;",
        ),
        ((0.00001, 1.0), "first block is about a hundred-thousandth of that of its last;"),
        ((1e12, 1.0), "first block is about 10¹² times that of its last;"),
        ((0.0, 0.0), "and no gradient reaches its blocks;"),
        ((0.0, 1.0), "and no gradient reaches its first block;"),
        ((50.0, 1.0), "plain is no better than a guess (88 % wrong);"),
        ((None, None), "plain is no better than a guess (88 % wrong);"),
    ],
)
def test_gradients_that_differ_by_a_hundred_are_mentioned(words: Page, gradients, part: str):
    sentence = said(words, **guessing(gradients))
    assert part in sentence
    assert "residual has learned (3 % wrong)." in sentence


def guessing(gradients) -> dict:
    errors = {"plain": {"train": 0.88, "test": 0.9}, "residual": {"train": 0.03, "test": 0.05}}
    return {"errors": errors, "plain": network(gradients)}


def test_a_test_error_well_above_the_training_error_is_said(words: Page):
    sentence = said(words)
    assert "test images" not in sentence
    apart = {"plain": {"train": 0.01, "test": 0.09}, "residual": {"train": 0.01, "test": 0.05}}
    sentence = said(words, errors=apart)
    assert "plain has learned (1 % wrong), but on test images it is wrong on 9 %;" in sentence
    assert sentence.count("test images") == 1


def test_a_stop_names_step_and_block(words: Page):
    stopped = said(words, residual=network(stopped={"step": 8, "block": 3}))
    assert "residual has stopped, because at step 8 its numbers became too large" in stopped
    assert "(NaN, first in block 3)." in stopped
    assert "(NaN, in the last layer)." in said(
        words, residual=network(stopped={"step": 8, "block": 0})
    )


def test_the_end_is_told(words: Page):
    assert said(words, steps=3300, running=False, finished=True).startswith(
        "The training is over after 3300 steps: plain has learned"
    )


def test_the_key_changes_with_what_is_seen_and_not_with_each_step(words: Page):
    def key(**changes: object) -> str:
        return words.evaluate("(state) => ResNetPlayWords.status(state).key", state(**changes))

    assert key() == key(steps=330)
    assert key() != key(running=False)
    worse = {"plain": {"train": 0.5, "test": 0.5}, "residual": {"train": 0.0, "test": 0.0}}
    assert key() != key(errors=worse)
    assert key() != key(plain=network((1000.0, 1.0)))


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.0321, "0.032"), (21.4, "21"), (4e56, "4.0 × 10⁵⁶"), (0.00012, "1.2 × 10⁻⁴"),
     (999.4, "1000"), (None, "no number")],
)  # fmt: skip
def test_numbers_have_two_digits(words: Page, value: float | None, text: str):
    assert words.evaluate("(value) => ResNetPlayWords.number(value)", value) == text
