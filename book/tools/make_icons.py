"""Write ``book/_static/pages/icons.css``, the icons of the site as CSS masks.

The theme ships all of Font Awesome, 1.5 MB of script and 300 KB of fonts. The pages use the few
icons listed here, so their outlines are copied from the npm package
``@fortawesome/fontawesome-free`` into one small style sheet::

    npm install @fortawesome/fontawesome-free@6
    python book/tools/make_icons.py node_modules/@fortawesome/fontawesome-free
"""

import re
import sys
from pathlib import Path
from urllib.parse import quote

TARGET = Path(__file__).parents[1] / "_static" / "pages" / "icons.css"

ICONS = {
    "solid": [
        "angle-left",
        "angle-right",
        "arrow-up",
        "arrow-up-right-from-square",
        "bars",
        "bell",
        "chevron-down",
        "circle-exclamation",
        "circle-half-stroke",
        "circle-info",
        "circle-xmark",
        "download",
        "lightbulb",
        "list",
        "magnifying-glass",
        "magnifying-glass-minus",
        "moon",
        "pencil",
        "share",
        "sun",
        "triangle-exclamation",
    ],
    "brands": ["github"],
}

HEADER = """\
/* Written by book/tools/make_icons.py; do not edit.
 *
 * Icon outlines: Font Awesome Free {version}, https://fontawesome.com,
 * copyright Fonticons, Inc., licensed CC BY 4.0
 * (https://creativecommons.org/licenses/by/4.0/). Changed: turned into CSS masks.
 */
"""

RULES = """\
.fa-solid, .fa-brands, .fas, .fab {
  display: inline-block;
  width: 1em;
  height: 1em;
  vertical-align: -0.125em;
  background-color: currentColor;
  -webkit-mask: var(--icon) center / contain no-repeat;
  mask: var(--icon) center / contain no-repeat;
}

.fa-lg { font-size: 1.15em; }
"""


def outline(svg: str) -> str:
    """Return the SVG without its comment, as a CSS data address."""
    return f'url("data:image/svg+xml,{quote(re.sub(r"<!--.*?-->", "", svg), safe=" /:=")}")'


def style_sheet(package: Path) -> str:
    """Return the whole style sheet for the icons of ``ICONS``."""
    version = re.search(
        r'"version": "([^"]+)"', (package / "package.json").read_text(encoding="utf-8")
    )[1]
    names = [(style, name) for style, group in ICONS.items() for name in group]
    variables = [
        f"  --icon-{name}: {outline(svg.read_text(encoding='utf-8'))};"
        for style, name in names
        for svg in [package / "svgs" / style / f"{name}.svg"]
    ]
    classes = [f".fa-{name} {{ --icon: var(--icon-{name}); }}" for _, name in names]
    head = HEADER.format(version=version)
    return "\n".join([head, ":root {", *variables, "}", "", RULES, *classes, ""])


if __name__ == "__main__":
    TARGET.write_text(style_sheet(Path(sys.argv[1])), encoding="utf-8")
