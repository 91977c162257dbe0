"""A client that executes notebooks with sliders without waiting in vain.

Answers "has the cell ended?". While nbclient waits for a cell's reply, it may send a message to a
widget through the same socket, and then it can miss the wake-up for a reply that is already there:
the cell seems to run until the time limit (https://github.com/jupyter/nbclient/issues/312). This
client looks again every second.
"""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable
from queue import Empty
from typing import Any

import nbclient
from jupyter_client.asynchronous.client import AsyncKernelClient

LOOK_S = 1.0

Waiting = Callable[..., Awaitable[dict[str, Any]]]
"""A coroutine function that takes ``timeout`` in seconds or None and raises ``queue.Empty``."""


def in_short_waits(get_msg: Waiting) -> Waiting:
    """The same as ``get_msg``, but it looks for a message at least every :data:`LOOK_S` seconds."""

    async def look(timeout: float | None = None) -> dict[str, Any]:
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        while True:
            left = max(0.0, deadline - time.monotonic())
            try:
                return await get_msg(timeout=min(LOOK_S, left))
            except Empty:
                if left <= LOOK_S:
                    raise

    return look


class NotebookClient(nbclient.NotebookClient):
    """nbclient's client with short waits for the replies of the kernel."""

    async def async_start_new_kernel_client(self) -> AsyncKernelClient:
        """Connect to the kernel; its replies are looked for in short waits."""
        client = await super().async_start_new_kernel_client()
        client.shell_channel.get_msg = in_short_waits(client.shell_channel.get_msg)
        return client
