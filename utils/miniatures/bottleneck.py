"""One bottleneck block of any sizes: does it fit together, and what does it cost?

Answers "which numbers have to agree?". A description is arithmetic alone: shapes, counts, the code
of the block and, where sizes do not agree, the message PyTorch gives. The explorable
``block-builder`` shows it; ``utils/explorables/block-builder.js`` is its twin.
"""

from dataclasses import dataclass

MAP = 56
"""Height and width of the input: the first stage of the paper's ImageNet networks."""
SHORTCUTS = {
    0: "none (plain block)",
    1: "identity",
    2: "option A, zeros",
    3: "option B, 1×1 if needed",
    4: "option C, always 1×1",
}
NONE, IDENTITY, OPTION_A, OPTION_B, OPTION_C = SHORTCUTS
LAYERS = ("1", "2", "3", "s", "all")

GROUPS_ERROR = "ValueError: in_channels must be divisible by groups"
ADD_ERROR = (
    "RuntimeError: The size of tensor a ({a}) must match the size of tensor b ({b}) "
    "at non-singleton dimension {dim}"
)
PAD_ERROR = "ValueError: option A cannot shrink {i} channels to {o}; use option B"
REPAIRS = {
    "groups": "Each group needs whole channels: choose at most {w} groups, or a wider 3×3.",
    "size": (
        "The branch halves the map and the shortcut does not (dimension 3 is the width). "
        "Choose option B: its 1×1 convolution takes stride {s} too."
    ),
    "channels": (
        "The branch ends with {o} channels and the shortcut brings {i} (dimension 1). "
        "Choose option B, or make both equal."
    ),
    "pad": "Zeros can only be added. Choose option B, whose 1×1 convolution maps {i} to {o}.",
}
FINDINGS = {
    "fits": (
        "It fits: {parameters} parameters, {macs} million MACs for one image. Two 3×3 "
        "convolutions between the same shapes would take {factor} times as many MACs."
    ),
    "plain": (
        "Nothing is added, this is a plain block: {parameters} parameters, {macs} million MACs. "
        "Two 3×3 convolutions between the same shapes would take {factor} times as many MACs."
    ),
    "error": "It does not fit. {error}. {repair}",
}
SEES = (
    "One output sees a window of {f} × {f} positions of the input. From one output to the next, "
    "this window moves by {s}."
)
CODE = """\
class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.branch = nn.Sequential(
            nn.Conv2d({i}, {w}, 1, bias=False),
            nn.BatchNorm2d({w}),
            nn.ReLU(),
            nn.Conv2d({w}, {w}, 3, {s}, padding=1,
                      groups={g}, bias=False),
            nn.BatchNorm2d({w}),
            nn.ReLU(),
            nn.Conv2d({w}, {o}, 1, bias=False),
            nn.BatchNorm2d({o}),
        )
{shortcut}
    def forward(self, x):
        return F.relu({sum})
"""
CODE_SHORTCUT = {
    "none": "",
    "identity": "        self.shortcut = nn.Identity()\n",
    "pad": "        self.shortcut = PadShortcut({o}, {s})\n",
    "projection": (
        "        self.shortcut = nn.Sequential(\n"
        "            nn.Conv2d({i}, {o}, 1, {s}, bias=False),\n"
        "            nn.BatchNorm2d({o}),\n"
        "        )\n"
    ),
}
BOXES = {
    "none": ("", ""),
    "identity": ("identity", "no weights"),
    "pad": ("zeros added", "every {s}. position"),
    "projection": ("1×1, {o}", "stride {s}"),
}


@dataclass(frozen=True)
class BlockSpec:
    """The six sizes of one block.

    Attributes:
        i: channels of the input, at least 2.
        o: channels of the output, at least 2.
        s: stride of the 3x3 convolution, 1 or 2.
        w: channels of the 3x3 convolution.
        g: its groups.
        c: a key of :data:`SHORTCUTS`.
    """

    i: int = 256
    o: int = 256
    s: int = 1
    w: int = 64
    g: int = 1
    c: int = IDENTITY

    def __post_init__(self) -> None:
        if min(self.i, self.o) < 2 or self.s not in (1, 2) or min(self.w, self.g) < 1:
            raise ValueError(f"{self}: channels from 2, stride 1 or 2, width and groups from 1")
        if self.c not in SHORTCUTS:
            raise ValueError(f"shortcut {self.c} is none of {list(SHORTCUTS)}")

    @property
    def sizes(self) -> dict[str, int]:
        """The letters of the address and their values."""
        return {"i": self.i, "o": self.o, "s": self.s, "w": self.w, "g": self.g, "c": self.c}


def shortcut_kind(spec: BlockSpec) -> str:
    """What stands on the shortcut: "none", "identity", "pad" or "projection"."""
    if spec.c in (NONE, IDENTITY):
        return "none" if spec.c == NONE else "identity"
    if spec.c != OPTION_C and spec.s == 1 and spec.i == spec.o:
        return "identity"
    return "pad" if spec.c == OPTION_A else "projection"


def problem(spec: BlockSpec, size: int = MAP) -> tuple[str, str]:
    """What goes wrong first, and PyTorch's message; two empty texts if nothing does.

    Args:
        spec: the block.
        size: height and width of its input.
    """
    out = (size - 1) // spec.s + 1
    kind = shortcut_kind(spec)
    if spec.w % spec.g:
        return "groups", GROUPS_ERROR
    if kind == "pad" and spec.o < spec.i:
        return "pad", PAD_ERROR.format(**spec.sizes)
    if kind == "identity" and out != size:
        return "size", ADD_ERROR.format(a=out, b=size, dim=3)
    if kind == "identity" and spec.o != spec.i:
        return "channels", ADD_ERROR.format(a=spec.o, b=spec.i, dim=1)
    return "", ""


def counts(spec: BlockSpec, size: int = MAP) -> dict[str, tuple[int, int]]:
    """Parameters, with normalisation, and MACs of the layers "1", "2", "3", "s" and of "all"."""
    before, after = size**2, ((size - 1) // spec.s + 1) ** 2
    window = 9 * spec.w * spec.w // spec.g
    layers = {
        "1": (spec.i * spec.w + 2 * spec.w, before * spec.i * spec.w),
        "2": (window + 2 * spec.w, after * window),
        "3": (spec.w * spec.o + 2 * spec.o, after * spec.w * spec.o),
        "s": (0, 0),
    }
    if shortcut_kind(spec) == "projection":
        layers["s"] = (spec.i * spec.o + 2 * spec.o, after * spec.i * spec.o)
    parameters, macs = (sum(column) for column in zip(*layers.values(), strict=True))
    return {**layers, "all": (parameters, macs)}


def basic_macs(spec: BlockSpec, size: int = MAP) -> int:
    """MACs of two 3x3 convolutions between the same shapes, no shortcut counted."""
    return ((size - 1) // spec.s + 1) ** 2 * 9 * spec.o * (spec.i + spec.o)


def tenths(numerator: int, denominator: int) -> str:
    """A ratio with one decimal, halves upwards, from whole numbers, so that twins agree."""
    value = (20 * numerator + denominator) // (2 * denominator)
    return f"{value // 10:,}.{value % 10}"


def code(spec: BlockSpec) -> str:
    """The block in PyTorch; ``PadShortcut`` is this book's."""
    kind = shortcut_kind(spec)
    total = "self.branch(x)" if kind == "none" else "self.branch(x) + self.shortcut(x)"
    shortcut = CODE_SHORTCUT[kind].format(**spec.sizes)
    return CODE.format(**spec.sizes, shortcut=shortcut, sum=total)


def describe(spec: BlockSpec, size: int = MAP) -> dict[str, str]:
    """Every text that the figure shows, by the name of its part."""
    out = (size - 1) // spec.s + 1
    kind = shortcut_kind(spec)
    fault, error = problem(spec, size)
    counted = counts(spec, size)
    shapes = {
        "shape-x": f"{spec.i} × {size} × {size}",
        "shape-1": f"{spec.w} × {size} × {size}",
        "shape-2": f"{spec.w} × {out} × {out}",
        "shape-3": f"{spec.o} × {out} × {out}",
        "shape-s": {
            "none": "",
            "identity": f"{spec.i} × {size} × {size}",
        }.get(kind, f"{spec.o} × {out} × {out}"),
    }
    boxes = {
        "box-1": f"1×1, {spec.w}",
        "box-2": f"3×3, {spec.w}",
        "box-2b": f"stride {spec.s}, groups {spec.g}",
        "box-3": f"1×1, {spec.o}",
        "box-s": BOXES[kind][0].format(**spec.sizes),
        "box-sb": BOXES[kind][1].format(**spec.sizes),
        "sign": "≠" if fault else "+",
        "shape-y": "no output" if fault else shapes["shape-3"],
    }
    cells = {}
    for layer in LAYERS:
        parameters, macs = counted[layer]
        broken = fault == "groups" and layer in ("2", "all")
        cells[f"parameters-{layer}"] = "–" if broken else f"{parameters:,}"
        cells[f"macs-{layer}"] = "–" if broken else tenths(macs, 10**6)
    words = {
        "parameters": cells["parameters-all"],
        "macs": cells["macs-all"],
        "factor": tenths(basic_macs(spec, size), counted["all"][1]),
        "error": error,
        "repair": REPAIRS[fault].format(**spec.sizes) if fault else "",
    }
    state = "error" if fault else "plain" if kind == "none" else "fits"
    return {
        **shapes,
        **boxes,
        **cells,
        "sees": SEES.format(f=3, s=spec.s),
        "code": code(spec),
        "error": error,
        "repair": words["repair"],
        "state": state,
        "finding": FINDINGS[state].format(**words),
    }


def templates() -> dict[str, object]:
    """The sentences and the code that the twin fills."""
    return {
        "size": MAP,
        "groupsError": GROUPS_ERROR,
        "addError": ADD_ERROR,
        "padError": PAD_ERROR,
        "repairs": REPAIRS,
        "findings": FINDINGS,
        "sees": SEES,
        "code": CODE,
        "codeShortcut": CODE_SHORTCUT,
        "boxes": BOXES,
    }
