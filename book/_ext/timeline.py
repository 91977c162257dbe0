"""The directive ``timeline``: the history in ``book/data/timeline.yml`` as an ordered list.

    ```{timeline}
    ```

The list is complete without a script: each entry has an anchor, a ``time`` element, its threads in
words and its sources. ``timeline.js`` adds the filter and the keys, on pages with a timeline only.
Whatever is wrong in the file stops the build with the file, the entry and the fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from dependencies import depends_on
from docutils import nodes
from sphinx.errors import SphinxError
from sphinx.util.docutils import SphinxDirective

from utils.files.yaml_files import read_yaml

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

BOOK = Path(__file__).resolve().parents[1]
DATA = BOOK / "data" / "timeline.yml"
BIBLIOGRAPHY = BOOK / "references.bib"

TEXTS = ("id", "date", "venue", "who", "what", "matters")
REQUIRED = (*TEXTS, "threads", "cite")
OPTIONAL = ("shown",)
ID = re.compile(r"tl-(\d{4}|\d{3}0s)(-[a-z0-9]+)*")
DATE = re.compile(r"(\d{4})(?:-(0[1-9]|1[0-2]))?")
LONGEST_MATTERS_CHARACTERS = 480
LONG_GAP_YEARS = 4
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
          "October", "November", "December")  # fmt: skip

MARKS = (
    '<path d="M1 2.5h14L8 15z"/>',
    '<rect x="2" y="2" width="12" height="12" rx="1"/>',
    '<circle cx="8" cy="8" r="6.6"/>',
    '<path d="M8 .4 15.6 8 8 15.6.4 8z"/>',
    '<path d="M5.4 1h5.2v4.4H15v5.2h-4.4V15H5.4v-4.4H1V5.4h4.4z"/>',
)
"""One shape for each thread, in their order, so that colour is never the only sign."""


class TimelineError(SphinxError):
    """A fault in the data file."""

    category = "Timeline"


@dataclass(frozen=True)
class Thread:
    """One strand of the story."""

    name: str
    label: str
    about: str
    mark: int


@dataclass(frozen=True)
class Entry:
    """One dated work; the fields are those of the data file."""

    id: str
    date: str
    venue: str
    who: str
    what: str
    matters: str
    threads: tuple[str, ...]
    cite: tuple[str, ...]
    shown: str = ""

    @property
    def year(self) -> int:
        """The year of the first public version."""
        return int(self.date[:4])

    @property
    def when(self) -> tuple[str, str]:
        """Month (or nothing) and year as readers see them."""
        if self.shown:
            return "", self.shown
        return (MONTHS[int(self.date[5:]) - 1] if len(self.date) > 4 else ""), self.date[:4]


@dataclass(frozen=True)
class Timeline:
    """The whole file."""

    threads: dict[str, Thread]
    entries: list[Entry]

    def gap_years(self, index: int) -> int:
        """Years between an entry and the one before it."""
        return self.entries[index].year - self.entries[index - 1].year if index else 0


def bibliography_keys(path: Path = BIBLIOGRAPHY) -> set[str]:
    """The keys that can be cited."""
    return set(re.findall(r"^@\w+\{([^,\s]+),", path.read_text(encoding="utf-8"), re.MULTILINE))


def load(path: Path, keys: set[str]) -> Timeline:
    """Read and check a timeline.

    Args:
        path: the data file.
        keys: the citation keys that exist.

    Raises:
        TimelineError: names the file and every fault in it, each with its entry.
    """
    try:
        data = read_yaml(path)
    except yaml.YAMLError as problem:
        raise TimelineError(f"{path.name} is not valid YAML: {problem}") from problem
    if found := list(faults(data, keys)):
        raise TimelineError("\n".join(f"{path.name}, {fault}" for fault in found))
    threads = {
        name: Thread(name, texts["label"], texts["about"], mark)
        for mark, (name, texts) in enumerate(data["threads"].items(), 1)
    }
    entries = [
        Entry(**{**raw, "threads": tuple(raw["threads"]), "cite": tuple(as_list(raw["cite"]))})
        for raw in data["entries"]
    ]
    return Timeline(threads, entries)


def as_list(value: object) -> list[object]:
    """A single value as a list of one."""
    return value if isinstance(value, list) else [value]


def faults(data: object, keys: set[str]) -> Iterator[str]:
    """Yield what is wrong with a file's content; the order is judged once the entries are sound."""
    if not isinstance(data, dict) or set(data) != {"threads", "entries"}:
        yield "top level: it must hold exactly 'threads' and 'entries'"
        return
    broken = [*thread_faults(data["threads"])]
    if not broken and (not isinstance(data["entries"], list) or not data["entries"]):
        broken = ["entries: it must be a list with at least one entry"]
    if not broken:
        for number, entry in enumerate(data["entries"], 1):
            broken += entry_faults(entry, number, set(data["threads"]), keys)
    yield from broken
    if not broken:
        yield from order_faults(data["entries"])
        used = {thread for entry in data["entries"] for thread in entry["threads"]}
        for thread in sorted(set(data["threads"]) - used):
            yield f"thread {thread}: no entry uses it; remove it or tag an entry"


def thread_faults(threads: object) -> Iterator[str]:
    """Yield faults of the threads."""
    if not isinstance(threads, dict) or not threads:
        yield "threads: it must map each thread's name to its label and about"
        return
    if len(threads) > len(MARKS):
        yield f"threads: {len(threads)} threads, but only {len(MARKS)} shapes to draw them"
    for name, texts in threads.items():
        if not isinstance(texts, dict) or set(texts) != {"label", "about"}:
            yield f"thread {name}: it must hold exactly 'label' and 'about'"
        elif not all(isinstance(text, str) and text.strip() for text in texts.values()):
            yield f"thread {name}: label and about must be text"


def entry_faults(entry: object, number: int, threads: set[str], keys: set[str]) -> Iterator[str]:
    """Yield faults of one entry, each with the entry's id or place."""
    if not isinstance(entry, dict):
        yield f"entry {number}: it must be a mapping, found {entry!r}"
        return
    place = f"entry {entry.get('id', number)}"
    for name in sorted(set(REQUIRED) - set(entry)):
        yield f"{place}: {name} is missing"
    for name in sorted(set(entry) - set(REQUIRED) - set(OPTIONAL)):
        yield f"{place}: {name} is not a field; the fields are {', '.join(REQUIRED + OPTIONAL)}"
    for name in [name for name in (*TEXTS, *OPTIONAL) if name in entry]:
        if not isinstance(entry[name], str) or not entry[name].strip():
            yield f"{place}: {name} must be text in quotes, found {entry[name]!r}"
    yield from (f"{place}: {fault}" for fault in date_faults(entry))
    if len(str(entry.get("matters", ""))) > LONGEST_MATTERS_CHARACTERS:
        yield f"{place}: matters is longer than {LONGEST_MATTERS_CHARACTERS} characters"
    for name, known in (("threads", threads), ("cite", keys)):
        values = as_list(entry[name]) if name in entry else ["a"]
        if not values or len(set(map(str, values))) != len(values):
            yield f"{place}: {name} must name at least one and none twice"
        for value in values if name in entry else []:
            if value not in known:
                where = "references.bib" if name == "cite" else f"{', '.join(sorted(threads))}"
                yield f"{place}: {name} has {value!r}, which is not among {where}"


def date_faults(entry: dict[str, Any]) -> Iterator[str]:
    """Yield faults of an entry's id and date, and disagreement of the two."""
    id_, date = entry.get("id"), entry.get("date")
    if isinstance(id_, str) and not ID.fullmatch(id_):
        yield "id must look like tl-1943, tl-1960s or tl-2016-wide"
        return
    if not isinstance(date, str):
        return
    if not DATE.fullmatch(date):
        yield f'date must look like "1943" or "2015-12", found {date!r}'
    elif isinstance(id_, str):
        year = id_[3:8].rstrip("-")
        stem = year[:3] if year.endswith("s") else year
        if not date.startswith(stem):
            yield f"the id says {year}, the date {date}"


def order_faults(entries: list[dict[str, Any]]) -> Iterator[str]:
    """Yield ids that stand twice and entries that stand before an older one.

    An entry without a month can stand anywhere in its year.
    """
    seen: set[str] = set()
    latest = ""
    for entry in entries:
        if entry["id"] in seen:
            yield f"entry {entry['id']}: the id stands twice"
        seen.add(entry["id"])
        if entry["date"] < latest[: len(entry["date"])]:
            yield f"entry {entry['id']}: {entry['date']} stands after {latest}; sort by date"
        latest = max(latest, entry["date"])


class timeline_list(nodes.General, nodes.Element):
    """The ordered list."""


class timeline_entry(nodes.General, nodes.Element):
    """One item of it."""


def visit_list(self: HTML5Translator, node: timeline_list) -> None:
    self.body.append('<ol class="tl-list">\n')


def depart_list(self: HTML5Translator, node: timeline_list) -> None:
    self.body.append("</ol>\n")


def visit_entry(self: HTML5Translator, node: timeline_entry) -> None:
    attributes = {name: node[name] for name in ("data-year", "data-threads", "style")}
    self.body.append(self.starttag(node, "li", CLASS="tl-entry", **attributes))


def depart_entry(self: HTML5Translator, node: timeline_entry) -> None:
    self.body.append("</li>\n")


def mark(thread: Thread) -> str:
    """The thread's sign: shape and colour."""
    return (
        f'<svg class="tl-mark tl-thread-{thread.mark}" viewBox="0 0 16 16" aria-hidden="true" '
        f'focusable="false">{MARKS[thread.mark - 1]}</svg>'
    )


def legend(timeline: Timeline) -> str:
    """The threads with their signs, meaning and number of entries; the script makes it a filter."""
    items = []
    for thread in timeline.threads.values():
        count = sum(thread.name in entry.threads for entry in timeline.entries)
        items.append(
            f'<li><span class="tl-name" data-thread="{escape(thread.name)}">{mark(thread)}'
            f'{escape(thread.label)} <span class="tl-count">{count}</span></span> '
            f'<span class="tl-about">{escape(thread.about)}</span></li>'
        )
    first, last = timeline.entries[0], timeline.entries[-1]
    return (
        '<div class="tl-legend" data-timeline-legend><p id="tl-threads">The threads of the story, '
        "and how many entries belong to each:</p>"
        f'<ul aria-labelledby="tl-threads">{"".join(items)}</ul>'
        '<p class="tl-status" role="status">'
        f"All {len(timeline.entries)} entries, {first.year} to {last.year}.</p>"
        '<p class="tl-keys" hidden>With the focus on an entry, <kbd>↓</kbd> or <kbd>j</kbd> leads '
        "to the next, <kbd>↑</kbd> or <kbd>k</kbd> to the one before, <kbd>Home</kbd> and "
        "<kbd>End</kbd> to the ends.</p></div>"
    )


def opening(timeline: Timeline, index: int) -> str:
    """What stands before an entry's title: gap, date and dot."""
    entry, years = timeline.entries[index], timeline.gap_years(index)
    month, year = entry.when
    words = f"{years} years later" if years >= LONG_GAP_YEARS else ""
    gap = f'<p class="tl-gap"{"" if words else " hidden"}>{words}</p>'
    month = f'<span class="tl-month">{month}</span> ' if month else ""
    return (
        f'{gap}<a class="tl-when" href="#{entry.id}"><time datetime="{entry.date}">{month}'
        f'<span class="tl-year">{year}</span></time></a>'
        f'<span class="tl-dot">{mark(timeline.threads[entry.threads[0]])}</span>'
        '<div class="tl-card">'
    )


def tags(timeline: Timeline, entry: Entry) -> str:
    """An entry's threads in words."""
    items = [timeline.threads[name] for name in entry.threads]
    inner = "".join(f"<li>{mark(thread)}{escape(thread.label)}</li>" for thread in items)
    return f'<ul class="tl-tags" aria-label="Threads">{inner}</ul></div>'


class TimelineDirective(SphinxDirective):
    """Emit the legend and the list."""

    def run(self) -> list[nodes.Node]:
        depends_on(self.env, DATA, BIBLIOGRAPHY)
        timeline = load(DATA, bibliography_keys())
        whole = timeline_list()
        whole += [self.entry(timeline, index) for index in range(len(timeline.entries))]
        start = nodes.raw("", f'<div class="timeline">{legend(timeline)}', format="html")
        return [start, whole, nodes.raw("", "</div>", format="html")]

    def entry(self, timeline: Timeline, index: int) -> timeline_entry:
        """One entry, its prose parsed as Markdown."""
        entry = timeline.entries[index]
        sources = ", ".join(f"{{cite:t}}`{key}`" for key in entry.cite)
        node = timeline_entry(ids=[entry.id], names=[entry.id])
        node["data-year"] = str(entry.year)
        node["data-threads"] = " ".join(entry.threads)
        node["style"] = f"--tl-years:{timeline.gap_years(index)}"
        title = nodes.inline("", "", *self.inline(entry.what))
        node += nodes.raw("", f'{opening(timeline, index)}<h3 class="tl-what">', format="html")
        node += title
        node += nodes.raw("", "</h3>", format="html")
        node += self.paragraph(f"{entry.who}. {entry.venue}.", "tl-who")
        node += self.parse_text_to_nodes(entry.matters)
        node += self.paragraph(f"Source: {sources}", "tl-source")
        node += nodes.raw("", tags(timeline, entry), format="html")
        self.env.get_domain("std").note_hyperlink_target(
            entry.id, self.env.docname, entry.id, title.astext()
        )
        return node

    def inline(self, text: str) -> list[nodes.Node]:
        """The nodes of one line of Markdown."""
        (paragraph,) = self.parse_text_to_nodes(text)
        return list(paragraph.children)

    def paragraph(self, text: str, name: str) -> nodes.paragraph:
        """One line of Markdown as a paragraph with a class."""
        return nodes.paragraph("", "", *self.inline(text), classes=[name])


def link_assets(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    """Link script and style on pages with a timeline, and on no others."""
    if doctree and next(iter(doctree.findall(timeline_list)), None):
        app.add_css_file("timeline/timeline.css")
        app.add_js_file("timeline/timeline.js", loading_method="defer")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register nodes and directive."""
    app.add_node(timeline_list, html=(visit_list, depart_list))
    app.add_node(timeline_entry, html=(visit_entry, depart_entry))
    app.add_directive("timeline", TimelineDirective)
    app.connect("html-page-context", link_assets)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
