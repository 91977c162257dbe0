"""The notebook that a reader takes from the playground: her run once more, in her own PyTorch.

Answers "is this what PyTorch does?". :func:`template` gives the notebook without her run; in the
page ``book/_static/playground/export.js`` fills in her settings and the losses that she saw.
"""

import nbformat
from nbformat.v4 import new_code_cell as code
from nbformat.v4 import new_markdown_cell as text

from utils.notebook import frame

SLOTS = ("@address@", "@steps@", "@plain@", "@residual@")
"""What the page fills in: the settings, how many steps, and a list of losses for each network."""
WIDTH = 72
"""Columns of a code cell, also when the lists are filled in."""

CELLS = (
    (
        text,
        """\
# A run of the playground in PyTorch

You trained a plain and a residual network on a page of the book. This notebook trains both once
more, with PyTorch and with code of your own. It takes the settings `@address@`, the same initial
weights and the same mini-batches. Should the losses then be equal, or only similar? Write down
your guess before you run the cells.""",
    ),
    (
        code,
        """\
import math

import torch
import torch.nn.functional as F
from torch import nn

from utils.miniatures import playground

SETTINGS = playground.settings_of(
    "@address@"
)
STEPS = @steps@
SETTINGS""",
    ),
    (
        text,
        """\
## Which layers does a block need?

A layer multiplies by a matrix, and it normalises if the settings ask for it. Only the
initial weights come from the book. They are computed from the seed by a hash function instead of a
random generator, so the page and PyTorch get the same ones.

If the start is `zero`, the second layer of each block has a *scale* that begins at zero. With
normalisation, the scale is one of its parameters, and it multiplies the normalised outputs. Without
normalisation, the scale multiplies the weights of the layer.""",
    ),
    (
        code,
        """\
NORMALISE = {"batch": nn.BatchNorm1d, "layer": nn.LayerNorm}


def layer(number, inputs, last=False):
    width, kind = SETTINGS.width, SETTINGS.normalisation
    scale = 0.0 if last and SETTINGS.start == "zero" else 1.0
    linear = nn.Linear(inputs, width, bias=False)
    linear.weight.data = playground.first_weights(
        SETTINGS, number, inputs, width
    )
    if kind == "none":
        linear.weight.data *= scale
        return linear
    normalise = NORMALISE[kind](width).double()
    nn.init.constant_(normalise.weight, scale)
    return nn.Sequential(linear, normalise)""",
    ),
    (
        text,
        """\
A block has two layers. The two networks differ in one term of one line, which adds the input back.
Which line is it?""",
    ),
    (
        code,
        """\
class Block(nn.Module):
    def __init__(self, number, residual):
        super().__init__()
        width = SETTINGS.width
        self.first = layer(2 * number + 1, width)
        self.last = layer(2 * number + 2, width, last=True)
        self.residual = residual

    def forward(self, x):
        out = self.last(F.relu(self.first(x)))
        return F.relu(out + x if self.residual else out)""",
    ),
    (
        text,
        """\
Before the blocks comes a layer that takes the 64 pixels of a digit. After them comes a head, which
gives one score for each of the ten classes.""",
    ),
    (
        code,
        """\
class Net(nn.Module):
    def __init__(self, residual):
        super().__init__()
        numbers = range(SETTINGS.blocks)
        self.stem = layer(0, 64)
        self.blocks = nn.Sequential(
            *[Block(n, residual) for n in numbers]
        )
        self.head = nn.Linear(SETTINGS.width, 10).double()
        self.head.weight.data = playground.first_weights(
            SETTINGS, -1, SETTINGS.width, 10
        )
        nn.init.zeros_(self.head.bias)

    def forward(self, x):
        return self.head(self.blocks(F.relu(self.stem(x))))""",
    ),
    (
        text,
        """\
## Do both trainings give the losses of the page?

The loop below is the usual one. `playground.batches` yields one mini-batch after
another, as the indices of its images. The seed decides their order.""",
    ),
    (
        code,
        """\
def train(net):
    digits, losses = playground.digits(), []
    optimiser = torch.optim.SGD(
        net.parameters(),
        lr=SETTINGS.rate,
        momentum=SETTINGS.momentum,
    )
    batches = playground.batches(SETTINGS)
    for _, places in zip(range(STEPS), batches):
        x = digits.inputs(digits.train_images[places])
        y = torch.from_numpy(digits.train_labels[places])
        loss = F.cross_entropy(net(x), y)
        losses.append(loss.item())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return losses""",
    ),
    (
        code,
        """\
mine = {
    "plain": train(Net(residual=False)),
    "residual": train(Net(residual=True)),
}""",
    ),
    (
        text,
        """\
The next two cells hold what the page recorded: the loss of each step before the weights change,
with ten digits. A loss that is not a number is written as `nan`. The page stops a network whose
loss is `nan`.""",
    ),
    (
        code,
        """\
nan, inf = math.nan, math.inf
plain = [
@plain@
]""",
    ),
    (
        code,
        """\
residual = [
@residual@
]
page = {"plain": plain, "residual": residual}""",
    ),
    (
        text,
        """\
Compare a few steps by eye first. At which step do you see the first difference, if any?""",
    ),
    (
        code,
        """\
print("step      plain: page, here     residual: page, here")
for step in sorted({0, 1, 4, 9, 19, STEPS - 1} & set(range(STEPS))):
    print(f"{step + 1:4}", end="")
    for kind in ("plain", "residual"):
        for losses in (page[kind], mine[kind]):
            known = step < len(losses)
            print(f"{losses[step] if known else nan:13.6g}", end="")
    print()""",
    ),
    (
        text,
        """\
Now compare all steps. The gap is relative, which means that the difference of the two losses is
divided by the second of them.""",
    ),
    (
        code,
        """\
def largest_gap(ours, theirs):
    gaps = [
        abs(a - b) / max(abs(b), 1e-12)
        for a, b in zip(ours, theirs)
        if math.isfinite(b)
    ]
    return max(gaps, default=0.0)


for kind in ("plain", "residual"):
    gap = largest_gap(mine[kind], page[kind])
    print(f"{kind:8}  largest relative gap {gap:.1e}")""",
    ),
    (
        text,
        """\
**If training is stable, the page and PyTorch compute the same.** They add the same numbers in a
different order, so the last digits of the losses differ, but the gap stays far below a millionth.

Other settings are chaotic, and then the gap can be large although nothing is wrong. For example, a
plain network of twenty blocks with batch normalisation enlarges a difference in the last digit at
each step, until the losses have nothing in common. Even PyTorch on another machine could give
losses that differ from yours by as much. If your gap is large, compare the first steps, because
they show whether the networks are the same. *Computed: one seed, at most fifty steps.*

## Does the book's own code give the same?

The book records such trainings with `playground.run`, which also measures gradients and errors.
This function builds a network of its own. So a gap of zero would say that you have built the same
network.""",
    ),
    (
        code,
        """\
for kind in ("plain", "residual"):
    course = playground.run(
        SETTINGS, STEPS, residual=kind == "residual"
    )
    gap = largest_gap(mine[kind], course.losses)
    print(f"{kind:8}  gap to playground.run {gap:.1e}")""",
    ),
    (
        text,
        """\
## What happens when you change the block?

The page offers one kind of block, but this notebook is yours. Change `forward` of `Block` in one
of two ways. Run the cell of `Block` again, and then the cell below. Guess first: will the last loss
rise?

1. Move the ReLU before the addition: `return F.relu(out) + x`. ReLU never gives a negative number,
   so the value of each unit can only grow from block to block.
2. Drop some units: write `out = F.dropout(out, 0.1, self.training)` before the `return`.""",
    ),
    (
        code,
        """\
changed = train(Net(residual=True))
print(f"last loss before {mine['residual'][-1]:.4f}")
print(f"last loss now    {changed[-1]:.4f}")""",
    ),
)
"""Kind and source of each cell between the first ones and the last one of every notebook."""


def template() -> nbformat.NotebookNode:
    """The notebook with :data:`SLOTS` in the place of a run, in format 4.

    Its first cells and its last one are those of the book's notebooks: they find the book's code,
    or fetch it. Cells that the page fills in hold the slots as they stand in :data:`SLOTS`.
    """
    cells = [
        text(CELLS[0][1]),
        code(frame.bootstrap(), metadata=frame.FOLDED),
        code(frame.begin({}), metadata={"tags": [frame.BEGIN_TAG]}),
        *(make(source) for make, source in CELLS[1:]),
        code(frame.END, metadata={"tags": [frame.END_TAG]}),
    ]
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number:02d}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
