"""How a page is made: templates with everything escaped, addresses of assets that change with them, errors as pages."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine, Hashable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import jinja2
from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute

from songkin.errors import SongkinError
from songkin.library import Library
from songkin.models import Track
from songkin.remembering import Remembering
from songkin.web.problems import clean, status_of

_WEB: Final = Path(__file__).parents[1]
_SERVED: Final = {"assets": _WEB / "static" / "dist", "static": _WEB / "static" / "plain"}
_KINDS: Final = {
    "mp3": "audio/mpeg",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "oga": "audio/ogg",
    "opus": "audio/ogg; codecs=opus",
    "m4a": "audio/mp4",
    "aac": "audio/aac",
    "wav": "audio/wav",
    "webm": "audio/webm",
    "aif": "audio/aiff",
    "aiff": "audio/aiff",
    "wma": "audio/x-ms-wma",
}
_KEPT: Final = frozenset({"/", "/found", "/suggest", "/begin", "/albums", "/artist"})
"""Pages that are kept, beside those of songs and albums."""
_MOST: Final = 200
_LARGEST: Final = 1 << 18
"""Bytes of a page that is kept."""
NO_STORE: Final = {"cache-control": "private, no-store", "vary": "HX-Request"}
"""Pages show votes and history: they are asked for again, also by Back."""


def page(request: Request, template: str, status: int = 200, **known: Any) -> Response:
    """A template as an answer; ``request`` and what is ``known`` are what it can show."""
    text = templates().get_template(template).render(request=request, **known)
    return HTMLResponse(clean(text), status, NO_STORE)


class PageRoute(APIRoute):
    """A page: what goes wrong on purpose is told as a page, too. Pages that were made lately are sent again, for as long as
    nothing changed that they show: songs, votes, plays."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with its errors shown and its pages kept."""
        inner = super().get_route_handler()

        async def shown(request: Request) -> Response:
            pages, key = _kept(request), _key(request)
            if pages and (text := pages.get(key, str, lambda _: False)):
                return HTMLResponse(text, headers=NO_STORE)
            try:
                answer = await inner(request)
            except SongkinError as error:
                status = status_of(error)
                return page(request, "error.html", status, error=error, code=status)
            if pages and answer.status_code == 200 and len(answer.body) < _LARGEST:
                made = bytes(answer.body).decode()
                pages.get(key, lambda: made)
            return answer

        return shown


def _kept(request: Request) -> Remembering | None:
    """The pages that were made lately, if this is one that may be kept: asking for it changes nothing."""
    path = request.url.path
    if request.method != "GET" or (path not in _KEPT and not path.startswith(("/songs/", "/albums/"))):
        return None
    state = request.app.state

    def heard() -> Hashable:
        library: Library = state.library
        return library.catalog.heard()

    if not hasattr(state, "pages"):
        state.pages = Remembering(heard, _MOST)
    found: Remembering = state.pages
    return found


def _key(request: Request) -> tuple[str, ...]:
    """All that decides how a page looks."""
    looks = (request.cookies.get(name, "") for name in ("theme", "view"))
    return (request.url.path, request.url.query, *looks, request.headers.get("hx-request-type", ""))


@cache
def templates() -> jinja2.Environment:
    """The templates: hostile text is escaped everywhere, a name that is not known is an error."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_WEB / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals.update(asset=asset, has_scripts=has_scripts, link=link)
    made.filters.update(clock=clock, percent=percent, count=count, tenth=tenth, kind=kind, pair=pair, look=look)
    return made


@cache
def asset(path: str) -> str:
    """The address of a static file; it changes when the file does, so that it can be kept for ever."""
    kind, _, name = path.partition("/")
    file = _SERVED[kind] / name
    mark = hashlib.sha256(file.read_bytes()).hexdigest()[:10] if file.is_file() else ""
    return f"/{path}?v={mark}" if mark else f"/{path}"


@cache
def has_scripts() -> bool:
    """Whether the scripts were bundled when songkin was installed. Pages work without."""
    return (_SERVED["assets"] / "app.js").is_file()


def link(path: str, pairs: Mapping[str, Any] | Sequence[tuple[str, Any]] = ()) -> str:
    """An address with a query; what is empty is left out."""
    items = pairs.items() if isinstance(pairs, Mapping) else pairs
    kept = [(name, value) for name, value in items if value not in (None, "", False)]
    asked = urlencode(kept, errors="replace")
    return f"{path}?{asked}" if asked else path


def clock(seconds: float | None) -> str:
    """``3:07``; empty where it is not known."""
    if seconds is None:
        return ""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def percent(share: float) -> str:
    """A share of 1 as ``71 %``."""
    return f"{share:.0%}".replace("%", " %")


def count(number: int, one: str, many: str = "") -> str:
    """``1 song``, ``2 songs``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def tenth(number: float | None) -> str:
    """A number with one digit after the point; empty where it is not known."""
    return "" if number is None else f"{number:.1f}"


def pair(value: str, name: str) -> tuple[str, str]:
    """A value with its name, as ``link`` takes it."""
    return name, value


def look(key: str, known: Mapping[str, Any]) -> Any:
    """What is known under ``key``."""
    return known[key]


def kind(track: Track) -> str:
    """What to ask a browser whether it can play a song: the MIME type that its name promises; empty without a file."""
    if not track.path or track.missing:
        return ""
    return _KINDS.get(track.path.rpartition(".")[2].lower(), "application/octet-stream")


def is_part(request: Request) -> bool:
    """Whether a page's script asks for a piece of a page; who follows the link gets a whole one."""
    return request.headers.get("hx-request-type") == "partial"


def back(request: Request, otherwise: str) -> str:
    """Where a form without scripts leads back to: the page it stood on, and only if that is ours."""
    came = urlsplit(request.headers.get("referer", ""))
    if came.netloc != request.headers.get("host", "") or not came.path.startswith("/") or came.path.startswith("//"):
        return otherwise
    return f"{came.path}?{came.query}" if came.query else came.path
