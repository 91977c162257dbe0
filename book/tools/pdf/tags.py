"""The tags of a printed file, mended: what a screen reader meets once, and with its words.

Three things go wrong when Chromium tags a page. A heading that goes to the next page leaves a
piece of itself, mostly empty, on the page before, so that it is met twice. The head of a table is
printed again on each page, and its cells are met again. A formula can only be tagged as a figure.
Lines and backgrounds also count as parts of the text, although they say nothing.
"""

import re
import zlib
from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise

from book.tools.pdf.files import Pdf, PrintError, string, updated
from book.tools.pdf.spoken import FORMULA

PIECE = re.compile(rb"/\w+ <</MCID (\d+) >>BDC\n(.*?EMC\n)", re.DOTALL)
SAYS = re.compile(rb"<[0-9A-Fa-f]+> Tj|/\w+ Do\b")
KIDS = re.compile(rb"\n/K (\[[^\]]*\]|\d+(?: 0 R)?)(?=\n/|>>$)")
KID = re.compile(
    rb"<</Type /OBJR.*?>>|<</Type /MCR\n/Pg (?P<page>\d+) 0 R\n/MCID (?P<there>\d+)>>|\d+ 0 R"
    rb"|(?P<here>\d+)",
    re.DOTALL,
)
ROLE = re.compile(rb"\n/S /(\w+)")
WORDS = re.compile(
    rb"\n/Alt <FEFF%s([0-9A-F]*)>" % FORMULA.encode("utf-16-be").hex().upper().encode()
)
DRAWN = {b"Figure", b"Formula", b"Lbl"}
"""Roles of what may be drawn without a letter."""

HEADINGS = {b"H%d" % level for level in range(1, 7)}

Place = tuple[int, int]
"""The number of a page's object, and that of a piece on this page."""


def number(body: bytes, key: bytes) -> int | None:
    """The number of an object, or the number itself, that an object has under a name."""
    found = re.search(rb"/%s (\d+)" % key, body)
    return int(found[1]) if found else None


def stream(body: bytes) -> bytes:
    """What a stream says, unpacked."""
    head, _, packed = body.partition(b"stream\n")
    packed = packed[: packed.rindex(b"\nendstream")]
    return zlib.decompress(packed) if b"/FlateDecode" in head else packed


def packed(text: bytes) -> bytes:
    """A stream."""
    body = zlib.compress(text, 9)
    head = b"<</Filter /FlateDecode\n/Length %d>> stream\n" % len(body)
    return head + body + b"\nendstream"


class Tags:
    """The tree of tags of a file, and the pieces of its pages that the tags stand for.

    Args:
        pdf: what Chromium printed.

    Raises:
        PrintError: the file has no tags.
    """

    def __init__(self, pdf: Pdf) -> None:
        self.pdf = pdf
        self.elements = {n: b for n, b in pdf.objects.items() if b"/Type /StructElem" in b}
        if not self.elements:
            raise PrintError("the file has no tags: print it with tagged=True")
        self.changed: dict[int, bytes] = {}

    @cached_property
    def content(self) -> dict[int, bytes]:
        """What each page draws, by the number of its object."""
        contents = {page: number(self.pdf.objects[page], b"Contents") for page in self.pdf.pages}
        return {page: stream(self.pdf.objects[one]) for page, one in contents.items()}

    @cached_property
    def pieces(self) -> dict[Place, bytes]:
        """What each piece draws."""
        return {
            (page, int(found[1])): found[2]
            for page, content in self.content.items()
            for found in PIECE.finditer(content)
        }

    def role(self, element: int) -> bytes:
        """What an element is."""
        return ROLE.search(self.elements[element])[1]

    def own(self, element: int) -> Iterator[tuple[Place, bytes]]:
        """The pieces of an element itself, in order."""
        body = self.elements[element]
        if found := KIDS.search(body):
            for kid in KID.finditer(found[1]):
                if kid["here"]:
                    yield (number(body, b"Pg"), int(kid["here"])), kid[0]
                elif kid["page"]:
                    yield (int(kid["page"]), int(kid["there"])), kid[0]

    def around(self, element: int) -> Iterator[bytes]:
        """The roles of an element and of what it is in, from the inside out."""
        while element in self.elements:
            yield self.role(element)
            element = number(self.elements[element], b"P")

    def silent(self, element: int) -> set[Place]:
        """The pieces of an element that say nothing, or nothing new."""
        roles = set(self.around(element))
        if roles & DRAWN:
            return set()
        places = [place for place, _ in self.own(element)]
        says = {place: SAYS.findall(self.pieces.get(place, b"")) for place in places}
        left = {place for place in places if not says[place]}
        if b"TH" in roles and len(places) > 1:
            first = places[0]
            left |= {p for p in places[1:] if p[0] != first[0] and says[p] == says[first]}
        if roles & HEADINGS:
            for one, after in pairwise(places):
                if one[0] != after[0] and within(says[one], says[after]):
                    left.add(one)
        return left


def within(part: list[bytes], whole: list[bytes]) -> bool:
    """Whether all that a part shows comes in the whole, in the same order."""
    codes, rest = (re.findall(rb"[0-9A-Fa-f]{2}", b" ".join(one)) for one in (part, whole))
    left = iter(rest)
    return all(code in left for code in codes)


def without(body: bytes, left: set[Place]) -> bytes:
    """An element without some of its pieces; its page is the one of the first that stays."""
    page = number(body, b"Pg")
    kept, pages = [], []
    for kid in KID.finditer(KIDS.search(body)[1]):
        place = (int(kid["page"]), int(kid["there"])) if kid["page"] else None
        place = (page, int(kid["here"])) if kid["here"] else place
        if place not in left:
            kept.append((place, kid[0]))
            pages += [place[0]] if place else []
    home = pages[0] if pages else page
    written = b" ".join(written_kid(place, text, home) for place, text in kept)
    body = re.sub(rb"\n/Pg \d+ 0 R", b"\n/Pg %d 0 R" % home, body, count=1)
    return KIDS.sub(lambda _: b"\n/K [" + written + b"]" if kept else b"", body, count=1)


def written_kid(place: Place | None, text: bytes, home: int) -> bytes:
    """A child of an element that is on the page ``home``."""
    if place is None:
        return text
    page, piece = place
    if page == home:
        return b"%d" % piece
    return b"<</Type /MCR\n/Pg %d 0 R\n/MCID %d>>" % place


def with_roles(tags: Tags) -> None:
    """Make formulas of figures that are marked as such, and plain groups of those without words."""
    for element, body in tags.elements.items():
        if tags.role(element) != b"Figure":
            continue
        if found := WORDS.search(body):
            words = bytes.fromhex(found[1].decode()).decode("utf-16-be")
            body = body.replace(found[0], b"\n/Alt " + string(words)).replace(
                b"/S /Figure", b"/S /Formula", 1
            )
        elif b"\n/Alt " not in body:
            body = body.replace(b"/S /Figure", b"/S /Div", 1)
        tags.elements[element] = tags.changed[element] = body


def without_silent(tags: Tags) -> None:
    """Take what says nothing out of the tags, and mark it on its page as decoration."""
    gone: set[Place] = set()
    for element, body in list(tags.elements.items()):
        if left := tags.silent(element):
            gone |= left
            tags.changed[element] = without(body, left)
    for page in {page for page, _ in gone}:
        pieces = {piece for at, piece in gone if at == page}
        content = number(tags.pdf.objects[page], b"Contents")
        tags.changed[content] = packed(decorated(tags.content[page], pieces))
    forget(tags, gone)


def decorated(content: bytes, pieces: set[int]) -> bytes:
    """What a page draws, with these pieces as decoration."""

    def mark(found: re.Match[bytes]) -> bytes:
        return b"/Artifact BMC\n" + found[2] if int(found[1]) in pieces else found[0]

    return PIECE.sub(mark, content)


def forget(tags: Tags, gone: set[Place]) -> None:
    """Take pieces out of the list that leads from the pieces of a page to their elements."""
    objects = tags.pdf.objects
    root = objects[number(objects[tags.pdf.root], b"StructTreeRoot")]
    lists = re.findall(rb"(\d+) (\d+) 0 R", objects[number(root, b"ParentTree")])
    of_key = {int(key): int(value) for key, value in lists}
    for page in {page for page, _ in gone}:
        place = of_key[number(objects[page], b"StructParents")]
        entries = re.findall(rb"\d+ 0 R|null", objects[place])
        for piece in (piece for at, piece in gone if at == page):
            entries[piece] = b"null"
        tags.changed[place] = b"[" + b" ".join(entries) + b"]"


def with_tags(data: bytes) -> bytes:
    """The same file with its tags mended.

    Raises:
        PrintError: the file has no tags.
    """
    tags = Tags(Pdf(data))
    with_roles(tags)
    without_silent(tags)
    return updated(tags.pdf, tags.changed)
