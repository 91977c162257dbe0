"""The clinic's checks pass each sound repair and refuse the tempting ones that repair nothing."""

import pytest
import torch
from torch import nn

from tests.shared.clinic_cells import CLINIC, ill, opened, run_cells, well
from tests.shared.clinic_training import SOUND_TRAINING, UNSOUND_TRAINING
from utils.models import BasicBlock
from utils.practice import ward

FIRST_RELU = "F.relu(self.bn1(self.conv1(x)))"
HALVES = "x[:, :, ::2, ::2]"
DOUBLED = "F.pad({}, (0, 0, 0, 0, 8, 8))"
ONE_BLOCK = '[BasicBlock(16, 16, 1, "A")] * blocks'
NEW_BLOCKS = '[BasicBlock(16, 16, 1, "A") for _ in range(blocks)]'
SPLIT = "x.split(at_once)"
STEM = "nn.Conv2d(3, 16, 7, stride=2, padding=3, bias=False)"
POOL = "    nn.MaxPool2d(3, stride=2, padding=1),\n"
STEP = "    optimiser.step()\n"
SILENT = "nn.init.zeros_(module.bn{}.weight)"

SOUND = {
    (1, "option A instead of a projection"): "class HalvingBlock(BasicBlock):\n"
    "    def __init__(self, in_channels, channels):\n"
    '        super().__init__(in_channels, channels, 2, "A")\n',
    (1, "every second pixel and zeros"): ill(1, ("out + x", f"out + {DOUBLED.format(HALVES)}")),
    (1, "means of four pixels and zeros"): ill(
        1, ("out + x", f"out + {DOUBLED.format('F.avg_pool2d(x, 2)')}")
    ),
    (2, "the stride in the second convolution"): ill(
        2, ("conv3x3(in_channels, channels, stride)", "conv3x3(in_channels, channels)"),
    ),
    (3, "a copy for the branch"): ill(3, ("self.branch(x)", "self.branch(x.clone())")),
    (3, "the ReLU as a function"): ill(
        3,
        ("        nn.ReLU(inplace=True),\n            conv3x3(channels, channels),\n"
         "            nn.BatchNorm2d", "        conv3x3(channels, channels),\n"
         "            nn.BatchNorm2d"),
        ("self.branch(x)", "self.branch(F.relu(x))"),
    ),
    (4, "the ReLU after an addition in place"): ill(
        4,
        ("F.relu(self.bn2(self.conv2(out)))", "self.bn2(self.conv2(out))"),
        ("return out + x", "out += x\n        return out.relu()"),
    ),
    (4, "the book's block"): "class GrowingBlock(BasicBlock):\n"
    "    def __init__(self, channels):\n"
    '        super().__init__(channels, channels, 1, "A")\n',
    (5, "the sum of a stack"): ill(
        5, ("torch.cat([out, x], dim=1)", "torch.stack([out, x]).sum(0)")
    ),
    (6, "blocks in a Sequential"): ill(6, ("list(chain)", "nn.Sequential(*chain)")),
    (6, "a list whose blocks are registered one by one"): ill(
        6,
        ("self.head =", "for n, block in enumerate(self.blocks):\n"
         '            self.add_module(f"block{n}", block)\n        self.head ='),
    ),
    (7, "copies of one block"): "import copy\n"
    + ill(7, (ONE_BLOCK, "[copy.deepcopy(block) for block in " + ONE_BLOCK + "]")),
    (8, "the last normalisation by its place"): ill(
        8, (SILENT.format(1), "norms = [m for m in module.modules() if hasattr(m, 'eps')]"),
        (SILENT.format(2), "nn.init.zeros_(norms[-1].weight)"),
    ),
    (9, "the mode given back"): well(
        9,
        ("    net.eval()\n", "    mode = net.training\n    net.eval()\n"),
        ("    return", "    net.train(mode)\n    return"),
    ),
    (9, "a copy that is tested"): "import copy\n"
    + ill(9, ("    guesses", "    net = copy.deepcopy(net).eval()\n    guesses")),
    (10, "a large kernel with stride 1"): ill(
        10, (STEM, STEM.replace("stride=2", "stride=1")), (POOL, "")
    ),
    (11, "logarithms of probabilities"): ill(11, (".softmax(1)", ".log_softmax(1)")),
    (12, "gradients cleared after the step"): ill(
        12, (STEP, STEP + "    optimiser.zero_grad()\n")
    ),
    (12, "the network's gradients cleared"): ill(
        12, ("    loss.backward()", "    net.zero_grad()\n    loss.backward()")
    ),
    **SOUND_TRAINING,
}  # fmt: skip
"""Repairs other than the printed ones that leave nothing wrong."""

SUM, ELSEWHERE = "the output is not ReLU(branch + shortcut)", "and no other place"
OTHER_NUMBERS = "a healthy block with these weights gives other numbers"
LEFT_OUT, ONCE = "the branch is left out", "stride 2 must halve the map once"
DEPENDS = "an answer must not depend on the other images"
UNSOUND = {
    (1, "the shortcut left out"): (
        ill(1, ("F.relu(out + x)", "F.relu(out)")),
        "with a silent branch nothing arrives",
    ),
    (1, "the branch left out"): (
        well(1, ("out + self.shortcut(x)", "self.shortcut(x)")), LEFT_OUT,
    ),
    (1, "the corner of the map"): (
        ill(1, ("out + x", f"out + {DOUBLED.format('x[:, :, :4, :4]')}")), ELSEWHERE,
    ),
    (1, "the mean of the input"): (ill(1, ("out + x", "out + x.mean()")), ELSEWHERE),
    (1, "no ReLU at the end"): (
        well(1, ("F.relu(out + self.shortcut(x))", "out + self.shortcut(x)")),
        "the block of the paper ends with ReLU",
    ),
    (2, "stride 4 on the shortcut too"): (
        ill(2, ("conv1x1(in_channels, channels, stride)",
                "conv1x1(in_channels, channels, stride**2)")),
        ONCE,
    ),
    (2, "the shortcut not added"): (well(2, (" + self.shortcut(x)", "")), SUM),
    (2, "the branch not added"): (well(2, ("self.branch(x) + ", "")), SUM),
    (2, "the branch averaged to one number a map"): (
        ill(2, ("self.branch(x)", "F.adaptive_avg_pool2d(self.branch(x), 1)")), "broadcasting",
    ),
    (2, "the branch enlarged again"): (
        ill(2, ("self.branch(x)", "F.interpolate(self.branch(x), scale_factor=2)")),
        "broadcasting",
    ),
    (2, "the branch enlarged within"): (
        ill(2, ("                conv3x3(channels, channels, stride),\n"[4:],
                "            conv3x3(channels, channels, stride),\n"
                "            nn.Upsample(scale_factor=2),\n")),
        ONCE,
    ),
    (3, "the first ReLU deleted"): (
        well(3, ("            nn.ReLU(),\n", "")), "its first ReLU is lost",
    ),
    (3, "the second ReLU deleted"): (
        well(3, ("            nn.ReLU(inplace=True),\n", "")),
        "the ReLU after the normalisation is lost",
    ),
    (3, "the branch left out"): (well(3, ("self.branch(x) + x", "x.clone()")), LEFT_OUT),
    (3, "a copy for the shortcut alone"): (
        ill(3, ("return self.branch(x) + x", "kept = x.clone()\n        "
                "return self.branch(x) + kept")),
        "must not change its input",
    ),
    (4, "no ReLU at the end"): (
        well(4, ("F.relu(out + x)", "out + x")), "the block of the paper ends with ReLU",
    ),
    (4, "the shortcut left out"): (ill(4, ("out + x", "F.relu(out)")), OTHER_NUMBERS),
    (4, "the branch subtracted"): (ill(4, ("out + x", "F.relu(x - out)")), OTHER_NUMBERS),
    (4, "the branch halved"): (well(4, ("out + x", "out / 2 + x")), OTHER_NUMBERS),
    (4, "the first ReLU moved to the end"): (
        well(4, (FIRST_RELU, "self.bn1(self.conv1(x))")), OTHER_NUMBERS,
    ),
    (5, "the branch cut off"): (
        ill(5, ("dim=1)", "dim=1)[:, 16:]")), OTHER_NUMBERS,
    ),
    (5, "the shortcut cut off"): (
        ill(5, ("dim=1)", "dim=1)[:, :16]")), "F = 0 must return the input",
    ),
    (5, "the larger of the two"): (
        ill(5, ("torch.cat([out, x], dim=1)", "torch.maximum(out, x)")), OTHER_NUMBERS,
    ),
    (6, "parameters() that names the blocks too"): (
        ill(6, ("    def forward", "    def parameters(self, recurse=True):\n"
                "        yield from super().parameters()\n"
                "        for block in self.blocks:\n"
                "            yield from block.parameters()\n\n    def forward")),
        "net.eval() does not reach the blocks",
    ),
    (6, "one block registered three times"): (
        well(6, ('(BasicBlock(16, 16, 1, "A") for _ in range(blocks))', ONE_BLOCK)),
        "three times the weights of one",
    ),
    (6, "the first block registered alone"): (
        ill(6, ("self.head =", "self.first = self.blocks[0]\n        self.head =")),
        "blocks that the optimiser never sees",
    ),
    (7, "shallow copies"): (
        "import copy\n" + ill(7, (ONE_BLOCK, f"[copy.copy(b) for b in {ONE_BLOCK}]")),
        "9 blocks are wanted, and there is only 1",
    ),
    (7, "always nine blocks"): (
        ill(7, (ONE_BLOCK, NEW_BLOCKS.replace("blocks)", "9)"))),
        "3 blocks are wanted, and there are 9",
    ),
    (7, "nine blocks, and one is used"): (
        ill(7, (ONE_BLOCK, NEW_BLOCKS), ("self.blocks(self", "self.blocks[0](self")),
        "blocks that no image goes through",
    ),
    (8, "nothing silenced"): ("def start_silently(net):\n    pass\n", "should be silent"),
    (8, "the first scale alone"): (
        ill(8, ("            " + SILENT.format(2), "")), "never get a gradient",
    ),
    (8, "silent scale, loud shift"): (
        well(8, (SILENT.format(2), SILENT.format(2) + "\n            "
                 "nn.init.ones_(module.bn2.bias)")),
        "should be silent at the start",
    ),
    (8, "scales that are small instead of zero"): (
        well(8, (SILENT.format(2), "nn.init.constant_(module.bn2.weight, 1e-3)")),
        "should be silent at the start",
    ),
    (9, "always one image at a time"): (
        ill(9, (SPLIT, "x.split(1)")), "must be right more often",
    ),
    (9, "one at a time while it trains"): (
        ill(9, (SPLIT, "x.split(1 if net.training else at_once)")), "must be right more often",
    ),
    (9, "always all images at once"): (ill(9, (SPLIT, "x.split(len(x))")), DEPENDS),
    (9, "averages made of the test images"): (
        well(9, ("    net.eval()\n", "    net.train()\n    net(x)\n    net.eval()\n")), DEPENDS,
    ),
    (9, "a layer that counts the tests"): (
        well(9, ("    net.eval()\n", "    net.bn1.num_batches_tracked += 1\n    net.eval()\n")),
        "the test images have changed the network",
    ),
    (10, "enlarged pictures"): (
        ill(10, (STEM, "nn.Upsample(scale_factor=4),\n        " + STEM)),
        "may change the 32 pixels, and the maps are [128, 64, 64, 64, 32]",
    ),
    (10, "maps enlarged after the stem"): (
        ill(10, (POOL, POOL + "        nn.Upsample(32),\n")), "may change the 32 pixels",
    ),
    (10, "no ReLU in the stem"): (
        well(10, ("        nn.ReLU(),\n", "")), "must get its input after ReLU",
    ),
    (10, "the pooling alone removed"): (ill(10, (POOL, "")), "32 pixels need maps of"),
    (11, "probabilities times a hundred"): (
        ill(11, (".softmax(1)", ".softmax(1) * 100")), "still bends the scores",
    ),
    (11, "twenty sigmoids"): (
        ill(11, (".softmax(1)", ".sigmoid() * 20")), "still bends the scores",
    ),
    (11, "another axis"): (ill(11, (".softmax(1)", ".softmax(0)")), "must bring the loss to zero"),
    (12, "gradients cleared before the step"): (
        ill(12, (STEP, "    optimiser.zero_grad()\n" + STEP)), "the step changes nothing",
    ),
    (12, "gradients clipped"): (
        ill(12, (STEP, "    nn.utils.clip_grad_norm_(net.parameters(), 1.0)\n" + STEP)),
        "same weights, same images, other gradient",
    ),
    (12, "the weights cleared, the shifts not"): (
        ill(12, ("    loss.backward()", "    for part in net.parameters():\n"
                 "        part.grad = part.grad if part.dim() == 1 else None\n"
                 "    loss.backward()")),
        "more than the gradient of its images",
    ),
    (12, "cleared at every second step"): (
        ill(12, ("    loss = ", "    net.steps = getattr(net, 'steps', 0) + 1\n"
                 "    if net.steps % 2:\n        optimiser.zero_grad()\n    loss = ")),
        "same weights, same images, other gradient",
    ),
    (12, "the last layer alone cleared"): (
        ill(12, ("    loss.backward()", "    net[-1].zero_grad()\n    loss.backward()")),
        "same weights, same images, other gradient",
    ),
    (12, "no step at all"): (well(12, (STEP, "")), "the step changes nothing"),
    **UNSOUND_TRAINING,
}  # fmt: skip
"""Repairs that remove the symptom and leave something wrong, and words that the check says."""


def named(case: tuple[int, str]) -> str:
    return f"{case[0]}: {case[1]}"


@pytest.mark.parametrize("case", SOUND, ids=named)
def test_another_sound_repair_passes(case):
    printed = run_cells(SOUND[case], CLINIC.patients[case[0] - 1].check, names=opened())
    assert printed.endswith(f"GREEN, patient {case[0]}: well.\n"), printed


@pytest.mark.parametrize("case", UNSOUND, ids=named)
def test_an_unsound_repair_is_refused_with_a_reason(case):
    code, told = UNSOUND[case]
    printed = run_cells(code, CLINIC.patients[case[0] - 1].check, names=opened())
    verdict = " ".join(printed.partition("RED")[2].split())
    assert told in verdict and "Error:" not in verdict, printed


def test_every_patient_has_another_sound_repair_and_three_unsound_ones():
    for number in range(1, ward.PATIENTS + 1):
        assert sum(case[0] == number for case in SOUND) >= 1, number
        assert sum(case[0] == number for case in UNSOUND) >= 3, number


@pytest.mark.parametrize("training", [True, False])
def test_a_healthy_twin_has_the_weights_and_the_mode_and_leaves_the_block_alone(training):
    torch.manual_seed(0)
    block, x = BasicBlock(4, 4, 1, "A").train(training), torch.rand(2, 4, 5, 5)
    for part in block.state_dict().values():
        part.copy_(torch.rand(part.shape) + 0.5)
    twin = ward.healthy_twin(block)
    assert torch.equal(twin(x), block(x))
    nn.init.zeros_(twin.bn2.weight)
    assert block.bn2.weight.all() and twin.training == training


@pytest.mark.parametrize("block", [nn.ReLU(), nn.Conv2d(4, 4, 3), BasicBlock(4, 8, 2, "B")])
def test_a_twin_of_another_kind_of_block_is_refused(block):
    with pytest.raises(ValueError, match="must keep its layers"):
        ward.healthy_twin(block)
