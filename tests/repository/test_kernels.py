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


@pytest.mark.parametrize(("m", "n", "k"), [(4, 2, 2), (64, 32, 64), (64, 10, 8), (12, 64, 64)])
def test_the_module_multiplies_by_the_transpose(m, n, k):
    store = wasmtime.Store()
    memory = wasmtime.Memory(store, wasmtime.MemoryType(wasmtime.Limits(4, None)))
    text = kernels.compiled(kernels.TEXT.read_text(encoding="utf-8"))
    instance = wasmtime.Instance(store, wasmtime.Module(store.engine, text), [memory])
    multiply = instance.exports(store)["timesTransposed"]
    draw = np.random.default_rng(0)
    a, b = draw.normal(size=(m, k)), draw.normal(size=(n, k))
    places = [0, a.nbytes, a.nbytes + b.nbytes]
    memory.write(store, a.tobytes(), places[0])
    memory.write(store, b.tobytes(), places[1])
    after = places[2] + 8 * m * n
    memory.write(store, np.full(8, 7.0).tobytes(), after)
    multiply(store, *places, m, n, k)
    out = np.frombuffer(memory.read(store, places[2], after)).reshape(m, n)
    np.testing.assert_allclose(out, a @ b.T, rtol=1e-12, atol=1e-12)
    assert np.frombuffer(memory.read(store, after, after + 64)).tolist() == [7.0] * 8
