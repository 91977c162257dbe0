"""Blocks taken out of networks, exchanged, and paths followed backwards."""

import random
from dataclasses import replace
from functools import partial
from itertools import product

import pytest
import torch
import torch.nn.functional as F

from utils.models.networks import Architecture, ResNet, SimpleCNN, build
from utils.models.surgery import block_names
from utils.probes.lesions import (
    deletion_tree,
    deletions,
    exchangeable,
    kendall_tau,
    lesion,
    orders,
    reordered,
    swap,
    swaps,
)
from utils.probes.path_gradients import by_length, each_path, one_path, record, shares
from utils.record.lesions import (
    Lesions,
    answers,
    every_set,
    first,
    renewed_statistics,
    tasks,
    wrong_of_each,
)

NETWORKS = ("resnet-14", "plain-14", "resnet-14-B", "bottleneck-11-B")
by_network = pytest.mark.parametrize("name", NETWORKS)


def made(name: str, seed: int = 0) -> ResNet:
    """A network whose normalisation is not that of a fresh one."""
    torch.manual_seed(seed)
    net = build(name)
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.weight.data.uniform_(0.5, 1.5)
            module.bias.data.normal_(std=0.3)
            module.running_mean.normal_(std=0.3)
            module.running_var.uniform_(0.5, 1.5)
    return net.eval()


def images(count: int = 4, seed: int = 1) -> torch.Tensor:
    return torch.randn(count, 3, 16, 16, generator=torch.Generator().manual_seed(seed))


def tiny(residual: bool) -> ResNet:
    """Two blocks of one channel that multiply their input by known numbers.

    Stem: the first colour. A branch: the window's middle, first by ``a``, then by ``b``. All
    normalisations are the identity. The one logit is the mean of the last map.
    """
    net = ResNet(Architecture((2,), widths=(1,), residual=residual, num_classes=1)).eval()
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.eps = 0.0
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.zeros_(module.weight)
    net.conv1.weight.data[0, 0, 1, 1] = 1.0
    for block, (a, b) in zip(net.layer1, ((2.0, 3.0), (5.0, 1.0)), strict=True):
        block.conv1.weight.data[0, 0, 1, 1] = a
        block.conv2.weight.data[0, 0, 1, 1] = b
    net.fc.weight.data.fill_(1.0)
    net.fc.bias.data.zero_()
    return net


def answer(net: ResNet) -> float:
    with torch.no_grad():
        return float(net(torch.ones(1, 3, 4, 4)))


def test_deleting_blocks_of_a_tiny_residual_net_leaves_the_factors_of_the_others():
    # Each block multiplies by 1 + a b: (1 + 6)(1 + 5) = 42.
    net = tiny(residual=True)
    assert answer(net) == 42
    with lesion(net, [1]):
        assert answer(net) == 6
    with lesion(net, [2]):
        assert answer(net) == 7
    with lesion(net, [1, 2]):
        assert answer(net) == 1


def test_deleting_blocks_of_a_tiny_plain_net_leaves_the_factors_of_the_others():
    # Each block multiplies by a b: 6 times 5.
    net = tiny(residual=False)
    assert answer(net) == 30
    with lesion(net, [1]):
        assert answer(net) == 5
    with lesion(net, [2]):
        assert answer(net) == 6


def test_a_plain_block_that_changes_the_shape_becomes_the_option_a_shortcut():
    net = made("plain-14")
    x = torch.rand(2, 16, 8, 8)
    with lesion(net, [3]), torch.no_grad():
        out = net.layer2[0](x)
    assert out.shape == (2, 32, 4, 4)
    assert torch.equal(out[:, 8:24], x[:, :, ::2, ::2])
    assert out[:, :8].abs().sum() == out[:, 24:].abs().sum() == 0


def test_a_residual_block_that_changes_the_shape_keeps_its_own_projection():
    net = made("resnet-14-B")
    x = torch.rand(2, 16, 8, 8)
    block = net.layer2[0]
    with lesion(net, [3]), torch.no_grad():
        assert torch.equal(net.layer2[0](x), block.downsample(x).relu())


@by_network
def test_a_lesion_of_nothing_changes_no_bit(name):
    net, x = made(name), images()
    with torch.no_grad():
        before = net(x)
        with lesion(net, []):
            assert torch.equal(net(x), before)
        with reordered(net, range(1, len(block_names(net)) + 1)):
            assert torch.equal(net(x), before)


@by_network
def test_everything_is_restored_also_after_an_exception(name):
    net, x = made(name), images()
    state = {key: value.clone() for key, value in net.state_dict().items()}
    modules = dict(net.named_modules())
    with torch.no_grad():
        before = net(x)
        with pytest.raises(KeyError), lesion(net, [1, 3]):
            assert not torch.equal(net(x), before)
            raise KeyError
        assert torch.equal(net(x), before)
    assert dict(net.named_modules()) == modules
    assert list(net.state_dict()) == list(state)
    assert all(torch.equal(net.state_dict()[key], value) for key, value in state.items())


@by_network
def test_a_lesion_keeps_the_mode_of_the_network(name):
    net = made(name).train()
    with lesion(net, [2]):
        assert all(module.training for module in net.modules())
        net.eval()
    assert not any(module.training for module in net.modules())


@pytest.mark.parametrize("number", (0, -1, 7))
def test_an_unknown_block_is_named_with_the_blocks_there_are(number):
    net = made("resnet-14")
    with (
        pytest.raises(ValueError, match=f"no block {number}; .* blocks 1 to 6"),
        lesion(net, [1, number]),
    ):
        pass
    with pytest.raises(ValueError, match=f"no block {number}"):
        swap(6, 1, number)


def test_a_network_without_blocks_is_refused():
    with pytest.raises(ValueError, match="SimpleCNN has no blocks"), lesion(SimpleCNN(), [1]):
        pass


def test_swapped_blocks_compute_in_each_others_place():
    net, x = made("resnet-20"), images()
    first_block, second, third = net.layer1
    with torch.no_grad():
        h = net.conv1(x)
        with reordered(net, swap(9, 1, 3)):
            assert torch.equal(net.layer1(h), first_block(second(third(h))))
        assert torch.equal(net.layer1(h), third(second(first_block(h))))


@pytest.mark.parametrize(
    ("order", "message"),
    (
        ((3, 2, 1, 4, 5, 6), r"block 3 \(layer2.0\) does not fit at place 1 \(layer1.0\): its sh"),
        ((4, 2, 3, 1, 5, 6), "does not fit at place"),
        ((1, 2, 4, 3, 5, 6), r"block 4 \(layer2.1\) does not fit at place 3 \(layer2.0\): its sh"),
        ((1, 2, 3), "no order of the blocks 1 to 6"),
        ((1, 1, 3, 4, 5, 6), "no order of the blocks 1 to 6"),
    ),
)
def test_orders_that_cannot_be_are_refused_and_leave_the_network_alone(order, message):
    net = made("resnet-14")
    modules = dict(net.named_modules())
    with pytest.raises(ValueError, match=message), reordered(net, order):
        pass
    assert dict(net.named_modules()) == modules


def test_blocks_that_change_the_shape_take_part_in_no_swap():
    net = build("resnet-20")
    assert exchangeable(net) == [[1, 2, 3], [5, 6], [8, 9]]
    assert swaps(net) == [(1, 2), (1, 3), (2, 3), (5, 6), (8, 9)]


def test_all_orders_are_listed_when_they_are_few():
    # 3! orders in the first stage, 2! in each of the others.
    found = orders(build("resnet-20"), draws=30)
    assert len(found) == len(set(found)) == 6 * 2 * 2
    assert found == orders(build("plain-20"), draws=30, seed=9)


def test_random_orders_are_possible_and_repeat_with_their_seed():
    net = build("resnet-32")
    found = orders(net, draws=8, seed=3)
    assert found == orders(net, draws=8, seed=3) != orders(net, draws=8, seed=4)
    for order in found:
        with reordered(net, order):
            pass


def test_kendall_tau_is_that_of_arithmetic():
    # Three pairs. One exchange of neighbours puts one of them out of order: (2 - 1) / 3.
    assert kendall_tau((1, 2, 3)) == 1
    assert kendall_tau((3, 2, 1)) == -1
    assert kendall_tau((2, 1, 3)) == pytest.approx(1 / 3)
    with pytest.raises(ValueError, match="at least two"):
        kendall_tau((1,))


def test_kendall_tau_is_that_of_another_library():
    stats = pytest.importorskip("scipy.stats")
    order = random.Random(0).sample(range(1, 28), 27)
    assert kendall_tau(order) == pytest.approx(stats.kendalltau(range(27), order).statistic)


def test_deletions_are_all_there_are_or_different_draws():
    assert deletions(4, 2, draws=6) == [(1, 2), (1, 3), (1, 4), (2, 3), (2, 4), (3, 4)]
    drawn = deletions(27, 13, draws=10, seed=1)
    assert len(set(drawn)) == 10
    assert all(len(set(chosen)) == 13 and set(chosen) <= set(range(1, 28)) for chosen in drawn)
    assert drawn == deletions(27, 13, draws=10, seed=1) != deletions(27, 13, draws=10, seed=2)
    with pytest.raises(ValueError, match="cannot delete 5 of 4"):
        deletions(4, 5, draws=1)


@by_network
def test_the_tree_gives_what_each_lesion_gives(name):
    net, x = made(name), images(2)
    count = len(block_names(net))
    with torch.no_grad():
        tree = dict(deletion_tree(net, x))
        assert len(tree) == 2**count
        for kept in product((False, True), repeat=count):
            gone = tuple(number for number, keep in enumerate(kept, 1) if not keep)
            with lesion(net, gone):
                assert torch.allclose(tree[gone], net(x), atol=1e-5)


# Paths --------------------------------------------------------------------------------------


def tape_and_gradient(name: str):
    net, x, labels = made(name), images(3), torch.tensor([0, 3, 9])
    inputs = x.clone().requires_grad_()
    loss = F.cross_entropy(net(inputs), labels, reduction="sum")
    return record(net, x, labels), torch.autograd.grad(loss, inputs)[0]


@pytest.mark.parametrize("name", ("resnet-14", "resnet-8-B", "bottleneck-11-B"))
def test_the_paths_of_all_lengths_add_up_to_the_gradient(name):
    tape, whole = tape_and_gradient(name)
    sums = by_length(tape)
    assert torch.allclose(sums.sum(0), whole, rtol=1e-3, atol=1e-6 * float(whole.abs().max()))
    assert float(shares(sums).sum()) == pytest.approx(1, abs=1e-4)


def test_path_gradients_of_the_tiny_net_are_products_of_its_factors():
    # Two blocks with branches of factor 6 and 5, shortcuts of factor 1: 1, 6 + 5, 30. With a
    # second logit that stays at 0 the softmax has one factor g for all, so ratios are exact.
    net = tiny(residual=True)
    net.fc = torch.nn.Linear(1, 2)
    net.fc.weight.data = torch.tensor([[0.01], [0.0]])
    tape = record(net, torch.ones(1, 3, 4, 4), torch.tensor([1]))
    sums = by_length(tape).flatten(1).norm(dim=1)
    assert (sums / sums[0]).tolist() == pytest.approx([1, 11, 30])
    assert shares(by_length(tape)).tolist() == pytest.approx([1 / 42, 11 / 42, 30 / 42])
    single = each_path(tape)
    first_norm = float(single[0][0])
    assert sorted(float(n) / first_norm for n in single[1][:, 0]) == pytest.approx([5, 6])
    assert float(one_path(tape, {1})) / first_norm == pytest.approx(6)
    assert float(one_path(tape, {1, 2})) / first_norm == pytest.approx(30)


def test_each_path_counts_as_many_as_pascals_triangle():
    tape, _ = tape_and_gradient("resnet-14")
    found = each_path(tape)
    assert [len(found[length]) for length in range(7)] == [1, 6, 15, 20, 15, 6, 1]
    sums = by_length(tape).flatten(2).norm(dim=2)
    assert torch.allclose(found[0][0], sums[0]) and torch.allclose(found[6][0], sums[6])
    one = one_path(tape, {2, 5})
    assert (found[2] - one).abs().sum(1).min() < 1e-4 * one.sum()


def test_a_plain_network_has_no_choice_of_paths():
    with pytest.raises(ValueError, match="one path"):
        record(made("plain-14"), images(), torch.zeros(4, dtype=torch.long))


# The study ----------------------------------------------------------------------------------


def test_wrong_predictions_are_counted_for_their_true_class():
    given, labels = torch.tensor([0, 1, 1, 2]), torch.tensor([0, 1, 2, 0])
    assert wrong_of_each(given, labels, 3).tolist() == [1, 0, 1]


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize(
    ("name", "deleted", "exchanged"),
    [
        ("resnet-20", ((), (1,), (4,), (9,), (2, 5)), ((1, 3), (5, 6), (8, 9))),
        ("plain-14", ((), (1,), (3,), (6,), (2, 5)), ((1, 2),)),
    ],
)
def test_changes_examined_together_answer_as_each_does_alone(
    monkeypatch, name, deleted, exchanged, precision
):
    from utils import data
    from utils.record import lesions, weights
    from utils.training.prediction import predict

    monkeypatch.setattr(lesions, "PART", 40)  # one part and a rest, on a processor without bf16 too
    trained, split = weights.load(name), first(data.load("digits").test, 60)
    net = trained.net
    count = len(block_names(net))
    mixed = [partial(reordered, net, swap(count, *pair)) for pair in exchanged]
    changes = [*(partial(lesion, net, gone) for gone in deleted), *mixed]
    together = answers(trained, split, changes, precision)
    for change, given in zip(changes, together, strict=True):
        with change():
            alone = predict(net, split.images, trained.normaliser, precision)
        assert given.tolist() == alone.argmax(1).tolist()
    assert len({tuple(given.tolist()) for given in together}) > len(changes) / 2
    with pytest.raises(ValueError, match="eval"):
        answers(replace(trained, net=net.train()), split, changes, precision)


def test_renewed_statistics_are_those_of_the_images_and_leave_the_network_alone():
    net, x = made("resnet-8"), images(40)
    before = net.bn1.running_mean.clone()
    other = renewed_statistics(net, x)
    assert torch.equal(net.bn1.running_mean, before)
    assert torch.equal(other.conv1.weight, net.conv1.weight)
    expected = net.conv1(x).mean((0, 2, 3))
    assert torch.allclose(other.bn1.running_mean, expected, atol=1e-5)
    assert not other.training


def test_every_set_counts_what_single_lesions_count():
    from utils import data
    from utils.record import weights
    from utils.training.prediction import predict

    trained, split = weights.load("resnet-14"), first(data.load("digits").test, 60)
    found = every_set(trained, split, "fp32")
    assert len(found) == 64
    for gone in ((), (2,), (1, 4, 6)):
        with lesion(trained.net, gone):
            guesses = predict(trained.net, split.images, trained.normaliser)
        expected = wrong_of_each(guesses.argmax(1), split.labels, 10)
        assert found[gone].tolist() == expected.tolist()


def test_every_task_has_its_own_name_and_a_hash_that_follows_its_settings():
    names = [task.name for task in tasks()]
    assert len(set(names)) == len(names) >= 9
    task = Lesions("fast-20", "resnet-20", (0,))
    assert task.hash() == Lesions("fast-20", "resnet-20", (0,)).hash()
    assert task.hash() != Lesions("fast-20", "resnet-20", (1,)).hash()
    assert task.hash() != Lesions("fast-20", "resnet-20", (0,), many=10).hash()
