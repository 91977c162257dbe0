"""What was found in a learner's pictures, in sentences that she can act on.

Answers "what did the loader do to my data, and what should I look at before I train?". Counts, and
the names of the files behind each count, come in from :mod:`utils.data.folder`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from utils.data.pictures import TREATED, WHITE_16_BIT

UNEQUAL = 1.5
"""From this ratio of the largest to the smallest class on, the report says so."""
DARK = 8
"""16-bit pictures whose brightest value is below white / 8 are all but black after scaling."""
NAMES_SHOWN = 3


@dataclass(frozen=True)
class DataReport:
    """What became of every picture.

    Attributes:
        classes: names, in the order of their labels.
        size: side of every image in pixels.
        train_names: the file (or number) of each training image, in the order of the images.
        test_names: the same for testing.
        train_counts: training images of each class.
        test_counts: test images of each class.
        treated: from a key of :data:`utils.data.pictures.TREATED` to the files it happened to.
        broken: files that look like pictures and could not be used, with the reason.
        left_out: other files and folders that were passed over, with the reason.
        duplicates: groups of equal pictures of one class, on one side of the split.
        contradictions: groups of equal pictures under several classes, on one side.
        removed: training pictures that were left out because they are test pictures too.
        enlarged: files whose short side is below ``size``.
        cut: files that lose more than half of their pixels to the square.
        brightest: largest value of all 16-bit pictures, None without any.
        white: the 16-bit value that became 255.
    """

    classes: tuple[str, ...]
    size: int
    train_names: tuple[str, ...]
    test_names: tuple[str, ...]
    train_counts: tuple[int, ...]
    test_counts: tuple[int, ...]
    treated: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    broken: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    duplicates: tuple[tuple[str, ...], ...] = ()
    contradictions: tuple[tuple[str, ...], ...] = ()
    removed: tuple[str, ...] = ()
    enlarged: tuple[str, ...] = ()
    cut: tuple[str, ...] = ()
    brightest: int | None = None
    white: int = WHITE_16_BIT

    @property
    def guess(self) -> tuple[str, float]:
        """The class with most training images, and its share of the test images.

        A network is worth something only if it is right more often than this constant answer.
        """
        most = self.train_counts.index(max(self.train_counts))
        return self.classes[most], self.test_counts[most] / sum(self.test_counts)

    @property
    def ratio(self) -> float:
        """Images of the largest class over those of the smallest, both splits together."""
        counts = [sum(pair) for pair in zip(self.train_counts, self.test_counts, strict=True)]
        return max(counts) / min(counts)

    def lines(self) -> list[str]:
        """The report, a sentence a line; nothing about what did not occur."""
        return [*self._counts(), *self._balance(), *self._split(), *self._changes(), *self._rest()]

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def _counts(self) -> list[str]:
        wide = max(len(name) for name in self.classes)
        rows = zip(self.classes, self.train_counts, self.test_counts, strict=True)
        return [
            f"{len(self.train_names):,} training and {len(self.test_names):,} test pictures of "
            f"{self.size} x {self.size} pixels",
            *(f"  {i} {name:{wide}} {a:6,} + {b:,}" for i, (name, a, b) in enumerate(rows)),
        ]

    def _balance(self) -> list[str]:
        told = []
        if self.ratio >= UNEQUAL:
            name, share = self.guess
            told += [
                f"Unequal classes: the largest is {self.ratio:.1f} times the smallest.",
                f"Always answering {name!r} is right for {share:.0%} of the test.",
            ]
        absent = [n for n, count in zip(self.classes, self.test_counts, strict=True) if not count]
        if absent:
            told.append(f"No test picture, so never judged: {', '.join(absent)}.")
        return [*told, *self._alike()]

    def _alike(self) -> list[str]:
        spelled: dict[str, list[str]] = {}
        for name in self.classes:
            spelled.setdefault(name.casefold(), []).append(name)
        return [
            f"Classes that differ only in capital letters: {', '.join(names)}."
            for names in spelled.values()
            if len(names) > 1
        ]

    def _split(self) -> list[str]:
        told = []
        if self.duplicates:
            groups = [" = ".join(group) for group in self.duplicates]
            told.append(f"The same picture more than once, kept on one side: {_some(groups)}.")
        if self.contradictions:
            groups = [" = ".join(group) for group in self.contradictions]
            told.append(f"The same picture in several classes, look at it: {_some(groups)}.")
        if self.removed:
            told.append(f"Left out of training, because also in the test: {_some(self.removed)}.")
        return told

    def _changes(self) -> list[str]:
        told = [
            f"{TREATED[kind][0].upper()}{TREATED[kind][1:]}: {_some(self.treated[kind])}."
            for kind in TREATED
            if kind in self.treated
        ]
        if self.brightest is not None and self.brightest * DARK < self.white:
            told.append(
                f"All 16-bit values are at most {self.brightest:,} of {self.white:,}, so these "
                f"pictures are nearly black; white={self.brightest} makes use of the whole range."
            )
        if self.enlarged:
            told.append(f"Smaller than {self.size} pixels, enlarged: {_some(self.enlarged)}.")
        if self.cut:
            told.append(f"More than half cut away to get a square: {_some(self.cut)}.")
        return told

    def _rest(self) -> list[str]:
        return [
            f"{title}: {_some([f'{name} ({why})' for name, why in found.items()])}."
            for title, found in (("Cannot be used", self.broken), ("Passed over", self.left_out))
            if found
        ]


def _some(names: Sequence[str]) -> str:
    """How many, and the first few."""
    shown = ", ".join(names[:NAMES_SHOWN])
    return f"{len(names):,}, {shown}{', ...' if len(names) > NAMES_SHOWN else ''}"
