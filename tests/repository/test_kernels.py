"""The playground's compiled matrix product is that of its text, and it multiplies."""

from __future__ import annotations

import numpy as np
import pytest
import wasmtime

from tests import kernels


def test_the_script_holds_the_compiled_text():
    text = kernels.TEXT.read_text(encoding="utf-8")
    assert kernels.held(kernels.SCRIPT.read_text(encoding="utf-8")) == kernels.compiled(text), (
        "kernels.wat was changed: run python -m tests.kernels"
    )


def test_a_script_that_is_written_anew_stays_as_it_is():
    script = kernels.SCRIPT.read_text(encoding="utf-8")
    assert kernels.filled(script, kernels.held(script)) == script


def test_another_module_is_written_whole():
    script = kernels.SCRIPT.read_text(encoding="utf-8")
    assert kernels.held(kernels.filled(script, bytes(range(256)))) == bytes(range(256))
    with pytest.raises(ValueError, match="no list BASE64"):
        kernels.held("nothing")


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("m", "n", "k"), [(4, 4, 1), (64, 32, 64), (64, 12, 8), (12, 64, 63)])
def test_the_module_multiplies_a_matrix_or_its_transpose(m, n, k, turned):
    store = wasmtime.Store()
    memory = wasmtime.Memory(store, wasmtime.MemoryType(wasmtime.Limits(4, None)))
    module = kernels.compiled(kernels.TEXT.read_text(encoding="utf-8"))
    instance = wasmtime.Instance(store, wasmtime.Module(store.engine, module), [memory])
    draw = np.random.default_rng(0)
    a, b = draw.normal(size=(k, m) if turned else (m, k)), draw.normal(size=(k, n))
    down, across = (8, 8 * m) if turned else (8 * k, 8)
    at_b, at_out = a.nbytes, a.nbytes + b.nbytes
    after = at_out + 8 * m * n
    for numbers, place in ((a, 0), (b, at_b), (np.full(8, 7.0), after)):
        memory.write(store, numbers.tobytes(), place)
    instance.exports(store)["times"](store, 0, down, across, at_b, at_out, m, n, k)
    out = np.frombuffer(memory.read(store, at_out, after)).reshape(m, n)
    np.testing.assert_allclose(out, (a.T if turned else a) @ b, rtol=1e-12, atol=1e-12)
    assert np.frombuffer(memory.read(store, after, after + 64)).tolist() == [7.0] * 8
