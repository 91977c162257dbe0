"""Modules of a kind are replaced wherever they stand, and only they."""

import copy

import pytest
import torch
from torch import nn

from utils.models.blocks import BasicBlock
from utils.models.networks import build
from utils.models.starts import remove_batch_norm
from utils.models.surgery import block_names, replace_modules
from utils.probes.additions import without_normalisation
from utils.training.distributed import GlobalBatchNorm2d, share_batch_norm


def kinds(net: nn.Module) -> dict[str, type]:
    return {name: type(module) for name, module in net.named_modules()}


def test_every_module_of_the_kind_is_replaced_and_no_other():
    net = build("resnet-8-C")
    before = kinds(net)
    assert replace_modules(net, nn.BatchNorm2d, lambda _: nn.Identity()) is net
    wanted = {n: nn.Identity if kind is nn.BatchNorm2d else kind for n, kind in before.items()}
    assert kinds(net) == wanted
    assert list(before.values()).count(nn.BatchNorm2d) == 7 + 3


def test_a_replacement_is_made_from_what_it_replaces_and_takes_over_its_mode():
    net = nn.Sequential(nn.BatchNorm2d(3), nn.Sequential(nn.BatchNorm2d(5), nn.ReLU()))
    net[1][0].eval()
    replace_modules(net, nn.BatchNorm2d, lambda norm: nn.GroupNorm(1, norm.num_features))
    assert [net[0].num_channels, net[1][0].num_channels] == [3, 5]
    assert [net[0].training, net[1][0].training] == [True, False]


def test_what_stands_in_two_places_has_one_replacement_in_both():
    norm = nn.BatchNorm2d(3)
    net = nn.Sequential(norm, nn.ReLU(), norm, nn.Sequential(norm))
    replace_modules(net, nn.BatchNorm2d, lambda _: nn.GroupNorm(1, 3))
    assert isinstance(net[0], nn.GroupNorm)
    assert net[0] is net[2] is net[3][0]


def test_a_module_handed_back_stays_and_a_network_of_the_kind_is_itself_replaced():
    net = nn.Sequential(nn.BatchNorm2d(3))
    norm = net[0]
    assert replace_modules(net, nn.BatchNorm2d, lambda old: old)[0] is norm
    assert isinstance(replace_modules(norm, nn.BatchNorm2d, lambda _: nn.Identity()), nn.Identity)


def test_a_module_inside_a_replaced_one_is_left_with_it():
    inner = nn.Sequential(nn.Sequential(nn.ReLU()))
    net = nn.Module()
    net.part = inner
    replace_modules(net, nn.Sequential, lambda old: nn.ModuleList([old]))
    assert isinstance(net.part, nn.ModuleList)
    assert net.part[0] is inner


@pytest.mark.parametrize("how", [remove_batch_norm, without_normalisation])
def test_both_normalisations_of_a_network_are_taken_out(how):
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), BasicBlock(3, 3, 1, "C"))
    twin = how(copy.deepcopy(net))
    assert not any(isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d) for m in twin.modules())
    assert isinstance(twin[2].downsample[1], nn.Identity)


def test_shared_normalisation_keeps_every_value_and_is_shared_once():
    torch.manual_seed(0)
    net = build("resnet-8").eval()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight)
            nn.init.uniform_(module.running_mean)
    wanted = {name: value.clone() for name, value in net.state_dict().items()}
    shared = share_batch_norm(net, torch.device("cpu"))
    ones = [module for module in shared.modules() if isinstance(module, GlobalBatchNorm2d)]
    assert len(ones) == 7
    assert not any(module.training for module in shared.modules())
    found = shared.state_dict()
    assert list(found) == list(wanted)
    assert all(torch.equal(found[name], value) for name, value in wanted.items())
    again = share_batch_norm(shared, torch.device("cpu"))
    assert [m for m in again.modules() if isinstance(m, GlobalBatchNorm2d)] == ones


def test_a_network_without_stages_has_no_blocks_to_name():
    assert block_names(build("resnet-8")) == ["layer1.0", "layer2.0", "layer3.0"]
    with pytest.raises(ValueError, match="SimpleCNN has no blocks"):
        block_names(build("simple-cnn"))
