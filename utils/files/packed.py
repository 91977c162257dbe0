"""A folder as one ZIP that is the same for everybody who packs it, and unpacks on any machine.

Answers "how do I take the whole site along?". The bytes depend on names and contents alone: names
are sorted, and all files have the same date and rights.
"""

import zipfile
from collections.abc import Iterator, Mapping
from datetime import date
from fnmatch import fnmatch
from pathlib import Path
from typing import IO

TOP = "resnet-measured"
"""The folder that unpacking the site makes."""
ZIP = f"{TOP}.zip"
EPUB = f"{TOP}.epub"
"""The book for e-readers, which a release has."""
PDF, CHAPTERS = f"{TOP}.pdf", f"{TOP}-chapters.zip"
"""The whole book on paper, and its chapters one by one; a release makes both."""
DOWNLOADS = "downloads"
"""Folder of the site with files to take along."""
LIST = "llms.txt"
"""The site's list of all pages, which assistants look for."""
LEFT_OVER = (".*", "__pycache__", "*.part", "*.map", "*.po", "*.mo")
"""Names of files and folders that no reader opens: what builds leave behind, and the sources of the
theme's translations."""
FORBIDDEN = set('<>:"\\|?*')
LONGEST = 180
"""Characters of a path within the ZIP; Windows allows 260 for it and the folder around it."""
READABLE, UNIX = 0o644 << 16, 3


def files_of(folder: Path) -> Iterator[tuple[str, Path]]:
    """Name and path of each file that belongs into the ZIP, sorted by name."""
    found = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    for name in sorted(found, key=lambda name: name.as_posix()):
        if not any(fnmatch(part, pattern) for part in name.parts for pattern in LEFT_OVER):
            yield name.as_posix(), found[name]


def unfit(names: list[str]) -> Iterator[str]:
    """Names that some machine cannot unpack, each with the reason."""
    seen: dict[str, str] = {}
    for name in names:
        if FORBIDDEN & set(name):
            yield f"{name} has a character that Windows forbids"
        if len(name) > LONGEST:
            yield f"{name} is longer than {LONGEST} characters"
        if (other := seen.setdefault(name.lower(), name)) != name:
            yield f"{name} and {other} are one file on Windows and on a Mac"


def pack(folder: Path, target: Path | IO[bytes], day: date, top: str = TOP) -> int:
    """Write a ZIP of a folder.

    Args:
        folder: what is packed.
        target: the ZIP, as a path or an open file.
        day: the date that every file gets, from 1980 on.
        top: the folder that unpacking makes.

    Returns:
        The number of files.

    Raises:
        FileNotFoundError: there is nothing to pack.
        ValueError: some machine could not unpack a file; names each.
    """
    files = list(files_of(folder))
    if not files:
        raise FileNotFoundError(f"nothing to pack in {folder}; run: make book")
    if faults := list(unfit([f"{top}/{name}" for name, _ in files])):
        raise ValueError("rename what not every machine can unpack:\n" + "\n".join(faults))
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, path in files:
            add(archive, f"{top}/{name}", path.read_bytes(), day)
    return len(files)


def pack_contents(contents: Mapping[str, bytes], target: Path | IO[bytes], day: date) -> int:
    """Write a ZIP of files that lie nowhere yet, without a folder around them.

    Args:
        contents: name -> bytes; the file that comes first is the first of the ZIP.
        target: the ZIP, as a path or an open file.
        day: the date that every file gets, from 1980 on.

    Returns:
        The number of files.

    Raises:
        ValueError: some machine could not unpack a file; names each.
    """
    if faults := list(unfit(list(contents))):
        raise ValueError("rename what not every machine can unpack:\n" + "\n".join(faults))
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in contents.items():
            add(archive, name, content, day)
    return len(contents)


def add(
    archive: zipfile.ZipFile, name: str, content: bytes | str, day: date, stored: bool = False
) -> None:
    """Add a file whose entry depends on name, contents and day alone; ``stored`` packs nothing."""
    entry = zipfile.ZipInfo(name, (day.year, day.month, day.day, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    entry.external_attr, entry.create_system = READABLE, UNIX
    archive.writestr(entry, content, compresslevel=9)
