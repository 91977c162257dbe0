"""What came after ResNet: the works of the chapter, read strictly, and its table and figures.

Answers "what did each work change, and what does its number stand on?". The facts stand in
``book/data/after.yml``; a malformed entry stops the build with its name and what is wrong.
"""

import html
import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from utils.plots import COLOURS, TEXT, Published, figure, finish, publish
from utils.tables import table
from utils.yaml_files import parse_yaml

ROOT = Path(__file__).parents[1]
FILE = ROOT / "book" / "data" / "after.yml"
BIBLIOGRAPHY = ROOT / "book" / "references.bib"
VALUE = re.compile(r"\d[\d,]*(\.\d+)?")


@dataclass(frozen=True)
class Work:
    """One work after ResNet. Texts are plain; ``number`` quotes ``values`` in braces."""

    name: str
    cite: str
    change: str
    values: dict[str, str]
    number: str
    measures: str
    runs: str
    where: str
    lesson: str

    @property
    def result(self) -> str:
        """The number in words, with its values filled in."""
        return self.number.format(**self.values)


@dataclass(frozen=True)
class Recipe:
    """One published top-1 accuracy (%) of ResNet-50 on ImageNet."""

    label: str
    accuracy: float
    epochs: int
    cite: str
    where: str


@dataclass(frozen=True)
class Step:
    """Top-1 accuracy (%) of torchvision's ResNet-50 after one more change of the recipe."""

    label: str
    accuracy: float


@dataclass(frozen=True)
class After:
    """Everything in the file."""

    works: dict[str, Work]
    recipes: list[Recipe]
    steps: list[Step]


def known_keys(bibliography: str) -> set[str]:
    """The keys of a BibTeX file."""
    return set(re.findall(r"^@\w+\{([^,\s]+),", bibliography, re.MULTILINE))


def check_fields(kind: type, entry: Any, place: str) -> None:
    """Refuse an entry with missing, unknown or wrongly typed fields."""
    wanted = {field.name: field.type for field in fields(kind)}
    if not isinstance(entry, Mapping):
        raise ValueError(f"{place}: a mapping is needed, not {entry!r}")
    if missing := [name for name in wanted if name not in entry]:
        raise ValueError(f"{place}: {', '.join(missing)} is missing")
    if unknown := [name for name in entry if name not in wanted]:
        raise ValueError(f"{place}: unknown {', '.join(unknown)}; known are {', '.join(wanted)}")
    for name, value in entry.items():
        if wanted[name] is str and not (isinstance(value, str) and value.strip()):
            raise ValueError(f"{place}: {name} has to be a text, not {value!r}")
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if wanted[name] in (int, float) and not number:
            raise ValueError(f"{place}: {name} has to be a number, not {value!r}")


def check_citations(cited: str, keys: Iterable[str], place: str) -> None:
    """Refuse a citation that the bibliography does not have."""
    for key in re.split(r",\s*", cited):
        if key not in keys:
            raise ValueError(f"{place}: {key} is not in references.bib; add it or mend the key")


def read_work(entry: Any, keys: Iterable[str], place: str) -> Work:
    """One checked work."""
    check_fields(Work, entry, place)
    values = entry["values"]
    if not isinstance(values, dict):
        raise ValueError(f"{place}: values has to be a mapping of names to numbers as text")
    for name, value in values.items():
        if not (isinstance(value, str) and VALUE.fullmatch(value)):
            raise ValueError(
                f"{place}: value {name} has to be a number in quotes, which keep its last zeros, "
                f"not {value!r}"
            )
    for name in re.findall(r"\{(.*?)\}", entry["number"]):
        if name not in values:
            raise ValueError(f"{place}: number quotes {{{name}}}, which is not among its values")
    check_citations(entry["cite"], keys, place)
    return Work(**entry)


def read_accuracies(kind: type, entries: Any, place: str) -> list:
    """Checked recipes or steps, whose accuracies never fall from one to the next."""
    if not isinstance(entries, list) or not entries:
        raise ValueError(f"{place}: a list with at least one entry is needed")
    rows = []
    for number, entry in enumerate(entries, 1):
        check_fields(kind, entry, f"{place}, entry {number}")
        if not 50 < entry["accuracy"] < 100:
            raise ValueError(f"{place}, entry {number}: accuracy has to be in percent")
        if rows and entry["accuracy"] < rows[-1].accuracy:
            raise ValueError(f"{place}, entry {number}: sort the entries by accuracy")
        rows.append(kind(**entry))
    return rows


def parse(text: str, bibliography: str, name: str = "after.yml") -> After:
    """The contents of the file, checked.

    Args:
        text: YAML.
        bibliography: BibTeX that has every cited key.
        name: of the file, for messages.

    Raises:
        ValueError: names the file, the entry and what is wrong with it.
    """
    try:
        data = parse_yaml(text)
    except yaml.YAMLError as problem:
        raise ValueError(f"{name} is not YAML: {problem}") from problem
    if not isinstance(data, dict) or set(data) != {"works", "recipes", "steps"}:
        raise ValueError(f"{name} needs works, recipes and steps, and nothing else")
    if not isinstance(data["works"], dict) or not data["works"]:
        raise ValueError(f"{name}: works has to map names to entries")
    keys = known_keys(bibliography)
    works = {
        key: read_work(entry, keys, f"{name}, works, {key}") for key, entry in data["works"].items()
    }
    recipes = read_accuracies(Recipe, data["recipes"], f"{name}, recipes")
    for recipe in recipes:
        check_citations(recipe.cite, keys, f"{name}, recipes, {recipe.label}")
    return After(works, recipes, read_accuracies(Step, data["steps"], f"{name}, steps"))


@cache
def _load(changed: tuple[int, int]) -> After:
    return parse(FILE.read_text(encoding="utf-8"), BIBLIOGRAPHY.read_text(encoding="utf-8"))


def load() -> After:
    """The book's own file, read anew when it changed."""
    return _load((FILE.stat().st_mtime_ns, BIBLIOGRAPHY.stat().st_mtime_ns))


def quote(address: str) -> str:
    """A number for prose: ``WORK.VALUE``, ``recipes.LABEL`` or ``steps.LABEL``.

    Raises:
        ValueError: no such number; names those that there are.
    """
    data = load()
    key, _, name = address.partition(".")
    tables = {
        "recipes": {row.label: f"{row.accuracy:.1f}" for row in data.recipes},
        "steps": {row.label: f"{row.accuracy:.1f}" for row in data.steps},
    }
    known = tables.get(key) or (data.works[key].values if key in data.works else {})
    if name not in known:
        choices = ", ".join(known) or ", ".join([*data.works, *tables])
        raise ValueError(f"after.yml has no number {address!r}; there are {choices}")
    return known[name]


def works_table() -> Published:
    """One row a work; on a phone each row becomes a short card.

    The roles are spelled out because a table that is laid out as blocks loses them.
    """
    caption = "What came after, in the order of this chapter. Numbers of different rows differ in "
    caption += "data, crop, metric and training, so read each row alone."
    lines = []
    for key, work in load().works.items():
        cells = [
            f'<th scope="row" role="rowheader"><a href="#{key}">{html.escape(work.name)}</a></th>',
            f'<td role="cell">{html.escape(work.change)}</td>',
            f'<td role="cell">{html.escape(work.result)}<br /><small>{html.escape(work.measures)}; '
            f"{html.escape(work.runs)}</small></td>",
        ]
        lines.append(f'<tr role="row">{"".join(cells)}</tr>')
    titles = "".join(
        f'<th scope="col" role="columnheader">{title}</th>'
        for title in ("Work", "What it changed", "Its number")
    )
    rows = "\n".join(lines)
    markup = (
        f'<table class="book-table book-prose book-stack" role="table">'
        f"<caption>{html.escape(caption)}</caption>\n"
        f'<thead role="rowgroup"><tr role="row">{titles}</tr></thead>\n'
        f'<tbody role="rowgroup">\n{rows}\n</tbody></table>'
    )
    return Published(markup, caption)


def recipes_figure() -> Published:
    """One architecture, published accuracies under several recipes."""
    rows = load().recipes
    made, (axes,) = figure(figsize=(4.8, 3.3))
    places = range(len(rows))
    values = [row.accuracy for row in rows]
    axes.hlines(places, min(values) - 1, values, color=TEXT, linewidth=0.8, alpha=0.4)
    axes.plot(values, places, "o", color=COLOURS["residual"], markersize=8)
    for place, row in zip(places, rows, strict=True):
        axes.annotate(f"{row.accuracy:.1f}", (row.accuracy, place), (7, -4), color=TEXT,
                      textcoords="offset points")  # fmt: skip
    axes.set_yticks(places, [f"{row.label} ({row.epochs})" for row in rows])
    finish(axes, "Same network, better recipe", "ImageNet top-1 accuracy (%)", "", legend=False,
           xlim=(min(values) - 1, max(values) + 1.2))  # fmt: skip
    sources = "; ".join(f"{row.label}: {row.where}" for row in rows)
    return publish(
        made,
        f"Published accuracies of ResNet-50 rise from {values[0]:.1f} to {values[-1]:.1f} percent "
        "while the network stays the same.",
        f"ResNet-50 on the ImageNet validation set, 224-pixel crop, epochs in brackets. Sources: "
        f"{sources}. The axis does not start at zero.",
    )


def steps_figure() -> Published:
    """Torchvision's path from its first weights to its second."""
    rows = load().steps
    made, (axes,) = figure(figsize=(4.8, 4.2))
    gains = [b.accuracy - a.accuracy for a, b in itertools.pairwise(rows)]
    labels = [row.label for row in rows[1:]]
    places = range(len(gains))
    axes.barh(places, gains, color=COLOURS["residual"])
    for place, gain in zip(places, gains, strict=True):
        axes.annotate(f"+{gain:.2f}", (gain, place), (4, -4), color=TEXT,
                      textcoords="offset points")  # fmt: skip
    axes.set_yticks(places, labels)
    axes.invert_yaxis()
    finish(axes, "Many small gains and one long run", "points of top-1 accuracy added", "",
           legend=False, xlim=(0, max(gains) * 1.18))  # fmt: skip
    largest = max(places, key=gains.__getitem__)
    return publish(
        made,
        f"Of {len(gains)} changes, {labels[largest]} added most, {gains[largest]:.2f} points; the "
        f"others {min(gains):.2f} to {sorted(gains)[-2]:.2f}.",
        f"ResNet-50 of torchvision, from {rows[0].accuracy:.2f} to {rows[-1].accuracy:.2f} %: what "
        "each change added on top of those above it. Repeats are not stated; another order would "
        "give other bars.",
    )


def torchvision_table() -> Published:
    """Pretrained networks of torchvision, read from the library that is installed."""
    from torchvision import models

    chosen = {
        "ResNet-18": models.ResNet18_Weights.IMAGENET1K_V1,
        "ResNet-50": models.ResNet50_Weights.IMAGENET1K_V1,
        "ResNet-50 ": models.ResNet50_Weights.IMAGENET1K_V2,
        "ResNeXt-50 32×4d": models.ResNeXt50_32X4D_Weights.IMAGENET1K_V2,
        "DenseNet-121": models.DenseNet121_Weights.IMAGENET1K_V1,
        "ConvNeXt-Tiny": models.ConvNeXt_Tiny_Weights.IMAGENET1K_V1,
        "MobileNetV3-Large": models.MobileNet_V3_Large_Weights.IMAGENET1K_V2,
    }
    rows = []
    for name, weights in chosen.items():
        meta = weights.meta
        rows.append(
            [
                f"{name.strip()}, {weights.name.removeprefix('IMAGENET1K_')}",
                f"{meta['_metrics']['ImageNet-1K']['acc@1']:.1f} %",
                f"{meta['num_params'] / 1e6:.1f}",
                f"{meta['_ops']:.1f}",
            ]
        )
    return table(
        ["network, weights", "top-1", "million parameters", "billion MACs"],
        rows,
        "Pretrained networks as torchvision's own metadata describe them: ImageNet validation, "
        "one 224-pixel crop.",
    )


AFTER_FIGURES = {
    "after-recipes": recipes_figure,
    "after-steps": steps_figure,
    "after-torchvision": torchvision_table,
    "after-works": works_table,
}
