"""A song or a recording as a question: its vectors in every space, as the index would hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from songkin import encoders, listening, spaces
from songkin.audio import Limits
from songkin.config import Config
from songkin.encoders.fingerprint import Codes
from songkin.errors import NotFound, WeightsMissing
from songkin.models import Track
from songkin.search.recognise import clip_codes
from songkin.search.resolve import SoundClip
from songkin.spaces import Matrix, Statistics
from songkin.store import own_spaces
from songkin.store.catalog import Catalog
from songkin.store.rows import Array

LISTENERS = ("musicnn", "descriptors")


@dataclass(frozen=True, slots=True)
class Seed:
    """``vectors`` by space; ``tags`` are the 100 probabilities where they were heard; ``track`` if it is in the
    library, else ``codes`` of its fingerprint to know it by."""

    label: str
    vectors: Mapping[str, Matrix]
    tags: Matrix | None
    facts: Mapping[str, float | str]
    track: Track | None = None
    notes: tuple[str, ...] = ()
    codes: tuple[Codes, ...] = ()


def fitted(catalog: Catalog) -> dict[str, Statistics]:
    """Statistics of all spaces that have them."""
    found = {}
    for space in spaces.RAW:
        row = catalog.vectors.statistic(space)
        if statistics := spaces.fitted(space, row[3] if row else None):
            found[space] = statistics
    return found


def seed_of(catalog: Catalog, config: Config, what: Track | SoundClip, statistics: Mapping[str, Statistics]) -> Seed:
    """The seed for a song of the library or a file from anywhere. Raises ``AudioError``, ``NotFound``."""
    if isinstance(what, Track):
        own = [space.name for space in own_spaces.of(catalog.db)]
        names = (*spaces.SONG_SPACES, *own)
        outputs = sorted({output for space in (*names, "text") for output in spaces.outputs(space)})
        raw: Mapping[str, Array] = catalog.vectors.of([what.id], outputs).get(what.id, {})
        facts: Mapping[str, float | str] = {**what.features, "key": what.key, **({"bpm": what.bpm} if what.bpm else {})}
        found = _in_spaces(raw, statistics, names)
        notes: tuple[str, ...] = ()
        if not found and not what.path:  # then what it is called is all there is to compare
            found = _in_spaces(raw, statistics, ("text",))
            notes = (f"Nothing was heard of {what.label} and no table describes it: names and genres are compared.",)
        if not found:
            raise NotFound(
                f"{what.label} has no sound to compare.",
                remedy="It is silent or was not heard yet; run `songkin index` on it.",
            )
        return Seed(what.label, found, tags_of(raw), facts, what, notes)
    return _heard(catalog, config, what, statistics)


def _heard(catalog: Catalog, config: Config, clip: SoundClip, statistics: Mapping[str, Statistics]) -> Seed:
    able, notes = [], []
    for name in LISTENERS:
        encoder = encoders.audio_encoder(name, config.cache)
        try:
            encoder.begin()
        except WeightsMissing as error:
            notes.append(f"Heard without {name}: {error.message}")
        else:
            able.append(encoder)
    limits = Limits(max_seconds=config.max_hours * 3600)
    listened = listening.listen(clip.path, able, config.profile, limits)
    raw = {output: vector for output, (_, vector) in listened.vectors.items()}
    own = listening.read_by([network for network, _ in listening.networks(catalog.db, notes)], listened.vectors)
    label = clip.path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    codes = clip_codes(clip.path, listened.heard.duration)
    seed = Seed(
        label,
        {**_in_spaces(raw, statistics, spaces.SOUND_SPACES), **own},
        tags_of(raw),
        listened.facts,
        notes=tuple(notes),
        codes=codes,
    )
    if not seed.vectors:
        reason = "It is silent." if listened.heard.silent else "The library holds no sound to compare it with."
        raise NotFound(f"{label} cannot be compared: {reason}", remedy="Index some music, or try another recording.")
    return seed


def _in_spaces(
    raw: Mapping[str, Array], statistics: Mapping[str, Statistics], names: Sequence[str]
) -> dict[str, Matrix]:
    found = {}
    for space in names:
        outputs: Sequence[str] = spaces.outputs(space)
        if not all(output in raw for output in outputs):
            continue
        if spaces.needs_statistics(space) and space not in statistics:
            continue
        joined = np.concatenate([raw[output] for output in outputs]).astype(np.float32)[None]
        found[space] = spaces.transform(space, joined, statistics.get(space))[0]
    return found


def tags_of(raw: Mapping[str, Array]) -> Matrix | None:
    """The 100 tag probabilities among raw vectors, if both nets have heard the song."""
    if "mtt_tags" not in raw or "msd_tags" not in raw:
        return None
    return np.concatenate([raw["mtt_tags"], raw["msd_tags"]]).astype(np.float32)
