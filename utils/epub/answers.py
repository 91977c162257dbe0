"""Questions that are read instead of answered, with their answers at the end of the chapter.

A form becomes its question with lettered options. Its answer, and the solution of an exercise, move
to a section at the end; a link leads there and another one back.
"""

from collections.abc import Iterator

from bs4 import Tag

from utils.display.elements import classes, new_tag, without_runs

SECTION = "Answers and solutions"
BLANK = "\N{HORIZONTAL ELLIPSIS}" * 3
LETTERS = "A"
"""The kind of number that HTML gives to a list with capital letters."""


def move_answers(article: Tag) -> None:
    """Make the forms of a page readable, and gather its answers at the end.

    A page with groups of questions gets its answers at the end of each group.

    Args:
        article: of a page; changed in place.
    """
    for hint in hints(article):
        hint["class"] = [*classes(hint), "hint"]
    for frame in article.select("div.q-set"):
        frame.unwrap()
    groups = article.select("details.q-group")
    for number, group in enumerate(groups, 1):
        open_group(group)
        append_answers(group, f"answers-{number}", "h4")
    append_answers(article.find("section") or article, "answers", "h2")
    for form in article.select("form.q-form"):
        read_form(form)


def hints(article: Tag) -> Iterator[Tag]:
    """Boxes that help to answer, and so stay folded where they are."""
    for box in article.select("details.q-hint, details.book-fold"):
        if box.summary and without_runs(box.summary.get_text()) == "Hint":
            yield box


def open_group(group: Tag) -> None:
    """Make a section of a folded group of questions."""
    group.name, group["class"] = "section", ["q-group"]
    group["id"] = f"questions-{group['data-chapter'].replace('/', '-')}"
    group.summary.name = "h3"
    for title in group.select(".q-title"):
        title.name = "h4"


def append_answers(holder: Tag, name: str, level: str) -> None:
    """Append a section with all answers that a part of the page holds.

    Args:
        holder: the part.
        name: id of the section.
        level: of its heading.
    """
    found = list(answers(holder))
    if not found:
        return
    made = new_tag("section", new_tag(level, SECTION), class_="answers", id=name)
    for answer in found:
        made.append(answer)
    for heading in made.select("h3"):
        heading.name = f"h{int(level[1]) + 1}"
    holder.append(made)


def answers(holder: Tag) -> Iterator[Tag]:
    """Take each answer out of a part of a page, and leave a link in its place."""
    boxes = "article.q, div.solution, details.book-fold:not(.hint)"
    done: set[int] = set()
    for number, box in enumerate(holder.select(boxes), 1):
        if id(box) in done or box.find_parent(class_="answers"):
            continue
        done.add(id(box))
        if box.name == "article":
            yield from answer_to_question(box)
        elif "solution" in classes(box):
            yield solution(box)
        else:
            yield unfolded(box, number)


def answer_to_question(question: Tag) -> Iterator[Tag]:
    """The answer to a question, below a heading that leads back."""
    parts = question.select("details.q-rubric, details.q-solution")
    if not parts:
        return
    name, title = question["id"], question.select_one(".q-title")
    back = new_tag("a", without_runs(title.get_text()), href=f"#{name}")
    answer = new_tag("section", new_tag("h3", back), class_="answer", id=f"answer-{name}")
    for part in parts:
        summary = part.summary.extract()
        if len(parts) > 1:
            answer.append(new_tag("p", new_tag("strong", without_runs(summary.get_text()))))
        read_choices(part)
        part.extract()
        part.name, part["class"] = "div", ["says"]
        answer.append(part)
    for choices in answer.select("ul.q-answers"):
        choices.name, choices["type"] = "ol", LETTERS
    question.append(to_answer(answer["id"], "Answer"))
    yield answer


def solution(box: Tag) -> Tag:
    """The solution of an exercise; its title already leads back."""
    title = box.select_one(".admonition-title").extract()
    title.name = "h3"
    del title["class"]
    answer = new_tag("section", title, class_="answer", id=box["id"])
    box.replace_with(to_answer(box["id"], "Solution"))
    for content in box.select("section"):
        content.unwrap()
    box.name, box.attrs = "div", {"class": ["says"]}
    answer.append(box)
    return answer


def unfolded(box: Tag, number: int) -> Tag:
    """What a page folds away, under the heading above it."""
    above = box.find_previous(["h2", "h3"])
    said = above.get_text().rstrip("#") if above else ""
    words = f"{said}: {box.summary.extract().get_text()}"
    name = f"folded-{number}"
    back = new_tag("a", without_runs(words), href=f"#{name}-asked")
    answer = new_tag("section", new_tag("h3", back), class_="answer", id=name)
    link = to_answer(name, without_runs(words).rpartition(": ")[2])
    link["id"] = f"{name}-asked"
    box.replace_with(link)
    box.name, box.attrs = "div", {"class": ["says"]}
    answer.append(box)
    return answer


def to_answer(name: str, words: str) -> Tag:
    """The line that leads to an answer."""
    return new_tag("p", new_tag("a", words, href=f"#{name}"), class_="to-answer")


# Forms --------------------------------------------------------------------------------------------


def read_form(form: Tag) -> None:
    """Turn what can be filled in into what can be read."""
    for label in form.select("label.q-written"):
        label.decompose()
    for field in form.select("label.q-number input"):
        field.replace_with(BLANK)
    read_places(form)
    read_choices(form)
    for steps in form.select("ol.q-steps"):
        steps["type"] = LETTERS
    form.name, form["class"] = "div", ["q-form"]


def read_places(form: Tag) -> None:
    """Write the names to choose from once, instead of once for each place of a drawing."""
    first = form.find("select")
    if first is None:
        return
    names = [option.get_text() for option in first.find_all("option") if option.get("value") != ""]
    listed = new_tag("ul", *[new_tag("li", name) for name in names], class_="q-names")
    form.select_one("ul.q-labels").replace_with(listed)


def read_choices(box: Tag) -> None:
    """Give the options of a question letters instead of buttons."""
    for choices in box.select("ul.q-choices"):
        choices.name, choices["type"] = "ol", LETTERS
    for label in box.select("label.q-choice"):
        for field in label.select("input"):
            field.decompose()
        label.name = "span"
        del label["class"]
    for asked in box.select("legend"):
        asked.name, asked["class"] = "p", ["q-asked"]
    for frame in box.select("fieldset"):
        frame.name = "div"
