"""What is written reads back to the same songs, by the source of its kind, and hurts nobody on the way."""

from __future__ import annotations

import csv
import errno
import os
import stat
import string
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest
from hypothesis import assume
from hypothesis import given as by_chance
from hypothesis import strategies as st

from songkin.errors import DiskFull, ExportError
from songkin.exports import FORMATS, Voted, export, export_votes, files
from songkin.records import FEATURES, BadRow, Entry, Listing, Song
from songkin.sources import cells, exportify, jspf, m3u, songs, text_list, xspf
from songkin.sources.given import Given, Options
from songkin.text import guarded, key_uri, unguarded, uri_key

SUFFIX: Final = {"m3u": ".m3u8", "xspf": ".xspf", "jspf": ".jspf", "csv": ".csv", "exportify": ".csv", "uris": ".txt"}
READER: Final[dict[str, ModuleType]] = {
    "m3u": m3u,
    "xspf": xspf,
    "jspf": jspf,
    "csv": exportify,
    "exportify": exportify,
    "uris": text_list,
}
XML: Final = (
    "key",
    "title",
    "artists",
    "album",
    "track_no",
    "duration",
    "isrc",
    "musicbrainz_id",
    "path",
    "url",
    "image",
)
KEPT: Final[dict[str, tuple[str, ...]]] = {
    "m3u": ("key", "title", "artists", "album", "genres", "duration", "path"),
    "xspf": (*XML, "comment"),
    "jspf": (*XML, "comment"),
    "csv": tuple(name for name in Song.__dataclass_fields__ if name not in {"row", "vectors", "placeholder"}),
    "exportify": (
        *(
            "key",
            "title",
            "artists",
            "album",
            "year",
            "released",
            "duration",
            "popularity",
            "explicit",
            "genres",
            "label",
        ),
        "features",
    ),
}


def read(source: ModuleType, path: Path) -> list[Song]:
    """The songs of the one list in a file, which must be good throughout."""
    given = Given(str(path))
    assert source.owns(given)
    found = list(source.read(given, Options()))
    assert not [one for one in found if isinstance(one, BadRow)], found
    (listing,) = [one for one in found if isinstance(one, Listing)]
    return [entry.song for entry in listing.entries]


def written(folder: Path, kind: str, *made: Song, relative: bool = False, name: str = "list") -> Path:
    path = folder / f"x{SUFFIX[kind]}"
    count = export(Listing("k", name, tuple(map(Entry, made))), str(path), kind, relative=relative, force=True)
    assert count == len(made)
    return path


FULL = Song(
    key="spotify:track:39ncDMVidHOeQgeC5anYZM",
    title='He said "no", & left - Live <b>',
    artists=("Earth, Wind & Fire", "A; B", "C - D"),
    album="=cmd|' /C calc'!A0",
    album_artist="Various",
    track_no=3,
    disc_no=2,
    year=1974,
    released="1974-03-09",
    genres=("funk / soul", "R&B"),
    subgenres=("funk---p-funk",),
    duration=215.123,
    isrc="GBUM71000001",
    musicbrainz_id="4c1e1e08-1c0a-4b6b-8d3a-0d1f1d8f5a11",
    path="/music/Ä #1/100% \\ odd?.mp3",
    url="https://x.example/a%20b.mp3?x=1&y=[2]",
    image="https://x.example/i.png",
    explicit=False,
    popularity=61.0,
    label="-1+1",
    comment="warm",
    hash="ab" * 32,
    features=dict.fromkeys(FEATURES, 0.25)
    | {"key": 4.0, "mode": 1.0, "loudness": -9.165, "tempo": 120.5, "time_signature": 4.0},
)


@pytest.mark.parametrize("kind", KEPT)
def test_a_song_of_which_all_is_known_reads_back_as_it_was(tmp_path: Path, kind: str) -> None:
    (found,) = read(READER[kind], written(tmp_path, kind, FULL))
    for name in KEPT[kind]:
        assert getattr(found, name) == getattr(FULL, name), name


def words(least: int = 0) -> st.SearchStrategy[str]:
    """Names as they stand in a library: clean, but for what they mean to other programs."""
    hostile = st.sampled_from(
        [*list("=+-@'\";,|#<>&%\\/:()[]{}!"), " - ", " / ", "\\,", "#EXTINF:1,", "]]>", "é", "日本", "💿", "0", "nan"]
    )
    parts = st.lists(hostile | st.text(string.ascii_letters + " ", max_size=4), min_size=least, max_size=8)
    return parts.map("".join).map(cells.text).filter(lambda text: len(text) >= least)


NAMES = st.lists(words(1).filter(lambda name: cells.known(name) != ""), max_size=3, unique=True).map(tuple)
PATHS = st.lists(words(1).filter(lambda name: "/" not in name and name not in {".", ".."}), min_size=1, max_size=3).map(
    lambda parts: "/music/" + "/".join(parts)
)
SONGS = st.builds(
    Song,
    key=st.just("") | words(1).map(lambda text: f"table:{text}") | st.just(FULL.key),
    title=words(1).filter(lambda title: title != "undefined"),
    artists=NAMES,
    album=words(),
    genres=NAMES,
    track_no=st.none() | st.integers(1, 99),
    year=st.none() | st.integers(1900, 2030),
    duration=st.none() | st.integers(1, 10**7).map(lambda ms: ms / 1000),
    isrc=st.sampled_from(["", "GBUM71000001"]),
    musicbrainz_id=st.sampled_from(["", FULL.musicbrainz_id]),
    path=PATHS | st.sampled_from(["C:\\Music\\ä #.mp3", "\\\\nas\\music\\a b.mp3"]),
    url=st.sampled_from(["", FULL.url]),
    explicit=st.none() | st.booleans(),
    popularity=st.none() | st.floats(0, 100),
    features=st.dictionaries(
        st.sampled_from([name for name in FEATURES if name not in {"key", "mode"}]), st.floats(0, 1), max_size=3
    ),
)


@pytest.mark.parametrize("kind", KEPT)
@pytest.mark.parametrize("relative", [False, True])
@by_chance(made=st.lists(SONGS, min_size=1, max_size=4))
def test_any_songs_read_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, kind: str, relative: bool, made: list[Song]
) -> None:
    assume(all(song.features.get("tempo") != 0 for song in made))  # a tempo of 0 says that the analysis failed
    found = read(READER[kind], written(tmp_path_factory.mktemp("w"), kind, *made, relative=relative))
    assert [song.row for song in found] == list(range(1, len(made) + 1))
    for back, song in zip(found, made, strict=True):
        for name in KEPT[kind]:
            assert getattr(back, name) == getattr(song, name), name


def test_uris_read_back_to_keys_urls_and_paths(tmp_path: Path) -> None:
    made = [
        Song(key=FULL.key, path="/m/a.mp3"),
        Song(key="table:a b#7"),
        Song(path=FULL.path),
        Song(url="https://x.example/a"),
        Song(title="T", artists=("A",)),
    ]
    path = written(tmp_path, "uris", *made)
    assert path.read_text().splitlines()[0] == FULL.key
    found = read(text_list, path)
    assert [(song.key, song.path, song.url, song.title) for song in found] == [
        (FULL.key, "", "", ""),
        ("table:a b#7", "", "", ""),
        ("", FULL.path, "", ""),
        ("", "", "https://x.example/a", ""),
        ("", "", "", "T"),
    ]


@pytest.mark.parametrize("kind", ["m3u", "xspf", "jspf"])
def test_relative_paths_move_with_the_list(tmp_path: Path, kind: str) -> None:
    (tmp_path / "a" / "lists").mkdir(parents=True)
    song = Song(title="T", path=str(tmp_path / "a" / "music" / "b c.mp3"))
    path = written(tmp_path / "a" / "lists", kind, song, relative=True)
    assert str(tmp_path) not in path.read_text()
    (tmp_path / "a").rename(tmp_path / "b")
    (found,) = read(READER[kind], tmp_path / "b" / "lists" / path.name)
    assert found.path == str(tmp_path / "b" / "music" / "b c.mp3")


@pytest.mark.parametrize("kind", ["m3u", "xspf", "jspf", "csv"])
def test_a_file_whose_name_is_no_text_is_found_again(tmp_path: Path, kind: str) -> None:
    song = Song(title="T", artists=("A",), path=os.path.join(str(tmp_path), os.fsdecode(b"caf\xe9 .mp3")))
    Path(song.path).write_bytes(b"x")
    (found,) = read(READER[kind], written(tmp_path, kind, song))
    assert found.path == song.path


@pytest.mark.parametrize("kind", FORMATS)
def test_a_hostile_name_stays_on_its_line(tmp_path: Path, kind: str) -> None:
    hostile = "T\n/etc/passwd\r\n</title><location>x</location>\0\x1b[31m\u202e"
    song = Song(
        key="a:1\n#",
        title=hostile,
        artists=(hostile,),
        album=hostile,
        url="http://x.example/\n/etc/passwd",
        genres=(hostile,),
    )
    path = written(tmp_path, kind, song, name=hostile)
    source = READER[kind]
    assert kind == "uris" or source.owns(Given(str(path)))  # a list of URLs alone is another source's
    (found,) = [
        e.song for one in source.read(Given(str(path)), Options()) if isinstance(one, Listing) for e in one.entries
    ]
    if kind != "uris":
        assert found.title == cells.text(
            hostile.replace("\n", " ").replace("\r", " ").replace("\x1b", " ").replace("\u202e", "")
        )
    assert found.path == ""
    text = path.read_text("utf-8")
    assert not any(not c.isprintable() and c not in "\r\n\ufeff" for c in text)


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t=", "'=", "''+1x"])
def test_no_cell_of_a_table_is_run_by_a_spreadsheet(tmp_path: Path, sign: str) -> None:
    bad = f"{sign}HYPERLINK(1)"
    song = replace(FULL, title=bad, artists=(bad,), album=bad, comment=bad, label=bad, genres=(bad,))
    for kind in ("csv", "exportify"):
        path = written(tmp_path, kind, song, name=bad)
        with path.open(encoding="utf-8-sig", newline="") as file:
            head, row = csv.reader(file)
        assert len(head) == len(row)
        for heading, cell in zip(head, row, strict=True):
            assert cell[:1] not in {"=", "+", "@", "\t", "\r"}, heading
            assert cell[:1] != "-" or heading == "Loudness"
        (found,) = read(exportify, path)
        assert (found.title, found.artists, found.album) == (cells.text(bad), (cells.text(bad),), cells.text(bad))


@by_chance(st.text(alphabet="'=+-@\t\r1.e a", max_size=8))
def test_what_is_guarded_is_unguarded_exactly(text: str) -> None:
    made = guarded(text)
    assert unguarded(made) == text
    assert made[:1] not in set("=@\t\r")


@by_chance(st.text(max_size=30).filter(lambda key: key.isprintable() and not key.startswith("spotify:")))
def test_any_key_is_an_uri_and_back(key: str) -> None:
    assert uri_key(key_uri(key)) == key
    assert key_uri(key).isascii()


def test_votes_are_a_table_of_songs(tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    assert (
        export_votes(
            [Voted(FULL, "love", "@me", 1714521600.0), Voted(Song(title="T", artists=("A",)), "hate")], str(path)
        )
        == 2
    )
    with path.open(encoding="utf-8-sig", newline="") as file:
        first, second = csv.DictReader(file)
    assert (first["User"], first["Vote"], first["Voted At"]) == ("'@me", "love", "2024-05-01T00:00:00Z")
    assert (second["Vote"], second["Voted At"]) == ("hate", "")
    given = Given(str(path))
    assert songs.owns(given)
    found = [one for one in songs.read(given, Options()) if isinstance(one, Song)]
    assert [(song.key, song.title, song.path) for song in found] == [(FULL.key, FULL.title, FULL.path), ("", "T", "")]


@pytest.mark.parametrize("kind", FORMATS)
def test_an_empty_list_is_a_file_without_songs(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path, kind)
    if kind not in {"uris", "csv", "exportify"}:
        assert read(READER[kind], path) == []
    assert len(path.read_text().splitlines()) <= 7


def test_a_file_that_is_there_is_not_replaced_without_force(tmp_path: Path) -> None:
    path = tmp_path / "x.m3u8"
    path.write_text("mine")
    listing = Listing("k", "n", (Entry(FULL),))
    with pytest.raises(ExportError, match="is there already") as caught:
        export(listing, str(path))
    assert "--force" in caught.value.remedy
    assert path.read_text() == "mine"
    export(listing, str(path), force=True)
    assert path.read_text().startswith("#EXTM3U")
    assert os.listdir(tmp_path) == ["x.m3u8"]


def test_a_file_that_appears_meanwhile_is_not_replaced_either(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"

    def slow() -> Iterator[str]:
        yield "a"
        path.write_text("mine")

    with pytest.raises(ExportError, match="is there already"):
        files.written(str(path), slow(), force=False)
    assert path.read_text() == "mine"
    assert os.listdir(tmp_path) == ["x.txt"]


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("old")

    def failing(number: int) -> Iterator[str]:
        yield "new"
        raise OSError(number, os.strerror(number))

    with pytest.raises(DiskFull, match=r"x\.txt"):
        files.written(str(path), failing(errno.ENOSPC), force=True)
    with pytest.raises(ExportError, match="cannot be written"):
        files.written(str(path), failing(errno.EIO), force=True)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["x.txt"]


def test_a_list_behind_a_link_is_replaced_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to("real.txt")
    export(Listing("k", "n", (Entry(FULL),)), str(tmp_path / "link.txt"), force=True)
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == f"{FULL.key}\n"
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE((tmp_path / "real.txt").stat().st_mode) == 0o666 & ~mask


@pytest.mark.parametrize(
    ("name", "kind"), [("x.doc", ""), ("x", ""), ("x.csv", "excel"), (".", "m3u"), ("no/x.m3u", "")]
)
def test_what_cannot_be_written_is_told(tmp_path: Path, name: str, kind: str) -> None:
    with pytest.raises(ExportError) as caught:
        export(Listing("k", "n"), str(tmp_path / name), kind)
    assert caught.value.remedy


def test_entries_keep_who_added_them_and_when(tmp_path: Path) -> None:
    entries: Any = (Entry(FULL, 1714521600.0, "me"), Entry(replace(FULL, title="U"), None, ""))
    for kind in ("jspf", "csv", "exportify"):
        path = tmp_path / f"{kind}{SUFFIX[kind]}"
        export(Listing("k", "Sunday =1", entries, description="d"), str(path), kind)
        (found,) = [one for one in READER[kind].read(Given(str(path)), Options()) if isinstance(one, Listing)]
        assert [(entry.added_at, entry.added_by) for entry in found.entries] == [(1714521600.0, "me"), (None, "")]
        assert found.name == ("exportify" if kind == "exportify" else "Sunday =1")
