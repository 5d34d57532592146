"""A folder of everything that nobody would wish to find in a folder of music, through the real command."""

from __future__ import annotations

import ctypes
import json
import os
import pty
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import pytest

import hostile
from libraries import index, library_at
from songkin.audio import EXTENSIONS
from songkin.cli import run
from songkin.errors import NotFound
from songkin.library import Library
from songkin.models import IndexReport, Query
from soundfiles import RATE, sound_file, tune

LIGHT = ("--no-pull", "--workers", "1", "--encoder", "descriptors", "--encoder", "fingerprint")
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
"""What a terminal, or the eye, would obey: control and direction characters."""


@dataclass
class Ended:
    code: int
    out: str
    err: str


def songkin(*words: str, **started: Any) -> Ended:
    """The real command in a process of its own; what it prints must be UTF-8, unobeyable and no traceback."""
    command = [sys.executable, "-m", "songkin", *words]
    done = subprocess.run(command, capture_output=True, timeout=600, env=environment(), **started)
    ended = Ended(done.returncode, done.stdout.decode(), done.stderr.decode())
    assert_fit_for_people(ended.out + ended.err)
    return ended


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SONGKIN_")}
    return (
        kept
        | {name: os.environ[name] for name in ("SONGKIN_CACHE",) if name in os.environ}
        | {"SONGKIN_CONFIG": "/no/config.toml"}
    )


def assert_fit_for_people(text: str) -> None:
    assert "Traceback" not in text
    assert not UNSEEN.search(text)


@dataclass
class Place:
    """An indexed folder: what was made, and what the first run said of it."""

    music: Path
    library: Path
    expected: dict[str, str]
    report: dict[str, Any]
    first: Ended
    visits: int

    @property
    def refused(self) -> dict[bytes, str]:
        return {os.fsencode(each["path"]): each["reason"] for each in self.report["refused"]}

    def opened(self) -> Library:
        return library_at(self.library)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, long: bool) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("hostile")
    music = folder / "music"
    with socket.create_server(("127.0.0.1", 0)) as server:
        expected = hostile.odd_sounds(music / "sounds", f"http://127.0.0.1:{server.getsockname()[1]}/song.mp3")
        hostile.odd_names(music / "names")
        hostile.odd_tags(music / "tags")
        hostile.silence_bomb(music / "ten hours.flac", 10)
        # A twentieth of the default limit: the same way through the code, at a twentieth of the cost.
        hours = () if long else ("--max-hours", "0.3")
        first = songkin("index", str(music), "-L", str(folder / "library"), "--json", *LIGHT, *hours)
        server.setblocking(False)
        visits = 0
        while True:
            try:
                server.accept()
            except BlockingIOError:
                break
            visits += 1
    yield Place(music, folder / "library", expected, json.loads(first.out), first, visits)
    shutil.rmtree(folder)


def test_the_run_ends_well_and_accounts_for_every_file(place: Place) -> None:
    assert place.first.code == 0
    report = place.report
    assert report["found"] == report["added"] + len(report["refused"])
    assert (report["updated"], report["unchanged"], report["missing"]) == (0, 0, 0)
    there = set()
    for folder, _, names in os.walk(os.fsencode(place.music)):
        there |= {os.path.join(folder, name) for name in names if os.path.splitext(os.fsdecode(name))[1] in EXTENSIONS}
    with place.opened() as library:
        taken = {os.fsencode(track.path) for track in library.tracks(limit=None)}
    assert taken | set(place.refused) == there
    assert not taken & set(place.refused)
    assert report["found"] == len(there)


def test_each_odd_sound_is_taken_or_refused_for_the_reason_it_has(place: Place) -> None:
    for name, reason in place.expected.items():
        said = place.refused.get(os.fsencode(place.music / "sounds" / name), "")
        assert reason in said, name
        assert bool(said) == bool(reason), f"{name}: {said}"


def test_refusals_are_one_sentence_each_with_nothing_to_obey(place: Place) -> None:
    for path, reason in place.refused.items():
        assert reason.endswith("."), path
        assert "\n" not in reason
        assert_fit_for_people(reason)
        assert "failed" not in reason, reason  # that would be an error nobody thought of


def test_only_what_cannot_be_heard_was_refused_beside_the_odd_sounds(place: Place) -> None:
    others = {path for path in place.refused if os.path.dirname(path) != os.fsencode(place.music / "sounds")}
    assert others == {os.fsencode(place.music / "ten hours.flac"), os.fsencode(place.music / "tags" / "bad sizes.mp3")}


def test_ten_hours_of_silence_in_a_small_file_are_refused_with_the_way_out(place: Place) -> None:
    assert (place.music / "ten hours.flac").stat().st_size < 6e6
    (said,) = [each for each in place.report["refused"] if each["path"].endswith("ten hours.flac")]
    assert "is longer than" in said["reason"]
    assert "--max-hours" in said["remedy"]


MEASURED = """
import json, os, sys
process = os.posix_spawn(sys.executable, [sys.executable, "-m", "songkin", *sys.argv[1:]], os.environ)
_, status, used = os.wait4(process, 0)
print(json.dumps([os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))
"""
"""Runs a command with its workers: exit code, seconds of CPU of all, MB of the largest. A small process starts it, for
its peak would be counted as the command's."""


def test_ten_hours_of_silence_are_taken_where_that_is_allowed(
    tmp_path: Path, long: bool, report: Callable[[str], None]
) -> None:
    if not long:
        pytest.skip("The long form: --long. The default's refusal is looked at in the short one.")
    hostile.silence_bomb(tmp_path / "music" / "ten hours.flac", 10)
    words = ("index", str(tmp_path / "music"), "-L", str(tmp_path / "library"), *LIGHT, "--max-hours", "12")
    done = subprocess.run([sys.executable, "-c", MEASURED, *words], capture_output=True, text=True, env=environment())
    code, seconds, megabytes = json.loads(done.stdout.splitlines()[-1])
    assert code == 0, done.stderr
    assert "1 found · 1 added" in done.stdout
    assert megabytes < 400  # ten hours of samples would be 6,350
    with library_at(tmp_path / "library") as library:
        (track,) = library.tracks()
        assert track.duration == pytest.approx(36_000, abs=1)
    report(f"Ten hours of silence, taken: {seconds:.0f} s of CPU, at most {megabytes:.0f} MB in one process.")


def test_texts_that_point_elsewhere_are_not_followed(place: Place) -> None:
    """A followed pipe would have been told as "took too long", a followed address as a visit."""
    assert place.visits == 0
    reasons = [place.refused[os.fsencode(place.music / "sounds" / name)] for name in hostile.baits("", place.music)]
    assert len(reasons) == 9
    assert all("not a sound file" in reason for reason in reasons)


def test_such_a_text_is_followed_by_a_decoder_that_nobody_holds_back(tmp_path: Path) -> None:
    """The control: the bait is a good one."""
    near = Path(sound_file(tmp_path / "near.mp3", tune(2)))
    (tmp_path / "concat near.mp3").write_text(hostile.baits("", near)["concat near.mp3"])
    with av.open(str(tmp_path / "concat near.mp3")) as container:
        assert sum(frame.samples for frame in container.decode(audio=0)) > RATE


def test_a_second_run_finds_nothing_to_do(place: Place, long: bool) -> None:
    hours = () if long else ("--max-hours", "0.3")
    again = songkin("index", str(place.music), "-L", str(place.library), *LIGHT, *hours)
    assert again.code == 0
    refused, added = len(place.refused), place.report["added"]
    head = f"{added + refused} found · 0 added · 0 updated · {added} unchanged · {refused} refused "
    assert again.out.startswith(head)
    with place.opened() as library:
        assert len(library.refused()) == refused


LISTINGS = [("list",), ("list", "--refused"), ("list", "--duplicates"), ("runs",), ("stats",), ("find", "flac")]


@pytest.mark.parametrize("words", LISTINGS, ids=" ".join)
def test_what_is_printed_is_fit_for_people_and_json_for_machines(
    place: Place, words: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    where = ("-L", str(place.library))
    assert run([*words, *where]) == 0
    out, err = capfd.readouterr()
    assert_fit_for_people(out + err)
    assert out
    assert run([*words, *where, "--json"]) == 0
    out, err = capfd.readouterr()
    assert_fit_for_people(out + err)
    assert out.isascii()
    assert json.loads(out)


@pytest.mark.parametrize("name", ["control.flac", "many.flac", "lyrics.mp3", "cover.mp3"])
@pytest.mark.parametrize("verb", ["show", "similar"])
def test_a_song_with_hostile_tags_is_shown_and_compared(
    place: Place, verb: str, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    words = (verb, str(place.music / "tags" / name), "-L", str(place.library))
    assert run(list(words)) == 0
    out, err = capfd.readouterr()
    assert_fit_for_people(out + err)
    assert run([*words, "--json"]) == 0
    answer = json.loads(capfd.readouterr().out)
    assert answer["hits"] if verb == "similar" else answer["track"]["title"]


def test_every_song_is_found_by_its_id_its_path_and_its_neighbours(place: Place, long: bool) -> None:
    with place.opened() as library:
        tracks = library.tracks(limit=None)
        for track in tracks:
            assert library.track(track.id) == track
            assert library.track(track.path) == track
            assert library.show(track.id).track == track
        for track in tracks[:: 1 if long else 8]:
            if track.title in {"silent", "silent floats"}:
                with pytest.raises(NotFound, match="no sound to compare"):
                    library.similar(track.id)
                continue
            hits = library.similar(track.id, Query(5)).hits
            assert track.id not in {hit.track.id for hit in hits}
            assert len({hit.track.id for hit in hits}) == len(hits) <= 5
            assert all(0 <= hit.score <= 1 for hit in hits)


def test_every_title_can_be_looked_for_as_it_stands(place: Place, long: bool) -> None:
    with place.opened() as library:
        for track in library.tracks(limit=None)[:: 1 if long else 4]:
            hits = library.find(track.title, Query(100, per_artist=None, per_album=None)).hits
            assert track.id in {hit.track.id for hit in hits}, track.title


def test_tags_are_kept_short_and_clean(place: Place) -> None:
    with place.opened() as library:
        for track in library.tracks(limit=None):
            texts = (track.title, *track.artists, track.album, *track.genres, track.key, track.comment)
            assert track.title
            assert sum(map(len, texts)) < 40_000
            for text in texts:
                assert_fit_for_people(text)
        html = library.track(str(place.music / "tags" / "html.flac"))
        assert html.title == " ".join(hostile.HTML.split())


# While it runs ----------------------------------------------------------------------------------------------------------


class Meddling:
    """Progress that does something to the files when listening begins: the walk is over then."""

    def __init__(self, meddle: Callable[[], None]) -> None:
        self.meddle = meddle

    def stage(self, name: str, total: int | None = None) -> None:
        if name == "Listening":
            self.meddle()

    def step(self, done: int, note: str = "") -> None:
        pass

    def note(self, line: str) -> None:
        pass


def test_files_that_change_between_the_walk_and_the_hearing_cost_only_themselves(tmp_path: Path) -> None:
    names = ("vanishes", "becomes a folder", "becomes a pipe", "becomes empty", "becomes a loop", "stays")
    music = {
        name: Path(sound_file(tmp_path / "music" / f"{name}.flac", tune(2, seed=n))) for n, name in enumerate(names)
    }

    def meddle() -> None:
        for name in names[:-1]:
            music[name].unlink()
        music["becomes a folder"].mkdir()
        os.mkfifo(music["becomes a pipe"])
        music["becomes empty"].touch()
        os.symlink(music["becomes a loop"].name, music["becomes a loop"])

    with library_at(tmp_path / "library", workers=1) as library:
        report: IndexReport = index(library, tmp_path / "music", progress=Meddling(meddle))
        assert [track.title for track in library.tracks()] == ["stays"]
        told = {Path(refusal.path).stem: refusal.reason for refusal in report.refused}
        assert told.keys() == set(names[:-1])
        assert "failed" not in " ".join(told.values()), told
        assert "symbolic links" in told["becomes a loop"]
        assert "no regular file" in told["becomes a pipe"]
        assert "no regular file" in told["becomes a folder"]


def without_roots_rights() -> None:
    """In a child: let permissions count for root as for anybody (Linux capabilities 1 and 2 override them)."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None)
        for capability in (1, 2):
            if libc.prctl(24, capability, 0, 0, 0) != 0:
                os._exit(77)


def test_what_may_not_be_read_is_told_and_tried_again_later(tmp_path: Path) -> None:
    music, library = tmp_path / "music", tmp_path / "library"
    for number, name in enumerate(("open", "locked/inside", "unlisted/inside", "blind/inside", "file")):
        sound_file(music / f"{name}.flac", tune(2, seed=number))
    modes = {music / "locked": 0o000, music / "unlisted": 0o300, music / "blind": 0o600, music / "file.flac": 0o000}
    for place, mode in modes.items():
        place.chmod(mode)
    words = ("index", str(music), "-L", str(library), "--json", *LIGHT[:5])
    try:
        ended = songkin(*words, preexec_fn=without_roots_rights)
    finally:
        for place in modes:
            place.chmod(0o700)
    if ended.code == 77:
        pytest.skip("runs as root, and may not give up root's rights")
    report = json.loads(ended.out)
    assert ended.code == 0
    assert (report["found"], report["added"], len(report["refused"])) == (5, 1, 4)
    assert all("may not be read" in each["reason"] for each in report["refused"])
    again = json.loads(songkin(*words).out)
    assert (again["added"], again["unchanged"], again["refused"]) == (4, 1, [])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_a_terminal_is_told_nothing_by_the_names_of_files(tmp_path: Path) -> None:
    for number, name in enumerate((b"\x1b]0;owned\x07\x1b[2J.flac", "\u202edrowssap\u2066.flac".encode())):
        os.rename(sound_file(tmp_path / "made.flac", tune(2, seed=number)), os.path.join(os.fsencode(tmp_path), name))
    (tmp_path / "\x1b]0;broken\x07\u202e.mp3").write_text("nothing")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "songkin", "index", str(tmp_path), "-L", str(tmp_path / "library"), *LIGHT[:5]]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment())
    os.close(theirs)
    drawn = b""
    while True:
        try:
            piece = os.read(ours, 65_536)
        except OSError:  # the other side is closed
            break
        if not piece:
            break
        drawn += piece
    os.close(ours)
    assert process.wait() == 0
    text = drawn.decode()
    assert "2 added" in text
    assert "Listening" in text  # the bar was drawn
    assert "\x1b]" not in text
    assert "\x1b[2J" not in text
    own = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)  # rich's own colours and cursor movements
    assert not UNSEEN.search(own.replace("\r", ""))
