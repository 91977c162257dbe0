"""A page that holds the playground's engine and nothing else, and trainings in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict

from browser import ROOT, settled, watched
from playwright.sync_api import Browser, Page

from utils.miniatures.playground import Settings, digits

STATIC = ROOT / "book" / "_static" / "playground"
SCRIPTS = ("kernels", "random", "layers", "engine", "session")
SITE = "https://book.example/"
WASM = "script-src 'unsafe-inline' 'wasm-unsafe-eval'"
NO_WASM = "script-src 'unsafe-inline'"
"""Policies of content: under the second the browser refuses WebAssembly, as it does to readers."""
COURSE = """({settings, steps, deepen, more}) => {
    const session = new ResNetSession.Session(settings, digits);
    const shown = {plain: [], residual: []};
    const train = (count) => {
        for (let step = 0; step < count && !session.finished; step += 1) {
            const going = ResNetSession.KINDS.filter((kind) => !session.runs[kind].stopped);
            session.step();
            for (const kind of going) shown[kind].push(session.runs[kind].last);
        }
    };
    train(steps);
    if (deepen) {
        session.deepen(deepen);
        for (const kind of ResNetSession.KINDS) shown[kind] = [];
        train(more);
    }
    const courses = {errors: session.errors};
    for (const kind of ResNetSession.KINDS) {
        courses[kind] = {stopped: session.runs[kind].stopped};
        for (const what of ["loss", "gradients", "responses"])
            courses[kind][what] = shown[kind].map((step) => step[what]);
    }
    return courses;
}"""


def images() -> dict[str, object]:
    """The digits as the page gives them to the place of training."""
    have = digits()
    return {
        "train": have.train_images.reshape(-1).tolist(),
        "trainLabels": have.train_labels.tolist(),
        "test": have.test_images.reshape(-1).tolist(),
        "testLabels": have.test_labels.tolist(),
        "mean": have.mean,
        "sd": have.sd,
        "shown": [0, 1, 2, 3, 4, 5],
    }


@contextmanager
def engine_page(
    browser: Browser, *more: str, policy: str = WASM, scripts: Iterable[str] = SCRIPTS
) -> Iterator[Page]:
    """An empty page under a policy of content, with the engine's scripts and ``digits``."""
    with watched(browser) as page:
        html = "<!doctype html><html lang=en><meta charset=utf-8><title>Engine</title>"
        page.route(
            f"{SITE}**",
            lambda route: route.fulfill(
                body=html, content_type="text/html", headers={"Content-Security-Policy": policy}
            ),
        )
        page.goto(SITE)
        settled(page)
        for name in (*scripts, *more):
            page.add_script_tag(content=(STATIC / f"{name}.js").read_text(encoding="utf-8"))
        page.evaluate("(images) => { globalThis.digits = images; }", images())
        yield page


def courses(page: Page, settings: Settings, steps: int, **deeper: int) -> Mapping[str, dict]:
    """What plain and residual networks showed in the page.

    Args:
        page: of :func:`engine_page`.
        settings, steps: of the training.
        deeper: ``deepen`` to so many blocks after it, and train ``more`` steps.

    Returns:
        ``errors``, and for "plain" and "residual" the ``loss``, ``gradients`` and ``responses`` of
        each step, and ``stopped``.
    """
    return page.evaluate(COURSE, {"settings": asdict(settings), "steps": steps, **deeper})
