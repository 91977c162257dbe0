"""What the clinic sees of a step, an epoch, an input and a load is what happened."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from utils.practice import ward, watched
from utils.practice.ward import NAMES


@pytest.mark.parametrize(("sign", "cosine"), [(1, 1), (-1, -1), (0, 0)])
def test_a_step_is_compared_with_the_gradient_of_its_images(sign, cosine):
    torch.manual_seed(0)
    net, x, y = nn.Linear(3, 2), torch.rand(5, 3), torch.tensor([0, 1, 0, 1, 1])
    optimiser = torch.optim.SGD(net.parameters(), lr=0.1)

    def step(net, optimiser, x, y):
        optimiser.zero_grad()
        (sign * F.cross_entropy(net(x), y)).backward()
        optimiser.step()

    found = ward.step_along_gradient(step, net, optimiser, x, y)
    assert found == pytest.approx(cosine, abs=1e-4)


def test_gradients_of_a_layer_are_those_by_hand_and_its_input_stays():
    layer, x = nn.Conv2d(1, 1, 1, bias=False), torch.ones(1, 1, 1, 3)
    nn.init.constant_(layer.weight, 2.0)
    given, weight = watched.gradients_of(layer, x)
    assert given.flatten().tolist() == [-2.0, 0.0, 2.0]  # 2 times -1, 0, 1
    assert weight.item() == 0.0  # the sum of -1, 0, 1
    assert torch.equal(x, torch.ones(1, 1, 1, 3)) and not x.requires_grad


def test_a_gradient_that_does_not_come_is_zero():
    class Deaf(nn.Conv2d):
        def forward(self, x):
            return super().forward(x.detach())

    given, weight = watched.gradients_of(Deaf(1, 1, 1, bias=False), torch.rand(2, 1, 2, 2))
    assert not given.any() and weight.any()


def small() -> tuple[nn.Module, torch.Tensor, torch.Tensor]:
    """A linear network whose gradient is longer than 1, and images for it."""
    torch.manual_seed(0)
    return nn.Linear(3, 2), 50 * torch.rand(8, 3), torch.tensor([0, 1] * 4)


def plain(net, optimiser, scaler, x, y, factor=1.0, scale=1.0):
    """A clipped step without a scaler, of another length or with a loss of another scale."""
    optimiser.zero_grad()
    (scale * F.cross_entropy(net(x), y)).backward()
    for part in net.parameters():
        part.grad /= scale
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    for part in net.parameters():
        part.grad *= factor
    optimiser.step()


@pytest.mark.parametrize("factor", [0.0, 1.0, 3.0])
def test_the_length_of_a_step_is_its_share_of_the_clipped_one(factor):
    seen = watched.watch_scaled_step(lambda *given: plain(*given, factor=factor), *small())
    assert seen.length == pytest.approx(factor, abs=1e-3)
    assert seen.along == pytest.approx(float(factor > 0), abs=1e-3)


def test_the_scale_of_a_step_is_that_of_its_loss():
    seen = watched.watch_scaled_step(lambda *given: plain(*given, scale=64.0), *small())
    assert seen.scale == pytest.approx(64, rel=1e-3)


def test_a_step_that_infinite_gradients_pass_is_told_from_one_that_skips_them():
    def skipping(net, optimiser, scaler, x, y):
        if x.isfinite().all():
            plain(net, optimiser, scaler, x, y)

    assert not watched.watch_scaled_step(plain, *small()).skips
    assert watched.watch_scaled_step(skipping, *small()).skips


def test_watching_a_step_leaves_the_network_as_it_was():
    net, x, y = small()
    before = net.weight.detach().clone()
    seen = watched.watch_scaled_step(plain, net, x, y)
    assert torch.equal(net.weight, before) and net.weight.grad is None
    assert math.isfinite(seen.loss)


def epoch(net, optimiser, x, y, batch):
    for part in torch.arange(len(x)).split(batch):
        optimiser.zero_grad()
        F.cross_entropy(net(x[part]), y[part]).backward()
        optimiser.step()


def test_a_sound_epoch_is_seen_as_it_is():
    seen = watched.watch_epochs(epoch, *ward.small_digits(10), batch=4, epochs=2)
    assert seen == ([4, 4, 2], 2, 0, 0, 0, False, 0)


def test_what_is_wrong_with_an_epoch_is_counted():
    def careless(net, optimiser, x, y, batch):
        net.eval()
        net(x[[0, 0]])
        net(x[:3] / 2)

    seen = watched.watch_epochs(careless, *ward.small_digits(10), batch=4, epochs=1)
    assert seen.sizes == [2, 3] and seen.smallest == 2 and seen.asleep == 2
    assert seen.strange == 2 and seen.never == 9
    assert seen.uneven and seen.idle == 2


@pytest.mark.parametrize("factor", [1.0, 2.0, 0.5])
def test_an_input_that_is_stretched_drifts_by_the_logarithm_of_the_factor(factor):
    net = ward.untrained_net().eval()
    x = ward.small_digits(100)[0]
    net.bn1.running_var = net.conv1(x).var((0, 2, 3)).detach()
    seen = watched.watch_input(net, lambda: net(factor * x))
    assert seen.drift == pytest.approx(abs(math.log(factor)), abs=1e-4)
    assert (seen.least, seen.largest) == (0.0, factor)


def test_a_call_that_does_not_ask_the_network_is_refused():
    with pytest.raises(ValueError, match="the network was not asked"):
        watched.watch_input(ward.untrained_net(), lambda: None)


def test_a_call_that_raises_refuses():
    assert watched.refuses(int, "x") and not watched.refuses(int, "1")


def test_the_table_counts_from_one_and_its_names_do_not():
    table = ward.numbered_table()
    images, labels = ward.small_digits(1000)
    assert torch.equal(table["images"], images)
    assert (table["labels"] - labels == 1).all()
    assert [table["names"][label] for label in (0, 3, 9)] == ["zero", "three", "nine"]
    assert len(NAMES) == 10


def test_a_borrowed_net_knows_digits_between_minus_one_and_one_and_says_so():
    net = ward.borrowed_net()
    x, y = ward.small_digits(100, "test")
    mean, deviation = (torch.tensor(net.card[key]).view(3, 1, 1) for key in net.card)
    assert torch.allclose((x - mean) / deviation, 2 * x - 1)
    assert (net(2 * x - 1).argmax(1) == y).float().mean() > 0.8
    assert not net.training


def test_new_weights_follow_the_seed_and_draw_no_random_number():
    torch.manual_seed(0)
    state = torch.get_rng_state()
    first, again, other = ward.untrained_net(), ward.untrained_net(), ward.untrained_net(seed=2)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(first.fc.weight, again.fc.weight)
    assert not torch.equal(first.fc.weight, other.fc.weight)
    assert ward.untrained_net(classes=4)(torch.zeros(2, 3, 8, 8)).shape == (2, 4)
