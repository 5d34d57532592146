"""Addresses: lists of them, links of streaming services, and what of them may be shown."""

from __future__ import annotations

from contextlib import suppress

from fuzz import scratch
from songkin import fetching
from songkin.errors import SourceError
from songkin.records import BadRow, Columns, Song
from songkin.sources import bucket, streaming, urls
from songkin.sources.given import Given, Options


def one(data: bytes) -> None:
    """The first byte says whether the rest is a text, a table or a single address."""
    kind, rest = (data[0] % 3 if data else 0), data[1:]
    if kind == 2:
        _address(rest.decode("utf-8", "surrogateescape"))
        return
    path = scratch(("links.txt", "links.csv")[kind])
    path.write_bytes(rest)
    given = Given(str(path))
    urls.owns(given)
    with suppress(SourceError):
        for record in urls.read(given, Options()):
            assert isinstance(record, Song | BadRow | Columns)
            assert not isinstance(record, Song) or (record.title and "@" not in record.url.split("/")[2])


def _address(text: str) -> None:
    shown = fetching.shown(text)
    assert "\n" not in shown
    assert len(shown) <= 200
    found = streaming.parse(text)
    assert found is None or (found.service and found.kind and found.id)
    for check in (lambda: fetching._parsed(text, text), lambda: bucket.checked(text)):
        with suppress(SourceError):
            check()


def seeds() -> list[bytes]:
    """Good lists, and an address of each kind."""
    return [
        b"\0# mine\nhttps://h.example/a.mp3\nhttp://u:p@h.example:80/b%20b.ogg?token=x&id=1\n",
        b'\1url,title\nhttps://h.example/a.mp3,A\n"https://h.example/b.mp3","B, C"\n',
        b"\1Title;URL\r\nA;https://h.example/a.mp3\r\n",
        b"\2https://open.spotify.com/intl-de/track/39ncDMVidHOeQgeC5anYZM?si=x",
        b"\2https://music.apple.com/us/album/x/1440857781?i=1440857782",
        b"\2https://[::1]:80/watch?v=dQw4w9WgXcQ",
        b"\2s3://music/rock/a.mp3",
    ]
