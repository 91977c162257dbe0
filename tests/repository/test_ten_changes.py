"""What people change most: the guide names few places for it, and a forgotten one fails a test.

The tests here are those that no other file has; the guide names them, and the others, by change.
"""

from __future__ import annotations

import re
import sys
from itertools import chain

import pytest

from utils.chapters.asked import ABOUT
from utils.display.figures import COLOURS, ON_DARK
from utils.explorables import EXPLORABLES
from utils.files.places import BOOK, ROOT
from utils.practice.kinds import KINDS, Card, Question, Task
from utils.record.experiments import EXPERIMENTS
from utils.record.measure import MEASUREMENTS
from utils.results.labels import network_label
from utils.training.recipes import RECIPES

sys.path.insert(0, str(BOOK / "_ext"))

GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
TABLE = GUIDE.partition("## Ten changes that people make")[2].partition("\n## ")[0]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TABLE.splitlines()
    if line.startswith("| ") and not line.startswith("| change")
]


def quoted(text: str) -> list[str]:
    """What stands between backticks."""
    return re.findall(r"`([^`]+)`", text)


def test_the_guide_has_ten_changes():
    assert len(ROWS) == 10


@pytest.mark.parametrize(("change", "places", "tests"), ROWS, ids=[row[0] for row in ROWS])
def test_a_change_touches_at_most_four_places_that_exist(change: str, places: str, tests: str):
    files = quoted(places)
    assert 1 <= len(files) <= 4
    for file in files:
        pattern = re.sub(r"(NN_)?(NAME|KEY)(?![A-Za-z])", "*", file)
        assert list(ROOT.glob(pattern.rstrip("/"))), file


@pytest.mark.parametrize(("change", "places", "tests"), ROWS, ids=[row[0] for row in ROWS])
def test_the_test_of_a_change_exists(change: str, places: str, tests: str):
    named = quoted(tests)
    assert named
    for name in named:
        path, _, function = name.partition("::")
        text = (ROOT / path).read_text(encoding="utf-8")
        assert f"def {function}(" in text, name


def test_every_network_of_an_experiment_has_a_name_of_its_own():
    models = {model for one in EXPERIMENTS.values() for model, _ in one.settings}
    names = {model: network_label(model) for model in models}
    assert len(set(names.values())) == len(models)
    families = ("ResNet-", "plain-", "pre-activation ResNet-", "SimpleCNN", "Wide-")
    assert [name for name in names.values() if not name.startswith(families)] == []


def test_every_recipe_is_used_by_an_experiment_or_a_page():
    used = {config.recipe for one in EXPERIMENTS.values() for _, config in one.settings}
    pages = chain(ROOT.glob("notebooks/*.ipynb"), BOOK.rglob("*.md"), BOOK.rglob("*.yml"))
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    assert [name for name in RECIPES if name not in used and f'"{name}' not in text] == []


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_every_measurement_has_its_question_and_its_command(name: str):
    question, command = ABOUT[name]
    assert question.endswith("?")
    assert command.startswith(f"python -m utils.record.measure {name}")


@pytest.mark.parametrize("kind", [name for name, one in KINDS.items() if one is not Card])
def test_every_kind_of_question_has_its_words_its_form_and_its_judge_in_both_languages(kind: str):
    one = KINDS[kind]
    assert one.words and (not issubclass(one, Task) or one.legend)
    inputs = "controls" if issubclass(one, Task) else "form"
    for method in (inputs, "answers", "judge", "widget"):
        inherited = (getattr(base, method, None) for base in (Task, Question))
        assert getattr(one, method) not in inherited
    script = (BOOK / "_static" / "questions" / "kinds.js").read_text(encoding="utf-8")
    table = script.partition("const KINDS = {")[2].partition("\n  };")[0]
    assert re.search(rf"^    {kind}\b", table, re.MULTILINE)


NAMED = "|".join(KINDS)
COMPARED = re.compile(
    rf"""(?:==|!=|=|\bin\b)\s*\(?\[?\s*["'](?:{NAMED})["']"""
    rf"""|["'](?:{NAMED})["']\s*(?:===?|!==?)|\bcase ["'](?:{NAMED})["']"""
)


def test_what_a_kind_of_question_does_is_decided_in_its_class_alone():
    folders = ("utils/practice", "book/_ext/resnet_book/practice", "book/_static/questions")
    for path in (path for folder in folders for path in (ROOT / folder).rglob("*.[jp][sy]")):
        text = path.read_text(encoding="utf-8")
        asked = [match[0] for match in COMPARED.finditer(text)]
        assert not asked, f"{path}: let the class or object of the kind say it, not {asked}"
    assert COMPARED.search('if q.kind in ("card", "short")') and COMPARED.search("k === 'order'")


PALETTE_PLACES = (
    "utils/display/figures.py",
    "utils/explorables/explorables.css",
    "book/_static/pages/book.css",
    "book/_static/favicon.svg",
)


def css_colours(name: str, text: str) -> list[str]:
    """The values that a style sheet gives to a colour of networks, one for each time it does."""
    return re.findall(rf"--(?:book|ex)-{name}: (#[0-9a-fA-F]{{6}})", text)


@pytest.mark.parametrize("name", ON_DARK)
def test_style_sheets_give_a_network_the_colours_of_the_figures_in_every_theme(name: str):
    for sheet in (place for place in PALETTE_PLACES if place.endswith(".css")):
        values = [v.upper() for v in css_colours(name, (ROOT / sheet).read_text(encoding="utf-8"))]
        assert set(values) == {COLOURS[name], ON_DARK[name]}, sheet


def test_the_icon_has_the_colour_of_residual_networks_in_both_themes():
    icon = (ROOT / "book/_static/favicon.svg").read_text(encoding="utf-8").upper()
    assert COLOURS["residual"] in icon and ON_DARK["residual"] in icon


def test_no_other_source_holds_a_colour_of_the_palette():
    palette = re.compile("|".join({*COLOURS.values(), *ON_DARK.values()}), re.IGNORECASE)
    sources = [ROOT / "_config.yml", *(ROOT / "utils").rglob("*.*"), *BOOK.rglob("*.*")]
    texts = [p for p in sources if p.suffix in {".py", ".css", ".js", ".svg", ".md", ".yml"}]
    held = [p for p in texts if palette.search(p.read_text(encoding="utf-8"))]
    assert sorted(p.relative_to(ROOT).as_posix() for p in held) == sorted(PALETTE_PLACES)


@pytest.mark.parametrize("part", ["pages", "shows", "practice"])
def test_every_module_of_the_extension_is_set_up(part: str):
    module = __import__(f"resnet_book.{part}", fromlist=["PARTS"])
    files = {path.stem for path in (BOOK / "_ext" / "resnet_book" / part).glob("*.py")}
    assert set(module.PARTS) == files - {"__init__"}


def test_every_script_of_a_figure_belongs_to_a_registered_one():
    folder = ROOT / "utils" / "explorables"
    scripts = {path.stem for path in folder.glob("*.js")} - {"explorables"}
    assert scripts == set(EXPLORABLES)
    modules = {path.stem.replace("_", "-") for path in folder.glob("*.py")}
    assert set(EXPLORABLES) <= modules


@pytest.mark.parametrize("key", EXPLORABLES)
def test_every_explorable_is_shown(key: str):
    call = re.compile(rf"from utils\.explorables import [^\n]*\b{key.replace('-', '_')}\b")
    notebooks = [path.read_text(encoding="utf-8") for path in ROOT.glob("notebooks/*.ipynb")]
    pages = [path.read_text(encoding="utf-8") for path in BOOK.glob("*.md")]
    shown = any(f"{{explorable}} {key}\n" in page for page in pages)
    assert shown or any(call.search(notebook) for notebook in notebooks)


def test_every_notebook_is_in_the_table_of_contents():
    listed = re.findall(r"file: notebooks/(\w+)", (ROOT / "_toc.yml").read_text(encoding="utf-8"))
    assert sorted(listed) == sorted(path.stem for path in ROOT.glob("notebooks/*.ipynb"))
