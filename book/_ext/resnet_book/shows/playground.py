"""The directive ``playground``: a plain and a residual network train side by side in the page.

    ```{playground}
    ```

The digits are written as a script when the build begins, because a page that was opened as a file
may load scripts and nothing else. A page with the playground loads its scripts and style; other
pages do not. A second playground on a page has elements and an address of its own.
"""

import base64
import json
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from docutils import nodes
from sphinx.application import Sphinx

from resnet_book.base import Directive, link_where
from utils.chapters.playground import notebook, words
from utils.facts import playground as facts
from utils.files.whole import write_text
from utils.miniatures import playground

FOLDER = "playground"
DIGITS = "digits.js"
SHOWN = 6
"""Test images whose answers are shown, each of another digit."""
SCRIPTS = (
    "kernels", "random", "layers", "engine", "session", "runner", "digits", "settings", "words",
    "curves", "strips", "answers", "training", "experiments", "export", "saved", "page",
)  # fmt: skip
WORDS = {
    "blocks": "number of blocks",
    "width": "width",
    "normalisation": "normalisation",
    "start": "start",
    "rate": "learning rate",
    "momentum": "momentum",
    "seed": "seed",
}
STILL = "The recorded curves further down show what ten seeds of each setting did."


def shown_places(labels: np.ndarray) -> list[int]:
    """Places of the first test images of six digits, each another, from labels int (N,)."""
    first = sorted(int(np.flatnonzero(labels == digit)[0]) for digit in np.unique(labels))
    return first[:SHOWN]


def packed(values: np.ndarray) -> str:
    """Bytes in base64, from whole numbers 0 to 255 of any shape."""
    return base64.b64encode(values.astype(np.uint8).tobytes()).decode()


def digits_script() -> str:
    """A script that gives the page the digits."""
    have = playground.digits()
    data = {
        "train": packed(have.train_images),
        "trainLabels": packed(have.train_labels),
        "test": packed(have.test_images),
        "testLabels": packed(have.test_labels),
        "mean": have.mean,
        "sd": have.sd,
        "shown": shown_places(have.test_labels),
    }
    return f"/* scikit-learn's digits, 8 x 8. */\nwindow.ResNetPlayDigits = {json.dumps(data)};\n"


def choices() -> dict[str, list]:
    """Each setting's values: pairs of value and words, or the ends of a range of whole numbers."""

    def same(values: tuple) -> list:
        return [(value, f"{value:g}") for value in values]

    return {
        "blocks": [1, playground.MOST_BLOCKS],
        "width": same(playground.WIDTHS),
        "normalisation": [*playground.NORMALISATIONS.items()],
        "start": [*playground.STARTS.items()],
        "rate": same(playground.RATES),
        "momentum": same(playground.MOMENTA),
        "seed": [0, playground.LAST_SEED],
    }


def experiments() -> list[dict[str, Any]]:
    """The experiments as the script needs them, settings with the seed 0."""
    return [
        {
            **experiment.model_dump(exclude={"settings", "recorded"}),
            "settings": [vars(one) for one in experiment.trained(0)],
        }
        for experiment in facts.load_experiments().values()
    ]


def page_data(static: str) -> str:
    """What the script has to know, as JSON; ``static`` leads from the page to the static files."""
    data = {
        "worker": f"{static}{FOLDER}/worker.js",
        "defaults": vars(playground.Settings()),
        "choices": {**choices(), "words": WORDS},
        "experiments": experiments(),
        "recorded": words.recorded(),
        "notebook": notebook.template(),
    }
    return json.dumps(data).replace("<", "\\u003c")


def as_in_the_page(value: str | float) -> str:
    """A setting's value as JavaScript writes it: 1.0 is "1" there."""
    return value if isinstance(value, str) else f"{value:g}"


def select(name: str, key: str) -> str:
    """A control that offers the values of a setting."""
    now = getattr(playground.Settings(), name)
    options = "".join(
        f'<option value="{as_in_the_page(value)}"{" selected" if value == now else ""}>'
        f"{escape(label)}</option>"
        for value, label in choices()[name]
    )
    return (
        f'<div class="play-control"><label for="{key}-{name}">{WORDS[name].capitalize()}</label>'
        f'<select id="{key}-{name}" data-setting="{name}">{options}</select></div>'
    )


def controls(key: str) -> str:
    """Three controls, and the others folded."""
    least, most = choices()["blocks"]
    now, (first, last) = playground.Settings(), choices()["seed"]
    return f"""<div class="play-controls">
<div class="play-control play-blocks"><label for="{key}-blocks">Blocks</label>
<output for="{key}-blocks">{now.blocks}</output>
<input type="range" id="{key}-blocks" data-setting="blocks" min="{least}" max="{most}"
value="{now.blocks}" autocomplete="off"></div>
{select("normalisation", key)}
{select("rate", key)}
</div>
<details class="play-more"><summary>More settings</summary>
<div class="play-controls">
{select("width", key)}
{select("start", key)}
{select("momentum", key)}
<div class="play-control"><label for="{key}-seed">Seed</label>
<span class="play-seed"><input type="number" id="{key}-seed" data-setting="seed" min="{first}"
max="{last}" step="1" value="{now.seed}" autocomplete="off">
<button type="button" data-do="seed">Next seed</button></span></div>
</div></details>"""


NUMBERS = """<details class="play-table"><summary>The strips as a table</summary>
<div class="play-scroll"><table><thead>
<tr><th scope="col" rowspan="2">block</th><th scope="colgroup" colspan="2">plain</th>
<th scope="colgroup" colspan="2">residual</th></tr>
<tr><th scope="col">gradient</th><th scope="col">response</th>
<th scope="col">gradient</th><th scope="col">response</th></tr></thead><tbody></tbody></table></div>
</details>"""

CURVES = """<figure class="play-figure"><div class="play-curves" role="img"
aria-label="Errors of both networks against steps. The sentence above says what is to be seen."><svg
aria-hidden="true"></svg></div>
<figcaption><span class="play-key play-solid"></span> error on 360 training images
<span class="play-key play-dashed"></span> error on all test images</figcaption></figure>"""


def markup(static: str, key: str = "play") -> str:
    """The playground as it is before its script runs.

    Args:
        static: leads from the page to the static files.
        key: name in the page's address and beginning of every id.
    """
    label = f"Residual playground {key.removeprefix('play')}".strip()
    return f"""<section class="play" id="{key}" data-play="{key}" aria-label="{label}">
<div class="play-without"><p>The playground needs JavaScript. {STILL}</p></div>
<p class="play-trouble" role="alert"></p>
<div class="play-bench" hidden>
{controls(key)}
<p class="play-buttons"><button type="button" data-do="train" class="play-go">Train</button>
<button type="button" data-do="step">One step</button>
<button type="button" data-do="fast" aria-pressed="false">Fast</button>
<button type="button" data-do="reset">Reset</button>
<span class="play-count">step <b>0</b></span></p>
<p class="play-status" aria-hidden="true"></p>
<p class="play-spoken" role="status"></p>
<p class="play-paper"></p>
<div class="play-seen">
{CURVES}
<div><h3 class="play-title">Six test images</h3><ol class="play-digits"></ol></div>
</div>
<h3 class="play-title">Gradient and response of each block</h3>
<div class="play-strips"></div>
{NUMBERS}
<p class="play-export" hidden><button type="button" data-export="json">Save the run (JSON)</button>
<button type="button" data-export="picture">Save the curves (SVG)</button>
<button type="button" data-export="notebook">Save as a notebook</button></p>
<p class="play-saved" role="status"></p>
<div class="play-experiments"><h3 class="play-title">Six experiments</h3>
<div class="play-list"></div><div class="play-experiment"></div></div>
</div>
<script type="application/json" class="play-data">{page_data(static)}</script>
</section>"""


class Playground(Directive):
    """The playground."""

    reads = (facts, playground, words, notebook)

    def show(self) -> list[nodes.Node]:
        number = self.env.new_serialno("playground")
        static = "../" * self.env.docname.count("/") + "_static/"
        return [self.html(markup(static, f"play{number + 1 if number else ''}"))]


def store(app: Sphinx) -> None:
    """Write the digits where pages look for them."""
    if app.builder.format != "html":
        return
    target = Path(app.outdir) / "_static" / FOLDER / DIGITS
    write_text(target, digits_script())


def setup(app: Sphinx) -> None:
    """Register the directive and the files of its page."""
    app.add_directive("playground", Playground)
    app.connect("builder-inited", store)
    scripts = [f"{FOLDER}/{name}.js" for name in SCRIPTS]
    link_where(app, 'class="play"', f"{FOLDER}/playground.css", *scripts)
