"""Fine-tuning: what is frozen stays, what should learn learns, and nothing is left changed."""

import copy
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from utils.results import compare
from utils.results.verdict import SHOWN
from utils.training import transfer

ROOT = Path(__file__).parents[2]
TOLERANCE = 0.10
"""How far an accuracy of the stored run may lie from that of another machine."""


class Small(nn.Module):
    """A trunk with batch normalisation and a head called fc, quick enough to train in a test."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, stride=2, bias=False)
        self.bn = nn.BatchNorm2d(8)
        self.fc = nn.Linear(8, 1000)

    def forward(self, x):
        return self.fc(torch.relu(self.bn(self.conv(x))).mean((2, 3)))


@pytest.fixture
def small():
    torch.manual_seed(0)
    net = Small()
    transfer.replace_head(net, 2)
    return net


@pytest.fixture
def bright_or_dark():
    torch.manual_seed(1)
    labels = torch.arange(60) % 2
    images = torch.randn(60, 3, 32, 32) + 3 * labels[:, None, None, None]
    return images, labels


def train(net, images, labels, epochs=1, rate=0.1):
    optimiser = torch.optim.SGD(transfer.parameter_groups(net, rate), momentum=0.9)
    return [transfer.train_epoch(net, optimiser, images, labels, 20) for _ in range(epochs)]


def test_a_frozen_trunk_does_not_move_and_the_head_learns(small, bright_or_dark):
    images, labels = bright_or_dark
    transfer.freeze_trunk(small)
    before = copy.deepcopy(small.state_dict())
    losses = train(small, images, labels, epochs=15)
    after = small.state_dict()
    for name, old in before.items():
        assert torch.equal(old, after[name]) != name.startswith("fc."), name
    assert losses[-1] < losses[0] / 2
    assert transfer.evaluate(small, images, labels) > 0.9


def test_statistics_drift_in_a_plain_training_mode(small, bright_or_dark):
    transfer.freeze_trunk(small)
    before = small.bn.running_mean.clone()
    small.train()
    small(bright_or_dark[0])
    assert not torch.equal(small.bn.running_mean, before)


def test_an_unfrozen_net_moves_everywhere(small, bright_or_dark):
    transfer.freeze_trunk(small)
    transfer.unfreeze(small)
    before = copy.deepcopy(small.state_dict())
    train(small, *bright_or_dark)
    after = small.state_dict()
    assert not [name for name, old in before.items() if torch.equal(old, after[name])]


def test_evaluation_gives_every_layer_its_mode_back(small, bright_or_dark):
    transfer.freeze_trunk(small)
    transfer.train_mode(small)
    before = {name: module.training for name, module in small.named_modules()}
    assert before == {"": True, "conv": True, "bn": False, "fc": True}
    transfer.evaluate(small, *bright_or_dark)
    assert {name: module.training for name, module in small.named_modules()} == before


def test_evaluation_gives_the_mode_back_after_a_failure(small):
    small.train()
    with pytest.raises(ValueError, match=r"and inputs .* have 5"):
        transfer.evaluate(small, torch.zeros(2, 5, 8, 8), torch.zeros(2).long())
    assert small.bn.training


def test_accuracy_counts_right_guesses():
    class Fixed(nn.Module):
        def forward(self, x):
            return nn.functional.one_hot(x[:, 0, 0, 0].long(), 3).float()

    images = torch.tensor([0.0, 1, 2, 2]).view(4, 1, 1, 1)
    assert transfer.evaluate(Fixed(), images, torch.tensor([0, 1, 2, 0])) == 0.75


def test_the_trunk_learns_a_tenth_as_fast_as_the_head(small):
    head, trunk = transfer.parameter_groups(small, head_rate=0.2)
    assert (head["lr"], trunk["lr"]) == (0.2, pytest.approx(0.02))
    assert sum(p.numel() for p in head["params"]) == 8 * 2 + 2
    assert sum(p.numel() for p in trunk["params"]) == 8 * 3 * 9 + 8 + 8


def test_a_frozen_trunk_is_not_given_to_the_optimiser(small):
    transfer.freeze_trunk(small)
    assert len(transfer.parameter_groups(small, 0.1)) == 1


@pytest.mark.parametrize("factor", [0, -0.1, 1.5])
def test_an_impossible_factor_is_refused(small, factor):
    with pytest.raises(ValueError, match="freeze it"):
        transfer.parameter_groups(small, 0.1, factor)


def test_refreshed_statistics_are_those_of_the_images(small, bright_or_dark):
    images, _ = bright_or_dark
    transfer.refresh_statistics(small, images, batch_size=20)
    maps = small.conv(images)
    by_hand = torch.stack([part.mean((0, 2, 3)) for part in maps.split(20)]).mean(0)
    assert torch.allclose(small.bn.running_mean, by_hand, atol=1e-5)
    assert small.bn.momentum == 0.1


def test_refreshing_leaves_a_frozen_trunk_alone(small, bright_or_dark):
    transfer.freeze_trunk(small)
    before = small.bn.running_mean.clone()
    transfer.refresh_statistics(small, bright_or_dark[0])
    assert torch.equal(small.bn.running_mean, before)


def test_a_label_without_output_is_named_before_training(small, bright_or_dark):
    images, labels = bright_or_dark
    with pytest.raises(ValueError, match=r"label 3 but the head has 2 outputs.*net, 4"):
        train(small, images, labels + 2)


@pytest.mark.parametrize("classes", [0, 1])
def test_a_head_needs_two_classes(small, classes):
    with pytest.raises(ValueError, match="at least 2"):
        transfer.replace_head(small, classes)


def test_a_net_without_fc_is_refused():
    with pytest.raises(TypeError, match="no linear layer fc"):
        transfer.replace_head(nn.Sequential(nn.Linear(2, 2)), 2)


def test_offline_weights_are_random_and_said_to_be(monkeypatch):
    monkeypatch.setenv("RESNET_BOOK_OFFLINE", "1")
    with pytest.warns(UserWarning, match="nothing is transferred"):
        net, origin = transfer.load_resnet18()
    assert origin.startswith("random")
    assert sum(p.numel() for p in net.parameters()) == 11_689_512


def test_a_failed_download_says_why(monkeypatch):
    plain = transfer.resnet18

    def unreachable(weights):
        if weights is not None:
            raise OSError("no route to host")
        return plain(weights=None)

    monkeypatch.delenv("RESNET_BOOK_OFFLINE", raising=False)
    monkeypatch.setattr(transfer, "resnet18", unreachable)
    with pytest.warns(UserWarning, match="no route to host"):
        assert transfer.load_resnet18()[1].startswith("random")


def test_prepared_grey_is_what_the_weights_transform_makes_of_it():
    grey = torch.full((1, 3, 300, 300), 100, dtype=torch.uint8)
    ours, theirs = transfer.prepare(grey, 224), transfer.WEIGHTS.transforms()(grey)
    assert ours.shape == theirs.shape
    assert torch.allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize(
    "images, size, why",
    [
        (torch.zeros(1, 3, 32, 32), 32, "uint8"),
        (torch.zeros(1, 1, 32, 32, dtype=torch.uint8), 32, "repeat the grey values"),
        (torch.zeros(1, 3, 32, 32, dtype=torch.uint8), 16, "at least 32"),
    ],
)
def test_images_that_do_not_fit_are_refused(images, size, why):
    with pytest.raises(ValueError, match=why):
        transfer.prepare(images, size)


def numbers(line: str) -> list[float]:
    return [float(word.strip("%,")) for word in line.split() if word[0].isdigit()]


def test_the_script_prints_what_the_page_shows():
    script = ROOT / "book" / "code" / "fine_tune.py"
    assert len(script.read_text(encoding="utf-8").splitlines()) <= 30
    done = subprocess.run(
        [sys.executable, script], capture_output=True, encoding="utf-8", timeout=600
    )
    assert done.returncode == 0, done.stderr
    assert "nothing is transferred" in done.stderr
    shown = script.with_suffix(".txt").read_text(encoding="utf-8").splitlines()
    printed = done.stdout.splitlines()
    assert len(printed) == len(shown) == 4
    assert printed[0] == shown[0]
    for ours, theirs in zip(printed[1:], shown[1:], strict=True):
        assert ours.split(":")[0] == theirs.split(":")[0]
    # The third line reads running averages of weights that have moved on. How far they are behind
    # depends more on a machine's rounding than the others do; that they are behind does not.
    for place, times in ((1, 1), (2, 2), (3, 1)):
        apart = abs(numbers(printed[place])[-1] - numbers(shown[place])[-1])
        assert apart <= times * 100 * TOLERANCE
    assert numbers(printed[3])[-1] > numbers(printed[2])[-1] + 5


TRANSFER = ROOT / "book" / "code" / "transfer.py"


def test_the_gains_by_transfer_that_the_page_shows_are_shown_by_the_rule():
    lines = TRANSFER.with_suffix(".txt").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[0] for line in lines] == ["resnet-8", "resnet-14"]
    for line in lines:
        pairs = [(int(a), int(b)) for a, b in re.findall(r"(\d+) -> (\d+) %", line)]
        scratch, moved = ({seed: pair[i] for seed, pair in enumerate(pairs)} for i in (0, 1))
        gain = compare(scratch, moved)
        assert len(pairs) == 3 and gain.verdict == SHOWN and line.endswith(", shown")
        assert abs(float(re.search(r"gain \+([\d.]+)", line)[1]) - gain.over.mean) <= 1


@pytest.mark.slow
def test_a_transfer_reaches_what_the_page_shows():
    accuracy = runpy.run_path(str(TRANSFER))["accuracy"]
    shown = TRANSFER.with_suffix(".txt").read_text(encoding="utf-8")
    scratch, moved = map(int, re.search(r"resnet-8, (\d+) -> (\d+) %", shown).groups())
    assert abs(accuracy("resnet-8", 0, 0) - scratch) <= 100 * TOLERANCE
    assert abs(accuracy("resnet-8", 0, 5) - moved) <= 100 * TOLERANCE


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache of PyTorch, and a reader who has not asked for random weights."""
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.delenv("RESNET_BOOK_OFFLINE", raising=False)
    (tmp_path / "checkpoints").mkdir()
    return tmp_path / "checkpoints"


class Made:
    """Weights whose file holds five letters; its name ends as their SHA-256 begins."""

    url = "file:///nowhere/net-2cf24dba.pth"  # sha256("hello") = 2cf24dba5fb0a30e...


def test_weights_in_the_cache_are_used_without_being_asked_for(cache):
    assert transfer.at_hand(Made) is None
    (cache / "net-2cf24dba.pth").write_bytes(b"hello")
    assert transfer.at_hand(Made) is Made


def test_a_damaged_file_in_the_cache_is_not_used(cache):
    (cache / "net-2cf24dba.pth").write_bytes(b"hell")
    assert not transfer.is_cached(Made)
    assert transfer.at_hand(Made) is None


def test_offline_means_random_weights_even_if_the_cache_has_others(cache, monkeypatch):
    (cache / "net-2cf24dba.pth").write_bytes(b"hello")
    monkeypatch.setenv("RESNET_BOOK_OFFLINE", "1")
    assert transfer.at_hand(Made) is None
    with pytest.warns(UserWarning, match="RESNET_BOOK_OFFLINE is set"):
        assert transfer.at_hand(Made, fetch=True) is None


def test_weights_are_fetched_when_asked_and_checked_by_their_hash(cache, tmp_path, monkeypatch):
    source = tmp_path / "net-2cf24dba.pth"
    monkeypatch.setattr(Made, "url", source.as_uri())
    source.write_bytes(b"other")
    with pytest.warns(UserWarning, match="invalid hash value.*weights are random"):
        assert transfer.at_hand(Made, fetch=True) is None
    source.write_bytes(b"hello")
    assert transfer.at_hand(Made, fetch=True) is Made
    assert (cache / "net-2cf24dba.pth").read_bytes() == b"hello"


def test_without_a_network_the_weights_are_random_and_a_warning_says_so(cache):
    with pytest.warns(UserWarning, match="weights are random"):
        assert transfer.at_hand(Made, fetch=True) is None


def test_the_hash_in_the_name_is_the_one_that_torchvision_checks():
    # torch.hub reads it with this pattern.
    name = transfer.cached_file(transfer.WEIGHTS).name
    assert torch.hub.HASH_REGEX.search(name).group(1) == Path(name).stem.rpartition("-")[2]
