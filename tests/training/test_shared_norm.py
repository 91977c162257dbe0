"""Several processes seen from one: their normalisation, what they share, and how they begin."""

from __future__ import annotations

import pytest
import torch
import torch.distributed as dist
import torch.distributed.nn.functional as dist_nn
from torch import nn

from utils.training import distributed
from utils.training.distributed import GlobalBatchNorm2d, Workers, share_batch_norm, workers

CPU = torch.device("cpu")


@pytest.fixture
def two(monkeypatch):
    """Two processes that hold the same half of a batch: sums are twice those of one."""
    monkeypatch.setattr(dist, "get_world_size", lambda: 2)
    monkeypatch.setattr(dist_nn, "all_reduce", lambda values: 2 * values)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_both_halves_are_normalised_as_one_process_normalises_the_whole(two, dtype):
    torch.manual_seed(0)
    one = nn.BatchNorm2d(3, eps=0.1, momentum=0.3).to(dtype)
    with torch.no_grad():
        one.weight.uniform_(0.5, 2)
        one.bias.normal_()
    net = share_batch_norm(nn.Sequential(one), CPU)
    shared = net[0]
    assert type(shared) is GlobalBatchNorm2d and (shared.eps, shared.momentum) == (0.1, 0.3)
    half = (5 + 3 * torch.randn(2, 3, 4, 5)).to(dtype)
    whole = torch.cat([half, half])
    for _ in range(2):
        expected, found = one(whole)[:2], shared(half)
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    assert found.dtype == dtype and shared.weight.dtype == dtype
    for name, value in one.state_dict().items():
        torch.testing.assert_close(shared.state_dict()[name], value, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(shared.eval()(half), one.eval()(half), rtol=1e-4, atol=1e-4)


def test_in_sixteen_bits_the_sums_are_taken_in_thirty_two(two):
    shared = GlobalBatchNorm2d(1)
    images = (300 + torch.randn(8, 1, 16, 16)).to(torch.bfloat16)
    found = shared(images)
    assert found.dtype == torch.bfloat16
    expected = nn.BatchNorm2d(1)(images.float())
    torch.testing.assert_close(found.float(), expected, rtol=0.02, atol=0.02)


def test_a_normalisation_of_another_kind_is_left_alone_and_a_gpu_gets_pytorchs_own(monkeypatch):
    class Special(nn.BatchNorm2d):
        pass

    net = nn.Sequential(Special(2), nn.BatchNorm1d(2), nn.BatchNorm2d(2))
    kinds = [type(module) for module in share_batch_norm(net, CPU)]
    assert kinds == [Special, nn.BatchNorm1d, GlobalBatchNorm2d]
    converted = share_batch_norm(nn.Sequential(nn.BatchNorm2d(2)), torch.device("cuda"))
    assert type(converted[0]) is nn.SyncBatchNorm


def test_alone_nothing_is_sent_and_together_the_main_ones_value_and_the_sum_count(monkeypatch):
    sent = []

    def broadcast(box: list, src: int, device: torch.device) -> None:
        sent.append((list(box), src, device))
        box[0] = "from main"

    monkeypatch.setattr(dist, "broadcast_object_list", broadcast)
    monkeypatch.setattr(dist, "all_reduce", lambda values: values.mul_(3))
    alone = Workers(0, 1, CPU)
    assert alone.is_main and alone.from_main("a") == "a"
    assert alone.sum(torch.ones(2)).tolist() == [1, 1] and not sent
    main, other = Workers(0, 2, CPU), Workers(1, 2, CPU)
    assert main.is_main and not other.is_main
    assert main.from_main("a") == other.from_main("b") == "from main"
    assert sent == [(["a"], 0, CPU), ([None], 0, CPU)]
    assert main.sum(torch.ones(2)).tolist() == [3, 3]


@pytest.mark.parametrize(("device", "backend"), [("cpu", "gloo"), ("cuda", "nccl")])
def test_processes_of_torchrun_join_and_part_again(monkeypatch, device, backend):
    seen = []
    monkeypatch.setenv("WORLD_SIZE", "3")
    monkeypatch.setenv("LOCAL_RANK", "2")
    monkeypatch.setattr(distributed, "named_device", torch.device)
    monkeypatch.setattr(torch.cuda, "set_device", lambda d: seen.append(str(d)))
    monkeypatch.setattr(dist, "init_process_group", seen.append)
    monkeypatch.setattr(dist, "destroy_process_group", lambda: seen.append("parted"))
    monkeypatch.setattr(dist, "get_rank", lambda: 1)
    monkeypatch.setattr(dist, "get_world_size", lambda: 3)
    with pytest.raises(KeyError), workers(device) as me:
        assert (me.rank, me.world) == (1, 3)
        assert str(me.device) == ("cuda:2" if device == "cuda" else "cpu")
        raise KeyError
    assert seen == [*(["cuda:2"] if device == "cuda" else []), backend, "parted"]
    monkeypatch.setenv("WORLD_SIZE", "1")
    with workers(device) as alone:
        assert (alone.rank, alone.world, alone.device) == (0, 1, torch.device(device))
    monkeypatch.delenv("WORLD_SIZE")
    with workers("cpu") as alone:
        assert (alone.rank, alone.world) == (0, 1)
