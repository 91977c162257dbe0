"""The directive ``bank-file``: a link to the whole question bank as a file for another system.

    ```{bank-file} canvas
    ```

The argument is a name of :data:`FORMATS`. The file is written when the page is read.
"""

from collections.abc import Callable
from typing import NamedTuple

from docutils import nodes
from sphinx.application import Sphinx

from resnet_book.base import Directive, Download, when_built
from resnet_book.pages.meta import site_address
from utils.practice import bank as questions
from utils.practice import canvas, moodle, qti
from utils.practice.kinds import Question

PAGE = "book/teachers"


class Format(NamedTuple):
    """A format of the bank.

    Attributes:
        words: of the link.
        write: writes questions to a path, for a site, and returns how many it wrote.
        file: what readers get.
    """

    words: str
    write: Callable[..., int]
    file: Download


def bank_file(name: str, key: str) -> Download:
    """A file that the teachers' page makes."""
    return Download(f"resnet-measured-{name}", PAGE, f"q-{key}")


FORMATS = {
    "moodle": Format(
        "All questions for Moodle", moodle.write_quiz, bank_file("moodle.xml", "moodle")
    ),
    "canvas": Format(
        "All questions for Canvas", canvas.write_canvas, bank_file("canvas.zip", "canvas")
    ),
    "qti": Format("All questions as QTI 2.1", qti.write_qti, bank_file("qti-2.1.zip", "qti")),
}


class BankFile(Directive):
    """A link with the size, and with the number of questions that the format could take."""

    reads = (questions, moodle, canvas, qti)
    required_arguments = 1
    stops = True

    def show(self) -> list[nodes.Node]:
        key = self.arguments[0]
        self.known("format of the bank", key, FORMATS)
        one, app = FORMATS[key], self.env.app
        asked = [question for question in questions.load_bank() if isinstance(question, Question)]
        written = one.write(asked, one.file.waiting(app), site_address(app))
        count = f"{written} of {len(asked)} questions"
        return [self.html(one.file.link(app, one.words, count))]


def setup(app: Sphinx) -> None:
    app.add_directive("bank-file", BankFile)
    for one in FORMATS.values():
        when_built(app, one.file.publish)
