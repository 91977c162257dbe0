"""Drives Debian's Firefox, by the protocol WebDriver BiDi that it speaks itself.

Playwright needs a Firefox of its own making; readers have the plain one.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import websocket

QUIET = {
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.enabled": False,
}
"""Preferences with which Firefox asks no other host."""

WATCH = """() => {
  addEventListener("securitypolicyviolation", (event) => {
    console.error(`refused by ${event.effectiveDirective}: ${event.blockedURI}`);
  });
  if (location.protocol !== "file:") return;
  addEventListener("error", ({ target }) => {
    if (target.src ?? target.href) console.error(`did not arrive: ${target.src ?? target.href}`);
  }, true);
  const { fetch } = window;
  window.fetch = (...asked) => fetch(...asked).catch((problem) => {
    console.error(`did not arrive: ${asked[0]}`);
    throw problem;
  });
}"""
"""Tells of what a page asks for in vain; no event of the protocol speaks of files."""
WAIT_S = 30


class Firefox:
    """One tab of one running Firefox; ``errors`` are those since the last :meth:`load`."""

    def __init__(self, address: str) -> None:
        self.errors: list[str] = []
        self.number = 0
        self.socket = websocket.create_connection(
            f"{address}/session", timeout=60, suppress_origin=True
        )
        self.ask("session.new", capabilities={})
        self.ask("session.subscribe", events=["log.entryAdded", "network.fetchError"])
        self.ask("script.addPreloadScript", functionDeclaration=WATCH)
        self.tab = self.ask("browsingContext.getTree")["contexts"][0]["context"]

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Send one command and return its result; what happens meanwhile is noted."""
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv())
            if message["type"] == "event":
                self.note(message["method"], message["params"])
            elif message["id"] == self.number:
                if message["type"] == "error":
                    raise RuntimeError(f"{method}: {message['error']}: {message['message']}")
                return message["result"]

    def note(self, event: str, params: dict[str, Any]) -> None:
        """Keep what went wrong."""
        if event == "log.entryAdded" and params["level"] == "error":
            self.errors.append(params["text"])

    def load(self, address: str) -> None:
        """Load a page anew and wait for all of it."""
        try:
            self._go_to(address)
        except websocket.WebSocketTimeoutException:
            # On a busy machine Firefox once in some hundred loads never tells that one is complete.
            self._go_to(address)

    def _go_to(self, address: str) -> None:
        self.ask("browsingContext.navigate", context=self.tab, url="about:blank", wait="complete")
        self.errors.clear()
        self.ask("browsingContext.navigate", context=self.tab, url=address, wait="complete")

    def run(self, code: str) -> Any:
        """The value of a JavaScript expression on the page, awaited; by way of JSON."""
        found = self.ask(
            "script.evaluate",
            expression=f"(async () => JSON.stringify((await ({code})) ?? null))()",
            target={"context": self.tab},
            awaitPromise=True,
            userActivation=True,
        )
        if found["type"] == "exception":
            raise RuntimeError(found["exceptionDetails"]["text"])
        return json.loads(found["result"]["value"])

    def wait(self, code: str) -> None:
        """Wait until an expression holds."""
        end = time.monotonic() + WAIT_S
        while not self.run(code):
            if time.monotonic() > end:
                pytest.fail(f"after {WAIT_S} s it does not hold that {code}; errors: {self.errors}")
            time.sleep(0.05)

    def press(self, selector: str) -> None:
        """Click the first element that matches."""
        self.run(f"document.querySelector({json.dumps(selector)}).click()")

    def choose_file(self, selector: str, path: Path) -> None:
        """Give a file to an input."""
        node = self.ask(
            "script.evaluate",
            expression=f"document.querySelector({json.dumps(selector)})",
            target={"context": self.tab},
            awaitPromise=False,
        )["result"]
        element = {"sharedId": node["sharedId"]}
        self.ask("input.setFiles", context=self.tab, element=element, files=[str(path)])


@contextmanager
def firefox(**preferences: bool | int | str) -> Iterator[Firefox]:
    """Start Firefox with an empty profile and these preferences (underscores for dots)."""
    path = shutil.which("firefox-esr") or shutil.which("firefox")
    if path is None:
        pytest.fail("no Firefox: run apt-get install firefox-esr first", pytrace=False)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        wanted = QUIET | {name.replace("_", "."): value for name, value in preferences.items()}
        lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in wanted.items()]
        Path(profile, "user.js").write_text("\n".join(lines), encoding="utf-8")
        log = Path(profile, "log.txt")
        command = [path, "--headless", "--no-remote", "--profile", profile]
        with log.open("w", encoding="utf-8") as out:
            process = subprocess.Popen(
                [*command, "--remote-debugging-port=0"], stdout=out, stderr=out
            )
        try:
            yield Firefox(address_in(log, process))
        finally:
            process.terminate()
            process.wait(30)


def address_in(log: Path, process: subprocess.Popen[bytes]) -> str:
    """The address that Firefox says it listens on."""
    end = time.monotonic() + 2 * WAIT_S
    while time.monotonic() < end and process.poll() is None:
        if found := re.search(r"ws://\S+", log.read_text(encoding="utf-8")):
            return found[0]
        time.sleep(0.1)
    return pytest.fail(f"Firefox did not start: {log.read_text(encoding='utf-8')[-500:]}")
