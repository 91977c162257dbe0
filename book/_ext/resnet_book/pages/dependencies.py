"""What does a page depend on? One answer for every directive and role: :func:`depends_on`.

    depends_on(self.env, DRAWN[name])          # a function: its module
    depends_on(self.env, chapters)             # a module
    depends_on(self.env, claims.DATA)          # a file, a folder or a pattern

A module stands for its own file, for every module of this repository that it imports, directly or
not, and for what all these read. What a module reads are the paths among its constants: a file, or
a folder with all that is in it. A module that reads something else, or a part of a folder, lists it
as ``READS``, which then counts alone: paths, paths with ``*``, and functions without arguments that
stand for what they return. Nothing is decided by what a file is called.

Contents are compared, not times, with those of the last build without warnings. So a page is read
again when a file came, went or changed, and also when the build that read it last was stopped, or
had a warning, before its page was there. A change of these extensions, or of an installed package,
makes all pages anew.
"""

import ast
import contextlib
import hashlib
import importlib
import json
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from resnet_book import ROOT
from resnet_book.notes import PageNotes

Source = Path | ModuleType | str | Callable[..., Any]
EXTENSIONS = ROOT / "book" / "_ext"
SAID = PageNotes("page_sources")
"""What each page said when it was read."""
STATE = "pages.json"


# What a page asks for ---------------------------------------------------------------------------


def depends_on(env: BuildEnvironment, *sources: Source) -> None:
    """Note what the page that is being read depends on; call it before anything is read.

    Args:
        env: the build's environment.
        sources: files, folders or patterns as paths; modules, their names, or functions of them.

    Raises:
        ValueError: no module of this repository, so that nothing would be followed.
    """
    named = [name_of(source) for source in sources]
    for name in named:
        digest(name)
    SAID.of(env).setdefault(env.docname, set()).update(named)


def name_of(source: Source) -> str:
    """A source as text: a path in full, or a module's dotted name."""
    if isinstance(source, Path):
        return str(source.absolute())
    if isinstance(source, ModuleType):
        source = source.__name__
    name = source if isinstance(source, str) else source.__module__
    if local_file(name) is None:
        raise ValueError(f"{name!r} is no module of this repository; name one, or a path")
    return name


# The modules that a module leads to -------------------------------------------------------------


def local_file(name: str) -> Path | None:
    """The file of a module or package of this repository; None for any other."""
    for folder in (ROOT, EXTENSIONS):
        base = folder.joinpath(*name.split("."))
        for path in (base.with_suffix(".py"), base / "__init__.py"):
            if path.is_file():
                return path
    return None


@cache
def imported(name: str) -> tuple[str, ...]:
    """The modules of this repository that the import statements of one name, wherever they stand.

    ``from package import name`` leads to the module of that name, or else to the package.
    """
    return tuple(_imported(name))


def _imported(name: str) -> Iterator[str]:
    path = local_file(name)
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if local_file(alias.name))
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) + 1 - node.level]
            base = ".".join([*(parents if node.level else []), *filter(None, [node.module])])
            inner = [f"{base}.{alias.name}" for alias in node.names]
            found = [module for module in inner if local_file(module)]
            yield from found
            if len(found) < len(inner) and local_file(base):
                yield base


@cache
def closure(name: str) -> frozenset[str]:
    """A module and all that it leads to, each with the packages that it stands in.

    A package on the way counts as a file: what it imports for others is followed only where
    somebody imports the package itself.
    """
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen.add(module)
            waiting += imported(module)
    around = {".".join(m.split(".")[:end]) for m in seen for end in range(1, m.count(".") + 1)}
    return frozenset(seen | {package for package in around if local_file(package)})


def reads(name: str) -> list[Path | Callable[[], Any]]:
    """What one module reads: its ``READS``, or else the paths among its own constants."""
    path = local_file(name)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    targets = [
        target.id
        for node in tree.body
        for target in getattr(node, "targets", [getattr(node, "target", None)])
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(target, ast.Name)
    ]
    if not targets:
        return []
    module = importlib.import_module(name)
    if "READS" in targets:
        return list(module.READS)
    constants = (getattr(module, target, None) for target in targets)
    return [value for value in constants if isinstance(value, Path) and is_data(value, path)]


def is_data(path: Path, module: Path) -> bool:
    """Whether a constant names data of this repository, not a folder around the code itself."""
    inside = path.is_relative_to(ROOT) and not module.is_relative_to(path)
    hidden = any(part.startswith(".") for part in path.relative_to(ROOT).parts) if inside else True
    return inside and not hidden


# Contents ---------------------------------------------------------------------------------------


@cache
def digest(name: str) -> str:
    """What stands for the contents of one source; the same all through a build."""
    if Path(name).is_absolute():
        return joined(sorted(files_of(Path(name))))
    modules = sorted(closure(name))
    found = [item for module in modules for item in reads(module)]
    paths = {file for item in found if isinstance(item, Path) for file in files_of(item)}
    values = [repr(item()) for item in found if not isinstance(item, Path)]
    return joined([*map(local_file, modules), *sorted(paths)], *values)


def files_of(path: Path) -> Iterator[Path]:
    """A file, all files of a folder, or those that a pattern fits."""
    if "*" in str(path):
        start = Path(*path.parts[: next(i for i, p in enumerate(path.parts) if "*" in p)])
        for found in start.glob(str(path.relative_to(start))):
            yield from files_of(found)
    elif path.is_dir():
        yield from (file for file in path.rglob("*") if file.is_file() and is_source(file))
    else:
        yield path


def is_source(file: Path) -> bool:
    """Whether a file of a folder is meant: no cache, nothing hidden."""
    return not any(part.startswith((".", "__pycache__")) for part in file.parts[-2:])


@cache
def file_digest(path: Path) -> str:
    """The hash of a file's bytes; "absent" for one that cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return "absent"


def joined(paths: Iterable[Path], *texts: str) -> str:
    """One hash of names and contents, and of further texts."""
    lines = [f"{path} {file_digest(path)}" for path in paths]
    return hashlib.sha256("\n".join([*lines, *texts]).encode()).hexdigest()


def page_digest(app: Sphinx, docname: str) -> str:
    """Everything that one page is made of when it is read."""
    env = app.env
    noted = [Path(app.srcdir, path) for path in sorted(env.dependencies.get(docname, ()))]
    own = [Path(env.doc2path(docname)), *noted]
    if docname == app.config.root_doc:
        own.append(Path(app.srcdir, app.config.external_toc_path))
    return joined(own, *(digest(name) for name in sorted(SAID.of(env).get(docname, ()))))


def everything_digest() -> str:
    """What all pages depend on: these extensions and the installed packages."""
    import sphinx

    installed = Path(sphinx.__file__).parents[1].glob("*.dist-info")
    return joined(sorted(EXTENSIONS.rglob("*.py")), *sorted(path.name for path in installed))


# The build --------------------------------------------------------------------------------------


def forget_contents(app: Sphinx) -> None:
    """Look at every file anew in every build."""
    for function in (imported, closure, digest, file_digest):
        function.cache_clear()


def outdated(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """Pages that are not made of what they were made of in the last build without warnings."""
    last = load_state(app, STATE)
    known = [name for name in sorted(env.found_docs) if name in env.all_docs]
    if last.get("everything") != everything_digest():
        return known
    return [name for name in known if last["pages"].get(name) != current_digest(app, name)]


def current_digest(app: Sphinx, docname: str) -> str:
    """The digest of a page; empty, so always another, if a module that it used is gone."""
    with contextlib.suppress(AttributeError, ImportError, SyntaxError):
        return page_digest(app, docname)
    return ""


def remember(app: Sphinx, exception: Exception | None) -> None:
    """Keep what the pages were made of, if they are all there and nothing was wrong."""
    if succeeded(app, exception):
        pages = {name: page_digest(app, name) for name in sorted(app.env.found_docs)}
        save_state(app, STATE, {"everything": everything_digest(), "pages": pages})


def succeeded(app: Sphinx, exception: Exception | None) -> bool:
    """Whether a build for readers ended without error and without a warning."""
    return exception is None and not app._warncount and app.builder.format == "html"


def load_state(app: Sphinx, name: str) -> dict[str, Any]:
    """What the last good build left; nothing where it left nothing that can be read."""
    with contextlib.suppress(OSError, ValueError):
        return json.loads(Path(app.doctreedir, name).read_text(encoding="utf-8"))
    return {}


def save_state(app: Sphinx, name: str, state: dict[str, Any]) -> None:
    """Leave something for the next build."""
    text = json.dumps(state, indent=1, sort_keys=True)
    Path(app.doctreedir, name).write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Connect the module to the build; it looks back when all others are done."""
    app.connect("builder-inited", forget_contents, priority=1)
    app.connect("env-get-outdated", outdated)
    SAID.connect(app)
    app.connect("build-finished", remember, priority=990)
