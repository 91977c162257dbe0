"""Claims checked: sentences as one hears them, with verdict, evidence and a better wording.

    ```{claim-verdicts}
    ```

    ```{claims} depth
    ```

The first directive says what each verdict means and how many claims have it; the second shows
one group of ``book/data/claims.yml``. From any page, the role ``{claim}`ID``` links to a claim by
its short title with the verdict, ``{claim}`words <ID>``` by other words. A malformed file stops a
build that runs with ``-W``, and the message says which claim is wrong and how.
"""

from __future__ import annotations

import difflib
import re
import sys
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from dependencies import depends_on
from docutils import nodes
from sphinx import addnodes
from sphinx.util import logging
from sphinx.util.docutils import ReferenceRole, SphinxDirective

from utils.files.yaml_files import read_yaml

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)

DATA = ROOT / "book" / "data" / "claims.yml"
SCRIPT, STYLE = "claims/claims.js", "claims/claims.css"

VERDICTS = {
    "true": "The source says it, and the sentence says no more than the source.",
    "half true": "Right under conditions that the sentence leaves out.",
    "false": "The source says otherwise, or the arithmetic does.",
    "unproven": "A conjecture of the source, or one that later measurements put in doubt.",
}

ICONS = {
    "true": '<path d="M4.5 8.4l2.4 2.4 4.6-5.2"/>',
    "half true": '<path d="M8 1.5a6.5 6.5 0 0 1 0 13z" fill="currentColor"/>',
    "false": '<path d="M5.4 5.4l5.2 5.2M10.6 5.4l-5.2 5.2"/>',
    "unproven": '<path d="M6 6.3a2 2 0 1 1 2.9 1.8c-.6.3-.9.7-.9 1.3M8 11.6v.1"/>',
}

PARTS = {"known_as", "groups", "claims", "not_carried"}
REQUIRED = {"id", "group", "short", "said", "verdict", "says", "right", "sources"}
OPTIONAL = {"measured", "errata"}
ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
ERRATUM = re.compile(r"E\d\d")


class ClaimError(ValueError):
    """The file of claims is malformed; the message names the claim and the fault."""


@dataclass(frozen=True)
class Claim:
    """One sentence and what is known about it.

    Attributes:
        id: its address on the page is ``claim-ID``.
        group: the theme under which it stands.
        short: title for links from other pages, plain text.
        said: the sentence as one hears it (MyST).
        verdict: a key of :data:`VERDICTS`.
        says: what the sources say (MyST).
        right: how to say it instead (MyST).
        sources: (BibTeX key, table or section) pairs.
        measured: a key of ``utils.chapters.claims.SENTENCES``, or None.
        errata: numbers of the project's list of corrections that the claim carries.
    """

    id: str
    group: str
    short: str
    said: str
    verdict: str
    says: str
    right: str
    sources: tuple[tuple[str, str], ...]
    measured: str | None = None
    errata: tuple[str, ...] = ()

    @property
    def anchor(self) -> str:
        return f"claim-{self.id}"


@dataclass(frozen=True)
class Claims:
    """The whole file: claims by id, titles of groups, names of works, corrections left out."""

    claims: dict[str, Claim]
    groups: dict[str, str]
    known_as: dict[str, str]
    not_carried: dict[str, str]

    def of_group(self, group: str) -> list[Claim]:
        return [claim for claim in self.claims.values() if claim.group == group]


def read_claims(path: Path = DATA) -> Claims:
    """Read and check the file of claims.

    Raises:
        ClaimError: not YAML, or a claim that lacks something; names file, claim and fault.
    """
    try:
        data = read_yaml(path)
    except yaml.YAMLError as error:
        raise ClaimError(f"{path.name} is not YAML: {error}") from error
    if not isinstance(data, dict) or set(data) != PARTS:
        raise ClaimError(f"{path.name} needs exactly the keys {', '.join(sorted(PARTS))}")
    groups, claims = data["groups"], {}
    for number, entry in enumerate(data["claims"], start=1):
        if not isinstance(entry, dict):
            raise ClaimError(f"{path.name}, entry {number}: expected a mapping")
        name = entry.get("id", f"number {number}")
        try:
            claim = read_claim(entry, groups)
            if claim.id in claims:
                raise ClaimError("this id stands twice; an address needs an id of its own")
        except ClaimError as error:
            raise ClaimError(f"{path.name}, claim {name}: {error}") from error
        claims[claim.id] = claim
    for group in groups:
        if all(claim.group != group for claim in claims.values()):
            raise ClaimError(f"{path.name}, group {group}: no claim belongs to it")
    return Claims(claims, groups, data["known_as"], data["not_carried"])


def read_claim(entry: dict[str, Any], groups: dict[str, str]) -> Claim:
    """Check one entry of the file.

    Raises:
        ClaimError: says what is wrong, without file and claim.
    """
    if missing := sorted(REQUIRED - set(entry)):
        raise ClaimError(f"lacks {', '.join(missing)}")
    if unknown := sorted(set(entry) - REQUIRED - OPTIONAL):
        raise ClaimError(f"has unknown fields: {', '.join(unknown)}")
    if isinstance(entry["verdict"], bool):
        raise ClaimError("write the verdict in quotes; without them YAML reads a yes or a no")
    for field in sorted((REQUIRED | {"measured"}) & set(entry) - {"sources"}):
        if not isinstance(entry[field], str) or not entry[field].strip():
            raise ClaimError(f"{field} must be text, not {entry[field]!r}")
    if not ID.fullmatch(entry["id"]):
        raise ClaimError("an id is lower-case words and digits joined by hyphens")
    if entry["verdict"] not in VERDICTS:
        raise ClaimError(f"verdict {entry['verdict']!r} is none of: {', '.join(VERDICTS)}")
    if entry["group"] not in groups:
        raise ClaimError(f"group {entry['group']!r} is none of: {', '.join(groups)}")
    errata = entry.get("errata", [])
    if not isinstance(errata, list) or not all(ERRATUM.fullmatch(str(e)) for e in errata):
        raise ClaimError(f"errata must be a list like [E01, E23], not {errata!r}")
    values = {field: entry[field] for field in REQUIRED - {"sources"}}
    return Claim(
        **values,
        sources=read_sources(entry["sources"]),
        measured=entry.get("measured"),
        errata=tuple(errata),
    )


def read_sources(sources: Any) -> tuple[tuple[str, str], ...]:
    """Check the sources of one claim: each a BibTeX key and a place in that work."""
    if not isinstance(sources, dict) or not sources:
        raise ClaimError("sources must map BibTeX keys to tables or sections")
    for key, where in sources.items():
        if not isinstance(where, str) or not where.strip():
            raise ClaimError(f"source {key} needs a table, figure or section")
    return tuple(sources.items())


@lru_cache(maxsize=1)
def _cached(changed: int) -> Claims:
    return read_claims()


def current_claims() -> Claims:
    """The claims as the file has them now; read anew only when the file has changed."""
    return _cached(DATA.stat().st_mtime_ns)


class claim_article(nodes.General, nodes.Element):
    """One claim; ``verdict`` is a key of :data:`VERDICTS`."""


class claim_heading(nodes.General, nodes.TextElement):
    """The sentence as one hears it."""


class claim_details(nodes.General, nodes.Element):
    """The evidence, behind ``title``; opens without a script."""


def icon(verdict: str) -> nodes.raw:
    """The sign of a verdict, for the eye only: the word stands beside it."""
    text = (
        f'<svg class="claim-icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">'
        f'<circle cx="8" cy="8" r="6.5"/>{ICONS[verdict]}</svg> '
    )
    return nodes.raw("", text, format="html")


def slug(verdict: str) -> str:
    return verdict.replace(" ", "-")


class FromFile(SphinxDirective):
    """A directive that shows something of the file of claims."""

    def load(self) -> Claims:
        depends_on(self.env, DATA)
        try:
            return current_claims()
        except ClaimError as error:
            raise self.error(str(error)) from error


class VerdictsDirective(FromFile):
    """What each verdict means and how many claims have it; the filter goes here."""

    def run(self) -> list[nodes.Node]:
        claims = self.load().claims.values()
        items = []
        for verdict, meaning in VERDICTS.items():
            count = sum(claim.verdict == verdict for claim in claims)
            claims_word = "claim" if count == 1 else "claims"
            term = nodes.term("", "", icon(verdict), nodes.Text(verdict.capitalize()))
            term["classes"] = ["claim-verdict", f"claim-{slug(verdict)}"]
            text = nodes.paragraph("", f"{meaning} {count} {claims_word}.")
            items.append(nodes.definition_list_item("", term, nodes.definition("", text)))
        place = '<div id="claims-filter" hidden></div>'
        listing = nodes.definition_list("", *items, classes=["claim-verdicts"])
        return [listing, nodes.raw("", place, format="html")]


class ClaimsDirective(FromFile):
    """Show the claims of one group, in the order of the file."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        every = self.load()
        group = self.arguments[0]
        if group not in every.groups:
            known = ", ".join(every.groups)
            raise self.error(f"no group of claims is called {group!r}; known: {known}")
        shown = self.env.claim_groups.setdefault(self.env.docname, [])
        shown.append(group)
        box = nodes.container(classes=["claims"])
        box += [self.article(claim, every) for claim in every.of_group(group)]
        return [box]

    def article(self, claim: Claim, every: Claims) -> nodes.Node:
        domain, place = self.env.get_domain("std"), (self.env.docname, claim.anchor)
        domain.labels[claim.anchor] = (*place, claim.short)
        domain.anonlabels[claim.anchor] = place
        node = claim_article("", ids=[claim.anchor], verdict=claim.verdict)
        word = nodes.paragraph("", "", icon(claim.verdict), nodes.Text(claim.verdict.capitalize()))
        word["classes"] = ["claim-verdict"]
        said, messages = self.parse_inline(claim.said.strip())
        heading = claim_heading("", "", nodes.Text("“"), *said, nodes.Text("”"))
        label = "Say it so" if claim.verdict == "true" else "Say instead"
        right = nodes.container("", *self.prose(claim, claim.right, label), classes=["claim-right"])
        link = nodes.raw("", permalink(claim), format="html")
        node += [word, heading, right, self.evidence(claim, every), link, *messages]
        return node

    def evidence(self, claim: Claim, every: Claims) -> nodes.Node:
        title = "What the source says" if len(claim.sources) == 1 else "What the sources say"
        parts = self.prose(claim, claim.says)
        names = {key: f" ({name})" for key, name in every.known_as.items()}
        cited = "; ".join(
            f"{{cite:t}}`{key}`{names.get(key, '')}, {where}" for key, where in claim.sources
        )
        parts += self.prose(claim, f"{cited}.", "Source" + "s" * (len(claim.sources) > 1))
        if claim.measured:
            from utils.chapters import claims as sentences

            if claim.measured not in sentences.SENTENCES:
                known = ", ".join(sorted(sentences.SENTENCES))
                raise self.error(
                    f"{DATA.name}, claim {claim.id}: measured {claim.measured!r} is no sentence "
                    f"of utils/chapters/claims.py; known: {known}"
                )
            depends_on(self.env, sentences)
            sentence = sentences.SENTENCES[claim.measured]
            title += f", and what is {sentence.kind} here"
            label = f"{sentence.kind.capitalize()} here"
            parts += [
                nodes.container("", *self.prose(claim, sentence.text(), label),
                                classes=["claim-measured"])
            ]  # fmt: skip
        return claim_details("", *parts, title=title)

    def prose(self, claim: Claim, text: str, label: str = "") -> list[nodes.Node]:
        """Parse MyST text; warnings about it name the claim instead of a line of the page."""
        found = self.parse_text_to_nodes(text)
        for top in found:
            for node in top.findall():
                if getattr(node, "line", None):
                    node.source, node.line = f"{DATA}, claim {claim.id}", None
        if label and found and isinstance(found[0], nodes.paragraph):
            found[0].insert(0, nodes.Text(" "))
            found[0].insert(0, nodes.strong("", f"{label}:", classes=["claim-label"]))
        return found


def permalink(claim: Claim) -> str:
    """A visible link whose name for assistive software says which claim it leads to."""
    return (
        f'<p class="claim-link"><a href="#{claim.anchor}" '
        f'aria-label="Link to this claim: {escape(claim.short)}">Link to this claim</a></p>'
    )


class ClaimRole(ReferenceRole):
    """Link to a claim, by its short title and verdict unless other words are given."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        depends_on(self.env, DATA)
        try:
            known = current_claims().claims
        except ClaimError as error:
            return self.fail(str(error))
        if self.target not in known:
            close = difflib.get_close_matches(self.target, known, n=3) or sorted(known)[:3]
            return self.fail(f"no claim is called {self.target!r}; close: {', '.join(close)}")
        claim = known[self.target]
        title = self.title if self.has_explicit_title else f"“{claim.short}” ({claim.verdict})"
        link = addnodes.pending_xref(
            "",
            nodes.inline("", title, classes=["std", "std-ref"]),
            refdomain="std",
            reftype="ref",
            reftarget=claim.anchor,
            refexplicit=True,
            refwarn=True,
            refdoc=self.env.docname,
        )
        self.set_source_info(link)
        return [link], []

    def fail(self, text: str) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        message = self.inliner.reporter.error(text, line=self.lineno)
        return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]


def visit_article(self: HTML5Translator, node: claim_article) -> None:
    names = f"claim claim-{slug(node['verdict'])}"
    data = {"data-verdict": slug(node["verdict"])}
    self.body.append(self.starttag(node, "article", CLASS=names, **data))


def depart_article(self: HTML5Translator, node: claim_article) -> None:
    self.body.append("</article>\n")


def visit_heading(self: HTML5Translator, node: claim_heading) -> None:
    self.body.append(self.starttag(node, "h3", "", CLASS="claim-said"))


def depart_heading(self: HTML5Translator, node: claim_heading) -> None:
    self.body.append("</h3>\n")


def visit_details(self: HTML5Translator, node: claim_details) -> None:
    self.body.append(f'<details class="claim-evidence"><summary>{escape(node["title"])}</summary>')


def depart_details(self: HTML5Translator, node: claim_details) -> None:
    self.body.append("</details>\n")


def nothing(self: Any, node: nodes.Node) -> None:
    """Other formats than HTML show the content alone."""


def start(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    if not hasattr(env, "claim_groups"):
        env.claim_groups = {}


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    getattr(env, "claim_groups", {}).pop(docname, None)


def merge(app: Sphinx, env: BuildEnvironment, docnames: list[str], other: Any) -> None:
    env.claim_groups.update({name: other.claim_groups[name] for name in docnames
                             if name in other.claim_groups})  # fmt: skip


def check_groups(app: Sphinx, env: BuildEnvironment) -> None:
    """Warn when a group of claims is shown twice or, where there is a page of claims, nowhere."""
    shown = [group for groups in env.claim_groups.values() for group in groups]
    if not shown:
        return
    for group in current_claims().groups:
        if shown.count(group) != 1:
            logger.warning(
                "%s: the group %r is shown %d times, not once", DATA.name, group, shown.count(group)
            )


def link_assets(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    """Link script and style on pages with claims, and on no others."""
    if doctree and next(doctree.findall(claim_article), None):
        app.add_css_file(STYLE)
        app.add_js_file(SCRIPT, loading_method="defer")


def setup(app: Sphinx) -> dict[str, Any]:
    others = dict.fromkeys(("latex", "text", "man", "texinfo"), (nothing, nothing))
    app.add_node(claim_article, html=(visit_article, depart_article), **others)
    app.add_node(claim_heading, html=(visit_heading, depart_heading), **others)
    app.add_node(claim_details, html=(visit_details, depart_details), **others)
    app.add_directive("claims", ClaimsDirective)
    app.add_directive("claim-verdicts", VerdictsDirective)
    app.add_role("claim", ClaimRole())
    app.connect("env-before-read-docs", start)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("env-check-consistency", check_groups)
    app.connect("html-page-context", link_assets)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
