"""What every source does, asked of all of them with one whole file of each kind, and with what can become of a file."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kindfiles import ADDRESSES, EXAMPLES, Example, garbage
from songkin.errors import SourceError
from songkin.records import Album, BadRow, Columns, Correction, Heard, Listing, Record, Remark, Song, Voted
from songkin.sources import kinds
from songkin.sources.given import Given, Options, expand

every = pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example.kind}-{example.name}")
of_text = pytest.mark.parametrize(
    "example", [each for each in EXAMPLES if each.is_text], ids=lambda example: f"{example.kind}-{example.name}"
)


def read(given: Given) -> list[Record]:
    """All that its source tells of a file. Raises ``SourceError``."""
    source = kinds.recognise(given)
    if source is None:
        raise SourceError("nobody's", remedy="none")
    return list(source.read(given, Options()))


def sane(given: Given) -> list[Record]:
    """As ``read``, with no records for a file that is refused."""
    try:
        found = read(given)
    except SourceError as error:
        check(error)
        return []
    for record in found:
        if isinstance(record, BadRow):
            assert record.reason
            assert record.row >= 0
        for text in texts(record):
            assert not set(text) & set("\0\r\n"), record
            text.encode("utf-8", "surrogateescape")
    return found


def check(error: SourceError) -> None:
    """A refusal is one line, with a remedy."""
    assert error.message
    assert error.remedy
    assert "\n" not in error.message


def texts(record: Record) -> Iterator[str]:
    """What people would read of a record."""
    match record:
        case Song():
            yield from (record.title, *record.artists, *record.genres, record.album, record.key, record.path)
        case Listing():
            yield from (record.name, record.description, record.owner, record.key)
            for entry in record.entries:
                yield from texts(entry.song)
        case Album():
            yield from (record.title, *record.artists, record.key)
        case Correction():
            yield from (record.playlist, record.song)
        case Voted() | Heard():
            yield from texts(record.song)
            yield record.user
        case BadRow():
            yield record.reason
        case Remark():
            yield record.line


def told(records: Iterable[Record], folder: Path) -> list[str]:
    """What is told, place by place, to be compared: without the folder that the file lies in, and without what is said
    about the file as a whole."""
    lines: list[str] = []
    for record in records:
        if isinstance(record, Listing):
            lines += [repr((record.name, record.description, record.owner, record.facts))]
            lines += [repr(entry) for entry in record.entries]
        elif not isinstance(record, BadRow | Columns | Remark):
            lines.append(repr(record))
    return [line.replace(str(folder), "") for line in lines]


def test_every_kind_has_an_example() -> None:
    assert {example.kind for example in EXAMPLES} == set(kinds.KINDS)
    assert set(ADDRESSES) == set(kinds.ADDRESSES)


@every
def test_a_file_is_recognised_as_its_own_kind(example: Example, tmp_path: Path) -> None:
    given = example.lay(tmp_path)
    found = kinds.recognise(given)
    assert found is not None
    assert example.kind == found.KIND


LOOSER: dict[str, set[str]] = {
    "exportify": {"songs"},
    "bundle": {"songs"},
    "corrections": {"songs"},
    "votes": {"songs"},
    "lastfm": {"songs"},
}
"""Kinds that are special forms of others: they come before these in the list."""


@every
def test_no_other_kind_claims_a_file(example: Example, tmp_path: Path) -> None:
    given = example.lay(tmp_path)
    claimed = [kind for kind in kinds.KINDS if kinds.source(kind).owns(given)]
    assert claimed[0] == example.kind
    assert set(claimed[1:]) <= LOOSER.get(example.kind, set())


@every
def test_no_kind_of_addresses_claims_a_file(example: Example, tmp_path: Path) -> None:
    given = example.lay(tmp_path)
    assert not [kind for kind in ("streaming", "bucket") if kinds.source(kind).owns(given)]


@pytest.mark.parametrize("kind", ADDRESSES)
def test_an_address_is_of_its_own_kind_and_of_no_other(kind: str) -> None:
    for address in ADDRESSES[kind]:
        given = Given(address)
        assert given.address
        claimed = [other for other in kinds.ADDRESSES if kinds.source(other).owns(given)]
        assert claimed[0] == kind
        assert set(claimed[1:]) <= {"urls"}, "a link of a service is an address, too"


@every
def test_a_file_tells_of_what_it_holds_the_same_each_time(example: Example, tmp_path: Path) -> None:
    given = example.lay(tmp_path)
    first = sane(given)
    assert any(isinstance(record, example.sort) for record in first)
    assert not any(isinstance(record, BadRow) for record in first)
    assert list(map(repr, sane(given))) == list(map(repr, first))


@every
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_of_a_cut_file_nothing_is_told_that_the_whole_does_not_tell(
    example: Example, part: float, tmp_path: Path
) -> None:
    whole = told(read(example.lay(tmp_path)), tmp_path)
    cut = told(sane(example.lay(tmp_path, example.content[: int(len(example.content) * part)])), tmp_path)
    if example.closed or example.beside:
        assert cut == [], "it is refused whole"
    else:
        assert len(cut) <= len(whole)
        assert set(cut[:-1]) <= set(whole), "but for the last line, of which nobody knows how it went on"


@every
def test_an_empty_file_is_refused_or_holds_nothing(example: Example, tmp_path: Path) -> None:
    assert told(sane(example.lay(tmp_path, b"")), tmp_path) == []


@every
@pytest.mark.parametrize("seed", range(3))
def test_bytes_without_sense_raise_nothing_but_a_refusal(example: Example, seed: int, tmp_path: Path) -> None:
    given = example.lay(tmp_path, garbage(seed))
    sane(given)
    forced(example.kind, given)
    forced(example.kind, example.lay(tmp_path, example.content[:64] + garbage(seed)))


@every
def test_a_file_that_is_said_to_be_of_another_kind_raises_nothing_but_a_refusal(
    example: Example, tmp_path: Path
) -> None:
    given = example.lay(tmp_path)
    for kind in kinds.KINDS:
        forced(kind, given)


def forced(kind: str, given: Given) -> None:
    """Read a file as a kind that it may not be of."""
    try:
        for record in kinds.source(kind).read(given, Options()):
            assert isinstance(record, Record)
    except SourceError as error:
        check(error)


@of_text
@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-16-le"])
def test_a_file_in_another_encoding_tells_the_same(example: Example, encoding: str, tmp_path: Path) -> None:
    whole = told(read(example.lay(tmp_path)), tmp_path)
    text = example.content.decode()
    if example.kind == "xspf" and encoding == "utf-16-le":
        pytest.skip("XML in UTF-16 begins with its mark")
    assert told(sane(example.lay(tmp_path, text.encode(encoding))), tmp_path) == whole


@of_text
def test_line_ends_of_windows_change_nothing(example: Example, tmp_path: Path) -> None:
    whole = told(read(example.lay(tmp_path)), tmp_path)
    assert told(sane(example.lay(tmp_path, example.content.replace(b"\n", b"\r\n"))), tmp_path) == whole


@every
@pytest.mark.parametrize("every_nth", [1, 40, 997])
def test_nul_bytes_raise_nothing_and_reach_no_text(example: Example, every_nth: int, tmp_path: Path) -> None:
    content = bytearray(example.content)
    content[::every_nth] = bytes(len(content[::every_nth]))
    sane(example.lay(tmp_path, bytes(content)))
    with_nul = example.content.replace(b"Song", b"So\0ng").replace(b"/", b"/\0")
    sane(example.lay(tmp_path, with_nul))


@every
def test_a_packed_file_tells_the_same(example: Example, tmp_path: Path) -> None:
    given = example.lay(tmp_path / "plain")
    packed = replace(given, path=f"{given.path}.gz")
    Path(packed.path).write_bytes(gzip.compress(example.content))
    Path(given.path).unlink()
    again = example.lay(tmp_path / "other")
    assert told(sane(packed), tmp_path / "plain") == told(read(again), tmp_path / "other")
    Path(packed.path).write_bytes(gzip.compress(example.content)[:-20])
    assert sane(packed) == [], "it is refused whole"


@every
def test_a_file_in_a_zip_beside_others_tells_the_same(example: Example, tmp_path: Path) -> None:
    whole = told(read(example.lay(tmp_path)), tmp_path)
    names = {f"in/{name}": content for name, content in {**example.beside, example.name: example.content}.items()}
    with zipfile.ZipFile(tmp_path / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**names, "in/cover.jpg": garbage(1), "read me.md": b"# Mine\n", "empty": b""}.items():
            archive.writestr(name, content)
    members = [given for given in expand([str(tmp_path / "all.zip")]) if isinstance(given, Given)]
    assert len(members) == len(names) + 3
    found = [record for given in members for record in sane(given)]
    assert [line.replace("/in/", "/") for line in told(found, tmp_path)] == whole


@every
def test_a_folder_that_is_named_like_a_file_is_a_folder(example: Example, tmp_path: Path) -> None:
    folder = tmp_path / example.name
    given = example.lay(folder)
    assert given.path in [one.path for one in expand([str(folder)]) if isinstance(one, Given)]
    for kind in kinds.KINDS:  # as somebody would make it who asks for a file alone
        forced(kind, Given(str(folder)))


@every
def test_a_file_that_may_not_be_read_or_is_gone_is_refused(example: Example, tmp_path: Path) -> None:
    given = Given(str(tmp_path / example.name))
    with pytest.raises(SourceError, match="cannot be read"):
        list(kinds.source(example.kind).read(given, Options()))


@pytest.mark.parametrize("name", ["x.csv.gz", "x.json.gz", "x.m3u8.gz", "x.txt.gz", "x.parquet.gz", "x.npy.gz"])
@pytest.mark.parametrize("kind", kinds.KINDS)
def test_what_grows_past_the_cap_is_refused_by_every_kind(
    kind: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("songkin.sources.given.SMALL", 1 << 20)
    (tmp_path / name).write_bytes(gzip.compress(bytes(4 << 20)))
    with pytest.raises(SourceError):
        list(kinds.source(kind).read(Given(str(tmp_path / name)), Options()))


def test_members_of_a_zip_whose_names_lead_out_of_it_are_left_alone(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        for name in ("../a.csv", "/b.csv", "C:/c.csv", "in/../../d.csv", "..\\e.csv", "good.csv"):
            archive.writestr(name, "title,artist\nA,B\n")
    found = list(expand([str(tmp_path / "z.zip")]))
    assert [one.member for one in found if isinstance(one, Given)] == ["good.csv"]
    wrong = [one for one in found if isinstance(one, SourceError)]
    assert len(wrong) == 5
    assert all("leads out of the zip" in one.message and one.remedy for one in wrong)
