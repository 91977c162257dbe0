"""A kernel that does not answer gets a second try only; a forked one is like a new one."""

import os
import subprocess
import sys
import time

import kernel_start
import nbformat
import pytest
from forked_kernels import LOADED, popen
from nbclient.exceptions import DeadKernelError
from nbval import kernel
from shared_trainings import environment

from utils.files.places import ROOT
from utils.notebook.client import NotebookClient


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


def shown(folder, code: str, **settings: str) -> str:
    """What a cell prints in a forked kernel."""
    cell = nbformat.v4.new_code_cell(code)
    notebook = nbformat.v4.new_notebook(
        cells=[cell], metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    )
    client = NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(folder)}})
    client.execute(env={**os.environ, **environment("", ""), **settings})
    return "".join(output.get("text", "") for output in cell.outputs)


NEWS = """
import json, os, random, sys
print(*[name for name in ("utils", "resnet_book", "pytest", "ipywidgets") if name in sys.modules])
print(os.getcwd(), os.environ["ASKED"], os.environ.get("RESNET_BOOK_DATA"))
print("torch" in globals(), all(name in sys.modules for name in LOADED))
import matplotlib.pyplot, numpy
print(matplotlib.pyplot.get_backend(), random.random(), numpy.random.rand())
"""


@pytest.mark.slow
def test_a_forked_kernel_has_its_own_place_and_settings_and_nothing_of_ours(tmp_path, monkeypatch):
    monkeypatch.delenv("RESNET_BOOK_DATA", raising=False)
    code = NEWS.replace("LOADED", repr(LOADED))
    one, other = (shown(tmp_path, code, ASKED=word).splitlines() for word in ("one", "other"))
    assert one[:3] == ["", f"{tmp_path} one None", "False True"]
    assert other[:3] == ["", f"{tmp_path} other None", "False True"]
    assert one[3].split()[0] == "module://matplotlib_inline.backend_inline"
    assert set(one[3].split()[1:]).isdisjoint(other[3].split()[1:])


@pytest.mark.slow
@pytest.mark.parametrize(("how", "shares"), [("take", "True"), ("keep", "True"), ("", "False")])
def test_a_forked_kernel_shares_trainings_only_if_it_is_asked(tmp_path, how, shares):
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from utils.training import train; print(hasattr(train, '__wrapped__'))"
    )
    assert shown(tmp_path, code, **environment(how, tmp_path)) == f"{shares}\n"


@pytest.mark.slow
def test_a_forked_kernel_that_dies_is_noticed(tmp_path):
    with pytest.raises(DeadKernelError):
        shown(tmp_path, "import os; os._exit(3)")


@pytest.mark.slow
def test_a_cell_that_takes_too_long_is_interrupted(tmp_path):
    cell = "import time; print(1)\ntry:\n    time.sleep(60)\nexcept KeyboardInterrupt: pass"
    started, client = kernel.start_new_kernel(
        kernel_name=kernel.CURRENT_ENV_KERNEL_NAME, env={**os.environ, **environment("", "")}
    )
    asked = client.execute(cell)
    while client.get_iopub_msg(timeout=60)["msg_type"] != "stream":
        pass
    began = time.monotonic()
    started.interrupt_kernel()
    while (reply := client.get_shell_msg(timeout=60))["parent_header"]["msg_id"] != asked:
        pass
    client.stop_channels()
    started.shutdown_kernel()
    assert reply["content"]["status"] == "ok"
    assert time.monotonic() - began < 50


def test_what_is_no_kernel_is_started_as_always():
    done = popen([sys.executable, "-c", "print(1)"], stdout=subprocess.PIPE)
    assert isinstance(done, subprocess.Popen)
    assert done.communicate()[0] == b"1\n"
