"""Questions as items of QTI 1.2 with Canvas's own names for their kinds.

Answers "what does a question become in Canvas?". Canvas reads the kind from the item's metadata,
and the right answer from the rules that set or add to the score. So no rule of a wrong answer may
touch the score, and the words on typical wrong numbers stand in the feedback to every wrong answer:
Canvas would take a rule with such a number for a second right one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field as attribute
from decimal import Decimal
from html import escape
from xml.etree.ElementTree import Element

from utils.practice.exported import (
    ExportError,
    about,
    between_brackets,
    bounds,
    carried,
    digits,
    form_of,
    made,
    picture,
    share,
    short_title,
    unit_sentence,
)
from utils.practice.kinds import Question
from utils.practice.kinds.base import mixed
from utils.practice.kinds.choices import Choices, Output
from utils.practice.kinds.label import Label
from utils.practice.kinds.numeric import Numeric, number_words
from utils.practice.kinds.order import Order
from utils.practice.kinds.short import Short
from utils.practice.markdown import block, inline

IMAGES = "images"
FILES = "$IMS-CC-FILEBASE$"
"""What Canvas replaces by the folder of the course that gets the files."""
RESPONSE, SCORE = "response1", "SCORE"
GENERAL, INCORRECT = "general_fb", "general_incorrect_fb"
"""What is told to everybody, and after a wrong answer; Canvas knows both by these names."""
FIRST_ANSWER, FIRST_MATCH = 1001, 5001
"""Canvas takes whole numbers for the identities of answers, each once in a question."""


class CanvasError(ExportError):
    """A question has no form in Canvas; says which one."""


@dataclass(frozen=True)
class Form:
    """What a question becomes.

    Attributes:
        kind: Canvas's name for it.
        answers: the identities of the answers.
        responses: what learners fill in.
        rules: what the answers earn, and which of them have feedback.
        told: identity of a feedback -> what it says, as HTML of the book.
        also: what is said after the question, as HTML of the book.
        hints_all: whether the hint goes to everybody, because no rule tells a wrong answer.
    """

    kind: str
    answers: list[str]
    responses: list[Element]
    rules: list[Element]
    told: dict[str, str] = attribute(default_factory=dict)
    also: str = ""
    hints_all: bool = False


# Elements -----------------------------------------------------------------------------------------


def set_by_canvas(tex: str) -> str:
    """A formula as Canvas's own editor leaves it on a page.

    Canvas typesets what stands between these brackets with MathJax, and the class makes it look for
    them where an administrator has switched off formulas in running text. The picture of a formula,
    which Canvas's editor stores, needs the address of one's own Canvas, which a file cannot know.
    """
    return f'<span class="math_equation_latex">{between_brackets(tex)}</span>'


def material(markup: str, site: str) -> Element:
    """A text: HTML that is written as text, as Canvas wants it."""
    told = carried(markup, site, set_by_canvas)
    return made("material", [made("mattext", told, texttype="text/html")])


def field(label: str, entry: str) -> Element:
    """A field of the metadata."""
    return made("qtimetadatafield", [made("fieldlabel", label), made("fieldentry", entry)])


def equals(value: str, name: str = RESPONSE) -> Element:
    """True where an answer is a value."""
    return made("varequal", value, respident=name)


def rule(
    test: Iterable[Element], last: bool, earns: Element | None = None, tells: str = ""
) -> Element:
    """What happens where a test is true; ``last`` if no rule after it counts then."""
    parts = [made("conditionvar", test)]
    parts += [] if earns is None else [earns]
    shown = {"feedbacktype": "Response", "linkrefid": tells}
    parts += [made("displayfeedback", **shown)] if tells else []
    return made("respcondition", parts, **{"continue": "No" if last else "Yes"})


def full_mark() -> Element:
    """The whole mark."""
    return made("setvar", "100", action="Set", varname=SCORE)


# What each kind of question becomes ---------------------------------------------------------------


form = form_of("Canvas", CanvasError)
"""What a question becomes: a :class:`Form`."""


@form.register
def _(question: Choices, site: str) -> Form:
    """Options with feedback for each."""
    names = [str(FIRST_ANSWER + place) for place in range(len(question.options))]
    labels = [
        made("response_label", [material(inline(option.text), site)], ident=names[place])
        for place, option in mixed(question)
    ]
    choice = made("render_choice", labels)
    kind, cardinality = (
        ("multiple_answers_question", "Multiple")
        if question.several
        else ("multiple_choice_question", "Single")
    )
    told = {f"{names[i]}_fb": option.says() for i, option in enumerate(question.options)}
    rules = [rule([equals(name)], False, tells=f"{name}_fb") for name in names]
    chosen = [
        equals(name) if option.correct else made("not", [equals(name)])
        for name, option in zip(names, question.options, strict=True)
    ]
    only = [one for one in chosen if one.tag == "varequal"]
    whole = [made("and", chosen)] if question.several else only
    return Form(
        kind,
        names,
        [made("response_lid", [choice], ident=RESPONSE, rcardinality=cardinality)],
        [*rules, rule(whole, True, full_mark())],
        told,
    )


@form.register
def _(question: Output, site: str) -> Form:
    """With options as above; typed in one line, or in several that the teacher marks."""
    if question.options:
        return form.dispatch(Choices)(question, site)
    output = question.output.strip()
    if "\n" in output:
        return by_hand(f"<pre>{escape(output)}</pre>")
    right = rule([equals(output)], True, full_mark())
    return Form("short_answer_question", [str(FIRST_ANSWER)], [blank()], [right])


@form.register
def _(question: Numeric, site: str) -> Form:
    """A number with its tolerance; what typical mistakes lead to is told after a wrong answer."""
    asked = question.answer
    low, high = bounds(asked.value, asked.reach)
    sides = [made(tag, end, respident=RESPONSE) for tag, end in (("vargte", low), ("varlte", high))]
    exact = equals(digits(Decimal(repr(float(asked.value)))))
    right = rule([made("or", [exact, made("and", sides)])], True, full_mark())
    lines = "".join(
        f"<li><p><strong>If you typed about {number_words(near.value, asked.reach)}:</strong></p>"
        f"{near.says()}</li>"
        for near in question.near
    )
    return Form(
        "numerical_question",
        [str(FIRST_ANSWER)],
        [blank(fibtype="Decimal")],
        [right],
        {INCORRECT: f"<ul>{lines}</ul>" if lines else ""},
        also=unit_sentence(question),
    )


@form.register
def _(question: Order, site: str) -> Form:
    """A place for each step: Canvas's older quizzes have no question about an order."""
    places = [str(place) for place in range(1, len(question.options) + 1)]
    pairs = [(inline(step.text), places[place]) for place, step in mixed(question)]
    words = "<p>Give each step its place; 1 is the first one.</p>"
    return matching(pairs, places, site, words)


@form.register
def _(question: Label, site: str) -> Form:
    """A name for each place of a drawing."""
    source = f"{FILES}/{IMAGES}/{question.drawing}.svg"
    image = f'<p><img src="{source}" alt="{escape(picture(question.drawing).alt)}" /></p>'
    pairs = [(f"Place {letter}", name) for letter, name in sorted(question.labels.items())]
    return matching(pairs, question.names, site, image)


@form.register
def _(question: Short, site: str) -> Form:
    """A text that the teacher marks; the model answer is told afterwards."""
    return by_hand(question.solve())


def blank(**attributes: str) -> Element:
    """A line to type something into."""
    entry = made("render_fib", [made("response_label", ident="answer1")], **attributes)
    return made("response_str", [entry], ident=RESPONSE, rcardinality="Single")


def matching(pairs: list[tuple[str, str]], offered: list[str], site: str, also: str) -> Form:
    """What belongs to what: left a text, right a name to choose from those that are offered."""
    matches = {name: str(FIRST_MATCH + place) for place, name in enumerate(offered)}
    names = [str(FIRST_ANSWER + place) for place in range(len(pairs))]
    responses, rules = [], []
    for name, (left, right) in zip(names, pairs, strict=True):
        place = f"response_{name}"
        labels = [
            made(
                "response_label",
                [made("material", [made("mattext", word, texttype="text/plain")])],
                ident=ident,
            )
            for word, ident in matches.items()
        ]
        inside = [material(left, site), made("render_choice", labels)]
        responses.append(made("response_lid", inside, ident=place, rcardinality="Single"))
        part = made("setvar", share(len(pairs)), action="Add", varname=SCORE)
        rules.append(rule([equals(matches[right], place)], False, part))
    return Form("matching_question", names, responses, rules, also=also, hints_all=True)


def by_hand(model: str) -> Form:
    """A text that the teacher marks, with a model answer that learners see afterwards."""
    nothing = rule([made("other")], True)
    return Form("essay_question", [], [blank()], [nothing], {GENERAL: model})


# Whole items --------------------------------------------------------------------------------------


def images_of(question: Question) -> list[str]:
    """Names of the drawings that an item shows."""
    return [question.drawing] if isinstance(question, Label) else []


def item(question: Question, site: str) -> Element:
    """A question as a whole item.

    Args:
        question: not a card.
        site: where the book is published, without a slash at the end.

    Raises:
        CanvasError: Canvas has no such kind.
    """
    become = form(question, site)
    hint = f"<p><strong>Hint:</strong></p>{block(question.hint)}"
    by_teacher = GENERAL in become.told  # then the model answer stands for the worked solution
    before = hint if by_teacher else ""
    to_all = become.told.get(GENERAL) or (hint if become.hints_all else "") + question.steps()
    told = {**become.told, GENERAL: to_all + about(question, site)}
    rules = [rule([made("other")], False, tells=GENERAL), *become.rules]
    if not (by_teacher or become.hints_all):
        told[INCORRECT] = hint + become.told.get(INCORRECT, "")
        rules.append(rule([made("other")], False, tells=INCORRECT))
    asked = material(question.asked() + become.also + before, site)
    facts = {
        "question_type": become.kind,
        "points_possible": "1.0",
        "original_answer_ids": ",".join(become.answers),
    }
    metadata = made("qtimetadata", [field(label, entry) for label, entry in facts.items()])
    mark = made("decvar", maxvalue="100", minvalue="0", varname=SCORE, vartype="Decimal")
    return made(
        "item",
        [
            made("itemmetadata", [metadata]),
            made("presentation", [asked, *become.responses]),
            made("resprocessing", [made("outcomes", [mark]), *rules]),
            *(feedback(name, says, site) for name, says in told.items()),
        ],
        ident=f"q-{question.id}",
        title=short_title(question),
    )


def feedback(name: str, says: str, site: str) -> Element:
    """What Canvas shows where a rule names it."""
    return made("itemfeedback", [made("flow_mat", [material(says, site)])], ident=name)
