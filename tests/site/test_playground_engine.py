"""The playground computes in the browser what PyTorch computes, within its memory and its time."""

from __future__ import annotations

import base64
import itertools
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import cache

import numpy as np
import pytest
import torch
from browser import settled
from playground_page import NO_WASM, courses, engine_page
from playwright.sync_api import Browser, Page

from utils.miniatures import playground
from utils.miniatures.playground import (
    MOMENTA,
    NORMALISATIONS,
    RATES,
    STARTS,
    WIDTHS,
    Course,
    Net,
    Settings,
)

STEPS = 50
LOSS, GRADIENT = 1e-4, 1e-3
"""Largest relative gaps between the page and PyTorch."""
PARTED = 1e-6
"""From this gap on between two runs of PyTorch, rounding decides what they show."""
FEWEST = 3
"""Steps that are compared even there."""
KINDS = {"plain": False, "residual": True}
SIZES = (2, 3, 4, 5, 6)
DEEP = (
    Settings(20, 32, "batch", "he", 0.03, 0.9),
    Settings(20, 16, "layer", "he", 0.01, 0.9, 3),
    Settings(20, 8, "none", "zero", 0.01, 0.9, 1),
    Settings(30, 8, "none", "identity", 0.003, 0.5, 9999),
    Settings(30, 8, "layer", "zero", 0.03, 0.0, 12),
    Settings(1, 64, "batch", "pytorch", 0.1, 0.9, 5),
    Settings(20, 64, "none", "he", 0.03),
    Settings(20, 64, "none", "identity", 0.03),
    Settings(4, 64, "none", "pytorch", 3.0),
)
"""Of the last three, the residual networks soon compute with what is no number."""


def shallow() -> Iterator[Settings]:
    """Each start with each normalisation, four times: see the test of what they cover."""
    names = itertools.product(enumerate(NORMALISATIONS), enumerate(STARTS), range(4))
    for (n, normalisation), (s, start), turn in names:
        yield Settings(
            SIZES[(s + n + turn) % 5],
            WIDTHS[(turn + s) % 4],
            normalisation,
            start,
            RATES[(turn + 4 * (s + n)) % 8],
            MOMENTA[(turn + s) % 3],
            17 * (4 * n + s) + turn,
        )


TABLE = (*shallow(), *DEEP)
EACH = [(settings, kind) for settings in TABLE for kind in KINDS]


def test_the_table_covers_every_choice_and_every_pair_that_matters():
    assert len(set(TABLE)) == len(TABLE) >= 48
    for names, choices in {
        ("normalisation", "start", "momentum"): (NORMALISATIONS, STARTS, MOMENTA),
        ("normalisation", "rate"): (NORMALISATIONS, RATES),
        ("start", "rate"): (STARTS, RATES),
        ("normalisation", "width"): (NORMALISATIONS, WIDTHS),
        ("start", "width"): (STARTS, WIDTHS),
    }.items():
        seen = {tuple(getattr(settings, name) for name in names) for settings in TABLE}
        assert set(itertools.product(*choices)) <= seen, names
    assert {1, 20, playground.MOST_BLOCKS} <= {settings.blocks for settings in TABLE}


# Equal to PyTorch ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def engine(chromium: Browser) -> Iterator[Page]:
    with engine_page(chromium) as page:
        yield page


@pytest.fixture(scope="module")
def shown(engine: Page) -> dict[Settings, dict]:
    """What each setting of the table showed in the page."""
    return {settings: courses(engine, settings, STEPS) for settings in TABLE}


@cache
def torch_course(settings: Settings, kind: str) -> Course:
    return playground.run(settings, STEPS, residual=KINDS[kind])


@cache
def disturbed_course(settings: Settings, kind: str) -> Course:
    """The same with first weights that differ in the last place or two."""
    net = Net(settings, KINDS[kind])
    noise = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weights in net.parameters():
            draw = torch.randn(weights.shape, generator=noise, dtype=torch.float64)
            weights *= 1 + 1e-15 * draw
    return playground.run(settings, STEPS, residual=KINDS[kind], net=net)


def gaps(found: list, expected: list) -> np.ndarray:
    """Largest relative gap of each step; those that are no numbers agree with each other."""
    rows = []
    for one, other in zip(found, expected, strict=False):
        a, b = np.atleast_1d(np.asarray(one, float)), np.atleast_1d(np.asarray(other, float))
        both = np.isfinite(a) & np.isfinite(b)
        gap = np.zeros_like(b)
        gap[both] = np.abs(a[both] - b[both]) / np.maximum(np.abs(b[both]), 1e-12)
        gap[np.isfinite(a) != np.isfinite(b)] = math.inf
        rows.append(gap.max())
    return np.array(rows)


@dataclass(frozen=True)
class Compared:
    """How far a page's training was compared with PyTorch's, and the largest gaps up to there."""

    steps: int
    whole: bool
    loss: float
    gradient: float


@cache
def steps_that_hold(settings: Settings, kind: str) -> int:
    """Steps before rounding alone moves the loss or a gradient of PyTorch."""
    once, again = torch_course(settings, kind), disturbed_course(settings, kind)
    moved = gaps(again.losses, once.losses) > PARTED
    moved |= gaps(again.gradients, once.gradients) > PARTED * GRADIENT / LOSS
    return int(np.argmax(moved)) if moved.any() else len(moved)


def compare(shown: dict, settings: Settings, kind: str) -> Compared:
    course, ours = torch_course(settings, kind), shown[settings][kind]
    loss, gradient = gaps(ours["loss"], course.losses), gaps(ours["gradients"], course.gradients)
    length = max(len(course.losses), len(ours["loss"]))
    steps = length
    if len(loss) < length or loss.max() > LOSS or gradient.max() > GRADIENT:
        steps = max(FEWEST, steps_that_hold(settings, kind))
    loss, gradient = loss[:steps], gradient[:steps]
    return Compared(steps, steps == length, loss.max(), gradient.max())


@pytest.mark.parametrize(("settings", "kind"), EACH, ids=[f"{s.address}-{k}" for s, k in EACH])
def test_losses_and_gradients_are_those_of_pytorch(shown, settings, kind):
    compared = compare(shown, settings, kind)
    assert compared.loss <= LOSS, compared
    assert compared.gradient <= GRADIENT, compared


SINGLE = """({settings, residual, steps}) => {
    const unpacked = (text) => new Float64Array(
        Uint8Array.from(atob(text), (one) => one.charCodeAt(0)).buffer);
    const net = new ResNetEngine.Net(settings, residual, 64, 10);
    return steps.map(({weights, inputs, labels}) => {
        const values = unpacked(weights);
        let at = 0;
        for (const {values: own} of net.all) {
            own.set(values.subarray(at, at + own.length));
            at += own.length;
        }
        const {loss, gradients} = net.step(unpacked(inputs), labels);
        return {loss, gradients, whole: at === values.length};
    });
}"""


def packed(values: torch.Tensor) -> str:
    return base64.b64encode(values.detach().numpy().tobytes()).decode()


def as_in_the_page(net: Net) -> torch.Tensor:
    """All parameters in the order of the page: matrices turned, the head filled up with zeros."""
    parts = []
    for name, values in net.named_parameters():
        own = values.detach().clone()
        if name == "head.weight":
            own = torch.nn.functional.pad(own, (0, 0, 0, -len(own) % 4))
        parts.append(own.T.reshape(-1) if own.ndim == 2 else own)
    return torch.cat(parts)


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        (Settings(20, 32, "batch", "he", 0.03, 0.9), "plain"),
        (Settings(20, 16, "batch", "identity", 1.0, 0.9), "residual"),
        (Settings(6, 16, "layer", "pytorch", 0.3, 0.9, 7), "plain"),
    ],
    ids=str,
)
def test_where_rounding_grows_each_single_step_agrees(engine: Page, settings: Settings, kind: str):
    """Every step begins with PyTorch's weights here, so that no earlier rounding counts."""
    have, course = playground.digits(), Course(Net(settings, KINDS[kind]))
    course.net.train()
    optimiser = torch.optim.SGD(
        course.net.parameters(), lr=settings.rate, momentum=settings.momentum
    )
    steps = []
    for places in itertools.islice(playground.batches(settings), STEPS):
        inputs, labels = have.inputs(have.train_images[places]), have.train_labels[places]
        weights = packed(as_in_the_page(course.net))
        steps.append({"weights": weights, "inputs": packed(inputs), "labels": labels.tolist()})
        playground.step(course, inputs, torch.from_numpy(labels), optimiser)
    asked = {"settings": asdict(settings), "residual": KINDS[kind], "steps": steps}
    found = engine.evaluate(SINGLE, asked)
    assert all(step["whole"] for step in found)
    assert gaps([step["loss"] for step in found], course.losses).max() <= LOSS
    assert gaps([step["gradients"] for step in found], course.gradients).max() <= GRADIENT


def test_most_settings_are_compared_to_the_last_step(shown):
    whole = {each: compare(shown, *each) for each in EACH}
    cut = {f"{s.address} {kind}": c.steps for (s, kind), c in whole.items() if not c.whole}
    print(f"compared to the end: {len(EACH) - len(cut)} of {len(EACH)}; the others:", cut)
    worst = max((c for c in whole.values() if c.whole), key=lambda c: c.loss)
    print(f"largest gaps of those: loss {worst.loss:.1e}")
    assert len(cut) < len(EACH) / 5


def test_a_training_that_is_cut_short_is_one_that_rounding_moves(shown):
    for settings, kind in EACH:
        if not compare(shown, settings, kind).whole:
            assert steps_that_hold(settings, kind) < STEPS


def test_responses_are_those_of_pytorch(shown):
    for settings, kind in EACH:
        compared = compare(shown, settings, kind)
        course, ours = torch_course(settings, kind), shown[settings][kind]
        gap = gaps(ours["responses"], course.responses)[: compared.steps]
        assert gap.max() <= GRADIENT, (settings, kind)


def test_errors_are_those_of_pytorch(shown):
    """Shares of wrong answers in evaluation mode, at the start and after each epoch."""
    counted = 0
    for settings, kind in EACH:
        if not compare(shown, settings, kind).whole:
            continue
        course = torch_course(settings, kind)
        for seen in shown[settings]["errors"]:
            if seen["step"] in course.errors:
                counted += 1
                ours = (seen[kind]["train"], seen[kind]["test"])
                assert ours == pytest.approx(course.errors[seen["step"]], abs=1e-12)
    assert counted > 200


def test_a_training_stops_where_pytorchs_does_and_names_the_block(shown):
    stopped = 0
    for settings, kind in EACH:
        if not compare(shown, settings, kind).whole:
            continue
        course, ours = torch_course(settings, kind), shown[settings][kind]
        if math.isfinite(course.losses[-1]):
            assert ours["stopped"] is None
            continue
        stopped += 1
        finite = np.isfinite(course.responses[-1])
        block = 0 if finite.all() else 1 + int(np.argmin(finite))
        assert ours["stopped"] == {"step": len(course.losses), "block": block}
    assert stopped >= 3


@pytest.mark.parametrize("start", STARTS)
def test_a_deepened_training_is_that_of_pytorch(engine, start):
    settings = Settings(2, 16, "none", start, 0.01, 0.9, 8)
    found = courses(engine, settings, 30, deepen=9, more=25)
    for kind, residual in KINDS.items():
        net = playground.deepened(playground.run(settings, 30, residual=residual).net, 9)
        course = playground.run(net.settings, 25, residual=residual, net=net)
        assert gaps(found[kind]["loss"], course.losses).max() <= LOSS
        assert gaps(found[kind]["gradients"], course.gradients).max() <= GRADIENT
        first = found["errors"][0][kind]
        assert (first["train"], first["test"]) == pytest.approx(course.errors[0], abs=1e-12)


@pytest.mark.parametrize("normalisation", ["batch", "layer"])
def test_with_normalisation_the_page_does_not_deepen(engine, normalisation):
    settings = replace(DEEP[0], blocks=2, normalisation=normalisation)
    said = engine.evaluate(
        """(settings) => {
            const session = new ResNetSession.Session(settings, digits);
            try { session.deepen(9); } catch (problem) { return problem.message; }
        }""",
        vars(settings),
    )
    assert "does not pass its input on" in said


# Without WebAssembly ---------------------------------------------------------------------------


def test_without_webassembly_the_page_computes_the_same(chromium, shown):
    some = [settings for settings in TABLE[::9] if settings.blocks < 20]
    with engine_page(chromium, policy=NO_WASM) as page:
        refused = page.evaluate("() => { try { ResNetKernels(); } catch { return true; } }")
        assert refused
        for settings in some:
            found = courses(page, settings, STEPS)
            for kind in KINDS:
                for what in ("loss", "gradients", "responses", "stopped"):
                    np.testing.assert_equal(found[kind][what], shown[settings][kind][what])
            assert found["errors"] == shown[settings]["errors"]


# Memory and speed ------------------------------------------------------------------------------


def test_the_largest_networks_need_less_than_sixty_megabytes(chromium: Browser):
    """In a page of their own, as readers have it: what other tests left behind is not counted."""
    with engine_page(chromium) as page:
        bytes_used = page.evaluate(
            """(settings) => {
                const session = new ResNetSession.Session(settings, digits);
                for (let step = 0; step < 3; step += 1) session.step();
                const arenas = ResNetSession.KINDS.map((kind) => session.runs[kind].net.arena);
                const images = [session.images, session.tested[0], session.shown, session.batch];
                const apart = [...arenas.map((arena) => arena.buffer), ...images];
                const sum = apart.reduce((all, one) => all + one.byteLength, 0);
                const spare = arenas.every((arena) => arena.used <= arena.buffer.byteLength);
                return {sum, spare, heap: performance.memory.usedJSHeapSize};
            }""",
            vars(Settings(playground.MOST_BLOCKS, max(WIDTHS), "batch")),
        )
        settled(page)
    assert bytes_used["spare"]
    print(f"{bytes_used['sum'] / 1e6:.1f} MB of numbers, {bytes_used['heap'] / 1e6:.1f} MB of heap")
    assert bytes_used["sum"] + bytes_used["heap"] < 60e6


def test_twenty_blocks_of_both_networks_train_fast_enough_to_watch(engine):
    """The best of many single steps, since other work may interrupt most of them.

    The bound is a twentieth of what an idle core does: a niced run beside ten others made 19 steps.
    """
    fastest = engine.evaluate(
        """(settings) => {
            const session = new ResNetSession.Session(settings, digits);
            let least = Infinity;
            for (let turn = 0; turn < 150; turn += 1) {
                const start = performance.now();
                session.step();
                least = Math.min(least, performance.now() - start);
            }
            return 1e3 / least;
        }""",
        vars(Settings(20, 32, "batch", "he", 0.001)),
    )
    print(f"{fastest:.0f} steps of both networks in a second")
    assert fastest > 4
