"""Every public function and method of utils that takes images, labels or a network.

Answers "which functions can be given something wrong?", by inspection, so that none is forgotten.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from types import ModuleType

import utils

TAKES = re.compile(
    r"\b(Tensor|Module|ResNet|Block|BasicBlock|Conv2d|BatchNorm2d|Sequential|Split|Dataset)\b"
)
"""Names in an annotation that stand for images, labels, networks and what is made of them."""
NETWORKS = re.compile(r"\b(Module|ResNet|Block|BasicBlock|Conv2d|BatchNorm2d|Sequential)\b")
"""Those of :data:`TAKES` that stand for a network or a part of one."""
NOT_PARAMETERS = {"self", "cls"}


def modules() -> Iterator[ModuleType]:
    """Every module of utils that can be imported without being run."""
    for found in pkgutil.walk_packages(utils.__path__, "utils."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def functions_of(module: ModuleType) -> Iterator[tuple[str, object]]:
    """Public functions, classes as what makes them, and public methods, by qualified name."""
    for name, thing in vars(module).items():
        if name.startswith("_") or getattr(thing, "__module__", None) != module.__name__:
            continue
        if not callable(thing):
            continue
        yield f"{module.__name__}.{name}", inspect.unwrap(thing)
        if inspect.isclass(thing):
            for method, value in vars(thing).items():
                if method == "__call__" or not method.startswith("_"):
                    plain = (
                        value.__func__ if isinstance(value, (classmethod, staticmethod)) else value
                    )
                    if inspect.isfunction(plain):
                        yield f"{module.__name__}.{name}.{method}", plain


def takes_something(function: object, wanted: re.Pattern[str] = TAKES) -> list[str]:
    """Names of the parameters whose annotation is one of those wanted."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    return [
        parameter.name
        for parameter in parameters
        if parameter.name not in NOT_PARAMETERS
        and parameter.annotation is not parameter.empty
        and wanted.search(_written(parameter.annotation))
    ]


def _written(annotation: object) -> str:
    if isinstance(annotation, str):
        return annotation
    return annotation.__name__ if inspect.isclass(annotation) else str(annotation)


def found(wanted: re.Pattern[str] = TAKES) -> dict[str, list[str]]:
    """Qualified name to the parameters that can be wrong, or to those wanted."""
    listed = {}
    for module in modules():
        for name, function in functions_of(module):
            if parameters := takes_something(function, wanted):
                listed[name] = parameters
    return listed
