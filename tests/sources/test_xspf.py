from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
from given_files import given, listing, parted, songs, told
from hypothesis import given as given_by_chance
from hypothesis import strategies as st

from songkin.errors import SourceError
from songkin.records import Listing
from songkin.sources import xspf
from songkin.sources.given import Given, Options

RECORDING = "4c1e1e08-1c0a-4b6b-8d3a-0d1f1d8f5a11"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<playlist version="1" xmlns="http://xspf.org/ns/0/">'


def test_a_list_and_its_tracks_are_read_with_all_their_fields(tmp_path: Path) -> None:
    file = given(
        tmp_path / "x.xspf",
        f"""{HEAD}<title>Late &amp; low</title><creator>me</creator><annotation>For the night</annotation>
<date>2024-05-02T10:00:00Z</date><identifier>https://example.org/lists/1</identifier>
<trackList><track><location>file:///music/a%20b.mp3</location><location>https://x.example/a</location>
<identifier>https://musicbrainz.org/recording/{RECORDING}</identifier><identifier>isrc:GBUM71000001</identifier>
<identifier>spotify:track:39ncDMVidHOeQgeC5anYZM</identifier>
<title>T<![CDATA[<b>]]></title><creator>A, B</creator><meta rel="songkin:artist">A</meta>
<meta rel="songkin:artist">B</meta><album>Disc</album><trackNum>4</trackNum><duration>61500</duration>
<image>https://x.example/i.png</image><annotation>warm</annotation><extension application="x"><vlc:id
xmlns:vlc="http://www.videolan.org/vlc/playlist/0">3</vlc:id></extension></track>
<track><location>sub/c.mp3</location></track></trackList></playlist>""",
    )
    found = listing(xspf, file)
    assert (found.name, found.owner, found.description) == ("Late & low", "me", "For the night")
    assert (found.key, found.modified_at) == ("xspf:https://example.org/lists/1", 1714644000)
    song, second = (entry.song for entry in found.entries)
    assert (song.path, song.url) == ("/music/a b.mp3", "https://x.example/a")
    assert (song.musicbrainz_id, song.isrc) == (RECORDING, "GBUM71000001")
    assert (song.key, song.title, song.artists) == ("spotify:track:39ncDMVidHOeQgeC5anYZM", "T<b>", ("A", "B"))
    assert (song.album, song.track_no, song.duration, song.comment) == ("Disc", 4, 61.5, "warm")
    assert (second.path, second.row) == (str(tmp_path / "sub" / "c.mp3"), 2)


def test_elements_of_other_namespaces_do_not_count(tmp_path: Path) -> None:
    file = given(
        tmp_path / "x.xspf",
        f'{HEAD}<trackList><track><title>T</title><x:title xmlns:x="urn:x">no</x:title><extension><title>no</title>'
        "</extension></track></trackList></playlist>",
    )
    assert [song.title for song in songs(xspf, file)] == ["T"]


def test_a_list_without_a_namespace_and_with_its_title_last_is_read(tmp_path: Path) -> None:
    file = given(
        tmp_path / "x.xspf",
        "<playlist><trackList><track><title>T</title></track></trackList><title>L</title></playlist>",
    )
    assert listing(xspf, file).name == "L"


@pytest.mark.parametrize(
    ("encoding", "said"),
    [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("utf-16", "UTF-16"), ("latin-1", "ISO-8859-1"), ("cp1252", "UTF-8")],
)
def test_every_encoding_reads_alike(tmp_path: Path, encoding: str, said: str) -> None:
    text = HEAD.replace("UTF-8", said) + "<trackList><track><title>Übermut ß</title></track></trackList></playlist>"
    (song,) = songs(xspf, given(tmp_path / "x.xspf", text.encode(encoding)))
    assert song.title == "Übermut ß"


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(
    "doctype",
    [
        f'<!DOCTYPE playlist [<!ENTITY l0 "ha">{LAUGHS}]>',
        '<!DOCTYPE playlist [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE playlist SYSTEM "http://127.0.0.1:9/x.dtd">',
        "<!DOCTYPE playlist>",
    ],
)
def test_a_document_type_is_refused_and_nothing_is_expanded(tmp_path: Path, doctype: str) -> None:
    text = f"{doctype}<playlist><trackList><track><title>&l11;&x;</title></track></trackList></playlist>"
    with pytest.raises(SourceError, match="never expanded"):
        told(xspf, given(tmp_path / "x.xspf", text))


@pytest.mark.parametrize(
    "content",
    [
        "",
        "\0\0\0",
        "<rss/>",
        f"{HEAD}<trackList><track><title>a</title></track>",
        f"{HEAD}<trackList><track><title>a\0</title></track></trackList></playlist>",
        f"{HEAD}<trackList><track><title>&l;</title></track></trackList></playlist>",
        '<?xml version="1.0" encoding="no-such"?><playlist/>',
        "<playlist>" + "<a>" * 100_000,
    ],
)
def test_a_file_that_is_cut_or_no_xspf_is_refused_whole(tmp_path: Path, content: str) -> None:
    with pytest.raises(SourceError, match=r"x\.xspf") as caught:
        told(xspf, given(tmp_path / "x.xspf", content))
    assert caught.value.remedy


def test_a_track_without_anything_is_told_and_a_huge_text_is_cut(tmp_path: Path) -> None:
    file = given(
        tmp_path / "x.xspf",
        f"{HEAD}<trackList><track/><track><creator>c</creator></track>"
        f"<track><title>{'x' * 3_000_000}</title></track></trackList></playlist>",
    )
    (found,), bad = parted(told(xspf, file))
    assert [one.row for one in bad] == [1, 2]
    assert len(found.entries[0].song.title) == 2000


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    track = "<track><location>https://x.example/none</location><title>x</title></track>"

    def peak(count: int) -> int:
        file = given(tmp_path / "x.xspf", f"{HEAD}<trackList>{track * count}</trackList></playlist>")
        tracemalloc.start()
        parts = (one for one in xspf.read(file, Options()) if isinstance(one, Listing))
        read = sum(len(one.entries) for one in parts)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert read == count
        return most

    assert peak(40_000) < 1.5 * peak(10_000)


@given_by_chance(
    st.lists(
        st.sampled_from(
            [
                "<track>",
                "</track>",
                "<title>",
                "</title>",
                "<location>",
                "</location>",
                "a%zz",
                "é&amp;",
                "<x:y/>",
                "<!--",
                "-->",
            ]
        ),
        max_size=25,
    )
)
def test_no_xml_is_too_odd_to_be_read_or_refused(tmp_path_factory: pytest.TempPathFactory, words: list[str]) -> None:
    path = tmp_path_factory.mktemp("odd") / "x.xspf"
    path.write_text(f"{HEAD}<trackList>{''.join(words)}</trackList></playlist>", "utf-8")
    try:
        lists, _ = parted(list(xspf.read(Given(str(path)), Options())))
    except SourceError as error:
        assert "is no whole XML" in error.message  # noqa: PT017 - whether it is whole is up to chance
    else:
        assert len(lists) == 1
