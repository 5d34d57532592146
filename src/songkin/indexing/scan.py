"""What has changed: the files that a walk finds, held against what the catalog knows.

Size and modification time decide; where only the time differs the bytes are hashed. A file at a new path whose bytes
equal those of a track that is gone is that track, moved. Nothing is decoded here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from songkin.errors import AudioError
from songkin.indexing.worker import Job, hash_file
from songkin.models import Profile, Refusal, as_profile
from songkin.sources.folder import SoundFile, Unreadable
from songkin.store.catalog import Catalog
from songkin.store.rows import Stored

QUARANTINE_DEATHS = 2


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a run wants: encoders by name with their fingerprints, how much is heard, what is tried again."""

    encoders: Mapping[str, str]
    profile: Profile
    profile_asked: bool = False
    retry: bool = False


@dataclass(slots=True)
class Plan:
    """What is to be done. ``jobs`` pairs each job with the track it refreshes (None: a new one)."""

    found: int = 0
    unchanged: int = 0
    jobs: list[tuple[Job, SoundFile, Stored | None]] = field(default_factory=list)
    moved: list[tuple[Stored, SoundFile]] = field(default_factory=list)
    touched: list[tuple[Stored, SoundFile]] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    unreadable: list[Refusal] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    back: list[str] = field(default_factory=list)
    gone_refusals: list[str] = field(default_factory=list)


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
    new: list[SoundFile] = []
    seen: set[str] = set()
    for item in found:
        plan.found += 1
        if isinstance(item, Unreadable):
            plan.unreadable.append(Refusal(item.path, item.reason))
            continue
        step(plan.found)
        seen.add(item.path)
        if _still_refused(item, refusals, wanted, plan):
            continue
        stored = known.get(item.path)
        if stored is None:
            new.append(item)
        else:
            _known(item, stored, wanted, plan)
    covered = _Covered(roots, [refusal.path for refusal in plan.unreadable])
    plan.missing = [s.id for s in known.values() if s.path not in seen and covered(s.path)]
    _new_files(new, [s for s in known.values() if s.path not in seen and not os.path.exists(s.path)], wanted, plan)
    moved = {stored.id for stored, _ in plan.moved}
    plan.missing = [each for each in plan.missing if each not in moved]
    plan.gone_refusals = [path for path in refusals if path not in seen and covered(path)]
    return plan


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
    plan.refused.append(refusal)
    return True


def _known(item: SoundFile, stored: Stored, wanted: Wanted, plan: Plan) -> None:
    same = (item.size, item.mtime_ns) == (stored.size, stored.mtime_ns)
    if not same and item.size == stored.size and stored.file_hash and _hash(item.path) == stored.file_hash:
        plan.touched.append((stored, item))
        same = True
    if not same:
        plan.jobs.append((_job(item, wanted, stored=None), item, stored))
        return
    if stored.missing:
        plan.back.append(stored.id)
    job = _job(item, wanted, stored)
    if job.encoders:
        plan.jobs.append((job, item, stored))
    else:
        plan.unchanged += 1


def _job(item: SoundFile, wanted: Wanted, stored: Stored | None) -> Job:
    """All encoders for a file that changed; for one that did not, those that have not heard it yet."""
    profile = wanted.profile
    names = tuple(wanted.encoders)
    if stored is not None and (not wanted.profile_asked or stored.profile == wanted.profile):
        profile = as_profile(stored.profile, wanted.profile)
        names = tuple(name for name, fingerprint in wanted.encoders.items() if fingerprint not in stored.heard_by)
    return Job(item.path, item.root, names, profile)


def _new_files(new: Sequence[SoundFile], gone: Sequence[Stored], wanted: Wanted, plan: Plan) -> None:
    by_size: dict[int | None, list[Stored]] = {}
    for stored in gone:
        by_size.setdefault(stored.size, []).append(stored)
    for item in new:
        track = _moved_from(item, by_size.get(item.size, []))
        if track is None:
            plan.jobs.append((_job(item, wanted, stored=None), item, None))
            continue
        by_size[item.size].remove(track)
        plan.moved.append((track, item))


def _moved_from(item: SoundFile, candidates: Sequence[Stored]) -> Stored | None:
    if not candidates:
        return None
    digest = _hash(item.path)
    same = [stored for stored in candidates if stored.file_hash and stored.file_hash == digest]
    name = os.path.basename(item.path)
    same.sort(key=lambda stored: os.path.basename(stored.path) != name)
    return same[0] if same else None


def _hash(path: str) -> str:
    try:
        return hash_file(path)
    except AudioError:
        return ""
