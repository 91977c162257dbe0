"""A kernel that does not answer gets a second try, and only then."""

import kernel_start
import pytest
from nbval import kernel


def starts(monkeypatch, *outcomes: str) -> list[float]:
    """Let nbval's kernels start as told, one after another; returns the timeouts asked for."""
    left, asked = list(outcomes), []

    def start(startup_timeout, **settings):
        asked.append(startup_timeout)
        if outcome := left.pop(0):
            raise RuntimeError(outcome)
        return "manager", "client"

    monkeypatch.setattr(kernel_start, "once", start)
    return asked


def test_one_that_stands_still_is_started_once_more(monkeypatch):
    asked = starts(monkeypatch, "Kernel didn't respond in 9 seconds", "")
    with pytest.warns(UserWarning, match="didn't respond in 9 seconds; it is started once more"):
        assert kernel.start_new_kernel(startup_timeout=9) == ("manager", "client")
    assert asked == [9, 9]


def test_two_that_stand_still_are_an_error(monkeypatch):
    starts(monkeypatch, "Kernel didn't respond in 9 seconds", "Kernel didn't respond in 9 seconds")
    with pytest.warns(UserWarning), pytest.raises(RuntimeError, match="didn't respond"):
        kernel.start_new_kernel(startup_timeout=9)


def test_one_that_dies_is_an_error_at_once(monkeypatch):
    asked = starts(monkeypatch, "Kernel died before replying to kernel_info")
    with pytest.raises(RuntimeError, match="Kernel died"):
        kernel.start_new_kernel(startup_timeout=9)
    assert asked == [9]
