"""The playground in a browser: keyboard, touch, addresses, what it says, and what goes wrong."""

from __future__ import annotations

import itertools
import json
import re
import statistics

import pytest
from browser import (
    BUILD,
    DESKTOP_LIGHT,
    PHONE_DARK,
    ROOT,
    VIEWS,
    becomes,
    html_pages,
    settled,
    stays,
)
from playground_page import engine_page
from playground_visits import PAGE, SMALL, STATE, button, file_address, playing, steps, trained
from playwright.sync_api import Browser, Page, expect
from resnet_book.shows import playground as shown

from utils.facts.playground import load_experiments
from utils.miniatures.playground import Settings, digits

AXE = ROOT / "tests" / "vendor" / "axe.min.js"
EXPERIMENTS = load_experiments()
NAN = "b20,w32,nnone,she,l0.01,m0.9,i0"
ANSWER_MS = 50


@pytest.fixture
def play(chromium: Browser, home: str):
    with playing(chromium, home) as page:
        yield page


def control(page: Page, name: str):
    return page.locator(f'.play [data-setting="{name}"]')


# What is published --------------------------------------------------------------------------


def test_no_other_page_loads_the_playground(home: str):
    for page in html_pages():
        linked = "playground/page.js" in (BUILD / page).read_text(encoding="utf-8")
        assert linked == (page == PAGE)


def test_the_scripts_digits_are_those_of_python(play: Page):
    found = play.evaluate(
        """() => {
          const {train, testLabels, shown} = ResNetPlayDigits;
          const bytes = (text) => [...atob(text)].map((one) => one.charCodeAt(0));
          return {train: bytes(train), testLabels: bytes(testLabels), shown};
        }"""
    )
    have = digits()
    assert found["train"] == have.train_images.reshape(-1).tolist()
    assert found["testLabels"] == have.test_labels.tolist()
    assert len({have.test_labels[place] for place in found["shown"]}) == shown.SHOWN


def test_without_javascript_the_page_says_where_the_curves_are(chromium: Browser, home: str):
    with chromium.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(home + PAGE)
        expect(page.locator(".play-without")).to_contain_text("needs JavaScript")
        expect(page.locator(".play-bench")).to_be_hidden()


def test_nothing_is_kept_in_the_browser(play: Page):
    trained(play)
    kept = play.evaluate("() => Object.keys(localStorage).concat(Object.keys(sessionStorage))")
    assert not [name for name in kept if "play" in name]


# Keyboard and touch ---------------------------------------------------------------------------


def test_a_whole_run_by_keyboard(play: Page):
    control(play, "blocks").focus()
    play.keyboard.press("ArrowRight")
    expect(play.locator(".play-blocks output")).to_have_text("3")
    becomes(lambda: play.url, lambda url: "#play=b3,w8," in url)
    button(play, "Fast").focus()
    play.keyboard.press("Space")
    expect(button(play, "Fast")).to_have_attribute("aria-pressed", "true")
    button(play, "Train").focus()
    play.keyboard.press("Enter")
    expect(button(play, "Pause")).to_be_focused()
    becomes(lambda: steps(play), lambda count: count >= 44)
    play.keyboard.press("Enter")
    expect(button(play, "Train")).to_be_focused()
    expect(play.locator(".play-status")).to_contain_text("residual")
    reader = play.get_by_label("Block to read")
    reader.focus()
    play.keyboard.press("End")
    expect(reader).to_have_attribute("aria-valuetext", re.compile("^Block 3. plain: gradient"))


def test_touch_on_a_phone(chromium: Browser, home: str):
    with playing(chromium, home, view=PHONE_DARK, has_touch=True, is_mobile=True) as page:
        button(page, "Fast").tap()
        button(page, "Train").tap()
        becomes(lambda: steps(page), lambda count: count >= 22)
        button(page, "Pause").tap()
        expect(button(page, "Train")).to_be_visible()
        cells = page.locator(".play-cells").first.locator("i")
        cells.nth(1).tap()
        expect(page.locator(".play-readout")).to_contain_text("Block 2.")
        expect(cells.nth(1)).to_have_class("play-picked")


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: f"{view.scheme}-{view.width}")
def test_a_trained_playground_is_not_wider_than_the_window(chromium: Browser, home: str, view):
    with playing(chromium, home, "b30,w8,nbatch,she,l0.03,m0.9,i0", view) as page:
        page.locator(".play-more summary").click()
        page.locator(".play-table summary").click()
        trained(page)
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        stays(page, lambda: page.evaluate(wide), 0)


# Addresses -------------------------------------------------------------------------------------


def test_controls_write_the_address_and_the_address_sets_the_controls(play: Page):
    control(play, "normalisation").select_option("layer")
    becomes(lambda: play.url, lambda url: url.endswith("#play=b2,w8,nlayer,she,l0.03,m0.9,i0"))
    play.evaluate("() => { location.hash = 'play=b5,w16,nnone,szero,l0.003,m0.5,i7'; }")
    expect(control(play, "start")).to_have_value("zero")
    expect(control(play, "rate")).to_have_value("0.003")
    expect(control(play, "seed")).to_have_value("7")
    expect(play.locator(".play-blocks output")).to_have_text("5")
    becomes(lambda: play.evaluate(STATE)["settings"]["width"], 16)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("b99,w32,nbatch,she,l0.03,m0.9,i0", "number of blocks 99"),
        ("b0,w32,nbatch,she,l0.03,m0.9,i0", "number of blocks 0"),
        ("b20,w33,nbatch,she,l0.03,m0.9,i0", "width 33"),
        ("b20,w32,ngroup,she,l0.03,m0.9,i0", "normalisation group"),
        ("b20,w32,nbatch,smagic,l0.03,m0.9,i0", "start magic"),
        ("b20,w32,nbatch,she,l1e9,m0.9,i0", "cannot be read"),
        ("b20,w32,nbatch,she,l0.5,m0.9,i0", "learning rate 0.5"),
        ("b20,w32,nbatch,she,l0.03,m2,i0", "momentum 2"),
        ("b20,w32,nbatch,she,l0.03,m0.9,i99999", "seed 99999"),
        ("", "cannot be read"),
        ("%E0%A4%A", "cannot be read"),
        ("<img src=x onerror=alert(1)>", "cannot be read"),
        ("constructor", "cannot be read"),
        ("b20,w32,nconstructor,she,l0.03,m0.9,i0", "normalisation constructor"),
    ],
)
def test_an_absurd_address_is_said_to_be_one_and_changes_nothing(
    chromium: Browser, home: str, address: str, words: str
):
    with playing(chromium, home, f"#play={address}") as page:
        expect(page.locator(".play-trouble")).to_contain_text(words)
        assert page.evaluate(STATE)["settings"] == vars(Settings())


def test_another_part_of_the_address_is_not_touched(chromium: Browser, home: str):
    with playing(chromium, home, "#recap") as page:
        expect(page.locator(".play-trouble")).to_be_hidden()
        assert page.evaluate(STATE)["settings"] == vars(Settings())


# What is seen --------------------------------------------------------------------------------


def test_strips_table_and_answers_show_what_the_training_says(play: Page):
    trained(play)
    play.locator(".play-table summary").click()
    rows = play.locator(".play-table tbody tr")
    expect(rows).to_have_count(2)
    expect(play.locator(".play-cells").first.locator("i")).to_have_count(2)
    shot = play.evaluate(STATE)
    labels = digits().test_labels
    for number, (image, row) in enumerate(
        zip(shown.shown_places(labels), shot["residual"]["answers"], strict=True)
    ):
        best = row.index(max(row))
        mark = "✓" if best == labels[image] else "✗"
        own = play.locator(".play-digits li").nth(number).locator(".play-residual")
        expect(own).to_contain_text(f"residual {best} {mark}")
    values = [float(text) for text in rows.first.locator("td").all_inner_texts()]
    wanted = [shot[kind][what][0] for kind in ("plain", "residual") for what in
              ("gradients", "responses")]  # fmt: skip
    assert values == pytest.approx(wanted, rel=0.06)


def test_the_sentence_waits_for_news_and_two_seconds(play: Page):
    play.evaluate(
        """() => {
          window.said = [];
          const region = document.querySelector('.play-spoken');
          new MutationObserver(() => said.push([performance.now(), region.textContent]))
            .observe(region, {childList: true, characterData: true, subtree: true});
        }"""
    )
    trained(play, 220)
    expect(play.locator(".play-spoken")).to_contain_text("residual has learned")
    button(play, "Reset").click()
    expect(play.locator(".play-spoken")).to_contain_text("Nothing is trained yet")
    said = settled(play).evaluate("said")
    times = [at for at, _ in said]
    assert len(times) > 1
    assert all(after - before > 1_900 for before, after in itertools.pairwise(times))
    assert len({text for _, text in said}) == len(said)


def test_the_sentence_in_sight_counts_every_single_step(play: Page):
    for count in (1, 2, 3):
        button(play, "One step").click()
        words = f"After {count} step{'s' if count > 1 else ''},"
        expect(play.locator(".play-status")).to_contain_text(words)


def test_a_zero_start_is_not_said_to_hold_the_residual_network_back(chromium: Browser, home: str):
    """The matrices of its blocks have no gradient in the first step, but their scales have one."""
    with playing(chromium, home, "b3,w8,nbatch,szero,l0.03,m0.9,i0") as page:
        button(page, "One step").click()
        status = page.locator(".play-status")
        expect(status).to_contain_text("After 1 step, plain")
        expect(status).to_have_text(
            re.compile(r"plain[^;]*, and no gradient reaches its blocks; residual((?!gradient).)*$")
        )


def test_every_value_of_every_control_stays_chosen(play: Page):
    play.locator(".play summary", has_text="More settings").click()
    for name in ("width", "normalisation", "start", "rate", "momentum"):
        control = play.locator(f'select[data-setting="{name}"]')
        for choice, _ in shown.choices()[name]:
            value = shown.as_in_the_page(choice)
            control.select_option(value)
            becomes(lambda name=name: play.evaluate(STATE)["settings"][name], choice)
            expect(control).to_have_value(value)


def test_a_training_that_is_given_up_leaves_nothing_that_trains_on(chromium: Browser):
    with engine_page(chromium) as page:
        steps_of_a_second = page.evaluate(
            """async (settings) => {
                let last = null;
                const driver = new ResNetSession.Driver((said) => { last = said; }, "page");
                for (let turn = 0; turn < 5; turn += 1) {
                    driver.hear({type: "begin", settings, digits});
                    driver.hear({type: "run"});
                }
                await new Promise((done) => setTimeout(done, 1000));
                driver.hear({type: "pause"});
                return last.steps;
            }""",
            vars(Settings(blocks=1, width=8)),
        )
        settled(page)
    assert 1 <= steps_of_a_second <= 40


def test_a_network_whose_numbers_break_says_at_which_step_and_block(chromium: Browser, home: str):
    with playing(chromium, home, NAN) as page:
        button(page, "Fast").click()
        button(page, "Train").click()
        shot = becomes(lambda: page.evaluate(STATE), lambda shot: shot["residual"]["stopped"])
        stop = shot["residual"]["stopped"]
        told = page.locator(".play-status")
        expect(told).to_contain_text(f"at step {stop['step']} its numbers became too large")
        if stop["block"]:
            expect(told).to_contain_text(f"first in block {stop['block']}")
        expect(page.locator(".play-curves .play-residual text")).to_have_text("residual NaN")


def test_the_end_of_a_training_is_told_and_reset_begins_anew(chromium: Browser, home: str):
    with playing(chromium, home, "b1,w8,nbatch,she,l0.03,m0.9,i0") as page:
        button(page, "Fast").click()
        button(page, "Train").click()
        becomes(lambda: page.evaluate(STATE)["finished"], True, 120)
        expect(button(page, "Train")).to_be_disabled()
        expect(page.locator(".play-status")).to_contain_text("The training is over after 3300")
        button(page, "Reset").click()
        expect(button(page, "Train")).to_be_enabled()
        becomes(lambda: steps(page), 0)


# Bad luck -------------------------------------------------------------------------------------


def test_a_lost_worker_is_told_and_reset_makes_another(play: Page):
    (worker,) = play.workers
    worker.evaluate("() => { setTimeout(() => { throw new Error('lost'); }); }")
    expect(play.locator(".play-trouble")).to_contain_text("The training was lost")
    expect(button(play, "Train")).to_be_disabled()
    button(play, "Reset").click()
    expect(play.locator(".play-trouble")).to_be_hidden()
    trained(play)


def test_from_a_file_the_page_itself_trains(chromium: Browser, home: str):
    page = chromium.new_page()
    page.goto(f"{file_address()}#play={SMALL}")
    settled(page)
    becomes(lambda: page.evaluate(STATE), lambda shot: shot is not None)
    trained(page)
    assert page.evaluate("() => document.querySelector('.play').training.where()") == "page"
    page.close()


def test_settings_that_change_while_training_begin_it_again(play: Page):
    button(play, "Fast").click()
    button(play, "Train").click()
    becomes(lambda: steps(play), lambda count: count >= 22)
    control(play, "rate").select_option("0.01")
    becomes(lambda: play.evaluate(STATE)["settings"]["rate"], 0.01)
    expect(button(play, "Pause")).to_be_visible()
    becomes(lambda: play.evaluate(STATE)["errors"][0]["step"], 0)


def test_two_playgrounds_share_neither_ids_nor_state(chromium: Browser, home: str):
    html = (BUILD / PAGE).read_text(encoding="utf-8")
    end = html.index("</section>", html.index('class="play-data"')) + len("</section>")
    both = html[:end] + shown.markup("../_static/", "play2") + html[end:]
    page = chromium.new_page()
    page.route(f"**/{PAGE}", lambda route: route.fulfill(body=both, content_type="text/html"))
    page.goto(f"{home}{PAGE}#play={SMALL}&play2={SMALL.replace('b2', 'b3')}")
    settled(page)
    second = page.locator("#play2")
    expect(second.locator(".play-blocks output")).to_have_text("3")
    ids = page.evaluate("() => [...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(ids) == len(set(ids))
    trained(page)
    expect(second.locator(".play-count b")).to_have_text("0")
    second.locator('[data-setting="rate"]').select_option("0.1")
    becomes(lambda: page.url, lambda url: f"play={SMALL}" in url and "play2=b3" in url)
    page.close()


# Comfort --------------------------------------------------------------------------------------


def test_the_page_answers_a_press_while_the_worker_trains(play: Page):
    play.evaluate(
        """() => {
          window.late = [];
          document.addEventListener('click', (event) => {
            late.push(performance.now() - event.timeStamp);
          }, true);
        }"""
    )
    control(play, "blocks").fill("20")
    button(play, "Fast").click()
    button(play, "Train").click()
    becomes(lambda: steps(play), lambda count: count > 5)
    for state in ("false", "true") * 4:
        button(play, "Fast").click()
        expect(button(play, "Fast")).to_have_attribute("aria-pressed", state)
    late = settled(play).evaluate("late")
    assert statistics.median(late) < ANSWER_MS
    assert play.evaluate("() => document.querySelector('.play').training.where()") == "worker"


def test_nothing_moves_where_the_system_asks_for_less(chromium: Browser, home: str):
    with playing(chromium, home, reduced_motion="reduce") as page:
        trained(page)
        moving = "() => document.querySelector('.play').getAnimations({subtree: true}).length"
        stays(page, lambda: page.evaluate(moving), 0)


@pytest.mark.parametrize("view", [DESKTOP_LIGHT, PHONE_DARK], ids=["desktop", "phone"])
def test_a_playground_in_use_has_no_barrier(chromium: Browser, home: str, view):
    with playing(chromium, home, view=view) as page:
        trained(page)
        for folded in page.locator(".play summary").all():
            folded.click()
        page.locator('[data-experiment="depth"]').click()
        expect(page.locator(".play-option")).to_have_count(3)
        page.evaluate(AXE.read_text(encoding="utf-8"))
        for theme in ("light", "dark"):
            page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
            settled(page)
            found = page.evaluate(
                """axe.run(".play", {resultTypes: ["violations"]}).then((result) =>
                  result.violations.flatMap((one) =>
                    one.nodes.map((node) => one.id + node.html)))"""
            )
            assert found == []


def test_the_data_of_the_page_is_what_python_offers(play: Page):
    data = json.loads(play.locator(".play-data").text_content())
    assert data["defaults"] == vars(Settings())
    assert [one["name"] for one in data["experiments"]] == [*EXPERIMENTS]
    assert play.locator("[data-experiment]").count() == len(EXPERIMENTS)
