"""What a person asks recommendations from, made into weighted songs: what is liked, what is not, what is named.

Songs, playlists of the library, files of any kind that ``import`` reads, albums, artists, votes: each becomes songs of the
library with weights. What was asked from never comes back. What is not in the library still helps: a playlist's name and
description say something too.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from songkin.errors import Ambiguous, NotFound, QueryError, SourceError
from songkin.fetching import Rules
from songkin.matching import Matcher
from songkin.models import ME, Track, since
from songkin.recommending.brought import MOST, listings, listings_in
from songkin.records import Listing, Song
from songkin.search.resolve import SoundClip, resolve
from songkin.sources import streaming
from songkin.sources.given import Given, is_address
from songkin.store import returning
from songkin.store.catalog import Catalog
from songkin.store.listeningbook import Count
from songkin.store.songbook import Songbook
from songkin.text import alike, fold, meant

VOTES: Final[Mapping[str, float]] = {"love": 1.0, "like": 0.7, "okay": 0.0, "hate": -1.0}
"""How much a song counts by what its listener thinks of it. Okay is neither, and says so of songs that are alike."""
HALF_LIFE: Final = 183 * 86_400.0
"""Seconds after which a play says half as much."""
MOST_BY_PLAYS: Final = 0.6
"""What very many plays count, beside a vote."""
BY_ADDING: Final = 0.5
"""What it counts that a listener added a song to a playlist, where nothing was voted or played."""
MOST_ADDED: Final = 0.5
"""Share of the library from which on what was added says nothing: who imports an export has added all of it."""
Sounding = Callable[[str], Sequence[tuple[str, float]]]
"""The ids of the songs that sound most like a sound file, with how much, 0 to 1."""


@dataclass
class Wish:
    """``liked`` and ``disliked``: track id -> weight above 0. ``names``: what playlists call themselves; ``without``:
    what must not come back; ``notes`` for people; ``votes``: songs on which the listener voted, whatever they said."""

    liked: dict[str, float] = field(default_factory=dict)
    disliked: dict[str, float] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    without: set[str] = field(default_factory=set)
    rather: list[tuple[str, str]] = field(default_factory=list)
    """Pairs of track ids: what is wanted is nearer to the first than to the second."""
    notes: list[str] = field(default_factory=list)
    label: list[str] = field(default_factory=list)
    votes: set[str] = field(default_factory=set)
    popular: bool = False
    """Whether a note says already that nothing is known of the listener, so that what many like is shown."""

    def add(self, songs: Iterable[str], weight: float = 1.0) -> None:
        """Songs with a weight from -1 to 1; one that is named again counts by its greatest weight."""
        for song in songs:
            self.without.add(song)
            side = self.liked if weight > 0 else self.disliked
            if weight:
                side[song] = max(side.get(song, 0.0), abs(weight))

    def settle(self) -> None:
        """A song that is both liked and disliked is neither."""
        both = self.liked.keys() & self.disliked.keys()
        for song in both:
            del self.liked[song], self.disliked[song]
        if both:
            one = len(both) == 1
            told = (
                "song is both liked and disliked: it counts" if one else "songs are both liked and disliked: they count"
            )
            self.notes.append(f"{len(both)} {told} as neither.")


class Wishing:
    """Collects a wish from what a person names. Of listeners and playlists what is of ``window`` counts, up to ``now``
    (seconds since 1970). ``rules`` say what may be fetched; ``sounding`` hears sound files that are not in the library."""

    def __init__(
        self,
        catalog: Catalog,
        window: str = "all",
        now: float | None = None,
        *,
        rules: Rules = Rules(),
        sounding: Sounding | None = None,
    ) -> None:
        self.catalog = catalog
        self.rules, self.sounding = rules, sounding
        self.wish = Wish()
        self.window = window
        self.now = time.time() if now is None else now
        self.since = since(window, self.now)

    def song(self, what: str, weight: float = 1.0) -> None:
        """A song by id, path or name, or any sound file: of one that is not in the library the songs that sound most like
        it are gone by. Raises ``NotFound``, ``Ambiguous``, ``AudioError``."""
        found = resolve(self.catalog, what)
        if isinstance(found, SoundClip):
            self._clip(found.path, weight)
            return
        self.wish.add([found.id], weight)
        self.wish.label.append(found.label if weight > 0 else f"not {found.label}")

    def _clip(self, path: str, weight: float) -> None:
        if self.sounding is None:
            raise NotFound(f"{path} is not in the library.", remedy="Add it with `songkin index`.")
        side = self.wish.liked if weight > 0 else self.wish.disliked
        for song, like in self.sounding(path):
            side[song] = max(side.get(song, 0.0), abs(weight) * like)
        name = os.path.basename(path)
        self.wish.label.append(name if weight > 0 else f"not {name}")
        self.wish.notes.append(f"{name} is not in the library: the songs that sound most like it are gone by.")

    def rather(self, one: str, other: str) -> None:
        """Songs that are more like one than like another. Raises ``NotFound``, ``Ambiguous``, ``QueryError``."""
        near, far = self._one(one), self._one(other)
        if near.id == far.id:
            raise QueryError(f"{near.label} is not more like itself.", remedy="Name two songs after --rather.")
        self.wish.rather.append((near.id, far.id))
        self.wish.without |= {near.id, far.id}
        self.wish.label.append(f"rather {near.label} than {far.label}")

    def _one(self, what: str) -> Track:
        found = resolve(self.catalog, what)
        if isinstance(found, SoundClip):
            raise NotFound(f"{what} is not in the library.", remedy="Add it with `songkin index`.")
        return found

    def artist(self, name: str, weight: float = 1.0) -> None:
        """All songs of an artist. Raises ``NotFound``."""
        self._songs(self.catalog.named(artist=name), "artist", name, weight, self.catalog.artists)

    def album(self, title: str, weight: float = 1.0) -> None:
        """All songs of an album, called ``title`` or ``artist - title``. Raises ``NotFound``."""
        songs = self.catalog.on_album(title)
        artist, dash, rest = title.partition(" - ")
        if not songs and dash:
            songs = [song for song in self.catalog.on_album(rest) if fold(artist) in _artists(song)]
        self._songs(songs, "album", title, weight, lambda: (row[2] for row in self.catalog.on_albums()))

    def playlist(self, what: str, weight: float = 1.0) -> None:
        """A playlist of the library by name, id or link, or a file, an address or a link of any kind that is imported.
        Raises ``NotFound``, ``Ambiguous``, ``SourceError``."""
        link = streaming.parse(what)
        named = self.catalog.playlists.named(returning.identity(link.key) if link else what)
        if len(named) > 1 and not os.path.exists(what):
            candidates = [f"{each.id}  {each.name} ({each.songs} songs, {each.source})" for each in named]
            raise Ambiguous(
                f"{len(named)} playlists are called {what!r}.", remedy="Name one by its id.", candidates=candidates
            )
        if named:
            entries = self.catalog.playlists.entries(named[0].id)
            entries = [entry for entry in entries if self._of_the_time(entry.added_at)]
            self.wish.add((entry.track.id for entry in entries if entry.track), weight)
            self._called(named[0].name, named[0].description, weight)
            lost = sum(entry.track is None for entry in entries)
            self._told(named[0].name, len(entries), len(entries) - lost)
        elif is_address(what) or os.path.exists(what):
            for item, listing in listings(what, self.rules):
                self._listing(item, listing, weight)
        else:
            near = alike(what, (each.name for each in self.catalog.playlists.all()))
            raise NotFound(
                f"There is no playlist and no file {what!r}.",
                remedy=meant(near) or "`songkin list --playlists` shows the playlists.",
            )

    def name(self, text: str) -> None:
        """Words such as a playlist is called by."""
        self._called(text, "", 1.0)

    def hated(self, user: str) -> None:
        """What a listener hates never comes back."""
        self.wish.without |= {song for _, song, _, _ in self.catalog.listening.votes(user, ["hate"])}

    def listener(self, user: str, *, liked: bool = True, new_only: bool = False) -> None:
        """With ``liked``, what a listener loves and hates, plays and skips in the window, and else what was added to
        playlists; with ``new_only`` nothing comes back that was ever voted on or heard."""
        listening = self.catalog.listening
        told = listening.votes(user, list(VOTES))
        if new_only:
            self.wish.without |= {song for _, song, _, _ in told} | listening.last_heard(user).keys()
        if not liked:
            return
        votes = {song: vote for _, song, vote, at in told if at >= self.since}
        heard = {count.track: count for count in listening.most_heard(user, self.since)}
        skipped = {count.track: count for count in listening.most_heard(user, self.since, kinds=("skip",))}
        self.voted(votes)
        for song in (heard.keys() | skipped.keys()) - votes.keys():
            weight = _by_plays(heard.get(song), skipped.get(song), self.now)
            side = self.wish.liked if weight > 0 else self.wish.disliked
            side[song] = max(abs(weight), side.get(song, 0.0))
        who = "what you love and play" if user == ME else f"what {user} loves and plays"
        self.wish.label.append(f"{who}{self._in_window()}")
        if not votes and not heard:
            self._by_adding(user)

    def _by_adding(self, user: str) -> None:
        """For who has said nothing: what they added to playlists; of the owner, whose library it is, whatever was added."""
        added = self.catalog.playlists.added(self.since, None if user == ME else user)
        if len(set(added)) > MOST_ADDED * self.catalog.count():
            added = []  # next to nothing would be left to recommend
        self.wish.add(added, BY_ADDING)
        self.wish.popular = not added
        nothing = (
            f"{'You have' if user == ME else f'{user} has'} not voted or played {self._in_window().strip() or 'yet'}"
        )
        instead = "what was added to playlists counts." if added else "what many like, of many kinds, is shown."
        self.wish.notes.append(f"{nothing}: {instead}")

    def _of_the_time(self, added_at: float | None) -> bool:
        return self.window == "all" or (added_at is not None and self.since <= added_at <= self.now)

    def _in_window(self) -> str:
        """`` in the last month`` for people, nothing for all time."""
        return "" if self.window == "all" else f" in the last {self.window}"

    def voted(self, votes: Mapping[str, str]) -> None:
        """What somebody thinks of songs: id -> vote."""
        for song, vote in votes.items():
            self.wish.add([song], VOTES[vote])
        self.wish.votes |= votes.keys()

    def done(self) -> Wish:
        """All that was named. Where nothing is liked but by pairs, it is the first of each."""
        if not self.wish.liked:
            self.wish.add(near for near, _ in self.wish.rather)
        self.wish.settle()
        self.wish.without |= self.catalog.twins(sorted(self.wish.liked))
        return self.wish

    def _songs(
        self, songs: Sequence[Track], what: str, name: str, weight: float, names: Callable[[], Iterable[str]]
    ) -> None:
        if not songs:
            remedy = meant(alike(name, names())) or "`songkin list` shows what is there."
            raise NotFound(f"There is no {what} {name!r} in the library.", remedy=remedy)
        self.wish.add((song.id for song in songs), weight)
        self.wish.label.append(name)

    def _called(self, name: str, description: str, weight: float) -> None:
        self.wish.label.append(name)
        if weight > 0 and (name.strip() or description.strip()):
            self.wish.names.append(f"{name}. {description}" if description else name)

    def given(self, items: Iterable[Given | SourceError], name: str, weight: float = 1.0) -> None:
        """The playlists in files that are at hand; ``name`` is what they are called as a whole. Raises ``SourceError``."""
        for item, listing in listings_in(items, name):
            self._listing(item, listing, weight)

    def _listing(self, item: Given, listing: Listing, weight: float) -> None:
        songs = [entry.song for entry in listing.entries[:MOST] if self._of_the_time(entry.added_at)]
        found = self._matched(songs, os.path.dirname(item.path))
        self.wish.add(found, weight)
        self._called(listing.name, listing.description, weight)
        self._told(listing.name, len(songs), len(found))

    def _matched(self, songs: Sequence[Song], folder: str) -> list[str]:
        with self.catalog.db.reading() as connection:
            matches = Matcher(Songbook(connection, 0), folder).match(songs, [True] * len(songs))
        return [match.track for match in matches if match.track]

    def _told(self, name: str, songs: int, known: int) -> None:
        if not songs and self.window != "all":
            self.wish.notes.append(f"Nothing says that it was added to {name!r}{self._in_window()}; its name counts.")
        elif not songs:
            self.wish.notes.append(f"{name!r} holds no songs; its name alone is gone by.")
        elif known < songs:
            rest = "its name alone is gone by" if not known else "the others help by nothing but its name"
            self.wish.notes.append(f"{known} of the {songs} songs of {name!r} are in the library; {rest}.")


def _by_plays(heard: Count | None, skipped: Count | None, now: float) -> float:
    """How much plays and skips say of a song, -1 to 1: by their number, halved for every half-year since the last."""

    def told(count: Count | None) -> float:
        age = max(0.0, now - count.last) if count else 0.0
        return count.times * 0.5 ** (age / HALF_LIFE) if count else 0.0

    balance = told(heard) - told(skipped)
    return math.copysign(MOST_BY_PLAYS * (1 - math.exp(-abs(balance) / 3)), balance) if balance else 0.0


def _artists(song: Track) -> set[str]:
    return {fold(name) for name in (*song.artists, song.album_artist) if name}
