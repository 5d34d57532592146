"""Files that a form sends: taken in piece by piece, and no more than is allowed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import Request, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from songkin.errors import QueryError

_BLOCK: Final = 1 << 16
_AROUND: Final = 1 << 16
"""Bytes that a form may have around its file."""


@asynccontextmanager
async def upload(request: Request, most_mb: int, field: str = "file") -> AsyncIterator[UploadFile]:
    """The file in ``field`` of a form. Raises ``QueryError`` for none, or one that is larger, as soon as that is clear."""
    most = (most_mb << 20) + _AROUND

    async def capped() -> AsyncIterator[bytes]:
        size = 0
        async for block in request.stream():
            size += len(block)
            if size > most:
                raise QueryError(f"The file is larger than {most_mb} MB.", remedy="Send a smaller one.")
            yield block

    try:
        form = await MultiPartParser(request.headers, capped(), max_files=1, max_fields=8).parse()
    except (MultiPartException, KeyError, ValueError) as error:
        raise QueryError("The form cannot be read.", remedy="Send it from the page.") from error
    try:
        file = form.get(field)
        if not isinstance(file, UploadFile) and not hasattr(file, "file"):
            raise QueryError("No file was chosen.", remedy="Choose one, or drop it on the page.")
        yield file  # type: ignore[misc]
    finally:
        await form.close()


def blocks(file: UploadFile) -> Iterator[bytes]:
    """What is in it, piece by piece."""
    while block := file.file.read(_BLOCK):
        yield block
