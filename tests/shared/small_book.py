"""A small copy of the book to edit and to build again, in seconds instead of a minute.

It has the real extensions, templates, data and code, and a handful of short pages. What is large
and slow to load (PyTorch, Sphinx) is imported once; each build is a fresh process forked from that.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import nbformat
import yaml

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("CITATION.cff", "CHANGELOG.md", "_config.yml", "book/_ext", "book/_static",
          "book/_templates", "book/code", "book/data", "book/references.bib", "results",
          "utils")  # fmt: skip
SHOWS = "book/_ext/resnet_book/shows/__init__.py"
LEFT_OUT = ("lesion_lab",)
"""Parts of the extension that few pages need, and that are slow to start."""

SERVER = """
import os, runpy, sys, traceback
import jupyter_book.sphinx, matplotlib.pyplot, myst_nb.sphinx_ext, onnx, pybtex.database
import sklearn.datasets, torch
import torchvision, safetensors.torch, sphinx.builders.html, sphinx_book_theme, sphinx_exercise
import sphinx_comments, sphinx_copybutton, sphinx_design, sphinx_external_toc, sphinx_togglebutton
import sphinxcontrib.bibtex
from jupyter_book.cli.main import main

for line in sys.stdin:
    child = os.fork()
    if not child:
        log = os.open("build.log", os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
        for stream in (1, 2):
            os.dup2(log, stream)
        if line.strip() == "stop":
            sphinx.builders.html.StandaloneHTMLBuilder.write = lambda *_: os._exit(9)
        try:
            main(["build", "-W", "-n", "--keep-going", "."], standalone_mode=False)
            status = 0
        except BaseException:
            traceback.print_exc()
            status = 1
        sys.stdout.flush(), sys.stderr.flush()
        os._exit(status)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Built(NamedTuple):
    """What one build did: its status, the pages that it wrote, what it said."""

    status: int
    pages: set[str]
    log: str


@dataclass
class SmallBook:
    """A folder with the copy, and the process that builds it."""

    folder: Path
    server: subprocess.Popen

    @classmethod
    def make(cls, folder: Path, pages: dict[str, str], toc: dict) -> SmallBook:
        """Copy what the build needs, write the pages and start the process."""
        for name in COPIED:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / name).is_dir():
                hidden = shutil.ignore_patterns("__pycache__", "onnxruntime-web", "*.png")
                shutil.copytree(ROOT / name, target, ignore=hidden)
            else:
                shutil.copy(ROOT / name, target)
        book = cls(folder, cls.start(folder))
        for name in LEFT_OUT:
            book.edit(SHOWS, f'    "{name}",\n', "")
        book.write("_toc.yml", yaml.safe_dump(toc))
        for name, text in pages.items():
            book.write_page(name, text)
        return book

    @staticmethod
    def start(folder: Path) -> subprocess.Popen:
        """The process that waits for builds."""
        return subprocess.Popen(
            [sys.executable, "-c", SERVER], cwd=folder, env=environment(folder),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8",
        )  # fmt: skip

    def read(self, name: str) -> str:
        """The text of a source."""
        return (self.folder / name).read_text(encoding="utf-8")

    def write(self, name: str, text: str) -> None:
        """Write a source."""
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text, encoding="utf-8")

    def write_page(self, name: str, text: str) -> None:
        """Write the source of a page, which is a notebook in the folder of notebooks."""
        about = {"description": "A page of a test."}
        if name.startswith("notebooks/"):
            note = nbformat.v4.new_notebook(metadata=about)
            note.cells = [nbformat.v4.new_markdown_cell(text, id="text")]
            self.write(f"{name}.ipynb", nbformat.writes(note))
        else:
            self.write(f"{name}.md", f"---\n{yaml.safe_dump(about)}---\n{text}")

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace the first ``old`` in a source, which has to be there."""
        text = self.read(name)
        assert old in text, f"{name} has no {old!r}"
        self.write(name, text.replace(old, new, 1))

    def take_back(self, part: str) -> None:
        """Let the extension have a part again that was left out."""
        self.edit(SHOWS, "PARTS = (\n", f'PARTS = (\n    "{part}",\n')

    def html(self, page: str) -> str:
        """A built page."""
        return (self.folder / "_build" / "html" / f"{page}.html").read_text(encoding="utf-8")

    def times(self) -> dict[str, int]:
        """When each page was written."""
        out = self.folder / "_build" / "html"
        return {
            path.relative_to(out).with_suffix("").as_posix(): path.stat().st_mtime_ns
            for path in out.rglob("*.html")
            if "_static" not in path.parts
        }

    def build(self, *, stop_before_writing: bool = False) -> Built:
        """Build, and say which pages were written."""
        before = self.times()
        self.server.stdin.write("stop\n" if stop_before_writing else "build\n")
        self.server.stdin.flush()
        status = int(self.server.stdout.readline())
        after = self.times()
        written = {page for page, when in after.items() if before.get(page) != when}
        return Built(status, written, self.read("build.log"))

    def close(self) -> None:
        """End the process."""
        self.server.stdin.close()
        self.server.wait()


def environment(folder: Path) -> dict[str, str]:
    """The environment of a build: the copy's own code, one thread, no network."""
    import os

    return {**os.environ, "PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"}
