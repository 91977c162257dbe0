"""Turn a folder of text into hashes of its runs of eight words.

    python tests/make_shingles.py FOLDER

writes ``tests/data/source_shingles.txt.gz``. The texts themselves stay outside the repository, and
cannot be read back from the hashes. ``tests/repository/test_words.py`` compares the book with them.
"""

import argparse
import gzip
import hashlib
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

RUN = 8
DIGITS = 12
SHINGLES = Path(__file__).parent / "given" / "source_shingles.txt.gz"
WORD = re.compile(r"[^\W_]+(?:[._'][^\W_]+)*")


def words(text: str) -> list[str]:
    """Lower-case words without accents and punctuation; 3.57 and in_channels are one word each."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return WORD.findall(plain)


def shingle(run: list[str]) -> str:
    """The hash of one run of words."""
    return hashlib.blake2b(" ".join(run).encode(), digest_size=DIGITS // 2).hexdigest()


def shingles(text: str) -> Iterator[str]:
    """The hash of each run of eight words."""
    found = words(text)
    for start in range(len(found) - RUN + 1):
        yield shingle(found[start : start + RUN])


def write(folder: Path, target: Path = SHINGLES) -> int:
    """Hash every text file of a folder; the same texts give the same file.

    Returns:
        How many different runs there are.

    Raises:
        FileNotFoundError: the folder holds no text.
    """
    paths = sorted(folder.glob("*.txt"))
    if not paths:
        raise FileNotFoundError(f"no .txt file in {folder}")
    hashes = {h for path in paths for h in shingles(path.read_text(encoding="utf-8"))}
    target.parent.mkdir(parents=True, exist_ok=True)
    body = "".join(f"{h}\n" for h in sorted(hashes)).encode()
    target.write_bytes(gzip.compress(body, mtime=0))
    return len(hashes)


def read(path: Path = SHINGLES) -> set[str]:
    """The stored hashes."""
    return set(gzip.decompress(path.read_bytes()).decode().split())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    count = write(parser.parse_args().folder)
    print(f"{count} runs of {RUN} words written to {SHINGLES}")
