"""Questions as items of QTI 2.1, the exchange format of IMS Global for tests.

Answers "what does a question become in a reader of QTI 2.1?". Each kind becomes an interaction of
the format, judged by the rules that the item carries. Feedback is modal: the reader shows it after
the answer. A label question is a menu for each place of the drawing, as on the book's page, because
the format puts only pictures, and no words, onto a picture.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from xml.etree.ElementTree import Element

from utils.practice.exported import (
    about,
    form_of,
    made,
    picture,
    short_title,
    unit_markup,
)
from utils.practice.kinds import Question
from utils.practice.kinds.base import mixed
from utils.practice.kinds.choices import Choices, Output
from utils.practice.kinds.label import Label
from utils.practice.kinds.numeric import Numeric
from utils.practice.kinds.order import Order
from utils.practice.kinds.short import Short
from utils.practice.markdown import block, inline
from utils.practice.qti_parts import (
    CHOSEN,
    FEEDBACK,
    IMAGES,
    RESPONSE,
    SCORE,
    SCORE_DECLARED,
    WORKED,
    WRONG,
    QtiError,
    choice,
    constant,
    declared,
    feedback_of,
    is_correct,
    root_attributes,
    sets,
    tells,
    text,
    variable,
    within,
)

CHOICES = {False: ("single", "1"), True: ("multiple", "0")}
"""Whether several options may be chosen -> cardinality of the answer, and how many choices the
reader allows; 0 sets no limit."""


@dataclass(frozen=True)
class Asked:
    """What a question becomes.

    Attributes:
        interaction: the format's name for it.
        responses: declarations of what learners answer.
        body: elements below the prompt.
        right: the expression that is true for the right answer; None where a person judges.
        told: name of a feedback -> what it says, as HTML of the book; :data:`WORKED` stands for
            the worked solution if it is another than the question's steps.
        also: expression -> the feedback that it brings to a wrong answer.
        chosen: name of a choice -> what is told to those who choose it.
        images: names of drawings.
    """

    interaction: str
    responses: list[Element]
    body: list[Element]
    right: Element | None = None
    told: dict[str, str] = field(default_factory=dict)
    also: list[tuple[Element, str]] = field(default_factory=list)
    chosen: dict[str, str] = field(default_factory=dict)
    images: tuple[str, ...] = ()


# Rules of an item ---------------------------------------------------------------------------------


def rules(asked: Asked) -> Element:
    """What the reader does with an answer: score and feedback."""
    if asked.right is None:
        return made("responseProcessing", [tells(WORKED)])
    full = sets(SCORE, constant("1", "float"))
    branches = [made("responseIf", [asked.right, full, tells(WORKED)])]
    for test, name in asked.also:
        branches.append(made("responseElseIf", [test, tells(WRONG, name, WORKED)]))
    branches.append(made("responseElse", [tells(WRONG, WORKED)]))
    first = [sets(CHOSEN, variable(RESPONSE))] if asked.chosen else []
    return made("responseProcessing", [*first, made("responseCondition", branches)])


def outcomes(asked: Asked) -> list[Element]:
    """Declarations of what the rules set."""
    zero = made("defaultValue", [made("value", "0")])
    lists = {FEEDBACK: "multiple"}
    if asked.chosen:
        lists[CHOSEN] = asked.responses[0].get("cardinality")
    return [
        made("outcomeDeclaration", [zero], **SCORE_DECLARED, normalMaximum="1"),
        *(
            made("outcomeDeclaration", identifier=name, cardinality=count, baseType="identifier")
            for name, count in lists.items()
        ),
    ]


# What each kind of question becomes ---------------------------------------------------------------


ask = form_of("QTI", QtiError)
"""What a question becomes: an :class:`Asked`."""


@ask.register
def _(question: Choices, site: str) -> Asked:
    """Options with feedback for each; right when all of the right ones are chosen, and no other."""
    names = {place: f"option-{place + 1}" for place in range(len(question.options))}
    choices = [choice(inline(option.text), site, names[place]) for place, option in mixed(question)]
    right = [names[place] for place, option in enumerate(question.options) if option.correct]
    cardinality, most = CHOICES[question.several]
    attributes = {"responseIdentifier": RESPONSE, "shuffle": "true", "maxChoices": most}
    return Asked(
        "choiceInteraction",
        [declared(RESPONSE, cardinality, "identifier", right)],
        [made("choiceInteraction", choices, **attributes)],
        is_correct(RESPONSE),
        chosen={names[place]: option.says() for place, option in enumerate(question.options)},
    )


@ask.register
def _(question: Output, site: str) -> Asked:
    """With options as above; typed in one line, or in several that the teacher marks."""
    if question.options:
        return ask.dispatch(Choices)(question, site)
    output = question.output.strip()
    if "\n" in output:
        return by_hand(f"<pre>{escape(output)}</pre>", site, "preFormatted")
    typed = [variable(RESPONSE), constant(output, "string")]
    return Asked(
        "textEntryInteraction",
        [declared(RESPONSE, "single", "string", [output])],
        [entry_line("The output, as Python writes it: ", 40, made("p"))],
        made("stringMatch", typed, caseSensitive="true"),
    )


@ask.register
def _(question: Numeric, site: str) -> Asked:
    """A number with its tolerance; typical mistakes have their own words."""
    asked = question.answer
    unit = text("p", unit_markup(question) if asked.unit else "", site)
    near = {f"near-{count}": one for count, one in enumerate(question.near, start=1)}
    return Asked(
        "textEntryInteraction",
        [declared(RESPONSE, "single", "float", [repr(asked.value)])],
        [entry_line("Your answer: ", 12, unit)],
        within(RESPONSE, asked.value, asked.reach),
        {name: one.says() for name, one in near.items()},
        [(within(RESPONSE, one.value, asked.reach), name) for name, one in near.items()],
    )


def entry_line(before: str, length: int, line: Element) -> Element:
    """A line to type something into, in front of what the line holds."""
    entry = made("textEntryInteraction", responseIdentifier=RESPONSE, expectedLength=str(length))
    inside = line.text is not None or len(line)
    entry.tail, line.text = f" {line.text or ''}" if inside else None, before
    line.insert(0, entry)
    return line


@ask.register
def _(question: Order, site: str) -> Asked:
    """Steps to put in order."""
    steps = [
        choice(inline(step.text), site, f"step-{place + 1}") for place, step in mixed(question)
    ]
    order = [f"step-{place + 1}" for place in range(len(steps))]
    attributes = {"responseIdentifier": RESPONSE, "shuffle": "true", "orientation": "vertical"}
    return Asked(
        "orderInteraction",
        [declared(RESPONSE, "ordered", "identifier", order)],
        [made("orderInteraction", steps, **attributes)],
        is_correct(RESPONSE),
    )


@ask.register
def _(question: Label, site: str) -> Asked:
    """A menu of names for each place of a drawing."""
    source = f"../{IMAGES}/{question.drawing}.svg"
    image = made("img", src=source, alt=picture(question.drawing).alt)
    names = {name: f"name-{count}" for count, name in enumerate(question.names, start=1)}
    lines, responses, tests = [], [], []
    for letter, called in sorted(question.labels.items()):
        place = f"PLACE_{letter}"
        offered = [made("inlineChoice", name, identifier=key) for name, key in names.items()]
        menu = made("inlineChoiceInteraction", offered, responseIdentifier=place, shuffle="false")
        line = made("p", [menu])
        line.text = f"Place {letter}: "
        lines.append(line)
        responses.append(declared(place, "single", "identifier", [names[called]]))
        tests.append(is_correct(place))
    return Asked(
        "inlineChoiceInteraction",
        responses,
        [made("p", [image]), *lines],
        made("and", tests),
        images=(question.drawing,),
    )


@ask.register
def _(question: Short, site: str) -> Asked:
    """A text that the teacher marks by the model answer and its ideas."""
    return by_hand(question.solve(), site, "plain")


def by_hand(model: str, site: str, form: str) -> Asked:
    """A text that a person marks: the model is there for her, and for learners afterwards."""
    attributes = {"responseIdentifier": RESPONSE, "expectedLines": "10", "format": form}
    return Asked(
        "extendedTextInteraction",
        [declared(RESPONSE, "single", "string")],
        [
            text("rubricBlock", model, site, view="scorer"),
            made("extendedTextInteraction", **attributes),
        ],
        told={WORKED: model},
    )


# Whole items --------------------------------------------------------------------------------------


def item_name(question: Question) -> str:
    """The identity of an item, which stays when its words change."""
    return f"q-{question.id}"


def item(question: Question, site: str) -> tuple[Element, Asked]:
    """A question as a whole item, and what it is made of.

    Args:
        question: not a card.
        site: where the book is published, without a slash at the end.

    Raises:
        QtiError: QTI has no such kind, or a text has an element that QTI does not know.
    """
    try:
        asked = ask(question, site)
        hint = f"<p><strong>Hint:</strong></p>{block(question.hint)}"
        judged = asked.right is not None  # else a hint behind the answer would come too late
        told = {WORKED: question.steps(), **asked.told, **({WRONG: hint} if judged else {})}
        told[WORKED] += about(question, site)
        feedback = [
            *(feedback_of(CHOSEN, name, says, site) for name, says in asked.chosen.items()),
            *(feedback_of(FEEDBACK, name, says, site) for name, says in told.items()),
        ]
        prompt = text("div", question.asked() + ("" if judged else hint), site)
    except QtiError as problem:
        raise QtiError(f"{question.id}: {problem}") from problem
    body = made("itemBody", [prompt, *asked.body])
    whole = made(
        "assessmentItem",
        [*asked.responses, *outcomes(asked), body, rules(asked), *feedback],
        **root_attributes(),
        identifier=item_name(question),
        title=short_title(question),
        adaptive="false",
        timeDependent="false",
    )
    return whole, asked
