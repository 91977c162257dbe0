"""What Chromium has printed: on which page a place is, and the words that describe the whole file.

It knows the plain form of PDF that Chromium's printing writes: objects one after another, and a
table of them at the end. It is no general reader of PDF.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property

OBJECT = re.compile(rb"(?:^|\n)(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
HEAD = b"%PDF-1.7\n%\xd3\xeb\xe9\xe1\n"
"""Of the version that has all of the tags, and four bytes that say that it is no text."""
TITLE = re.compile(rb"/Title (?:\((?:\\.|[^\\()])*\)|<[0-9A-Fa-f]*>)", re.DOTALL)


class PrintError(ValueError):
    """A PDF is not what it should be; the message says what is missing."""


class Pdf:
    """A file that Chromium has printed.

    Args:
        data: its bytes.

    Raises:
        PrintError: it has no pages that this reader knows.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        trailer = data[data.rfind(b"\ntrailer") :]
        root, info = (re.search(rb"/%s (\d+) 0 R" % name, trailer) for name in (b"Root", b"Info"))
        if not (root and info):
            raise PrintError("no PDF of a form that is known: print it with Chromium")
        self.root, self.info = int(root[1]), int(info[1])

    @cached_property
    def objects(self) -> Mapping[int, bytes]:
        """The objects by their number."""
        return {int(found[1]): found[2] for found in OBJECT.finditer(self.data)}

    @cached_property
    def pages(self) -> list[int]:
        """The numbers of the pages' objects, in order."""
        found = re.search(rb"/Pages (\d+) 0 R", self.objects[self.root])
        return list(self._leaves(int(found[1])))

    def _leaves(self, number: int) -> list[int]:
        kids = re.search(rb"/Kids \[(.*?)\]", self.objects[number], re.DOTALL)
        if kids is None:
            return [number]
        return [
            leaf for kid in re.findall(rb"(\d+) 0 R", kids[1]) for leaf in self._leaves(int(kid))
        ]

    @cached_property
    def places(self) -> dict[str, int]:
        """The page of each place that a link leads to, from 1, by its name."""
        found = re.search(rb"/Dests (\d+) 0 R", self.objects[self.root])
        if found is None:
            return {}
        numbers = {page: number for number, page in enumerate(self.pages, 1)}
        entries = re.findall(rb"/([^\s/<>\[\]]+) \[(\d+) 0 R /XYZ", self.objects[int(found[1])])
        return {unescaped(name): numbers[int(page)] for name, page in entries}

    def outline(self) -> Iterator[int]:
        """The numbers of the entries of the outline, from the first heading to the last."""
        found = re.search(rb"/Outlines (\d+) 0 R", self.objects[self.root])
        waiting = [int(found[1])] if found else []
        while waiting:
            body = self.objects[number := waiting.pop()]
            if b"/SE " in body or b"/Title " in body:
                yield number
            for key in (b"Next", b"First"):  # the children come first, so they go on top
                if link := re.search(rb"/%s (\d+) 0 R" % key, body):
                    waiting.append(int(link[1]))


def unescaped(name: bytes) -> str:
    """A name of PDF as text."""
    return ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), name).decode()


def string(text: str) -> bytes:
    """A string of PDF that may hold any character."""
    return b"<" + (b"\xfe\xff" + text.encode("utf-16-be")).hex().upper().encode() + b">"


def updated(pdf: Pdf, changed: Mapping[int, bytes]) -> bytes:
    """The same file with other objects in the place of some, and nothing left of the old ones."""
    out, objects = bytearray(HEAD), {**pdf.objects, **changed}
    places = dict.fromkeys(range(max(objects) + 1), b"0000000000 65535 f \n")
    for number, body in sorted(objects.items()):
        places[number] = b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n" % len(places) + b"".join(places.values())
    out += b"trailer\n<</Size %d\n/Root %d 0 R\n/Info %d 0 R>>\n" % (
        len(places), pdf.root, pdf.info,
    )  # fmt: skip
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % table)


def with_titles(data: bytes, titles: Sequence[str]) -> bytes:
    """The same file whose outline has these titles, in order.

    Chromium repeats the words of a heading there that is the first of its page.

    Raises:
        PrintError: the outline has another number of entries.
    """
    pdf = Pdf(data)
    entries = list(pdf.outline())
    if len(entries) != len(titles):
        raise PrintError(f"the outline has {len(entries)} entries for {len(titles)} headings")
    changed = {
        number: TITLE.sub(b"/Title " + string(title), pdf.objects[number], count=1)
        for number, title in zip(entries, titles, strict=True)
    }
    return updated(pdf, changed)


def completed(data: bytes, title: str, author: str, subject: str, day: date) -> bytes:
    """The same file with what Chromium leaves out: author, subject, and the day of the release.

    Chromium's own dates and its name of the browser go, so that they do not change from print to
    print.

    Raises:
        PrintError: the file is not one that Chromium printed.
    """
    pdf = Pdf(data)
    named = {"Title": title, "Author": author, "Subject": subject}
    info = b"<<" + b"".join(b"/%s %s\n" % (k.encode(), string(v)) for k, v in named.items())
    stamp = f"(D:{day:%Y%m%d}000000Z)".encode()
    info += b"/Producer (Chromium, Skia/PDF)\n/CreationDate %s\n/ModDate %s>>" % (stamp, stamp)
    root = pdf.objects[pdf.root].rstrip().removesuffix(b">>") + b"\n/PageMode /UseOutlines>>"
    return updated(pdf, {pdf.info: info, pdf.root: root})
