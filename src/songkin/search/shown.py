"""One song with all that is known of it, gathered for people to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from songkin.encoders import learned
from songkin.errors import EncoderError
from songkin.models import AlbumNote, Playlist, Track
from songkin.search.bridge import strongest
from songkin.search.seeds import tags_of
from songkin.shelves import notes_on
from songkin.store import modelbook
from songkin.store.catalog import Catalog

_MADE_KEYS: Final = ("folder:", "name:", "path:", "url:", "s3:", "table-")
"""How keys begin that songkin made of a place or a name."""


@dataclass(frozen=True, slots=True)
class Shown:
    """``heard`` maps tags to their probability; ``duplicates`` are (track, evidence); ``keys`` are its ids at services and
    in other programs; ``albums`` is what sources say of the album that it is on; ``predicted`` are labels that the library's own network takes
    it for, with their probability: a guess, no tag."""

    track: Track
    heard: Mapping[str, float]
    duplicates: tuple[tuple[Track, str], ...]
    vectors: Mapping[str, str]
    votes: Mapping[str, str]
    playlists: tuple[Playlist, ...]
    keys: tuple[str, ...]
    albums: tuple[AlbumNote, ...]
    predicted: Mapping[str, float]


def heard(catalog: Catalog, track: Track) -> dict[str, float]:
    """The tags that were heard in a song with their probability, strongest first."""
    tags = tags_of(catalog.vectors.of([track.id], ("mtt_tags", "msd_tags")).get(track.id, {}))
    return strongest(tags) if tags is not None else {}


def shown(catalog: Catalog, track: Track) -> Shown:
    """All that is known of a song of the library."""
    twins = [(b if a == track.id else a, evidence) for a, b, evidence in catalog.linked() if track.id in (a, b)]
    others = catalog.tracks([twin for twin, _ in twins])
    return Shown(
        track=track,
        heard=heard(catalog, track),
        duplicates=tuple((others[twin], evidence) for twin, evidence in twins if twin in others),
        vectors=catalog.vectors.origins(track.id),
        votes=catalog.votes_on(track.id),
        playlists=tuple(catalog.playlists.having(track.id)),
        keys=tuple(key for key in catalog.keys_of(track.id) if not key.startswith(_MADE_KEYS)),
        albums=tuple(notes_on(catalog, track)),
        predicted=predicted(catalog, track),
    )


def predicted(catalog: Catalog, track: Track) -> dict[str, float]:
    """What the network that `songkin train genres` made takes a song for, likeliest first; empty where there is none, or
    it is damaged (`songkin doctor` says so)."""
    model = modelbook.current(catalog.db, "genres")
    if model is None:
        return {}
    try:
        network = learned.opened(model.folder)
    except EncoderError:
        return {}
    output = f"own:{network.space}"
    embedding = catalog.vectors.one(track.id, output)
    fits = catalog.vectors.origins(track.id).get(output) == network.fingerprint
    return network.likely(embedding) if embedding is not None and fits else {}
