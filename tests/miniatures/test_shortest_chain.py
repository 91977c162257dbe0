"""What a chain of matrices must refuse."""

from __future__ import annotations

import pytest

from utils.miniatures.jacobians import make_chain


@pytest.mark.parametrize("blocks", [0, -1])
def test_a_chain_has_at_least_one_block(blocks):
    assert len(make_chain("plain", 1).weights) == 1
    with pytest.raises(ValueError, match="at least 1 block"):
        make_chain("plain", blocks)
