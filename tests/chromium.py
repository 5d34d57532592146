"""Debian's Chromium, driven by Playwright; what it complains of and asks others for is kept."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, sync_playwright

AXE = Path(__file__).parents[1] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]
PATIENCE = 15_000
"""Milliseconds that anything may take on a machine that is shared."""


@dataclass
class Watched:
    """A page, the errors on its console, and the addresses of other hosts that it asked for."""

    page: Page
    home: str
    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        """Open a page of the server, and wait until all of it is there."""
        self.page.goto(self.home + path)
        self.page.wait_for_load_state("networkidle")
        return self.page

    def quiet(self) -> None:
        """Nothing went wrong, and nobody else was asked."""
        assert self.errors == []
        assert self.foreign == []


@contextmanager
def chromium(folder: Path, **options: Any) -> Iterator[BrowserContext]:
    """A browser with a profile of its own in ``folder``. Skips where there is no Chromium."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("there is no Chromium here")
    with sync_playwright() as driver:
        context = driver.chromium.launch_persistent_context(
            folder, executable_path=found, headless=True, args=FLAGS, **options
        )
        context.set_default_timeout(PATIENCE)
        try:
            yield context
        finally:
            context.close()


def watched(context: BrowserContext, home: str) -> Watched:
    """A new page of the server at ``home``."""
    made = Watched(context.new_page(), home)

    def said(message: ConsoleMessage) -> None:
        if message.type == "error":
            made.errors.append(message.text)

    def asked(request: Request) -> None:
        split = urlsplit(request.url)
        if split.scheme in {"http", "https"} and f"{split.scheme}://{split.netloc}" != home:
            made.foreign.append(request.url)

    made.page.on("console", said)
    made.page.on("pageerror", lambda error: made.errors.append(str(error)))
    made.page.on("request", asked)
    return made


def violations(page: Page) -> list[str]:
    """What axe finds wrong, in one line each. Skips where axe was not installed with the page's scripts."""
    if not AXE.exists():
        pytest.skip("axe-core is not in frontend/node_modules: `make setup` with npm brings it")
    page.evaluate(AXE.read_text(encoding="utf-8"))  # as the browser's own, whatever the page allows
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then((result) => result.violations)")
    return [
        f"{each['id']}: {node['html'][:200]} {node['failureSummary'][:300]}" for each in found for node in each["nodes"]
    ]
