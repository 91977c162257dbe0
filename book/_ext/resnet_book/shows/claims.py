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

import difflib
from html import escape

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import ReferenceRole
from sphinx.writers.html5 import HTML5Translator

from resnet_book.base import Directive, Role, add_element, link_where
from resnet_book.notes import PageNotes
from resnet_book.pages.dependencies import depends_on
from utils.facts import claims as facts
from utils.facts.claims import VERDICTS, Claim, Claims, current_claims

logger = logging.getLogger(__name__)

GROUPS = PageNotes("claim_groups")
"""The groups that each page shows."""

ICONS = {
    "true": '<path d="M4.5 8.4l2.4 2.4 4.6-5.2"/>',
    "half true": '<path d="M8 1.5a6.5 6.5 0 0 1 0 13z" fill="currentColor"/>',
    "false": '<path d="M5.4 5.4l5.2 5.2M10.6 5.4l-5.2 5.2"/>',
    "unproven": '<path d="M6 6.3a2 2 0 1 1 2.9 1.8c-.6.3-.9.7-.9 1.3M8 11.6v.1"/>',
}


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


class VerdictsDirective(Directive):
    """What each verdict means and how many claims have it; the filter goes here."""

    reads = (facts,)

    def show(self) -> list[nodes.Node]:
        claims = current_claims().claims.values()
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


class ClaimsDirective(Directive):
    """Show the claims of one group, in the order of the file."""

    required_arguments = 1
    reads = (facts,)

    def show(self) -> list[nodes.Node]:
        every = current_claims()
        group = self.arguments[0]
        self.known("group of claims", group, every.groups)
        GROUPS.of(self.env).setdefault(self.env.docname, []).append(group)
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
                raise ValueError(
                    f"{facts.DATA.name}, claim {claim.id}: measured {claim.measured!r} is no "
                    f"sentence of utils/chapters/claims.py; known: {known}"
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
                    node.source, node.line = f"{facts.DATA}, claim {claim.id}", None
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


class ClaimRole(Role, ReferenceRole):
    """Link to a claim, by its short title and verdict unless other words are given."""

    reads = (facts,)

    def show(self) -> list[nodes.Node]:
        known = current_claims().claims
        if self.target not in known:
            close = difflib.get_close_matches(self.target, known, n=3) or sorted(known)[:3]
            raise ValueError(f"no claim is called {self.target!r}; close: {', '.join(close)}")
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
        return [link]


def open_article(html: HTML5Translator, node: claim_article) -> str:
    """The start tag of a claim."""
    verdict = slug(node["verdict"])
    names = f"claim claim-{verdict}"
    return html.starttag(node, "article", CLASS=names, **{"data-verdict": verdict})


def open_heading(html: HTML5Translator, node: claim_heading) -> str:
    """The start tag of a sentence."""
    return html.starttag(node, "h3", "", CLASS="claim-said")


def open_details(html: HTML5Translator, node: claim_details) -> str:
    """The start tag of the evidence, with its title."""
    return f'<details class="claim-evidence"><summary>{escape(node["title"])}</summary>'


def check_groups(app: Sphinx, env: BuildEnvironment) -> None:
    """Warn when a group of claims is shown twice or, where there is a page of claims, nowhere."""
    shown = [group for groups in GROUPS.of(env).values() for group in groups]
    if not shown:
        return
    for group in current_claims().groups:
        if shown.count(group) != 1:
            name, times = facts.DATA.name, shown.count(group)
            logger.warning("%s: the group %r is shown %d times, not once", name, group, times)


def setup(app: Sphinx) -> None:
    add_element(app, claim_article, open_article, "</article>\n")
    add_element(app, claim_heading, open_heading, "</h3>\n")
    add_element(app, claim_details, open_details, "</details>\n")
    app.add_directive("claims", ClaimsDirective)
    app.add_directive("claim-verdicts", VerdictsDirective)
    app.add_role("claim", ClaimRole())
    GROUPS.connect(app)
    app.connect("env-check-consistency", check_groups)
    link_where(app, '<article class="claim ', "claims/claims.css", "claims/claims.js")
