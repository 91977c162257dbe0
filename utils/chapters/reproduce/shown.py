"""The cards and what readers sent, as tables of the page "How this book is measured".

Answers "which numbers can I check, and who has?".
"""

import html

from utils.chapters.reproduce.answer import form_address, word_of
from utils.chapters.reproduce.cards import checkables, unchecked
from utils.display.published import Published
from utils.display.tables import table
from utils.facts.confirmations import Confirmation, ConfirmationError, confirmations
from utils.notebook.frame import repository_address
from utils.results.labels import device_label
from utils.results.tolerance import centre


def link(text: str, address: str) -> Published:
    """A cell that is a link."""
    return Published(f'<a href="{html.escape(address)}">{html.escape(text)}</a>', text)


def page_link(text: str, page: str, anchor: str = "") -> Published:
    """A link from a page of ``book/`` to another page."""
    folder, _, name = page.rpartition("/")
    place = f"{name}.html" if folder == "book" else f"../{page}.html"
    return link(text, place + (f"#{anchor}" if anchor else ""))


def cards_table() -> Published:
    """Every card: its finding, what it expects and what it takes."""
    rows = []
    for name, checked in checkables().items():
        card = checked.card
        rows.append(
            [
                name,
                page_link(card.finding, card.page),
                checked.value.name,
                checked.range(checked.band(len(checked.seeds))),
                checked.contradiction(),
                f"{len(checked.recorded)}",
                f"{checked.effort}; repeated every week" if card.scheduled else checked.effort,
            ]
        )
    return table(
        [
            "card",
            "finding",
            "number",
            "expected",
            "contradicts the finding",
            "recorded seeds",
            "a repetition",
        ],
        rows,
        "Numbers that you can check, with the range in which a repetition should fall, and with "
        "the numbers that would contradict the finding. The last column says with how many seeds "
        "the command repeats a number, and what these seeds took on the machines of the records.",
        wraps=True,
    )


def unchecked_table() -> Published:
    """The measured numbers without a card, by page, and the reasons."""
    rows = [
        [page_link(entry.numbers, entry.page), entry.reason]
        for entry in unchecked()
        if entry.numbers
    ]
    return table(
        ["numbers", "why no card checks them"],
        rows,
        "Measured numbers of the chapters that no card checks.",
        wraps=True,
    )


def confirmations_table() -> Published:
    """What readers sent, by machine; a sentence when nobody has yet.

    Raises:
        ConfirmationError: a file that cannot be used, or of a card that does not exist.
    """
    found = confirmations()
    if not found:
        text = "So far nobody has sent a repetition from another machine."
        how = (
            "To be the first, run the command with a card of your choice, and paste the file that "
            "it writes into "
        )
        form = link("this form", form_address())
        return Published(f"<p>{text} {how}{form.markup}.</p>", text)
    rows = [
        confirmation_row(number, found[number]) for number in sorted(found, key=by_machine(found))
    ]
    return table(
        ["machine", "card", "answer", "number", "expected", "seeds", "sent in"],
        rows,
        "Repetitions that readers sent, by machine. The answer is computed from their values and "
        "from the records as they are today.",
        wraps=True,
    )


def by_machine(found: dict[int, Confirmation]):
    """Order of the rows: machine, card, issue."""

    def key(number: int) -> tuple[str, str, int]:
        return machine_of(found[number]), found[number].card, number

    return key


def machine_of(sent: Confirmation) -> str:
    """The machine as readers know it."""
    return device_label(sent.machine.model_dump())


def confirmation_row(number: int, sent: Confirmation) -> list[object]:
    """One repetition.

    Raises:
        ConfirmationError: of a card that does not exist.
    """
    known = checkables()
    if sent.card not in known:
        raise ConfirmationError(
            f"{number}.json: no card is called {sent.card!r}; mend the name or remove the file"
        )
    checked = known[sent.card]
    band, value = (
        checked.band(len(sent.values)),
        centre(sent.values.values(), checked.value.by_factor),
    )
    return [
        machine_of(sent),
        sent.card,
        word_of(checked, len(sent.values), value),
        checked.told(value),
        checked.range(band),
        len(sent.values),
        link(f"#{number}", f"{repository_address()}/issues/{number}"),
    ]


REPRODUCE_TABLES = {
    "reproduction-cards": cards_table,
    "unchecked-numbers": unchecked_table,
    "confirmations": confirmations_table,
}
"""What the page asks for by name."""
