"""From what a worker heard to what the catalog keeps: which track it is, what was refused, when it is committed."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from songkin.indexing import places
from songkin.indexing.scan import QUARANTINE_DEATHS, Plan
from songkin.indexing.supervisor import Died, Outcome
from songkin.indexing.worker import Heard, Job, Refused
from songkin.matching import Matcher
from songkin.models import Refusal, Tags, Track, track_id
from songkin.records import Song
from songkin.sources.found import SoundFile
from songkin.store.catalog import Catalog
from songkin.store.rows import Recording, Stored
from songkin.store.songbook import Songbook

COMMIT_SECONDS: Final = 1.0
COMMIT_FILES: Final = 64
LEAST_PULSE: Final = 0.1
"""Confidence below which a tempo is not told: slow strings and drones score less."""


@dataclass(slots=True)
class Tally:
    """What a run has done so far."""

    added: int = 0
    updated: int = 0
    refused: list[Refusal] | None = None


class Storing:
    """Puts outcomes into the catalog, many in one transaction, none later than a second."""

    def __init__(
        self,
        catalog: Catalog,
        plan: Plan,
        tally: Tally,
        items: Mapping[str, tuple[SoundFile, Stored | None]],
    ) -> None:
        self.catalog = catalog
        self.tally = tally
        self.items = items
        self.gone = set(plan.vanished)
        self.by_packets = {s.packets: s for s in catalog.stored() if s.packets and s.id in self.gone}
        self.plan = plan
        self.waiting: list[Recording] = []
        self.last = time.monotonic()
        self.fileless = catalog.fileless()
        self.joined: set[str] = set()

    def died(self, job: Job, outcome: Died) -> bool:
        """Note a death against the file; whether it may be tried again."""
        self.flush()
        item, _ = self.items[job.path]
        before = self.catalog.journal.refusals().get(job.path)
        deaths = QUARANTINE_DEATHS if outcome.stuck else (before[3] if before else 0) + 1
        reason = f"Hearing it ended its process twice ({outcome.how}); it is in quarantine."
        if outcome.stuck:
            reason = "Hearing it took too long; it is in quarantine."
        elif deaths < QUARANTINE_DEATHS:
            reason = f"Hearing it ended its process ({outcome.how})."
        self.catalog.journal.refuse(
            job.path, reason, "Try it again with --retry-refused.", item.size, item.mtime_ns, deaths
        )
        return deaths < QUARANTINE_DEATHS

    def take(self, job: Job, outcome: Outcome) -> None:
        """Store what a job gave."""
        item, stored = self.items[job.path]
        if isinstance(outcome, Heard):
            self._heard(job, outcome, item, stored)
        elif isinstance(outcome, Refused):
            # what a right can mend is not remembered by the file's size and time: it is tried each run
            lasting = not outcome.passing and (places.elsewhere(job.path) or os.access(job.path, os.R_OK))
            size = item.size if lasting else None
            self.catalog.journal.refuse(job.path, outcome.reason, outcome.remedy, size, item.mtime_ns)
            self._refused(Refusal(job.path, outcome.reason, outcome.remedy))
        else:
            self._refused(self.catalog.journal.refusals()[job.path][0])
        if len(self.waiting) >= COMMIT_FILES or time.monotonic() - self.last > COMMIT_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Commit what is waiting."""
        self.catalog.put(self.waiting)
        self.waiting = []
        self.last = time.monotonic()

    def _refused(self, refusal: Refusal) -> None:
        if self.tally.refused is not None:
            self.tally.refused.append(refusal)

    def _heard(self, job: Job, heard: Heard, item: SoundFile, stored: Stored | None) -> None:
        away = places.elsewhere(job.path)  # then size and time are as the listing had them before it was fetched
        if stored is None:
            stored = self._retagged(heard)
        told = self._told_of(job.path, heard) if stored is None else ""
        if told:
            key, identity = "", told
            self.tally.updated += 1
        elif stored is None:
            key, identity = self._identity(job.path, heard)
            self.tally.added += 1
        else:
            key, identity = "", stored.id
            self.tally.updated += 1
        whole = stored is None or not _same_file(stored, heard) or stored.profile != job.profile
        heard_by = heard.heard_by if whole or stored is None else (*stored.heard_by, *heard.heard_by)
        features = {name: value for name, value in heard.facts.items() if isinstance(value, float | int)}
        key_heard = str(heard.facts.get("key", ""))
        if not whole and stored is not None and (old := self.catalog.track(stored.id)) is not None:
            features = {**old.features, **features}
            key_heard = key_heard or old.key
        self.waiting.append(
            Recording(
                track=to_track(identity, job.path, heard, features, key_heard),
                key=key,
                guessed=heard.tags.guessed,
                size=item.size if away else heard.size,
                mtime_ns=item.mtime_ns if away else heard.mtime_ns,
                file_hash=heard.file_hash,
                packets=heard.packets,
                profile=job.profile,
                heard_by=tuple(dict.fromkeys(heard_by)),
                silent=heard.silent,
                vectors=heard.vectors,
            )
        )

    def _retagged(self, heard: Heard) -> Stored | None:
        """A track that is gone and has the same audio packets: it was moved and retagged."""
        stored = self.by_packets.pop(heard.packets, None) if heard.packets else None
        if stored is not None:
            self.plan.missing = [each for each in self.plan.missing if each != stored.id]
        return stored

    def _told_of(self, path: str, heard: Heard) -> str:
        """Id of the song without a file that a table or list told of and that this file holds; empty if there is none."""
        if not self.fileless:
            return ""
        tags = heard.tags
        song = Song(
            key=_text(places.key(path)),
            title=tags.title,
            artists=tags.artists,
            album=tags.album,
            duration=heard.duration,
            isrc=tags.isrc,
            musicbrainz_id=tags.musicbrainz_id,
            hash=heard.file_hash,
        )
        with self.catalog.db.reading() as connection:
            match = Matcher(Songbook(connection, 0, fileless=True)).match([song], [False])[0]
        if not match.track or match.track in self.joined:
            return ""
        self.joined.add(match.track)
        return match.track

    def _identity(self, path: str, heard: Heard) -> tuple[str, str]:
        key = _text(places.key(path))
        taken = {recording.key for recording in self.waiting}
        if key in taken or self.catalog.has_key(key):
            key = _text(f"{key}#{heard.file_hash}")
        return key, track_id(key)


def _same_file(stored: Stored, heard: Heard) -> bool:
    """Whether a file that was heard holds what it held. Of old hashes that is not told: then its sound is compared."""
    if stored.old_hash:
        return bool(heard.packets) and stored.packets == heard.packets
    return stored.file_hash == heard.file_hash


def to_track(identity: str, path: str, heard: Heard, features: Mapping[str, float], key_heard: str) -> Track:
    """The track that reading a file gave: tags first where a tag says it, else what was heard."""
    found: Tags = heard.tags
    return Track(
        id=identity,
        title=found.title,
        artists=found.artists,
        album=found.album,
        album_artist=found.album_artist,
        track_no=found.track_no,
        disc_no=found.disc_no,
        year=found.year,
        genres=found.genres,
        duration=heard.duration,
        path=path,
        source=places.kind(path),
        bpm=found.bpm or _tempo(features),
        key=found.key or key_heard,
        loudness=_number(features.get("loudness")),
        brightness=_number(features.get("brightness")),
        isrc=found.isrc,
        musicbrainz_id=found.musicbrainz_id,
        comment=found.comment,
        has_cover=found.has_cover,
        features=features,
    )


def _tempo(features: Mapping[str, float]) -> float | None:
    """The tempo that was heard, unless there was hardly a pulse to hear."""
    sure = features.get("bpm_confidence", 0.0) >= LEAST_PULSE
    return _number(features.get("bpm")) if sure else None


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


def _text(key: str) -> str:
    return key.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
