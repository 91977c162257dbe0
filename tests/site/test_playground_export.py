"""What a reader takes from the playground: her run as JSON, as a picture, and as a notebook."""

from __future__ import annotations

import contextlib
import io
import json
import math
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import asdict, replace

import nbformat
import pytest
from browser import ROOT, settled
from playground_page import engine_page
from playwright.sync_api import Browser, Error, Page

from utils.chapters.playground import notebook
from utils.files.whole import atomic_write
from utils.miniatures import playground
from utils.miniatures.playground import Settings
from utils.notebook.client import NotebookClient

SETTINGS = Settings(3, 16, "batch", "zero", 0.03, 0.9, 21)
TRAIN = """({settings, address, steps}) => {
    const session = new ResNetSession.Session(settings, digits);
    for (let step = 0; step < steps; step += 1) session.step();
    const of = (what) => Object.fromEntries(
        ResNetSession.KINDS.map((kind) => [kind, session.runs[kind][what]]));
    globalThis.run = {settings, address, steps: session.steps, errors: session.errors,
        losses: of("losses"), stopped: of("stopped"), copied: null};
}"""
STYLE = """
html { --line: rgb(1, 2, 3); color: rgb(10, 20, 30); font-family: serif; }
html[data-theme="dark"] { --line: rgb(250, 250, 250); color: rgb(240, 240, 240); }
.line { stroke: var(--line); fill: none; stroke-width: 3px; transition: stroke 2s; }
.word { fill: currentColor; font-size: 11px; }
.away { display: none; }
"""
CURVES = """<svg id="curves" width="300" height="120" viewBox="0 0 300 120" class="wide"
    tabindex="0" aria-label="Two curves"><path class="line" d="M0 0L300 120"/>
    <text class="word" x="5" y="20" onclick="alert(1)">error & steps</text>
    <text class="away">not seen</text></svg>"""
NS = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def engine(chromium: Browser) -> Iterator[Page]:
    with engine_page(chromium, "export") as page:
        yield page


def train(page: Page, settings: Settings, steps: int) -> None:
    facts = {"settings": asdict(settings), "address": settings.address, "steps": steps}
    page.evaluate(TRAIN, facts)
    settled(page)


def made_json(page: Page) -> dict:
    return json.loads(page.evaluate("() => ResNetExport.json(run).text()"))


def made_notebook(page: Page) -> nbformat.NotebookNode:
    text = page.evaluate(
        "(template) => ResNetExport.notebook(template, run).text()", notebook.template()
    )
    made = nbformat.reads(text, as_version=4)
    nbformat.validate(made)
    return made


# Data ------------------------------------------------------------------------------------------


def test_the_file_of_data_holds_the_run_to_the_last_digit(engine):
    train(engine, SETTINGS, 30)
    told = made_json(engine)
    assert told["what"] == "playground" and told["engine"] >= 1
    assert Settings(**told["settings"]) == playground.settings_of(told["address"]) == SETTINGS
    assert told["steps"] == 30 and [seen["step"] for seen in told["errors"]] == [0, 22]
    assert told["stopped"] == {"plain": None, "residual": None}
    for kind in ("plain", "residual"):
        course = playground.run(SETTINGS, 30, residual=kind == "residual")
        assert told["losses"][kind] == engine.evaluate(f"run.losses.{kind}")
        assert told["losses"][kind] == pytest.approx(course.losses, rel=1e-6)


def test_losses_that_are_no_numbers_are_words_in_the_file(engine):
    train(engine, Settings(20, 64, "none", "he", 0.03), 12)
    told = made_json(engine)
    assert told["losses"]["residual"][-1] == "NaN"
    assert told["stopped"]["residual"]["step"] == len(told["losses"]["residual"])


# Picture ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["light", "dark", None])
def test_the_picture_is_light_and_needs_no_style_sheet(engine, theme):
    drawn = engine.evaluate(
        """async ([style, curves, theme]) => {
            document.head.innerHTML = `<style>${style}</style>`;
            document.body.innerHTML = curves;
            if (theme) document.documentElement.dataset.theme = theme;
            else delete document.documentElement.dataset.theme;
            const svg = document.getElementById("curves");
            const blob = ResNetExport.picture(svg, {title: "Deep & plain", settings: "20 blocks"});
            const {dataset} = document.documentElement;
            return {text: await blob.text(), type: blob.type, theme: dataset.theme ?? null,
                page: document.body.innerHTML, head: document.head.innerHTML};
        }""",
        [STYLE, CURVES, theme],
    )
    assert drawn["type"] == "image/svg+xml"
    assert drawn["theme"] == theme and drawn["page"].count("<svg") == 1
    assert drawn["head"].count("<style>") == 1
    sheet = ET.fromstring(drawn["text"])
    assert [text.text for text in sheet.findall(f"{NS}text")] == ["Deep & plain", "20 blocks"]
    assert sheet.find(f"{NS}title").text == "Deep & plain. 20 blocks"
    assert sheet.find(f"{NS}rect").get("fill") == "white"
    inner = sheet.find(f"{NS}svg")
    line, word, away = inner
    assert (line.get("stroke"), line.get("stroke-width")) == ("rgb(1, 2, 3)", "3px")
    assert (word.get("fill"), word.get("font-size")) == ("rgb(10, 20, 30)", "11px")
    assert away.get("display") == "none"
    for mark in sheet.iter():
        assert not {"class", "style", "onclick", "tabindex", "id"} & set(mark.attrib)
    assert "var(" not in drawn["text"] and "currentColor" not in drawn["text"]
    assert float(inner.get("height")) == 120
    assert float(sheet.get("height")) > 150


# Notebook --------------------------------------------------------------------------------------


def outputs(made: nbformat.NotebookNode) -> str:
    return "".join(
        output.get("text", "") for cell in made.cells for output in cell.get("outputs", [])
    )


def executed(made: nbformat.NotebookNode, folder) -> nbformat.NotebookNode:
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(made, timeout=120, resources=resources).execute()
    return made


def gaps_printed(text: str, before: str) -> list[float]:
    return [float(row.split()[-1]) for row in text.splitlines() if before in row]


def test_the_notebook_computes_the_losses_of_the_page(engine, tmp_path):
    train(engine, SETTINGS, 70)
    made = made_notebook(engine)
    with atomic_write(tmp_path / "run.ipynb", "w") as file:
        nbformat.write(made, file)
    text = outputs(executed(made, ROOT / "notebooks"))
    gaps = gaps_printed(text, "largest relative gap")
    assert len(gaps) == 2 and max(gaps) < 1e-6
    assert gaps_printed(text, "gap to playground.run") == [0.0, 0.0]
    assert "last loss now" in text
    shown = next(row for row in text.splitlines() if row.startswith("  50"))
    assert float(shown.split()[1]) == pytest.approx(
        playground.run(SETTINGS, 50, residual=False).losses[-1], rel=1e-5
    )


def test_the_notebook_notices_a_wrong_loss(engine):
    train(engine, replace(SETTINGS, blocks=1, start="he"), 8)
    engine.evaluate("run.losses.residual[4] *= 1.01")
    settled(engine)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        names: dict[str, object] = {}
        for cell in made_notebook(engine).cells:
            if cell.cell_type == "code" and not cell.metadata.get("tags"):
                exec(cell.source, names)
    gaps = gaps_printed(printed.getvalue(), "largest relative gap")
    assert gaps[0] < 1e-6 and gaps[1] == pytest.approx(0.0099, abs=2e-4)


@pytest.mark.parametrize(
    "settings", [SETTINGS, Settings(20, 64, "none", "he", 0.03), Settings(30, 8, seed=9999)]
)
def test_filled_cells_stay_small_and_no_slot_is_left(engine, settings):
    train(engine, settings, 60)
    made = made_notebook(engine)
    for cell in made.cells:
        assert not [slot for slot in notebook.SLOTS if slot in cell.source]
        if cell.cell_type == "code" and "bootstrap" not in cell.metadata.get("tags", []):
            rows = cell.source.splitlines()
            assert len(rows) <= 20 and max(map(len, rows)) <= 72, cell.source
    (cell,) = (cell for cell in made.cells if cell.source.startswith("nan, inf"))
    held = {"math": math}
    exec(cell.source, held)
    seen = [
        math.nan if loss is None else loss
        for loss in engine.evaluate("run.losses.plain.slice(0, 50)")
    ]
    assert held["plain"] == pytest.approx(seen, rel=1e-9, nan_ok=True)


def test_a_run_that_cannot_be_repeated_is_refused_with_a_reason(engine):
    train(engine, SETTINGS, 0)
    with pytest.raises(Error, match="no step yet to compare"):
        made_notebook(engine)
    train(engine, SETTINGS, 3)
    engine.evaluate("run.copied = 2")
    settled(engine)
    with pytest.raises(Error, match="began as copies of trained ones"):
        made_notebook(engine)


def test_a_file_is_saved_under_its_name(engine):
    with engine.expect_download() as waiting:
        engine.evaluate("ResNetExport.download('run.json', new Blob(['[1]']))")
    assert waiting.value.suggested_filename == "run.json"
    assert waiting.value.path().read_text(encoding="utf-8") == "[1]"
