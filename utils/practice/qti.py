"""The question bank as a package of QTI 2.1, for every reader of this exchange format.

Answers "how do I take the questions into a system other than Moodle and Canvas?". Comes in:
questions. Goes out: a ZIP with one item for each question (:mod:`utils.practice.qti_items`), the
drawings, a test with a section for each chapter and level, and the manifest that lists them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from xml.etree.ElementTree import Element

from utils.facts.edition import load_edition
from utils.files.packed import pack_contents
from utils.files.whole import atomic_write
from utils.practice.anki import NAME
from utils.practice.exported import Group, document, grouped, made, picture, short_title
from utils.practice.kinds import Question
from utils.practice.markdown import page_title
from utils.practice.qti_items import Asked, item, item_name
from utils.practice.qti_parts import IMAGES, INSTANCE, SCORE, SCORE_DECLARED, root_attributes

MANIFEST, TEST, ITEMS = "imsmanifest.xml", "test.xml", "items"
PACKAGING = "http://www.imsglobal.org/xsd/imscp_v1p1"
LOM = "http://ltsc.ieee.org/xsd/LOM"
METADATA = "http://www.imsglobal.org/xsd/imsqti_metadata_v2p1"


def write_qti(questions: Iterable[Question], path: Path, site: str, title: str = NAME) -> int:
    """Write questions as a package of QTI 2.1, and return how many.

    Args:
        questions: without the cards.
        path: file to write, ``.zip``.
        site: where the book is published, without a slash at the end.
        title: of the test that holds the chapters.

    Raises:
        QtiError: a question has no form in QTI.
    """
    groups = grouped(questions)
    contents: dict[str, bytes] = {MANIFEST: b"", TEST: document(test_of(groups, title))}
    images: set[str] = set()
    resources = []
    for group in groups:
        for question in group.questions:
            element, asked = item(question, site)
            contents[item_place(question)] = document(element)
            images |= set(asked.images)
            resources.append(item_resource(question, asked))
    for name in sorted(images):
        contents[f"{IMAGES}/{name}.svg"] = picture(name).content
        resources.append(resource(f"image-{name}", "webcontent", f"{IMAGES}/{name}.svg"))
    contents[MANIFEST] = document(manifest_of(title, [test_resource(groups), *resources]))
    with atomic_write(path, "wb") as file:
        pack_contents(contents, file, load_edition().released)
    return len(resources) - len(images)


# The test -----------------------------------------------------------------------------------------


def item_place(question: Question) -> str:
    """Where an item lies in the package."""
    return f"{ITEMS}/{item_name(question)}.xml"


def section_name(chapter: str, level: str = "") -> str:
    """The identity of a section."""
    return "-".join(filter(None, ("section", re.sub(r"\W", "-", chapter), level)))


def test_of(groups: list[Group], title: str) -> Element:
    """A test with a section for each chapter, and in it one for each level."""
    chapters = [
        section(section_name(chapter), page_title(chapter), [level_section(one) for one in found])
        for chapter, found in groupby(groups, lambda group: group.chapter)
    ]
    shown = made("itemSessionControl", maxAttempts="0", showFeedback="true", showSolution="true")
    attributes = {"navigationMode": "nonlinear", "submissionMode": "individual"}
    part = made("testPart", [shown, *chapters], identifier="questions", **attributes)
    zero = made("defaultValue", [made("value", "0")])
    outcome = made("outcomeDeclaration", [zero], **SCORE_DECLARED)
    total = made("sum", [made("testVariables", variableIdentifier=SCORE)])
    rule = made("outcomeProcessing", [made("setOutcomeValue", [total], identifier=SCORE)])
    return made(
        "assessmentTest",
        [outcome, part, rule],
        **root_attributes(),
        identifier="test",
        title=title,
    )


def level_section(group: Group) -> Element:
    """The questions of one chapter and level."""
    references = [
        made(
            "assessmentItemRef",
            identifier=item_name(question),
            href=item_place(question),
            category=group.level,
        )
        for question in group.questions
    ]
    return section(section_name(group.chapter, group.level), group.level.capitalize(), references)


def section(name: str, title: str, parts: list[Element]) -> Element:
    """A section that learners see."""
    return made("assessmentSection", parts, identifier=name, title=title, visible="true")


# The manifest -------------------------------------------------------------------------------------


def manifest_of(title: str, resources: list[Element]) -> Element:
    """The list of all that the package holds."""
    schema = [made("schema", "QTIv2.1 Package"), made("schemaversion", "1.0.0")]
    about = made("imsmd:lom", [made("imsmd:general", [named("title", title)])])
    return made(
        "manifest",
        [
            made("metadata", [*schema, about]),
            made("organizations"),
            made("resources", resources),
        ],
        **{
            "xmlns": PACKAGING,
            "xmlns:imsmd": LOM,
            "xmlns:imsqti": METADATA,
            "xmlns:xsi": INSTANCE,
            "identifier": "manifest",
        },
    )


def named(tag: str, words: str) -> Element:
    """Words of the metadata, in the book's language."""
    return made(f"imsmd:{tag}", [made("imsmd:string", words, language="en")])


def resource(
    name: str, kind: str, place: str, inside: Iterable[Element] = (), needs: Iterable[str] = ()
) -> Element:
    """A file of the package, with its metadata and the resources that it needs."""
    dependencies = [made("dependency", identifierref=need) for need in needs]
    parts = [*inside, made("file", href=place), *dependencies]
    return made("resource", parts, identifier=name, type=kind, href=place)


def test_resource(groups: list[Group]) -> Element:
    """The test, which needs all items."""
    needs = [item_name(question) for group in groups for question in group.questions]
    return resource("test-resource", "imsqti_test_xmlv2p1", TEST, needs=needs)


def item_resource(question: Question, asked: Asked) -> Element:
    """An item with what lists of questions show of it: words, chapter, level and terms."""
    keywords = (page_title(question.chapter), question.level, *question.terms)
    general = [named("title", short_title(question)), *(named("keyword", w) for w in keywords)]
    facts = {
        "timeDependent": "false",
        "interactionType": asked.interaction,
        "feedbackType": "nonadaptive",
        "solutionAvailable": "true",
    }
    metadata = made(
        "metadata",
        [
            made("imsmd:lom", [made("imsmd:general", general)]),
            made("imsqti:qtiMetadata", [made(f"imsqti:{tag}", say) for tag, say in facts.items()]),
        ],
    )
    return resource(
        item_name(question),
        "imsqti_item_xmlv2p1",
        item_place(question),
        [metadata],
        [f"image-{name}" for name in asked.images],
    )
