"""Training is deterministic, resumable and fails with words."""

import copy
import os
import textwrap
import time
from dataclasses import replace
from itertools import islice

import fresh
import pytest
import torch
from torch import nn

from utils import data
from utils.data.augment import epoch_batches
from utils.files import checkpoint
from utils.models.networks import build
from utils.training import trainer as training
from utils.training.distributed import Workers
from utils.training.precision import resolve_precision
from utils.training.prediction import predict
from utils.training.recipes import RECIPES, TrainConfig, learning_rate_at, recipe
from utils.training.trainer import Trainer, TrainingError, train

CPU = Workers(0, 1, torch.device("cpu"))
TINY = TrainConfig(
    "tiny", learning_rate=0.05, nesterov=True, batch_size=64, epochs=2, schedule="one-cycle",
    warmup_fraction=0.3,
)  # fmt: skip


@pytest.fixture(scope="module")
def digits():
    whole = data.load("digits")
    return replace(whole, train=whole.train.subset(slice(0, 256)), test=whole.test)


def net(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return build("resnet-8")


def same_weights(a: nn.Module, b: nn.Module) -> bool:
    pairs = zip(a.state_dict().values(), b.state_dict().values(), strict=True)
    return all(torch.equal(x, y) for x, y in pairs)


@pytest.fixture(scope="module")
def unbroken(digits) -> nn.Module:
    """What three epochs make of a network when nothing comes between."""
    return train(net(), digits, replace(TINY, epochs=3), 0, CPU, progress=False).net


@pytest.mark.slow
def test_same_seed_same_weights_other_seed_other_weights(digits):
    first, second, other = (
        train(net(), digits, TINY, seed, CPU, progress=False).net for seed in (0, 0, 1)
    )
    assert same_weights(first, second)
    assert not same_weights(first, other)


@pytest.mark.slow
def test_training_learns_the_digits():
    whole = data.load("digits")
    result = train(
        net(), whole, replace(TINY, epochs=6, flip=False, batch_size=32), 0, CPU, progress=False
    )
    assert result.history[-1].test_error < 0.2
    assert [record.epoch for record in result.history] == [1, 2, 3, 4, 5, 6]


def test_one_step_is_that_of_plain_pytorch(digits):
    config = replace(TINY, schedule="constant", epochs=1, max_steps=1, weight_decay=1e-3)
    ours = train(net(), digits, config, 0, CPU, progress=False).net

    theirs = net()
    reference = Trainer(net(), digits, config, 0, CPU)
    index, images = next(epoch_batches(reference.augmenter, 64, 0, 0))
    optimiser = torch.optim.SGD(theirs.parameters(), 0.05, 0.9, weight_decay=1e-3, nesterov=True)
    logits = theirs(reference.normaliser(images))
    nn.functional.cross_entropy(logits, digits.train.labels[index]).backward()
    optimiser.step()
    assert same_weights(ours, theirs)


def test_a_state_holds_all_that_the_next_step_needs(digits):
    first, second = (Trainer(net(), digits, TINY, 0, CPU) for _ in range(2))
    batches = list(islice(epoch_batches(first.augmenter, 64, 0, 0), 3))
    for index, images in batches[:2]:
        first.train_step(images, digits.train.labels[index])
    second.restore(copy.deepcopy(first.state()))
    assert second.step == first.step == 2
    index, images = batches[2]
    for trainer in (first, second):
        trainer.train_step(images, digits.train.labels[index])
    assert same_weights(first.net, second.net)


def test_each_finished_epoch_is_told(digits):
    told: list[object] = []
    config = replace(TINY, max_steps=1)
    result = train(net(), digits, config, 0, CPU, progress=False, on_epoch=told.append)
    assert told == result.history and len(told) == 1


KILLED_RUN = """
    import sys, time
    from dataclasses import replace
    import torch
    from tests.training.test_training import CPU, TINY, net
    from utils import data
    from utils.training import train
    torch.set_num_threads(1)
    whole = data.load("digits")
    digits = replace(whole, train=whole.train.subset(slice(0, 256)))
    def slow(epoch):
        print("epoch", epoch.epoch, flush=True)
        time.sleep(float(sys.argv[2]))
    config = replace(TINY, epochs=4)
    result = train(net(), digits, config, 0, CPU, sys.argv[1], progress=False, on_epoch=slow)
    torch.save(result.net.state_dict(), sys.argv[1] + ".final")
    print("resumed after", result.resumed_after)
"""


def test_a_run_killed_and_resumed_ends_bit_identical_to_an_unbroken_one(tmp_path):
    code = textwrap.dedent(KILLED_RUN)
    unbroken, broken = tmp_path / "unbroken", tmp_path / "broken"
    assert fresh.run(code, str(unbroken), "0").returncode == 0

    process = fresh.start(code, str(broken), "30")
    process.wait_for("epoch 1\n")
    assert process.printed() == "epoch 1\n"
    process.kill()
    resumed = fresh.run(code, str(broken), "0")
    assert "resumed after [1]" in resumed.stdout

    weights = [torch.load(f"{path}.final", weights_only=True) for path in (unbroken, broken)]
    assert all(torch.equal(weights[0][key], weights[1][key]) for key in weights[0])


@pytest.mark.slow
def test_ctrl_c_keeps_the_last_epoch_and_the_next_call_goes_on(digits, unbroken, tmp_path):
    path = tmp_path / "run.pt"

    def stop(epoch):
        if epoch.epoch == 2:
            raise KeyboardInterrupt

    config = replace(TINY, epochs=3)
    stopped = train(net(), digits, config, 0, CPU, path, progress=False, on_epoch=stop)
    assert stopped.interrupted
    assert len(stopped.history) == 2
    finished = train(net(), digits, config, 0, CPU, path, progress=False)
    assert finished.resumed_after == [2]
    assert same_weights(finished.net, unbroken)


def test_checkpoint_of_another_run_is_refused(digits, tmp_path):
    path = tmp_path / "run.pt"
    train(net(), digits, replace(TINY, epochs=1), 0, CPU, path, progress=False)
    plain = build("plain-8")
    for other, config, seed in (
        (net(), replace(TINY, epochs=1), 1),
        (net(), replace(TINY, epochs=2), 0),
        (net(), replace(TINY, epochs=1, precision="bf16"), 0),
        (plain, replace(TINY, epochs=1), 0),
    ):
        with pytest.raises(TrainingError, match="another network, recipe, seed, data set"):
            train(other, digits, config, seed, CPU, path, progress=False)


def test_damaged_checkpoint_is_kept_aside_and_the_run_starts_anew(digits, tmp_path, capsys):
    path = tmp_path / "run.pt"
    config = replace(TINY, epochs=1)
    train(net(), digits, config, 0, CPU, path, progress=False)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    result = train(net(), digits, config, 0, CPU, path, progress=False)
    assert "starting anew" in capsys.readouterr().out
    assert result.resumed_after == []
    assert (tmp_path / "run.pt.damaged").read_bytes() == whole[: len(whole) // 2]


@pytest.mark.parametrize("place", [0.3, 0.5, 0.7])
def test_changed_byte_in_a_checkpoint_is_noticed(tmp_path, capsys, place):
    path = tmp_path / "run.pt"
    checkpoint.save(path, {"net": {"weight": torch.randn(4000)}})
    data = bytearray(path.read_bytes())
    data[int(place * len(data))] ^= 1
    path.write_bytes(bytes(data))
    assert checkpoint.load(path) is None
    assert "starting anew" in capsys.readouterr().out
    assert (tmp_path / "run.pt.damaged").read_bytes() == bytes(data)


@pytest.mark.slow
def test_full_disk_ends_training_with_advice_and_keeps_the_last_checkpoint(
    digits, unbroken, tmp_path, monkeypatch
):
    path = tmp_path / "run.pt"
    config = replace(TINY, epochs=3)
    save, saved = torch.save, []

    def second_time_full(*args, **kwargs):
        if saved:
            raise OSError(28, "No space left on device")
        saved.append(save(*args, **kwargs))

    monkeypatch.setattr(torch, "save", second_time_full)
    with pytest.raises(TrainingError, match=r"No space left on device.*Make room"):
        train(net(), digits, config, 0, CPU, path, progress=False)
    monkeypatch.setattr(torch, "save", save)
    finished = train(net(), digits, config, 0, CPU, path, progress=False)
    assert finished.resumed_after == [1]
    assert same_weights(finished.net, unbroken)


@pytest.mark.slow
def test_ctrl_c_within_an_epoch_returns_the_last_whole_one(digits, unbroken, tmp_path, monkeypatch):
    config = replace(TINY, epochs=3)
    steps, step = [], Trainer.train_step

    def stop_in_the_second_epoch(self, images, labels):
        steps.append(self.step)
        if len(self.history) == 1 and self.step % 3 == 2:
            raise KeyboardInterrupt
        return step(self, images, labels)

    monkeypatch.setattr(Trainer, "train_step", stop_in_the_second_epoch)
    path = tmp_path / "run.pt"
    stopped = train(net(), digits, config, 0, CPU, path, progress=False)
    monkeypatch.setattr(Trainer, "train_step", step)
    assert stopped.interrupted
    assert len(stopped.history) == 1 and len(steps) > config.total_steps(len(digits.train)) // 3
    kept = checkpoint.load(path)
    assert all(torch.equal(kept["net"][k], v) for k, v in stopped.net.state_dict().items())
    finished = train(net(), digits, config, 0, CPU, path, progress=False)
    assert same_weights(finished.net, unbroken)


def test_failed_write_keeps_the_old_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "run.pt"
    checkpoint.save(path, {"step": 1})

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OSError, match="No space left"):
        checkpoint.save(path, {"step": 2})
    assert checkpoint.load(path) == {"step": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["run.pt"]


def test_checkpoint_that_would_run_code_is_not_loaded(tmp_path):
    class Evil:
        def __reduce__(self):
            return (os.system, (f"touch {tmp_path}/evil",))

    torch.save({"net": Evil()}, tmp_path / "run.pt")
    assert checkpoint.load(tmp_path / "run.pt") is None
    assert not (tmp_path / "evil").exists()


def test_non_finite_loss_stops_and_says_at_which_step(digits):
    class Bomb(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(3 * 32 * 32, 10)
            self.calls = 0

        def forward(self, x):
            self.calls += 1
            scale = float("inf") if self.calls == 3 else 1.0
            return self.fc(x.flatten(1)) * scale

    with pytest.raises(TrainingError, match="not finite at step 3 of 8"):
        train(Bomb(), digits, TINY, 0, CPU, progress=False)


def test_a_net_for_another_number_of_classes_says_what_to_build(digits):
    with pytest.raises(TrainingError, match=r"returns \(64, 7\).*num_classes=10"):
        train(build("resnet-8", num_classes=7), digits, TINY, 0, CPU, progress=False)


def test_a_class_or_a_name_is_refused_with_the_words_to_write_instead(digits):
    with pytest.raises(TypeError, match=r"Net\(\) and not Net"):
        train(nn.Linear, digits, recipe("fast"))
    with pytest.raises(TypeError, match=r"config is 'fast'.*recipe\(\"fast\"\)"):
        train(build("plain-14"), digits, "fast")


def test_a_batch_larger_than_the_training_set_is_refused(digits):
    with pytest.raises(TrainingError, match="batch size 512 is larger than the 256"):
        train(net(), digits, replace(TINY, batch_size=512), 0, CPU, progress=False)


def test_out_of_gpu_memory_says_which_batch_size_to_try(digits, monkeypatch):
    def exhausted(*args):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(Trainer, "train_step", exhausted)
    with pytest.raises(TrainingError, match="try batch_size=32"):
        train(net(), digits, TINY, 0, CPU, progress=False)


def test_predict_restores_the_mode_and_gives_probabilities(digits):
    model = net().train()
    from utils.data.augment import Normaliser

    normaliser = Normaliser.fit(digits.train.images, "channel")
    probabilities = predict(model, digits.test.images, normaliser)
    assert model.training
    assert torch.allclose(probabilities.sum(1), torch.ones(359), atol=1e-5)


def test_progress_bar_tells_loss_accuracy_and_speed(digits, capsys):
    train(net(), digits, replace(TINY, epochs=1), 0, CPU, progress=True)
    shown = capsys.readouterr().err
    assert "loss=" in shown
    assert "accuracy=" in shown
    assert "images_per_s=" in shown


# Section 4.2 of the paper, written out here a second time on purpose.
def test_paper_recipe_is_section_4_2():
    paper = RECIPES["paper"]
    assert paper.optimiser == "sgd"
    assert (paper.learning_rate, paper.momentum, paper.nesterov) == (0.1, 0.9, False)
    assert (paper.weight_decay, paper.batch_size) == (1e-4, 128)
    assert paper.total_steps(50_000) == 64_000
    assert (paper.enlarge, paper.margin, paper.flip) == ("pad", 4, True)
    assert paper.normalise == "pixel-mean"
    assert (paper.precision, paper.label_smoothing) == ("fp32", 0.0)
    rates = [learning_rate_at(paper, s, 64_000) for s in (0, 31_999, 32_000, 47_999, 48_000)]
    assert rates == pytest.approx([0.1, 0.1, 0.01, 0.01, 0.001])


def test_source_recipe_is_the_source_documents():
    source = RECIPES["source"]
    assert (source.optimiser, source.learning_rate, source.schedule) == ("adam", 1e-3, "constant")
    assert (source.batch_size, source.epochs, source.weight_decay) == (100, 10, 0.0)
    assert (source.enlarge, source.margin, source.flip) == ("resize", 4, True)
    assert (source.normalise, source.label_smoothing) == ("none", 0.0)
    changed = RECIPES["source-padded"]
    assert replace(changed, recipe="source", enlarge="resize") == source


@pytest.mark.slow
def test_warm_up_ends_when_the_training_error_falls_below_the_mark(digits):
    config = replace(
        TINY, schedule="constant", epochs=6, learning_rate=0.1,
        warmup_learning_rate=0.01, warmup_until_error=0.8,
    )  # fmt: skip
    history = train(net(), digits, config, 0, CPU, progress=False).history
    below = next(i for i, record in enumerate(history) if record.train_error < 0.8)
    rates = [record.learning_rate for record in history]
    assert rates == [0.01] * (below + 1) + [0.1] * (5 - below)


def test_one_cycle_rises_to_the_peak_and_falls_to_nearly_zero():
    config = recipe("fast", warmup_fraction=0.2)
    rates = [learning_rate_at(config, step, 100) for step in range(100)]
    assert max(rates) == pytest.approx(config.learning_rate)
    assert rates.index(max(rates)) in (19, 20)
    assert rates == sorted(rates[:20]) + sorted(rates[20:], reverse=True)
    assert 0 < rates[-1] < 0.02 * config.learning_rate


def test_auto_precision_follows_the_device(monkeypatch):
    cpu = torch.device("cpu")
    assert resolve_precision("fp32", cpu) == "fp32"
    assert resolve_precision("auto", cpu) in ("bf16", "fp32")
    for capability, expected in {(7, 5): "fp16", (8, 0): "bf16", (9, 0): "bf16"}.items():
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _, c=capability: c)
        assert resolve_precision("auto", torch.device("cuda")) == expected


def test_bf16_training_follows_fp32(digits):
    wide, narrow = (
        train(net(), digits, replace(TINY, precision=precision), 0, CPU, progress=False)
        for precision in ("fp32", "bf16")
    )
    assert narrow.precision == "bf16"
    for a, b in zip(wide.history, narrow.history, strict=True):
        assert b.train_loss == pytest.approx(a.train_loss, rel=0.05)
        assert b.train_loss != a.train_loss


def test_small_images_come_first(digits):
    sizes = []

    class Spy(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = net()

        def forward(self, x):
            if self.training:
                sizes.append(x.shape[-1])
            return self.net(x)

    config = replace(TINY, small_size=24, small_fraction=0.5)
    train(Spy(), digits, config, 0, CPU, progress=False)
    assert sizes == [24] * 4 + [32] * 4


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: recipe("faster"), "unknown recipe 'faster'"),
        (lambda: recipe("fast", optimiser="lion"), "optimiser must be one of sgd, adam"),
        (lambda: recipe("fast", learning_rate=-1.0), "learning_rate must be positive"),
        (lambda: recipe("fast", momentum=1.5), "momentum must be in"),
        (lambda: recipe("fast", enlarge="zoom"), "enlarge must be one of"),
    ],
)
def test_bad_recipe_says_which_field(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_progress_can_be_switched_off_by_the_environment(monkeypatch):
    monkeypatch.setenv("RESNET_BOOK_PROGRESS", "0")
    assert not training.progress_is_wanted()
    monkeypatch.delenv("RESNET_BOOK_PROGRESS")
    assert training.progress_is_wanted()


def test_timing_of_epochs_leaves_the_test_out(digits, monkeypatch):
    late, clock = [0.0], time.perf_counter

    def slow(*args):
        late.append(1000.0)
        return torch.zeros(359, 10)

    monkeypatch.setattr(training, "predict", slow)
    monkeypatch.setattr(training.time, "perf_counter", lambda: clock() + sum(late))
    config = replace(TINY, epochs=1, max_steps=1)
    result = train(build("simple-cnn"), digits, config, 0, CPU, progress=False)
    assert len(late) == 2 and result.seconds < 1000
