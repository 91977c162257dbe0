"""How many threads a test computes with."""

from collections.abc import Iterator

import pytest


@pytest.fixture
def one_thread() -> Iterator[None]:
    """One thread: waiting ones would count as work. Afterwards as many as before."""
    import torch  # only where a test asks for it: most files need none

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
