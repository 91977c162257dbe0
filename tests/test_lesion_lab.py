"""The lesion lab: the graph is the network, and the browser computes what PyTorch computes.

The tests in a browser need the built book.
"""

from __future__ import annotations

import copy
import hashlib
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import onnxruntime
import pytest
import torch
from browser import BUILD, DESKTOP_LIGHT, PHONE_DARK, ROOT, Visit, html_pages, settled, visit
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from torch import nn

from utils.chapters.lab import (
    CLASSES,
    answer,
    block_places,
    gates_without,
    logits,
    percent,
    trained,
)
from utils.facts.pictures import PICTURES, SIZE, Picture, PictureError, Shape, load_pictures, paint
from utils.models.networks import build
from utils.probes.gates import forward
from utils.probes.onnx_export import gated_graph

PAGE = "book/lesion_lab.html"
FILES = BUILD / "_static" / "lesion-lab"
VENDOR = ROOT / "book" / "_static" / "vendor"
AXE = ROOT / "tests" / "vendor" / "axe.min.js"
TOLERANCE = 1e-4
LOAD_MS = 120_000
SINGLE = [gates_without(number) for number in range(1, 10)]
RANDOM = np.random.default_rng(0).integers(0, 2, (12, 9)).astype(float).tolist()
PATTERNS = [gates_without(), *SINGLE, [0.0] * 9, *RANDOM]


# The graph ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def session() -> onnxruntime.InferenceSession:
    graph = gated_graph(trained().net, trained().normaliser)
    return onnxruntime.InferenceSession(graph.SerializeToString())


def as_input(pixels: np.ndarray) -> np.ndarray:
    """What the graph takes: float (1, 3, 32, 32) from 0 to 1."""
    return (pixels.transpose(2, 0, 1)[None] / 255).astype(np.float32)


@pytest.mark.parametrize("gates", PATTERNS, ids=lambda g: "".join(f"{x:.0f}" for x in g))
def test_graph_gives_pytorchs_logits_and_maps(session, gates):
    pixels = np.random.default_rng(1).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    for seen in (pixels, paint(PICTURES["cat"])):
        found = session.run(
            None, {"image": as_input(seen), "gates": np.array(gates, dtype=np.float32)}
        )
        inputs = trained().normaliser(torch.from_numpy(seen).permute(2, 0, 1)[None])
        with torch.inference_mode():
            expected, maps = forward(trained().net, inputs, gates)
        for ours, theirs in zip(found, [expected, *maps], strict=True):
            np.testing.assert_allclose(ours, theirs.numpy(), atol=TOLERANCE, rtol=1e-4)


def test_graph_names_its_inputs_and_outputs(session):
    assert [(x.name, x.shape) for x in session.get_inputs()] == [
        ("image", [1, 3, 32, 32]),
        ("gates", [9]),
    ]
    shapes = {x.name: x.shape for x in session.get_outputs()}
    assert shapes["logits"] == [1, 10]
    assert shapes["stem"] == shapes["block3"] == [1, 16, 32, 32]
    assert shapes["block4"] == [1, 32, 16, 16] and shapes["block9"] == [1, 64, 8, 8]


def test_network_with_all_gates_open_is_the_network():
    x = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        found, _ = forward(trained().net, x, gates_without())
        torch.testing.assert_close(found, trained().net(x), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("number", range(1, 10))
def test_a_closed_gate_is_a_branch_whose_last_normalisation_is_zero(number):
    net = copy.deepcopy(trained().net)
    block = [block for stage in net.stages for block in net.get_submodule(stage)][number - 1]
    nn.init.zeros_(block.bn2.weight)
    nn.init.zeros_(block.bn2.bias)
    x = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        found, _ = forward(trained().net, x, gates_without(number))
        torch.testing.assert_close(found, net(x), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("model", ["plain-14", "bottleneck-11", "resnet-14-B"])
def test_networks_without_an_option_a_shortcut_are_refused(model):
    with pytest.raises(ValueError, match=r"layer1|layer2"):
        gated_graph(build(model), trained().normaliser)


def test_a_wrong_number_of_gates_is_told():
    with pytest.raises(ValueError, match="8 gates for 9 blocks"):
        forward(trained().net, torch.zeros(1, 3, 32, 32), [1.0] * 8)


def test_notebooks_do_without_onnx():
    code = "import sys, utils.practice.widgets, utils.chapters.lab; sys.exit('onnx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_blocks_stand_where_the_paper_puts_them():
    places = block_places()
    assert [b.stage for b in places] == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert [(b.channels, b.size) for b in places[::3]] == [(16, 32), (32, 16), (64, 8)]
    assert [b.number for b in places if b.first] == [4, 7]


# The pictures and the sentences on the page ------------------------------------------------------


def picture(*shapes: Shape) -> Picture:
    return Picture("ship", "shapes on black", ("#000000", "#000000"), shapes)


def test_pixels_are_means_of_what_is_painted():
    corners = ((0, 0), (1, 0), (1, 1.5 / SIZE), (0, 1.5 / SIZE))
    stripes = {"polygon": corners, "box": (0, 0, 1, 1.5 / SIZE)}
    for shape in (Shape(kind, numbers, "#ffffff") for kind, numbers in stripes.items()):
        pixels = paint(picture(shape))
        assert (pixels[0] == 255).all() and (pixels[1] == 128).all() and (pixels[2:] == 0).all()
    pixels = paint(picture(Shape("ellipse", (0.5, 0.5, 0.25, 0.25), "#646464")))
    assert pixels[16, 16, 0] == 100 and pixels[0, 0, 0] == 0
    area = np.pi * 8**2 * 100
    assert pixels[..., 0].sum() == pytest.approx(area, rel=0.01)


GOOD = """boat:
  class: ship
  alt: A boat
  ground: ["#000000", "#ffffff"]
  shapes:
    - {colour: "#ff0000", box: [0, 0.5, 1, 1]}
"""


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("boat:", "boat: [", "cannot be read"),
        (GOOD, "- a", "must map names"),
        ("boat:", "the boat 2:", "small letters"),
        ("  alt: A boat\n", "", "boat: needs exactly alt, class, ground, shapes"),
        ("class: ship", "class: boat", "boat: class must be one of airplane"),
        ('"#ffffff"', "white", "boat: ground must be two colours"),
        ("box: [0, 0.5, 1, 1]", "circle: [0, 0]", "boat, shape 1: needs colour"),
        ("box: [0, 0.5, 1, 1]", "box: [0, 0.5, 1]", "boat, shape 1: box takes four numbers"),
        ("box: [0, 0.5, 1, 1]", "polygon: [[0, 0], [1, 1]]", "polygon takes at least three pairs"),
    ],
)
def test_a_malformed_picture_names_file_picture_and_fault(tmp_path, old, new, words):
    path = tmp_path / "pictures.yml"
    path.write_text(GOOD, encoding="utf-8")
    assert load_pictures(path)["boat"].drawn == "ship"
    path.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PictureError, match=re.escape(str(path))) as caught:
        load_pictures(path)
    assert words in str(caught.value)


def test_every_drawing_is_recognised_by_the_intact_network():
    assert all(answer(name, gates_without()).right for name in PICTURES)
    assert all(answer(name, gates_without()).probability > 0.9 for name in PICTURES)


def survivors(*off: int) -> set[str]:
    """The drawings that keep their answer."""
    return {name for name in PICTURES if answer(name, gates_without(*off)).right}


def test_the_experiments_show_what_the_page_says():
    every = set(PICTURES)
    kept = [name for number in range(1, 10) for name in survivors(number)]
    assert len(kept) > 0.8 * 9 * len(every)
    assert survivors(3) == {"ship", "horse"}
    assert answer("ship", gates_without(3)).probability > 0.99
    assert answer("horse", gates_without(3)).probability < 0.6
    assert answer("automobile", gates_without(3)).said == "truck"
    for number in (5, 6):
        assert answer("automobile", gates_without(number)).probability > 0.98
    assert survivors(4) == every and survivors(7) == every - {"ship"}
    assert survivors(9) == every
    assert all(answer(name, gates_without(9)).probability < 0.6 for name in every)
    assert survivors(1) == survivors(2) == every
    assert survivors(1, 2) == {"ship"}
    assert len(survivors(4, 5, 6)) == len(every) / 2


def test_half_of_block_3_is_nearly_the_whole_for_all_but_the_airplane():
    for name in set(PICTURES) - {"airplane"}:
        assert answer(name, [1.0, 1.0, 0.5] + 6 * [1.0]).probability > 0.95
    assert 0.2 < answer("airplane", [1.0, 1.0, 0.5] + 6 * [1.0]).probability < 0.7


def test_the_channels_shown_are_zero_where_a_shape_changes_and_the_branch_is_off():
    for number in (4, 7):
        _, maps = forward(trained().net, torch.rand(1, 3, 32, 32), gates_without(number))
        assert (maps[number][:, :3] == 0).all() and maps[number].sum() > 0


def test_without_any_block_every_picture_gets_the_same_answer():
    for name in PICTURES:
        shares = logits(paint(PICTURES[name]), [0.0] * 9).softmax(0)
        assert CLASSES[int(shares.argmax())] == "airplane" and shares.max() < 0.4


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.0049, "< 1 %"), (0.005, "0 %"), (0.71, "71 %"), (0.994, "99 %"), (0.995, "> 99 %")],
)
def test_shares_have_open_ends(share, words):
    assert percent(share).replace("\N{NO-BREAK SPACE}", " ") == words


# The files ---------------------------------------------------------------------------------------


def test_engine_is_the_one_that_was_published():
    readme = (VENDOR / "README.md").read_text(encoding="utf-8")
    (row,) = [line for line in readme.splitlines() if line.startswith("| `onnxruntime-web/`")]
    stated = dict(re.findall(r"`(ort[\w.-]+)`, SHA-256 `([0-9a-f]{64})`", row))
    folder = VENDOR / "onnxruntime-web"
    code = {path.name for path in folder.iterdir() if path.suffix in (".mjs", ".wasm")}
    assert set(stated) == code
    for name, digest in stated.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert (folder / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")


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
        expected = logits(paint(PICTURES[name]), gates_without(*off)).numpy()
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
    words = f"cat {percent(now.probability)} (intact {percent(before.probability)})"
    finding = lab.page.locator(".lab-finding")
    expect(finding).to_have_text(f"With block 6 off: {words}; the answer stays cat.")
    row = lab.page.locator(".lab-bars tbody tr").nth(CLASSES.index("cat"))
    expect(row.locator(".lab-now")).to_have_text(percent(now.probability))
    expect(row.locator(".lab-intact")).to_have_text(percent(before.probability))
    shown(lab.page, choose(lab.page, "cat", 1, 2))
    expect(finding).to_contain_text("With blocks 1 and 2 off")
    expect(finding).to_contain_text("the answer changes to deer")


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
    inputs = trained().normaliser(torch.from_numpy(paint(PICTURES["frog"])).permute(2, 0, 1)[None])
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
        expect(page.locator(".lab-finding")).to_contain_text("With block 1 off: airplane")
        expect(page).to_have_url(re.compile("#lab=airplane,011111111$"))
        assert seen.overflow_px() <= 0
        for target in page.locator(".lab button:visible, .lab-switch, .lab-picture").all():
            assert target.bounding_box()["height"] >= 44


def test_address_restores_picture_and_lesion(chromium: Browser, home: str):
    with visit(chromium, home, f"{PAGE}#lab=cat,110101111", DESKTOP_LIGHT) as seen:
        expect(seen.page.locator(".lab-asked")).to_contain_text("cat with blocks 3 and 5 off")
        begin(seen.page)
        found = shown(seen.page, "cat,110101111")
        expected = logits(paint(PICTURES["cat"]), gates_without(3, 5)).numpy()
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
    ) == [SIZE] * len(PICTURES)
    expect(page.locator(".lab-start")).to_be_hidden()
    expect(page.locator(".lab-bench")).to_be_hidden()
    table = page.locator("#what-each-lesion-does table")
    expect(table.locator("tbody tr")).to_have_count(1 + 9 + 3 + 1)
    expect(table).to_contain_text("3 % (deer)")
    context.close()


def test_a_page_opened_from_a_file_says_so(chromium: Browser, home: str):
    context = chromium.new_context()
    page = context.new_page()
    page.goto((BUILD / PAGE).as_uri())
    expect(page.locator(".lab-trouble")).to_contain_text("opened from a file")
    expect(page.locator(".lab-stills")).to_be_visible()
    context.close()


def test_motion_stops_where_readers_ask_for_it(chromium: Browser, home: str):
    for motion, seconds in (("reduce", "0s"), ("no-preference", "0.15s")):
        context = chromium.new_context(reduced_motion=motion)
        page = context.new_page()
        page.goto(home + PAGE)
        expect(page.locator(".lab-bar i").first).to_have_css("transition-duration", seconds)
        context.close()
