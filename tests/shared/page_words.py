"""What a page says of itself: its place, its minutes, its next pages, words for its pictures."""

import re

from bs4 import Tag

from utils.files.places import ROOT
from utils.files.yaml_files import read_yaml

NEXT = "What to read next"
TIME = re.compile(r"(?:^|\s)(\d+) minutes? to read\b")


def toc() -> dict[str, list[str]]:
    """The pages of the table of contents by the caption they stand under."""
    content = read_yaml(ROOT / "_toc.yml")
    parts = {"": [content["root"]]}
    for part in content["parts"]:
        files = [chapter["file"] for chapter in part["chapters"]]
        parts.setdefault(part.get("caption", ""), []).extend(files)
    return parts


PAGES = [page for pages in toc().values() for page in pages]


def words(tag: Tag) -> str:
    """The text of an element with single spaces."""
    return " ".join(tag.get_text(" ").split())


def stated_minutes(tag: Tag) -> list[int]:
    """Every reading time in a page: the line under the title, or the chapter's own."""
    lines = tag.select("p.book-page-minutes")
    lines += [strong.parent for strong in tag.find_all("strong", string="Time:")]
    return [int(match[1]) for line in lines if (match := TIME.search(words(line)))]


def next_links(tag: Tag) -> list[str]:
    """The links of the section on what to read next."""
    for heading in tag.find_all("h2"):
        if words(heading).startswith(NEXT):
            return [link["href"] for link in heading.parent.select("li a[href]")]
    return []


def is_named(tag: Tag) -> bool:
    """Whether an element has words of its own for those who do not see it."""
    texts = [tag.get(name) for name in ("alt", "aria-label", "aria-labelledby")]
    title = tag.find("title", recursive=False) if tag.name == "svg" else None
    return bool(title or any((text or "").strip() for text in texts))


def nameless_pictures(tag: Tag) -> list[str]:
    """Pictures without words: images, drawings, and figures whose drawing is hidden."""
    pictures = tag.select('img, [role="img"], svg:not([aria-hidden="true"])')
    covered = [p for p in pictures if any(is_named(a) for a in p.find_parents(role="img"))]
    faults = [p for p in pictures if not is_named(p) and p not in covered]
    for figure in tag.find_all("figure"):
        if figure.find("svg") and not figure.select('[role="img"], svg[aria-label]'):
            faults.append(figure)
    return [str(fault)[:120] for fault in faults]
