"""Names inside of zips, as programs write them."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest

from songkin.errors import SourceError
from songkin.sources.given import Given, expand

TABLE = b"title,artist\nA,B\n"


class _Unmarked(zipfile.ZipInfo):
    """A member whose name is written as bytes that say nothing of their encoding, as ``zip`` of Linux does."""

    raw = b""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 - zipfile's own name
        return self.raw, self.flag_bits & ~0x800


def zipped(path: Path, *names: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for number, name in enumerate(names):
            info = _Unmarked(f"{number}.csv")
            info.raw = name
            archive.writestr(info, TABLE)
    return path


def members(path: Path) -> list[Given]:
    return [one for one in expand([str(path)]) if isinstance(one, Given)]


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("50s housewife bangers🍸.csv".encode(), "50s housewife bangers🍸.csv"),
        ("Mörning.csv".encode("cp437"), "Mörning.csv"),
        (b"Disc 1: live.csv", "Disc 1: live.csv"),
        (b"D: sides/live.csv", "D: sides/live.csv"),
        (b"plain.csv", "plain.csv"),
    ],
)
def test_names_are_read_as_they_were_meant(raw: bytes, name: str, tmp_path: Path) -> None:
    (one,) = members(zipped(tmp_path / "a.zip", raw))
    assert one.member == name
    assert one.head() == TABLE


@pytest.mark.parametrize("raw", [b"C:\\x.csv", b"C:x.csv", b"c:/x.csv", b"../x.csv", b"/x.csv"])
def test_names_that_lead_out_are_left_alone(raw: bytes, tmp_path: Path) -> None:
    (wrong,) = expand([str(zipped(tmp_path / "a.zip", raw))])
    assert isinstance(wrong, SourceError)
    assert "leads out" in wrong.message


def test_a_name_that_is_no_text_in_one_of_its_places_is_refused_in_one_line(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", "ä.csv".encode())
    whole = bytearray(path.read_bytes())
    at = whole.index("ä".encode())
    whole[at : at + 2] = struct.pack("BB", 0xFF, 0xFF)
    path.write_bytes(whole)
    (one,) = members(path)
    with pytest.raises(SourceError, match="stands twice"):
        one.head()


def test_a_zip_in_a_zip_is_refused_with_a_remedy(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", b"a.csv")
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as archive:
        archive.write(inner, "in/inner.zip")
        archive.writestr("b.csv", TABLE)
    good, wrong = expand([str(tmp_path / "outer.zip")])
    assert isinstance(good, Given)
    assert isinstance(wrong, SourceError)
    assert "inner.zip is a zip in a zip" in wrong.message
    assert "Unpack" in wrong.remedy
