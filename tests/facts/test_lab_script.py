"""The lesion lab's engine as a plain script: another version of the engine stops the build."""

import pytest
from resnet_book.lab_script import alone, engine_function, runtime_function
from resnet_book.shows.lesion_lab import ENGINE, SCRIPTS
from sphinx.errors import ExtensionError

MODULES = [(ENGINE / name).read_text(encoding="utf-8") for name in SCRIPTS]
LOADER = "import(/*webpackIgnore:true*/ /*@vite-ignore*/e)"
NOT_PLAIN = ("import.meta", "export{", "export default", LOADER)
"""What only a module may say, and the import of a file."""


def test_the_script_says_nothing_that_only_a_module_may():
    script = alone(*MODULES, b"binary", b"network")
    assert all(any(word in module for module in MODULES) for word in NOT_PLAIN)
    assert [word for word in NOT_PLAIN if word in script] == []


def test_binary_and_network_are_text_in_it():
    script = alone(*MODULES, b"binary", b"network")
    assert 'const binary = "YmluYXJ5";' in script
    assert 'const network = "bmV0d29yaw==";' in script


def test_exports_keep_their_public_names():
    made = engine_function(f"const a=1,b=2;{LOADER};export{{a as One,b as Two}};")
    assert made.endswith("return { One: a, Two: b };\n})()")


@pytest.mark.parametrize("module", ["f();", "export{a as A};export{b as B};", "export{a as A};"])
def test_another_engine_stops_the_build(module: str):
    with pytest.raises(ExtensionError, match=r"adapt resnet_book/lab_script\.py"):
        engine_function(module)


@pytest.mark.parametrize("module", ["function f(){}", "export default ortWasmThreaded;" * 2])
def test_another_runtime_stops_the_build(module: str):
    with pytest.raises(ExtensionError, match="not once"):
        runtime_function(module)
