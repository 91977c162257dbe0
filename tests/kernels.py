"""Compile the playground's matrix product: does ``kernels.js`` hold what ``kernels.wat`` says?

``python -m tests.kernels`` writes ``book/_static/playground/kernels.js`` anew. A browser takes
WebAssembly as bytes, so the readable text and its bytes stand side by side, and
``tests/repository/test_kernels.py`` compares them. Only wasmtime's translator is used.
"""

from __future__ import annotations

import base64
import re
import textwrap
from pathlib import Path

import wasmtime

from utils.files.whole import write_text

FOLDER = Path(__file__).parents[1] / "book" / "_static" / "playground"
TEXT, SCRIPT = FOLDER / "kernels.wat", FOLDER / "kernels.js"
LIST = re.compile(r"(?<=BASE64 = \[\n).*?(?=^  \]\.join)", re.DOTALL | re.MULTILINE)
INDENT, ROW = " " * 4, 92


def compiled(text: str) -> bytes:
    """The module of a text in WebAssembly's text format.

    Raises:
        wasmtime.WasmtimeError: the text is wrong; says at which place.
    """
    return bytes(wasmtime.wat2wasm(text))


def held(script: str) -> bytes:
    """The module that a script holds.

    Raises:
        ValueError: no list BASE64 in it.
    """
    return base64.b64decode("".join(re.findall(r'"([^"]+)"', _list(script))))


def filled(script: str, module: bytes) -> str:
    """The script with another module in its list, in rows as oxfmt leaves them."""
    rows = textwrap.wrap(base64.b64encode(module).decode(), ROW)
    return script.replace(_list(script), "".join(f'{INDENT}"{row}",\n' for row in rows))


def _list(script: str) -> str:
    found = LIST.search(script)
    if not found:
        raise ValueError("no list BASE64 in the script; take kernels.js from the repository")
    return found[0]


def main() -> None:
    """Compile and write."""
    script = filled(SCRIPT.read_text(encoding="utf-8"), compiled(TEXT.read_text(encoding="utf-8")))
    write_text(SCRIPT, script)
    print(f"{SCRIPT.name}: {len(held(script))} bytes of WebAssembly")


if __name__ == "__main__":
    main()
