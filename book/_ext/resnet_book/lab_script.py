"""The lesion lab's engine and network as one plain script, for a page that was opened from a file.

For such a page browsers fetch neither modules nor binaries, but they do run scripts. So the two
modules of ONNX Runtime Web become functions, and the binary and the network become text.
"""

import base64
import re

from sphinx.errors import ExtensionError

ADDRESS = "import.meta.url"
"""A module's own address, which a plain script cannot ask for."""
OWN_ADDRESS = '"lab://script/"'
"""What stands for it. Nothing is fetched from there; the page's own address will not do, because
Firefox gives a file no origin, and the engine would build an address with it."""
RUNTIME_EXPORT = "export default ortWasmThreaded;"
RUNTIME_IMPORT = "import(/*webpackIgnore:true*/ /*@vite-ignore*/e)"
ENGINE_EXPORT = re.compile(r"export\{([^{}]*)\};")


def once(text: str, old: str, new: str) -> str:
    """Replace what must be there exactly once.

    Raises:
        ExtensionError: it is absent or there several times: another version of the engine.
    """
    if text.count(old) != 1:
        raise ExtensionError(
            f"the lesion lab's engine has {text.count(old)} times {old!r}, not once; if it was "
            "updated, adapt resnet_book/lab_script.py"
        )
    return text.replace(old, new)


def runtime_function(module: str) -> str:
    """The module that runs the binary, as an expression whose value is what it exports.

    What follows the export starts the module in a thread, and the lab has one thread only.
    """
    body = once(module, RUNTIME_EXPORT, RUNTIME_EXPORT).partition(RUNTIME_EXPORT)[0]
    body = body.replace(ADDRESS, OWN_ADDRESS)
    return f"(() => {{\n{body}\nreturn ortWasmThreaded;\n}})()"


def engine_function(module: str) -> str:
    """The module that reads networks, as an expression with all its exports by name."""
    found = ENGINE_EXPORT.findall(module)
    if len(found) != 1:
        raise ExtensionError(
            f"the lesion lab's engine has {len(found)} lists of exports, not one; if it was "
            "updated, adapt resnet_book/lab_script.py"
        )
    pairs = [pair.split(" as ") for pair in found[0].split(",")]
    names = ", ".join(f"{public}: {private}" for private, public in pairs)
    body = ENGINE_EXPORT.sub("", module).replace(ADDRESS, OWN_ADDRESS)
    body = once(body, RUNTIME_IMPORT, "Promise.resolve({ default: runtime })")
    return f"(() => {{\n{body}\nreturn {{ {names} }};\n}})()"


def alone(engine: str, runtime: str, binary: bytes, network: bytes) -> str:
    """The script: it sets ``window.ResNetLabFiles`` to what the lab would fetch.

    Args:
        engine, runtime: the two modules.
        binary: the compressed WebAssembly.
        network: the ONNX file.

    Raises:
        ExtensionError: a module is not as expected.
    """
    return f"""(() => {{
"use strict";
const runtime = {runtime_function(runtime)};
const engine = {engine_function(engine)};
const binary = "{base64.b64encode(binary).decode()}";
const network = "{base64.b64encode(network).decode()}";
window.ResNetLabFiles = {{ engine, binary, network }};
}})();
"""
