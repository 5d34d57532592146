"""Makes the pictures of the page that the README and docs/page.md show, from the library of `songkin demo`.

    python tools/pictures.py FOLDER-OF-A-LIBRARY docs/images/page

It takes a Chromium, and the packages that the tests take.
"""

from __future__ import annotations

import io
import shutil
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import uvicorn
from PIL import Image
from playwright.sync_api import Page, ViewportSize, sync_playwright

from songkin.config import load
from songkin.web.app import create_app

DESK: Final[ViewportSize] = {"width": 1280, "height": 820}
PHONE: Final[ViewportSize] = {"width": 390, "height": 844}
FLAGS: Final = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required", "--hide-scrollbars"]
QUALITY: Final = 82


@dataclass(frozen=True)
class Picture:
    """One picture: its name, the address of its page with ``{Title}`` for the id of a song, and what is done there."""

    name: str
    address: str
    theme: str = "light"
    size: ViewportSize | None = None
    act: Callable[[Page], None] | None = None


def _play(page: Page) -> None:
    page.locator("main [data-act=play]").first.click(force=True)
    page.wait_for_timeout(5000)


def _queue(page: Page) -> None:
    _play(page)
    page.keyboard.press("q")


PICTURES: Final = (
    Picture("start", "/"),
    Picture("search", "/?q=quiet+flute", act=_play),
    Picture("search-dark", "/?q=strings&view=table", "dark", act=_queue),
    Picture("song", "/songs/{Heron}", "dark"),
    Picture("recommend", "/recommend?mode=path&like={Heron}&like={Saturday Came Early}"),
    Picture("compare", "/compare?a={Heron}&b={A Lamp in the Reeds}"),
    Picture("phone", "/?q=quiet+flute", "dark", PHONE, _play),
)


@contextmanager
def served(library: str) -> Iterator[str]:
    """The address of the page of a library."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(load({"library": library})), log_level="warning"))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        while not server.started and thread.is_alive():
            threading.Event().wait(0.05)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)


def main(library: str, folder: str) -> None:
    """Write all pictures."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    with served(library) as home, sync_playwright() as driver, tempfile.TemporaryDirectory() as profile:
        tracks = httpx.get(f"{home}/api/v1/tracks", params={"limit": 200}, timeout=60).json()["tracks"]
        ids = {track["title"]: track["id"] for track in tracks}
        context = driver.chromium.launch_persistent_context(
            profile, executable_path=shutil.which("chromium"), headless=True, args=FLAGS
        )
        for picture in PICTURES:
            context.clear_cookies()
            context.add_cookies([{"name": "theme", "value": picture.theme, "url": home}])
            page = context.new_page()
            page.set_viewport_size(picture.size or DESK)
            page.goto(home + picture.address.format_map(ids))
            page.wait_for_load_state("networkidle")
            page.wait_for_timeout(1000)
            if picture.act:
                picture.act(page)
            page.wait_for_timeout(500)
            shot = Image.open(io.BytesIO(page.screenshot()))
            shot.convert("RGB").save(target / f"{picture.name}.webp", quality=QUALITY, method=6)
            page.close()
        context.close()


if __name__ == "__main__":
    main(*sys.argv[1:3])
