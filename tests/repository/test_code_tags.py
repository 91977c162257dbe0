"""Code on a page keeps its text and its colours, with fewer tags."""

from bs4 import BeautifulSoup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from pygments.styles import get_style_by_name
from pygments.token import STANDARD_TYPES, Text
from resnet_book.pages.code import STYLES, FewTags, looks_like_text

CODE = 'class A(nn.Module):\n    """Adds."""\n\n    y = f"{x:.2f}" + str(3)  # why\n'


def formatted(formatter: type[HtmlFormatter]) -> BeautifulSoup:
    return BeautifulSoup(highlight(CODE, PythonLexer(), formatter()), "html.parser")


def test_the_text_is_the_same_and_what_has_a_colour_keeps_its_class():
    usual, few = formatted(HtmlFormatter), formatted(FewTags)
    assert few.get_text() == usual.get_text()
    names = {kind for kind in STANDARD_TYPES if looks_like_text(kind)}
    classes = {STANDARD_TYPES[kind] for kind in names}
    coloured = [
        (span["class"], span.get_text())
        for span in usual.select("span[class]")
        if not classes.intersection(span["class"]) and span.get_text() != "."
    ]
    kept = [(span["class"], span.get_text()) for span in few.select("span[class]")]
    assert kept == coloured and len(kept) < len(usual.select("span")) / 1.5


def test_what_loses_its_tag_has_no_look_of_its_own():
    plain = {kind for kind in STANDARD_TYPES if looks_like_text(kind)}
    assert {"n", "p", "w"} <= {STANDARD_TYPES[kind] for kind in plain}
    for style in map(get_style_by_name, STYLES):
        assert all(style.style_for_token(k) == style.style_for_token(Text) for k in plain)
