"""What is wrong with an e-book, as far as it can be seen without EPUBCheck.

EPUBCheck needs Java, which not every machine has. These checks need nothing: a release runs them on
each file that it packs, and ``release.yml`` runs EPUBCheck too.
"""

import posixpath
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from utils.epub.book import MIMETYPE
from utils.epub.markup import MATHML, OPS, SVG, XHTML, XLINK
from utils.epub.package import XHTML_TYPE

OPF = "{http://www.idpf.org/2007/opf}"
CONTAINER = "{urn:oasis:names:tc:opendocument:xmlns:container}"
FORBIDDEN = {
    "audio", "button", "canvas", "embed", "form", "iframe", "input", "object", "script", "select",
    "style", "textarea", "video",
}  # fmt: skip
"""Elements of HTML that an e-reader would have to run, load or operate."""
REMOTE = re.compile(r"^(?:[a-z]+:)?//|^(?:file|javascript):", re.IGNORECASE)
LOADED = re.compile(r"url\(|@import", re.IGNORECASE)


def faults(path: Path) -> Iterator[str]:
    """A sentence for each fault of an EPUB.

    Args:
        path: the file.
    """
    with zipfile.ZipFile(path) as archive:
        files = {info.filename: archive.read(info) for info in archive.infolist()}
        first = archive.infolist()[0]
    if first.filename != "mimetype" or first.compress_type != zipfile.ZIP_STORED or first.extra:
        yield "mimetype is not the first file, or it is compressed"
    if files.get("mimetype") != MIMETYPE.encode():
        yield f"mimetype does not say {MIMETYPE}"
    try:
        container = ElementTree.fromstring(files["META-INF/container.xml"])
        place = container.find(f".//{CONTAINER}rootfile").get("full-path")
        yield from package_faults(place, files)
    except (KeyError, AttributeError, ElementTree.ParseError) as missing:
        yield f"the package cannot be found or read: {missing}"


def package_faults(place: str, files: dict[str, bytes]) -> Iterator[str]:
    """The faults of the package, and of all that it lists."""
    package, folder = ElementTree.fromstring(files[place]), posixpath.dirname(place)
    items = {item.get("id"): item for item in package.iter(f"{OPF}item")}
    listed = {posixpath.join(folder, item.get("href")): item for item in items.values()}
    inside = {name for name in files if name.startswith(f"{folder}/")} - {place}
    for name in sorted(inside ^ set(listed)):
        yield f"{name} is {'not listed' if name in inside else 'listed and missing'}"
    trees: dict[str, Element] = {}
    for name, item in listed.items():
        if item.get("media-type") == XHTML_TYPE and name in files:
            try:
                trees[name] = ElementTree.fromstring(files[name])
            except ElementTree.ParseError as problem:
                yield f"{name} is not well-formed: {problem}"
        elif name.endswith(".css") and LOADED.search(files.get(name, b"").decode()):
            yield f"{name} loads another file"
    known = {name: identities(tree) for name, tree in trees.items()}
    for name, tree in trees.items():
        said = (listed[name].get("properties") or "").split()
        for fault in document_faults(tree, said, name, known, set(listed)):
            yield f"{name}: {fault}"
    order = [posixpath.join(folder, items[ref.get("idref")].get("href"))
             for ref in package.iter(f"{OPF}itemref")]  # fmt: skip
    yield from order_faults(order, listed, trees)


def identities(tree: Element) -> Counter:
    """How often each id stands in a document."""
    return Counter(tag.get("id") for tag in tree.iter() if tag.get("id"))


def order_faults(
    order: list[str], listed: dict[str, Element], trees: dict[str, Element]
) -> Iterator[str]:
    """Whether the table of contents has the order in which the documents are read."""
    navs = [name for name, item in listed.items() if item.get("properties") == "nav"]
    if len(navs) != 1 or navs[0] not in trees:
        yield "there is not exactly one table of contents"
        return
    (nav,) = navs
    toc = next(
        tag for tag in trees[nav].iter(f"{{{XHTML}}}nav") if tag.get(f"{{{OPS}}}type") == "toc"
    )
    links = [led(nav, link.get("href"))[0] for link in toc.iter(f"{{{XHTML}}}a")]
    in_toc = list(dict.fromkeys(links))
    if [name for name in order if name in in_toc] != in_toc:
        yield "the table of contents has another order than the documents"


# Documents ----------------------------------------------------------------------------------------


def document_faults(
    tree: Element, said: list[str], name: str, known: dict[str, Counter], files: set[str]
) -> Iterator[str]:
    """The faults of one document.

    Args:
        said: what the package says that it holds.
        name: of its file.
        known: ids of every document.
        files: names of all files of the book.
    """
    if tree.tag != f"{{{XHTML}}}html":
        yield "the root is not html in the namespace of XHTML"
    yield from (f"the id {one} is there {n} times" for one, n in known[name].items() if n > 1)
    held = {"mathml": tree.iter(f"{{{MATHML}}}math"), "svg": tree.iter(f"{{{SVG}}}svg")}
    for kind, found in held.items():
        if (next(iter(found), None) is not None) != (kind in said):
            yield f"the package is wrong about {kind}"
    yield from formula_faults(tree)
    yield from picture_faults(tree)
    for tag in tree.iter():
        if tag.tag in {f"{{{XHTML}}}{one}" for one in FORBIDDEN} or tag.tag == f"{{{SVG}}}script":
            yield f"holds {tag.tag.partition('}')[2]}"
        yield from (f"{key} runs a script" for key in tag.attrib if key.startswith("on"))
        yield from link_faults(tag, name, known, files)


def formula_faults(tree: Element) -> Iterator[str]:
    """Formulas that say nothing, or that stand in no namespace."""
    for math in tree.iter(f"{{{MATHML}}}math"):
        tex = math.get("alttext") or ""
        if not tex.strip() or not "".join(math.itertext()).strip():
            yield f"a formula is empty or has no alternative text: {tex!r}"
        if math.find(f".//{{{MATHML}}}merror") is not None:
            yield f"a formula has an error: {tex}"
        if outside := [
            part.tag for part in math.iter() if not part.tag.startswith(f"{{{MATHML}}}")
        ]:
            yield f"a formula holds {outside[0]}: {tex}"
    for tag in tree.iter():
        if tag.tag in (f"{{{XHTML}}}math", f"{{{XHTML}}}svg"):
            yield f"{tag.tag.partition('}')[2]} has the namespace of XHTML"


def picture_faults(tree: Element, named: bool = False) -> Iterator[str]:
    """Pictures without words of their own or of the box around them."""
    if tree.tag == f"{{{XHTML}}}img" and not (tree.get("alt") or "").strip():
        yield f"{tree.get('src')} has no alternative text"
    if (
        tree.tag == f"{{{SVG}}}svg"
        and not named
        and not (tree.findtext(f"{{{SVG}}}title") or "").strip()
    ):
        yield "a drawing has no title"
    named = named or (tree.get("role") == "img" and bool((tree.get("aria-label") or "").strip()))
    for part in tree:
        yield from picture_faults(part, named)


def led(here: str, address: str) -> tuple[str, str]:
    """File and id that an address of a document leads to."""
    parts = urlsplit(address)
    path = unquote(parts.path)
    target = posixpath.normpath(posixpath.join(posixpath.dirname(here), path)) if path else here
    return target, parts.fragment


def link_faults(
    tag: Element, name: str, known: dict[str, Counter], files: set[str]
) -> Iterator[str]:
    """Links that lead nowhere, and files that would have to be fetched."""
    for key in ("href", "src", f"{{{XLINK}}}href"):
        address = tag.get(key)
        if address is None or address.startswith("data:image/"):
            continue
        if REMOTE.search(address) or re.match(r"[a-z]+:", address):
            if tag.tag != f"{{{XHTML}}}a":
                yield f"{address} would have to be fetched"
            continue
        target, place = led(name, address)
        if target not in files:
            yield f"{address} is not in the book"
        elif place and place not in known.get(target, {}):
            yield f"{address} leads to no place"
