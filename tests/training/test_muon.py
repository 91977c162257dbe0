"""Orthogonal steps: what they are, whom they move, and that a run can be resumed with them."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from utils import data
from utils.data.augment import Augmenter, epoch_batches, mirrored_in
from utils.models.networks import build
from utils.models.wide import WideNet
from utils.training.distributed import Workers
from utils.training.muon import Muon, kernels, orthogonalised
from utils.training.optimisers import make_optimiser
from utils.training.recipes import TrainConfig
from utils.training.trainer import Trainer, train

CPU = Workers(0, 1, torch.device("cpu"))
TINY = TrainConfig(
    "tiny-muon", optimiser="muon", learning_rate=0.2, other_learning_rate=0.05, momentum=0.6,
    batch_size=64, epochs=2, schedule="one-cycle", alternate=True, whiten=True,
)  # fmt: skip


@pytest.fixture(scope="module")
def digits():
    whole = data.load("digits-16")
    return replace(whole, train=whole.train.subset(slice(0, 192)), test=whole.test)


def small(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return WideNet(widths=(8, 16, 16))


@pytest.mark.parametrize("shape", [(8, 20), (20, 8), (6, 6), (1, 5)])
def test_singular_values_come_near_one_and_directions_stay(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    result = orthogonalised(matrix, times=5)
    assert result.shape == shape
    found = torch.linalg.svdvals(result)
    assert bool((found > 0.6).all()) and bool((found < 1.3).all())
    # The same singular vectors: U^T X V is diagonal.
    inside = u.T @ result @ v.T
    assert torch.allclose(inside, torch.diag(inside.diagonal()), atol=1e-4)
    assert torch.allclose(orthogonalised(7 * matrix, 5), result, atol=1e-5)


def test_one_round_is_the_polynomial_of_the_paper():
    x = torch.tensor([[0.6, 0.0], [0.0, 0.8]])  # length 1
    a, b, c = 3.4445, -4.7750, 2.0315
    expected = torch.diag(torch.tensor([a * s + b * s**3 + c * s**5 for s in (0.6, 0.8)]))
    assert torch.allclose(orthogonalised(x, times=1), expected, atol=1e-5)


def test_what_is_no_matrix_is_refused():
    with pytest.raises(ValueError, match="two axes, not 4"):
        orthogonalised(torch.zeros(2, 2, 3, 3))


def test_kernels_are_the_weights_of_convolutions_that_learn():
    net = small()
    assert {id(p) for p in kernels(net)} == {
        id(m.weight) for m in net.groups.modules() if isinstance(m, nn.Conv2d)
    }
    assert not any(p is net.whitening.weight for p in kernels(net))


def test_a_step_moves_all_directions_of_a_kernel_equally_far():
    net = small()
    muon = Muon(net, 0.1, 0.05, 0.0)
    kernel = net.groups[1][1].conv.weight
    before = kernel.detach().clone()
    for p in net.parameters():
        if p.requires_grad:
            p.grad = torch.randn_like(p)
    gradient, bias = kernel.grad.clone(), net.whitening.bias.detach().clone()
    muon.step()
    scaled = before * len(before) ** 0.5 / before.norm()
    expected = scaled - 0.1 * orthogonalised(gradient.flatten(1)).view_as(before)
    assert torch.allclose(kernel, expected, atol=1e-6)
    assert torch.allclose(net.whitening.bias, bias - 0.05 * net.whitening.bias.grad)


def test_all_other_parameters_move_as_nesterov_momentum_moves_them():
    first, second = small(), small()
    muon = Muon(first, 0.1, 0.05, 0.6, weight_decay=0.01)
    others = [p for p in second.parameters() if p.requires_grad and p.ndim != 4]
    sgd = torch.optim.SGD(others, lr=0.05, momentum=0.6, nesterov=True, weight_decay=0.01)
    twins = [p for p in first.parameters() if p.requires_grad and p.ndim != 4]
    for round_ in range(3):
        draw = torch.Generator().manual_seed(round_)
        for a, b in zip(twins, others, strict=True):
            a.grad = torch.randn(a.shape, generator=draw)
            b.grad = a.grad.clone()
        muon.step()
        sgd.step()
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(twins, others, strict=True))


def test_scaling_a_kernel_changes_no_output():
    net, x = small(), torch.randn(8, 3, 16, 16)
    before = net(x)
    muon = Muon(net, 1e-12, 1e-12, 0.6)
    for p in kernels(net):
        p.grad = torch.randn_like(p)
    muon.step()
    assert torch.allclose(net(x), before, atol=1e-3)
    lengths = [float(p.detach().norm()) / len(p) ** 0.5 for p in kernels(net)]
    assert lengths == pytest.approx([1.0] * 6)


def test_kernels_without_normalisation_are_refused():
    with pytest.raises(ValueError, match="each needs one behind it"):
        Muon(build("resnet-8-fixup"), 0.1, 0.1, 0.6)
    assert Muon(build("resnet-8"), 0.1, 0.1, 0.6).param_groups[0]["orthogonal"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"other_learning_rate": 0.0}, "must be positive with the optimiser"),
        ({"optimiser": "sgd"}, "0 with all others, not 0.05"),
        ({"flip": False}, "needs flip=True"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(changes, says):
    with pytest.raises(ValueError, match=says):
        replace(TINY, **changes)


def test_the_rate_of_a_step_keeps_the_ratio_of_the_two_rates(digits):
    trainer = Trainer(small(), digits, TINY, 0, CPU)
    trainer.step = trainer.total_steps - 1
    trainer.train_step(digits.train.images[:64], digits.train.labels[:64])
    kernel, other = (group["lr"] for group in trainer.optimiser.param_groups)
    assert kernel == pytest.approx(0.2 / trainer.total_steps)
    assert other / kernel == pytest.approx(0.05 / 0.2)


def test_the_optimiser_takes_the_arithmetic_of_the_run():
    assert make_optimiser(small(), TINY).dtype is torch.float32
    assert make_optimiser(small(), TINY, "bf16").dtype is torch.bfloat16
    assert make_optimiser(small(), TINY, "fp16").dtype is torch.float32


def test_statistics_that_processes_share_are_normalisations_too():
    shared = nn.SyncBatchNorm.convert_sync_batchnorm(small())
    assert len(Muon(shared, 0.1, 0.1, 0.6).param_groups[0]["params"]) == 6


@pytest.mark.slow
def test_a_resumed_run_gives_the_same_weights_and_the_first_layer_whitens(digits, tmp_path):
    whole = train(small(), digits, TINY, 3, CPU, progress=False)

    def stop(epoch):
        raise KeyboardInterrupt

    path = tmp_path / "run.pt"
    assert train(small(), digits, TINY, 3, CPU, path, False, stop).interrupted
    again = train(small(), digits, TINY, 3, CPU, path, False)
    assert again.resumed_after == [1]
    pairs = zip(whole.net.state_dict().values(), again.net.state_dict().values(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    plain = train(small(), digits, replace(TINY, whiten=False), 3, CPU, progress=False)
    assert not torch.equal(plain.net.whitening.weight, whole.net.whitening.weight)
    assert whole.history[-1].train_loss < whole.history[0].train_loss


def test_every_image_is_mirrored_in_every_second_epoch():
    first, second, third = (mirrored_in(epoch, 5, 400) for epoch in range(3))
    assert torch.equal(first, third) and torch.equal(first, 1 - second)
    assert 150 < int(first.sum()) < 250
    assert not torch.equal(first, mirrored_in(0, 6, 400))


def test_batches_show_each_image_from_both_sides_in_two_epochs():
    span = torch.arange(8, dtype=torch.uint8).expand(8, 8)
    images = torch.stack([span + 10 * i for i in range(20)])[:, None].repeat(1, 3, 1, 1)
    augmenter = Augmenter(images, "none", flip=True, alternate=True)
    seen = {}
    for epoch in (0, 1):
        for index, batch in epoch_batches(augmenter, 5, 0, epoch):
            for i, image in zip(index.tolist(), batch, strict=True):
                seen.setdefault(i, []).append(bool(image[0, 0, 0] > image[0, 0, -1]))
    assert len(seen) == 20 and all(sorted(sides) == [False, True] for sides in seen.values())
