"""A reply whose wake-up got lost is found within a second, and a time limit stays what it is."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from queue import Empty
from typing import Any

import nbformat
import pytest

from utils.notebook import client
from utils.notebook.client import NotebookClient, in_short_waits


class Channel:
    """A channel on which ``hidden`` waits end without the message that is there; counts waits."""

    def __init__(self, hidden: float):
        self.hidden, self.waits = hidden, []

    async def get_msg(self, timeout: float | None = None) -> dict[str, str]:
        self.waits.append(timeout)
        if len(self.waits) > self.hidden:
            return {"content": "a reply"}
        await asyncio.sleep(timeout)
        raise Empty


def ended(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What it returns, from a thread of its own: in this one, the browser tests keep a loop."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, coroutine).result()


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(client, "LOOK_S", 0.02)


@pytest.mark.parametrize("timeout", [None, 300])
def test_a_message_is_found_at_the_next_look_and_not_at_the_time_limit(timeout):
    channel = Channel(hidden=2)
    found = ended(in_short_waits(channel.get_msg)(timeout=timeout))
    assert found == {"content": "a reply"}
    assert channel.waits == [0.02, 0.02, 0.02]


def test_a_time_limit_still_ends_the_wait():
    channel = Channel(hidden=float("inf"))
    with pytest.raises(Empty):
        ended(in_short_waits(channel.get_msg)(timeout=0.05))
    assert sum(channel.waits) == pytest.approx(0.05, abs=0.02)


def test_a_notebook_runs_with_short_waits():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(6 * 7)")])
    NotebookClient(notebook, timeout=60).execute()
    assert notebook.cells[0].outputs[0].text == "42\n"


def test_the_channel_of_a_kernel_is_looked_at_in_short_waits():
    one = NotebookClient(nbformat.v4.new_notebook())

    async def how_it_waits() -> str:
        async with one.async_setup_kernel():
            return one.kc.shell_channel.get_msg.__qualname__

    assert ended(how_it_waits()).startswith("in_short_waits")
