"""Finds a bare read: a test that acts on a page and looks at its state without waiting.

A page answers an action when its scripts come to it, which on a busy machine is later than the
next line of a test. So between an action (``click``, ``press``, ``reload``, ``goto`` ...) and a
read (``inner_text``, ``count``, ``evaluate`` whose result is used ...) there has to be a wait:
``expect(...)``, ``wait_for_...``, or ``becomes``, ``stays``, ``settled`` of ``browser.py``. Calls
of functions and methods are followed, within the module and into those it imports from its
neighbours. A fixed pause is no wait and is a fault of its own. A script that only gives the page a
value under a global name is no action: nothing answers it.

The rule sees the order of calls, not their meaning: it cannot tell whether the wait is for what
is read next.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parents[1]
FOLDERS = (TESTS / "shared", TESTS / "site")
"""Where tests of pages find the helpers that they import by name."""


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ACTIONS = words(
    "click dblclick press press_sequentially fill clear type insert_text check uncheck set_checked "
    "select_option set_input_files tap hover focus blur drag_to dispatch_event reload goto go_back "
    "go_forward set_content set_viewport_size emulate_media bring_to_front set_offline "
    "down up move wheel"
)
READS = words(
    "inner_text text_content inner_html input_value get_attribute is_visible is_hidden is_checked "
    "is_enabled is_disabled is_editable all_inner_texts all_text_contents evaluate evaluate_all "
    "evaluate_handle eval_on_selector eval_on_selector_all bounding_box aria_snapshot "
    "query_selector query_selector_all element_handle element_handles storage_state"
)
READS_WITHOUT_ARGUMENTS = frozenset(("all", "count", "content", "title"))
"""Names that texts and lists have too, there with an argument or after another kind of name."""

READS_OF_PAGES = frozenset(("url",))
WAITS = frozenset(("becomes", "stays", "settled"))
PAUSES = frozenset(("wait_for_timeout", "sleep"))
PAGES = frozenset(("page", "play", "tab", "other", "fresh", "opened", "one", "two"))
"""Names under which tests hold a page."""
FIREFOX_ACTIONS = words("load press choose_file")
FIREFOX_READS = words("run")
FIREFOX_WAITS = words("wait")
"""Methods of ``firefox.py``. Other things have methods of these names, so the rule looks for them
on what a file calls ``Firefox`` in an annotation or gets from ``with firefox() as NAME``."""
HOLDS_PAGES = re.compile(r"^(from|import) (playwright|browser|firefox)\b", re.MULTILINE)
ONLY_KEEPS = re.compile(r"\((\w+)\) => \{ globalThis\.(?!location\b)\w+ = \1; \}")


@dataclass(frozen=True)
class Fault:
    """One bare read or one fixed pause."""

    line: int
    what: str


@dataclass
class Effect:
    """What a call of a function does: is an action left open, does it read before it waits?"""

    open_after_waited: bool = False
    open_after_action: bool = True
    reads_first: bool = False


NOTHING = Effect()


@dataclass
class Module:
    """The functions of a file and what calls of them do.

    ``methods`` are also those of the neighbours, ``foxes`` the names under which the file holds a
    Firefox, and ``browses`` tells whether it can hold a page at all.
    """

    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)
    methods: dict[str, Module] = field(default_factory=dict)
    foxes: frozenset[str] = frozenset()
    browses: bool = False
    imported: dict[str, tuple[Module, str]] = field(default_factory=dict)
    known: dict[str, Effect] = field(default_factory=dict)

    def effect(self, name: str) -> Effect | None:
        """Return what a call of ``name`` does, or None for a function of elsewhere."""
        if name in self.known:
            return self.known[name]
        if name in self.imported and name not in self.functions:
            module, own_name = self.imported[name]
            return module.effect(own_name)
        if name not in self.functions:
            return None
        self.known[name] = NOTHING  # what calls itself is looked at once
        waited, acted = (Reading(self, was_open) for was_open in (False, True))
        body = self.functions[name]
        ends = waited.run(body), acted.run(body)
        new = [fault for fault in acted.faults if fault not in waited.faults]
        self.known[name] = Effect(*ends, reads_first=bool(new))
        return self.known[name]


class Reading:
    """Goes through a function in the order in which it runs."""

    def __init__(self, module: Module, was_open: bool) -> None:
        self.module = module
        self.open = was_open
        self.ends: list[bool] = []
        self.faults: list[Fault] = []

    def run(self, function: ast.FunctionDef) -> bool:
        """Return whether an action is still open where the function ends or first yields."""
        self.block(function.body)
        return self.ends[0] if self.is_generator(function) else any([*self.ends, self.open])

    def is_generator(self, function: ast.FunctionDef) -> bool:
        return bool(self.ends) and any(isinstance(x, ast.Yield) for x in ast.walk(function))

    def block(self, statements: list[ast.stmt]) -> None:
        for statement in statements:
            self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        match node:
            case ast.FunctionDef() | ast.ClassDef():
                return
            case ast.Expr(value=ast.Call(func=ast.Attribute() as asked) as call) if (
                asked.attr == "evaluate" or self.is_fox(asked, FIREFOX_READS)
            ):
                self.inner(call)
                self.open |= not only_keeps(call)
            case ast.Assert():
                self.expression(node.test)
            case ast.Return():
                self.expression(node.value)
                self.ends.append(self.open)
            case ast.If():
                self.expression(node.test)
                self.fork(node.body, node.orelse)
            case ast.For() | ast.While():
                self.loop(node)
            case ast.With():
                for item in node.items:
                    self.expression(item.context_expr)
                self.block(node.body)
            case ast.Try():
                self.block(node.body)
                self.fork(node.orelse, *(handler.body for handler in node.handlers))
                self.block(node.finalbody)
            case _:
                self.expression(node)

    def fork(self, *ways: list[ast.stmt]) -> None:
        before, after = self.open, False
        for way in ways:
            self.open = before
            self.block(way)
            after |= self.open
        self.open = after

    def loop(self, node: ast.For | ast.While) -> None:
        """Go through the body twice: its end comes before its beginning."""
        before = self.open
        if isinstance(node, ast.For):
            self.expression(node.iter)
        for _ in range(2):
            if isinstance(node, ast.While):
                self.expression(node.test)
            self.block(node.body)
        self.open |= before
        self.block(node.orelse)

    def inner(self, node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            self.expression(child)

    def expression(self, node: ast.AST | None) -> None:
        match node:
            case None | ast.Lambda():
                return
            case ast.Yield():
                self.inner(node)
                self.ends.append(self.open)
                self.open = False
            case ast.Call():
                self.inner(node)
                self.call(node)
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if (
                attribute in READS_OF_PAGES and name in PAGES
            ):
                self.read(node, f"{name}.{attribute}")
            case ast.Attribute(value=ast.Attribute(attr="page"), attr=attribute) if (
                attribute in READS_OF_PAGES
            ):
                self.read(node, f"page.{attribute}")
            case _:
                self.inner(node)

    def read(self, node: ast.AST, what: str) -> None:
        if self.open:
            self.fault(node, f"{what} is read right after an action: wait for it")

    def fault(self, node: ast.AST, what: str) -> None:
        if (fault := Fault(node.lineno, what)) not in self.faults:
            self.faults.append(fault)

    def call(self, node: ast.Call) -> None:
        match node.func:
            case ast.Name(id="expect"):
                self.open = False
            case ast.Name(id=name) if name in WAITS:
                self.open = False
            case ast.Attribute(attr=name) | ast.Name(id=name) if name in PAUSES:
                self.fault(node, f"{name} is a fixed pause: wait for a condition")
            case ast.Attribute(attr=name) if name.startswith(("wait_for", "expect_")):
                self.open = False
            case ast.Attribute() as asked if self.is_fox(asked, FIREFOX_WAITS):
                self.open = False
            case ast.Attribute() as asked if self.is_fox(asked, FIREFOX_ACTIONS):
                self.open = True
            case ast.Attribute() as asked if self.is_fox(asked, FIREFOX_READS):
                self.read(node, f"{asked.attr}()")
            case ast.Attribute(attr=name) if name in ACTIONS:
                self.open = True
            case ast.Attribute(attr=name) if name in READS:
                self.read(node, f"{name}()")
            case ast.Attribute(attr=name) if name in READS_WITHOUT_ARGUMENTS:
                if not node.args:
                    self.read(node, f"{name}()")
            case ast.Name(id=name):
                self.follow(node, name, self.module.effect(name))
            case ast.Attribute(attr=name) if name in self.module.methods:
                self.follow(node, name, self.module.methods[name].effect(name))

    def is_fox(self, called: ast.Attribute, methods: frozenset[str]) -> bool:
        """Whether one of these methods of a Firefox is called."""
        held = called.value
        return (
            called.attr in methods and isinstance(held, ast.Name) and held.id in self.module.foxes
        )

    def follow(self, node: ast.Call, name: str, effect: Effect | None) -> None:
        if effect is None:
            return
        if effect.reads_first:
            self.read(node, f"{name}(), which looks at the page,")
        self.open = effect.open_after_action if self.open else effect.open_after_waited


def only_keeps(call: ast.Call) -> bool:
    """Whether a script does no more than keep its argument under a global name."""
    match call.args:
        case [ast.Constant(value=str(script)), _]:
            return bool(ONLY_KEEPS.fullmatch(script.strip()))
    return False


def module_of(source: str, folders: Sequence[Path] = FOLDERS) -> Module:
    """Read a file's functions, and those of its neighbours that it imports."""
    tree = ast.parse(source)
    module = Module({n.name: n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)})
    module.foxes = frozenset(foxes_of(tree))
    module.browses = bool(HOLDS_PAGES.search(source))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            neighbour = neighbour_of(node.module, tuple(folders))
            if neighbour is not None:
                take_from(module, neighbour, node.names)
        elif isinstance(node, ast.ClassDef):
            module.methods |= {n.name: module for n in node.body if isinstance(n, ast.FunctionDef)}
    return module


def take_from(module: Module, neighbour: Module, names: Sequence[ast.alias]) -> None:
    """Let a module know what it imports from a neighbour."""
    for name in names:
        if name.name in neighbour.functions or name.name in neighbour.imported:
            module.imported[name.asname or name.name] = (neighbour, name.name)
    module.methods = neighbour.methods | module.methods
    module.browses |= neighbour.browses


def foxes_of(tree: ast.AST) -> Iterator[str]:
    """Yield the names under which a file holds a Firefox."""
    for node in ast.walk(tree):
        match node:
            case ast.arg(arg=name, annotation=ast.Name(id="Firefox")):
                yield name
            case ast.withitem(
                context_expr=ast.Call(func=ast.Name(id="firefox")), optional_vars=ast.Name(id=name)
            ):
                yield name


@cache
def neighbour_of(name: str, folders: tuple[Path, ...]) -> Module | None:
    """The module of this name in the first of the folders that has it."""
    for folder in folders:
        if (path := folder / f"{name}.py").is_file():
            return module_of(path.read_text(encoding="utf-8"), folders)
    return None


def uses_a_browser(source: str, folders: Sequence[Path] = FOLDERS) -> bool:
    """Whether a file can hold a page, by itself or through a neighbour."""
    return module_of(source, folders).browses


def bare_reads(source: str, folders: Sequence[Path] = FOLDERS) -> Iterator[Fault]:
    """Yield the faults of a file in the order of its lines."""
    module = module_of(source, folders)
    faults: set[Fault] = set()
    for name, function in module.functions.items():
        if name in WAITS:
            continue
        given = (argument.arg for argument in function.args.args if argument.arg != name)
        effects = (effect_of_fixture(module, argument, tuple(folders)) for argument in given)
        began_open = any(effect.open_after_waited for effect in effects if effect)
        reading = Reading(module, began_open)
        reading.run(function)
        faults.update(reading.faults)
    yield from sorted(faults, key=lambda fault: (fault.line, fault.what))


def effect_of_fixture(module: Module, name: str, folders: tuple[Path, ...]) -> Effect | None:
    """What a fixture does, of the file itself or of the ``conftest.py`` beside it."""
    shared = neighbour_of("conftest", folders)
    return module.effect(name) or (shared.effect(name) if shared else None)
