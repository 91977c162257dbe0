"""The directive ``moodle-quiz``: a link to the whole question bank as a file for Moodle.

    ```{moodle-quiz}
    ```

The file is written when the page is read, and lies in the output at :data:`QUIZ`.
"""

import math
import shutil
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

from resnet_book.base import Directive, when_built
from resnet_book.pages.meta import site_address
from utils.practice import bank as questions
from utils.practice import moodle
from utils.practice.kinds import Question

QUIZ = "downloads/resnet-measured-moodle.xml"


def stored_quiz(app: Sphinx) -> Path:
    """Where the file waits for the end of the build."""
    return Path(app.doctreedir) / Path(QUIZ).name


class MoodleQuiz(Directive):
    """A link with the number of questions and the size."""

    reads = (questions, moodle)
    stops = True

    def show(self) -> list[nodes.Node]:
        asked = [one for one in questions.load_bank() if isinstance(one, Question)]
        path = stored_quiz(self.env.app)
        count = moodle.write_quiz(asked, path, site_address(self.env.app))
        size = math.ceil(path.stat().st_size / 1000)
        return [
            self.html(
                f'<p class="q-moodle"><a class="reference download" href="../{QUIZ}" download>'
                f"All questions for Moodle</a> ({count} questions, {size:,} KB)</p>"
            )
        ]


def publish_quiz(app: Sphinx, out: Path) -> None:
    """Copy the file into the output."""
    if stored_quiz(app).is_file():
        target = out / QUIZ
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(stored_quiz(app), target)


def setup(app: Sphinx) -> None:
    app.add_directive("moodle-quiz", MoodleQuiz)
    when_built(app, publish_quiz)
