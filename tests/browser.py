"""A real browser for tests: Chromium through chromedriver, spoken to over plain HTTP.

The protocol is W3C WebDriver (https://www.w3.org/TR/webdriver2/); nothing beyond the standard
library is needed. Where either program is absent, `missing()` says so and tests skip.
"""

import base64
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from signal import SIGTERM
from time import monotonic, sleep
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
#: The driver is on this machine: no proxy of the environment applies.
_PATIENCE = 120  # seconds; a busy machine can take a minute to start a browser
_OPENER = build_opener(ProxyHandler({}))


def missing() -> str:
    """What keeps a browser from starting here; empty if nothing does."""
    if not any(map(shutil.which, _NAMES)):
        return "no Chromium is installed"
    return "" if shutil.which("chromedriver") else "no chromedriver is installed"


class Browser:
    """One open browser window."""

    def __init__(self, session: str) -> None:
        self._session = session

    def open(self, page: Path, *, width: int, height: int = 900, timeout: float = 60) -> None:
        """Load a file at a window width in pixels, and wait until it calls itself ready."""
        self.resize(width, height)
        self._ask("POST", "/url", {"url": page.resolve().as_uri()})
        self.wait("return document.documentElement.dataset.ready === 'yes'", timeout=timeout)

    def resize(self, width: int, height: int) -> None:
        """Give the page this size, also below the narrowest window that the system allows."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._cdp("Emulation.setDeviceMetricsOverride", size)

    def run(self, script: str, *arguments: Any) -> Any:
        """Run JavaScript in the page; `return` gives the value, `arguments` the arguments."""
        return self._ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, script: str, *, timeout: float = 15) -> None:
        """Run JavaScript until it returns something true.

        Raises:
            AssertionError: it has not, in time; with what the console says.
        """
        end = monotonic() + timeout
        while not self.run(script):
            assert monotonic() < end, f"still false after {timeout} s: {script}; {self.errors()}"
            sleep(0.02)

    def errors(self) -> list[str]:
        """Console errors and warnings since the last call, refused network requests included."""
        entries = self._ask("POST", "/se/log", {"type": "browser"})
        return [e["message"] for e in entries if e["level"] in ("SEVERE", "WARNING")]

    def screenshot(self, path: Path, *, whole: bool = True) -> None:
        """Save a PNG of the whole page or of the window."""
        shot = self._cdp("Page.captureScreenshot", {"captureBeyondViewport": whole})
        path.write_bytes(base64.b64decode(shot["data"]))

    def _cdp(self, command: str, parameters: dict[str, Any]) -> Any:
        return self._ask("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def _ask(self, method: str, path: str, content: object) -> Any:
        return _request(method, self._session + path, content)


@contextmanager
def browser() -> Iterator[Browser]:
    """A fresh headless browser with an empty profile; it ends with the block."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        driver = subprocess.Popen(
            ["chromedriver", "--port=0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            root = f"http://127.0.0.1:{_port(driver)}"
            options = {
                "binary": next(filter(None, map(shutil.which, _NAMES))),
                "args": [*_FLAGS, f"--user-data-dir={profile}"],
            }
            always = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
            wanted = {"capabilities": {"alwaysMatch": always}}
            session = f"{root}/session/" + _request("POST", f"{root}/session", wanted)["sessionId"]
            try:
                yield Browser(session)
            finally:
                _request("DELETE", session, None)
        finally:
            driver.terminate()
            driver.wait(timeout=30)
            _end_leftover(Path(profile))


def _port(driver: "subprocess.Popen[str]") -> int:
    """The port that the driver chose, from the line in which it says so."""
    assert driver.stdout is not None
    for line in driver.stdout:
        if "started successfully on port" in line:
            return int(line.rstrip().rstrip(".").rsplit(" ", 1)[1])
    raise RuntimeError("chromedriver ended before it was ready")


def _end_leftover(profile: Path) -> None:
    """End a browser that outlived its driver; its lock is a link to `<host>-<process id>`."""
    lock = profile / "SingletonLock"
    if lock.is_symlink():
        with suppress(ProcessLookupError):
            os.kill(int(lock.readlink().name.rsplit("-", 1)[1]), SIGTERM)


def _request(method: str, address: str, content: object) -> Any:
    body = None if content is None else json.dumps(content).encode()
    request = Request(address, body, {"Content-Type": "application/json"}, method=method)
    with _OPENER.open(request, timeout=_PATIENCE) as answer:
        return json.load(answer)["value"]
