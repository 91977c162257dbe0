"""Code on a page keeps its text and its colours, with fewer tags."""

import pytest
from bs4 import BeautifulSoup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from pygments.styles import get_style_by_name
from pygments.token import STANDARD_TYPES, Keyword, Number, Text
from resnet_book.pages.code import STYLES, FewTags, joined, look, looks_like_text

CODE = 'class A(nn.Module):\n    """Adds."""\n\n    y = f"{x:.2f}" + str(3)  # why\n'


def formatted(formatter: type[HtmlFormatter]) -> BeautifulSoup:
    return BeautifulSoup(highlight(CODE, PythonLexer(), formatter()), "html.parser")


def looks(page: BeautifulSoup) -> list[tuple[str, str]]:
    """Each letter with what the styles make of it; nobody sees the look of a blank or a dot."""
    kinds = {name: kind for kind, name in STANDARD_TYPES.items()}
    found = []
    for text in page.find("pre").find_all(string=True):
        names = text.parent.get("class") if text.parent.name == "span" else None
        kind = kinds[names[0]] if names else Text
        found += [(letter, look(kind)) for letter in text if letter not in " .\n"]
    return found


def test_each_letter_keeps_its_look_with_fewer_tags():
    usual, few = formatted(HtmlFormatter), formatted(FewTags)
    assert few.get_text() == usual.get_text()
    assert looks(few) == looks(usual)
    assert len(few.select("span")) < len(usual.select("span")) / 1.7


@pytest.mark.parametrize(
    ("tokens", "whole"),
    [
        ([(Number, "1"), (Number.Float, "2")], [(Number, "12")]),
        ([(Number, "1"), (Text, " "), (Number, "2")], [(Number, "1 2")]),
        ([(Number, "1"), (Text, " "), (Keyword, "if")], 3),
        ([(Number, "1"), (Text, "\n"), (Number, "2")], 3),
        ([(Number, "1"), (Text, " "), (Text, " ")], 3),
        ([(Text, " ")], 1),
        ([], 0),
    ],
)
def test_neighbours_of_one_look_have_one_tag(tokens, whole):
    assert list(joined(tokens)) == (tokens if isinstance(whole, int) else whole)


def test_an_empty_first_line_is_not_lost_in_a_browser():
    code = highlight("\nx\n", PythonLexer(stripnl=False), FewTags())
    assert "<pre><span></span>\nx" in code
    assert "<pre>x" in highlight("x\n", PythonLexer(), FewTags())


def test_what_loses_its_tag_has_no_look_of_its_own():
    plain = {kind for kind in STANDARD_TYPES if looks_like_text(kind)}
    assert {"n", "p", "w"} <= {STANDARD_TYPES[kind] for kind in plain}
    for style in map(get_style_by_name, STYLES):
        assert all(style.style_for_token(k) == style.style_for_token(Text) for k in plain)
