"""What refers to an id within a picture."""

import re

REFERENCE = re.compile(r"url\(#([^)]+)\)")


def references(drawing):
    """The ids that an SVG's clips, markers and copies point at."""
    for tag in drawing.find_all(True):
        for value in map(str, tag.attrs.values()):
            yield from REFERENCE.findall(value)
        for name in ("href", "xlink:href"):
            if str(tag.get(name, "")).startswith("#") and tag.name == "use":
                yield tag[name][1:]
