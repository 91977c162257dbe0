"""Blocks that are left out at random while a network is trained."""

import pytest
import torch
import torch.nn.functional as F

from utils import data
from utils.chapters.inside_a_resnet.live import error_without, one_out
from utils.models.blocks import BasicBlock
from utils.models.counting import count_parameters
from utils.models.networks import build
from utils.models.stochastic_depth import (
    StochasticBlock,
    expected_blocks,
    linear_survival,
    with_stochastic_depth,
)
from utils.probes.lesions import lesion
from utils.training.recipes import recipe
from utils.training.trainer import train


def block() -> BasicBlock:
    torch.manual_seed(0)
    return BasicBlock(16, 16, stride=1, shortcut="A")


def images(count: int = 2) -> torch.Tensor:
    return torch.randn(count, 3, 16, 16, generator=torch.Generator().manual_seed(1))


def test_survival_falls_in_equal_steps_to_the_last_block():
    # Huang et al. 2016, section 3: 1 - (l / L)(1 - p_L), here with L = 4 and p_L = 0.5.
    assert linear_survival(4, last=0.5) == [0.875, 0.75, 0.625, 0.5]


def test_the_expected_number_of_blocks_is_that_of_the_paper():
    # L = 54 and p_L = 0.5 leave (3L - 1) / 4 = 40.25 blocks in a training step on average.
    assert expected_blocks(linear_survival(54, last=0.5)) == pytest.approx((3 * 54 - 1) / 4)


def test_at_test_time_the_branch_is_scaled_by_its_survival():
    inner, x = block().eval(), torch.rand(2, 16, 8, 8)
    with torch.no_grad():
        expected = F.relu(0.6 * inner.branch(x) + x)
        assert torch.allclose(StochasticBlock(inner, 0.6).eval()(x), expected)


def test_in_training_a_block_is_whole_or_its_shortcut_alone_and_as_often_as_stated():
    inner, x = block(), torch.rand(4, 16, 8, 8)
    stochastic = StochasticBlock(inner, 0.7).train()
    whole, silent = inner(x).detach(), x
    torch.manual_seed(5)
    outcomes = [stochastic(x).detach() for _ in range(400)]
    kept = sum(torch.allclose(out, whole, atol=1e-5) for out in outcomes)
    gone = sum(torch.equal(out, silent) for out in outcomes)
    assert kept + gone == 400
    # Binomial(400, 0.7) has standard deviation 9.2.
    assert kept == pytest.approx(280, abs=4 * 9.2)


def test_a_block_that_is_left_out_gets_no_gradient_and_moves_no_statistics():
    stochastic = StochasticBlock(block(), 1e-9).train()
    x = torch.rand(4, 16, 8, 8, requires_grad=True)
    stochastic(x).sum().backward()
    assert all(parameter.grad is None for parameter in stochastic.parameters())
    assert int(stochastic.inner.bn1.num_batches_tracked) == 0
    assert x.grad is not None


def test_survival_of_one_changes_no_bit():
    torch.manual_seed(0)
    net, x = build("resnet-14"), images()
    with torch.no_grad():
        for train in (True, False):
            net.train(train)
            state = {key: value.clone() for key, value in net.state_dict().items()}
            before = net(x)
            net.load_state_dict(state)
            wrapped = with_stochastic_depth(net, last=1.0)
            assert torch.equal(wrapped(x), before)
            net = build("resnet-14")


def test_it_adds_no_parameter():
    assert count_parameters(with_stochastic_depth(build("resnet-14"))) == count_parameters(
        build("resnet-14")
    )


def test_a_lesion_takes_a_stochastic_block_to_its_shortcut():
    torch.manual_seed(0)
    net = with_stochastic_depth(build("resnet-14")).eval()
    x = torch.rand(2, 16, 8, 8)
    with lesion(net, [2]), torch.no_grad():
        assert torch.equal(net.layer1[1](x), x)
    assert isinstance(net.layer1[1], StochasticBlock)


@pytest.mark.parametrize("survival", (0.0, -0.5, 1.1))
def test_an_impossible_probability_is_refused(survival):
    with pytest.raises(ValueError, match="probability above 0"):
        StochasticBlock(block(), survival)


def test_a_plain_network_is_refused():
    with pytest.raises(ValueError, match="needs shortcuts"):
        with_stochastic_depth(build("plain-14"))


@pytest.mark.slow
def test_blocks_that_were_often_missing_can_be_spared():
    images = data.load("digits-16")
    budget = recipe("fast", epochs=10, flip=False, batch_size=50)
    lost = {}
    for name in ("usual", "stochastic"):
        torch.manual_seed(0)
        net = build("resnet-14")
        if name == "stochastic":
            with_stochastic_depth(net)
        result = train(net, images, budget, seed=0, progress=False)
        intact = error_without(result, images.test)
        lost[name] = [error - intact for error in one_out(result, images.test)]
    assert lost["usual"][4] > 0.3
    assert max(lost["stochastic"][4:]) < 0.1
    assert min(lost["usual"][0], lost["stochastic"][0]) > 0.3
