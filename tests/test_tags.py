from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from songkin.models import Tags
from songkin.tags import clean, cover, guess_from_path, merge, read_tags
from soundfiles import PNG, SHARED, apev2, apic, id3v1, id3v2, id3v2_text, noise, sound_file, tone, with_vorbis_comments

JPEG = b"\xff\xd8\xff\xe0" + bytes(200)
CORPUS = SHARED / "data" / "badaudio"


@pytest.fixture(scope="module")
def mp3(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An MP3 without tags of its own (FFmpeg's own tag cut off)."""
    data = Path(sound_file(tmp_path_factory.mktemp("mp3") / "a.mp3", tone(1))).read_bytes()
    size = int("".join(f"{byte:07b}" for byte in data[6:10]), 2)
    return data[10 + size :]


@pytest.fixture(scope="module")
def flac(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return Path(sound_file(tmp_path_factory.mktemp("flac") / "a.flac", tone(1))).read_bytes()


def tags_of(tmp_path: Path, data: bytes, name: str = "song.mp3") -> Tags:
    (tmp_path / name).write_bytes(data)
    return read_tags(str(tmp_path / name))


def vorbis(tmp_path: Path, flac: bytes, *comments: tuple[str, str]) -> Tags:
    return tags_of(tmp_path, with_vorbis_comments(flac, comments), "song.flac")


# Dialects -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "suffix", [".mp3", ".ogg", ".opus", ".flac", ".m4a", ".aiff", ".wma", ".aac", ".wv", ".mka", ".caf", ".tta"]
)
def test_every_container_gives_back_its_tags(tmp_path: Path, suffix: str) -> None:
    said = {
        "title": "Tïtle",
        "artist": "AC/DC",
        "album": "Älbum",
        "album_artist": "Various Artists",
        "date": "1999-05-01",
    }
    path = sound_file(tmp_path / f"song{suffix}", tone(1), said | {"genre": "Rock", "track": "3/12", "disc": "2/2"})
    tags = read_tags(path)
    assert (tags.title, tags.artists, tags.album) == ("Tïtle", ("AC/DC",), "Älbum")
    assert (tags.year, tags.genres, tags.track_no) == (1999, ("Rock",), 3)
    assert not tags.has_cover
    if suffix not in (".wma",):
        assert tags.disc_no == 2
    assert tags.album_artist == "Various Artists"


def test_riff_info_of_a_wav_is_read_with_its_track_number(tmp_path: Path) -> None:
    said = {"title": "T", "artist": "A", "album": "B", "date": "1999", "genre": "Jazz", "track": "3/12", "comment": "c"}
    tags = read_tags(sound_file(tmp_path / "a.wav", tone(1), said))
    expected = Tags(title="T", artists=("A",), album="B", year=1999, genres=("Jazz",), track_no=3, comment="c")
    assert tags == expected


@pytest.mark.parametrize("version", [3, 4])
def test_id3v2_is_read(tmp_path: Path, mp3: bytes, version: int) -> None:
    frames = {
        "TIT2": "Jóga",
        "TPE1": "Björk",
        "TALB": "Homogenic",
        "TRCK": "2/10",
        "TPOS": "1/1",
        "TCON": "(4)",
        "TBPM": "89.5",
    }
    dated = frames | {"TDRC" if version == 4 else "TYER": "1997", "TKEY": "Am", "TSRC": "GB-AAA-97-00123"}
    tags = tags_of(tmp_path, id3v2_text(dated, version) + mp3)
    assert (tags.title, tags.artists, tags.album, tags.year) == ("Jóga", ("Björk",), "Homogenic", 1997)
    assert (tags.track_no, tags.disc_no, tags.genres, tags.bpm) == (2, 1, ("Disco",), 89.5)
    assert (tags.key, tags.isrc) == ("Am", "GBAAA9700123")


def test_id3v22_is_read(tmp_path: Path, mp3: bytes) -> None:
    frames = [("TT2", b"\0Title"), ("TP1", b"\0Artist"), ("TCO", b"\0(17)"), ("TYE", b"\x001984")]
    tags = tags_of(tmp_path, id3v2(frames, version=2) + mp3)
    assert (tags.title, tags.artists, tags.genres, tags.year) == ("Title", ("Artist",), ("Rock",), 1984)


def test_id3v1_is_read_where_nothing_else_stands(tmp_path: Path, mp3: bytes) -> None:
    tags = tags_of(tmp_path, mp3 + id3v1("Title", "Motörhead", "Album", "1980", track=7, genre=9))
    assert (tags.title, tags.artists, tags.year, tags.track_no, tags.genres) == (
        "Title",
        ("Motörhead",),
        1980,
        7,
        ("Metal",),
    )


def test_several_values_of_an_id3_field_are_all_kept(tmp_path: Path, mp3: bytes) -> None:
    tags = tags_of(tmp_path, id3v2_text({"TIT2": "T", "TPE1": "One\0Two", "TCON": "17\0Blues\0(8)"}) + mp3)
    assert (tags.artists, tags.genres) == (("One", "Two"), ("Rock", "Blues", "Jazz"))


def test_a_list_of_artists_replaces_the_credit_line(tmp_path: Path, mp3: bytes) -> None:
    listed = id3v2([("TPE1", b"\3One feat. Two"), ("TXXX", b"\3ARTISTS\0One/Two")])
    assert tags_of(tmp_path, listed + mp3).artists == ("One", "Two")


def test_musicbrainz_ids_are_found_where_each_dialect_keeps_them(tmp_path: Path, mp3: bytes, flac: bytes) -> None:
    uuid = "8b882575-08a5-4452-a7a7-cbb8a1531f9e"
    assert (
        tags_of(tmp_path, id3v2([("UFID", b"http://musicbrainz.org\0" + uuid.encode())]) + mp3).musicbrainz_id == uuid
    )
    assert vorbis(tmp_path, flac, ("MUSICBRAINZ_TRACKID", uuid.upper())).musicbrainz_id == uuid


def test_repeated_vorbis_comments_and_their_dialects_are_read(tmp_path: Path, flac: bytes) -> None:
    tags = vorbis(
        tmp_path,
        flac,
        ("TITLE", "T"),
        ("ARTIST", "One"),
        ("artist", "Two;Three"),
        ("ALBUM ARTIST", "One"),
        ("YEAR", "1971"),
        ("GENRE", "Jazz / Funk;Soul"),
        ("GENRE", "jazz"),
        ("TRACKNUMBER", "4"),
        ("DISC", "2"),
        ("BPM", "120"),
    )
    assert tags.artists == ("One", "Two", "Three")
    assert (tags.album_artist, tags.year, tags.genres) == ("One", 1971, ("Jazz", "Funk", "Soul"))
    assert (tags.track_no, tags.disc_no, tags.bpm) == (4, 2, 120.0)


def test_the_release_date_comes_before_the_original_one_which_fills_in(tmp_path: Path, flac: bytes) -> None:
    assert vorbis(tmp_path, flac, ("ORIGINALDATE", "1969-01-01"), ("DATE", "2009")).year == 2009
    assert vorbis(tmp_path, flac, ("ORIGINALDATE", "1969-01-01")).year == 1969


def test_ape_tags_are_read(tmp_path: Path) -> None:
    path = Path(sound_file(tmp_path / "a.wv", tone(1)))
    data = path.read_bytes()
    path.write_bytes(
        data[: data.rfind(b"APETAGEX", 0, len(data) - 40)] + apev2({"Title": "T", "Artist": "A\0B", "Year": "1990"})
    )
    tags = read_tags(str(path))
    assert (tags.title, tags.year) == ("T", 1990)


def test_the_album_artist_stands_in_for_a_missing_artist_unless_various(tmp_path: Path, flac: bytes) -> None:
    assert vorbis(tmp_path, flac, ("ALBUMARTIST", "Band")).artists == ("Band",)
    assert vorbis(tmp_path, flac, ("ALBUMARTIST", "Various Artists")).artists == ()


def test_performers_are_artists_only_where_no_artist_is_named(tmp_path: Path, flac: bytes) -> None:
    assert vorbis(tmp_path, flac, ("ARTIST", "Band"), ("PERFORMER", "Drummer")).artists == ("Band",)
    assert vorbis(tmp_path, flac, ("PERFORMER", "Soloist")).artists == ("Soloist",)


def test_tags_are_read_whatever_the_suffix_says(tmp_path: Path) -> None:
    path = Path(sound_file(tmp_path / "a.ogg", tone(1), {"title": "T", "artist": "A"})).rename(tmp_path / "a.mp3")
    assert read_tags(str(path)).title == "T"


# Values -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["AC/DC", "Earth, Wind & Fire", "Simon & Garfunkel", "Tyler, The Creator", "Simon &amp; Garfunkel", "!!!", "+/-"],
)
def test_names_are_not_split_without_proof(tmp_path: Path, flac: bytes, name: str) -> None:
    assert vorbis(tmp_path, flac, ("ARTIST", name)).artists == (name,)


@pytest.mark.parametrize(
    ("said", "genres"),
    [
        ("17", ("Rock",)),
        ("(17)", ("Rock",)),
        ("(4)Eurodisco", ("Disco", "Eurodisco")),
        ("(17)(CR)", ("Rock", "Cover")),
        ("255", ()),
        ("Hip-Hop/Rap", ("Hip-Hop/Rap",)),
        ("Rock / Pop", ("Rock", "Pop")),
        ("R&B; Soul", ("R&B", "Soul")),
        (" . ", ()),
        ("(None)", ()),
        ("12", ()),
        ("(Post-)Punk", ("(Post-)Punk",)),
    ],
)
def test_genres_become_names(said: str, genres: tuple[str, ...]) -> None:
    assert clean.genres([said]) == genres


@pytest.mark.parametrize(
    ("said", "year"),
    [
        ("1999", 1999),
        ("1999-05-01", 1999),
        ("2009-09-04T14:20", 2009),
        ("19990501", 1999),
        ("01/05/1999", 1999),
        ("Oct 3, 1995", 1995),
        ("2008.05.25", 2008),
        ("0", None),
        ("0000", None),
        ("99", None),
        ("12345", None),
        ("unknown", None),
    ],
)
def test_years_are_found_in_any_form_of_date(said: str, year: int | None) -> None:
    assert clean.year([said]) == year


def test_numbers_that_make_no_sense_are_unknown() -> None:
    assert [clean.number([said]) for said in ("3", "03/12", "0", "A1", "7 of 9", "-1", "99999")] == [
        3,
        3,
        None,
        None,
        7,
        None,
        None,
    ]
    assert [clean.tempo([said]) for said in ("128 BPM", "127,5", "0", "6", "99999", "fast")] == [
        128,
        127.5,
        None,
        None,
        None,
        None,
    ]
    assert clean.isrc(["CC-XXX-YY-NNNNN"]) == ""


def test_a_title_of_blanks_is_empty_and_markup_stays_text(tmp_path: Path, flac: bytes) -> None:
    assert vorbis(tmp_path, flac, ("TITLE", " \t \u200e ")).title == ""
    assert vorbis(tmp_path, flac, ("TITLE", "<script>alert(1)</script>")).title == "<script>alert(1)</script>"


def test_names_that_say_unknown_are_unknown(tmp_path: Path, flac: bytes) -> None:
    tags = vorbis(tmp_path, flac, ("ARTIST", "Unknown Artist"), ("ALBUM", "<Unknown>"))
    assert (tags.artists, tags.album) == ((), "")


@given(st.text(st.characters(codec=None), max_size=300))
def test_texts_are_clean_whatever_stands_in_them(said: str) -> None:
    line = clean.text(said)
    assert line == clean.text(line)
    line.encode()  # would raise for surrogates
    assert not any(c in line for c in "\0\n\r\t\x1b\u202e\ufeff")
    assert line == " ".join(line.split())


def test_accents_are_composed() -> None:
    assert clean.text("Bjo\u0308rk") == "Björk"


def test_endless_texts_are_cut_and_soon_read(tmp_path: Path, flac: bytes) -> None:
    endless = "la " * 1_500_000
    start = time.process_time()
    tags = vorbis(
        tmp_path, flac, ("TITLE", endless), ("LYRICS", endless), ("COMMENT", endless), ("ARTIST", "a;" * 1_000_000)
    )
    assert time.process_time() - start < 3
    assert len(tags.title) <= 500
    assert 1000 < len(tags.comment) <= 2000
    assert sum(map(len, map(str, tags.artists))) < 30_000


# Covers -------------------------------------------------------------------------------------------------------------------


def test_a_picture_in_the_file_is_its_cover(tmp_path: Path, mp3: bytes, flac: bytes) -> None:
    assert tags_of(tmp_path, id3v2([apic()]) + mp3, "a.mp3").has_cover
    assert cover(str(tmp_path / "a.mp3")) == (PNG, "image/png")
    (tmp_path / "a.flac").write_bytes(with_vorbis_comments(flac, [], PNG))
    assert cover(str(tmp_path / "a.flac")) == (PNG, "image/png")


def test_the_front_cover_comes_before_other_pictures(tmp_path: Path, mp3: bytes) -> None:
    (tmp_path / "a.mp3").write_bytes(id3v2([apic(JPEG, "image/jpeg", kind=8), apic(PNG, kind=3)]) + mp3)
    assert cover(str(tmp_path / "a.mp3")) == (PNG, "image/png")


def test_a_picture_is_known_by_its_bytes_and_not_by_its_claim(tmp_path: Path, mp3: bytes) -> None:
    (tmp_path / "a.mp3").write_bytes(id3v2([apic(b"<html><script>", "image/png")]) + mp3)
    assert cover(str(tmp_path / "a.mp3")) is None
    (tmp_path / "a.mp3").write_bytes(id3v2([apic(JPEG, "text/html")]) + mp3)
    assert cover(str(tmp_path / "a.mp3")) == (JPEG, "image/jpeg")


def test_a_picture_beside_the_file_serves_as_cover(tmp_path: Path, mp3: bytes) -> None:
    assert not tags_of(tmp_path, mp3).has_cover
    (tmp_path / "Folder.jpg").write_bytes(JPEG)
    assert tags_of(tmp_path, mp3).has_cover
    assert cover(str(tmp_path / "song.mp3")) == (JPEG, "image/jpeg")


def test_a_picture_that_is_too_large_is_no_cover(tmp_path: Path, mp3: bytes) -> None:
    (tmp_path / "a.mp3").write_bytes(mp3)
    with open(tmp_path / "cover.png", "wb") as file:
        file.write(PNG)
        file.truncate(21 << 20)
    assert cover(str(tmp_path / "a.mp3")) is None


# Trouble --------------------------------------------------------------------------------------------------------------------


def test_trouble_with_tags_never_refuses_a_file(tmp_path: Path, mp3: bytes) -> None:
    for number, data in enumerate(
        [
            b"",
            b"ID3",
            b"ID3\4\0\0\x7f\x7f\x7f\x7f" + mp3,
            id3v2([("TIT2", b"\1\xff")]) + mp3,
            b"OggS" * 9,
            b"fLaC\x84\xff\xff\xff",
        ]
    ):
        assert isinstance(tags_of(tmp_path, data, f"{number}.mp3"), Tags)
    assert read_tags(str(tmp_path / "missing.mp3")) == Tags()
    assert read_tags(str(tmp_path)) == Tags()
    assert cover(str(tmp_path / "missing.mp3")) is None


@given(data=st.data())
def test_mutated_tags_never_raise(tmp_path_factory: pytest.TempPathFactory, flac: bytes, data: st.DataObject) -> None:
    tagged = bytearray(
        id3v2([("TIT2", b"\3Title"), ("TCON", b"\1\xff\xfe(\x001\x00)\x00"), apic()])
        + with_vorbis_comments(flac, [("A", "b")], PNG)
    )
    for place in data.draw(st.lists(st.integers(0, 700), max_size=30)):
        tagged[place] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / data.draw(st.sampled_from(["m.flac", "m.mp3", "m.xyz"]))
    path.write_bytes(tagged[: data.draw(st.integers(0, len(tagged)))])
    assert isinstance(read_tags(str(path)), Tags)
    cover(str(path))


def test_the_corpus_of_odd_tags_is_read() -> None:
    folders = [CORPUS / "mediafile" / "test" / "rsrc", CORPUS / "tinytag" / "tinytag" / "tests" / "samples"]
    if not all(folder.is_dir() for folder in folders):
        pytest.skip("the corpus of odd files is not beside the repository")
    found = {path.name: read_tags(str(path)) for folder in folders for path in folder.iterdir()}
    for name in (
        "full.mp3",
        "full.flac",
        "full.ogg",
        "full.opus",
        "full.m4a",
        "full.alac.m4a",
        "full.ape",
        "full.wv",
        "full.mpc",
        "full.aiff",
        "full.wav",
    ):
        tags = found[name]
        assert (tags.title, tags.artists, tags.album, tags.year) == ("full", ("the artist",), "the album", 2001), name
        assert (tags.track_no, tags.genres) == (2, ("the genre",)), name
    assert found["full.mp3"].musicbrainz_id == "8b882575-08a5-4452-a7a7-cbb8a1531f9e"
    assert found["date_with_slashes.ogg"].year == 2005
    assert found["bpm.mp3"].bpm == 128
    assert found["year.ogg"].year == 2000
    assert found["id3v1-latin1.mp3"].artists == ("Björk",)
    assert len(found["id3_multiple_artists.mp3"].artists) == 7
    assert found["aiff_extra_tags.aiff"].artists == ("artist 1", "artist 2")
    assert found["id3v22.TCO.genre.mp3"].genres == ("Pop",)
    assert all(
        found[name].has_cover
        for name in ("image.mp3", "image.flac", "image.ogg", "image.m4a", "cover_img.mp3", "image.ape")
    )


# Names ----------------------------------------------------------------------------------------------------------------------

NAMES = [
    ("Mr. Brightside.mp3", "Mr. Brightside", "", "", None),
    ("Mr. Brightside", "Mr. Brightside", "", "", None),
    ("01 - Title.mp3", "Title", "", "", 1),
    ("01. Title.mp3", "Title", "", "", 1),
    ("1. Title.mp3", "Title", "", "", 1),
    ("01_Title_of_Song.mp3", "Title of Song", "", "", 1),
    ("01-Title.mp3", "Title", "", "", 1),
    ("[07] Title.mp3", "Title", "", "", 7),
    ("Artist - Title.mp3", "Title", "Artist", "", None),
    ("Artist – Title.mp3", "Title", "Artist", "", None),
    ("01 - Artist - Title.mp3", "Title", "Artist", "", 1),
    ("Artist - Album - 01 - Title.mp3", "Title", "Artist", "Album", 1),
    ("Artist - Album - 01 Title.mp3", "Title", "Artist", "Album", 1),
    ("Artist - 01 - Title.mp3", "Title", "Artist", "", 1),
    ("Oasis - Live Forever.mp3", "Live Forever", "Oasis", "", None),
    ("Creep - Live at Home.mp3", "Creep - Live at Home", "", "", None),
    ("Help! - Remastered 2009.mp3", "Help! - Remastered 2009", "", "", None),
    ("99 Luftballons.mp3", "99 Luftballons", "", "", None),
    ("7 rings.mp3", "7 rings", "", "", None),
    ("1979.mp3", "1979", "", "", None),
    ("24K Magic.mp3", "24K Magic", "", "", None),
    ("50-50.mp3", "50-50", "", "", None),
    ("12-inch mix.mp3", "12-inch mix", "", "", None),
    ("10.15 Saturday Night.mp3", "10.15 Saturday Night", "", "", None),
    ("03 99 Luftballons.mp3", "99 Luftballons", "", "", 3),
    ("01.mp3", "01", "", "", None),
    ("Track 01.mp3", "Track 01", "", "", None),
    ("AC_DC - T.N.T..mp3", "T.N.T.", "AC_DC", "", None),
    ("bachata0001.mp3", "bachata0001", "", "", None),
    ("   .mp3", "?", "", "", None),
]


@pytest.mark.parametrize(("name", "title", "artist", "album", "track"), NAMES)
def test_names_of_files_are_understood(name: str, title: str, artist: str, album: str, track: int | None) -> None:
    guess = guess_from_path(f"/music/{name}", "/music")
    assert (guess.title, guess.artists, guess.album, guess.track_no) == (
        title,
        (artist,) if artist else (),
        album,
        track,
    )


FOLDERS = [
    ("Artist/Album/03 Title.mp3", "Artist", "Album", None, None),
    ("Artist/Album/Title.mp3", "Artist", "Album", None, None),
    ("Artist/1999 - Album/CD2/03 Title.mp3", "Artist", "Album", 2, 1999),
    ("Artist/Artist - Album (1999)/03 Title.mp3", "Artist", "Album", None, 1999),
    ("Artist - Album/Title.mp3", "Artist", "Album", None, None),
    ("Rock/Artist/Album/03 Title.mp3", "Artist", "Album", None, None),
    ("music/Artist/Album/disc 1/03 Title.mp3", "Artist", "Album", 1, None),
    ("Album/03 Title.mp3", "", "Album", None, None),
    ("Salsa/Title.mp3", "", "", None, None),
    ("Downloads/Title.mp3", "", "", None, None),
    ("Various Artists/Album/03 - Artist - Title.mp3", "Artist", "Album", None, None),
    ("Title.mp3", "", "", None, None),
]


@pytest.mark.parametrize(("path", "artist", "album", "disc", "year"), FOLDERS)
def test_folders_below_the_root_are_understood(
    path: str, artist: str, album: str, disc: int | None, year: int | None
) -> None:
    guess = guess_from_path(f"/home/Somebody/Something/{path}", "/home/Somebody/Something")
    assert (guess.artists, guess.album, guess.disc_no, guess.year) == ((artist,) if artist else (), album, disc, year)
    assert guess.title == "Title"


def test_a_bare_number_counts_only_among_numbered_files(tmp_path: Path) -> None:
    path = str(tmp_path / "11 Title.mp3")
    assert guess_from_path(path, str(tmp_path)).title == "11 Title"
    for name in ("01 One.mp3", "02 Two.mp3", "03 Three.mp3"):
        (tmp_path / name).touch()
    guess = guess_from_path(path, str(tmp_path))
    assert (guess.title, guess.track_no) == ("Title", 11)


@given(st.text(st.characters(exclude_characters="/\0", codec=None), min_size=1, max_size=60))
def test_every_name_gives_a_title(name: str) -> None:
    guess = guess_from_path(f"/music/{name}.mp3", "/music")
    assert guess.title.encode()
    assert guess.title == clean.text(guess.title)


def test_a_file_without_tags_gets_its_title_from_its_name(tmp_path: Path, mp3: bytes) -> None:
    path = tmp_path / "Artist" / "Album" / "03 - Mr. Brightside.mp3"
    path.parent.mkdir(parents=True)
    path.write_bytes(mp3)
    tags = merge(read_tags(str(path)), guess_from_path(str(path), str(tmp_path)))
    assert (tags.title, tags.artists, tags.album, tags.track_no) == ("Mr. Brightside", ("Artist",), "Album", 3)
    assert set(tags.guessed) == {"title", "artists", "album", "track_no"}


def test_what_tags_say_is_never_overwritten_by_a_guess() -> None:
    tags = Tags(title="Told", year=1999)
    merged = merge(tags, Tags(title="Guessed", artists=("A",), year=2000, disc_no=1))
    assert merged == Tags(title="Told", artists=("A",), year=1999, disc_no=1, guessed=("artists", "disc_no"))


def test_genre_numbers_agree_with_id3() -> None:
    places = {0: "Blues", 17: "Rock", 79: "Hard Rock", 80: "Folk", 125: "Dance Hall", 147: "Synthpop", 191: "Psybient"}
    assert len(clean.ID3_GENRES) == 192
    assert {place: clean.ID3_GENRES[place] for place in places} == places


def test_sound_without_tags_has_none(tmp_path: Path) -> None:
    assert read_tags(sound_file(tmp_path / "a.w64", noise(1))) == Tags()
