"""A lock has one holder, on this process and on others."""

from __future__ import annotations

import os
import re

import pytest

from utils.files.whole import Locked, exclusive


def test_a_lock_has_one_holder_and_is_free_after_it(tmp_path):
    path = tmp_path / "locks" / "run.lock"
    with exclusive(path, 0):
        with pytest.raises(Locked, match=re.escape(str(path))), exclusive(path, 0):
            pytest.fail("held twice")
        with pytest.raises(Locked), exclusive(path, 0.3):
            pytest.fail("held twice after waiting")
    with exclusive(path, 0):
        assert path.exists()


def test_a_lock_is_freed_when_its_holder_fails(tmp_path):
    with pytest.raises(KeyError), exclusive(tmp_path / "run.lock", 0):
        raise KeyError
    with exclusive(tmp_path / "run.lock", 0):
        pass


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a second process by fork")
def test_a_lock_holds_against_another_process(tmp_path):
    path = tmp_path / "run.lock"
    with exclusive(path, 0):
        child = os.fork()
        if child == 0:
            try:
                with exclusive(path, 0):
                    os._exit(1)
            except Locked:
                os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
