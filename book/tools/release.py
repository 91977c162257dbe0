"""Pack a release: the site as one ZIP and as an e-book, with every file that readers take along.

    python book/tools/release.py [--tag v1.0.0 --tagged 2026-11-30]

The files come from the built book and go to ``_build/release``, where ``notes.md`` says what
readers notice in this version. With a tag, version and date have to agree with it. Each fault is
one line; with faults nothing is packed, and the status is 1.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from utils.epub.book import write_epub  # noqa: E402
from utils.epub.checks import faults  # noqa: E402
from utils.facts.edition import (  # noqa: E402
    EditionError,
    changes_of,
    disagreements,
    load_changes,
    load_edition,
)
from utils.files.packed import DOWNLOADS, EPUB, ZIP, pack  # noqa: E402

NOTES = "notes.md"


def release(html: Path, target: Path, day: date, notes: str, citation: Path) -> list[Path]:
    """Write the files of a release into an empty folder.

    Args:
        html: the built book.
        target: the folder; what it held is removed.
        day: of the release.
        notes: what readers notice, in Markdown.
        citation: ``CITATION.cff``.

    Returns:
        The files that readers take along, without the notes.

    Raises:
        FileNotFoundError: the book is not built.
        ValueError: some machine could not unpack a file of it, or the e-book has a fault.
    """
    shutil.rmtree(target, ignore_errors=True)
    files = target / "files"
    files.mkdir(parents=True)
    pack(html, files / ZIP, day)
    write_epub(html, files / EPUB, citation)
    if wrong := list(faults(files / EPUB)):
        raise ValueError("\n".join([f"{EPUB} is not as it should be:", *wrong]))
    for path in sorted((html / DOWNLOADS).iterdir()):
        shutil.copyfile(path, files / path.name)
    (target / NOTES).write_text(notes + "\n", encoding="utf-8")
    return sorted(files.iterdir())


def main(arguments: list[str]) -> int:
    """Pack, or print what stands in the way; the status says whether something did."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=ROOT, help="folder with CITATION.cff")
    parser.add_argument("--html", type=Path, help="the built book, if not _build/html there")
    parser.add_argument("--to", type=Path, help="where it goes, if not to _build/release there")
    parser.add_argument("--tag", help="the name of the release")
    parser.add_argument("--tagged", type=date.fromisoformat, help="the day of the tagged commit")
    given = parser.parse_args(arguments)
    build = given.root / "_build"
    try:
        citation = given.root / "CITATION.cff"
        edition = load_edition(citation)
        log = load_changes(given.root / "CHANGELOG.md")
        if against := list(disagreements(edition, log, given.tag, given.tagged)):
            print("\n".join(against))
            return 1
        notes = changes_of(edition, log)
        html, target = given.html or build / "html", given.to or build / "release"
        for path in release(html, target, edition.released, notes, citation):
            print(f"{path} ({path.stat().st_size / 1e6:.1f} MB)")
    except (EditionError, FileNotFoundError, ValueError) as problem:
        print(problem)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
