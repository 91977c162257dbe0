"""Waiting for data and computing are told apart, by a clock that only the fakes move."""

import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from utils.probes.pace import DATA, NETWORK, Pace, measure_pace


class Clock:
    """Seconds that pass only when a fake says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def slow_loader(clock: Clock, seconds: list[float]):
    for number, wait in enumerate(seconds):
        clock.sleep(wait)
        yield number


def run(waits: list[float], work: float, **options) -> tuple[Pace, list[int]]:
    clock, seen = Clock(), []

    def step(batch: int) -> None:
        seen.append(batch)
        clock.sleep(work)

    return measure_pace(slow_loader(clock, waits), step, clock=clock, **options), seen


def test_waiting_and_computing_are_added_up_apart():
    pace, seen = run([5, 3, 4, 2], work=1, warm_up=1)
    assert (pace.loading, pace.computing, pace.batches) == (9, 3, 3)
    assert pace.start == 6
    assert seen == [0, 1, 2, 3]


def test_the_share_is_what_would_be_saved_if_data_came_at_once():
    pace, _ = run([3] * 5, work=1, warm_up=0)
    assert pace.share == 0.75 and pace.bottleneck == DATA
    pace, _ = run([1] * 5, work=3, warm_up=0)
    assert pace.share == 0.25 and pace.bottleneck == NETWORK


def test_the_verdict_is_a_sentence_for_each_outcome():
    assert Pace(3.0, 1.0, 4, 0.0).words() == (
        "The data is the bottleneck: 75% waiting "
        "(750.0 ms waiting for a batch, 250.0 ms computing)."
    )
    assert Pace(0.0, 1.0, 4, 0.0).words().startswith("The network is the bottleneck: 0% waiting")


def test_an_even_split_is_no_bottleneck_of_the_data():
    assert Pace(1.0, 1.0, 1, 0.0).bottleneck == NETWORK


def test_no_more_batches_are_taken_than_asked_for():
    pace, seen = run([1] * 9, work=1, warm_up=2, most=3)
    assert pace.batches == 3 and seen == [0, 1, 2, 3, 4]
    pace, seen = run([1] * 4, work=1, warm_up=1, most=30)
    assert pace.batches == 3 and len(seen) == 4


def test_what_passes_before_the_first_batch_is_no_part_of_the_verdict():
    clock = Clock()

    def late():
        clock.sleep(100)
        yield from slow_loader(clock, [1, 1, 1])

    pace = measure_pace(late(), lambda _: clock.sleep(1), clock=clock)
    assert (pace.loading, pace.computing, pace.start) == (2, 2, 102)


@pytest.mark.parametrize("options", [{"warm_up": -1}, {"most": 0}])
def test_counts_that_make_no_sense_are_refused(options):
    with pytest.raises(ValueError, match="warm_up is at least 0 and most at least 1"):
        run([1], 1, **options)


@pytest.mark.parametrize("batches", [0, 1, 2])
def test_too_few_batches_say_what_to_do(batches):
    with pytest.raises(ValueError, match=rf"{batches} batches with 2 to warm up leave none"):
        run([1] * batches, 1, warm_up=2)


def test_a_data_loader_is_run_to_its_end_on_a_real_clock():
    loader = DataLoader(TensorDataset(torch.arange(12.0)[:, None]), batch_size=4)
    total = []
    pace = measure_pace(loader, lambda batch: total.append(batch[0].sum()), warm_up=0)
    assert float(sum(total)) == 66 and pace.batches == 3
    assert pace.loading > 0 and pace.computing > 0
