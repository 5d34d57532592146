"""How answers are sent: JSON of the library's own nouns, files with ranges, both with ETags."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Final

import orjson
from fastapi import Request
from starlette.responses import FileResponse, Response

from songkin.errors import NotFound
from songkin.models import Hit, Medium, Track
from songkin.telling import hit_json, track_json
from songkin.web.problems import clean

JSON: Final = "application/json"
_REVALIDATE: Final = "private, no-cache"
_FOREVER: Final = "private, max-age=31536000, immutable"


def encoded(data: object) -> bytes:
    """JSON of dataclasses, mappings and lists; songs and hits as ``telling`` has them. Bytes in file names that are no text
    are shown as replacement characters."""
    try:
        return orjson.dumps(data, default=_plain, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS)
    except (TypeError, ValueError):  # halves of characters: orjson takes none
        told = json.dumps(_whole(data), ensure_ascii=False, default=str)
        return clean(told.encode("utf-8", "surrogatepass").decode("utf-8", "replace")).encode()


def _plain(value: object) -> Any:
    if isinstance(value, Track):
        return track_json(value)
    if isinstance(value, Hit):
        return {**hit_json(value), "track": value.track}
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name) for each in fields(value)}
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    return str(value)


def _whole(value: object) -> Any:
    """The same, with all that is inside."""
    if isinstance(value, Mapping):
        return {str(key): _whole(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_whole(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, str | int | float | bool) else _whole(_plain(value))


def sent(request: Request, data: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """``data`` as JSON; where the asker has it already, only that is said."""
    return sent_bytes(request, encoded(data), status=status, headers=headers)


def sent_bytes(
    request: Request, body: bytes, *, status: int = 200, etag: str = "", headers: Mapping[str, str] | None = None
) -> Response:
    """JSON that is encoded already."""
    said = {"cache-control": _REVALIDATE, **(headers or {})}
    if request.method in {"GET", "HEAD"} and status == 200:
        said["etag"] = etag or etag_of(body)
        if known(request, said["etag"]):
            return Response(status_code=304, headers=said)
    return Response(body, status, said, JSON)


def etag_of(body: bytes) -> str:
    """A mark that tells this answer from others."""
    return f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def known(request: Request, etag: str) -> bool:
    """Whether the asker says that it has what this mark stands for."""
    told = request.headers.get("if-none-match")
    return told is not None and (
        told.strip() == "*" or etag in {each.strip().removeprefix("W/") for each in told.split(",")}
    )


def sent_file(request: Request, medium: Medium, *, name: str = "") -> Response:
    """A file with ranges. An address with ``v=`` in it is kept for ever. With a ``name`` it is to be stored under that."""
    try:
        about = os.stat(medium.path)
    except OSError:
        raise NotFound("The file is gone.", remedy="Ask again.") from None
    etag = f'"{about.st_mtime_ns:x}-{about.st_size:x}"'
    headers = {"etag": etag, "cache-control": _FOREVER if "v" in request.query_params else _REVALIDATE}
    if known(request, etag):
        return Response(status_code=304, headers=headers)
    return FileResponse(
        medium.path, media_type=medium.kind, headers=headers, stat_result=about, filename=file_name(name) or None
    )


def file_name(name: str) -> str:
    """A name fit for a file and for a header."""
    kept = "".join("_" if c in '/\\<>:"|?*' or not c.isprintable() else c for c in clean(name))
    return kept.strip(". ")[:120]
