"""The directive ``moodle-quiz``: a link to the whole question bank as a file for Moodle.

    ```{moodle-quiz}
    ```

The file is written when the page is read.
"""

from docutils import nodes
from sphinx.application import Sphinx

from resnet_book.base import Directive, Download, when_built
from resnet_book.pages.meta import site_address
from utils.practice import bank as questions
from utils.practice import moodle
from utils.practice.kinds import Question

QUIZ = Download("resnet-measured-moodle.xml", "book/teachers", "q-moodle")


class MoodleQuiz(Directive):
    """A link with the number of questions and the size."""

    reads = (questions, moodle)
    stops = True

    def show(self) -> list[nodes.Node]:
        app = self.env.app
        asked = [one for one in questions.load_bank() if isinstance(one, Question)]
        moodle.write_quiz(asked, QUIZ.waiting(app), site_address(app))
        return [self.html(QUIZ.link(app, "All questions for Moodle", f"{len(asked)} questions"))]


def setup(app: Sphinx) -> None:
    app.add_directive("moodle-quiz", MoodleQuiz)
    when_built(app, QUIZ.publish)
