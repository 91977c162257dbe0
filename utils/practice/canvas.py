"""The question bank for Canvas: a package of QTI 1.2 in the dialect that Canvas imports.

Answers "how do I take the questions into my course in Canvas?". Comes in: questions. Goes out: a
ZIP with a question bank for each chapter and level, the drawings, and a quiz that draws one
question from each bank. :mod:`utils.practice.canvas_items` makes the single items.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from xml.etree.ElementTree import Element

from utils.facts.edition import load_edition
from utils.files.packed import pack_contents
from utils.files.whole import atomic_write
from utils.practice.anki import NAME
from utils.practice.canvas_items import IMAGES, field, images_of, item
from utils.practice.exported import Group, document, grouped, made, picture
from utils.practice.kinds import Question
from utils.practice.markdown import page_title

MANIFEST, BANKS, QUIZ = "imsmanifest.xml", "banks", "quiz"
NAMESPACE = "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"
SCHEMA = f"{NAMESPACE} http://www.imsglobal.org/xsd/ims_qtiasiv1p2p1.xsd"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
PACKAGING = "http://www.imsglobal.org/xsd/imsccv1p1/imscp_v1p1"
METADATA = "http://www.imsglobal.org/xsd/imsmd_v1p2"
QUIZ_KIND = "imsqti_xmlv1p2"
BANK_KIND = f"{QUIZ_KIND}/imscc_xmlv1p1/question-bank"
"""Kinds of resource by which Canvas's New Quizzes tell a quiz from a bank; its older quizzes read
both from the files themselves."""


def write_canvas(questions: Iterable[Question], path: Path, site: str, title: str = NAME) -> int:
    """Write questions as a package for Canvas, and return how many.

    Args:
        questions: without the cards.
        path: file to write, ``.zip``.
        site: where the book is published, without a slash at the end.
        title: stands in front of the name of each bank, and is the name of the quiz.

    Raises:
        CanvasError: a question has no form in Canvas.
    """
    groups = grouped(questions)
    contents: dict[str, bytes] = {MANIFEST: b""}
    resources = []
    for group in groups:
        place = f"{BANKS}/{bank_name(group)}.xml"
        contents[place] = document(interchange(bank(group, site, title)))
        resources.append(resource(bank_name(group), BANK_KIND, place))
    contents[f"{QUIZ}.xml"] = document(interchange(quiz(groups, title)))
    resources.append(resource(QUIZ, QUIZ_KIND, f"{QUIZ}.xml"))
    asked = [question for group in groups for question in group.questions]
    for name in sorted({name for question in asked for name in images_of(question)}):
        contents[f"{IMAGES}/{name}.svg"] = picture(name).content
        resources.append(resource(f"image-{name}", "webcontent", f"{IMAGES}/{name}.svg"))
    contents[MANIFEST] = document(manifest_of(title, resources))
    with atomic_write(path, "wb") as file:
        pack_contents(contents, file, load_edition().released)
    return len(asked)


def interchange(inside: Element) -> Element:
    """A bank or a quiz as the first element of a file."""
    return made(
        "questestinterop",
        [inside],
        **{"xmlns": NAMESPACE, "xmlns:xsi": INSTANCE, "xsi:schemaLocation": SCHEMA},
    )


def bank_name(group: Group) -> str:
    """The identity of a bank."""
    return f"bank-{re.sub(r'[^a-z0-9]+', '-', group.chapter)}-{group.level}"


def bank(group: Group, site: str, title: str) -> Element:
    """The questions of one chapter and level, which Canvas keeps as a question bank."""
    named = field("bank_title", f"{title}: {page_title(group.chapter)} ({group.level})")
    items = [item(question, site) for question in group.questions]
    return made("objectbank", [made("qtimetadata", [named]), *items], ident=bank_name(group))


def quiz(groups: list[Group], title: str) -> Element:
    """A quiz that draws one question from each bank, anew for each learner."""
    drawn = [draw(group) for group in groups]
    root = made("section", drawn, ident="root_section")
    return made("assessment", [root], ident=QUIZ, title=f"{title}: one question from each bank")


def draw(group: Group) -> Element:
    """A place of the quiz that a question of a bank fills."""
    points = made("selection_extension", [made("points_per_item", "1.0")])
    chosen = [made("sourcebank_ref", bank_name(group)), made("selection_number", "1"), points]
    selection = made("selection_ordering", [made("selection", chosen)])
    name = f"{page_title(group.chapter)} ({group.level})"
    return made("section", [selection], ident=f"draw-{bank_name(group)}", title=name)


def manifest_of(title: str, resources: list[Element]) -> Element:
    """The list of all that the package holds."""
    general = made("imsmd:general", [made("imsmd:title", [made("imsmd:string", title)])])
    return made(
        "manifest",
        [
            made(
                "metadata",
                [
                    made("schema", "IMS Content"),
                    made("schemaversion", "1.1.3"),
                    made("imsmd:lom", [general]),
                ],
            ),
            made("organizations"),
            made("resources", resources),
        ],
        **{"xmlns": PACKAGING, "xmlns:imsmd": METADATA, "identifier": "manifest"},
    )


def resource(name: str, kind: str, place: str) -> Element:
    """A file of the package."""
    return made("resource", [made("file", href=place)], identifier=name, type=kind, href=place)
