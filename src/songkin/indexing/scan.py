"""What has changed: the files that a walk finds, held against what the catalog knows.

Size and modification time decide; where only the time differs the bytes are hashed. A file whose bytes equal those of
a song that is no longer where it was is that song, moved, whatever lay there before. Nothing is decoded here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial

from songkin.audio import Limits
from songkin.errors import AudioError
from songkin.indexing import places
from songkin.indexing.worker import Job, hash_file
from songkin.models import Profile, Refusal, as_profile
from songkin.sources.found import SoundFile, Unreadable
from songkin.store.bulk import uncollected
from songkin.store.catalog import Catalog
from songkin.store.rows import Stored

QUARANTINE_DEATHS = 2
Deaf = Callable[[tuple[str, ...], str], tuple[tuple[str, ...], Profile]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a run wants: encoders by name with their fingerprints, how much is heard, what is tried again, and what one
    file may cost."""

    encoders: Mapping[str, str]
    profile: Profile
    profile_asked: bool = False
    retry: bool = False
    limits: Limits = Limits()


@dataclass(slots=True)
class Plan:
    """What is to be done. ``jobs`` pairs each job with the track it refreshes (None: a new one). ``missing`` are
    songs whose files are gone from the folders walked, ``vanished`` from anywhere; ``hollow`` are folders that held
    songs and hold nothing now."""

    found: int = 0
    unchanged: int = 0
    jobs: list[tuple[Job, SoundFile, Stored | None]] = field(default_factory=list)
    moved: list[tuple[Stored, SoundFile]] = field(default_factory=list)
    touched: list[tuple[Stored, SoundFile]] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    unreadable: list[Refusal] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    vanished: list[str] = field(default_factory=list)
    hollow: list[str] = field(default_factory=list)
    back: list[str] = field(default_factory=list)
    gone_refusals: list[str] = field(default_factory=list)


@uncollected()
def compare(
    found: Iterable[SoundFile | Unreadable],
    roots: Sequence[str],
    catalog: Catalog,
    wanted: Wanted,
    step: Callable[[int], None],
) -> Plan:
    """Hold what a walk of ``roots`` found against the catalog. Reads bytes only where size and time leave doubt."""
    known = {stored.path: stored for stored in catalog.stored()}
    refusals = catalog.journal.refusals()
    plan = Plan()
    deaf = lru_cache(partial(_deaf, wanted))  # a few different ones in the largest library
    loose: list[SoundFile] = []
    seen: set[str] = set()
    for item in found:
        plan.found += 1
        step(plan.found)
        if isinstance(item, Unreadable):
            if not (item.gone and item.path in known):  # a known song that is gone is missing, not refused
                seen.add(item.path)
                plan.unreadable.append(Refusal(item.path, f"It {item.reason}.", item.remedy))
            else:
                plan.found -= 1
            continue
        if item.path in seen:  # an address that was given twice
            plan.found -= 1
            continue
        seen.add(item.path)
        if not _still_refused(item, refusals, wanted, plan):
            stored = known.get(item.path)
            if stored is None or not _as_known(item, stored, deaf, plan):
                loose.append(item)
    covered = _Covered(roots, [refusal.path for refusal in plan.unreadable])
    vanished = {s.id for s in known.values() if s.path not in seen and _is_gone(s.path, covered)}
    _settle(loose, known, vanished, wanted, plan)
    moved = {stored.id for stored, _ in plan.moved}
    lost = [s for s in known.values() if s.path not in seen and s.id not in moved and covered(s.path)]
    plan.missing = [stored.id for stored in lost]
    plan.hollow = [root for root in roots if _hollow(root, seen, lost)]
    plan.gone_refusals = [path for path in refusals if path not in seen and covered(path)]
    return plan


def _is_gone(path: str, covered: Callable[[str], bool]) -> bool:
    """Whether nothing lies at a known path that was not found. Of what is elsewhere only the walk can tell."""
    return covered(path) if places.elsewhere(path) else not os.path.exists(path)


def _hollow(root: str, seen: set[str], lost: Sequence[Stored]) -> bool:
    """Whether a folder that held songs holds no file at all: an empty mount point looks like that."""
    inside = root.rstrip(os.sep) + os.sep
    return any(s.path.startswith(inside) for s in lost) and not any(path.startswith(inside) for path in seen)


class _Covered:
    """Whether a path lies under what was walked, and not under what could not be read."""

    def __init__(self, roots: Sequence[str], unreadable: Sequence[str]) -> None:
        self._roots = [(root, root.rstrip(os.sep) + os.sep) for root in roots]
        self._blind = [path.rstrip(os.sep) + os.sep for path in unreadable]

    def __call__(self, path: str) -> bool:
        if any(path.startswith(blind) for blind in self._blind):
            return False
        return any(path == root or path.startswith(inside) for root, inside in self._roots)


def _still_refused(
    item: SoundFile,
    refusals: Mapping[str, tuple[Refusal, int | None, int | None, int]],
    wanted: Wanted,
    plan: Plan,
) -> bool:
    if wanted.retry or item.path not in refusals:
        return False
    refusal, size, mtime_ns, deaths = refusals[item.path]
    if (size, mtime_ns) != (item.size, item.mtime_ns) or 0 < deaths < QUARANTINE_DEATHS:
        return False
    if "--max-hours" in refusal.remedy and refusal.remedy != wanted.limits.remedy:
        return False  # it was too long for another limit
    plan.refused.append(refusal)
    return True


def _as_known(item: SoundFile, stored: Stored, deaf: Deaf, plan: Plan) -> bool:
    """Whether the file at a known path still holds what it held; if so it is planned for."""
    if item.mtime_ns != stored.mtime_ns or item.size != stored.size:
        if item.size != stored.size or not stored.file_hash or _hash(item.path, like=stored) != stored.file_hash:
            return False
        plan.touched.append((stored, item))
    if stored.missing:
        plan.back.append(stored.id)
    names, profile = deaf(stored.heard_by, stored.profile)
    if names:
        plan.jobs.append((Job(item.path, item.root, names, profile, item.link), item, stored))
    else:
        plan.unchanged += 1
    return True


def _deaf(wanted: Wanted, heard_by: tuple[str, ...], profile: str) -> tuple[tuple[str, ...], Profile]:
    """The encoders that have not heard an unchanged file as it is wanted, and how much they are to hear."""
    if wanted.profile_asked and profile != wanted.profile:
        return tuple(wanted.encoders), wanted.profile
    names = tuple(name for name, fingerprint in wanted.encoders.items() if fingerprint not in heard_by)
    return names, as_profile(profile, wanted.profile)


def _settle(
    loose: Sequence[SoundFile], known: Mapping[str, Stored], vanished: set[str], wanted: Wanted, plan: Plan
) -> None:
    """Find out whose file each loose one is: content decides before the place, so that swapped or renumbered files
    keep their songs. What no content claims is the song of its place, changed; or a new one."""
    displaced = {known[item.path].id for item in loose if item.path in known}
    homeless: dict[int | None, list[Stored]] = {}
    for stored in known.values():
        if stored.id in vanished or stored.id in displaced:
            homeless.setdefault(stored.size, []).append(stored)
    claimed: set[str] = set()
    unclaimed: list[SoundFile] = []
    for item in loose:
        track = _same_bytes(item, [s for s in homeless.get(item.size, []) if s.id not in claimed])
        if track is None:
            unclaimed.append(item)
        else:
            claimed.add(track.id)
            plan.moved.append((track, item))
    for item in unclaimed:
        place = known.get(item.path)
        job = Job(item.path, item.root, tuple(wanted.encoders), wanted.profile, item.link)
        plan.jobs.append((job, item, None if place is None or place.id in claimed else place))
    plan.vanished = sorted(vanished - claimed)


def _same_bytes(item: SoundFile, candidates: Sequence[Stored]) -> Stored | None:
    if not candidates:
        return None
    digests = {each.old_hash: _hash(item.path, like=each) for each in {s.old_hash: s for s in candidates}.values()}
    same = [stored for stored in candidates if stored.file_hash and stored.file_hash == digests[stored.old_hash]]
    name = os.path.basename(item.path)
    same.sort(key=lambda stored: os.path.basename(stored.path) != name)
    return same[0] if same else None


def _hash(path: str, *, like: Stored) -> str:
    """The hash of a file, of the kind that is known of a song."""
    if places.elsewhere(path):  # its bytes are known only once it is fetched
        return ""
    try:
        return hash_file(path, old=like.old_hash)
    except AudioError:
        return ""
