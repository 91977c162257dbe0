"""Ids are unique on every page, and a drawing's references lead into the drawing itself."""

from bs4 import BeautifulSoup
from own_references import references
from resnet_book.pages.own_ids import own, without_bare_groups

from utils.display.figures import COLOURS, figure
from utils.display.published import to_svg


def drawn():
    """A figure with a clip and with markers, as Matplotlib writes it."""
    made, (axes,) = figure()
    axes.plot([0, 1, 2], [0, 2, 1], "o", color=COLOURS["plain"])
    return to_svg(made)


def test_one_figure_drawn_twice_shares_no_id():
    first, second = (BeautifulSoup(own(drawn(), f"{n}-"), "html.parser") for n in (1, 2))
    ids = [{tag["id"] for tag in soup.find_all(id=True)} for soup in (first, second)]
    assert ids[0] and not ids[0] & ids[1]
    for soup, own_ids in zip((first, second), ids, strict=True):
        assert set(references(soup)) == own_ids


def test_a_drawing_loses_nothing_but_names():
    before, after = (BeautifulSoup(text, "html.parser") for text in (drawn(), own(drawn(), "x-")))
    assert [tag.name for tag in before.find_all(True)] == [tag.name for tag in after.find_all(True)]
    assert len(list(references(before))) == len(list(references(after)))
    assert before.get_text() == after.get_text()


def test_a_group_without_attributes_goes_and_what_it_holds_stays():
    drawing = '<svg><g ><g style="fill: red"><g>\n<path d="M 0 0"/>\n</g></g><g /></g></svg>'
    left = without_bare_groups(drawing)
    assert left.replace("\n", "") == '<svg><g style="fill: red"><path d="M 0 0"/></g></svg>'
    texts = (drawn(), without_bare_groups(own(drawn(), "x-")))
    before, after = (BeautifulSoup(text, "html.parser") for text in texts)
    assert all(group.attrs for group in after.find_all("g"))
    names = [tag.name for tag in before.find_all(True) if tag.name != "g"]
    assert [tag.name for tag in after.find_all(True) if tag.name != "g"] == names
