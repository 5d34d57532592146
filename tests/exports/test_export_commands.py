"""``songkin export`` as people use it: what it writes, ``songkin import`` takes back as the same songs."""

from __future__ import annotations

import csv
import json
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given as by_chance
from hypothesis import settings as chances
from hypothesis import strategies as st

from libraries import index, library_at
from songkin import exports
from songkin.cli import run
from songkin.errors import NotFound, SourceError
from songkin.exports.catalog_folder import MANIFEST
from songkin.exports.names import file_name
from songkin.library import Library
from songkin.models import PlaylistEntry, Query
from songkin.store import keeping, outgoing
from soundfiles import sound_file, tune

ID = "0123456789ABCDEFabcd{:02}"
FORMATS = {"m3u": "m3u8", "xspf": "xspf", "jspf": "jspf", "csv": "csv", "exportify": "csv", "uris": "txt"}
KNOWN_AGAIN = ("m3u", "xspf", "jspf", "csv")
HOSTILE = (
    "../../etc/passwd",
    "..",
    "=cmd|' /C calc'!A0",
    "-rf",
    "a\nb\r\tc",
    "é" * 255,
    "Café",
    "cafe\u0301",
    "CAFÉ",
    "CON",
    "nul.txt",
    "a/b\\c:d*e?f",
    ".hidden",
    "trailing. .",
    "\u202egnp.exe",
    " ",
)


def table_at(path: Path, numbers: Sequence[int]) -> Path:
    """A table of songs of a service, with audio features; the first of them are also files."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(
            ["Track URI", "Track Name", "Artist Name(s)", "Album Name", "Added At", "Energy", "Tempo", "Valence"]
        )
        for n in numbers:
            names = [f"spotify:track:{ID.format(n)}", f"Song {n}", f"Artist {n % 3};Guest", "Album"]
            table.writerow([*names, "2024-01-05T10:00:00Z", n / 20, 90 + n, 0.5])
    return path


def filled(folder: Path) -> Library:
    """A library of files, of a service's songs, of a list, an album, votes, corrections and vectors of its own."""
    for n in range(3):
        sound_file(folder / "music" / f"{n}.flac", tune(2, seed=n), {"title": f"Song {n}", "artist": f"Artist {n % 3}"})
    odd = os.path.join(str(folder / "music"), os.fsdecode(b"caf\xe9.flac"))
    shutil.copy(sound_file(folder / "odd.flac", tune(2, seed=9), {"title": '=Odd\u202e, "one"', "artist": "A; B"}), odd)
    drive = ["#EXTM3U", "#PLAYLIST:Drive", "music/1.flac", "music/0.flac", "music/1.flac", odd]
    unknown = ["#EXTINF:2,Nobody - Nothing", "/elsewhere/9.mp3"]
    (folder / "drive.m3u8").write_bytes(os.fsencode("\n".join([*drive, *unknown])))
    with (folder / "albums.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["artist", "album", "review", "rating"])
        rows.writerow(["Artist 1", "Album", "Warm,\nand 'slow'.", "4.5"])
    vectors = np.random.default_rng(0).normal(size=(8, 16)).astype(np.float32)
    np.savez(folder / "panns.npz", id=[f"spotify:track:{ID.format(n)}" for n in range(8)], vectors=vectors)
    library = library_at(folder / "library", cache=str(folder / "no models"))
    index(library, folder / "music", encoders=("descriptors", "fingerprint"))
    library.import_([table_at(folder / "Evening.csv", range(8)), folder / "drive.m3u8", folder / "albums.csv"])
    library.import_([folder / "panns.npz"])
    library.vote("Song 1", "love")
    library.vote("Song 5", "hate", user="=you")
    library.set("Song 2", {"year": "1977"})
    return library


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    filled(folder).close()
    return folder


@pytest.fixture
def place(home: Path, tmp_path: Path) -> Path:
    """A library that a test may change; its sound files lie where they did. Its search index is made anew: that is of
    files with holes, which a copy would fill."""
    (tmp_path / "library").mkdir()
    shutil.copy(home / "library" / "catalog.db", tmp_path / "library" / "catalog.db")
    return tmp_path


def done(capsys: pytest.CaptureFixture[str], library: Path, *words: str) -> tuple[int, dict[str, Any]]:
    """Run a command with --json: its exit code, and what it said."""
    capsys.readouterr()
    code = run([*words, "-L", str(library), *(["--no-pull"] if words[0] == "import" else []), "--json"])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, found


def state(library: Library) -> dict[str, Any]:
    """Every row that is exported, but for the numbers of runs, and every vector."""
    with library.catalog.db.reading() as connection:
        found: dict[str, Any] = {}
        for name in keeping.TABLES:
            columns = list(keeping.columns(name))
            rows = [dict(zip(columns, row, strict=True)) for row in keeping.rows(connection, name)]
            found[name] = [{k: v for k, v in row.items() if k != "run" and (name, k) != ("runs", "id")} for row in rows]
        found["vectors"] = {
            (heap.output, row[0]): row[1:]
            for heap in keeping.heaps(connection)
            for row in keeping.vectors(connection, heap)
        }
    found["runs"] = [row for row in found["runs"] if row["command"] != "import" or "cat" not in str(row["arguments"])]
    found["changes"] = [row for row in found["changes"] if row["kind"] != keeping.RESTORED]
    return found


@pytest.mark.parametrize("relative", [False, True])
@pytest.mark.parametrize("kind", FORMATS)
def test_an_exported_playlist_is_imported_as_the_same_songs(
    place: Path, kind: str, relative: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ["--relative"] if relative else []
    for name, songs in (("Drive", 5), ("Evening", 8)):
        file = place / f"again {name}.{FORMATS[kind]}"
        with library_at(place / "library") as library:
            before, then = _ids(library.entries(name)), state(library)
        words = ["export", "--playlist", name, "-o", str(file), "--format", kind, *more]
        code, told = done(capsys, place / "library", *words)
        assert (code, told["files"], told["songs"], told["playlists"]) == (0, [str(file)], songs, 1)
        code, report = done(capsys, place / "library", "import", str(file))
        assert code == 0
        assert (report["refused"], report["playlists"]) == ([], 1)
        assert (report["added"], report["updated"]) == (0, 0)
        assert set(report["matched"]) <= {"id", "path"}
        with library_at(place / "library") as library:
            if kind in KNOWN_AGAIN:  # it says which playlist it is
                assert lists_of(state(library)) == lists_of(then)
            else:
                assert _ids(_lately(library)) == before


@pytest.mark.parametrize("kind", FORMATS)
def test_places_that_name_no_song_here_come_back_too(
    place: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    away = ["https://away.example/x/y.mp3", "#EXTINF:2,Nobody - Nothing", "Z:\\y.mp3", "#EXTINF:2,Song 1", "z.mp3"]
    (place / "away.m3u8").write_text("\n".join(["#EXTM3U", "#PLAYLIST:My list", *away, ""]))
    assert done(capsys, place / "library", "import", str(place / "away.m3u8"))[0] == 0
    with library_at(place / "library") as library:
        before, then = _ids(library.entries("My list")), state(library)
    file = place / f"again.{FORMATS[kind]}"
    assert done(capsys, place / "library", "export", "--playlist", "My list", "-o", str(file), "--format", kind)[0] == 0
    code, report = done(capsys, place / "library", "import", str(file))
    assert (code, report["refused"], report["playlists"], report["added"]) == (0, [], 1, 0)
    with library_at(place / "library") as library:
        if kind in KNOWN_AGAIN:
            assert lists_of(state(library)) == lists_of(then)
        else:
            assert _ids(_lately(library)) == before


@pytest.mark.parametrize("kind", KNOWN_AGAIN)
def test_an_exported_playlist_that_was_edited_comes_back_as_the_same_playlist(
    place: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = place / f"edited.{FORMATS[kind]}"
    with library_at(place / "library") as library:
        (drive,) = library.catalog.playlists.named("Drive")
        before, then = library.entries("Drive"), state(library)
        listing = outgoing.playlist(library.catalog.db, drive)
        edited = replace(listing, entries=(*listing.entries[:0:-1], listing.entries[1]), name="Drive on")
        exports.export(edited, str(file), kind)
        report = library.import_([file])
        (now,) = [each for each in library.playlists() if each.id == drive.id]
        after = library.entries(drive.id)
        assert (report.added, len(library.playlists())) == (0, len(then["playlists"]))
        assert (now.name, now.source, now.owner, now.songs) == ("Drive on", drive.source, drive.owner, drive.songs)
        assert _ids(after) == [*_ids(before)[:0:-1], _ids(before)[1]]
        assert [each.added_at for each in after[:-1]] == [each.added_at for each in before[:0:-1]]
        library.undo(report.run)
        assert library.entries("Drive") == before
        assert lists_of(state(library)) == lists_of(then)


def lists_of(found: dict[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Playlists and their entries, but for when they were changed."""
    return [{k: v for k, v in each.items() if k != "updated_at"} for each in found["playlists"]], found["entries"]


def _ids(entries: Sequence[PlaylistEntry]) -> list[str]:
    return [entry.track.id if entry.track else "" for entry in entries]


def _lately(library: Library) -> list[PlaylistEntry]:
    """Entries of the playlist that was imported last."""
    with library.catalog.db.reading() as connection:
        query = "SELECT id FROM playlists ORDER BY run DESC LIMIT 1"
        return library.entries(str(connection.execute(sa.text(query)).scalar()))


def test_all_songs_are_exported_and_known_again(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = done(capsys, place / "library", "export", "--songs", "-o", str(place / "all.csv"))
    assert (code, told["songs"]) == (0, 9)
    code, report = done(capsys, place / "library", "import", str(place / "all.csv"))
    assert (code, report["added"], report["updated"], report["unchanged"], report["refused"]) == (0, 0, 0, 9, [])


def test_every_playlist_gets_a_file_of_its_own_that_stays_in_the_folder(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lists = [{"playlist": {"title": name, "track": [{"title": "Song 1", "creator": "Artist 1"}]}} for name in HOSTILE]
    for number, made in enumerate(lists):
        (place / f"{number}.jspf").write_text(json.dumps(made))
    assert done(capsys, place / "library", "import", *(str(place / f"{n}.jspf") for n in range(len(lists))))[0] == 0
    for kind, suffix in FORMATS.items():
        folder = place / "out" / kind
        words = ("export", "--all-playlists", "-o", str(folder), "--format", kind)
        code, told = done(capsys, place / "library", *words)
        assert code == 0
        assert told["playlists"] == len(HOSTILE) + 2
        assert {Path(file).parent for file in told["files"]} == {folder}
        assert sorted(os.listdir(folder)) == sorted(Path(file).name for file in told["files"])
        names = [name.removesuffix(f".{suffix}") for name in os.listdir(folder)]
        assert all(name.isprintable() and name[0] not in ".-= " and len(os.fsencode(name)) < 250 for name in names)
        again, error = done(capsys, place / "library", *words)
        assert again == 1
        assert "--force" in error["error"]["remedy"]
        assert done(capsys, place / "library", *words, "--force")[0] == 0
    code, report = done(capsys, place / "library", "import", str(place / "out" / "m3u"))
    assert (code, report["added"], report["playlists"]) == (0, 0, len(HOSTILE) + 2)
    with library_at(place / "library") as library:
        assert len([each for each in library.playlists() if each.name == "../../etc/passwd"]) == 1


@by_chance(st.lists(st.text(max_size=300) | st.sampled_from(HOSTILE), max_size=20))
def test_names_of_files_are_safe_and_differ_whatever_the_playlists_are_called(names: list[str]) -> None:
    taken: set[str] = set()
    made = [file_name(name, ".m3u8", taken) for name in names]
    assert len({name.casefold() for name in made}) == len(names)
    for name in made:
        assert len(name.encode()) <= 255
        assert name.isprintable()
        assert not set(name) & set('/\\:*?"<>|')
        assert name[0] not in ". -=+@~"


def test_results_are_exported_from_a_file_and_from_standard_input(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, answer = done(capsys, place / "library", "find", "song", "-n", "4")
    assert code == 0
    (place / "answer.json").write_text(json.dumps(answer))
    words = ("export", "--results", str(place / "answer.json"), "-o", str(place / "r.m3u8"))
    assert done(capsys, place / "library", *words)[1]["songs"] == 4
    with (place / "answer.json").open() as file:
        monkeypatch.setattr(sys, "stdin", file)
        told = done(capsys, place / "library", "export", "--results", "-", "-o", str(place / "s.xspf"))[1]
    assert told["songs"] == 4
    code, report = done(capsys, place / "library", "import", str(place / "r.m3u8"))
    assert (report["added"], report["unchanged"]) == (0, 4)
    with library_at(place / "library") as library:
        ids = [entry.track.id for entry in library.entries("song") if entry.track]
    assert ids == [hit["track"]["id"] for hit in answer["hits"]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no json", "no JSON"),
        ("[]", "no answer"),
        ('{"hits": 5}', "no answer"),
        ('{"hits": []}', "no results"),
        ('{"hits": [5, {"track": {"id": 7}}, {"track": {"id": "x"}}]}', "in this library"),
        ('{"error": {"message": "Nothing."}}', "not answered"),
    ],
)
def test_what_are_no_results_is_told(place: Path, text: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "answer.json").write_text(text)
    words = ("export", "--results", str(place / "answer.json"), "-o", str(place / "r.m3u8"))
    code, told = done(capsys, place / "library", *words)
    assert code == 1
    assert message in told["error"]["message"]
    assert told["error"]["remedy"]


def test_votes_are_exported_imported_and_taken_back(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(place / "votes.csv")
    assert done(capsys, place / "library", "export", "--votes", "-o", file)[1]["votes"] == 2
    mine = done(capsys, place / "library", "export", "--votes", "--user", "me", "-o", str(place / "mine.csv"))[1]
    assert mine["votes"] == 1
    assert done(capsys, place / "library", "export", "--votes", "--user", "x", "-o", str(place / "x.csv"))[0] == 1
    with library_at(place / "library") as library:
        before = _votes(library)
        library.import_([file])
        assert _votes(library) == before
        with library.catalog.db.writing() as connection:
            connection.execute(sa.text("DELETE FROM votes WHERE user = 'me'"))
            connection.execute(sa.text("UPDATE votes SET vote = 'like', at = 5"))
        changed = _votes(library)
        report = library.import_([file])
        assert [remark for one in report.files for remark in one.remarks] == ["Votes: 2 taken, 0 changed nothing."]
        assert _votes(library) == before
        library.undo(report.run)
        assert _votes(library) == changed


def _votes(library: Library) -> list[dict[str, Any]]:
    """All votes, to the millisecond."""
    return [{**row, "at": round(row["at"], 3)} for row in state(library)["votes"]]


def test_votes_that_cannot_be_taken_are_refused_one_by_one(place: Path) -> None:
    rows = [
        "User,Vote,Voted At,Track Name",
        "me,love,,Song 3",
        "me,adore,,Song 4",
        "me,hate,,Nothing Like It",
        "me,like,,",
    ]
    (place / "votes.csv").write_text("\n".join(rows) + "\n")
    with library_at(place / "library") as library:
        report = library.import_([place / "votes.csv"])
        assert sorted(refusal.row for refusal in report.refused) == [3, 4, 5]
        assert all(refusal.remedy for refusal in report.refused)
        assert library.catalog.votes_on(library.track("Song 3").id) == {"me": "love"}


@pytest.mark.parametrize("parquet", [True, False])
def test_a_whole_catalog_in_an_empty_library_is_the_same_library(
    home: Path, tmp_path: Path, parquet: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if parquet:
        pytest.importorskip("pyarrow")
    else:
        monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setenv("SONGKIN_CACHE", str(tmp_path / "no models"))  # with them texts would be read here for once
    code, told = done(capsys, home / "library", "export", "--catalog", "-o", str(tmp_path / "cat"))
    assert (code, told["songs"], told["playlists"], told["votes"]) == (0, 9, 2, 2)
    assert bool(told["notes"]) is not parquet
    assert sorted(os.listdir(tmp_path / "cat")) == sorted(Path(file).name for file in told["files"])
    code, report = done(capsys, tmp_path / "library", "import", str(tmp_path / "cat"))
    assert (code, report["added"], report["playlists"], report["albums"], report["refused"]) == (0, 9, 2, 1, [])
    with library_at(home / "library") as old, library_at(tmp_path / "library", cache=str(tmp_path / "no")) as new:
        assert state(new) == state(old)
        outputs = {output for output, _ in state(new)["vectors"]}
        assert {"timbre98", "fingerprint", "own:panns"} <= outputs
        query = Query(limit=5, per_artist=None, per_album=None)
        for what in ("Song 1", "Song 6"):
            assert [hit.track.id for hit in new.similar(what, query).hits] == [
                hit.track.id for hit in old.similar(what, query).hits
            ]
        assert index(new, home / "music", encoders=("descriptors", "fingerprint")).unchanged == 4
        assert new.import_([home / "Evening.csv"]).unchanged == 8


def test_the_runs_of_a_whole_catalog_are_taken_back_as_before(home: Path, tmp_path: Path) -> None:
    with library_at(home / "library") as old:
        old.export.whole(tmp_path / "cat")
    with library_at(tmp_path / "library", cache=str(tmp_path / "no")) as new:
        restoring = new.import_([tmp_path / "cat"]).run
        with pytest.raises(NotFound, match="whole catalog"):
            new.undo(restoring)
        imports = [run["id"] for run in new.catalog.journal.last_runs() if run["command"] == "import"]
        for number in imports:
            if number != restoring:
                new.undo(number)
        assert {track.title for track in new.tracks() if not track.path} == {"Song 5"}  # somebody voted on it
        assert new.playlists() == []


def test_a_catalog_is_matched_with_the_songs_of_a_library_that_has_some(home: Path, place: Path) -> None:
    with library_at(home / "library") as old:
        old.export.whole(place / "cat")
        ids = {track.id for track in old.tracks()}
    with library_at(place / "library", cache=str(place / "no")) as same:
        report = same.import_([place / "cat"])
        assert (report.added, report.updated, report.unchanged) == (0, 0, 9)
        assert {track.id for track in same.tracks()} == ids
        assert len(same.playlists()) == 2
    with library_at(place / "other", cache=str(place / "no")) as other:
        other.import_([table_at(place / "Some.csv", range(6, 12))])
        report = other.import_([place / "cat"])
        assert report.added == 7
        assert ids < {track.id for track in other.tracks()}
        assert {each.name for each in other.playlists()} == {"Some", "Evening", "Drive"}
        assert [entry.track.title for entry in other.entries("Evening") if entry.track] == [
            f"Song {n}" for n in range(8)
        ]
        assert other.stats()["votes"] == 2
        assert len(other.albums()) == 1


def test_a_part_of_a_catalog_is_not_taken_alone(home: Path, tmp_path: Path) -> None:
    with library_at(home / "library") as old:
        old.export.whole(tmp_path / "cat")
    (part,) = (tmp_path / "cat").glob("tracks.*")
    with library_at(tmp_path / "library", cache=str(tmp_path / "no")) as new:
        report = new.import_([part])
        assert "folder" in report.refused[0].remedy
        assert not new.tracks()


def test_a_catalog_in_a_zip_is_the_same_catalog(home: Path, tmp_path: Path) -> None:
    with library_at(home / "library") as old, library_at(tmp_path / "library", cache=str(tmp_path / "no")) as new:
        old.export.whole(tmp_path / "in" / "cat")
        file = shutil.make_archive(str(tmp_path / "cat"), "zip", tmp_path / "in")
        assert new.import_([file]).added == 9
        assert state(new) == state(old)


@pytest.fixture(scope="module")
def as_csv(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("csv") / "cat"
    with pytest.MonkeyPatch.context() as patch, library_at(home / "library") as old:
        patch.setitem(sys.modules, "pyarrow", None)
        old.export.whole(folder)
    return folder


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (MANIFEST, '"format": 1', '"format": 2'),
        (MANIFEST, '"file": "tracks.csv"', '"file": "../tracks.csv"'),
        (MANIFEST, '"tracks": {', '"trakcs": {'),
        (MANIFEST, '"file": "vectors.timbre98.npy"', '"file": "vectors.fingerprint.npy"'),
        (MANIFEST, "{", "{{{"),
        ("tracks.csv", ",Song 1,", ',"Song 1,'),
        ("tracks.csv", ",folder,", ","),
        ("tracks.csv", "id,key", "id,keys"),
        ("tracks.csv", "2.0", "nan"),
        ("tracks.csv", '""Guest""', "5"),
        ("entries.csv", ",id,", ",id,,"),
        ("votes.csv", "love", "adore"),
        ("claims.csv", "{", "["),
        ("own_spaces.csv", "panns,16", "panns,15"),
        ("vectors.timbre98.csv", "-", "x"),
        ("playlists.csv", "Drive", "Drive\0"),
    ],
)
def test_a_catalog_that_was_changed_for_the_worse_is_refused_whole(
    as_csv: Path, tmp_path: Path, file: str, old: str, new: str
) -> None:
    shutil.copytree(as_csv, tmp_path / "cat")
    text = (tmp_path / "cat" / file).read_text("utf-8")
    assert old in text
    (tmp_path / "cat" / file).write_text(text.replace(old, new), "utf-8")
    with library_at(tmp_path / "library", cache=str(tmp_path / "no")) as library:
        report = library.import_([tmp_path / "cat"])
        if "\0" in new:  # kept as it is: names are made printable where they are shown
            assert not report.refused
            return
        assert len(report.refused) == 1
        assert report.refused[0].remedy
        assert library.tracks() == []
        assert library.playlists() == []


@pytest.mark.parametrize("gone", ["tracks.csv", "vectors.timbre98.npy", "vectors.timbre98.csv"])
def test_a_catalog_with_a_file_missing_is_refused_whole(as_csv: Path, tmp_path: Path, gone: str) -> None:
    shutil.copytree(as_csv, tmp_path / "cat")
    (tmp_path / "cat" / gone).unlink()
    with library_at(tmp_path / "library", cache=str(tmp_path / "no")) as library:
        report = library.import_([tmp_path / "cat"])
        assert "missing" in report.refused[0].reason
        assert library.tracks() == []


@chances(max_examples=40)
@by_chance(st.data())
def test_a_catalog_that_chance_damaged_is_read_or_refused(
    as_csv: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    from songkin.sources import catalog_folder
    from songkin.sources.given import Given, Options

    folder = tmp_path_factory.mktemp("damaged") / "cat"
    shutil.copytree(as_csv, folder)
    path = folder / data.draw(st.sampled_from(sorted(os.listdir(folder))))
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, max(0, len(raw) - 1)))
        raw[at : at + data.draw(st.integers(0, 8))] = data.draw(
            st.binary(max_size=8) | st.sampled_from([b"null", b"-1", b"[]"])
        )
    path.write_bytes(raw)
    given = Given(str(folder / MANIFEST), root=str(folder))
    remedies = []
    try:
        if catalog_folder.owns(given):
            for _ in catalog_folder.read(given, Options()):
                pass
    except SourceError as error:
        remedies.append(error.remedy)
    assert all(remedies)


def test_a_folder_of_other_things_is_never_replaced(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("export", "--catalog", "-o", str(place / "cat"))
    assert done(capsys, place / "library", *words)[0] == 0
    code, told = done(capsys, place / "library", *words)
    assert code == 1
    assert "--force" in told["error"]["remedy"]
    assert done(capsys, place / "library", *words, "--force")[0] == 0
    (place / "cat" / "letter.txt").write_text("mine")
    code, told = done(capsys, place / "library", *words, "--force")
    assert code == 1
    assert "other things" in told["error"]["message"]
    assert (place / "cat" / "letter.txt").read_text() == "mine"
    assert sorted(os.listdir(place)) == ["cat", "library"]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--playlist", "Nothing", "-o", "x.m3u8"], 1, "no playlist"),
        (["--playlist", "Drive", "-o", "x.doc"], 1, "no format"),
        (["--playlist", "Drive", "--songs", "-o", "x.m3u8"], 2, "one of"),
        (["-o", "x.m3u8"], 2, "one of"),
        (["--songs"], 2, "-o"),
        (["--songs", "-o", "no/such/x.m3u8"], 1, "cannot be written"),
        (["--songs", "-o", "x.m3u8", "--user", "me"], 2, "--votes"),
        (["--votes", "--format", "m3u", "-o", "x.csv"], 2, "lists of songs"),
        (["--results", "nothing.json", "-o", "x.m3u8"], 1, "cannot be read"),
    ],
)
def test_what_cannot_be_exported_is_told_in_one_line(
    place: Path,
    words: list[str],
    code: int,
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(place)
    capsys.readouterr()
    assert run(["export", *words, "-L", str(place / "library")]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert len(err.splitlines()) == 1
    assert not list(place.glob("x.*"))


@pytest.mark.parametrize("words", [["--songs"], ["--all-playlists"], ["--votes"], ["--catalog"]])
def test_an_empty_library_says_that_there_is_nothing(
    tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with library_at(tmp_path / "library") as library:
        library.begin()
    code, told = done(capsys, tmp_path / "library", "export", *words, "-o", str(tmp_path / "x.csv"))
    assert code == 1
    assert told["error"]["remedy"]
    assert os.listdir(tmp_path) == ["library"]
