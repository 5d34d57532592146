"""``songkin serve``: the page and the HTTP API, for this machine."""

from __future__ import annotations

import socket
import threading
import webbrowser

import click

from songkin.cli.common import configured, note, tell_all
from songkin.config import Config
from songkin.errors import ConfigError
from songkin.library import Library


@click.command(name="serve")
@click.option("--port", type=click.IntRange(0, 65535), default=8710, show_default=True, help="0: any that is free.")
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="An address of this machine.")
@click.option("--open/--no-open", "opens", default=False, help="Open the page in the browser.")
@click.option("-v", "--verbose", is_flag=True, help="Tell on stderr of every request.")
@click.option("-L", "--library", metavar="DIR", help="The library's folder.")
@click.option("--qdrant-url", metavar="URL", help="A Qdrant server instead of the engine inside songkin.")
def command(port: int, host: str, opens: bool, verbose: bool, library: str | None, qdrant_url: str | None) -> None:
    """Search, listen and be recommended music in a browser, and over HTTP (/api/v1). Ctrl-C ends it."""
    from songkin.web.security import is_loopback

    if not is_loopback(host):
        raise ConfigError(
            f"songkin serves this machine only, and {host} would let others in.",
            remedy="Use 127.0.0.1, and a proxy with a login of its own before it.",
        )
    if verbose:
        tell_all()
    config = configured(library, qdrant_url=qdrant_url)
    listening = _bound(host, port)
    address = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}/"
    _welcome(config, address)
    if opens:
        timer = threading.Timer(0.7, webbrowser.open, [address])
        timer.daemon = True
        timer.start()
    _run(config, listening)


def _bound(host: str, port: int) -> socket.socket:
    """A socket that is bound to the address. Raises ``ConfigError`` where it is taken."""
    # Named as TCP, so that asyncio lets answers go at once; else each waits 40 ms for the other side.
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
    except OSError as error:
        made.close()
        raise ConfigError(
            f"Nothing can be served at {host}:{port}: {(error.strerror or str(error)).lower()}.",
            remedy="Is songkin served already? Use another with --port N.",
        ) from error
    return made


def _welcome(config: Config, address: str) -> None:
    with Library(config=config) as music:
        music.begin()
        songs = music.catalog.count()
    if songs:
        note(f"{songs} song{'' if songs == 1 else 's'} at {address} (Ctrl-C ends it)")
    else:
        note(f"The library is empty: `songkin index FOLDER` fills it. Meanwhile it is served at {address}")


def _run(config: Config, listening: socket.socket) -> None:
    import uvicorn

    from songkin.web.app import create_app

    served = uvicorn.Config(create_app(config), log_level="warning", access_log=False, server_header=False)
    try:
        uvicorn.Server(served).run([listening])
    finally:
        listening.close()
