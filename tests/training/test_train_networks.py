"""Networks trained for real on songkin's own pieces: genres, an autoencoder, and what the library does with them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from libraries import index, library_at
from songkin.cli import run
from songkin.demo.pieces import make_piece
from songkin.doctor import examine
from songkin.errors import NotFound, QueryError
from songkin.library import Library
from songkin.store import own_spaces, shard
from songkin.training import heard as hearing
from songkin.training.net import Recipe, Rows, loss_of, train
from soundfiles import sound_file

KINDS = ("drum_solo", "string_ensemble", "music_box", "drone", "metal")


def write(folder: Path, kind: str, number: int) -> None:
    """Six seconds of a kind, each by an artist of its own."""
    piece = make_piece(kind, number, 6.0)
    tags = {"title": f"{kind} {number}", "artist": f"{kind} player {number}", "genre": piece.genres[0]}
    sound_file(folder / kind / f"{number}.flac", piece.render().mean(axis=0), tags)


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five kinds of six pieces in folders, and a library that has heard them without weights."""
    place = tmp_path_factory.mktemp("kinds")
    for kind in KINDS:
        for number in range(6):
            write(place / "music", kind, number)
    with library_at(place / "library", cache=str(place / "no-weights")) as library:
        index(library, place / "music", encoders=("descriptors", "fingerprint"))
    return place


@pytest.fixture
def library(music: Path, tmp_path: Path) -> Iterator[Library]:
    shard.copy(music / "library", tmp_path / "library")
    with library_at(tmp_path / "library", cache=str(tmp_path / "no-weights")) as found:
        yield found


def test_genres_are_told_apart_on_artists_that_were_not_heard(library: Library, music: Path) -> None:
    made = library.train_genres([music / "music"])
    by_way = {row.label: row for row in made.judged.rows}
    assert made.judged.labels == tuple(sorted(KINDS))
    assert made.judged.songs == made.judged.groups == 30
    assert by_way["hidden layer"].accuracy > 3 * by_way["chance"].accuracy
    assert by_way["hidden layer"].interval[0] <= by_way["hidden layer"].accuracy <= by_way["hidden layer"].interval[1]
    assert made.judged.confusion.sum() == 30
    assert np.trace(made.judged.confusion) == round(by_way["hidden layer"].accuracy * 30)


def test_its_hidden_layer_is_a_space_that_similar_compares_and_undo_takes_away(library: Library, music: Path) -> None:
    before = [hit.track.id for hit in library.similar("drone 0").hits]
    made = library.train_genres([music / "music"], size=8)
    assert [(space.name, space.dim) for space in own_spaces.of(library.catalog.db)] == [("learned-genres", 8)]
    hits = library.similar("drone 0").hits
    assert all("what tells your genres apart" in " ".join(hit.why) for hit in hits)
    assert "drone" in hits[0].track.title
    clip = library.similar(str(music / "music" / "metal" / "2.flac")).hits
    assert "what tells your genres apart" in " ".join(clip[0].why)
    library.undo(made.run)
    assert own_spaces.of(library.catalog.db) == ()
    assert [hit.track.id for hit in library.similar("drone 0").hits] == before
    assert library.show("drone 0").predicted == {}


def test_a_training_in_between_is_put_back_by_undo(library: Library, music: Path) -> None:
    library.train_genres([music / "music"], seed=1)
    track = library.track("drone 0")
    first = library.catalog.vectors.one(track.id, "own:learned-genres")
    again = library.train_genres([music / "music"], seed=2)
    second = library.catalog.vectors.one(track.id, "own:learned-genres")
    assert first is not None
    assert second is not None
    assert not np.array_equal(first, second)
    library.undo(again.run)
    third = library.catalog.vectors.one(track.id, "own:learned-genres")
    assert third is not None
    assert np.array_equal(third, first)
    assert library.show("drone 0").predicted


def test_what_it_takes_a_song_for_is_shown_as_a_guess_and_is_no_genre(
    library: Library, music: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library.train_genres([music / "music"])
    shown = library.show("metal 1")
    assert next(iter(shown.predicted)) == "metal"
    assert sum(shown.predicted.values()) == pytest.approx(1, abs=1e-4)
    assert shown.track.genres == ("metal",)
    assert run(["show", "metal 1", "-L", str(library.config.library)]) == 0
    told = capsys.readouterr().out
    assert "predicted" in told
    assert "a guess" in told


def test_songs_that_come_later_are_read_too_and_doctor_says_when_it_is_stale(
    library: Library, music: Path, tmp_path: Path
) -> None:
    library.train_genres([music / "music"])
    findings = {each.what: each for each in examine(library)}
    assert findings["trained genres"].state == "ok"
    for number in range(20, 27):
        write(tmp_path / "more", "drone", number)
    index(library, tmp_path / "more", encoders=("descriptors", "fingerprint"))
    assert library.show("drone 22").predicted
    late = {each.what: each for each in examine(library)}["trained genres"]
    assert late.state == "note"
    assert "30 songs, and 37" in late.told
    assert "songkin train genres" in late.remedy


def test_a_model_file_that_was_changed_is_told_by_doctor_and_left_out(library: Library, music: Path) -> None:
    made = library.train_genres([music / "music"])
    with (made.folder / "model.safetensors").open("r+b") as file:
        file.seek(-4, 2)
        file.write(b"\1\2\3\4")
    finding = {each.what: each for each in examine(library)}["trained genres"]
    assert finding.state == "bad"
    assert "is not what was written" in finding.told
    assert library.show("drone 0").predicted == {}


def test_another_size_is_refused_until_the_older_model_is_taken_back(library: Library, music: Path) -> None:
    made = library.train_genres([music / "music"], size=8)
    with pytest.raises(QueryError, match="8 numbers a song, and 16") as error:
        library.train_genres([music / "music"], size=16)
    assert f"songkin undo {made.run}" in error.value.remedy
    library.undo(made.run)
    assert library.train_genres([music / "music"], size=16).space == "learned-genres"


def test_too_few_labels_are_told_with_what_would_do(library: Library, music: Path) -> None:
    with pytest.raises(NotFound, match="2 are needed"):
        library.train_genres([music / "music" / "drone"])
    with library_at(library.config.library.parent / "none") as empty:
        empty.begin()
        with pytest.raises(NotFound, match="Nothing was heard"):
            empty.train_genres()
        with pytest.raises(NotFound, match="Nothing was heard"):
            empty.train_autoencoder()


def test_an_autoencoder_stands_beside_the_main_axes_and_its_numbers_are_a_space(library: Library) -> None:
    made = library.train_autoencoder(size=6)
    errors = {name: error for name, (error, _, _) in made.errors.items()}
    assert errors["autoencoder"] < errors["mean of the songs"]
    assert errors["autoencoder"] == pytest.approx(errors["main axes (PCA, 6)"], rel=0.15)
    assert "your autoencoder" in " ".join(library.similar("drone 0").hits[0].why)
    assert library.show("drone 0").predicted == {}


def test_the_commands_print_their_tables(
    music: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SONGKIN_CACHE", str(tmp_path / "no-weights"))
    shard.copy(music / "library", tmp_path / "library")
    place = ["-L", str(tmp_path / "library")]
    assert run(["train", "genres", str(music / "music"), *place]) == 0
    told = capsys.readouterr()
    assert "nearest song" in told.out
    assert "songkin undo" in told.err
    assert run(["train", "autoencoder", "--json", *place]) == 0
    assert json.loads(capsys.readouterr().out)["judged"] > 0
    assert run(["train", "genres", "--labels", "folder", *place]) == 2


def test_the_library_s_own_genres_are_labels_too(library: Library) -> None:
    made = library.train_genres()
    assert set(made.judged.labels) <= {genre for track in library.tracks() for genre in track.genres}
    assert made.judged.songs >= 10


def test_songs_of_an_artist_never_stand_on_both_sides() -> None:
    groups = np.repeat(np.arange(12), [9, 1, 1, 2, 5, 3, 3, 1, 1, 1, 1, 2])
    part = hearing.folds(groups, 4, 0)
    assert all(len(set(part[groups == group])) == 1 for group in set(groups))
    assert set(part) == {0, 1, 2, 3}
    low, high = hearing.interval((groups % 2).astype(np.float64), groups)
    assert low < float((groups % 2).mean()) < high


def test_a_network_learns_what_a_line_cannot_part() -> None:
    rng = np.random.default_rng(0)
    given = rng.uniform(-1, 1, (400, 2)).astype(np.float32)
    wanted = np.eye(2, dtype=np.float32)[(given[:, 0] * given[:, 1] > 0).astype(int)]
    told = Recipe((2, 16, 2), "labels", epochs=80, rate=1e-2, decay=0.0, drop=0.0)
    layers, _ = train(told, Rows(given[:300], wanted[:300]))
    flat, _ = train(Recipe((2, 2), "labels", epochs=80, rate=1e-2, drop=0.0), Rows(given[:300], wanted[:300]))
    asked = Rows(given[300:], wanted[300:])
    assert loss_of(layers, asked, "labels") < 0.3 < 0.6 < loss_of(flat, asked, "labels")
