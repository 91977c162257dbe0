"""Many files in a few parts of bounded size, and back again.

Answers "how do files that git does not carry reach a machine that takes little at a time?". The
parts are one tar archive, cut into pieces. A manifest beside them has the SHA-256 of each part and
of each file. It is written last, and a part bears its hash in its name, so a packing that is cut
off leaves the older one as it was.
"""

import hashlib
import io
import json
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from utils.files.whole import atomic_write

MANIFEST = ".manifest.json"
"""How the names of manifests end; what stands before is the title of a packing."""
MIB = 2**20
CHUNK = 2**20


class PartsError(RuntimeError):
    """Parts are missing or damaged; the message says what to do."""


@dataclass
class Unpacked:
    """What became of the files of some parts, by their names.

    Attributes:
        written: those that were not there before.
        same: those that were there, byte for byte.
        differing: those that were there with other bytes, and are left as they were.
    """

    written: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)


class _Pieces(io.RawIOBase):
    """A stream that lands in files of at most ``most_bytes``, named by their hash."""

    def __init__(self, folder: Path, title: str, most_bytes: int) -> None:
        self.folder, self.title, self.most_bytes = folder, title, most_bytes
        self.held = bytearray()
        self.parts: list[dict] = []

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        self.held += data
        while len(self.held) >= self.most_bytes:
            self._put(self.most_bytes)
        return len(data)

    def finish(self) -> list[dict]:
        """Write the rest; returns name, bytes and SHA-256 of each part."""
        if self.held:
            self._put(len(self.held))
        return self.parts

    def _put(self, count: int) -> None:
        piece = bytes(self.held[:count])
        del self.held[:count]
        digest = hashlib.sha256(piece).hexdigest()
        path = self.folder / f"{self.title}-{len(self.parts) + 1:02d}-{digest[:12]}.part"
        if not path.exists():
            with atomic_write(path) as file:
                file.write(piece)
        self.parts.append({"file": path.name, "bytes": count, "sha256": digest})


def write_parts(files: Mapping[str, Path], folder: Path, title: str, most_bytes: int) -> list[Path]:
    """Pack files; an older packing of the same title is replaced once the new one is whole.

    Args:
        files: name under which each file is packed, and where it is.
        folder: where the parts go; made if absent.
        title: of the packing, the beginning of the parts' names.
        most_bytes: of one part.

    Returns:
        The parts, then the manifest.

    Raises:
        OSError: a file cannot be read, or ``folder`` not be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pieces = _Pieces(folder, title, most_bytes)
    packed = {}
    with tarfile.open(fileobj=pieces, mode="w|") as archive:
        for name, path in files.items():
            data = path.read_bytes()
            packed[name] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    parts = pieces.finish()
    manifest = folder / f"{title}{MANIFEST}"
    with atomic_write(manifest, "w") as file:
        json.dump({"parts": parts, "files": packed}, file, indent=1)
        file.write("\n")
    wanted = [folder / part["file"] for part in parts]
    for path in set(folder.glob(f"{title}-*.part")) - set(wanted):
        path.unlink()
    return [*wanted, manifest]


def read_parts(folder: Path, place: Callable[[str], Path]) -> Unpacked:
    """Join the parts of every manifest in a folder and put each file into its place.

    Every byte is checked against its SHA-256 before a file appears. A file that is there already
    stays as it is.

    Args:
        folder: with manifests and their parts.
        place: where a file of this name goes.

    Raises:
        PartsError: no manifest, or a part that is missing or damaged.
    """
    manifests = sorted(folder.glob(f"*{MANIFEST}"))
    if not manifests:
        raise PartsError(f"{folder} has no manifest (*{MANIFEST}); copy it beside the parts")
    outcome = Unpacked()
    for path in manifests:
        try:
            manifest = json.loads(path.read_text(encoding="utf-8"))
            parts, files = manifest["parts"], manifest["files"]
        except (ValueError, KeyError, TypeError) as error:
            raise PartsError(f"{path} is not a manifest ({error}); copy it again") from error
        with tempfile.TemporaryFile("w+b") as whole:
            _join(folder, parts, whole)
            whole.seek(0)
            _place(whole, files, place, outcome)
    return outcome


def _join(folder: Path, parts: Iterable[dict], whole: IO[bytes]) -> None:
    parts = list(parts)
    absent = [part["file"] for part in parts if not (folder / part["file"]).is_file()]
    if absent:
        raise PartsError(f"{folder} lacks {', '.join(absent)}; copy all parts of the manifest")
    for part in parts:
        found = hashlib.sha256()
        with open(folder / part["file"], "rb") as file:
            while chunk := file.read(CHUNK):
                found.update(chunk)
                whole.write(chunk)
        if found.hexdigest() != part["sha256"]:
            raise PartsError(
                f"{folder / part['file']} is not what was packed (its SHA-256 differs); copy it "
                "again"
            )


def _place(
    whole: IO[bytes], files: Mapping[str, dict], place: Callable[[str], Path], outcome: Unpacked
) -> None:
    with tarfile.open(fileobj=whole, mode="r|") as archive:
        for entry in archive:
            content = archive.extractfile(entry)
            data = b"" if content is None else content.read()
            known = files.get(entry.name)
            if known is None or hashlib.sha256(data).hexdigest() != known["sha256"]:
                raise PartsError(f"{entry.name} is not the file of the manifest; pack it again")
            path = place(entry.name)
            if path.exists():
                same = path.read_bytes() == data
                (outcome.same if same else outcome.differing).append(entry.name)
                continue
            with atomic_write(path) as file:
                file.write(data)
            outcome.written.append(entry.name)
