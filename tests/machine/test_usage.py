"""A run says what it has taken, on every system."""

import builtins
from types import SimpleNamespace

import pytest

from utils.machine import devices, usage
from utils.machine.devices import what_to_expect
from utils.notebook import session


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.2, "0 seconds"), (48.4, "48 seconds"), (90, "1.5 minutes")]
)
def test_a_duration_is_told_in_the_unit_that_people_say(seconds, told):
    assert usage.duration(seconds) == told


def test_the_peak_is_at_least_what_is_held():
    held = bytearray(64 * usage.MIB)
    assert usage.peak_memory_bytes() > len(held)


def test_the_line_names_memory_and_the_gpus_where_they_are_known(monkeypatch):
    monkeypatch.setattr(usage, "peak_memory_bytes", lambda: 2048 * usage.MIB)
    assert usage.usage_in_words(30, "cpu") == (
        "This run took 30 seconds, at most 2,048 MiB of memory."
    )
    monkeypatch.setattr(usage, "peak_gpu_bytes", lambda device: 512 * usage.MIB)
    assert usage.usage_in_words(30, "cuda").endswith("at most 512 MiB of GPU memory.")
    monkeypatch.setattr(usage, "peak_memory_bytes", lambda: None)
    monkeypatch.setattr(usage, "peak_gpu_bytes", lambda device: None)
    assert usage.usage_in_words(30, "cpu") == "This run took 30 seconds."


def test_a_system_that_does_not_count_memory_is_no_error(monkeypatch):
    known = builtins.__import__

    def without_resource(name, *others, **named):
        if name == "resource":
            raise ImportError(name)
        return known(name, *others, **named)

    monkeypatch.setattr(builtins, "__import__", without_resource)
    assert usage.peak_memory_bytes() is None


@pytest.mark.parametrize(("device", "full"), [("cpu", False), ("cuda", True)])
def test_without_a_choice_the_device_decides(device, full, monkeypatch):
    monkeypatch.setattr(session, "install_missing", lambda: [])
    monkeypatch.setattr(devices, "named_device", lambda name: SimpleNamespace(type=device))
    assert session.start(full=None).full is full
    assert session.start(full=False).full is False


def test_a_notebook_that_chose_the_photographs_says_how_to_go_back():
    assert "FULL = False" in what_to_expect("cuda", full=True, unasked=True)
    assert what_to_expect("cuda", full=True) == ""
