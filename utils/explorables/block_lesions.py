"""Blocks of trained networks to switch off, with the recorded error of every choice.

Everything drawn is read from the recorded lesions by ``utils.chapters.inside.numbers``. This
module packs the records and draws the opening state; ``utils/explorables/block-lesions.js`` moves
it.
"""

from __future__ import annotations

from functools import cache
from html import escape
from itertools import product

from utils.chapters.inside.numbers import image_count, records
from utils.chapters.inside.numbers import recorded as recorded_networks
from utils.data.cifar10 import CLASSES
from utils.explorables.figure import Explorable, checkbox, drawing, figure_id, frame, select

NAME = "block-lesions"
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

TITLE = "One block out: a network without shortcuts guesses, one with them does not"
INVITATION = (
    "Try: switch blocks off, one by one. Then choose another network and switch off the same."
)
CAPTION = (
    "Trained networks with the branches of some blocks switched off, nothing trained again: test "
    "errors of {images} images, mean over three seeds. Squares: blocks, hollow ones are off; arcs: "
    "shortcuts. In a plain network a switched-off block is left out, and where it changes the "
    "shape, a shortcut with zeros stands in. First bar: all images; upright line: intact; "
    "dotted line: guessing, 90 %. Other bars: each class by itself, upright lines: intact."
)
FINDINGS = {
    "intact": "{network}, intact: {error}\u00a0% of the test images are wrong.",
    "cut": (
        "{network} without {blocks}: {error}\u00a0% of the test images are wrong, "
        "intact {intact}\u00a0%."
    ),
    "paths": "{left} of its {paths} paths are left.",
    "twin": "{other} without the same: {error}\u00a0%.",
    "classes": "Fewest mistakes: {best} ({least}\u00a0%); most: {worst} ({most}\u00a0%).",
}


def block_lesions(key: str = "") -> Explorable:
    """A network and its blocks to switch off; the errors of all images and each class follow.

    Args:
        key: tells a second copy on the same page from the first, in ids and in the address.
    """
    id_ = figure_id(NAME, key)
    data = packed()
    label, gone = OPENING
    number = data["labels"].index(label)
    markup = frame(
        NAME,
        id_,
        title=TITLE,
        invitation=INVITATION,
        controls=_controls(id_, data, number, gone),
        pictures=[_chain(id_, data, number, gone), _classes(id_, data, number, gone)],
        finding=finding(data, number, gone),
        caption=CAPTION.format(images=image_count(data["labels"], "many")),
        data=data,
        marks=f'data-chain="{_kind(label)}"',
    )
    return Explorable(NAME, markup, TITLE)


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
    words = {"network": _begin(label), "error": _tenths(errors[number])}
    if not gone:
        parts = [say["intact"].format(**words)]
    else:
        listed = _listed(sorted(gone))
        parts = [say["cut"].format(**words, blocks=listed, intact=_tenths(errors[0]))]
        if _kind(label) == "residual":
            left = f"{2 ** (blocks - len(gone))}"
            parts.append(say["paths"].format(left=left, paths=2**blocks))
        if data["twins"][network] >= 0:
            other = data["twins"][network]
            error = _tenths(data["errors"][other][number])
            parts.append(say["twin"].format(other=_begin(data["labels"][other]), error=error))
    best, worst = classes.index(min(classes)), classes.index(max(classes))
    names = data["names"]
    parts.append(
        say["classes"].format(
            best=names[best], least=classes[best], worst=names[worst], most=classes[worst]
        )
    )
    return " ".join(parts)


def _begin(label: str) -> str:
    return label[0].upper() + label[1:]


def _listed(numbers: list[int]) -> str:
    words = [str(number) for number in numbers]
    if len(words) == 1:
        return f"block {words[0]}"
    return f"blocks {', '.join(words[:-1])} and {words[-1]}"


def _tenths(value: int) -> str:
    return f"{value // 10}.{value % 10}"


def _kind(label: str) -> str:
    return "plain" if label.startswith("plain") else "residual"


def _controls(id_: str, data: dict, network: int, gone: frozenset[int]) -> list[str]:
    words = {i: _begin(label) for i, label in enumerate(data["labels"])}
    boxes = []
    for block in range(1, MOST_BLOCKS + 1):
        box = checkbox(id_, str(block), f"Block {block}", checked=block not in gone)
        hidden = " hidden" if block > data["blocks"][network] else ""
        boxes.append(box.replace("<div ", f'<div data-block="{block}"{hidden} ', 1))
    return [select(id_, "n", "Network", words, value=network), *boxes]


def shapes(blocks: int, gone: frozenset[int] | set[int]) -> dict[str, str]:
    """Path data of wire, arcs, kept and switched-off blocks."""
    pitch = CHAIN["width"] / MOST_BLOCKS
    size, line, rise = CHAIN["size"], CHAIN["line"], CHAIN["rise"]
    made = {"wire": "", "arcs": "", "kept": "", "gone": ""}
    for index in range(blocks):
        left = CHAIN["left"] + index * pitch
        right = left + pitch
        square = f"M{left + pitch / 2 - size / 2:.2f} {line - size / 2:g}h{size}v{size}h{-size}z"
        made["gone" if index + 1 in gone else "kept"] += square
        made["arcs"] += f"M{left:.2f} {line}C{left:.2f} {line - rise} {right:.2f} {line - rise} "
        made["arcs"] += f"{right:.2f} {line}"
        made["wire"] += f"M{left:.2f} {line}H{right:.2f}"
    return made


def _chain(id_: str, data: dict, network: int, gone: frozenset[int]) -> str:
    errors = data["errors"][network]
    error, intact = errors[set_number(gone)], errors[0]
    drawn = shapes(data["blocks"][network], gone)
    left, width, y = CHAIN["left"], CHAIN["width"], CHAIN["scale"]
    pitch = width / MOST_BLOCKS
    numbers = [
        _text(left + (i + 0.5) * pitch, CHAIN["line"] + 30, str(i + 1), "middle",
              class_="ex-small", data_number=str(i + 1),
              **({"visibility": "hidden"} if i >= data["blocks"][network] else {}))
        for i in range(MOST_BLOCKS)
    ]  # fmt: skip
    parts = [
        _text(4, 14, _begin(data["labels"][network]), class_="ex-name", data_part="title"),
        *[f'<path class="ex-{n}" data-part="{n}" d="{d}"/>' for n, d in drawn.items()],
        *numbers,
        _text(4, y - 14, f"wrong: {_tenths(error)} %", class_="ex-name", data_part="error"),
        f'<path class="ex-bars-left" data-part="bar" d="{bar(error)}"/>',
        f'<path class="ex-mark ex-intact" data-part="intact" d="{mark(intact)}"/>',
        f'<path class="ex-mark ex-chance" d="{mark(900)}"/>',
        f'<path class="ex-axis" d="M{left} {y + CHAIN["thick"]}H{left + width}"/>',
        *[
            _text(left + width * share / 100, y + CHAIN["thick"] + 17, f"{share} %",
                  {0: "start", 100: "end"}.get(share, "middle"), class_="ex-small")
            for share in (0, 50, 100)
        ],
    ]  # fmt: skip
    label = "A row of blocks, switched-off ones hollow, and a bar of the share of wrong images"
    return drawing(id_, label, parts, BOX)


def bar(tenths: int) -> str:
    """Path data of the error bar, from tenths of a percent."""
    width = CHAIN["width"] * tenths / 1000
    return f"M{CHAIN['left']} {CHAIN['scale']}h{width:.2f}v{CHAIN['thick']}h-{width:.2f}z"


def mark(tenths: int) -> str:
    """Path data of an upright line on the scale of the error bar."""
    x = CHAIN["left"] + CHAIN["width"] * tenths / 1000
    return f"M{x:.2f} {CHAIN['scale'] - 6}v{CHAIN['thick'] + 6}"


def class_shapes(classes: list[int], intact: list[int]) -> tuple[str, str]:
    """Path data of a bar for each class and of a stroke where it was before."""
    bars = strokes = ""
    for row, (now, before) in enumerate(zip(classes, intact, strict=True)):
        y = ROWS["top"] + row * ROWS["step"]
        width = ROWS["width"] * now / 100
        bars += f"M{ROWS['left']} {y}h{width:.2f}v{ROWS['thick']}h-{width:.2f}z"
        strokes += f"M{ROWS['left'] + ROWS['width'] * before / 100:.2f} {y - 2}v{ROWS['thick'] + 4}"
    return bars, strokes


def _classes(id_: str, data: dict, network: int, gone: frozenset[int]) -> str:
    classes = data["classes"][network][set_number(gone)]
    bars, strokes = class_shapes(classes, data["classes"][network][0])
    parts = [_text(4, 14, "Wrong images of each class", class_="ex-name")]
    for row, (name, share) in enumerate(zip(data["names"], classes, strict=True)):
        y = ROWS["top"] + row * ROWS["step"] + 10
        parts.append(_text(ROWS["left"] - 6, y, name, "end", class_="ex-small"))
        x = ROWS["left"] + ROWS["width"] + 46
        parts.append(_text(x, y, f"{share} %", "end", class_="ex-small", data_class=str(row)))
    parts.append(f'<path class="ex-bars-left" data-part="classes" d="{bars}"/>')
    parts.append(f'<path class="ex-mark ex-intact" data-part="before" d="{strokes}"/>')
    return drawing(id_, "Bars of the share of wrong images in each of the ten classes", parts, BOX)


def _text(x: float, y: float, content: str, anchor: str = "start", **marks: str) -> str:
    named = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{value}"' for key, value in marks.items()
    )
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"{named}>{escape(content)}</text>'


def states(data: dict) -> list[tuple[int, tuple[int, ...]]]:
    """Every network with every set of its blocks switched off."""
    found = []
    for network, blocks in enumerate(data["blocks"]):
        for kept in product((True, False), repeat=blocks):
            found.append((network, tuple(i for i, keep in enumerate(kept, 1) if not keep)))
    return found
