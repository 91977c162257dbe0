"""The paper's tables: whole, consistent with each other and with our code, quoted and sorted."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
import torch
from torch import nn

from utils.chapters import paper as paper_figures
from utils.facts import paper
from utils.facts import recipe as paper_recipe
from utils.facts.paper import PaperDataError, cell
from utils.models.networks import CIFAR_DEPTHS, IMAGENET, cifar_net
from utils.training.recipes import RECIPES

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("paper", "paper_appendix")
RECIPE_LINES = [line for line in paper_recipe.load_recipe("cifar") if line.holder]
CONF = f"""
import sys
sys.path.insert(0, {str(ROOT / "book" / "_ext")!r})
extensions = ["myst_parser", "resnet_book.shows.paper_table"]
html_theme = "basic"
"""


def number(address: str) -> float:
    return float(cell(address).number)


# The data ------------------------------------------------------------------------------------


def test_every_table_of_the_paper_is_there():
    numbers = [table.number for table in paper.all_tables()]
    assert {str(n) for n in range(1, 15)} <= set(numbers)


def test_every_data_file_of_the_paper_is_described():
    files = {path.stem.removeprefix("paper_table_") for path in paper.DATA.glob("paper_table_*")}
    assert files == set(paper.load_meanings())


@pytest.mark.parametrize("table", ["10", "11"])
@pytest.mark.parametrize("column", ["vgg", "resnet", "improved"])
def test_mean_over_twenty_classes_is_the_printed_one(table: str, column: str):
    mean, *classes = (float(cell(f"{table}/{row}/{column}").number)
                      for row in paper.load_table(table).rows)  # fmt: skip
    assert len(classes) == 20
    assert sum(classes) / 20 == pytest.approx(mean, abs=0.051)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2/34/plain", "3/plain-34/top1"),
        ("2/34/resnet", "3/resnet-34-a/top1"),
        ("7/vgg-16/voc07", "10/mean/vgg"),
        ("7/resnet-101/voc07", "10/mean/resnet"),
        ("7/vgg-16/voc12", "11/mean/vgg"),
        ("7/resnet-101/voc12", "11/mean/resnet"),
        ("8/vgg-16/map50", "9/vgg-16/val50"),
        ("8/vgg-16/map", "9/vgg-16/val"),
        ("8/resnet-101/map50", "9/resnet-101/val50"),
        ("8/resnet-101/map", "9/resnet-101/val"),
        ("13/ensemble/predicted", "14/resnet/val"),
        ("6/resnet-110/runs", "text/runs-110/value"),
    ],
)
def test_numbers_that_the_paper_prints_twice_agree(one: str, other: str):
    assert cell(one).text == cell(other).text


def test_numbers_in_the_text_follow_from_the_tables():
    rounding = pytest.approx
    gain = number("2/34/plain") - number("2/34/resnet")
    assert number("text/gain-residual/value") == rounding(gain, abs=0.051)
    gain = number("2/18/resnet") - number("2/34/resnet")
    assert number("text/gain-depth/value") == rounding(gain, abs=0.051)
    gain = number("8/resnet-101/map") - number("8/vgg-16/map")
    assert number("text/coco-points/value") == rounding(gain, abs=0.051)
    share = 100 * gain / number("8/vgg-16/map")
    assert number("text/coco-relative/value") == rounding(share, abs=0.51)
    share = 100 * number("1/34-layer/flops") / number("text/vgg-19-flops/value")
    assert number("text/share-34/value") == rounding(share, abs=0.51)
    fall = 100 * (1 - number("14/resnet/test") / number("14/vgg/test"))
    assert number("text/loc-reduction/value") == rounding(fall, abs=0.51)
    assert number("text/times-vgg/value") == 152 / 19


# The code agrees ------------------------------------------------------------------------------


def rounds_to(count: float, printed: str) -> bool:
    """Whether ``count`` has the printed digits."""
    step = Decimal(1).scaleb(Decimal(printed).as_tuple().exponent)
    return Decimal(count).quantize(step) == Decimal(printed)


def test_our_cifar_networks_have_the_printed_parameters():
    for name, address, count in paper_figures.cifar_parameters():
        assert rounds_to(count / 1e6, cell(address).text), f"{name}: {count}"


def test_our_macs_have_the_printed_digits_but_for_50_layers_as_the_page_says():
    counts = paper_figures.imagenet_macs()
    off = {name: n for name, at, n in counts if not rounds_to(n / 1e9, cell(at).text)}
    assert list(off) == ["50 layers"]
    assert rounds_to(off["50 layers"] / 1e9, "3.9")
    assert abs(off["50 layers"] / 1e9 - number("1/50-layer/flops")) < 0.1


def test_the_paper_has_the_depths_that_our_code_builds():
    table = paper.load_table("1")
    assert [row.removesuffix("-layer") for row in table.rows] == [str(d) for d in IMAGENET]
    for depth, (_, blocks) in IMAGENET.items():
        row = f"{depth}-layer"
        assert blocks == tuple(number(f"1/{row}/conv{stage}") for stage in (2, 3, 4, 5))
    resnets = [row for row in paper.load_table("6").rows if row.startswith("resnet-")]
    assert {f"resnet-{depth}" for depth in CIFAR_DEPTHS[2:]} == set(resnets)


@pytest.mark.parametrize("line", RECIPE_LINES, ids=lambda line: f"{line.holder}-{line.field}")
def test_the_code_trains_as_the_paper_says(line: paper_recipe.Line):
    value = line.code_value
    assert (list(value) if isinstance(value, tuple) else value) == line.value


def test_every_setting_of_the_paper_recipe_is_on_the_checklist():
    listed = {line.field for line in RECIPE_LINES}
    changed = set(RECIPES["paper-warmup"].changed()) - {"recipe"}
    assert changed - listed == {"epochs"}
    assert RECIPES["paper"].epochs * (50_000 // 128) >= 64_000


def test_no_network_of_ours_drops_anything():
    with torch.device("meta"):
        kinds = {type(module) for module in cifar_net(110).modules()}
    assert nn.Dropout not in kinds


def test_the_arithmetic_in_the_exercises_is_right():
    views = RECIPES["paper"].max_steps * RECIPES["paper"].batch_size
    assert views == 8_192_000
    assert views / 50_000 == pytest.approx(164, abs=0.5)
    assert int(cell("text/runs-110/value").number) * views / 1e6 == pytest.approx(41, abs=0.5)
    assert 2 * 2**0.5 * number("6/resnet-110/deviation") == pytest.approx(0.45, abs=0.005)
    sizes = {depth: sum(p.numel() for p in cifar_net(depth).parameters()) for depth in (20, 26)}
    assert sizes[26] - sizes[20] == 97_216 == 18 * (16**2 + 32**2 + 64**2) + 4 * (16 + 32 + 64)


def test_the_sentences_about_the_steps_of_table_6_hold():
    depths = (20, 32, 44, 56, 110)
    errors = [number(f"6/resnet-{depth}/error") for depth in depths]
    steps = [a - b for a, b in itertools.pairwise(errors)]
    assert all(step > 0 for step in steps)
    assert [step > 0.45 for step in steps] == [True, False, False, True]


def test_the_152_layers_and_the_ensemble_beat_every_earlier_entry():
    for table, ours, columns in (("3", "resnet-152", ("top1", "top5")),
                                 ("4", "resnet-152", ("top1", "top5")),
                                 ("5", "resnet", ("top5",))):  # fmt: skip
        for column in columns:
            others = [
                float(text)
                for row in paper.load_table(table).rows
                if row != ours and (text := paper.load_table(table).text(row, column))
            ]
            assert number(f"{table}/{ours}/{column}") < min(others)


def test_the_hardest_classes_are_those_that_the_appendix_names():
    hardest = []
    for table in ("10", "11"):
        rows = [row for row in paper.load_table(table).rows if row != "mean"]
        for column in ("vgg", "resnet", "improved"):
            hardest.append(min(rows, key=lambda r: number(f"{table}/{r}/{column}")))
    assert hardest == ["potted-plant"] * 5 + ["chair"]


# Faults are named ------------------------------------------------------------------------------

FAULTS = {
    "paper_table_2.csv": [
        ("18,18,27.94", "18,18,27;94", "row '18', column plain: '27;94' is not a number"),
        ("18,18,27.94", "18,18, 27.94", "row '18', column plain: spaces around"),
        ("34,34,", "18,34,", "row '18': the key is there twice"),
        ("34,34,28.54,", "34,34,28.54,1,", "row '34': 4 cells for 3 columns"),
        ("34,34,", "thirty four,34,", "a key is lower-case words joined by hyphens"),
        ("34,34,", "34,,", "row '34': the first cell names the row and is empty"),
        ("plain", "flat", "line 1: expected row,layers,plain,resnet"),
        ("27.94", "NaN", "'NaN' is not a number"),
        ("34,34,28.54", "34,34,27.94", "column plain: it holds '27.94' and nothing else"),
    ],
    "paper_tables.yml": [
        ("note: The detector is", "nota: The detector is", "table 8: note is missing"),
        ("layers: {label: Layers", "layers: {lable: Layers", "column layers: needs a label"),
        ("{label: Network}", "{label: Network, unit: m}", "a unit needs number: true"),
    ],
}


def test_a_column_that_the_note_tells_is_read_but_not_shown():
    table = paper.load_table("6")
    assert "runs" not in {column.name for column in table.shown}
    assert paper.cell("6/resnet-110/runs").text == "5"
    assert [column.name for column in table.shown][:3] == ["method", "layers", "error"]


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [(name, *fault) for name, faults in FAULTS.items() for fault in faults],
)
def test_a_malformed_file_is_named_with_its_fault(
    tmp_path: Path, name: str, old: str, new: str, message: str
):
    for path in paper.DATA.glob("paper_table*"):
        shutil.copy(path, tmp_path)
    text = (tmp_path / name).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / name).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(PaperDataError) as caught:
        list(paper.all_tables(tmp_path))
    assert name in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("6/resnet-111/error", "table 6 has no row 'resnet-111'; rows: maxout, nin"),
        ("6/resnet-110/err", "table 6 has no column 'err'; columns: method, layers"),
        ("60/a/b", "no table '60' of the paper; known: 1, 1-stages, 2"),
        ("6/maxout/layers", "the paper gives nothing at 6/maxout/layers"),
        ("6.43", "is no address"),
    ],
)
def test_a_wrong_address_names_what_exists(address: str, message: str):
    with pytest.raises(PaperDataError, match=re.escape(message)):
        cell(address)


def test_quotes_keep_the_printed_digits_and_units():
    assert paper.quote("4/resnet-101/top5")[1] == "4.60\N{NO-BREAK SPACE}%"
    assert paper.bare("4/resnet-101/top5")[1] == "4.60"
    assert paper.quote("text/vgg-19-flops/value")[1] == "19.6\N{NO-BREAK SPACE}billion"
    assert paper.difference("2/34/plain - 2/34/resnet")[1] == "3.51\N{NO-BREAK SPACE}points"
    assert paper.difference("2/18/plain - 2/34/plain")[1].startswith("\N{MINUS SIGN}0.60")
    assert paper.change("8/vgg-16/map -> 8/resnet-101/map")[1] == "28\N{NO-BREAK SPACE}%"


@pytest.mark.parametrize("table", [table.number for table in paper.all_tables()])
def test_every_cell_has_the_address_that_leads_to_it(table: str):
    found = paper.load_table(table)
    for row, column in itertools.product(found.rows, found.columns):
        if text := found.text(row, column.name):
            here = cell(f" {table}/{row}/{column.name} ")
            assert here.address == f"{table}/{row}/{column.name}" and here.text == text
            assert here.described.startswith(f"{found.source}: {found.rows[row][0]}, ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("6/resnet-20/error", "write two addresses"),
        ("6/resnet-20/error - 6/resnet-20/parameters", "units differ, '%' and 'million'"),
        ("6/resnet-20/method - 6/resnet-20/method", "holds words, not a number"),
    ],
)
def test_a_difference_that_means_nothing_is_refused(text: str, message: str):
    with pytest.raises(PaperDataError, match=message):
        paper.difference(text)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("value: 128", "value: 256", 'the paper says 256, RECIPES["paper"].batch_size is 128'),
        ("field: momentum", "field: momentums", "paper has no field 'momentums'"),
        (
            "field: max_steps",
            "fild: max_steps",
            "line Iterations in all: fild is not a field; the fields are",
        ),
    ],
)
def test_a_recipe_that_differs_from_the_code_is_refused(
    tmp_path: Path, old: str, new: str, message: str
):
    copy = tmp_path / "paper_recipe.yml"
    copy.write_text(
        paper_recipe.FILE.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8"
    )
    with pytest.raises(PaperDataError, match=re.escape(message)):
        paper_recipe.load_recipe("cifar", copy)


# Directive and roles ---------------------------------------------------------------------------


def build(folder: Path, pages: dict[str, str], more: str = "") -> subprocess.CompletedProcess[str]:
    """Build a small Sphinx project into ``folder / "out"``, warnings counted as errors."""
    (folder / "conf.py").write_text(CONF + more, encoding="utf-8")
    for name, text in pages.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", ".", "out"]
    return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)


SHOWN = "# Page\n\n```{paper-table} 2\n```\n"
WRONG = {
    "{cell}`2/18/residual`": "table 2 has no column 'residual'; columns: layers, plain",
    "{cell}`6/resnet-20/error`": "no page shows table 6, which is quoted here",
    "{cell-change}`2/18/plain`": "write two addresses",
    "```{paper-table} 15\n```": "no table '15' of the paper; known: 1, 1-stages",
    "```{paper-table} 2\n```": "table 2 already stands on index",
    "```{paper-recipe} mnist\n```": "no recipe 'mnist'; known: cifar, imagenet",
}


def test_a_wrong_quote_or_table_stops_the_build_and_is_named_with_its_page(tmp_path: Path):
    wrong = {f"wrong{n}": text for n, text in enumerate(WRONG)}
    pages = {f"{name}.md": f"# Page\n\n{text}\n" for name, text in wrong.items()}
    toctree = "\n```{toctree}\n" + "\n".join(wrong) + "\n```\n"
    more = 'extensions.append("resnet_book.shows.paper_recipe")'
    done = build(tmp_path, {"index.md": SHOWN + toctree, **pages}, more)
    assert done.returncode != 0
    for name, message in zip(wrong, WRONG.values(), strict=True):
        lines = [line for line in done.stderr.splitlines() if f"{name}.md" in line]
        assert message in "\n".join(lines), done.stderr


def test_a_quote_on_another_page_leads_to_the_row(tmp_path: Path):
    toctree = "\n```{toctree}\ndeep/other\n```\n"
    quote = "# Other\n\nSay {cell}`2/34/plain`.\n"
    done = build(tmp_path, {"index.md": SHOWN + toctree, "deep/other.md": quote})
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "out" / "deep" / "other.html").read_text(encoding="utf-8")
    assert 'href="../index.html#paper-table-2-row-34"' in text
    assert 'title="Table 2, section 4.1: 34, Plain (%)"' in text
    assert "paper/table.js" not in text


# The built pages -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_no_number_of_a_table_is_typed_into_the_prose(name: str):
    prose = (ROOT / "book" / f"{name}.md").read_text(encoding="utf-8")
    prose = re.sub(r"\{cell[\w-]*\}`[^`]*`", "", prose)
    typed = set(re.findall(r"\d+\.\d\d+|\d+\.\d+(?= ?%)", prose))
    # Two errors that the paper does not contain, and a number of an exercise.
    assert typed <= {"8.4", "3.6", "0.45", ".95"}
