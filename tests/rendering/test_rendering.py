"""What is made of songs for eyes and browsers."""

from __future__ import annotations

import io
import os
import threading
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from songkin import audio
from songkin.errors import AudioError
from songkin.rendering import covers, drawn, outlines
from songkin.rendering.kept import Kept
from soundfiles import PNG, sound_file, tone, tune


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=80), st.sampled_from(covers.SIZES))
def test_a_drawn_cover_is_xml_whatever_the_names_are(title: str, artist: str, album: str, size: int) -> None:
    picture = drawn.cover(title, artist, album, size=size)
    root = ET.fromstring(picture)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert {child.tag.rpartition("}")[2] for child in root.iter()} <= {
        *("svg", "defs", "linearGradient", "stop", "rect", "circle", "polygon", "polyline", "path", "text"),
    }
    assert drawn.cover(title, artist, album, size=size) == picture


def test_songs_of_one_album_look_alike_and_other_albums_do_not() -> None:
    one, two, three = (
        drawn.cover(*names, size=96) for names in (("A", "X", "Sea"), ("Ab", "X", "Sea"), ("A", "X", "Sky"))
    )
    assert one.split("<text")[0] == two.split("<text")[0] != three.split("<text")[0]


def test_a_picture_is_made_small_without_what_it_carried() -> None:
    large = Image.new("RGB", (1200, 800), "blue")
    exif = Image.Exif()
    exif[0x010E] = "secret words"
    out = io.BytesIO()
    large.save(out, "JPEG", exif=exif)
    made = covers.small(out.getvalue() + b"<script>", 96)
    assert Image.open(io.BytesIO(made)).size == (96, 96)
    assert b"secret" not in made
    assert b"<script>" not in made
    assert Image.open(io.BytesIO(covers.small(PNG, 320))).size == (1, 1)


@pytest.mark.parametrize("data", [b"", b"GIF89a", PNG[:40], b"\xff\xd8\xff" + b"\x00" * 500, b"<svg/>"])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(AudioError):
        covers.small(data, 96)


def test_a_picture_of_too_many_pixels_is_refused() -> None:
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    assert len(out.getvalue()) < 200_000
    with pytest.raises(AudioError):
        covers.small(out.getvalue(), 96)


def test_peaks_follow_the_sound(tmp_path: Path) -> None:
    quiet, loud = tone(2, level=0.1), tone(2, level=0.8)
    path = sound_file(tmp_path / "a.flac", np.concatenate([quiet, loud]))
    found = outlines.outline(str(path), str(tmp_path / "p.png"), audio.Limits())
    assert len(found.peaks) == outlines.PEAKS
    assert abs(found.seconds - 4.0) < 0.05
    assert 8 <= np.median(found.peaks[50:350]) <= 17
    assert np.median(found.peaks[450:750]) >= 95
    with Image.open(tmp_path / "p.png") as picture:
        assert picture.size == (outlines.WIDTH, outlines.BANDS)


def test_a_tone_is_a_line_where_it_belongs(tmp_path: Path) -> None:
    rows = []
    for number, hertz in enumerate((200.0, 4000.0)):
        path = sound_file(tmp_path / f"{number}.wav", tone(3, hertz))
        outlines.outline(str(path), str(tmp_path / "p.png"), audio.Limits())
        with Image.open(tmp_path / "p.png") as picture:
            rows.append(int(np.asarray(picture)[:, 400:600].mean(axis=1).argmax()))
    assert rows[0] > rows[1] + 40  # low tones stand below


def test_long_sounds_take_no_more_memory_than_short_ones() -> None:
    growing = outlines._Growing(2, loudest=True)
    for start in range(40):
        growing.feed(np.full((1000, 2), float(start), np.float32))
    assert len(growing.rows) <= outlines._MOST
    assert growing.rows[0, 0] == 0.0
    assert growing.rows[-1, 0] == 39.0
    assert np.all(np.diff(growing.rows[:, 0]) >= 0)


@pytest.mark.parametrize("seconds", [0.02, 0.3, 2.0])
def test_short_sounds_have_their_pictures_too(tmp_path: Path, seconds: float) -> None:
    path = sound_file(tmp_path / "s.wav", tune(2)[: int(seconds * 44_100)])
    found = outlines.outline(str(path), str(tmp_path / "p.png"), audio.Limits())
    assert len(found.peaks) == outlines.PEAKS
    assert outlines.waveform(found.peaks).count("M") == outlines.PEAKS // 4


def test_a_file_is_made_once_by_however_many_ask(tmp_path: Path) -> None:
    kept, made = Kept(tmp_path), []

    def make(target: str) -> None:
        made.append(target)
        time.sleep(0.05)
        Path(target).write_text("x")

    threads = [threading.Thread(target=kept.file, args=("w", "song", ".txt", make)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert kept.file("w", "song", ".txt", make).read_text() == "x"


def test_what_fails_leaves_nothing_and_names_choose_no_place(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "k")

    def fail(target: str) -> None:
        Path(target).write_text("half")
        raise AudioError("no")

    with pytest.raises(AudioError):
        kept.file("w", "../../x", ".txt", fail)
    assert list((tmp_path / "k/w").iterdir()) == []
    path = kept.file("w", "../../../etc/x\0", ".txt", _write)
    assert path.parent == tmp_path / "k/w"


def test_what_was_not_asked_for_longest_goes_first(tmp_path: Path) -> None:
    kept = Kept(tmp_path, most_mb=0)
    kept._most = 25
    paths = [kept.file("w", str(n), ".txt", _write) for n in range(4)]
    for age, path in enumerate(paths):
        os.utime(path, (1000 - age, 1000))
    kept.prune()
    assert [path.exists() for path in paths] == [True, True, False, False]


def _write(target: str) -> None:
    Path(target).write_text("0123456789")
