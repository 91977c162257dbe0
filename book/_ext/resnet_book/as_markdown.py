r"""The Markdown of a page, from the HTML that Sphinx and the book's directives have written.

Answers "what does this page say, for readers that take text alone?". Numbers and citations keep
their links, with full addresses: a cited work leads to its DOI or arXiv entry. Formulas are TeX, in
dollar signs. A figure is its words, with the place where it can be seen. What can only be operated,
such as a button, is left out.

The HTML still has its formulas as Sphinx writes them, between ``\(`` and ``\)``.
"""

import re
from collections.abc import Callable, Iterator
from urllib.parse import urljoin

from bs4 import BeautifulSoup, Comment, NavigableString, Tag

from utils.display.elements import classes

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
BLOCKS = (
    *HEADINGS, "address", "article", "aside", "blockquote", "details", "div", "dl", "fieldset",
    "figcaption", "figure", "footer", "form", "header", "hr", "legend", "li", "main", "nav",
    "noscript", "ol", "p", "pre", "section", "summary", "table", "ul",
)  # fmt: skip
"""Elements that begin on a line of their own."""
OPERATED = (
    "button", "canvas", "datalist", "input", "link", "meta", "nav", "option", "progress", "script",
    "select", "style", "template", "textarea",
)  # fmt: skip
"""Elements that say nothing to a reader of text."""
LEFT_OUT = ("headerlink", "toctree-wrapper", "claim-link")
"""Classes of links to the place itself, and of lists that stand beside the text."""
LANGUAGES = {"ipython3": "python", "default": "", "myst-ansi": "text", "none": "text"}
MARKS = {"em": "*", "i": "*", "strong": "**", "b": "**"}
SPECIAL = re.compile(r"[\\`*]|<(?=[A-Za-z/!])|(?<![^\W_])_|_(?![^\W_])")
OPENS_BLOCK = re.compile(r"^(#{1,6} |[+>-] |\d+[.)] )")
WORK = re.compile(r"(?:doi:(?P<doi>10\.\S+?)|arXiv:(?P<arxiv>[\w./-]+?))\.?(?=$|,|\s)")
FORMULA = re.compile(r"^\s*(?:\\\(|\\\[)?(.*?)(?:\\\)|\\\])?\s*$", re.DOTALL)


def as_markdown(markup: str, address: str) -> str:
    """The Markdown of a piece of a page.

    Args:
        markup: HTML.
        address: of the page, which relative links start from.
    """
    return Copy(address).page(BeautifulSoup(markup, "html.parser"))


def indented(text: str, first: str, rest: str) -> str:
    """A block whose first line begins otherwise than the others."""
    lines = text.splitlines()
    return "\n".join(
        [first + lines[0], *(f"{rest}{line}".rstrip() for line in lines[1:])] if lines else []
    )


class Copy:
    """Turns the elements of one page into blocks and lines of Markdown."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.holders: set[int] = set()
        self.writers: dict[str, Callable[[Tag], Iterator[str]]] = {
            **dict.fromkeys(HEADINGS, self.heading),
            **dict.fromkeys(("ul", "ol"), self.list_),
            "blockquote": self.quotation,
            "dl": self.definitions,
            "hr": lambda tag: iter(["---"]),
            "pre": self.code,
            "summary": self.bold,
            "table": self.table,
        }

    def page(self, tag: Tag) -> str:
        """All that a page holds."""
        for element in tag.find_all(BLOCKS):
            while element is not None and id(element) not in self.holders:
                self.holders.add(id(element))
                element = element.parent
        return self.whole(tag)

    def whole(self, tag: Tag) -> str:
        """An element with all that it holds."""
        return "\n\n".join(self.blocks(tag)).strip()

    # Blocks ---------------------------------------------------------------------------------------

    def blocks(self, tag: Tag) -> Iterator[str]:
        """The blocks of an element; text between its block elements makes paragraphs."""
        line: list[str] = []
        for child in tag.children:
            if isinstance(child, Tag) and self.is_block(child):
                yield from self.paragraph(line)
                line = []
                yield from self.block(child)
            else:
                line.append(self.inline(child))
        yield from self.paragraph(line)

    def is_block(self, tag: Tag) -> bool:
        """Whether an element begins on a line of its own, as does one that holds such elements."""
        if tag.name in OPERATED or tag.name == "svg":
            return False
        return id(tag) in self.holders

    def block(self, tag: Tag) -> Iterator[str]:
        """The blocks that one block element makes."""
        if tag.name in OPERATED or tag.has_attr("hidden") or set(LEFT_OUT) & set(classes(tag)):
            return
        if tag.get("role") == "img":
            yield self.picture(tag)
        elif "admonition" in classes(tag):
            yield from self.quotation(tag)
        elif "admonition-title" in classes(tag) or tag.name == "summary":
            yield from self.bold(tag)
        elif tag.name == "div" and "math" in classes(tag):
            yield from self.formula(tag)
        elif tag.name in self.writers:
            yield from self.writers[tag.name](tag)
        else:
            yield from self.blocks(tag)

    def paragraph(self, line: list[str]) -> Iterator[str]:
        """A paragraph, if the line says something."""
        if text := self.tidy("".join(line)):
            yield OPENS_BLOCK.sub(r"\\\1", text)

    def heading(self, tag: Tag) -> Iterator[str]:
        """A heading of its level."""
        yield f"{'#' * int(tag.name[1])} {self.line(tag)}"

    def bold(self, tag: Tag) -> Iterator[str]:
        """What names the blocks below it."""
        if text := self.line(tag).replace("**", ""):
            yield f"**{text}**"

    def quotation(self, tag: Tag) -> Iterator[str]:
        """A box or a quotation."""
        if text := "\n\n".join(self.blocks(tag)):
            yield indented(text, "> ", "> ")

    def list_(self, tag: Tag) -> Iterator[str]:
        """A list; blocks of an item stand below it, moved in."""
        start = int(tag.get("start", 1))
        items = []
        for number, item in enumerate(tag.find_all("li", recursive=False), start):
            mark = f"{number}. " if tag.name == "ol" else "- "
            if text := self.whole(item):
                items.append(indented(text, mark, " " * len(mark)))
        yield ("\n\n" if any("\n\n" in item for item in items) else "\n").join(items)

    def definitions(self, tag: Tag) -> Iterator[str]:
        """Terms with their definitions, as a list."""
        terms: list[str] = []
        items = []
        for part in tag.find_all(["dt", "dd"]):
            if part.find_parent("dl") is not tag:
                continue
            if part.name == "dt":
                terms.append(self.line(part))
            else:
                text = self.whole(part)
                items.append(indented(f"**{', '.join(terms)}:** {text}", "- ", "  "))
                terms = []
        yield "\n".join(items)

    def code(self, tag: Tag) -> Iterator[str]:
        """Code or what it printed, in a fence that nothing in it closes."""
        text = tag.get_text().strip("\n")
        if not text.strip():
            return
        around = [name for box in tag.parents for name in classes(box)]
        names = [name[10:] for name in around if name.startswith("highlight-")]
        language = LANGUAGES.get(names[0], names[0]) if names else ""
        longest = max((len(run) for run in re.findall(r"^`{3,}", text, re.M)), default=2)
        fence = "`" * (longest + 1)
        yield f"{fence}{language}\n{text}\n{fence}"

    def formula(self, tag: Tag) -> Iterator[str]:
        """A formula that stands alone, with its number."""
        number = tag.find(class_="eqno")
        label = f" {number.extract().get_text().strip().rstrip('#')}" if number else ""
        yield f"$$\n{FORMULA.match(tag.get_text())[1].strip()}\n$${label}"

    # Tables ---------------------------------------------------------------------------------------

    def table(self, tag: Tag) -> Iterator[str]:
        """A table with its caption above it; one without rows says nothing."""
        rows = [row for row in tag.find_all("tr") if row.find_parent("table") is tag]
        heads = [row for row in rows if not row.find("td")]
        cells = self.grid(rows)
        count = len(heads) if rows[: len(heads)] == heads else 0
        if not any(any(row) for row in cells[count:]):
            return
        if caption := tag.find("caption"):
            yield from self.bold(caption)
        width, columns = len(cells[0]), zip(*cells[:count], strict=True)
        head = [" / ".join(dict.fromkeys(filter(None, one))) for one in columns]
        lines = [head or [""] * width, ["---"] * width, *cells[count:]]
        yield "\n".join(f"| {' | '.join(line)} |" for line in lines)

    def grid(self, rows: list[Tag]) -> list[list[str]]:
        """The texts of all cells; a cell that spans others stands in each of its places."""
        found: dict[tuple[int, int], str] = {}
        for y, row in enumerate(rows):
            x = 0
            for cell in row.find_all(["th", "td"], recursive=False):
                while (y, x) in found:
                    x += 1
                wide, high = (int(cell.get(name, 1)) for name in ("colspan", "rowspan"))
                text = self.cell(cell)
                for down in range(high):
                    found |= {(y + down, x + right): text for right in range(wide)}
                x += wide
        width = 1 + max((x for _, x in found), default=0)
        return [[found.get((y, x), "") for x in range(width)] for y in range(len(rows))]

    def cell(self, tag: Tag) -> str:
        """A cell in one line."""
        text = "<br>".join(block.replace("\n", "<br>") for block in self.blocks(tag))
        return text.replace("|", r"\|")

    # Lines ----------------------------------------------------------------------------------------

    def line(self, tag: Tag) -> str:
        """All that an element says, in one line."""
        return self.tidy("".join(self.inline(child) for child in tag.children)).replace("\n", " ")

    @staticmethod
    def tidy(text: str) -> str:
        """Text with single blanks, and none at the ends of its lines."""
        text = re.sub(r"[ \t\n\r\f]+", " ", text).replace("\0", "\n")
        return re.sub(r" *\n *", "  \n", text).strip()

    def inline(self, node: Tag | NavigableString) -> str:
        """A piece of a line; a break of the line is a zero character until it is tidied."""
        if not isinstance(node, Tag):
            return "" if isinstance(node, Comment) else SPECIAL.sub(r"\\\g<0>", str(node))
        if node.name in OPERATED or node.has_attr("hidden") or set(LEFT_OUT) & set(classes(node)):
            return ""
        if node.name == "br":
            return "\0"
        if node.name in ("img", "svg") or node.get("role") == "img":
            return self.picture(node)
        if "math" in classes(node):
            return f"${FORMULA.match(node.get_text())[1].strip()}$"
        if node.name in ("code", "kbd"):
            return self.literal(node.get_text())
        text = "".join(self.inline(child) for child in node.children)
        if node.name == "a" and node.get("href"):
            return self.link(node, text)
        if node.name in ("sup", "sub"):
            return f"<{node.name}>{text}</{node.name}>"
        return self.marked(MARKS.get(node.name, ""), text)

    @staticmethod
    def literal(text: str) -> str:
        """Code in a line."""
        ticks = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
        pad = " " if "`" in text else ""
        return f"{ticks}{pad}{' '.join(text.split())}{pad}{ticks}" if text.strip() else ""

    @staticmethod
    def marked(mark: str, text: str) -> str:
        """Text between two marks, which touch no blank."""
        inner = text.strip()
        if not mark or not inner:
            return text
        start, end = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
        return f"{start}{mark}{inner}{mark}{end}"

    def link(self, tag: Tag, text: str) -> str:
        """A link with its full address; the number of a table says which one it is."""
        text, title = text.strip(), " ".join((tag.get("title") or "").split())
        if not text:
            return ""
        address = urljoin(self.address, tag["href"])
        if (work := WORK.search(title)) and tag.find_parent(class_="bibtex-citation"):
            doi, arxiv = work["doi"], work["arxiv"]
            return (
                f"[{text}]({f'https://doi.org/{doi}' if doi else f'https://arxiv.org/abs/{arxiv}'})"
            )
        said = title.replace('"', "'") if "paper-cell" in classes(tag) else ""
        return f'[{text}]({address} "{said}")' if said else f"[{text}]({address})"

    def picture(self, tag: Tag) -> str:
        """A picture as its words, with its file or with the place where the page draws it."""
        named = tag.find("title", recursive=False) if tag.name == "svg" else None
        words = tag.get("alt") or tag.get("aria-label") or (named.get_text() if named else "")
        if not words.strip() or tag.get("aria-hidden") == "true":
            return ""
        words = " ".join(words.split()).replace("[", "(").replace("]", ")")
        if tag.get("src"):
            return f"![{words}]({urljoin(self.address, tag['src'])})"
        place = next((box["id"] for box in [tag, *tag.parents] if box.get("id")), "")
        return f"[Figure: {words}]({self.address}{f'#{place}' if place else ''})"
