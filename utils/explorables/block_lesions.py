"""Blocks of trained networks to switch off, with the recorded error of every choice.

Everything drawn is read from the recorded lesions by ``utils.chapters.inside_a_resnet.numbers``.
This module packs the records and draws the opening state; ``utils/explorables/block-lesions.js``
moves it.
"""

from __future__ import annotations

from functools import cache
from itertools import product

from utils.chapters.inside_a_resnet.numbers import image_count, records
from utils.chapters.inside_a_resnet.numbers import recorded as recorded_networks
from utils.data.cifar10 import CLASSES
from utils.display.svg import bar, chain, path, picture, px, text
from utils.explorables.figure import Opening, checkbox, explorable, select
from utils.results.words import listed, opening

MOST_BLOCKS = 9
TWINS = {"plain-14": "ResNet-14", "ResNet-14": "plain-14"}
"""Networks that differ in their shortcuts alone."""
OPENING = ("ResNet-14", frozenset({4}))
BOX = (360, 196)
CHAIN = {"left": 8, "width": 344, "line": 64, "size": 22, "rise": 30, "scale": 150, "thick": 16}
"""Chain: left edge and width of picture and scale, y of the wire, px of a block, height of an arc,
y of the error bar and its thickness."""
ROWS = {"left": 92, "width": 218, "top": 26, "step": 17, "thick": 11}
"""Classes: x of share 0, px for 100 %, y of the first row, px from row to row, thickness."""

TITLE = "A plain network that has lost one block guesses, and a residual network does not"
INVITATION = (
    "Try: switch the blocks off, one by one. Then choose another network and switch off the same "
    "blocks."
)
CAPTION = (
    "Test errors of trained networks when the branches of some blocks are switched off and nothing "
    "is trained again: {images} images, mean over three seeds. Squares are blocks, and hollow "
    "squares are switched off. Arcs are shortcuts. In a plain network, a block that is switched "
    "off is left out. If it changes the shape, a shortcut that fills the new channels with zeros "
    "takes its place. The first bar is the error on all images, the upright line marks the intact "
    "network, and the dotted line marks guessing, 90 %. The other bars are the errors of the "
    "single classes, and their upright lines belong to the intact network."
)
FINDINGS = {
    "intact": "The intact {network} has a test error of {error}\u00a0%.",
    "cut": (
        "{network} without {blocks} has a test error of {error}\u00a0%, against {intact}\u00a0% "
        "when it is intact."
    ),
    "paths": "Of its {paths} paths from input to output, {left} are left.",
    "path": "Of its {paths} paths from input to output, only one is left.",
    "twin": "With the same blocks switched off, {other} has a test error of {error}\u00a0%.",
    "classes": (
        "With this choice of blocks, {network} has its lowest error on the class {best} "
        "({least}\u00a0%) and its highest error on the class {worst} ({most}\u00a0%)."
    ),
}


@explorable(TITLE, INVITATION)
def block_lesions(id_: str) -> Opening:
    """A network and its blocks to switch off; the errors of all images and each class follow."""
    data = packed()
    label, gone = OPENING
    number = data["labels"].index(label)
    return Opening(
        controls=_controls(id_, data, number, gone),
        pictures=[_chain(id_, data, number, gone), _classes(id_, data, number, gone)],
        finding=finding(data, number, gone),
        caption=CAPTION.format(images=image_count(data["labels"], "many")),
        data=data,
        marks=f'data-chain="{_kind(label)}"',
    )


@cache
def packed() -> dict:
    """Every recorded set of every network: errors in tenths of a percent, classes in percent.

    Sets are numbered by their blocks: block 1 counts 1, block 2 counts 2, block 3 counts 4...
    """
    labels = [label for label in recorded_networks() if _is_complete(label)]
    return {
        "labels": labels,
        "blocks": [len(records(label)[0]["blocks"]) for label in labels],
        "twins": [labels.index(TWINS[x]) if TWINS.get(x) in labels else -1 for x in labels],
        "errors": [_errors(label)[0] for label in labels],
        "classes": [_errors(label)[1] for label in labels],
        "names": list(CLASSES),
        "findings": FINDINGS,
        "chain": CHAIN,
        "rows": ROWS,
    }


def _is_complete(label: str) -> bool:
    blocks = len(records(label)[0]["blocks"])
    return blocks <= MOST_BLOCKS and len(records(label)[0]["sets"]) == 2**blocks


def _errors(label: str) -> tuple[list[int], list[list[int]]]:
    found = records(label)
    blocks = len(found[0]["blocks"])
    images = [[int(n) for n in r["images_of_class"]["many"][0].split()] for r in found]
    wrong = [
        {
            set_number(map(int, chosen.split())): [int(n) for n in counts.split()]
            for chosen, counts in zip(r["sets"], r["wrong"]["sets"], strict=True)
        }
        for r in found
    ]
    all_images = sum(map(sum, images))
    totals, classes = [], []
    for number in range(2**blocks):
        columns = [sum(w[number][k] for w in wrong) for k in range(len(CLASSES))]
        sizes = [sum(counts[k] for counts in images) for k in range(len(CLASSES))]
        totals.append(_rounded(1000 * sum(columns), all_images))
        classes.append([_rounded(100 * c, s) for c, s in zip(columns, sizes, strict=True)])
    return totals, classes


def _rounded(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


def set_number(blocks) -> int:
    """Number of a set of blocks, see :func:`packed`."""
    return sum(2 ** (block - 1) for block in blocks)


def finding(data: dict, network: int, gone: frozenset[int] | set[int]) -> str:
    """The state in words and numbers; the script's twin."""
    say, label, blocks = data["findings"], data["labels"][network], data["blocks"][network]
    number = set_number(gone)
    errors, classes = data["errors"][network], data["classes"][network][number]
    words = {"network": opening(label), "error": _tenths(errors[number])}
    if not gone:
        parts = [say["intact"].format(**words)]
    else:
        listed = _listed(sorted(gone))
        parts = [say["cut"].format(**words, blocks=listed, intact=_tenths(errors[0]))]
        if _kind(label) == "residual":
            left = 2 ** (blocks - len(gone))
            parts.append(say["path" if left == 1 else "paths"].format(left=left, paths=2**blocks))
        if data["twins"][network] >= 0:
            other = data["twins"][network]
            error = _tenths(data["errors"][other][number])
            parts.append(say["twin"].format(other=data["labels"][other], error=error))
    best, worst = classes.index(min(classes)), classes.index(max(classes))
    names = data["names"]
    parts.append(
        say["classes"].format(
            network=label,
            best=names[best],
            least=classes[best],
            worst=names[worst],
            most=classes[worst],
        )
    )
    return " ".join(parts)


def _listed(numbers: list[int]) -> str:
    return f"block{'s' if len(numbers) > 1 else ''} {listed([str(n) for n in numbers])}"


def _tenths(value: int) -> str:
    return f"{value // 10}.{value % 10}"


def _kind(label: str) -> str:
    return "plain" if label.startswith("plain") else "residual"


def _controls(id_: str, data: dict, network: int, gone: frozenset[int]) -> list[str]:
    words = {i: opening(label) for i, label in enumerate(data["labels"])}
    boxes = []
    for block in range(1, MOST_BLOCKS + 1):
        box = checkbox(id_, str(block), f"Block {block}", checked=block not in gone)
        hidden = " hidden" if block > data["blocks"][network] else ""
        boxes.append(box.replace("<div ", f'<div data-block="{block}"{hidden} ', 1))
    return [select(id_, "n", "Network", words, value=network), *boxes]


def _chain(id_: str, data: dict, network: int, gone: frozenset[int]) -> str:
    errors, blocks = data["errors"][network], data["blocks"][network]
    error = errors[set_number(gone)]
    left, width, y, thick = (CHAIN[name] for name in ("left", "width", "scale", "thick"))
    pitch = width / MOST_BLOCKS
    drawn = chain(
        [(left + index * pitch, CHAIN["line"]) for index in range(blocks)],
        {block - 1 for block in gone},
        pitch=pitch,
        size=CHAIN["size"],
        rise=CHAIN["rise"],
    )
    numbers = [
        text(left + (block - 0.5) * pitch, CHAIN["line"] + 30, str(block), class_="ex-small",
             data_number=block, visibility="hidden" if block > blocks else None)
        for block in range(1, MOST_BLOCKS + 1)
    ]  # fmt: skip
    ends = {0: "start", 100: "end"}
    parts = [
        text(4, 14, opening(data["labels"][network]), "start", "ex-name", "title"),
        *[path(d, f"ex-{name}", name) for name, d in drawn.items()],
        *numbers,
        text(4, y - 14, f"test error: {_tenths(error)} %", "start", "ex-name", "error"),
        path(bar(left, y, width * error / 1000, thick), "ex-bars-left", "bar"),
        path(mark(errors[0]), "ex-mark ex-intact", "intact"),
        path(mark(900), "ex-mark ex-chance"),
        path(f"M{left} {y + thick}H{left + width}", "ex-axis"),
        *[
            text(left + width * share / 100, y + thick + 17, f"{share} %",
                 ends.get(share, "middle"), "ex-small")
            for share in (0, 50, 100)
        ],
    ]  # fmt: skip
    label = "A row of blocks, hollow where they are switched off, and a bar of the test error"
    return picture(id_, label, parts, BOX)


def mark(tenths: int) -> str:
    """Path data of an upright line on the scale of the error bar."""
    x = CHAIN["left"] + CHAIN["width"] * tenths / 1000
    return f"M{px(x)} {CHAIN['scale'] - 6}v{CHAIN['thick'] + 6}"


def _classes(id_: str, data: dict, network: int, gone: frozenset[int]) -> str:
    """A bar for each class, and a stroke where it was before."""
    intact, classes = data["classes"][network][0], data["classes"][network][set_number(gone)]
    left, width, thick = (ROWS[name] for name in ("left", "width", "thick"))
    parts = [text(4, 14, "Test error of each class", "start", "ex-name")]
    bars = strokes = ""
    for row, (name, share) in enumerate(zip(data["names"], classes, strict=True)):
        y = ROWS["top"] + row * ROWS["step"]
        bars += bar(left, y, width * share / 100, thick)
        strokes += f"M{px(left + width * intact[row] / 100)} {y - 2}v{thick + 4}"
        parts.append(text(left - 6, y + 10, name, "end", "ex-small"))
        percent = f"{share} %"
        parts.append(text(left + width + 46, y + 10, percent, "end", "ex-small", data_class=row))
    parts.append(path(bars, "ex-bars-left", "classes"))
    parts.append(path(strokes, "ex-mark ex-intact", "before"))
    return picture(
        id_,
        "Bars of the test error of each of the ten classes, beside that of the intact network",
        parts,
        BOX,
    )


def states(data: dict) -> list[tuple[int, tuple[int, ...]]]:
    """Every network with every set of its blocks switched off."""
    found = []
    for network, blocks in enumerate(data["blocks"]):
        for kept in product((True, False), repeat=blocks):
            found.append((network, tuple(i for i, keep in enumerate(kept, 1) if not keep)))
    return found
