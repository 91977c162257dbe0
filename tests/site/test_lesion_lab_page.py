"""The lesion lab in a browser: the same network, the same answers as in PyTorch."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from browser import BUILD, DESKTOP_LIGHT, PHONE_DARK, ROOT, Visit, html_pages, settled, visit
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from utils.chapters.lesion_lab import (
    CLASSES,
    answer,
    gates_without,
    logits,
    percent,
    trained,
)
from utils.facts.lab_pictures import SIZE, Picture, Shape, paint, pictures
from utils.probes.gates import forward

PAGE = "book/lesion_lab.html"
FILES = BUILD / "_static" / "lesion-lab"
VENDOR = ROOT / "book" / "_static" / "vendor"
AXE = ROOT / "tests" / "vendor" / "axe.min.js"
TOLERANCE = 1e-4
LOAD_MS = 120_000
SINGLE = [gates_without(number) for number in range(1, 10)]
RANDOM = np.random.default_rng(0).integers(0, 2, (12, 9)).astype(float).tolist()
PATTERNS = [gates_without(), *SINGLE, [0.0] * 9, *RANDOM]


# The pictures and the sentences on the page ------------------------------------------------------


def picture(*shapes: Shape) -> Picture:
    return Picture.model_construct(ground=["#000000", "#000000"], shapes=shapes)


# The files ---------------------------------------------------------------------------------------


def test_network_is_small_and_the_engine_is_published_once(home):
    assert (FILES / "resnet-20.onnx").stat().st_size < 3e6
    assert [path.name for path in BUILD.rglob("ort-wasm*.wasm*")] == [
        "ort-wasm-simd-threaded.wasm.gz"
    ]


def test_no_other_page_loads_the_lab(home):
    for page in html_pages():
        linked = "lab/lab.js" in (BUILD / page).read_text(encoding="utf-8")
        assert linked == (page == PAGE)


# In the browser ----------------------------------------------------------------------------------


def begin(page: Page) -> None:
    """Ask for the network and wait for its first answer."""
    page.locator(".lab-load").click()
    expect(page.locator(".lab-bench")).to_be_visible(timeout=LOAD_MS)
    page.wait_for_selector("[data-shown]", timeout=LOAD_MS)


@pytest.fixture(scope="module")
def lab(chromium: Browser, home: str) -> Iterator[Visit]:
    """The page with its network loaded."""
    with visit(chromium, home, PAGE, DESKTOP_LIGHT) as seen:
        begin(seen.page)
        yield seen
        assert not seen.errors and not seen.failed and not seen.other_hosts


def shown(page: Page, state: str) -> list[float]:
    """The logits once the page shows this state."""
    page.wait_for_selector(f'[data-shown="{state}"]')
    return json.loads(page.locator(".lab").get_attribute("data-logits"))


def choose(page: Page, picture: str, *off: int) -> str:
    """Ask by address for a drawing and lesions; returns the state."""
    state = f"{picture},{''.join(f'{gate:.0f}' for gate in gates_without(*off))}"
    page.evaluate("(state) => { location.hash = 'lab=' + state; }", state)
    return state


@pytest.mark.parametrize("off", [(), *((number,) for number in range(1, 10)), tuple(range(1, 10))])
def test_browser_gives_pytorchs_logits(lab: Visit, off: tuple[int, ...]):
    for name in ("cat", "ship"):
        found = shown(lab.page, choose(lab.page, name, *off))
        expected = logits(paint(pictures()[name]), gates_without(*off)).numpy()
        np.testing.assert_allclose(found, expected, atol=TOLERANCE)


def test_browser_gives_pytorchs_logits_for_noise(lab: Visit):
    pixels = np.random.default_rng(2).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    for gates in PATTERNS[::4]:
        found = lab.page.evaluate(
            "([pixels, gates]) => lesionLab.ask(pixels, gates).then((found) => found.logits)",
            [pixels.flatten().tolist(), gates],
        )
        np.testing.assert_allclose(found, logits(pixels, gates).numpy(), atol=TOLERANCE)


def test_words_and_bars_say_what_was_computed(lab: Visit):
    shown(lab.page, choose(lab.page, "cat", 6))
    now, before = answer("cat", gates_without(6)), answer("cat", gates_without())
    words = f"cat {percent(now.probability)} ({percent(before.probability)} when intact)"
    finding = lab.page.locator(".lab-finding")
    expect(finding).to_have_text(
        f"With block 6 off, the network gives {words}. The answer stays cat."
    )
    row = lab.page.locator(".lab-bars tbody tr").nth(CLASSES.index("cat"))
    expect(row.locator(".lab-now")).to_have_text(percent(now.probability))
    expect(row.locator(".lab-intact")).to_have_text(percent(before.probability))
    shown(lab.page, choose(lab.page, "cat", 1, 2))
    expect(finding).to_contain_text("With blocks 1 and 2 off")
    expect(finding).to_contain_text("The answer changes to deer")


def test_buttons_change_the_switches(lab: Visit):
    page = lab.page
    shown(page, choose(page, "frog"))
    page.get_by_role("button", name="All of stage 2 off").click()
    shown(page, "frog,111000111")
    page.get_by_role("button", name="All on").click()
    shown(page, "frog,111111111")
    page.get_by_role("button", name="Random lesion").click()
    page.wait_for_selector("[data-shown*='0']")
    off = page.locator("[data-block]:not(:checked)").count()
    assert 1 <= off <= 3


def test_maps_follow_the_lesion(lab: Visit):
    page = lab.page
    page.locator(".lab-inside").evaluate("(details) => { details.open = true; }")
    shown(page, choose(page, "frog", 5))
    frog = torch.from_numpy(paint(pictures()["frog"]))
    inputs = trained().normaliser(frog.permute(2, 0, 1)[None])
    with torch.inference_mode():
        _, maps = forward(trained().net, inputs, gates_without(5))
        _, whole = forward(trained().net, inputs, gates_without())
    words = f"off; mean {maps[5].mean():.2f} (intact {whole[5].mean():.2f})"
    expect(page.locator("[data-map=block5] .lab-mean")).to_have_text(words)
    expect(page.locator("[data-map=block4] .lab-mean")).not_to_contain_text("off")


def png(pixels: np.ndarray) -> dict:
    """A picture as a file that a reader chooses."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png")
    return {"name": "photo.png", "mimeType": "image/png", "buffer": buffer.getvalue()}


def area_means(pixels: np.ndarray) -> np.ndarray:
    """The middle square averaged over areas to 32x32, by two matrix products."""
    height, width, _ = pixels.shape
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = pixels[top : top + side, left : left + side].astype(float)
    edges = np.arange(SIZE + 1) * side / SIZE
    at = np.arange(side)
    upper = np.minimum(edges[1:, None], at + 1)
    overlap = np.clip(upper - np.maximum(edges[:-1, None], at), 0, None) * SIZE / side
    return np.einsum("ry,yxc,sx->rsc", overlap, square, overlap)


@pytest.mark.parametrize("shape", [(256, 320), (100, 83), (20, 24)])
def test_own_photo_is_cropped_averaged_and_classified(lab: Visit, shape: tuple[int, int]):
    pixels = np.random.default_rng(3).integers(0, 256, (*shape, 3), dtype=np.uint8)
    shown(lab.page, choose(lab.page, "ship"))
    lab.page.locator(".lab-own input").set_input_files(png(pixels))
    found = shown(lab.page, "own,111111111")
    seen = np.array(lab.page.evaluate("lesionLab.pixels()")).reshape(SIZE, SIZE, 3)
    assert np.abs(seen - area_means(pixels)).max() <= 0.5 + 1e-6
    expected = logits(seen.astype(np.uint8), gates_without()).numpy()
    np.testing.assert_allclose(found, expected, atol=TOLERANCE)


def test_whole_blocks_are_averaged_as_pillow_averages_them(lab: Visit):
    pixels = np.random.default_rng(4).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    shown(lab.page, choose(lab.page, "ship"))
    lab.page.locator(".lab-own input").set_input_files(png(pixels))
    shown(lab.page, "own,111111111")
    seen = np.array(lab.page.evaluate("lesionLab.pixels()")).reshape(SIZE, SIZE, 3)
    theirs = np.asarray(Image.fromarray(pixels).resize((SIZE, SIZE), Image.Resampling.BOX))
    assert np.abs(seen.astype(int) - theirs.astype(int)).max() <= 1


def test_a_file_that_is_no_picture_is_told_and_changes_nothing(lab: Visit):
    before = shown(lab.page, choose(lab.page, "horse"))
    text = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no picture"}
    lab.page.locator(".lab-own input").set_input_files(text)
    expect(lab.page.locator(".lab-trouble")).to_contain_text("cannot read this file")
    assert shown(lab.page, "horse,111111111") == before


def test_the_same_own_picture_can_be_chosen_again(lab: Visit):
    """A browser tells of a choice only if the input held another file before, so it is emptied."""
    shown(lab.page, choose(lab.page, "ship"))
    chooser = lab.page.locator(".lab-own input")
    for _ in range(2):
        chooser.set_input_files(png(np.full((40, 40, 3), 90, dtype=np.uint8)))
        shown(lab.page, "own,111111111")
        expect(chooser).to_have_js_property("value", "")
        shown(lab.page, choose(lab.page, "ship"))


NOISE = """CanvasRenderingContext2D.prototype.getImageData = (left, top, width, height) => {
  const image = new ImageData(width, height);
  return { data: image.data.map(() => Math.floor(256 * Math.random())) };
};"""


def test_a_canvas_that_is_read_as_noise_is_told_and_changes_nothing(chromium, home):
    with visit(chromium, home, PAGE, DESKTOP_LIGHT) as seen:
        begin(seen.page)
        before = shown(seen.page, choose(seen.page, "horse"))
        seen.page.evaluate(f"() => {{ {NOISE} }}")
        own = png(np.full((40, 40, 3), 90, dtype=np.uint8))
        seen.page.locator(".lab-own input").set_input_files(own)
        expect(seen.page.locator(".lab-trouble")).to_contain_text("read noise instead")
        assert shown(seen.page, "horse,111111111") == before


def test_loaded_lab_has_no_serious_barrier(lab: Visit):
    lab.page.evaluate(AXE.read_text(encoding="utf-8"))
    for theme in ("light", "dark"):
        lab.page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
        settled(lab.page)
        found = lab.page.evaluate(
            """axe.run(".lab", {resultTypes: ["violations"]}).then((result) => result.violations
                .filter((violation) => ["serious", "critical"].includes(violation.impact))
                .flatMap((violation) => violation.nodes.map((node) => violation.id + node.html)))"""
        )
        assert found == []
    lab.page.evaluate("() => { document.documentElement.dataset.theme = 'light'; }")


def test_printed_lab_has_the_finding_and_no_buttons(lab: Visit):
    lab.page.emulate_media(media="print")
    expect(lab.page.locator(".lab-finding")).to_be_visible()
    expect(lab.page.locator(".lab-bars")).to_be_visible()
    expect(lab.page.locator(".lab-all")).to_be_hidden()
    lab.page.emulate_media(media="screen")


def test_nothing_of_the_engine_is_fetched_before_the_button(chromium: Browser, home: str):
    asked: list[str] = []
    with visit(chromium, home, PAGE, DESKTOP_LIGHT) as seen:
        seen.page.on("request", lambda request: asked.append(request.url))
        seen.page.reload(wait_until="networkidle")
        settled(seen.page)
        parts = ("onnx", ".wasm", ".mjs")
        assert asked and not [url for url in asked if any(part in url for part in parts)]
        size = re.search(r"\((\d+\.\d) MB\)", seen.page.locator(".lab-load").inner_text())[1]
        asked.clear()
        begin(seen.page)
        assert {part for part in parts if any(part in url for url in asked)} == set(parts)
        assert all(url.startswith(home) for url in asked)
        engine = VENDOR / "onnxruntime-web"
        files = [*FILES.glob("*.onnx"), *FILES.glob("*.gz"), *engine.glob("*.mjs")]
        assert float(size) == pytest.approx(sum(f.stat().st_size for f in files) / 1e6, abs=0.06)


def test_keyboard_alone_loads_chooses_and_switches_on_a_phone(chromium: Browser, home: str):
    with visit(chromium, home, PAGE, PHONE_DARK) as seen:
        page = seen.page
        page.locator(".lab-load").focus()
        page.keyboard.press("Enter")
        page.wait_for_selector("[data-shown]", timeout=LOAD_MS)
        expect(page.locator('[name="lab-picture"][value="ship"]')).to_be_focused()
        page.keyboard.press("ArrowRight")
        shown(page, "airplane,111111111")
        page.keyboard.press("Tab")
        expect(page.locator(".lab-own input")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        shown(page, "airplane,011111111")
        expect(page.locator(".lab-finding")).to_contain_text(
            "With block 1 off, the network gives airplane"
        )
        expect(page).to_have_url(re.compile("#lab=airplane,011111111$"))
        assert seen.overflow_px() <= 0
        for target in page.locator(".lab button:visible, .lab-switch, .lab-picture").all():
            assert target.bounding_box()["height"] >= 44


def test_address_restores_picture_and_lesion(chromium: Browser, home: str):
    with visit(chromium, home, f"{PAGE}#lab=cat,110101111", DESKTOP_LIGHT) as seen:
        expect(seen.page.locator(".lab-asked")).to_contain_text("cat with blocks 3 and 5 off")
        begin(seen.page)
        found = shown(seen.page, "cat,110101111")
        expected = logits(paint(pictures()["cat"]), gates_without(3, 5)).numpy()
        np.testing.assert_allclose(found, expected, atol=TOLERANCE)
        assert not seen.page.locator('[data-block="5"]').is_checked()


@pytest.mark.parametrize("rest", ["cat", "cat,11", "cat,111111112", "dog,111111110", ",", "%00"])
def test_a_broken_address_leaves_a_lab_that_works(chromium: Browser, home: str, rest: str):
    with visit(chromium, home, f"{PAGE}#lab={rest}", DESKTOP_LIGHT) as seen:
        expect(seen.page.locator(".lab-load")).to_be_visible()
        assert not seen.errors


@pytest.mark.parametrize("part", ["*.wasm.gz", "*.onnx", "ort.wasm.min.mjs"])
@pytest.mark.parametrize("fault", ["missing", "broken", "offline"])
def test_a_part_that_fails_shows_a_message_and_the_table(
    chromium: Browser, home: str, part: str, fault: str
):
    with visit(chromium, home, PAGE, DESKTOP_LIGHT) as seen:
        answers = {
            "missing": lambda route: route.fulfill(status=404, body="no"),
            "broken": lambda route: route.fulfill(status=200, body="rubbish"),
            "offline": lambda route: route.abort(),
        }
        seen.page.route(f"**/{part}", answers[fault])
        seen.page.locator(".lab-load").click()
        trouble = seen.page.locator(".lab-trouble")
        expect(trouble).to_contain_text("could not be loaded", timeout=LOAD_MS)
        expect(seen.page.locator(".lab-load")).to_be_enabled()
        expect(seen.page.locator(".lab-bench")).to_be_hidden()
        expect(seen.page.locator("#what-each-lesion-does table")).to_be_visible()


OWNED = ("constructor", "toString", "valueOf", "hasOwnProperty", "__proto__")


@pytest.mark.parametrize("name", OWNED)
def test_a_name_that_objects_own_is_no_picture(chromium: Browser, home: str, name: str):
    with visit(chromium, home, f"{PAGE}#lab={name},011111111", DESKTOP_LIGHT) as seen:
        expect(seen.page.locator(".lab-load")).to_be_visible()
        expect(seen.page.locator(".lab-asked")).not_to_contain_text("undefined")
        begin(seen.page)
        expect(seen.page.locator(".lab-finding")).not_to_contain_text(re.compile("undefined|NaN"))
        assert not seen.errors


@pytest.mark.parametrize("part", ["*.wasm.gz", "*.onnx", "ort.wasm.min.mjs"])
def test_pressing_again_recovers_from_a_part_that_arrived_broken(
    chromium: Browser, home: str, part: str
):
    with visit(chromium, home, PAGE, DESKTOP_LIGHT) as seen:
        seen.page.route(
            f"**/{part}",
            lambda route: route.fulfill(status=200, body="rubbish", content_type="text/javascript"),
        )
        seen.page.locator(".lab-load").click()
        expect(seen.page.locator(".lab-trouble")).to_contain_text("could not", timeout=LOAD_MS)
        seen.page.unroute(f"**/{part}")
        begin(seen.page)
        expect(seen.page.locator(".lab-trouble")).to_be_empty()
        assert len(json.loads(seen.page.locator(".lab").get_attribute("data-logits"))) == 10


def test_a_second_try_works_once_the_network_is_back(chromium: Browser, home: str):
    with visit(chromium, home, PAGE, DESKTOP_LIGHT) as seen:
        seen.page.route("**/*.onnx", lambda route: route.abort())
        seen.page.locator(".lab-load").click()
        expect(seen.page.locator(".lab-trouble")).to_contain_text("could not", timeout=LOAD_MS)
        seen.page.unroute("**/*.onnx")
        begin(seen.page)
        expect(seen.page.locator(".lab-trouble")).to_be_empty()


def test_without_script_pictures_and_table_stand(chromium: Browser, home: str):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(home + PAGE)
    expect(page.locator(".lab-without")).to_contain_text("JavaScript")
    assert page.locator(".lab-stills img").evaluate_all(
        "(images) => images.map((image) => image.naturalWidth)"
    ) == [SIZE] * len(pictures())
    expect(page.locator(".lab-start")).to_be_hidden()
    expect(page.locator(".lab-bench")).to_be_hidden()
    table = page.locator("#what-each-lesion-does table")
    expect(table.locator("tbody tr")).to_have_count(1 + 9 + 3 + 1)
    expect(table).to_contain_text("3 % (deer)")
    context.close()


def test_a_lab_opened_from_a_file_gives_pytorchs_logits(page: Page, home: str):
    page.goto((BUILD / PAGE).as_uri())
    begin(page)
    for off in ((), (6,), (1, 2)):
        found = shown(page, choose(page, "cat", *off))
        expected = logits(paint(pictures()["cat"]), gates_without(*off)).numpy()
        np.testing.assert_allclose(found, expected, atol=TOLERANCE)


def test_a_file_that_is_missing_is_named_and_the_next_try_works(page: Page, home: str):
    page.route("**/lab-files.js", lambda route: route.abort(), times=1)
    page.goto((BUILD / PAGE).as_uri())
    page.locator(".lab-load").click()
    expect(page.locator(".lab-trouble")).to_contain_text("lab-files.js is missing")
    expect(page.locator(".lab-stills")).to_be_visible()
    begin(page)


def test_motion_stops_where_readers_ask_for_it(chromium: Browser, home: str):
    for motion, seconds in (("reduce", "0s"), ("no-preference", "0.15s")):
        context = chromium.new_context(reduced_motion=motion)
        page = context.new_page()
        page.goto(home + PAGE)
        expect(page.locator(".lab-bar i").first).to_have_css("transition-duration", seconds)
        context.close()
