"""Small changes of one line that nothing noticed once: each is noticed here, with its kind."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

import pytest
import torch
from torch import nn
from tqdm import tqdm

from utils import data
from utils.chapters.bottleneck import roofline as roofline_figures
from utils.data.augment import Normaliser
from utils.files import records
from utils.files.records import unpack
from utils.files.whole import Locked, exclusive
from utils.miniatures.jacobians import make_chain
from utils.models.blocks import BasicBlock, Bottleneck
from utils.models.counting import count_macs
from utils.models.initialise import initialise_he
from utils.models.networks import build, cifar_bottleneck_architecture, cifar_net, stage_shapes
from utils.models.starts import Start, build_start
from utils.practice.bank import read_bank
from utils.practice.kinds import QuestionError
from utils.probes import readings as measuring
from utils.probes import roofline as roofline_module
from utils.probes import timing
from utils.probes.layers import LayerCost, block_windows
from utils.probes.lesions import deletions
from utils.probes.timing import Timing
from utils.record import experiments
from utils.record import runs as record
from utils.record.gradient_norms import (
    BATCH,
    Neighbours,
    first_batch,
    freeze_statistics,
    neighbour_cosines,
)
from utils.training import trainer as training
from utils.training.distributed import Workers
from utils.training.prediction import predict
from utils.training.recipes import TrainConfig, recipe
from utils.training.trainer import CHECK_EVERY_STEPS, Trainer

KINDS = Path(__file__).parents[1] / "given" / "questions" / "kinds.yml"


# The smallest network ------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [2, -4])
def test_a_family_begins_with_one_block_in_each_stage(depth):
    assert [len(stage) for stage in (cifar_net(8).layer1, cifar_net(8).layer3)] == [1, 1]
    with pytest.raises(ValueError, match=rf"6n \+ 2 .*, not {depth}"):
        cifar_net(depth)


@pytest.mark.parametrize("name", ["plain-2", "resnet-2", "preact-2", "resnet-2-B"])
def test_no_name_builds_a_network_without_blocks(name):
    with pytest.raises(ValueError, match=r"6n \+ 2"):
        build(name)


@pytest.mark.parametrize("depth", [2, -7])
def test_the_bottleneck_family_begins_with_one_block_in_each_stage(depth):
    assert cifar_bottleneck_architecture(11).blocks == (1, 1, 1)
    with pytest.raises(ValueError, match=rf"9n \+ 2 .*, not {depth}"):
        cifar_bottleneck_architecture(depth)


@pytest.mark.parametrize("blocks", [0, -1])
def test_a_chain_has_at_least_one_block(blocks):
    assert len(make_chain("plain", 1).weights) == 1
    with pytest.raises(ValueError, match="at least 1 block"):
        make_chain("plain", blocks)


@pytest.mark.parametrize(
    "changes", [{"batch_size": 0}, {"epochs": 0}, {"learning_rate": 0.0}, {"epochs": -1}]
)
def test_a_recipe_that_trains_nothing_is_refused(changes):
    (field,) = changes
    with pytest.raises(ValueError, match=f"{field} must be positive"):
        TrainConfig("none", **changes)
    assert getattr(TrainConfig("least", **{field: 1}), field) == 1


# The mode of a network -----------------------------------------------------------------------


MODES = {
    "predict": lambda net: predict(
        net,
        torch.zeros(2, 3, 16, 16, dtype=torch.uint8),
        Normaliser(torch.zeros(1), torch.ones(1)),
    ),
    "count_macs": lambda net: count_macs(net, 16),
    "stage_shapes": lambda net: stage_shapes(net, 16),
}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", MODES)
def test_what_looks_at_a_network_leaves_its_mode_and_its_statistics(name, training):
    net = build("resnet-8").train(training)
    before = {key: value.clone() for key, value in net.state_dict().items()}
    MODES[name](net)
    assert all(module.training is training for module in net.modules())
    assert all(torch.equal(net.state_dict()[key], value) for key, value in before.items())


def test_predictions_are_made_in_evaluation_mode():
    net = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(12, 2)).train()
    images = torch.full((3, 3, 2, 2), 200, dtype=torch.uint8)
    normaliser = Normaliser(torch.zeros(1), torch.ones(1))
    expected = net[2](torch.full((3, 12), 200 / 255)).softmax(1)
    assert torch.allclose(predict(net, images, normaliser), expected, atol=1e-6)


# Draws ---------------------------------------------------------------------------------------


def test_each_number_of_deleted_blocks_has_a_draw_of_its_own():
    # Of 54 blocks a random pair holds a given block with probability 2 / 54, so about 1 of 30.
    found = [(deletions(54, 1, 1, seed)[0], deletions(54, 2, 1, seed)[0]) for seed in range(30)]
    assert sum(set(one) <= set(two) for one, two in found) < 8


def test_each_seed_has_a_draw_of_its_own():
    drawn = {deletions(54, 3, 1, seed)[0] for seed in range(20)}
    assert len(drawn) == 20


# Units ---------------------------------------------------------------------------------------


def cells_of(markup: str) -> list[list[str]]:
    """The data cells of a table, row by row."""
    rows = re.findall(r"<tr><th scope=\"row\">.*?</tr>", markup, re.DOTALL)
    return [re.findall(r"<td>(.*?)</td>", row) for row in rows]


def milliseconds(markup: str) -> list[list[float]]:
    """Every number of every row that is followed by ms; a range gives both ends."""
    found = []
    for row in cells_of(markup):
        cells = [cell for cell in row if cell.endswith(" ms")]
        found.append([float(n) for cell in cells for n in re.findall(r"\d+\.\d+", cell)])
    return found


TIMING = {"median": 0.0625, "lower": 0.03125, "upper": 0.125, "count": 2}
NAMES = list(roofline_module.chapter_blocks())


def test_times_of_blocks_stand_in_milliseconds_in_every_column():
    timings = {name: Timing(**TIMING) for name in NAMES}
    shown = roofline_figures.timing_table(timings, batch=1, size=4).markup
    assert milliseconds(shown) == [[62.5, 31.25, 125.0]] * len(NAMES)


def test_recorded_times_of_blocks_stand_in_milliseconds():
    made = {
        "machine": {"device": "Test", "device_type": "cpu", "threads": 1},
        "blocks": {"inference": dict.fromkeys(NAMES, TIMING)},
        "batch_size": 2,
        "size": 4,
    }
    shown = roofline_figures.recorded_table([made]).markup
    assert milliseconds(shown) == [[62.5]] * len(NAMES)


def test_times_of_layers_and_of_their_roofs_stand_in_milliseconds():
    # 1,000 MACs are 2,000 operations: at 1e5 a second 20 ms, far above what moving takes.
    cost = LayerCost("conv1", (1, 10, 10), (1, 10, 10), 10, 1_000, False)
    roofs = roofline_module.Device(peak=1e5, bandwidth=1e12)
    shown = roofline_figures.layer_table({"conv1": (cost, Timing(**TIMING))}, roofs, batch=1).markup
    assert milliseconds(shown) == [[20.0, 62.5]]
    assert "32%" in cells_of(shown)[0]


def test_parts_of_blocks_stand_in_milliseconds_in_every_column(monkeypatch):
    parts = roofline_figures.BlockParts(0.25, 0.125, 0.5, 0.0625)
    monkeypatch.setattr(roofline_figures, "block_parts", lambda record: {"block": parts})
    machine = {"device": "Test", "device_type": "cpu", "threads": 1}
    shown = roofline_figures.parts_table([{"machine": machine}]).markup
    # The remainder is 500 less 250 and 125.
    assert milliseconds(shown) == [[250.0, 125.0, 500.0, 125.0, 62.5]]


# Locks ---------------------------------------------------------------------------------------


def test_a_lock_has_one_holder_and_is_free_after_it(tmp_path):
    path = tmp_path / "locks" / "run.lock"
    with exclusive(path, 0):
        with pytest.raises(Locked, match=re.escape(str(path))), exclusive(path, 0):
            pytest.fail("held twice")
        with pytest.raises(Locked), exclusive(path, 0.3):
            pytest.fail("held twice after waiting")
    with exclusive(path, 0):
        assert path.exists()


def test_a_lock_is_freed_when_its_holder_fails(tmp_path):
    with pytest.raises(KeyError), exclusive(tmp_path / "run.lock", 0):
        raise KeyError
    with exclusive(tmp_path / "run.lock", 0):
        pass


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a second process by fork")
def test_a_lock_holds_against_another_process(tmp_path):
    path = tmp_path / "run.lock"
    with exclusive(path, 0):
        child = os.fork()
        if child == 0:
            try:
                with exclusive(path, 0):
                    os._exit(1)
            except Locked:
                os._exit(0)
        assert os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize("what", ["record", "judge_again"])
def test_two_recorders_of_one_run_do_not_work_at_once(tmp_path, monkeypatch, what):
    monkeypatch.setattr(records, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(record, "CHECKPOINTS", tmp_path / "checkpoints")
    monkeypatch.setattr(record, "perform", lambda *_: pytest.fail("trained beside another"))
    monkeypatch.setattr(record, "_judge_kept", lambda *_: pytest.fail("judged beside another"))
    run = experiments.runs("fast-20")[0]
    place = record.Workers(0, 1, torch.device("cpu"))
    with exclusive(tmp_path / "checkpoints" / "fast-20" / f"{run.name}.lock", 0):
        assert getattr(record, what)(run, place) == "busy"


# Right options -------------------------------------------------------------------------------


SECOND_RIGHT = {
    "single": ("    - text: A lower one.\n", "    - text: A lower one.\n      correct: true\n"),
    "bug": (
        "    - text: The maps differ.\n",
        "    - text: The maps differ.\n      correct: true\n",
    ),
    "output": ('    - text: "`[1.0, 1.0]`"\n', '    - text: "`[1.0, 1.0]`"\n      correct: true\n'),
}


def bank_error(folder: Path, text: str) -> str:
    """What is said about a bank of one file; "" for nothing."""
    (folder / "topic.yml").write_text(text, encoding="utf-8")
    try:
        read_bank(folder)
    except QuestionError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("kind", SECOND_RIGHT)
def test_a_question_with_one_answer_has_not_two_right_options(tmp_path, kind):
    old, new = SECOND_RIGHT[kind]
    text = KINDS.read_text(encoding="utf-8")
    assert text.count(old) == 1
    said = bank_error(tmp_path, text.replace(old, new))
    assert f"question test-{kind}" in said
    assert "exactly one option must be correct, not 2" in said


# Readings and starts -------------------------------------------------------------------------


def test_he_draws_every_convolution_by_its_fan_out():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(64, 128, 3), nn.Conv2d(128, 32, 1))
    initialise_he(net)
    spreads = [layer.weight.std().item() for layer in net]
    assert spreads == pytest.approx([(2 / (9 * 128)) ** 0.5, (2 / 32) ** 0.5], rel=0.03)


@pytest.mark.parametrize(
    ("block", "windows"),
    [
        (BasicBlock(16, 32, stride=2, shortcut="A"), [(3, 2), (3, 1)]),
        (Bottleneck(64, 16, stride=2, shortcut="B"), [(1, 1), (3, 2), (1, 1)]),
    ],
    ids=("basic", "bottleneck"),
)
def test_the_windows_of_a_block_are_those_of_all_its_convolutions(block, windows):
    assert block_windows(block) == windows


def test_neighbours_are_compared_under_the_statistics_of_the_batch():
    start = Start(8, "plain")
    asked = Neighbours(start, (3,), images=2, distances=(0.1, 0.4), dataset="digits")
    (told,) = unpack(asked.perform()["rows"]["cosine"])
    inputs, _ = first_batch("digits", 3, BATCH)
    net = build_start(start, 3)
    freeze_statistics(net, inputs)
    expected = neighbour_cosines(net, inputs[:2], (0.1, 0.4))
    assert told.tolist() == pytest.approx(expected.tolist(), rel=1e-3)


def small_trainer(world: int = 1) -> Trainer:
    torch.manual_seed(0)
    net = nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(12, 10))
    config = recipe("fast", epochs=1, flip=False, batch_size=16, small_size=0)
    workers = Workers(0, world, torch.device("cpu"))
    return Trainer(net, data.load("digits"), config, 0, workers)


def test_a_bar_moves_within_an_epoch():
    """Every twenty steps, and once at the end."""
    seen = []

    class Bar(tqdm):
        def set_postfix(self, *args, **kwargs) -> None:
            seen.append(self.n)

    trainer = small_trainer()
    with Bar(total=trainer.total_steps, file=io.StringIO()) as bar:
        trainer.train_epoch(bar)
    steps = trainer.total_steps
    assert seen == [*range(CHECK_EVERY_STEPS, steps + 1, CHECK_EVERY_STEPS), steps]


@pytest.mark.parametrize(("disabled", "rows"), [(True, [torch.ones(2)]), (False, [])])
def test_a_bar_that_is_off_or_has_nothing_to_say_is_left_alone(disabled, rows):
    class Bar:
        disable, n = disabled, 0

        def set_postfix(self, **_: str) -> None:
            pytest.fail("shown")

    bar = Bar()
    Trainer._show(None, bar, rows, 1.0)
    assert bar.n == 0


@pytest.mark.parametrize("kind", ["cuda", "mps", "cpu"])
def test_a_clock_waits_for_the_device_that_was_asked(kind, monkeypatch):
    waited = []
    monkeypatch.setattr(torch.cuda, "synchronize", lambda device: waited.append(device.type))
    monkeypatch.setattr(torch.mps, "synchronize", lambda: waited.append("mps"))
    timing.synchronise(torch.device(kind))
    assert waited == [kind] * (kind != "cpu")


def test_a_step_counts_the_images_that_were_guessed_wrong():
    trainer = small_trainer()
    images, labels = trainer.train_split.images[:16].float(), trainer.train_split.labels[:16]
    with torch.no_grad():
        guesses = trainer.net(trainer.normaliser(images)).argmax(1)
    wrong = int((guesses != labels).sum())
    assert wrong not in (0, 8, 16)
    assert trainer.train_step(images, labels)[1] == wrong


@pytest.mark.parametrize("world", [1, 2])
def test_gradients_are_shared_where_there_are_several_processes(world, monkeypatch):
    class Shared(nn.Module):
        def __init__(self, net: nn.Module) -> None:
            super().__init__()
            self.inner = net

    monkeypatch.setattr(training, "DistributedDataParallel", Shared)
    trainer = small_trainer(world)
    assert isinstance(trainer.model, Shared) is (world > 1)
    assert (trainer.model if world == 1 else trainer.model.inner) is trainer.net


def test_what_is_positive_at_all_is_not_dead():
    # Channels: never above zero, above it a little, at zero, and once.
    values = torch.tensor([[-1.0, 0.1, 0.0, -2.0], [-0.5, 0.2, 0.0, 0.3]])
    assert measuring.dead_share(values) == 0.5
    maps = values[:, :, None, None].expand(2, 4, 3, 3)
    for layout in (torch.contiguous_format, torch.channels_last):
        assert measuring.dead_share(maps.contiguous(memory_format=layout)) == 0.5
