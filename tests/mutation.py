"""Every small change that could be made to a Python module: which would the tests notice?

Answers "what could be wrong in this line without anyone seeing it?". A :class:`Mutant` is one
change of one expression or statement, with a name that outlives edits elsewhere in the file;
``tests/mutate.py`` makes it and runs tests. Left alone: docstrings, annotations, messages of
errors, sentences, and the arguments in :data:`HARMLESS`.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

COMPARE = {
    ast.Lt: ("<=", ">="), ast.LtE: ("<", ">"), ast.Gt: (">=", "<="), ast.GtE: (">", "<"),
    ast.Eq: ("!=",), ast.NotEq: ("==",), ast.Is: ("is not",), ast.IsNot: ("is",),
    ast.In: ("not in",), ast.NotIn: ("in",),
}  # fmt: skip
ARITHMETIC = {
    ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.FloorDiv: "*", ast.Mod: "*",
    ast.Pow: "*", ast.BitAnd: "|", ast.BitOr: "&", ast.MatMult: "*",
}  # fmt: skip
HARMLESS = frozenset(
    ["encoding", "strict", "help", "description", "prog", "metavar", "flush", "exist_ok", "parents",
     "match", "newline", "maxsize", "file"]
)  # fmt: skip
"""Keyword arguments whose loss changes no result that a test could see, or no result at all."""
NAME = re.compile(r"[a-zA-Z0-9][\w./:-]*")


@dataclass(frozen=True)
class Mutant:
    """One change.

    Attributes:
        where: module and function, ``utils/models/networks.py cifar_architecture``.
        line: where it begins, from 1.
        start, end: place in the source, in characters.
        old, new: what is there and what takes its place.
        says: the change in short where ``old`` and ``new`` are long.
        count: how many-th change of this name in this function, from 1.
    """

    where: str
    line: int
    start: int
    end: int
    old: str
    new: str
    says: str = ""
    count: int = 1

    @property
    def name(self) -> str:
        """What it is called in reports and in the file of those set aside."""
        again = f" #{self.count}" if self.count > 1 else ""
        change = self.says or f"{brief(self.old)} => {brief(self.new)}"
        return f"{self.where}: {change}{again}"

    def applied(self, source: str) -> str:
        """The source with the change made."""
        return source[: self.start] + self.new + source[self.end :]


def brief(text: str) -> str:
    """One line of at most 90 characters."""
    line = " ".join(text.split())
    return line if len(line) <= 90 else f"{line[:60]}...{line[-25:]}"


class Finder(ast.NodeVisitor):
    """Collects the changes of one module."""

    def __init__(self, source: str, module: str) -> None:
        self.source, self.module = source, module
        self.starts = [0]
        for line in source.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))
        self.lines = source.splitlines()
        self.path: list[str] = []
        self.found: list[Mutant] = []

    # Places -----------------------------------------------------------------------------------

    def offset(self, line: int, byte: int) -> int:
        text = self.lines[line - 1].encode()[:byte].decode()
        return self.starts[line - 1] + len(text)

    def span(self, node: ast.AST) -> tuple[int, int]:
        start = self.offset(node.lineno, node.col_offset)
        return start, self.offset(node.end_lineno, node.end_col_offset)

    def text(self, node: ast.AST) -> str:
        start, end = self.span(node)
        return self.source[start:end]

    def is_placed(self, node: ast.expr) -> bool:
        """Whether the place is right; before Python 3.12 it is not within some f-strings."""
        try:
            again = ast.parse(f"({self.text(node)})", mode="eval").body
        except (SyntaxError, ValueError):
            return False
        return ast.dump(again) == ast.dump(node)

    def add(self, node: ast.AST, new: str, says: str = "") -> None:
        start, end = self.span(node)
        where = f"{self.module} {'.'.join(self.path) or 'module'}"
        old = self.source[start:end]
        self.found.append(Mutant(where, node.lineno, start, end, old, new, says))

    # Statements -------------------------------------------------------------------------------

    def enter(self, node: ast.FunctionDef | ast.ClassDef) -> None:
        self.path.append(node.name)
        body = node.body[1:] if ast.get_docstring(node) is not None else node.body
        if isinstance(node, ast.FunctionDef):
            for default in [*node.args.defaults, *node.args.kw_defaults]:
                if default is not None:
                    self.visit(default)
        for child in body:
            self.visit(child)
        self.path.pop()

    visit_FunctionDef = enter
    visit_ClassDef = enter

    def visit_Module(self, node: ast.Module) -> None:
        for child in node.body:
            if not is_main_guard(child):
                self.visit(child)

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Constant):
            return  # a docstring of a constant
        if isinstance(node.value, ast.Call):
            self.add(node, "pass")
        self.visit(node.value)

    def visit_Raise(self, node: ast.Raise) -> None:
        self.add(node, "pass")  # the words of the error are not changed

    def visit_Assign(self, node: ast.Assign) -> None:
        if isinstance(node.targets[0], ast.Attribute | ast.Subscript) and self.path:
            self.add(node, "pass")
        self.visit(node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        sign = ARITHMETIC.get(type(node.op))
        if sign:
            self.add(node, f"{self.text(node.target)} {sign}= {self.text(node.value)}")
        self.visit(node.value)

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is None:
            return
        if not (isinstance(node.value, ast.Constant) and node.value.value is None):
            self.add(node, "return None")
        self.visit(node.value)

    def visit_Continue(self, node: ast.Continue) -> None:
        self.add(node, "break")

    def visit_Break(self, node: ast.Break) -> None:
        self.add(node, "continue")

    def visit_If(self, node: ast.If) -> None:
        if self.text(node.test) == "TYPE_CHECKING":
            return
        if not isinstance(node.test, ast.Compare | ast.NamedExpr):
            self.negate(node.test)
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        if not isinstance(node.test, ast.Compare) and self.is_placed(node.test):
            self.negate(node.test)
        self.generic_visit(node)

    def negate(self, test: ast.expr) -> None:
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            return  # the lost "not" is a change of its own
        self.add(test, f"(not ({self.text(test)}))")

    # Expressions ------------------------------------------------------------------------------

    def visit_Compare(self, node: ast.Compare) -> None:
        if self.is_placed(node):
            sides = [node.left, *node.comparators]
            for place, op in enumerate(node.ops):
                between = (self.span(sides[place])[1], self.span(sides[place + 1])[0])
                old = self.source[slice(*between)]
                sign = next(s for s in (signs_of(op)) if s in old)
                for new in COMPARE[type(op)]:
                    start, end = self.span(node)
                    changed = (
                        self.source[start : between[0]]
                        + old.replace(sign, new, 1)
                        + self.source[between[1] : end]
                    )
                    self.add(node, changed)
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        sign = ARITHMETIC.get(type(node.op))
        words = [side for side in (node.left, node.right) if is_words(side)]
        if sign and not words and self.is_placed(node):
            # Keep what stands between: a bracket may close before the sign and open after it.
            start, end = self.span(node)
            left, right = self.span(node.left)[1], self.span(node.right)[0]
            old = self.source[left:right]
            new = re.sub(r"\*\*|//|[-+*/%&|@]", sign, old, count=1)
            self.add(node, self.source[start:left] + new + self.source[right:end])
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        if self.is_placed(node):
            old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
            start, end = self.span(node)
            left, right = self.span(node.values[0])[1], self.span(node.values[1])[0]
            changed = self.source[left:right].replace(old, new, 1)
            if len(node.values) == 2:
                self.add(node, self.source[start:left] + changed + self.source[right:end])
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not | ast.USub) and self.is_placed(node):
            self.add(node, f"({self.text(node.operand)})")
        if not isinstance(node.operand, ast.Constant):
            self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if not self.is_placed(node):
            return
        value = node.value
        if isinstance(value, bool):
            self.add(node, str(not value))
        elif isinstance(value, int):
            self.add(node, str(value + 1))
        elif isinstance(value, float):
            self.add(node, repr(value * 2 if value else 1.0))
        elif isinstance(value, str) and NAME.fullmatch(value):
            self.add(node, repr(value + "x"))

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit(part.value)

    def visit_Call(self, node: ast.Call) -> None:
        if self.is_placed(node):
            for keyword in node.keywords:
                if keyword.arg is not None and keyword.arg not in HARMLESS:
                    self.drop(node, keyword)
        self.visit(node.func)
        for argument in node.args:
            self.visit(argument)
        for keyword in node.keywords:
            if keyword.arg not in HARMLESS:
                self.visit(keyword.value)

    def drop(self, call: ast.Call, keyword: ast.keyword) -> None:
        """Leave one argument out, with the comma behind it or else the one before it."""
        start, end = self.span(call)
        left, right = self.span(keyword)
        before, after = self.source[start:left], self.source[right:end]
        if re.match(r"\s*,", after):
            after = re.sub(r"^\s*, *", "", after)
        else:
            before = re.sub(r",\s*$", "", before)
        says = f"{brief(self.text(call.func))}(...) without {brief(self.text(keyword))}"
        self.add(call, before + after, says)


def signs_of(op: ast.cmpop) -> tuple[str, ...]:
    """How an operator of comparison is written."""
    return {
        ast.Lt: ("<",), ast.LtE: ("<=",), ast.Gt: (">",), ast.GtE: (">=",), ast.Eq: ("==",),
        ast.NotEq: ("!=",), ast.Is: ("is",), ast.IsNot: ("is not",), ast.In: ("in",),
        ast.NotIn: ("not in",),
    }[type(op)]  # fmt: skip


def is_words(node: ast.expr) -> bool:
    """Whether it is text, which is joined and not added."""
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def is_main_guard(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "__name__" in ast.dump(node.test)


def mutants(source: str, module: str) -> list[Mutant]:
    """Every change of a module that still compiles, in the order of its lines."""
    finder = Finder(source, module)
    tree = ast.parse(source)
    finder.visit(tree)
    statements = [statement_span(node, finder) for node in tree.body]
    return sorted(numbered(finder.found, source, statements), key=lambda m: (m.start, m.end, m.new))


def statement_span(node: ast.stmt, finder: Finder) -> tuple[int, int]:
    """Where a statement of a module begins, with its decorators, and ends."""
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    return finder.starts[first - 1], finder.span(node)[1]


def numbered(
    found: list[Mutant], source: str, statements: list[tuple[int, int]]
) -> Iterator[Mutant]:
    """The same with counts where one function has equal changes; none that does not compile.

    Only the changed statement of the module is compiled: all of it takes ten times as long.
    """
    seen: Counter[str] = Counter()
    for mutant in sorted(found, key=lambda m: (m.start, m.end)):
        start, end = next(span for span in statements if span[0] <= mutant.start < span[1])
        try:
            changed = source[start : mutant.start] + mutant.new + source[mutant.end : end]
            compile(changed, mutant.where, "exec")
        except (SyntaxError, ValueError):
            continue
        seen[mutant.name] += 1
        yield Mutant(**{**vars(mutant), "count": seen[mutant.name]})
