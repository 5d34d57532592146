"""Names in the catalog: found as they are folded, whoever else stands beside them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from songkin.models import Track, track_id
from songkin.search.names import named
from songkin.store.catalog import Catalog
from songkin.store.rows import Recording

SONGS = (
    ("Sigur Rós", "Ágætis byrjun"),
    ("Nina; Sigur Rós", "Together"),
    ("Nina", "Intro"),
    ("Ninas", "Intro"),
    ("A B", "C"),
    ("A", "B C"),
)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog(tmp_path / "catalog.db") as made:
        made.put(
            [
                Recording(Track(track_id(str(n)), title, tuple(artists.split("; "))), key=str(n))
                for n, (artists, title) in enumerate(SONGS)
            ]
        )
        yield made


def labels(tracks: list[Track]) -> list[str]:
    return [track.label for track in tracks]


def test_each_name_is_there_once_and_artists_are_told_apart(catalog: Catalog) -> None:
    assert catalog.artists() == ("a", "a b", "nina", "ninas", "sigur ros")
    assert catalog.titles() == ("agaetis byrjun", "b c", "c", "intro", "together")


def test_an_artist_is_found_alone_and_in_company_but_not_inside_another_name(catalog: Catalog) -> None:
    assert labels(catalog.named(artist="NINA")) == ["Nina - Intro", "Nina, Sigur Rós - Together"]
    assert labels(catalog.named(artist="sigur ros", title="together")) == ["Nina, Sigur Rós - Together"]
    assert catalog.named(artist="nin") == []


def test_artist_and_title_in_one_line_name_every_song_that_is_called_so(catalog: Catalog) -> None:
    found = named(catalog, "Sigur Ros agaetis BYRJUN")
    assert found is not None
    assert (found.kind, found.exact, labels(list(found.tracks))) == (
        "artist and title",
        True,
        ["Sigur Rós - Ágætis byrjun"],
    )
    both = named(catalog, "a b c")
    assert both is not None
    assert labels(list(both.tracks)) == ["A - B C", "A B - C"]


def test_a_long_text_names_nothing_and_costs_no_long_query(catalog: Catalog) -> None:
    assert named(catalog, "word " * 400) is None


def test_names_written_by_another_process_are_seen_at_once(catalog: Catalog) -> None:
    before = catalog.titles()
    assert catalog.titles() is before
    with Catalog(catalog.db.file) as other:
        other.put([Recording(Track(track_id("new"), "Zebra", ("Nobody",)), key="new")])
    assert catalog.titles() == (*before, "zebra")
    catalog.forget([track_id("new")])
    assert catalog.titles() == before
