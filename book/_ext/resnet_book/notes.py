"""What has each page said? Notes in the build's environment that never outlive their page."""

from dataclasses import dataclass
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


@dataclass(frozen=True)
class PageNotes:
    """Something that is noted when a page is read, and kept from build to build.

    Attributes:
        name: of the environment's attribute that holds the notes, keyed by page.
    """

    name: str

    def of(self, env: BuildEnvironment) -> dict[str, Any]:
        """The notes of all pages."""
        if not hasattr(env, self.name):
            setattr(env, self.name, {})
        return getattr(env, self.name)

    def connect(self, app: Sphinx) -> None:
        """Forget a page that is read again or gone; take over what another process noted."""
        app.connect("env-purge-doc", self.forget)
        app.connect("env-merge-info", self.merge)

    def forget(self, app: Sphinx, env: BuildEnvironment, docname: str) -> None:
        self.of(env).pop(docname, None)

    def merge(self, app: Sphinx, env: BuildEnvironment, docnames: list[str], other: Any) -> None:
        found = self.of(other)
        self.of(env).update({name: found[name] for name in docnames if name in found})
