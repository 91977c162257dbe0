"""The directive ``lesion-lab``: ResNet-20 in the reader's browser, with a switch on every block.

    ```{lesion-lab}
    ```

The network's ONNX file, the little pictures and the compressed engine are written when the build
begins, into ``_static/lesion-lab``. A page with the lab loads its script and style; engine and
network come when the reader asks for them. A page that was opened from a file takes one script
that holds both.
"""

import base64
import gzip
import json
import shutil
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from resnet_book import ROOT
from resnet_book.base import Directive, link_where, when_built
from resnet_book.lab_script import alone
from utils.chapters import lesion_lab
from utils.facts import lab_pictures
from utils.files.records import ResultError
from utils.probes import onnx_export
from utils.record.weights import WeightsError

FOLDER = "lesion-lab"
ENGINE = ROOT / "book" / "_static" / "vendor" / "onnxruntime-web"
BINARY = "ort-wasm-simd-threaded.wasm"
SCRIPTS = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs")
NETWORK = f"{lesion_lab.MODEL}.onnx"
ALONE = "lab-files.js"
"""Engine and network for a page that was opened from a file."""


def store(folder: Path) -> None:
    """Write what the lab loads: network, compressed engine, pictures.

    The engine's binary is published compressed, because not every host compresses WebAssembly.

    Raises:
        ExtensionError: the engine or the published weights are absent or damaged.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        trained = lesion_lab.trained()
        graph = onnx_export.gated_graph(trained.net, trained.normaliser)
        engine = (ENGINE / BINARY).read_bytes()
        missing = [name for name in SCRIPTS if not (ENGINE / name).is_file()]
    except (OSError, ValueError, WeightsError, ResultError) as problem:
        raise ExtensionError(f"the lesion lab cannot be made: {problem}") from problem
    if missing:
        raise ExtensionError(f"{ENGINE} lacks {', '.join(missing)}; restore it with git")
    (folder / NETWORK).write_bytes(graph.SerializeToString())
    packed = folder / f"{BINARY}.gz"
    if not packed.is_file() or packed.stat().st_mtime < (ENGINE / BINARY).stat().st_mtime:
        packed.write_bytes(gzip.compress(engine, 9, mtime=0))
    modules = [(ENGINE / name).read_text(encoding="utf-8") for name in SCRIPTS]
    script = alone(*modules, packed.read_bytes(), (folder / NETWORK).read_bytes())
    (folder / ALONE).write_text(script, encoding="utf-8")
    for name, picture in lab_pictures.pictures().items():
        (folder / f"{name}.png").write_bytes(lab_pictures.to_png(lab_pictures.paint(picture)))


def stored(app: Sphinx) -> Path:
    """Where the files wait for pages and output."""
    return Path(app.doctreedir) / FOLDER


def load_bytes(folder: Path) -> int:
    """What a reader's browser has to fetch before the lab works."""
    files = [folder / NETWORK, folder / f"{BINARY}.gz", *(ENGINE / name for name in SCRIPTS)]
    return sum(path.stat().st_size for path in files)


def lab_data(folder: Path, static: str) -> dict[str, Any]:
    """What the script has to know; ``static`` leads from the page to the static files."""
    return {
        "classes": lesion_lab.CLASSES,
        "blocks": [vars(block) for block in lesion_lab.block_places()],
        "pictures": {
            name: {
                "drawn": picture.drawn,
                "pixels": base64.b64encode(lab_pictures.paint(picture).tobytes()).decode(),
            }
            for name, picture in lab_pictures.pictures().items()
        },
        "bytes": load_bytes(folder),
        "engine": f"{static}vendor/onnxruntime-web/{SCRIPTS[0]}",
        "binary": f"{static}{FOLDER}/{BINARY}.gz",
        "network": f"{static}{FOLDER}/{NETWORK}",
        "alone": f"{static}{FOLDER}/{ALONE}",
    }


def picture_choices(static: str) -> str:
    """Radio buttons with the little pictures."""
    choices = []
    for number, (name, picture) in enumerate(lab_pictures.pictures().items()):
        checked = " checked" if number == 0 else ""
        choices.append(
            f'<label class="lab-picture"><input type="radio" name="lab-picture" value="{name}"'
            f'{checked}><img src="{static}{FOLDER}/{name}.png" width="32" height="32" '
            f'alt="{escape(picture.alt)}"><span>{escape(picture.drawn)}</span></label>'
        )
    return "\n".join(choices)


def still_pictures(static: str) -> str:
    """The pictures for readers without the lab."""
    items = [
        f'<li><img src="{static}{FOLDER}/{name}.png" width="32" height="32" '
        f'alt="{escape(picture.alt)}, 32 by 32 pixels">{escape(name)}</li>'
        for name, picture in lab_pictures.pictures().items()
    ]
    return f'<ul class="lab-stills">{"".join(items)}</ul>'


def switches() -> str:
    """A checkbox for every block, grouped by stage."""
    places = lesion_lab.block_places()
    groups = []
    for stage in sorted({block.stage for block in places}):
        own = [block for block in places if block.stage == stage]
        boxes = "".join(
            f'<label class="lab-switch"><input type="checkbox" data-block="{block.number}" checked>'
            f"<span>Block {block.number}</span>"
            f"{' <small>shape changes</small>' if block.first else ''}</label>"
            for block in own
        )
        groups.append(
            f'<fieldset class="lab-stage"><legend>Stage {stage} <small>{own[0].channels} channels, '
            f"{own[0].size} × {own[0].size}</small></legend>"
            f'<div class="lab-boxes">{boxes}</div>'
            f'<button type="button" data-stage="{stage}">All of stage {stage} off</button>'
            "</fieldset>"
        )
    return "\n".join(groups)


def bars() -> str:
    """One row for every class."""
    rows = "".join(
        f'<tr><th scope="row">{name}</th>'
        '<td class="lab-bar" aria-hidden="true"><span><i></i><b></b></span></td>'
        '<td class="lab-now"></td><td class="lab-intact"></td></tr>'
        for name in lesion_lab.CLASSES
    )
    return (
        '<table class="lab-bars"><caption>Probability that the network gives to each class. The '
        "mark on a bar shows the probability that the intact network gives.</caption>"
        '<thead><tr><th scope="col">class</th><td aria-hidden="true"></td>'
        '<th scope="col">now</th><th scope="col">intact</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def maps() -> str:
    """Places for the activations after the stem and after each block."""
    places = [("Stem", "stem", 32)]
    places += [
        (f"Block {block.number}", f"block{block.number}", block.size)
        for block in lesion_lab.block_places()
    ]
    items = "".join(
        f'<li data-map="{name}"><span class="lab-place">{label}</span><span class="lab-canvases" '
        f'aria-hidden="true">{f"<canvas width={size} height={size}></canvas>" * 4}</span>'
        '<span class="lab-mean"></span></li>'
        for label, name, size in places
    )
    return f'<ol class="lab-maps">{items}</ol>'


def markup(folder: Path, static: str) -> str:
    """The lab as it stands before its script runs."""
    size = f"{load_bytes(folder) / 1e6:.1f} MB"
    data = json.dumps(lab_data(folder, static)).replace("<", "\\u003c")
    return f"""<section class="lab" id="lab" aria-label="Lesion lab">
<div class="lab-without">
<p>The lab needs JavaScript. Where it cannot run, the table
<a href="#what-each-lesion-does">further down</a> shows its results for the six drawings that come
with it.</p>
{still_pictures(static)}
</div>
<div class="lab-start" hidden>
<p>The network has not been loaded yet.
<span class="lab-asked"></span></p>
<button type="button" class="lab-load">Load the network ({size})</button>
<progress max="1" value="0" aria-label="Loaded" hidden></progress>
</div>
<p class="lab-trouble" role="alert"></p>
<div class="lab-bench" hidden>
<div class="lab-inputs">
<fieldset class="lab-pictures"><legend>Picture</legend>
<div class="lab-choices">{picture_choices(static)}</div>
<label class="lab-own">Your own picture <input type="file" accept="image/*"></label>
<p class="lab-about">Your picture stays in this browser.</p>
</fieldset>
<figure class="lab-seen"><div role="img" aria-label="The picture as the network sees it">
<canvas width="32" height="32"></canvas></div>
<figcaption>What the network sees: 32 × 32 pixels</figcaption></figure>
</div>
<div class="lab-switches">{switches()}</div>
<p class="lab-buttons"><button type="button" class="lab-all">All on</button>
<button type="button" class="lab-random">Random lesion</button></p>
<p class="lab-finding" role="status"></p>
{bars()}
<details class="lab-inside"><summary>Look inside: activations after each block</summary>
<p class="lab-about">In each row, the first map is the mean over all channels, and the other three
maps are channels 1 to 3. Dark means zero. The brightest shade stands for the highest
value that this map has in the intact network. If the damaged network has higher values, they get
the same shade.</p>
{maps()}
</details>
<p class="lab-about">One pass through the network took <output class="lab-time">–</output> in this
browser.</p>
</div>
<script type="application/json" class="lab-data">{data}</script>
</section>"""


class LesionLab(Directive):
    """The lab."""

    reads = (lesion_lab, lab_pictures, onnx_export, ENGINE)

    def show(self) -> list[nodes.Node]:
        static = "../" * self.env.docname.count("/") + "_static/"
        return [self.html(markup(stored(self.env.app), static))]


def prepare(app: Sphinx) -> None:
    """Write the files before pages are read."""
    store(stored(app))
    if app.builder.format == "html":
        target = Path(app.outdir) / "_static" / FOLDER
        shutil.copytree(stored(app), target, dirs_exist_ok=True)


def drop_unpacked(app: Sphinx, out: Path) -> None:
    """Of the engine's binary, publish the compressed copy alone."""
    (out / "_static" / "vendor" / "onnxruntime-web" / BINARY).unlink(missing_ok=True)


def setup(app: Sphinx) -> None:
    app.add_directive("lesion-lab", LesionLab)
    app.connect("builder-inited", prepare)
    link_where(app, 'class="lab"', "lab/lab.css", "lab/pixels.js", "lab/lab.js")
    when_built(app, drop_unpacked)
