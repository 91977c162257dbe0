"""Numbers and lists as words of a sentence.

Answers "how is it said?".
"""

from collections.abc import Iterable

LETTERS = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve",
)  # fmt: skip


def short(value: float) -> str:
    """Two digits: "0.41", "46", "2,100", "3.1 × 10⁻²³"."""
    if value == 0:
        return "0"
    digits, power = f"{value:.1e}".split("e")
    exponent = int(power)
    if -2 <= exponent < 5:
        return f"{float(f'{value:.1e}'):,.{max(0, 1 - exponent)}f}"
    return f"{digits} × 10{superscript(exponent)}"


def superscript(number: int) -> str:
    """A whole number as an exponent."""
    return str(number).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def percent(share: float) -> str:
    """A share in words: "0", "under 0.1 %", "2.5 %"."""
    if share == 0:
        return "0"
    return "under 0.1 %" if share < 0.0005 else f"{100 * share:.1f} %"


def percentage(value: float, digits: int = 0) -> str:
    """Percent in a sentence, with a space that does not break: "52 %"."""
    return f"{float(value):.{digits}f}\u00a0%"


def number(count: int) -> str:
    """A count as a sentence has it: in letters up to twelve, else in digits."""
    return LETTERS[count] if count < len(LETTERS) else f"{count:,}"


def seeds_in_words(counts: Iterable[int]) -> str:
    """How many seeds each row of a table has: "ten seeds", "three to ten seeds".

    Args:
        counts: one for each row.
    """
    least, most = min(found := set(counts)), max(found)
    told = counted(most, "seed", "seeds")
    return told if least == most else f"{number(least)} to {told}"


def opening(text: str) -> str:
    """A text as a sentence begins: its first letter is a capital, and the rest stays as it is."""
    return text[:1].upper() + text[1:]


def counted(count: int, one: str, many: str) -> str:
    """A count and what is counted: "one epoch", "two epochs"."""
    return f"{number(count)} {one if count == 1 else many}"


def listed(names: Iterable[str], joint: str = "and") -> str:
    """A list in a sentence: "a", "a and b", "a, b and c"; empty without names."""
    *rest, last = [*names] or [""]
    return f"{', '.join(rest)} {joint} {last}" if rest else last
