"""The directive ``timeline``: the history in ``book/data/timeline.yml`` as an ordered list.

    ```{timeline}
    ```

The list is complete without a script: each entry has an anchor, a ``time`` element, its threads in
words and its sources. ``timeline.js`` adds the filter and the keys, on pages with a timeline only.
Whatever is wrong in the file stops the build with the file, the entry and the fault.
"""

from html import escape

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

from resnet_book.base import Directive, add_element, link_where
from utils.facts import bibliography
from utils.facts import timeline as facts
from utils.facts.timeline import Entry, Timeline

LONG_GAP_YEARS = 4

MARKS = (
    '<path d="M1 2.5h14L8 15z"/>',
    '<rect x="2" y="2" width="12" height="12" rx="1"/>',
    '<circle cx="8" cy="8" r="6.6"/>',
    '<path d="M8 .4 15.6 8 8 15.6.4 8z"/>',
    '<path d="M5.4 1h5.2v4.4H15v5.2h-4.4V15H5.4v-4.4H1V5.4h4.4z"/>',
)
"""One shape for each thread, in their order, so that colour is never the only sign."""


class timeline_list(nodes.General, nodes.Element):
    """The ordered list."""


class timeline_entry(nodes.General, nodes.Element):
    """One item of it."""


def open_entry(html: HTML5Translator, node: timeline_entry) -> str:
    """The start tag of an entry."""
    attributes = {name: node[name] for name in ("data-year", "data-threads", "style")}
    return html.starttag(node, "li", CLASS="tl-entry", **attributes)


def mark(timeline: Timeline, name: str) -> str:
    """The sign of a thread: shape and colour."""
    place = list(timeline.threads).index(name)
    return (
        f'<svg class="tl-mark tl-thread-{place + 1}" viewBox="0 0 16 16" aria-hidden="true" '
        f'focusable="false">{MARKS[place]}</svg>'
    )


def legend(timeline: Timeline) -> str:
    """The threads with their signs, meaning and number of entries; the script makes it a filter."""
    items = []
    for name, thread in timeline.threads.items():
        count = sum(name in entry.threads for entry in timeline.entries)
        items.append(
            f'<li><span class="tl-name" data-thread="{escape(name)}">{mark(timeline, name)}'
            f'{escape(thread.label)} <span class="tl-count">{count}</span></span> '
            f'<span class="tl-about">{escape(thread.about)}</span></li>'
        )
    first, last = timeline.entries[0], timeline.entries[-1]
    return (
        '<div class="tl-legend" data-timeline-legend><p id="tl-threads">The threads of the story, '
        "and how many entries belong to each:</p>"
        f'<ul aria-labelledby="tl-threads">{"".join(items)}</ul>'
        '<p class="tl-status" role="status">'
        f"Showing all {len(timeline.entries)} entries, from {first.year} to {last.year}.</p>"
        '<p class="tl-keys" hidden>When an entry has the focus, <kbd>↓</kbd> or <kbd>j</kbd> leads '
        "to the next entry, and <kbd>↑</kbd> or <kbd>k</kbd> to the one before. <kbd>Home</kbd> "
        "leads to the first entry and <kbd>End</kbd> to the last.</p></div>"
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
        f'<span class="tl-dot">{mark(timeline, entry.threads[0])}</span>'
        '<div class="tl-card">'
    )


def tags(timeline: Timeline, entry: Entry) -> str:
    """An entry's threads in words."""
    inner = "".join(
        f"<li>{mark(timeline, name)}{escape(timeline.threads[name].label)}</li>"
        for name in entry.threads
    )
    return f'<ul class="tl-tags" aria-label="Threads">{inner}</ul></div>'


class TimelineDirective(Directive):
    """Emit the legend and the list."""

    reads = (facts, bibliography)
    stops = True

    def show(self) -> list[nodes.Node]:
        timeline = facts.load(facts.DATA, bibliography.keys())
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


def setup(app: Sphinx) -> None:
    """Register nodes and directive."""
    add_element(app, timeline_list, lambda *_: '<ol class="tl-list">\n', "</ol>\n")
    add_element(app, timeline_entry, open_entry, "</li>\n")
    app.add_directive("timeline", TimelineDirective)
    link_where(app, '<ol class="tl-list">', "timeline/timeline.css", "timeline/timeline.js")
