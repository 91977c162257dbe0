"""Questions on paper: the options get letters, and hints and answers go to the end of the chapter.

Questions of the quick check, exercises, flashcards and folded hints and repairs each have an entry
there under their own number, and a pointer with the page where it stands.
"""

from collections.abc import Iterator
from copy import copy
from string import ascii_uppercase

from bs4 import PageElement, Tag

from utils.display.elements import new_tag, said

HINTS, ANSWERS = "Hints", "Answers"
FOLDED = {"Hint": HINTS, "Diagnosis and repair": ANSWERS, "Answer": ANSWERS}
"""The sections for other boxes that fold, by what stands on them."""
LINE = "_" * 24


def letter(tags: list[Tag]) -> Iterator[tuple[str, Tag]]:
    """Put a letter before each element, and give both."""
    for sign, tag in zip(ascii_uppercase, tags, strict=False):
        tag.insert(0, new_tag("span", f"{sign}. ", class_="print-letter"))
        yield sign, tag


class Back:
    """The end of a chapter: hints and answers, in the order in which they were asked for."""

    def __init__(self) -> None:
        self.sections: dict[str, list[Tag]] = {HINTS: [], ANSWERS: []}
        self.count = 0

    def move(
        self, section: str, title: str | Tag, place: Tag, parts: list[Tag], link: Tag | None
    ) -> str:
        """Put elements into a section, and point to them from where they stood.

        Args:
            section: one of those at the end.
            title: of the entry; an element gives a copy of what it holds.
            place: what the entry leads back to; it gets a name if it has none.
            parts: what is moved.
            link: where the pointer is appended, or None for no pointer.
        """
        self.count += 1
        name = f"print-{section.lower()}-{self.count}"
        place["id"] = place.get("id") or f"print-place-{self.count}"
        entry = new_tag("div", class_="print-entry", id=name)
        head = new_tag("p", class_="print-entry-title")
        head.append(new_tag("a", href=f"#{place['id']}"))
        head.a.extend(title_parts(title))
        entry.append(head)
        for part in parts:
            entry.append(part.extract())
        self.sections[section].append(entry)
        if link is not None:
            link.append(pointer(section, name))
        return name

    def written(self) -> Iterator[Tag]:
        """The sections that have entries."""
        for title, entries in self.sections.items():
            if entries:
                section = new_tag("section", id=f"print-{title.lower()}", class_="print-back")
                section.append(new_tag("h2", title))
                for entry in entries:
                    section.append(entry)
                yield section


def title_parts(title: str | Tag) -> list[PageElement]:
    """What a title holds, with its formulas and code, but without links and paragraphs."""
    whole = new_tag("span", title) if isinstance(title, str) else copy(title)
    for tag in whole.find_all(["a", "p", "div"]):
        tag.unwrap()
    return [part.extract() for part in list(whole.children)]


def pointer(section: str, name: str) -> Tag:
    """A link to an entry at the end, with its page."""
    found = new_tag("span", class_="print-pointer")
    found.append(new_tag("a", f"{section[:-1]} on page ", href=f"#{name}"))
    found.a.append(page_of(name))
    return found


def page_of(name: str) -> Tag:
    """The number of the page of a place, which is filled in when it is known."""
    number = new_tag("span", "000", class_="print-page")
    number["data-of"] = name
    return number


def inside(box: Tag) -> list[Tag]:
    """What a folded box holds, without its title."""
    return [child for child in box.find_all(recursive=False) if child.name != "summary"]


def move_questions(article: Tag, back: Back) -> None:
    """Letter the options of each question, and move its hint and its answer to the end."""
    for number, question in enumerate(article.select("article.q"), 1):
        title = question.select_one(".q-title")
        title.name = "p"
        if not title.select_one(".q-count"):
            title.insert(0, new_tag("span", f"{number}. ", class_="q-count"))
        words = said(title)
        letters = letter_form(question)
        pointers = new_tag("p", class_="print-pointers")
        for box in question.select("details.q-hint"):
            back.move(HINTS, words, question, inside(box), pointers)
            box.decompose()
        boxes = question.select("details.q-rubric, details.q-solution")
        parts = []
        for box in boxes:
            letter_answers(box, letters)
            if len(boxes) > 1:
                parts.append(new_tag("p", said(box.summary), class_="print-fold-title"))
            parts.extend(inside(box))
        if parts:
            back.move(ANSWERS, words, question, parts, pointers)
        for box in boxes:
            box.decompose()
        question.append(pointers)


def letter_form(question: Tag) -> dict[str, str]:
    """Make a form readable on paper; gives the letter of each option by its words."""
    letters = {}
    form = question.select_one("form.q-form")
    if form is None:
        return letters
    names = form.select("select")
    if names:
        options = [
            said(option) for option in names[0].select("option") if option.get("value") != ""
        ]
        words = f"Names to choose from: {'; '.join(options)}."
        form.fieldset.append(new_tag("p", words, class_="print-names"))
    for field in form.select("select, .q-number input, .q-written textarea, .q-printed textarea"):
        field.replace_with(new_tag("span", LINE, class_="print-line"))
    if not form.select_one(".q-rubric"):
        for items in (form.select("ul.q-choices > li .q-text"), form.select("ol.q-steps > li")):
            texts = [said(item) for item in items]
            letters |= {text: sign for text, (sign, _) in zip(texts, letter(items), strict=False)}
    for steps in form.select("ol.q-steps"):
        steps.name = "ul"
    return letters


def letter_answers(box: Tag, letters: dict[str, str]) -> None:
    """Give the options in an answer the letters that they have in the question."""
    for _ in letter(box.select("ul.q-answers > li")):
        pass
    for step in box.select("ol.q-right-order > li"):
        if sign := letters.get(said(step)):
            step.insert(0, new_tag("span", f"{sign}. ", class_="print-letter"))


def move_solutions(article: Tag, back: Back) -> None:
    """Move the solution of each exercise to the end."""
    for solution in article.select("div.solution"):
        link = solution.select_one(".admonition-title a")
        exercise = article.find(id=link["href"].lstrip("#")) if link else None
        if exercise is None:
            continue
        name = exercise.select_one(".caption-number")
        pointers = new_tag("p", class_="print-pointers")
        exercise.append(pointers)
        parts = solution.select(":scope > .solution-content")
        title = said(name) if name else said(exercise.p)
        back.move(ANSWERS, title, exercise, parts, pointers)
        solution.decompose()


def move_cards(article: Tag, back: Back) -> None:
    """Leave the fronts of flashcards, with a number, and move their backs to the end."""
    for number, card in enumerate(article.select("li.fc"), 1):
        front = card.select_one(".fc-front")
        parts = card.select(".fc-back, .fc-about")
        front.insert(0, new_tag("span", f"{number}. ", class_="print-letter"))
        back.move(ANSWERS, front, card, parts, None)
        card.details.replace_with(front)
    if cards := article.select("ul:has(> li.fc), ol:has(> li.fc)"):
        first = back.sections[ANSWERS][0]["id"]
        pointers = new_tag("p", class_="print-pointers")
        pointers.append(pointer(ANSWERS, first))
        cards[0].insert_before(pointers)


def move_folded(article: Tag, back: Back) -> None:
    """Move other boxes that tell an answer to the end, such as those of the code clinic."""
    for box in article.select("details"):
        title = said(box.summary) if box.summary else ""
        if title not in FOLDED or box.find_parent(class_="q"):
            continue
        place = box.find_parent(
            ["section", "div"], class_=["section", "admonition"]
        ) or box.find_parent("section")
        heading = place.find(["h2", "h3", "h4"]) or place.find(class_="admonition-title")
        pointers = new_tag("p", class_="print-pointers")
        back.move(FOLDED[title], said(heading), place, inside(box), pointers)
        box.replace_with(pointers)


def move_answers(article: Tag) -> None:
    """Move everything that tells an answer to the end of a chapter."""
    back = Back()
    for move in (move_folded, move_questions, move_cards, move_solutions):
        move(article, back)
    for section in back.written():
        article.append(section)
