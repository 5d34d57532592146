"""Links of streaming services: a song, an album, a playlist at Spotify, Apple Music, Deezer, Tidal or YouTube.

A link is taken apart by what stands in it, and nothing is fetched for that. What a link names can be read from Spotify
alone, with the user's own access to its API (``pip install "songkin[spotify]"``, and the settings ``spotify_client_id``
and ``spotify_client_secret``): songs and albums, and of playlists those that Spotify gives to that access. Since February 2026
these are only playlists that the owner of the access owns or shares in, the owner must pay for Premium, and audio
features, recommendations and previews have been closed since November 2024. So without access there is one line that
says so: Exportify writes any of one's own playlists to a file, and songkin reads that.

Nothing of this is sound; what is imported are names, ids and lists, matched to what the library has.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import parse_qs, urlsplit

from songkin import config
from songkin.errors import SourceError
from songkin.records import BadRow, Entry, Listing, Records, Song
from songkin.sources import cells
from songkin.sources.given import Given, Options

if TYPE_CHECKING:
    from spotipy import Spotify

KIND: Final = "streaming"
API: Final = "https://api.spotify.com/v1/"
TOKENS: Final = "https://accounts.spotify.com/api/token"
_MOST: Final = 10_000
_SECONDS: Final = 20
_NAMES: Final = {
    "spotify": "Spotify",
    "apple": "Apple Music",
    "deezer": "Deezer",
    "tidal": "Tidal",
    "youtube": "YouTube",
}
_EXPORT: Final = "Export it with Exportify (exportify.net) and import the file that it writes."
_ONE: Final = "Put it into a playlist of yours, export that with Exportify (exportify.net) and import the file."
_OTHERS: Final = "Export it to a CSV or text of `artist - title` lines with a service of your choice, and import that."
_TAKEN: Final = "It was likely taken from the service; remove it from the playlist."
_SPOTIFY: Final = re.compile(
    r"/(?:intl-[a-zA-Z-]+/)?(?:embed/)?(?:user/[^/]+/)?(track|album|playlist|artist|episode|show)/([0-9A-Za-z]{22})(?:/|$)"
)
_SPOTIFY_URI: Final = re.compile(
    r"spotify:(?:user:[^:]+:)?(track|album|playlist|artist|episode|show):([0-9A-Za-z]{22})", re.IGNORECASE
)
_APPLE: Final = re.compile(
    r"/(?:[a-z]{2}/)?(album|song|playlist|artist|music-video|station)/(?:[^/]+/)?([0-9]+|[a-z]{2}\.[\w-]+)/?"
)
_DEEZER: Final = re.compile(r"/(?:[a-z]{2}(?:-[a-z]{2})?/)?(track|album|playlist|artist|episode|show)/([0-9]+)/?")
_TIDAL: Final = re.compile(
    r"/(?:browse/)?(?:album/[0-9]+/)?(track|album|playlist|artist|mix|video)/([0-9A-Za-z-]+)(?:/u)?/?"
)
_SHORT: Final = {
    "spotify.link": "spotify",
    "spoti.fi": "spotify",
    "deezer.page.link": "deezer",
    "link.deezer.com": "deezer",
}
_YOUTUBE: Final = frozenset({"youtube.com", "m.youtube.com", "music.youtube.com", "youtube-nocookie.com", "youtu.be"})


class Link(NamedTuple):
    """What a link names: ``service`` (spotify, apple, deezer, tidal, youtube), ``kind`` (track, album, playlist, artist,
    episode, show, video, channel, mix, station, short) and the service's own ``id``."""

    service: str
    kind: str
    id: str

    @property
    def key(self) -> str:
        """As keys of songs and lists are written: ``spotify:track:…``."""
        return f"{self.service}:{self.kind}:{self.id}"


def parse(text: str) -> Link | None:
    """What a link or URI names, None where it is none of a service that is known. Never raises."""
    found = text.strip()
    if match := _SPOTIFY_URI.fullmatch(found.partition("?")[0]):
        return Link("spotify", match[1].lower(), match[2])
    try:
        parts = urlsplit(found)
        host = (parts.hostname or "").lower().removeprefix("www.")
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    except ValueError:
        return None
    if parts.scheme.lower() not in {"http", "https"}:
        return None
    if host in _SHORT:
        code = parts.path.strip("/")
        return Link(_SHORT[host], "short", code) if code else None
    if host in _YOUTUBE:
        return _youtube(host, parts.path, asked)
    if host in {"music.apple.com", "geo.music.apple.com", "embed.music.apple.com", "itunes.apple.com"}:
        return _apple(parts.path, asked)
    for hosts, pattern, service in (
        ({"open.spotify.com", "play.spotify.com"}, _SPOTIFY, "spotify"),
        ({"deezer.com"}, _DEEZER, "deezer"),
        ({"tidal.com", "listen.tidal.com", "desktop.tidal.com"}, _TIDAL, "tidal"),
    ):
        if host in hosts and (match := (pattern.match if service == "spotify" else pattern.fullmatch)(parts.path)):
            return Link(service, match[1], match[2])
    return None


def owns(given: Given) -> bool:
    """Whether it is a link or URI of a streaming service. (Videos at YouTube are fetched, see ``video``.)"""
    return given.address and parse(given.path) is not None


def read(given: Given, _options: Options) -> Records:
    """Songs, or the playlist, that a link names. Raises ``SourceError`` where the service does not give them away."""
    link = parse(given.path)
    if link is None:
        raise SourceError(f"{given.name} is no link of a streaming service that is known.", remedy="Check the link.")
    settings = config.load()
    if link.service != "spotify" or link.kind not in {"track", "album", "playlist"}:
        raise _closed(link)
    if not (settings.spotify_client_id and settings.spotify_client_secret):
        raise SourceError(
            f"Spotify shows its {link.kind}s only to those with access of their own, which needs Premium; of playlists "
            "only their owner's; audio features to nobody any more.",
            remedy=_export(link) + " With access: set SONGKIN_SPOTIFY_CLIENT_ID and SONGKIN_SPOTIFY_CLIENT_SECRET.",
        )
    if settings.offline:
        raise SourceError(
            f"{given.name} was not read, for songkin is offline.", remedy="Switch the setting offline off."
        )
    with _told(link) as client:
        api = client(settings.spotify_client_id, settings.spotify_client_secret)
        if link.kind == "track":
            yield from _songs([api.track(link.id)], {})
        elif link.kind == "album":
            album = api.album(link.id)
            yield from _songs(_pages(api, album["tracks"]), album)
        else:
            yield from _playlist(api, api.playlist(link.id, additional_types=("track",)), link)


# Inside ----------------------------------------------------------------------------------------------------------


def _export(link: Link) -> str:
    """How to bring what it names in by hand: Exportify writes playlists alone."""
    return _EXPORT if link.kind == "playlist" else _ONE


def _youtube(host: str, path: str, asked: Mapping[str, str]) -> Link | None:
    kind, _, rest = path.strip("/").partition("/")
    if host == "youtu.be":
        return Link("youtube", "video", kind) if re.fullmatch(r"[\w-]{11}", kind) else None
    if kind == "watch" and re.fullmatch(r"[\w-]{11}", asked.get("v", "")):
        return Link("youtube", "video", asked["v"])
    if kind in {"playlist", "watch"} and re.fullmatch(r"[\w-]{2,64}", asked.get("list", "")):
        return Link("youtube", "playlist", asked["list"])
    if kind in {"shorts", "embed", "live", "v"} and re.fullmatch(r"[\w-]{11}", rest.partition("/")[0]):
        return Link("youtube", "video", rest.partition("/")[0])
    name = (
        rest.partition("/")[0] if kind in {"channel", "c", "user", "browse"} else kind if kind.startswith("@") else ""
    )
    return Link("youtube", "channel", name) if name else None


def _apple(path: str, asked: Mapping[str, str]) -> Link | None:
    match = _APPLE.fullmatch(path.replace("/id", "/"))
    if match is None:
        return None
    if match[1] == "album" and asked.get("i", "").isdecimal():
        return Link("apple", "track", asked["i"])
    return Link("apple", {"song": "track", "music-video": "video"}.get(match[1], match[1]), match[2])


def _closed(link: Link) -> SourceError:
    name = _NAMES[link.service]
    if link.kind == "short":
        return SourceError(
            "This is a shortened link, and what it stands for is known to its service alone.",
            remedy=f"Open it, and give the address that {name} then shows.",
        )
    if link.service == "spotify":
        return SourceError(f"A link to Spotify's {link.kind}s is no song, album or playlist.", remedy=_EXPORT)
    if link.service == "youtube":
        return SourceError(
            "What is at YouTube is no table of songs.", remedy="Fetch its sound with `songkin fetch LINK FOLDER`."
        )
    return SourceError(f"{name} lets no program read its {link.kind}s without a contract.", remedy=_OTHERS)


def _connected(client_id: str, secret: str) -> Spotify:
    """A client of Spotify's API. The token stays in memory, and nothing is logged."""
    from requests import Session
    from spotipy import Spotify
    from spotipy.cache_handler import MemoryCacheHandler
    from spotipy.oauth2 import SpotifyClientCredentials

    logging.getLogger("spotipy").setLevel(logging.CRITICAL + 1)  # it logs addresses, headers and answers
    manager = SpotifyClientCredentials(client_id, secret, cache_handler=MemoryCacheHandler(), requests_timeout=_SECONDS)
    manager.OAUTH_TOKEN_URL = TOKENS
    # with a session of its own it does not try again: it would sleep for as long as the server says, maybe a day
    client = Spotify(auth_manager=manager, requests_timeout=_SECONDS, requests_session=Session())
    client.prefix = API
    return client


@contextmanager
def _told(link: Link) -> Iterator[Any]:
    """``_connected``, and what spotipy raises told in one line."""
    try:
        import requests
        from spotipy.exceptions import SpotifyBaseException, SpotifyException
    except ImportError:
        raise SourceError(
            "Reading from Spotify needs a library that is not installed.",
            remedy='Install it with `pip install "songkin[spotify]"`. ' + _EXPORT,
        ) from None
    try:
        yield _connected
    except SpotifyException as error:
        raise _answered(link, int(error.http_status or 0)) from None
    except SpotifyBaseException:
        raise SourceError(
            "Spotify does not know this access.",
            remedy="Check SONGKIN_SPOTIFY_CLIENT_ID and SONGKIN_SPOTIFY_CLIENT_SECRET.",
        ) from None
    except requests.RequestException as error:
        raise SourceError(f"Spotify cannot be reached ({type(error).__name__}).", remedy="Try again later.") from None
    except (KeyError, TypeError, AttributeError, ValueError):
        raise SourceError("Spotify answered with what is not understood.", remedy=_EXPORT) from None


def _answered(link: Link, status: int) -> SourceError:
    if status in {401, 403}:
        return SourceError(
            f"Spotify does not give this {link.kind} to your access ({status}): of playlists it shows only those that the "
            "owner of the access owns or shares in.",
            remedy=_export(link),
        )
    if status == 404:
        return SourceError(f"Spotify has no such {link.kind}, or does not show it.", remedy=_export(link))
    if status == 429:
        return SourceError("Spotify was asked too often.", remedy="Try again in an hour.")
    return SourceError(f"Spotify cannot answer now ({status}).", remedy="Try again later.")


def _pages(api: Spotify, page: Any) -> Iterator[Any]:
    """All items of a paged answer; a chain of pages that goes in a circle ends."""
    seen = 0
    while page and seen < _MOST:
        yield from page["items"]
        seen += max(1, len(page["items"]))
        following = page.get("next")
        page = api.next(page) if isinstance(following, str) and following.startswith(api.prefix) else None


def _playlist(api: Spotify, about: Any, link: Link) -> Records:
    entries: list[Entry] = []
    first = about.get("items") or about.get("tracks")
    for row, item in enumerate(_pages(api, first if isinstance(first, dict) else api.playlist_items(link.id)), 1):
        found = item.get("item") or item.get("track") if isinstance(item, dict) else None
        made = (
            _song(row, found, {})
            if isinstance(found, dict)
            else BadRow(row, "This place of the playlist is empty.", _TAKEN)
        )
        if isinstance(made, BadRow):
            yield made
        else:
            by = item.get("added_by")
            entries.append(
                Entry(made, cells.when(item.get("added_at")), cells.text(by.get("id")) if isinstance(by, dict) else "")
            )
    owner = about.get("owner") or {}
    yield Listing(
        key=link.key,
        name=cells.text(about.get("name")) or link.id,
        entries=tuple(entries),
        description=cells.text(about.get("description")),
        owner=cells.text(owner.get("display_name") or owner.get("id")),
        collaborative=cells.flag(about.get("collaborative")),
    )


def _songs(items: Any, album: Mapping[str, Any]) -> Iterator[Song | BadRow]:
    for row, item in enumerate(items, 1):
        yield _song(row, item, album)


def _song(row: int, item: Mapping[str, Any], album: Mapping[str, Any]) -> Song | BadRow:
    """A song as the API tells it. Local files of a playlist have no id of their own."""
    about = album or item.get("album") or {}
    title = cells.text(item.get("name"))
    if not title:
        return BadRow(row, "Spotify has no name for this song any more.", _TAKEN)
    key = cells.spotify_key(item.get("uri"))
    length = cells.number(item.get("duration_ms"))
    return Song(
        row=row,
        key=key if key.startswith("spotify:track:") else "",
        title=title,
        artists=_artists(item),
        album=cells.text(about.get("name")),
        album_artist=", ".join(_artists(about)),
        track_no=_count(item.get("track_number")),
        disc_no=_count(item.get("disc_number")),
        year=cells.year(about.get("release_date")),
        released=cells.released(about.get("release_date")),
        duration=length / 1000 if length and length > 0 else None,
        isrc=cells.isrc((item.get("external_ids") or {}).get("isrc")),
        url=f"https://open.spotify.com/track/{key.rpartition(':')[2]}" if key.startswith("spotify:track:") else "",
        image=next((str(picture["url"]) for picture in about.get("images") or () if picture.get("url")), ""),
        explicit=cells.flag(item.get("explicit")),
        popularity=cells.number(item.get("popularity")),
    )


def _artists(item: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(name for artist in item.get("artists") or () if (name := cells.text(artist.get("name"))))


def _count(value: object) -> int | None:
    number = cells.number(value)
    return int(number) if number and 0 < number < 10_000 else None
