"""The application for tests: a small library, served in this process or by uvicorn on loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from fastapi.testclient import TestClient

from libraries import index, library_at, make_music
from songkin.config import load
from songkin.web.app import create_app
from soundfiles import sound_file, tune

HOSTILE = '<script>alert("x")</script>"\r\nSet-Cookie: a=b; \u202eevil'
API = "/api/v1"


def make_served(folder: Path) -> Path:
    """``folder`` with ``music`` and a ``library`` of it, heard by what needs no weights; one song has a hostile name."""
    make_music(folder / "music", seconds=3.0)
    tags = {"title": HOSTILE, "artist": "<b>Eve</b>", "album": "&amp;", "genre": "jazz"}
    sound_file(folder / "music" / "99 hostile.flac", tune(3, seed=42), tags)
    with library_at(folder / "library") as library:
        index(library, folder / "music", encoders=("descriptors", "fingerprint"))
    return folder


@contextmanager
def client(home: Path, **flags: object) -> Iterator[TestClient]:
    """A browser of the library in ``home``."""
    config = load({"library": str(home / "library"), "workers": 1, "lock_seconds": 2, "offline": True, **flags})
    with TestClient(create_app(config), base_url="http://localhost", raise_server_exceptions=False) as browser:
        yield browser


def songs(browser: Any) -> dict[str, str]:
    """Ids of all songs by their titles."""
    return {
        track["title"]: track["id"] for track in browser.get(f"{API}/tracks", params={"limit": 200}).json()["tracks"]
    }


@contextmanager
def running(home: Path, **flags: object) -> Iterator[str]:
    """The address of a real server for the library in ``home``."""
    config = load({"library": str(home / "library"), "workers": 1, "lock_seconds": 2, "offline": True, **flags})
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(config), log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        while not server.started and thread.is_alive():
            threading.Event().wait(0.02)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)
        listening.close()
