"""The chapter after ResNet: its facts are checked, quoted from one place, and shown."""

import html
import itertools
import re
from pathlib import Path

import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from torchvision import models
from torchvision.models.resnet import Bottleneck

from utils.chapters import after
from utils.chapters.drawn import DRAWN
from utils.display.figures import COLOURS
from utils.facts import after as after_module
from utils.facts.checked import check, read_checked
from utils.files.yaml_files import read_yaml
from utils.results import compare_runs, load_runs
from utils.results.verdict import SHOWN

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "book" / "after.md").read_text(encoding="utf-8")
KNOWN = {"keys": {"known2020key"}}
WORK = {
    "name": "A net", "cite": "known2020key", "change": "One thing.", "values": {"new": "4.00"},
    "number": "{new} % error", "measures": "CIFAR-10", "runs": "one run", "where": "Table 1",
    "lesson": "A lesson.",
}  # fmt: skip
RECIPE = {"label": "V1", "accuracy": 76.1, "epochs": 90, "cite": "known2020key", "where": "a table"}
STEP = {"label": "V1", "accuracy": 76.1}
ROUNDING_PX = 3


def parse(work=WORK, recipes=(RECIPE,), steps=(STEP,)):
    data = {"works": {"net": work}, "recipes": list(recipes), "steps": list(steps)}
    return check(after_module.After, data, "after.yml", KNOWN)


def test_a_well_formed_file_keeps_the_zeros_of_its_numbers():
    assert parse().works["net"].result == "4.00 % error"


@pytest.mark.parametrize(
    "change, why",
    [
        ({"lesson": ""}, "^after.yml, work net: lesson must be text in quotes, found ''$"),
        ({"colour": "red"}, "net: colour is not a field; the fields are name, cite"),
        ({"cite": "other2020key"}, "net: other2020key is not in references.bib"),
        ({"values": {"new": 4.0}}, "net: value new must be a number in quotes"),
        ({"values": {"new": "about 4"}}, "net: value new must be a number in quotes"),
        ({"values": "4.00"}, "net: values must be a mapping"),
        ({"number": "{old} %"}, r"quotes \{old\}, which is not among its values"),
    ],
)
def test_a_malformed_work_is_named_with_its_fault(change, why):
    with pytest.raises(ValueError, match=why):
        parse({**WORK, **change})


def test_a_missing_field_is_named():
    with pytest.raises(ValueError, match=r"after.yml, work net: runs is missing"):
        parse({name: value for name, value in WORK.items() if name != "runs"})


@pytest.mark.parametrize(
    "rows, why",
    [
        ([], "at least one entry"),
        ([{**STEP, "accuracy": "high"}], "step V1: accuracy must be a number, found 'high'"),
        ([{**STEP, "accuracy": 0.76}], "step V1: accuracy must be in percent, found 0.76"),
        ([STEP, {**STEP, "accuracy": 75.0}], "step V1: sort the entries"),
        (["V1"], "step 1: it must be a mapping, found 'V1'"),
    ],
)
def test_malformed_accuracies_are_named_with_their_fault(rows, why):
    with pytest.raises(ValueError, match=why):
        parse(steps=rows)


def test_a_recipe_needs_a_known_source():
    with pytest.raises(ValueError, match=r"recipe V1: lost2020 is not in references\.bib"):
        parse(recipes=[{**RECIPE, "cite": "lost2020"}])


@pytest.mark.parametrize(
    "text", ["works: [", "works: {}", "- 1", "works: {}\nrecipes: []\nsteps: []"]
)
def test_a_file_of_another_shape_is_refused(tmp_path, text):
    path = tmp_path / "after.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"after\.yml"):
        read_checked(after_module.After, path, KNOWN)


def test_an_unknown_quotation_names_what_there_is():
    with pytest.raises(ValueError, match="there are old, new"):
        after_module.quote("bag-of-tricks.lost")
    with pytest.raises(ValueError, match="pre-activation"):
        after_module.quote("lost.new")


def test_known_numbers_are_quoted():
    assert after_module.quote("pre-activation.new") == "4.92"
    assert after_module.quote("recipes.torchvision V1") == "76.1"
    assert after_module.quote("steps.V1 baseline") == "76.1"


def test_the_page_has_a_section_and_a_summary_for_every_work_in_order():
    works = list(after_module.load().works)
    assert re.findall(r"^```\{work\} (\S+)$", PAGE, re.MULTILINE) == works
    targets = re.findall(r"^\((\S+)\)=$", PAGE, re.MULTILINE)
    assert [target for target in targets if target in works] == works


def test_the_page_types_no_decimal_of_the_file_again():
    prose = re.sub(r"\{after\}`[^`]*`", "", PAGE)
    typed = set(re.findall(r"(?<![\w.])\d+\.\d+(?![\w.])", prose))
    values = {
        v for work in after_module.load().works.values() for v in work.values.values() if "." in v
    }
    assert not typed & values - {"0.5"}  # 0.5 is also a probability in an exercise


@pytest.mark.parametrize(
    "name",
    ["after-works", "after-recipes", "after-recipe-sources", "after-steps", "after-torchvision"],
)
def test_everything_drawn_has_words_for_it(name):
    published = DRAWN[name]()
    assert published.alt.strip() and "<" in published.markup


def test_each_dot_of_the_recipes_has_its_source():
    markup = after.recipe_sources().markup
    for row in after_module.load().recipes:
        source = html.escape(row.where[:1].upper() + row.where[1:])
        assert html.escape(row.label) in markup and source in markup
        assert f"{row.accuracy:.1f} %" in markup


def test_the_table_links_every_work_and_keeps_its_roles():
    markup = after.works_table().markup
    for key in after_module.load().works:
        assert f'href="#{key}"' in markup
    rows = len(after_module.load().works)
    assert markup.count('role="rowheader"') == rows
    assert markup.count('role="cell"') == 2 * rows


def test_torchvision_says_what_we_say_of_its_weights():
    ours = {row.label: row.accuracy for row in after_module.load().recipes}
    steps = after_module.load().steps
    for weights, label, step in (
        (models.ResNet50_Weights.IMAGENET1K_V1, "torchvision V1", steps[0]),
        (models.ResNet50_Weights.IMAGENET1K_V2, "torchvision V2", steps[-1]),
    ):
        accuracy = weights.meta["_metrics"]["ImageNet-1K"]["acc@1"]
        assert ours[label] == step.accuracy == accuracy
    assert models.ResNet50_Weights.DEFAULT == models.ResNet50_Weights.IMAGENET1K_V2
    assert [weights.name for weights in models.ResNet18_Weights] == ["IMAGENET1K_V1"]
    for name, resize in (("IMAGENET1K_V1", 256), ("IMAGENET1K_V2", 232)):
        meant = models.ResNet50_Weights[name].transforms()
        assert (meant.resize_size, meant.crop_size) == ([resize], [224])


def test_mobilenet_is_cheaper_and_better_than_resnet_18_by_torchvisions_measure():
    mobile = models.MobileNet_V3_Large_Weights.IMAGENET1K_V2.meta
    resnet = models.ResNet18_Weights.IMAGENET1K_V1.meta
    assert mobile["_ops"] < resnet["_ops"] / 8
    assert mobile["_metrics"]["ImageNet-1K"]["acc@1"] > resnet["_metrics"]["ImageNet-1K"]["acc@1"]


def test_the_last_stage_of_torchvisions_resnet_18_sees_one_pixel_of_32():
    net = models.resnet18(weights=None).eval()
    seen = []
    net.layer4.register_forward_hook(lambda module, inputs, output: seen.append(output.shape))
    with torch.no_grad():
        net(torch.zeros(1, 3, 32, 32))
    assert seen[0][-2:] == (1, 1)


def convolution_weights(block: torch.nn.Module) -> int:
    return sum(m.weight.numel() for m in block.modules() if isinstance(m, torch.nn.Conv2d))


def test_the_exercise_counts_the_weights_of_both_blocks():
    plain = convolution_weights(Bottleneck(256, 64))
    grouped = convolution_weights(Bottleneck(256, 64, groups=32, base_width=4))
    for count in (plain, grouped):
        assert f"{count:,}".replace(",", "{,}") in PAGE


def test_the_exercise_counts_the_blocks_that_run():
    mean = sum(1 - block / 54 * 0.5 for block in range(1, 55))
    assert f"= {mean:g}$" in PAGE


def test_most_of_resnet_rs_comes_from_training():
    values = {k: float(v) for k, v in after_module.load().works["resnet-rs"].values.items()}
    assert values["recipe"] - values["old"] > 2 * (values["net"] - values["recipe"])


def test_the_one_change_that_adds_most_is_the_long_training():
    steps = after_module.load().steps
    gains = {b.label: b.accuracy - a.accuracy for a, b in itertools.pairwise(steps)}
    assert len(gains) == 12
    assert max(gains, key=gains.get) == "600 epochs"


def test_the_inventory_points_into_the_page():
    places = read_yaml(ROOT / "book/data/inventory/after.yml")
    for place in places.values():
        page, anchor = place.split("#")
        assert page == "book/after.html"
        assert f"({anchor})=" in PAGE


def test_a_plain_network_of_14_layers_is_behind_early_and_about_a_point_later_which_is_shown():
    def error(run: dict) -> float:
        return 100 * run["final"]["test_error"]

    def gap(experiment: str, recipe: str):
        names = ("resnet-14", "plain-14")
        return compare_runs(*(load_runs(experiment, name, recipe) for name in names), error)

    early, later = gap("depth-budgets", "brief-400"), gap("shortcut-control", "fast")
    assert early.verdict == SHOWN and early.over.mean > 3
    assert later.verdict == SHOWN and 0.5 < later.over.mean < 1.5
    assert "ten training runs of each network" in PAGE and later.over.count == 10


@pytest.fixture
def drawn(monkeypatch):
    """Draws a figure of the chapter and hands out its axes, laid out as they are published."""
    made = []
    monkeypatch.setattr(after, "publish", lambda figure, *_: made.append(figure))

    def draw(name: str):
        after.AFTER_FIGURES[name]()
        FigureCanvasAgg(made[-1]).draw()
        (axes,) = made[-1].axes
        return axes

    return draw


@pytest.mark.parametrize("name", ["after-recipes", "after-steps"])
def test_every_number_of_a_figure_stands_beside_its_mark_and_within_the_frame(name, drawn):
    axes = drawn(name)
    frame = axes.get_window_extent()
    for text in axes.texts:
        box, (x, y) = text.get_window_extent(), axes.transData.transform(text.xy)
        assert box.x0 > x and box.x0 - x < 15 and abs(box.y0 + box.y1 - 2 * y) < 8
        assert frame.x0 < box.x0 and box.x1 < frame.x1 + ROUNDING_PX
    # The room is used: the longest mark ends in the right half.
    assert max(text.xy[0] for text in axes.texts) > sum(axes.get_xlim()) / 2


@pytest.mark.parametrize("name", ["after-recipes", "after-steps"])
def test_labels_of_a_figure_stand_between_half_a_line_and_two_lines_apart(name, drawn):
    axes = drawn(name)
    boxes = [text.get_window_extent() for text in axes.get_yticklabels()]
    spans = sorted((box.y0, box.y1) for box in boxes)
    assert len(spans) == len(axes.texts)
    gaps = [above[0] - below[1] for below, above in itertools.pairwise(spans)]
    height = max(top - bottom for bottom, top in spans)
    assert 0.5 * height < min(gaps) and max(gaps) < 2 * height


@pytest.mark.parametrize(
    ("change", "why"),
    [({"works": []}, r"^after\.yml, works: it must map names to entries"),
     ({"works": {}}, r"^after\.yml, works: it must map names to entries"),
     ({"more": 1}, r"^after\.yml, top level: it must hold exactly 'works', 'recipes' and 'steps'"),
     ({"recipes": {}}, r"^after\.yml, recipes: it must be a list with at least one entry"),
     ({"steps": None}, r"^after\.yml, steps: it must be a list with at least one entry")],
)  # fmt: skip
def test_a_file_of_another_shape_is_refused_in_these_words(change, why):
    data = {"works": {"net": WORK}, "recipes": [RECIPE], "steps": [STEP], **change}
    with pytest.raises(ValueError, match=why):
        check(after_module.After, data, "after.yml", KNOWN)


@pytest.mark.parametrize(
    ("name", "title", "x"),
    [("after-recipes", "Same layers, better recipe", "ImageNet top-1 accuracy (%)"),
     ("after-steps", "Many small gains and one long run", "points of top-1 accuracy added")],
)  # fmt: skip
def test_a_figure_says_what_it_shows_and_what_its_axis_is(name, title, x, drawn):
    axes = drawn(name)
    assert (axes.get_title("left"), axes.get_xlabel(), axes.get_ylabel()) == (title, x, "")
    assert axes.get_legend() is None
    marks = [*axes.patches, *axes.lines]
    colours = {to_hex(m.get_facecolor() if m in axes.patches else m.get_color()) for m in marks}
    assert colours == {COLOURS["residual"].lower()}
