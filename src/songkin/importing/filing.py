"""Stores what one file holds: songs, playlists, albums, in blocks, inside the transaction of that file."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Any, Final

import numpy as np
import sqlalchemy as sa

from songkin.errors import SourceError
from songkin.matching import Match, Matcher
from songkin.models import Refusal, Unmatched, track_id
from songkin.records import Album, BadRow, Columns, Correction, Entry, Heard, Listing, Record, Remark, Song, Voted
from songkin.store import joining, own_spaces
from songkin.store.bulk import roomy, uncollected
from songkin.store.claims import of_song
from songkin.store.listeningbook import Listen, Listens
from songkin.store.playlistbook import Lists, Outcome, Place, given_of
from songkin.store.rows import Array
from songkin.store.songbook import New, Songbook
from songkin.text import fold

BLOCK: Final = 2_000
_SHOWN: Final = 5
"""Songs that were heard and are not here, of which the report names so many."""
_ANALYSES: Final = ("audiomuse",)
"""Kinds that tell of songs that somebody has: one that is not known here is told, to be joined by hand."""
_NAMELESS: Final = ("exportify", "text_list")
"""Kinds that say nothing of which playlist they are but its name: one that songkin wrote comes back as what it was."""
_PARTED: Final = ("songs",)
"""Kinds of which several files may each hold a part of one playlist: it has the songs of all of them."""
_SERVICES: Final = ("exportify",)
"""Kinds whose lists tell of songs that are there, even without an id."""


@dataclass(slots=True)
class Filed:
    """What one file brought; tracks by id. ``matched`` counts places of playlists, ``known`` songs, by what they were
    known by."""

    added: set[str] = field(default_factory=set)
    updated: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    refused: list[Refusal] = field(default_factory=list)
    playlists: dict[str, int] = field(default_factory=dict)
    albums: dict[str, int] = field(default_factory=dict)
    matched: dict[str, int] = field(default_factory=dict)
    unmatched: list[Unmatched] = field(default_factory=list)
    known: dict[str, int] = field(default_factory=dict)
    columns: Columns | None = None
    remarks: list[str] = field(default_factory=list)


class Filing:
    """Takes the records of one file. ``kind`` is what it is, ``origin`` what its claims are known by, ``held`` what its
    playlists are known to lie in, ``name`` what people call it, ``folder`` where paths inside it begin."""

    def __init__(
        self,
        connection: sa.Connection,
        run: int,
        *,
        kind: str,
        origin: str,
        held: str,
        name: str,
        folder: str,
        told: Callable[[int], None],
    ) -> None:
        roomy(connection)
        self.songs = Songbook(connection, run)
        self.lists = Lists(connection, run)
        self.matcher = Matcher(self.songs, folder)
        self.connection = connection
        self.kind, self.origin, self.held, self.name = kind, origin, held, name
        self.filed = Filed()
        self._told = told
        self._rows = 0
        self._above = 0
        """Added to a row's number, so that people find it where their spreadsheet shows it."""
        self._joined_keys = joining.joined_keys(connection)
        self._known: dict[str, Match] = {}
        self._waiting: list[Song] = []
        self._lists: dict[str, Listing] = {}
        self._entries = 0
        self._corrected_lists: set[str] = set()
        self._votes: list[Voted] = []
        self._listens = _Listened(Listens(connection, run), kind)

    @uncollected()
    def take(self, records: Iterable[Record]) -> Filed:
        """Store all of it."""
        for record in records:
            if isinstance(record, Song):
                self._count(1)
                self._waiting.append(record)
            elif isinstance(record, Listing):
                self._count(len(record.entries))
                self._listed(record)
            elif isinstance(record, Album):
                self._count(1)
                outcome = self.lists.put_album(record, self.kind)
                self.filed.albums[outcome] = self.filed.albums.get(outcome, 0) + 1
            elif isinstance(record, Correction):
                self._corrected(record)
            elif isinstance(record, Voted):
                self._count(1)
                self._votes.append(record)
            elif isinstance(record, Heard):
                self._count(1)
                self._listens.waiting.append(record)
            else:
                self._remarked(record)
            if len(self._waiting) >= BLOCK:
                self._flush_songs()
            if len(self._listens.waiting) >= BLOCK:
                self._flush_listens()
            if self._entries >= BLOCK and isinstance(record, Listing) and record.whole:
                self._flush_lists()
        self._flush_songs()
        self._flush_lists()
        self._flush_votes()
        self._flush_listens()
        self.filed.remarks += self._listens.remarks()
        return self.filed

    def _count(self, rows: int) -> None:
        self._rows += rows
        self._told(self._rows)

    def _remarked(self, record: Record) -> None:
        if isinstance(record, BadRow):
            self._refuse(_sentence(record.reason), record.remedy, record.row)
        elif isinstance(record, Columns):
            self.filed.columns, self._above = record, record.above
        elif isinstance(record, Remark):
            self.filed.remarks.append(record.line)

    def _refuse(self, reason: str, remedy: str, row: int) -> None:
        self.filed.refused.append(Refusal(self.name, reason, remedy, row + self._above if row else 0))

    # Songs -------------------------------------------------------------------------------------------------------

    def _flush_songs(self) -> None:
        waiting, self._waiting = self._waiting, []
        for match in dict.fromkeys(self._resolve(waiting, [True] * len(waiting), [None] * len(waiting))):
            self.filed.known[match.how] = self.filed.known.get(match.how, 0) + 1

    def _resolve(self, songs: Sequence[Song], create: Sequence[bool], liked: Sequence[float | None]) -> list[Match]:
        """The track of each song; those that are new and may be are added, what is said of the others is noted. Songs
        that may not be added are known by nearly the same names, too."""
        keyed = [_with_key(song) for song in songs]
        fresh = {song.key: n for n, song in reversed(list(enumerate(keyed))) if song.key not in self._known}
        order = sorted(fresh.values())
        found = self.matcher.match([keyed[n] for n in order], [not create[n] for n in order])
        new: list[New] = []
        told: dict[str, Mapping[str, Any]] = {}
        aliases: list[tuple[str, str]] = []
        telling = [n for n in order if create[n] and keyed[n].key not in self._joined_keys]
        for n, match in zip(order, found, strict=True):
            song = keyed[n]
            self._known[song.key] = match
            if not create[n] or song.key in self._joined_keys:
                continue
            fields = of_song(song, liked[n])
            if match.track:
                told.setdefault(match.track, fields)
                if match.track == track_id(song.key):
                    self._unlike_any(song, match.track)
                if match.how != "id":
                    aliases.append((song.key, match.track))
            else:
                identity = track_id(song.key)
                self._known[song.key] = Match(identity, "new")
                new.append(New(identity, song.key, self.kind, fields))
                self._unlike_any(song)
        self.songs.add(new, self.origin)
        self.songs.alias(aliases)
        added = {each.id for each in new}
        self.filed.added |= added
        self.filed.updated |= set(self.songs.tell(told, self.origin)) - self.filed.added
        self._vectors([(keyed[n], self._known[keyed[n].key]) for n in telling], added)
        matches = [self._known[song.key] for song in keyed]
        self.filed.seen |= {match.track for match in matches if match.track}
        return matches

    def _unlike_any(self, song: Song, track: str = "") -> None:
        """Tell of a song of an analysis that only analyses know: it may be one that is here under another name."""
        if self.kind in _ANALYSES and not (track and joining.has_file(self.connection, track)):
            artist = "; ".join(song.artists)
            self.filed.unmatched.append(Unmatched("", 0, song.title, artist, key=song.key))

    def _vectors(self, songs: Sequence[tuple[Song, Match]], added: set[str]) -> None:
        having = [(song, match.track) for song, match in songs if song.vectors and match.track]
        if not having:
            return
        fresh: list[tuple[str, str, str, Array]] = []
        known: list[tuple[str, str, str, Array]] = []
        for song, track in having:
            for space, vector in song.vectors.items():
                dim = own_spaces.ensure(self.connection, space, int(vector.size), self.songs.run)
                if dim != vector.size:
                    raise SourceError(
                        f"{self.name}, row {song.row + self._above}: the vectors of the space {space} have {dim} numbers, and this one "
                        f"has {vector.size}.",
                        remedy="Import them as a space of their own with --space NAME.",
                    )
                row = (track, f"own:{space}", f"{space}/{dim}", np.asarray(vector, np.float32))
                (fresh if track in added else known).append(row)
        self.songs.hold(fresh)
        self.filed.updated |= set(self.songs.replace(known)) - self.filed.added

    # Playlists ---------------------------------------------------------------------------------------------------

    def _listed(self, listing: Listing) -> None:
        first = self._lists.get(listing.key)
        self._lists[listing.key] = (
            replace(first, entries=(*first.entries, *listing.entries)) if first is not None else listing
        )
        self._entries += len(listing.entries)

    def _flush_lists(self) -> None:
        lists, self._lists, self._entries = list(self._lists.values()), {}, 0
        entries = [entry for listing in lists for entry in listing.entries]
        songs = [entry.song for entry in entries]
        found = self._resolve(songs, [self._may_add(song) for song in songs], [e.added_at for e in entries])
        start, moved = 0, set[str]()
        for listing in lists:
            moved |= self._put(listing, found[start : start + len(listing.entries)])
            start += len(listing.entries)
        self.songs.raise_revs(moved - self.filed.added)

    def _may_add(self, song: Song) -> bool:
        """Whether an entry of a playlist is a song of the library even if it is not here otherwise: a service's own
        list says so, a list of files does not."""
        listed = self.kind in _SERVICES and bool(song.title and song.artists) and not song.path
        return bool(song.key) or listed

    def _corrected(self, record: Correction) -> None:
        """Put a song where a person said it belongs."""
        match = self.matcher.meant(record.song)
        if record.key:
            self._joined(record, match.track)
            return
        playlist = self.lists.of_name(record.playlist, record.pos)
        if not match.track or not playlist:
            what = f"no song that is called {record.song!r}" if playlist else f"no such place in {record.playlist!r}"
            remedy = "Name a song by its id, its path or as `artist - title`; leave the other columns as they were."
            self._refuse(f"There is {what}.", remedy, record.row)
            return
        self.filed.seen.add(match.track)
        if self.lists.correct(playlist, record.pos, match.track):
            self.songs.raise_revs([match.track])
            self.filed.updated.add(match.track)
            self._corrected_lists.add(playlist)
            self.filed.playlists["updated"] = len(self._corrected_lists)

    def _joined(self, record: Correction, track: str) -> None:
        """Let the song that a source knows by a key of its own be the one that a person named."""
        gone = self.songs.by_key([record.key]).get(record.key, "")
        if not track or not gone:
            what = f"no song that is called {record.song!r}" if gone else f"nothing that is known by {record.key!r}"
            self._refuse(f"There is {what}.", "Name a song by its id, its path or as `artist - title`.", record.row)
            return
        self.filed.seen.add(track)
        if gone == track:
            return
        if joining.has_file(self.connection, gone):
            remedy = "Only what has no file of its own can be joined."
            self._refuse(f"{record.key} has a file of its own.", remedy, record.row)
            return
        joining.join(self.connection, self.songs.run, gone, track)
        self.filed.updated.add(track)

    def _flush_votes(self) -> None:
        """Votes on songs that are here; a vote makes no song."""
        songs = [each.song for each in self._votes]
        found = self._resolve(songs, [False] * len(songs), [None] * len(songs))
        taken = known = elsewhere = 0
        for voted, match in zip(self._votes, found, strict=True):
            if match.track:
                changed = self.songs.vote(voted.user, match.track, voted.vote, voted.at)
                taken, known = taken + changed, known + (not changed)
                continue
            if label := _label(voted.song):
                self._refuse(f"There is no song {label!r} to vote on.", "Add it first.", voted.song.row)
            else:  # a service that names songs by its ids alone, and knows more of them than anybody has
                elsewhere += 1
        if self._votes:
            others = f", {elsewhere:,} of songs that are not here" if elsewhere else ""
            self.filed.remarks.append(f"Votes: {taken} taken, {known} changed nothing{others}.")

    def _flush_listens(self) -> None:
        """Plays of songs that are here; a play makes no song, and those of others are only counted."""
        songs = [each.song for each in self._listens.waiting]
        self._listens.flush(self._resolve(songs, [False] * len(songs), [None] * len(songs)))

    def _put(self, listing: Listing, found: Sequence[Match]) -> set[str]:
        """Store a playlist; the ids of songs that came in or went out."""
        places = [_place(entry, match) for entry, match in zip(listing.entries, found, strict=True)]
        places = self.lists.as_corrected(listing, places)
        told = [(place.how, bool(place.track)) for place in places]
        held = self.held
        if self.kind in _PARTED and (whole := self.lists.with_others(listing, held, places)) is not None:
            places, held = whole, self.kind
        outcome: Outcome = "unchanged"
        members: set[str] = set()
        if self.kind not in _NAMELESS or not self.lists.twin(listing, [place.track for place in places]):
            outcome, members = self.lists.put(listing, self.kind, held, places)
        self.filed.playlists[outcome] = self.filed.playlists.get(outcome, 0) + 1
        for pos, (entry, match, (how, known)) in enumerate(zip(listing.entries, found, told, strict=True)):
            by = match.how or how
            self.filed.matched[by] = self.filed.matched.get(by, 0) + 1
            if not known:
                song = entry.song
                self.filed.unmatched.append(
                    Unmatched(listing.name, pos, song.title, "; ".join(song.artists), song.path or song.url)
                )
        return members


@dataclass(slots=True)
class _Listened:
    """What a file tells of listening, and what became of it."""

    book: Listens
    source: str
    waiting: list[Heard] = field(default_factory=list)
    taken: int = 0
    known: int = 0
    elsewhere: dict[str, int] = field(default_factory=dict)

    def flush(self, found: Sequence[Match]) -> None:
        """Store those that wait, each of the track that was found for it."""
        here: list[Listen] = []
        for each, match in zip(self.waiting, found, strict=True):
            if match.track:
                here.append(Listen(each.user, each.at, match.track, each.kind, each.seconds))
            else:
                name = _label(replace(each.song, artists=each.song.artists[:1]))
                self.elsewhere[name] = self.elsewhere.get(name, 0) + 1
        self.waiting = []
        fresh = self.book.take(here, self.source)
        self.taken, self.known = self.taken + fresh, self.known + len(here) - fresh

    def remarks(self) -> Iterator[str]:
        """How many there were, and which songs that are not here were heard most."""
        others, songs = sum(self.elsewhere.values()), len(self.elsewhere)
        if self.taken or self.known or others:
            of = "1 song" if songs == 1 else f"{songs:,} songs"
            away = f", {others:,} of {of} not here" if others else ""
            yield f"Listens: {self.taken:,} taken, {self.known:,} known already{away}."
        if most := heapq.nlargest(_SHOWN, self.elsewhere.items(), key=itemgetter(1)):
            yield f"Heard most of those that are not here: {'; '.join(f'{name} ({n:,})' for name, n in most)}."


def _label(song: Song) -> str:
    """A song as people call it."""
    return " - ".join(filter(None, [", ".join(song.artists), song.title])) or song.path


def _sentence(reason: str) -> str:
    """What is wrong with a row, as it stands beside others: sources say it as ``has no title``."""
    return f"{reason[:1].upper()}{reason[1:]}{'' if reason.endswith(('.', '!', '?', '…')) else '.'}"


def _place(entry: Entry, match: Match) -> Place:
    given = None if match.track else given_of(entry.song)
    how = "id" if match.how == "new" else match.how  # as it is from the next import on
    return Place(match.track or None, how, given, entry.added_at, entry.added_by)


def _with_key(song: Song) -> Song:
    """A song with a key of its own: that of its source, else one made of its names, or of its path where it has none."""
    if song.key:
        return song
    artists = "; ".join(fold(name) for name in song.artists)
    named = f"{artists}|{fold(song.title)}|{fold(song.album) if song.album else ''}"
    key = f"name:{named}" if song.title else f"path:{song.path or song.url or song.isrc or song.musicbrainz_id}"
    return replace(song, key=key.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"))
