"""From the catalog to the search index: texts, statistics, points, hub radii, likely duplicates.

Everything here is made anew from the catalog, so it can be done at any time and again. Statistics of a space are
refitted when the library has changed by more than a tenth since they were fitted; then every point is written anew.
A song counts as indexed when its point, its radii and its links are all there: whoever kills a refresh has it repeated.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from songkin import encoders, spaces
from songkin.config import Config
from songkin.errors import DiskFull, IndexDamaged, SpaceMismatch
from songkin.indexing import duplicates, hubs, learned, prints
from songkin.indexing.moods import moods
from songkin.models import TABLE_FIELDS, Track
from songkin.spaces import Matrix, Statistics
from songkin.store import (
    TRACKS,
    drop_vectors,
    index_folder,
    index_home,
    note_text_reader,
    open_vectors,
    own_spaces,
    read_as_set,
    shard,
    sign,
    text_read_by,
)
from songkin.store.catalog import Catalog
from songkin.store.vectors import Point, VectorStore
from songkin.store.words import Words
from songkin.text import TEXT_VERSION, describe, fold, key_named, words

if TYPE_CHECKING:
    from songkin.encoders.base import TextEncoder
    from songkin.progress import Progress

REFIT_SHARE: Final = 0.1
FIT_SAMPLE: Final = 20_000
ROOM_MB: Final = 220
"""Free space without which the embedded engine is not let write, and 16 kB a song: its files are mapped into memory, and
a page that finds no place on the disk ends the process (SIGBUS) instead of raising an error."""
MANY_TEXTS: Final = 2_000
"""Songs without a text vector from which on the search index is written before their names are read, and again after."""
_BLOCK: Final = 1_000


def refresh(catalog: Catalog, config: Config, told: Progress, *, anew: bool = False, patient: bool = True) -> list[str]:
    """Bring the search index up to the catalog; returns lines for people. ``anew`` rewrites all of it. One who is not
    ``patient`` does not wait while the names of very many songs are read: a later run reads them."""
    notes = learned.read(catalog)
    if anew or catalog.stale():
        check_room(catalog, config)  # before anything changes that the search index as it is would not fit
    anew = anew or catalog.journal.note("index_home") != index_home(config)
    encoder, why = encoders.reader(config.text_encoder, config.cache, offline=config.offline)
    if encoder is None and config.text_encoder != "minilm":
        notes.append(why)
    if encoder is not None:
        _take_over(catalog, config, encoder)
    lacking = _without_text(catalog, encoder)
    if len(lacking) >= MANY_TEXTS and not patient:
        notes.append(
            f"The names of {len(lacking):,} songs are not read yet, so search by meaning leaves them out; "
            "the next `songkin import` or `songkin index` reads them, or `songkin reindex`."
        )
        return notes + _bring_up(catalog, config, told, anew=anew)
    if len(lacking) >= MANY_TEXTS and catalog.stale():
        notes += _bring_up(catalog, config, told, anew=anew)
        told.note("All songs can be searched now; their names are being read for search by meaning.")
        _embed_texts(catalog, encoder, lacking, told)
        return notes + _bring_up(catalog, config, told, measured=True)
    _embed_texts(catalog, encoder, lacking, told)
    return notes + _bring_up(catalog, config, told, anew=anew)


def _bring_up(
    catalog: Catalog, config: Config, told: Progress, *, anew: bool = False, measured: bool = False
) -> list[str]:
    """The search index as the catalog has it; returns lines for people. With ``measured`` nothing has changed since it
    was last brought up but what was read of names, by which neighbours are not told."""
    notes: list[str] = []
    changed = _refit(catalog, told)
    if not anew and not catalog.stale() and not _differs(catalog, config):
        if not prints.complete(catalog, config):
            prints.refresh(catalog, config, (), told)
        return notes
    check_room(catalog, config)
    with _opened(catalog, config, notes) as store:
        if anew:
            catalog.index_lost()
        _drop_strangers(catalog, store)
        stale = catalog.stale()
        revisions = _write(catalog, store, stale, told)
        if not measured:
            told.stage("Measuring neighbourhoods")
            # all of them by one way of counting, whether this is the first try or the repeated one of a killed process
            hubs.refresh(catalog, store, stale, whole=bool(changed) or len(stale) == catalog.count())
            duplicates.refresh(catalog, store, stale)
            prints.refresh(catalog, config, stale, told)
        catalog.indexed(revisions)
        told.stage("Settling the search index")
        store.optimize()
        sign(catalog, config, store)
    catalog.journal.note("index_home", index_home(config))
    return notes


def statistics_of(catalog: Catalog, space: str) -> Statistics | None:
    """What was fitted for a space, if anything."""
    row = catalog.vectors.statistic(space)
    return spaces.fitted(space, row[3] if row else None)


def raw_matrix(found: Mapping[str, Mapping[str, Matrix]], ids: Sequence[str], space: str) -> tuple[list[str], Matrix]:
    """Raw vectors of a space, outputs side by side, of those tracks that have all of them."""
    outputs = spaces.outputs(space)
    having = [i for i in ids if all(output in found.get(i, {}) for output in outputs)]
    if not having:
        return [], np.zeros((0, 0), np.float32)
    return having, np.stack([np.concatenate([found[i][output] for output in outputs]) for i in having]).astype(
        np.float32
    )


def _differs(catalog: Catalog, config: Config) -> bool:
    if not config.qdrant_url and not index_folder(config.library).exists():
        return catalog.count() > 0
    try:
        with open_vectors(catalog, config) as store:
            return store.count() != catalog.count()
    except (IndexDamaged, SpaceMismatch):
        return True


def check_room(catalog: Catalog, config: Config) -> None:
    """Raise ``DiskFull`` where there is no room to write the search index."""
    if config.qdrant_url:
        return
    needed = ROOM_MB * 10**6 + 16_000 * catalog.count() + shard.growth(index_folder(config.library))
    free = shutil.disk_usage(config.library).free
    if free < needed:
        raise DiskFull(
            f"The disk of {config.library} has {free / 1e6:.0f} MB left, and to write the search index takes "
            f"{needed / 1e6:.0f} MB.",
            remedy="Make room and run the command again; what was heard is kept.",
        )


def _opened(catalog: Catalog, config: Config, notes: list[str]) -> VectorStore:
    try:
        return _fresh_if_lost(catalog, open_vectors(catalog, config, exclusive=True))
    except (IndexDamaged, SpaceMismatch) as error:
        if config.qdrant_url:
            raise
        notes.append(f"The search index was made anew: {error.message}")
        drop_vectors(catalog, config)
        catalog.index_lost()
        return open_vectors(catalog, config, exclusive=True)


def _fresh_if_lost(catalog: Catalog, store: VectorStore) -> VectorStore:
    if store.count() < catalog.count() - len(catalog.stale()):
        catalog.index_lost()
    return store


def _drop_strangers(catalog: Catalog, store: VectorStore) -> None:
    known = set(catalog.ids())
    strangers = [each for each in store.ids() if each not in known]
    if strangers:
        store.delete(strangers)


def _take_over(catalog: Catalog, config: Config, encoder: TextEncoder) -> None:
    """Let this encoder be the one that reads the library; the vectors of the one before go."""
    dim, before = text_read_by(catalog)
    if before == encoder.spec.fingerprint and read_as_set(catalog, config):
        return
    wanted = int(encoder.encode(["music"]).shape[1]) if encoder.spec.outputs["text"] == 0 else spaces.TEXT_DIM
    if wanted != dim:  # the search index has another form, and is made anew
        check_room(catalog, config)
        drop_vectors(catalog, config)
        catalog.index_lost()
    note_text_reader(catalog, config, wanted, encoder.spec.fingerprint)


def _without_text(catalog: Catalog, encoder: TextEncoder | None) -> list[str]:
    """Songs of which nothing was read for search by meaning; none where none can read here: a later run does it."""
    if encoder is None:
        return []
    have, fingerprint = catalog.vectors.encoders_of("text"), _text_fingerprint(encoder)
    return [i for i in catalog.ids() if have.get(i) != fingerprint]


def _embed_texts(catalog: Catalog, encoder: TextEncoder | None, lacking: Sequence[str], told: Progress) -> None:
    """Read what is known of these songs."""
    if not lacking or encoder is None:
        return
    fingerprint = _text_fingerprint(encoder)
    told.stage("Reading names", len(lacking))
    for start in range(0, len(lacking), _BLOCK):
        ids = lacking[start : start + _BLOCK]
        found = catalog.tracks(ids)
        rows = encoder.encode([describe(found[i]) for i in ids])
        catalog.vectors.put((i, "text", fingerprint, row) for i, row in zip(ids, rows, strict=True))
        told.step(start + len(ids))


def _text_fingerprint(encoder: TextEncoder) -> str:
    return f"{encoder.spec.fingerprint}/{TEXT_VERSION}"


def _refit(catalog: Catalog, told: Progress) -> list[str]:
    """Fit statistics where there are none, or where the library has outgrown them; names of spaces that changed."""
    changed, counts = [], catalog.vectors.counts()
    for space in spaces.FITTED:
        encoder, n = _majority(counts, spaces.RAW[space][-1])  # the last one: the newest encoders alone have all
        old = catalog.vectors.statistic(space) if statistics_of(catalog, space) else None
        if n == 0 or (old and old[1] == encoder and abs(n - old[2]) <= REFIT_SHARE * old[2]):
            continue
        told.stage(f"Fitting {space}")
        sample = _sample(catalog.ids())
        having, raw = raw_matrix(catalog.vectors.of(sample, spaces.RAW[space]), sample, space)
        if having:
            catalog.index_lost()  # first: killed in between, the next run writes all points anew
            catalog.vectors.put_statistic(space, encoder, n, spaces.fit(space, raw).pack())
            changed.append(space)
    return changed


def _majority(counts: Sequence[tuple[str, str, int]], output: str) -> tuple[str, int]:
    rows = [(n, encoder) for name, encoder, n in counts if name == output]
    n, encoder = max(rows, default=(0, ""))
    return encoder, n


def _sample(ids: list[str]) -> list[str]:
    if len(ids) <= FIT_SAMPLE:
        return ids
    chosen = np.random.default_rng(0).choice(len(ids), FIT_SAMPLE, replace=False)
    return [ids[i] for i in sorted(chosen)]


def _write(catalog: Catalog, store: VectorStore, ids: Sequence[str], told: Progress) -> dict[str, int]:
    """Write the points of these songs; returns the revision that each was written as."""
    written: dict[str, int] = {}
    if not ids:
        return written
    told.stage("Writing the search index", len(ids))
    own = [space.name for space in own_spaces.of(catalog.db)]
    fitted = {space: statistics_of(catalog, space) for space in (*spaces.RAW, *own)}
    bm25 = Words()
    for start in range(0, len(ids), _BLOCK):
        block = ids[start : start + _BLOCK]
        written |= catalog.revisions(block)
        store.write(list(_points(catalog, block, fitted, bm25)))
        store.flush()
        told.step(start + len(block))
    return written


def _points(
    catalog: Catalog, ids: Sequence[str], fitted: Mapping[str, Statistics | None], bm25: Words
) -> Iterator[Point]:
    tracks = catalog.tracks(ids)
    outputs = sorted({output for space in fitted for output in spaces.outputs(space)})
    found = catalog.vectors.of(ids, outputs)
    dense: dict[str, dict[str, Matrix]] = {i: {} for i in ids}
    for space in fitted:
        if spaces.needs_statistics(space) and fitted[space] is None:
            continue
        having, raw = raw_matrix(found, ids, space)
        if having:
            for i, row in zip(having, spaces.transform(space, raw, fitted[space]), strict=True):
                dense[i][space] = row
    lists = catalog.playlists.of_tracks(ids)
    for i in ids:
        if i in tracks:
            sparse = bm25.document(words(tracks[i]))
            known = payload(tracks[i], lists.get(i, ()), moods(found.get(i, {}), fitted.get("heard")))
            yield Point(i, dense[i], {"words": sparse} if sparse.indices else {}, known)


def payload(track: Track, playlists: Sequence[str] = (), heard_as: Sequence[str] = ()) -> dict[str, object]:
    """What filters and counts see of a track: folded names and numbers; unknown fields are absent. ``playlists`` are the
    folded names of those that it is in, ``heard_as`` its moods."""
    table = track.table_features
    key = key_named(track.key)
    heard = track.loudness if track.loudness is not None else table.get("loudness")
    fields: dict[str, object] = {
        "artist": [fold(name) for name in dict.fromkeys((*track.artists, track.album_artist)) if name],
        "album": fold(track.album) if track.album else None,
        "genre": [fold(name) for name in track.genres],
        "source": track.source,
        "key": (key or track.key).casefold() or None,  # not folded: C and C# are two
        "mode": key.rpartition(" ")[2] or _mode(table.get("mode")),
        "time_signature": table.get("time_signature"),
        "year": track.year,
        "bpm": track.bpm,
        "duration": track.duration,
        "loudness": heard,
        "brightness": track.brightness,
        "subgenre": list(
            dict.fromkeys(fold(part) for name in track.subgenres for part in (name, name.rpartition("---")[2]))
        ),
        "mood": list(heard_as),
        "playlist": list(playlists),
        "explicit": None if track.explicit is None else ("yes" if track.explicit else "no"),
        "added": track.added_at or None,
        "popularity": track.popularity,
        **{name: table.get(name) for name in TABLE_FIELDS},
    }
    return {name: value for name, value in fields.items() if name in TRACKS.fields and value not in (None, [])}


def _mode(told: float | None) -> str | None:
    return None if told is None else ("major" if told >= 0.5 else "minor")
