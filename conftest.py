"""Settings shared by all tests and by the notebooks that pytest runs."""

import ast
import os
import random
import shutil
import tempfile
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from coverage import Coverage
from shared_trainings import VARIABLE, environment

from utils.notebook.stills import restore

pytest_plugins = ["kernel_start", "slow_list", "threads"]
ROOT = Path(__file__).parent

# Notebook kernels inherit these: no network, no progress bars in outputs, `utils` importable.
os.environ["RESNET_BOOK_OFFLINE"] = "1"
os.environ["RESNET_BOOK_PROGRESS"] = "0"
OURS = {"PYTHONPATH": str(ROOT), VARIABLE: ""}
os.environ.update(OURS)

# The header names the number, so that an order that fails can be repeated. Parallel workers
# inherit it: they must all collect the same order.
ORDER = os.environ.setdefault("RESNET_BOOK_ORDER", str(random.randrange(10_000)))

# What notebooks train is kept here for the tests that need the same trainings. Parallel workers
# inherit the folder, and the process that made it takes it away.
FIRST = "RESNET_BOOK_SHARED" not in os.environ
if FIRST:
    os.environ["RESNET_BOOK_SHARED"] = tempfile.mkdtemp(prefix="trainings-")
KEPT = os.environ["RESNET_BOOK_SHARED"]

# One thread each: parallel workers that all use every core are slower than one.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"

LONGEST = (
    "test_site.py",
    "test_from_a_file.py",
    "test_zoomed_pages.py",
    "test_epub.py",
    "test_pdf.py",
    "test_slides_page.py",
    "test_dependencies.py",
    "test_question_pages.py",
    "test_colab.py",  # takes trainings from the notebooks, which have kept them by then
    "test_fuzz.py",
    "test_missing_script.py",
    "test_playground_page.py",
    "test_lesion_lab_page.py",
    "test_playground_engine.py",
    "test_other_front_ends.py",
    "test_later_page.py",
    "test_full_path.py",
    "test_training.py",
    "test_firefox.py",
    "test_record.py",
    "test_following.py",
    "test_install.py",
    "test_distributed.py",
    "test_search_page.py",
    "test_explorables_page.py",
    "test_first_cell.py",
    "test_store.py",
    "test_models.py",
    "test_reader.py",
    "test_cards_kept_page.py",
    "test_cards_page.py",
    "test_question_progress_page.py",
    "test_practice_page.py",
    "test_questions.py",
    "test_glossary_page.py",
    "test_transfer.py",
    "test_playground_experiments_page.py",
    "test_clinic.py",
    "test_stochastic_depth.py",
    "test_gradient_page.py",
    "test_lesion_lab.py",
    "test_glossary.py",
)
"""Files to begin with after the notebooks, the longest first by the table at the end of a run, so
that no worker starts on one at the end."""

PROCESSES = {"subprocess", "fresh", "multiprocessing"}
SITE = ROOT / "tests" / "site"
"""What needs a browser or a built book stands here, and nothing else does."""
QUICK_CPU_S = 3.0
"""What a test of ``make check`` may use of the processor; more: a mark, or ``slow_list.py``."""

SHOWN_FILES = 40


def pytest_configure(config: pytest.Config) -> None:
    _end_the_first_coverage()
    config.addinivalue_line("markers", "slow: trains or starts programs; not in make check")
    config.addinivalue_line("markers", "quick: starts a program and is still in make check")
    config.addinivalue_line("markers", "book: needs a browser or the built book; not in make check")


def _end_the_first_coverage() -> None:
    """In a parallel worker pytest-cov starts twice, and goes on with the first where it pauses."""
    if "PYTEST_XDIST_WORKER" in os.environ and (first := Coverage.current()):
        first.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item):
    """Follow no lines where the browser runs the pages: all Python is several times slower then."""
    coverage = Coverage.current() if item.get_closest_marker("book") else None
    if coverage:
        coverage.stop()
    try:
        return (yield)
    finally:
        if coverage:
            coverage.start()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="what needs neither book nor browser")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """What needs a browser or a built book is not even imported."""
    return True if config.getoption("--quick") and collection_path == SITE else None


def pytest_report_header() -> str:
    return f"notebooks in the order of RESNET_BOOK_ORDER={ORDER}"


@cache
def mentions(path: Path) -> dict[str, frozenset[str]]:
    """What each function or constant of a test file names, with what those name in turn."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    direct: dict[str, set[str]] = {}
    for node in tree.body:
        named = {x.id for x in ast.walk(node) if isinstance(x, ast.Name)}
        named |= {a.arg for x in ast.walk(node) if isinstance(x, ast.arguments) for a in x.args}
        for name in _defined_by(node):
            direct.setdefault(name, set()).update(named)
    return {name: _reached(name, direct) for name in direct}


def _defined_by(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [
            x.id for target in node.targets for x in ast.walk(target) if isinstance(x, ast.Name)
        ]
    return []


def _reached(name: str, direct: dict[str, set[str]]) -> frozenset[str]:
    seen, waiting = {name}, [name]
    while waiting:
        for other in direct.get(waiting.pop(), set()) - seen:
            seen.add(other)
            waiting.append(other)
    return frozenset(seen)


def _compare_what_is_ours(item: pytest.Item) -> None:
    """Compare what a notebook says, not what a library warns of in its latest release.

    Warnings go to stderr, and no notebook stores that. An exception fails a cell all the same.
    """
    skipped = getattr(item.parent, "skip_compare", None)
    if skipped is not None and "stderr" not in skipped:
        item.parent.skip_compare = (*skipped, "stderr")


def _compare_figures(item: pytest.Item) -> None:
    """A cell shows a figure, the notebook has its photograph: compare the figures."""
    cell = getattr(item, "cell", None)
    if cell is not None:
        restore({"cells": [cell]}, item.path.parent)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what ``make check`` leaves out, by what the test asks for and what its code names."""
    _compare_what_is_ours(item)
    _compare_figures(item)
    if item.path.suffix == ".ipynb":
        item.add_marker("slow")
    if item.path.is_relative_to(SITE):
        item.add_marker("book")
    if item.path.suffix == ".ipynb" or item.get_closest_marker("quick"):
        return
    fixtures = set(getattr(item, "fixturenames", ()))
    function = getattr(item, "originalname", None) or item.name
    named = mentions(item.path).get(function, frozenset()) | fixtures
    if named & PROCESSES:
        item.add_marker("slow")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Notebooks first, in another order each time: none needs another. Then the longest files."""
    if config.getoption("--quick"):
        left_out = {
            x for x in items if x.get_closest_marker("slow") or x.get_closest_marker("book")
        }
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]
    notebooks = sorted({item.path for item in items if item.path.suffix == ".ipynb"})
    random.Random(ORDER).shuffle(notebooks)
    rank = {path: place - len(notebooks) for place, path in enumerate(notebooks)}
    ranked = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path, ranked.get(item.path.name, len(ranked))))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Notebooks share what they train; no other process of a test does unless it asks."""
    notebook = item.path.suffix == ".ipynb"
    os.environ.update(environment("keep", KEPT, ROOT) if notebook else OURS)


def pytest_unconfigure(config: pytest.Config) -> None:
    if FIRST:
        shutil.rmtree(KEPT, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item):
    began = sum(os.times()[:4])
    result = yield
    used = sum(os.times()[:4]) - began
    option = item.config.getoption
    if option("--quick") and not option("--find-slow") and used > QUICK_CPU_S:
        advice = "mark it with @pytest.mark.slow, or run pytest --find-slow -n 2 tests"
        pytest.fail(f"used {used:.1f} s of the processor: {advice}", False)
    return result


def pytest_terminal_summary(terminalreporter) -> None:
    """Print which files took how long, the slowest first."""
    seconds: Counter[str] = Counter()
    tests: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if hasattr(report, "duration") and hasattr(report, "when"):
                file = report.nodeid.partition("::")[0]
                seconds[file] += report.duration
                tests[file] += report.when == "call"
    if len(seconds) < 2:
        return
    terminalreporter.section("seconds by file, all workers together")
    for file, spent in seconds.most_common(SHOWN_FILES):
        terminalreporter.write_line(f"{spent:8.1f}  {tests[file]:5d} tests  {file}")
    rest = sum(spent for _, spent in seconds.most_common()[SHOWN_FILES:])
    others = max(len(seconds) - SHOWN_FILES, 0)
    terminalreporter.write_line(f"{rest:8.1f}  in {others} other files")
    terminalreporter.write_line(f"{seconds.total():8.1f}  together")
