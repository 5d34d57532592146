"""Sound and pictures over HTTP."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from libraries import library_at
from served import API, client, make_served, songs
from songkin import audio
from soundfiles import PNG, sound_file, tune

TRAVERSALS = (
    "../../../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "....//....//etc/passwd",
    "..\\..\\etc\\passwd",
    "%252e%252e%252fetc%252fpasswd",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "file:%2f%2f%2fetc%2fpasswd",
    "http:%2f%2f127.0.0.1%2f",
    "00000000-0000-0000-0000-000000000000",
    "%00",
    "catalog.db",
    "%c0%ae%c0%ae%2fetc%2fpasswd",
)


def test_a_song_is_sent_as_it_is_and_in_ranges(browser: TestClient, music_home: Path) -> None:
    address = f"/media/tracks/{songs(browser)['Winter']}/audio"
    whole = browser.get(address)
    assert whole.content == next((music_home / "music").glob("*Winter.flac")).read_bytes()
    assert whole.headers["content-type"] == "audio/flac"
    part = browser.get(address, headers={"range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    assert browser.get(address, headers={"range": "bytes=99999999-"}).status_code == 416
    assert browser.get(address, headers={"if-none-match": whole.headers["etag"]}).status_code == 304
    head = browser.head(address)
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(whole.content)))


@pytest.mark.parametrize(("form", "kind"), [("mp3", "audio/mpeg"), ("opus", "audio/ogg")])
def test_a_copy_for_browsers_is_made_once_and_sounds_the_same(
    browser: TestClient, tmp_path: Path, form: str, kind: str
) -> None:
    address = f"/media/tracks/{songs(browser)['Winter']}/audio?as={form}"
    first, again = browser.get(address), browser.get(address)
    assert (first.status_code, first.headers["content-type"]) == (200, kind)
    assert first.headers["etag"] == again.headers["etag"]
    assert first.content == again.content
    copy = tmp_path / f"copy.{form}"
    copy.write_bytes(first.content)
    assert abs(len(audio.samples(str(copy), 8000)) / 8000 - 3.0) < 0.15
    assert browser.get(address, headers={"range": "bytes=0-9"}).status_code == 206


@pytest.mark.parametrize("end", ["audio", "cover", "peaks", "spectrogram.png", "waveform.svg"])
@pytest.mark.parametrize("name", TRAVERSALS)
def test_nothing_is_sent_by_path(browser: TestClient, name: str, end: str) -> None:
    answer = browser.get(f"/media/tracks/{name}/{end}")
    assert answer.status_code in {404, 422, 400}
    assert b"root:" not in answer.content


@pytest.mark.parametrize("name", TRAVERSALS)
def test_nothing_of_the_file_system_is_sent_from_assets_and_clips(browser: TestClient, name: str) -> None:
    for address in (
        f"/assets/{name}",
        f"/static/{name}",
        f"/media/clips/{name}/audio",
        f"/media/clips/{name}/spectrogram.png",
    ):
        answer = browser.get(address)
        assert answer.status_code in {404, 422, 400}, address
        assert b"root:" not in answer.content


def test_peaks_and_pictures_are_made(browser: TestClient) -> None:
    song = songs(browser)["Winter"]
    peaks = browser.get(f"/media/tracks/{song}/peaks").json()
    assert len(peaks["peaks"]) == 800
    assert max(peaks["peaks"]) == 100
    assert min(peaks["peaks"]) >= 0
    assert abs(peaks["duration"] - 3.0) < 0.1
    picture = browser.get(f"/media/tracks/{song}/spectrogram.png")
    assert Image.open(io.BytesIO(picture.content)).size == (1024, 192)
    assert browser.get(f"/media/tracks/{song}/waveform.svg").content.startswith(b"<svg")


def test_a_cover_in_the_folder_is_made_small_and_others_are_drawn(tmp_path: Path) -> None:
    sound_file(tmp_path / "music/one/a.flac", tune(2, seed=1), {"title": "With"})
    sound_file(tmp_path / "music/two/b.flac", tune(2, seed=2), {"title": '<svg onload="x()">'})
    Image.new("RGB", (900, 700), "red").save(tmp_path / "music/one/cover.jpg")
    with library_at(tmp_path / "library") as library:
        library.index([tmp_path / "music"], encoders=("descriptors",))
    with client(tmp_path) as browser:
        ids = songs(browser)
        ids['<svg onload="x()">']
        hostile = ids['<svg onload="x()">']
        made = browser.get(f"/media/tracks/{ids['With']}/cover?size=96")
        assert made.headers["content-type"] == "image/webp"
        assert Image.open(io.BytesIO(made.content)).size == (96, 96)
        drawn = browser.get(f"/media/tracks/{hostile}/cover?size=640")
        assert drawn.headers["content-type"] == "image/svg+xml"
        assert b"<svg onload" not in drawn.content
        assert b"&lt;svg" in drawn.content
        assert browser.get(f"/media/tracks/{ids['With']}/cover?size=97").status_code == 422
        (tmp_path / "music/two/folder.png").write_bytes(PNG)
        assert browser.get(f"/media/tracks/{hostile}/cover").headers["content-type"] == "image/webp"


def test_a_file_that_is_gone_is_told_of(tmp_path: Path) -> None:
    home = make_served(tmp_path)
    next((home / "music").glob("*Winter*")).unlink()
    with client(home) as browser:
        song = songs(browser)["Winter"]
        answer = browser.get(f"/media/tracks/{song}/audio")
        assert answer.status_code == 404
        assert answer.json()["remedy"]
        assert str(tmp_path) not in answer.text
        assert browser.get(f"/media/tracks/{song}/cover").headers["content-type"] == "image/svg+xml"


def test_a_file_that_became_something_else_is_not_sent(tmp_path: Path) -> None:
    home = make_served(tmp_path)
    secret = tmp_path / "secret.txt"
    secret.write_text("root:secret")
    song = next((home / "music").glob("*Winter*"))
    song.write_text(f"ffconcat version 1.0\nfile {secret}\n")
    with client(home) as browser:
        for end in ("audio", "audio?as=mp3", "peaks", "spectrogram.png"):
            answer = browser.get(f"/media/tracks/{songs(browser)['Winter']}/{end}")
            assert answer.status_code == 415, end
            assert b"secret" not in answer.content


def test_a_recording_finds_its_song(browser: TestClient, music_home: Path, tmp_path: Path) -> None:
    clip = tmp_path / "clip.webm"
    audio.write(str(clip), audio.samples(str(next((music_home / "music").glob("*Winter*"))), 48_000), 48_000)
    heard = browser.post(f"{API}/clips", files={"file": ("blob", clip.read_bytes(), "audio/webm")}, params={"limit": 3})
    assert heard.status_code == 201
    told = heard.json()
    assert told["hits"][0]["track"]["title"] == "Winter"
    assert abs(told["duration"] - 3.0) < 0.2
    picture = browser.get(f"/media/clips/{told['id']}/spectrogram.png")
    assert picture.headers["content-type"] == "image/png"
    again = browser.get(f"{API}/clips/{told['id']}/similar", params={"where": "genre=rock"}).json()
    assert {hit["track"]["title"] for hit in again["hits"]} == {"Yellow Tram"}
    assert again["query"] == "your recording"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no sound",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"#EXTM3U\nhttp://127.0.0.1:1/x\n",
        b"\x00" * 5000,
        PNG,
    ],
    ids=["empty", "text", "ffconcat", "hls", "zeros", "picture"],
)
def test_what_is_no_sound_is_refused(browser: TestClient, home: Path, content: bytes) -> None:
    answer = browser.post(f"{API}/clips", files={"file": ("song.mp3", content, "audio/mpeg")})
    assert answer.status_code in {415, 422}
    assert answer.headers["content-type"] == "application/problem+json"
    assert not list((home / "library/rendered/clips").glob("*.*"))


def test_recordings_are_capped_while_they_come(home: Path) -> None:
    with client(home, upload_mb=1) as browser:
        large = browser.post(f"{API}/clips", files={"file": ("x.wav", b"\x00" * (2 << 20))})
        assert large.status_code == 413

        def endless() -> Iterator[bytes]:
            yield b'--b\r\ncontent-disposition: form-data; name="file"; filename="x"\r\n\r\n'
            for _ in range(200):
                yield b"\x00" * 65536

        chunked = browser.post(
            f"{API}/clips", content=endless(), headers={"content-type": "multipart/form-data; boundary=b"}
        )
        assert chunked.status_code == 413
        huge = browser.post(f"{API}/playlists", content=b" " * (3 << 20), headers={"content-type": "application/json"})
        assert huge.status_code == 413


def test_what_was_made_goes_with_the_folder_and_is_made_again(browser: TestClient, home: Path) -> None:
    address = f"/media/tracks/{songs(browser)['Winter']}/peaks"
    first = browser.get(address).content
    shutil.rmtree(home / "library/rendered")
    assert browser.get(address).content == first
