"""Reads from a PDF that Chromium printed what its tags say: roles, words, and where they are.

A reader of its own, so that what ``book/tools/pdf/tags.py`` mends is judged by other eyes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from printed import Printed

MARKED = re.compile(rb"/(\w+) (?:<</MCID (\d+) >>BDC|BMC)\n(.*?)EMC\n", re.DOTALL)
SHOWN = re.compile(rb"/(\w+) [\d.]+ Tf|<([0-9A-Fa-f]+)> Tj")
KID = re.compile(
    rb"<</Type /OBJR.*?>>|/Pg (\d+) 0 R\n/MCID (\d+)|(\d+) 0 R|(?<![\d])(\d+)(?! 0 R|\d)", re.DOTALL
)
HEADING = re.compile(r"H[1-6]")


@dataclass
class Element:
    """An element of the tags: its role, its words for what cannot be read, and what it holds."""

    number: int
    role: str
    alt: str
    body: bytes
    pieces: list[tuple[int, str]] = field(default_factory=list)
    children: list[Element] = field(default_factory=list)

    def all(self) -> Iterator[Element]:
        """The element and all in it, in the order of reading."""
        yield self
        for child in self.children:
            yield from child.all()

    @property
    def read(self) -> list[tuple[int, str]]:
        """Page and text of each piece that is read."""
        return [piece for one in self.all() for piece in one.pieces]

    @property
    def text(self) -> str:
        """Its words on paper."""
        return "".join(text for _, text in self.read)


class Tagged(Printed):
    """A printed file with its tags."""

    @cached_property
    def marked(self) -> dict[tuple[int, int], str]:
        """The text of each piece by its page's object and its number there."""
        numbers = {id(body): number for number, body in self.objects.items()}
        found = {}
        for page in self.pages:
            font = None
            content = self._stream(int(re.search(rb"/Contents (\d+)", page)[1]))
            for piece in MARKED.finditer(content):
                text = ""
                for name, codes in SHOWN.findall(piece[3]):
                    if name:
                        font = self._font(self._named(page, "Font", name.decode()))
                    else:
                        text += font.text(codes)
                if piece[2]:
                    found[numbers[id(page)], int(piece[2])] = text
        return found

    @cached_property
    def document(self) -> Element:
        """The root of the tags."""
        root = next(b for b in self.objects.values() if b"/Type /StructTreeRoot" in b)
        return self._element(int(re.search(rb"/K (\d+)", root)[1]))

    def _element(self, number: int) -> Element:
        body = self.objects[number]
        alt = re.search(rb"/Alt (?:<FEFF([0-9A-F]*)>|\((.*?)\)\n)", body, re.DOTALL)
        words = ""
        if alt:
            words = (
                alt[2].decode("latin-1")
                if alt[1] is None
                else bytes.fromhex(alt[1].decode()).decode("utf-16-be")
            )
        element = Element(number, re.search(rb"/S /(\w+)", body)[1].decode(), words, body)
        page = re.search(rb"\n/Pg (\d+)", body)
        kids = re.search(rb"\n/K (\[[^\]]*\]|\d+(?: 0 R)?)", body)
        for kid in KID.finditer(kids[1]) if kids else ():
            if kid[3]:
                element.children.append(self._element(int(kid[3])))
            elif kid[1] or kid[4]:
                place = (int(kid[1] or page[1]), int(kid[2] or kid[4]))
                element.pieces.append((place[0], self.marked[place]))
        return element

    def of(self, *roles: str) -> list[Element]:
        """The elements with one of these roles, in the order of reading."""
        return [one for one in self.document.all() if one.role in roles]

    @property
    def headings(self) -> list[Element]:
        """All headings."""
        return [one for one in self.document.all() if HEADING.fullmatch(one.role)]
