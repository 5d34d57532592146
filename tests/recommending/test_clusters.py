"""Clusters of a library: by a table's features and by sound, of songs and of playlists, saved and filled again."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from libraries import index, library_at, make_numbered
from songkin.cli import run
from songkin.errors import NotFound, QueryError, StoreError
from songkin.library import Library
from songkin.models import Playlist
from songkin.recommending import kmeans, scale
from songkin.recommending.clusters import Clustering, Metric, distances
from songkin.records import CONTINUOUS
from songkin.store import catalog_file, shard

KINDS = {
    "folk": ("acoustic folk", "Willow", [0.5, 0.2, -16, 0.04, 0.9, 0.1, 0.1, 0.4, 95]),
    "metal": ("heavy metal", "Hammer", [0.4, 0.95, -4, 0.09, 0.01, 0.2, 0.3, 0.3, 140]),
    "rap": ("hip hop", "Corner", [0.85, 0.6, -7, 0.35, 0.15, 0.0, 0.15, 0.6, 92]),
    "ambient": ("ambient", "Drift", [0.2, 0.1, -25, 0.04, 0.8, 0.9, 0.1, 0.1, 70]),
    "dance": ("house", "Pulse", [0.8, 0.85, -6, 0.05, 0.02, 0.6, 0.1, 0.9, 125]),
}
"""Genre, a word of titles, and the nine features in the order of ``CONTINUOUS``."""
SPREAD = [0.04, 0.04, 1.0, 0.01, 0.03, 0.03, 0.03, 0.05, 3]


def song(kind: str, number: int, rng: np.random.Generator) -> list[Any]:
    genre, word, features = KINDS[kind]
    values = np.array(features) + rng.normal(size=9) * SPREAD
    values[[0, 1, 3, 4, 5, 6, 7]] = np.abs(values[[0, 1, 3, 4, 5, 6, 7]]).clip(0, 1)  # what is out of range is none
    told = [f"{value:.4f}" for value in values]
    return [f"{word} {kind}{number}", f"{kind} artist {number % 7}", genre, *told, list(KINDS).index(kind), 1]


def table(file: Path, songs: Sequence[tuple[str, int]], seed: int = 0) -> Path:
    """A table of songs with features."""
    rng = np.random.default_rng(seed)
    with file.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["title", "artist", "genre", *CONTINUOUS, "key", "mode"])
        writer.writerows(song(kind, number, rng) for kind, number in songs)
    return file


def playlist(file: Path, songs: Sequence[tuple[str, int]], strangers: int = 0) -> Path:
    lines = [f"#EXTINF:200,{kind} artist {n % 7} - {KINDS[kind][1]} {kind}{n}\n{kind}{n}.mp3" for kind, n in songs]
    lines += [f"#EXTINF:200,Nobody - Nothing {n}\nnothing{n}.mp3" for n in range(strangers)]
    file.write_text("#EXTM3U\n" + "\n".join(lines) + "\n", "utf-8")
    return file


def of(kind: str, *numbers: int) -> list[tuple[str, int]]:
    return [(kind, number) for number in numbers]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty songs of each kind, one without features, and playlists of one kind each or of two."""
    folder = tmp_path_factory.mktemp("clusters")
    table(folder / "songs.csv", [(kind, n) for kind in KINDS for n in range(30)])
    (folder / "bare.csv").write_text("title,artist,year\nBare,Nobody Knows,1999\n")
    lists = {
        "Campfire": of("folk", *range(8)),
        "Porch": of("folk", *range(10, 16)),
        "Riffs": of("metal", *range(9)),
        "Riffs and logs": [*of("metal", *range(5)), *of("folk", 1, 2)],
        "Sleep": of("ambient", *range(6)),
        "Club": of("dance", *range(12)),
    }
    files = [playlist(folder / f"{name}.m3u8", songs) for name, songs in lists.items()]
    files += [playlist(folder / "Half.m3u8", of("rap", 1, 2), 2), playlist(folder / "Strangers.m3u8", [], 3)]
    with library_at(folder / "library", cache=str(folder / "no models")) as library:
        report = library.import_([folder / "songs.csv", folder / "bare.csv", *files])
        assert (report.added, len(report.refused)) == (151, 0)
    return folder


@pytest.fixture
def library(made: Path, tmp_path: Path) -> Iterator[Library]:
    shard.copy(made / "library", tmp_path / "library")
    with library_at(tmp_path / "library", cache=str(tmp_path / "no models")) as opened:
        yield opened


def kinds_of(library: Library, ids: Sequence[str]) -> set[str]:
    return {genre for track in library.catalog.tracks(list(ids)).values() for genre in track.genres}


def labels(found: Clustering) -> dict[str, int]:
    return {i: cluster.number for cluster in found.clusters for i in cluster.members}


def test_songs_of_a_kind_are_one_cluster_named_by_what_is_typical(library: Library) -> None:
    found = library.clusters.songs()
    assert (found.choice.k, found.scale.space) == (5, "table")
    assert [cluster.size for cluster in found.clusters] == [30] * 5
    for cluster in found.clusters:
        (genre,) = kinds_of(library, cluster.members)
        assert genre in cluster.words
        assert [track.id for track in cluster.central] == list(cluster.members[:5])
    said = {word for cluster in found.clusters for word in cluster.words}
    assert {"spoken", "quiet", "acoustic folk", "heavy metal"} <= said
    assert len({cluster.name for cluster in found.clusters}) == 5


def test_songs_without_numbers_are_told_and_in_no_cluster(library: Library) -> None:
    found = library.clusters.songs()
    assert (found.covered, found.total) == (150, 151)
    assert found.notes == ("1 of 151 songs have no numbers in the space 'table', and stand in no cluster.",)
    assert library.track("Bare").id not in labels(found)


def test_the_same_seed_gives_the_same_clusters(library: Library) -> None:
    one, two = library.clusters.songs((3, 9), seed=7), library.clusters.songs((3, 9), seed=7)
    assert one.clusters == two.clusters
    assert np.array_equal(one.centres, two.centres)


@pytest.mark.parametrize("k", [2, 9, 17])
def test_every_cluster_has_songs_and_every_song_a_cluster(library: Library, k: int) -> None:
    found = library.clusters.songs(k)
    assert len(found.clusters) == k
    assert min(cluster.size for cluster in found.clusters) > 0
    assert sum(cluster.size for cluster in found.clusters) == len(labels(found)) == 150


def test_songs_that_were_not_in_the_fit_spread_over_the_clusters(library: Library, tmp_path: Path) -> None:
    """What is scaled for the fit and not for those who come later falls into one cluster of seventeen."""
    found = library.clusters.songs(17)
    new = [(kind, n) for kind in KINDS for n in range(100, 140)]
    library.import_([table(tmp_path / "new.csv", new, seed=1)])
    known = {*labels(found), library.track("Bare").id}
    come = [i for i in library.catalog.ids() if i not in known]
    there, rows = scale.all_rows(library.catalog, found.scale, come)
    assert len(there) == len(new)
    where, squares = kmeans.placed(rows, found.centres)
    assert len(set(where.tolist())) >= 9
    _, before = kmeans.placed(scale.all_rows(library.catalog, found.scale, list(labels(found)))[1], found.centres)
    assert np.median(squares) < 3 * np.median(before)  # as near to their centres as those of the fit


def test_a_song_is_the_same_row_whenever_it_is_put_on_the_scale(library: Library, tmp_path: Path) -> None:
    found = library.clusters.songs(5)
    ids = list(labels(found))[:20]
    before = scale.all_rows(library.catalog, found.scale, ids)[1]
    library.import_([table(tmp_path / "new.csv", [("metal", n) for n in range(200, 400)])])  # fits the space anew
    assert np.array_equal(scale.all_rows(library.catalog, found.scale, ids)[1], before)
    kept, centres = scale.unpack(found.scale.pack(found.centres))
    assert np.array_equal(scale.all_rows(library.catalog, kept, ids)[1], before)
    assert np.array_equal(centres, found.centres)


def test_saved_statistics_that_are_damaged_are_told(library: Library) -> None:
    found = library.clusters.songs(3)
    data = found.scale.pack(found.centres)
    for broken in (b"", data[: len(data) // 2], b"x" * 100):
        with pytest.raises(StoreError) as caught:
            scale.unpack(broken)
        assert "--save" in caught.value.remedy


# Playlists -------------------------------------------------------------------------------------------------------------


def test_playlists_are_grouped_by_the_mean_of_their_songs(library: Library) -> None:
    found = library.clusters.playlists(5)
    together = [{each.name for each in cluster.central if isinstance(each, Playlist)} for cluster in found.clusters]
    assert {"Campfire", "Porch"} in together
    assert {"Riffs", "Riffs and logs"} in together
    assert (found.covered, found.total) == (7, 8)
    assert any("1 of 8 playlists has no song" in line for line in found.notes)
    assert any("1 of 8 playlists is known in part, by 50% of its songs." in line for line in found.notes)


def test_the_nearest_playlist_is_of_the_same_kind_and_the_farthest_is_not(library: Library) -> None:
    near = library.clusters.nearest("Campfire")
    assert near.found[0].playlist.name == "Porch"
    assert "Campfire" not in {each.playlist.name for each in near.found}
    assert [each.known for each in near.found if each.playlist.name == "Half"] == [0.5]
    far = library.clusters.nearest("Campfire", farthest=True)
    assert [each.playlist.id for each in far.found] == [each.playlist.id for each in reversed(near.found)]
    assert library.clusters.nearest("Campfire", limit=2).found == near.found[:2]


def test_each_metric_measures_as_it_is_called() -> None:
    one = np.array([1, 2], np.float32)
    rows = np.array([[1, 2], [4, -2], [-1, -2], [2, 4], [0, 0]], np.float32)
    assert distances(one, rows, "cityblock").tolist() == [0, 7, 6, 3, 3]
    assert distances(one, rows, "euclidean") == pytest.approx([0, 5, 20**0.5, 5**0.5, 5**0.5])
    assert distances(one, rows, "cosine") == pytest.approx([0, 1, 2, 0, 1], abs=1e-6)


@pytest.mark.parametrize("metric", ["cityblock", "euclidean", "cosine"])
def test_distances_of_playlists_are_of_the_metric_that_was_asked_for(library: Library, metric: Metric) -> None:
    found = library.clusters.nearest("Riffs", metric=metric)
    assert found.metric == metric
    away = [each.distance for each in found.found]
    assert away == sorted(away)
    assert found.found[0].playlist.name == "Riffs and logs"


# Saved -----------------------------------------------------------------------------------------------------------------


def saved(library: Library) -> dict[str, set[str]]:
    lists = [each for each in library.playlists() if each.source == "cluster"]
    return {each.id: {entry.track.id for entry in library.entries(each.id) if entry.track} for each in lists}


def test_saved_clusters_are_playlists_of_their_songs_nearest_first(library: Library) -> None:
    found = library.clusters.songs()
    done = library.clusters.save(found)
    assert {each.playlist.name for each in done.changes} == {cluster.name for cluster in found.clusters}
    for cluster in found.clusters:
        entries = library.entries(cluster.name)
        assert tuple(entry.track.id for entry in entries if entry.track) == cluster.members


def test_refilling_takes_new_songs_in_and_keeps_ids_and_names(library: Library, tmp_path: Path) -> None:
    library.clusters.save(library.clusters.songs())
    before = saved(library)
    names = {each.id: each.name for each in library.playlists()}
    library.import_([table(tmp_path / "new.csv", [("metal", 77), ("ambient", 78), ("ambient", 79)])])
    library.forget("folk artist 3 - Willow folk3")
    done = library.clusters.refill()
    after = saved(library)
    assert set(after) == set(before)
    assert {each.id: each.name for each in library.playlists()} == names
    assert sorted((each.came, each.went) for each in done.changes) == [(0, 0), (0, 0), (0, 0), (1, 0), (2, 0)]
    for songs in after.values():
        assert len(kinds_of(library, list(songs))) == 1
    assert sum(len(songs) for songs in after.values()) == 152
    assert all(not each.came and not each.went for each in library.clusters.refill().changes)


def test_a_playlist_that_was_renamed_keeps_its_name_when_it_is_filled_again(library: Library, tmp_path: Path) -> None:
    done = library.clusters.save(library.clusters.songs())
    which = done.changes[0].playlist
    file = tmp_path / "mine.m3u8"
    library.export.playlist(which.id, file)
    file.write_text(file.read_text("utf-8").replace(which.name, "My own name"), "utf-8")
    library.import_([file])
    assert library.playlists(which.id)[0].name == "My own name"
    library.import_([table(tmp_path / "new.csv", [(kind, 55) for kind in KINDS])])
    library.clusters.refill()
    now = library.playlists(which.id)[0]
    assert (now.name, now.source, now.songs) == ("My own name", "cluster", 31)
    library.clusters.save(library.clusters.songs())  # other centres: another set
    assert library.playlists(which.id)[0].name == "My own name"


def test_saving_the_same_clusters_twice_changes_nothing(library: Library) -> None:
    library.clusters.save(library.clusters.songs())
    before = {each.id: each for each in library.playlists()}
    again = library.clusters.save(library.clusters.songs())
    assert {each.id: each for each in library.playlists()} == before
    assert all((each.came, each.went) == (0, 0) for each in again.changes)


def test_another_set_stands_beside_the_first_under_other_names(library: Library) -> None:
    library.clusters.save(library.clusters.songs(5))
    library.clusters.save(library.clusters.songs(4))
    lists = [each for each in library.playlists() if each.source == "cluster"]
    assert len(lists) == 9 == len({each.name for each in lists})
    assert len(library.clusters.refill().changes) == 9


def test_saving_and_refilling_are_runs_that_can_be_taken_back(library: Library, tmp_path: Path) -> None:
    first = library.clusters.save(library.clusters.songs())
    before = saved(library)
    library.import_([table(tmp_path / "new.csv", [("metal", 77)])])
    second = library.clusters.refill()
    assert saved(library) != before
    assert library.undo(second.run)["returned"] == 1
    assert saved(library) == before
    assert library.undo(first.run)["playlists"] == 5
    assert saved(library) == {}
    with pytest.raises(NotFound):
        library.clusters.refill()


def test_playlists_made_of_clusters_are_not_compared_with_others(library: Library) -> None:
    before = library.clusters.playlists(5)
    near = library.clusters.nearest("Sleep")
    done = library.clusters.save(library.clusters.songs())
    assert library.clusters.playlists(5).clusters == before.clusters
    assert library.clusters.nearest("Sleep").found == near.found
    own = library.clusters.nearest(done.changes[0].playlist.id)  # but one of them may be asked for by name
    assert len(own.found) == 7


def test_clusters_whose_numbers_were_not_kept_stay_as_they_are(library: Library) -> None:
    library.clusters.save(library.clusters.songs())
    before = saved(library)
    library.close()
    with closing(sqlite3.connect(catalog_file(library.config.library))) as connection:
        connection.execute("DELETE FROM statistics WHERE name LIKE 'clusters:%'")
        connection.commit()
    done = library.clusters.refill()
    assert done.changes == ()
    assert "stay as they are" in done.notes[0]
    assert saved(library) == before


def test_clusters_of_playlists_are_not_saved(library: Library) -> None:
    with pytest.raises(QueryError):
        library.clusters.save(library.clusters.playlists(3))


# By sound --------------------------------------------------------------------------------------------------------------


def test_songs_that_were_heard_are_grouped_by_what_was_heard(tmp_path: Path) -> None:
    make_numbered(tmp_path / "music", range(6))
    with library_at(tmp_path / "library", cache=str(tmp_path / "no models")) as library:
        index(library, tmp_path / "music")
        found = library.clusters.songs(2)
        assert found.scale.space in ("descriptors", "timbre")
        assert (found.covered, len(found.clusters)) == (6, 2)
        with pytest.raises(QueryError, match="No song has numbers"):
            library.clusters.songs(by="table")


def test_most_songs_decide_by_what_is_compared_and_a_name_overrides_it(library: Library, tmp_path: Path) -> None:
    make_numbered(tmp_path / "music", range(3))
    index(library, tmp_path / "music")
    assert library.clusters.songs(3).scale.space == "table"
    heard = library.clusters.songs(2, by="descriptors")
    assert (heard.covered, heard.total) == (3, 154)


# Little and bad --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("songs", [1, 2, 3])
def test_a_library_of_very_few_songs_has_clusters(tmp_path: Path, songs: int) -> None:
    with library_at(tmp_path / "library", cache=str(tmp_path / "no models")) as library:
        library.import_([table(tmp_path / "few.csv", [("rap", n) for n in range(songs)])])
        found = library.clusters.songs()
        assert sum(cluster.size for cluster in found.clusters) == songs
        assert all(cluster.name for cluster in found.clusters)
        assert len(library.clusters.songs(50).clusters) == songs
        with pytest.raises(NotFound):
            library.clusters.playlists()


def test_songs_that_are_all_the_same_are_one_cluster(tmp_path: Path) -> None:
    rows = "".join(f"Same {n},Nobody,0.5,0.5,-8,120\n" for n in range(25))
    (tmp_path / "same.csv").write_text(f"title,artist,danceability,energy,loudness,tempo\n{rows}")
    with library_at(tmp_path / "library", cache=str(tmp_path / "no models")) as library:
        library.import_([tmp_path / "same.csv"])
        for k in (None, 6, (2, 5)):
            (only,) = library.clusters.songs(k).clusters
            assert only.size == 25
        library.clusters.save(library.clusters.songs())
        assert [len(songs) for songs in saved(library).values()] == [25]


def test_features_that_are_no_numbers_leave_their_song_out(library: Library) -> None:
    victim = library.track("rap artist 4 - Corner rap4").id
    library.close()
    with closing(sqlite3.connect(catalog_file(library.config.library))) as connection:
        connection.execute(
            "UPDATE tracks SET table_features = ? WHERE id = ?", (json.dumps({"energy": float("nan")}), victim)
        )
        connection.commit()
    found = library.clusters.songs()
    assert (found.covered, found.choice.k) == (149, 5)
    assert victim not in labels(found)
    assert library.clusters.nearest("Half").found[0].known > 0


def test_a_library_without_any_numbers_says_what_would_bring_them(tmp_path: Path) -> None:
    (tmp_path / "bare.csv").write_text("title,artist,year\nBare,Nobody Knows,1999\n")
    with library_at(tmp_path / "library", cache=str(tmp_path / "no models")) as library:
        library.import_([tmp_path / "bare.csv"])
        with pytest.raises(NotFound) as caught:
            library.clusters.songs()
        assert "songkin index" in caught.value.remedy


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--nearest", "Nothing of the kind"], 1, "There is no playlist"),
        (["--nearest", "Strangers"], 1, "No song of the playlist 'Strangers'"),
        (["--farthest"], 2, "--nearest NAME"),
        (["--save", "--refill"], 2, "do not go together"),
        (["playlists", "--save"], 2, "Only clusters of songs"),
        (["--refill"], 1, "No clusters were saved"),
        (["--k", "none"], 2, "--k auto"),
        (["--k", "0"], 2, "cannot be made"),
        (["--by", "colour"], 2, "There are table"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(
    library: Library, words: list[str], code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["clusters", *words, "-L", str(library.config.library)]) == code
    err = capsys.readouterr().err
    assert says in err
    assert "Traceback" not in err


def test_the_command_shows_indices_clusters_and_what_was_saved(
    library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["-L", str(library.config.library)]
    assert run(["clusters", *where]) == 0
    out, err = capsys.readouterr()
    assert "silhouette, Davies–Bouldin, Calinski–Harabasz, taken" in out
    assert "150 of 151 songs" in err
    assert run(["clusters", "--k", "5", "--save", "--json", *where]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [each["size"] for each in told["clusters"]] == [30] * 5
    assert len(told["saved"]["playlists"]) == 5
    assert run(["clusters", "--refill", *where]) == 0
    assert "came" in capsys.readouterr().out
    assert run(["clusters", "--nearest", "Club", "--metric", "cosine", "-n", "1", "--json", *where]) == 0
    near = json.loads(capsys.readouterr().out)
    assert (near["metric"], len(near["playlists"])) == ("cosine", 1)
