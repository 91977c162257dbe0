"""Two recorders of one run do not work at once."""

from __future__ import annotations

import pytest
import torch

from utils.files import records
from utils.files.records import unpack
from utils.files.whole import exclusive
from utils.models.starts import Start, build_start
from utils.record import experiments
from utils.record import runs as record
from utils.record.gradient_norms import (
    BATCH,
    Neighbours,
    first_batch,
    freeze_statistics,
    neighbour_cosines,
)


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


def test_neighbours_are_compared_under_the_statistics_of_the_batch():
    start = Start(8, "plain")
    asked = Neighbours(start, (3,), images=2, distances=(0.1, 0.4), dataset="digits")
    (told,) = unpack(asked.perform()["rows"]["cosine"])
    inputs, _ = first_batch("digits", 3, BATCH)
    net = build_start(start, 3)
    freeze_statistics(net, inputs)
    expected = neighbour_cosines(net, inputs[:2], (0.1, 0.4))
    assert told.tolist() == pytest.approx(expected.tolist(), rel=1e-3)
