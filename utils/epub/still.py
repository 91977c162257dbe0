"""What stays of a page when nothing on it can be operated.

Controls, scripts and hidden parts go. A figure to touch becomes its still picture with the address
of the live one; so does a page that consists of such things.
"""

from bs4 import Tag

from utils.display.elements import SCREEN_ONLY, classes, new_tag, without_runs

OPERATED = {
    "button", "canvas", "datalist", "link", "meta", "nav", "progress", "script", "style",
    "template",
}  # fmt: skip
LEFT_OUT = {
    *SCREEN_ONLY, "q-deck", "ex-controls", "lab-start", "lab-trouble", "lab-bench", "play-without",
    "play-trouble", "play-bench",
}  # fmt: skip
"""Classes of what only a script fills, shows or listens to."""
LIVE = ".lab, .play, .q-set[data-mode=exam], .q-deck, .fc-study, .q-short"
"""What makes a page one that should be operated."""
SEVERAL = 1


def still(article: Tag, address: str) -> None:
    """Leave out what can only be operated, and say where it can be.

    Args:
        article: of a page; changed in place.
        address: where the page is published.
    """
    is_live = article.select_one(LIVE) is not None
    shorten_records(article, address)
    for tag in article.find_all(is_left_out):
        tag.decompose()
    for picture in article.find_all("svg", attrs={"aria-hidden": "true"}):
        if not picture.find_parent(attrs={"role": "img"}):
            picture.decompose()
    for figure in article.select("figure.explorable"):
        name_live_figure(figure, address)
    for box in article.select("section.lab, section.play"):
        name_live_box(box, address)
    for caption in article.select("span.paper-caption"):
        read_caption(caption)
    if is_live and article.h1:
        article.h1.insert_after(live_note(address))
    for figure in article.find_all(attrs={"role": "img"}):
        describe(figure)
    for folded in article.select("details"):
        unfold(folded)


def is_left_out(tag: Tag) -> bool:
    """Whether an element is one that only serves those who can operate the page."""
    return tag.name in OPERATED or "hidden" in tag.attrs or not LEFT_OUT.isdisjoint(classes(tag))


def shorten_records(article: Tag, address: str) -> None:
    """Replace the long lists of single records by the place where they are."""
    for box in article.select("details.book-records"):
        words = without_runs(box.summary.get_text())
        link = new_tag("a", "on the site", href=address)
        box.replace_with(new_tag("p", f"{words}: ", link, ".", class_="elsewhere"))


def name_live_figure(figure: Tag, address: str) -> None:
    """Say at the end of a figure's caption where it can be touched."""
    place = f"{address}#{figure['id']}" if figure.get("id") else address
    link = new_tag("a", "Touch this figure on the site", href=place)
    caption = figure.find("figcaption")
    if caption is None:
        caption = new_tag("figcaption")
        figure.append(caption)
    caption.append(new_tag("span", " ", link, ".", class_="elsewhere"))


def name_live_box(box: Tag, address: str) -> None:
    """Say what stands on the site in the place of a box full of controls."""
    for said in box.select(".lab-without > p"):
        said.decompose()
    link = new_tag("a", f"{address}#{box['id']}", href=f"{address}#{box['id']}")
    box.append(new_tag("p", f"{box['aria-label']}: ", link, class_="elsewhere"))


def read_caption(caption: Tag) -> None:
    """Make paragraphs of the lines of a caption, which only styles keep apart."""
    caption.name = "div"
    for line in caption.find_all(["span", "strong"], recursive=False):
        line.wrap(new_tag("p"))


def live_note(address: str) -> Tag:
    """What a page that should be operated says first."""
    link = new_tag("a", address, href=address)
    text = "You can operate this page on the site: ", link, ". Here you find what can be read."
    return new_tag("p", *text, class_="elsewhere")


def describe(figure: Tag) -> None:
    """Give the words of a picture to the drawing itself, where there is only one.

    The words become its title, which is what readers of single drawings look for.
    """
    words = figure.get("aria-label")
    drawings = [figure] if figure.name == "svg" else figure.find_all("svg")
    if not words or not drawings:
        return
    if len(drawings) == SEVERAL and figure.name != "svg":
        del figure["role"], figure["aria-label"]
        del drawings[0]["aria-hidden"]
        drawings[0]["role"], drawings[0]["aria-label"] = "img", words
    for drawing in drawings[:SEVERAL]:
        if drawing.find("title", recursive=False) is None:
            drawing.insert(0, new_tag("title", words))


def unfold(box: Tag) -> None:
    """Open a folded box, unless it hides what readers should try to say themselves."""
    if "hint" in classes(box) or box.find_parent(class_="fc"):
        return
    if box.summary is not None:
        box.summary.name = "p"
        box.p["class"] = ["folded-title"]
    box.name = "div"
    box["class"] = [*classes(box), "folded"]
