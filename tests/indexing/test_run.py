"""Index runs on real files: what is added, noticed, refused, kept."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from filelock import FileLock

from libraries import index, library_at, make_music
from songkin import spaces
from songkin.errors import LibraryBusy, LibraryTooNew, NotFound, SourceError, StoreError
from songkin.library import Library
from songkin.store import TRACKS, catalog_file, index_folder
from songkin.store.embedded import EmbeddedStore
from songkin.store.schema import tracks, vectors
from songkin.upkeep import Upkeep
from soundfiles import sound_file, tune


def test_a_folder_is_added_once_and_read_once(tmp_path: Path) -> None:
    music = tmp_path / "music"
    make_music(music, seconds=2)
    with library_at(tmp_path / "library") as library:
        first = index(library, music)
        before = library.catalog.stored()
        second = index(library, music)
        assert (first.found, first.added, first.refused) == (7, 7, ())
        assert (second.found, second.unchanged, second.added, second.updated) == (7, 7, 0, 0)
        assert library.catalog.stored() == before


def test_names_come_from_tags_and_else_from_the_file_name(tmp_path: Path) -> None:
    music = tmp_path / "music"
    make_music(music, seconds=2)
    with library_at(tmp_path / "library") as library:
        index(library, music)
        by_title = {track.title: track for track in library.tracks()}
        assert by_title["Summer"].genres == ("jazz", "bossa nova")
        assert by_title["Yellow Tram"].artists == ("The Beetles",)
        assert by_title["Yellow Tram"].year == 1966
        assert by_title["Static"].artists == ("Some Band",)
        assert by_title["Winter"].duration == pytest.approx(2.0, abs=0.05)
        assert by_title["Winter"].bpm is not None


def test_a_changed_file_is_read_again_and_keeps_its_id_and_votes(tmp_path: Path) -> None:
    path = sound_file(tmp_path / "music" / "a.flac", tune(2, seed=1), {"title": "Old"})
    with library_at(tmp_path / "library") as library:
        index(library, tmp_path / "music")
        track = library.vote("Old", "love")
        sound_file(Path(path), tune(3, seed=2), {"title": "New"})
        report = index(library, tmp_path / "music")
        assert (report.updated, report.added) == (1, 0)
        (after,) = library.tracks()
        assert (after.id, after.title) == (track.id, "New")
        assert library.catalog.votes_of("me") == {track.id: "love"}


def test_a_touched_file_with_the_same_bytes_is_unchanged(tmp_path: Path) -> None:
    path = sound_file(tmp_path / "music" / "a.flac", tune(2))
    with library_at(tmp_path / "library") as library:
        index(library, tmp_path / "music")
        os.utime(path, (1, 1))
        assert index(library, tmp_path / "music").unchanged == 1
        assert library.catalog.stored()[0].mtime_ns == 1_000_000_000


def test_a_moved_file_keeps_its_id_its_votes_and_its_vectors(tmp_path: Path) -> None:
    music = tmp_path / "music"
    path = sound_file(music / "a.flac", tune(2), {"title": "Song"})
    with library_at(tmp_path / "library") as library:
        index(library, music)
        track = library.vote("Song", "love")
        vector = library.catalog.vectors.one(track.id, "timbre98")
        (music / "deeper").mkdir()
        os.rename(path, music / "deeper" / "b.flac")
        report = index(library, music, prune=True)
        assert (report.found, report.updated, report.removed) == (1, 1, 0)
        (after,) = library.tracks()
        assert after.id == track.id
        assert after.path == str(music / "deeper" / "b.flac")
        assert library.catalog.votes_of("me") == {track.id: "love"}
        again = library.catalog.vectors.one(track.id, "timbre98")
        assert vector is not None
        assert again is not None
        np.testing.assert_array_equal(again, vector)


def test_a_file_that_was_moved_and_retagged_is_the_same_track(tmp_path: Path) -> None:
    music = tmp_path / "music"
    path = sound_file(music / "a.mp3", tune(3), {"title": "Old name"})
    with library_at(tmp_path / "library") as library:
        index(library, music)
        (before,) = library.tracks()
        os.remove(path)
        sound_file(music / "b.mp3", tune(3), {"title": "New name"})
        report = index(library, music, prune=True)
        (after,) = library.tracks()
        assert (after.id, after.title) == (before.id, "New name")
        assert (report.updated, report.added, report.removed) == (1, 0, 0)


def test_a_new_file_at_the_place_of_a_moved_one_is_another_track(tmp_path: Path) -> None:
    music = tmp_path / "music"
    path = sound_file(music / "a.flac", tune(2, seed=1), {"title": "First"})
    with library_at(tmp_path / "library") as library:
        index(library, music)
        (first,) = library.tracks()
        os.rename(path, music / "b.flac")
        index(library, music)
        sound_file(Path(path), tune(2, seed=2), {"title": "Second"})
        assert index(library, music).added == 1
        ids = {track.title: track.id for track in library.tracks()}
        assert ids["First"] == first.id
        assert ids["Second"] != first.id


def test_missing_files_are_kept_until_pruned(tmp_path: Path) -> None:
    music = tmp_path / "music"
    make_music(music, seconds=2)
    with library_at(tmp_path / "library") as library:
        index(library, music)
        os.remove(music / "00 Winter.flac")
        report = index(library, music)
        assert (report.found, report.missing, report.removed) == (6, 1, 0)
        assert library.track("Winter").missing
        assert index(library, music, prune=True).removed == 1
        assert len(library.tracks()) == 6
        with Upkeep(library.catalog, library.config).open_index() as (vectors, _):
            assert vectors.count() == 6


def test_pruning_one_folder_forgets_nothing_of_another(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    sound_file(one / "a.flac", tune(2, seed=1))
    gone = sound_file(other / "b.flac", tune(2, seed=2))
    with library_at(tmp_path / "library") as library:
        index(library, one, other)
        os.remove(gone)
        assert index(library, one, prune=True).removed == 0
        assert len(library.tracks()) == 2


def test_a_missing_folder_is_an_error_and_forgets_nothing(tmp_path: Path) -> None:
    music = tmp_path / "music"
    sound_file(music / "a.flac", tune(2))
    with library_at(tmp_path / "library") as library:
        index(library, music)
        shutil.rmtree(music)
        with pytest.raises(SourceError) as caught:
            index(library, music, prune=True)
        assert str(music) in caught.value.message
        assert len(library.tracks()) == 1


def test_refused_files_are_listed_remembered_and_tried_again_on_request(tmp_path: Path) -> None:
    music = tmp_path / "music"
    sound_file(music / "good.flac", tune(2))
    (music / "bad.mp3").write_bytes(b"ffconcat version 1.0\nfile good.flac\n")
    (music / "empty.ogg").write_bytes(b"")
    with library_at(tmp_path / "library") as library:
        report = index(library, music)
        assert (report.found, report.added) == (3, 1)
        assert {os.path.basename(refusal.path) for refusal in report.refused} == {"bad.mp3", "empty.ogg"}
        assert all(refusal.reason for refusal in report.refused)
        again = index(library, music)
        assert [refusal.path for refusal in again.refused] == [refusal.path for refusal in report.refused]
        sound_file(music / "new.mp3", tune(2, seed=5))
        os.replace(music / "new.mp3", music / "bad.mp3")
        mended = index(library, music)
        assert (mended.added, len(mended.refused)) == (1, 1)
        assert [refusal.path for refusal in library.refused()] == [str(music / "empty.ogg")]
        assert len(index(library, music, retry_refused=True).refused) == 1


def test_names_that_are_not_utf8_are_kept(tmp_path: Path) -> None:
    music = os.fsencode(tmp_path / "music")
    os.makedirs(music)
    path = sound_file(tmp_path / "a.flac", tune(2))
    os.rename(path, music + b"/caf\xe9.flac")
    with library_at(tmp_path / "library") as library:
        index(library, os.fsdecode(music))
        (track,) = library.tracks()
        assert os.fsencode(track.path) == music + b"/caf\xe9.flac"
        assert library.track(track.path).id == track.id
        assert index(library, os.fsdecode(music)).unchanged == 1


def test_the_same_recording_in_two_formats_is_linked_and_not_merged(tmp_path: Path) -> None:
    music = tmp_path / "music"
    sound = tune(20, seed=3)
    sound_file(music / "a.flac", sound, {"title": "Song"})
    sound_file(music / "b.mp3", sound, {"title": "Song", "artist": "Someone"})
    sound_file(music / "c.flac", tune(20, seed=4), {"title": "Other"})
    with library_at(tmp_path / "library") as library:
        index(library, music, encoders=("descriptors", "fingerprint"))
        assert len(library.tracks()) == 3
        ((a, b, evidence),) = library.duplicates()
        assert {a.title, b.title} == {"Song"}
        assert "fingerprint" in evidence


def test_a_later_run_fills_in_what_an_encoder_has_not_heard(tmp_path: Path) -> None:
    music = tmp_path / "music"
    sound_file(music / "a.flac", tune(4), {"title": "Song"})
    with library_at(tmp_path / "library") as library:
        index(library, music, encoders=("descriptors",))
        before = library.track("Song")
        report = index(library, music, encoders=("descriptors", "fingerprint"))
        after = library.track("Song")
        assert (report.updated, report.unchanged) == (1, 0)
        assert {"timbre98", "fingerprint"} <= set(library.show("Song").vectors)
        assert (after.bpm, after.key, after.features) == (before.bpm, before.key, before.features)
        assert index(library, music, encoders=("descriptors", "fingerprint")).unchanged == 1


def test_a_silent_song_is_kept_without_sound(tmp_path: Path) -> None:
    music = tmp_path / "music"
    sound_file(music / "silence.flac", np.zeros(44_100 * 2, np.float32))
    sound_file(music / "a.flac", tune(2))
    with library_at(tmp_path / "library") as library:
        assert index(library, music).added == 2
        assert library.stats()["silent"] == 1
        assert "timbre98" not in library.show("silence").vectors
        assert index(library, music).unchanged == 2


def test_a_damaged_search_index_is_made_anew_with_the_same_answers(tmp_path: Path) -> None:
    music = tmp_path / "music"
    make_music(music, seconds=2)
    with library_at(tmp_path / "library") as library:
        index(library, music)
        before = [(hit.track.id, hit.score) for hit in library.similar("Winter").hits]
        shutil.rmtree(tmp_path / "library" / "index")
        answer = library.similar("Winter")
        assert [(hit.track.id, hit.score) for hit in answer.hits] == before
        assert any("search index" in note for note in answer.notes)


def made_older(library: Library) -> None:
    """As songkin left it whose descriptors were of version 1: 386 numbers, and no word on how they change."""
    with library.catalog.db.writing() as connection:
        connection.execute(sa.delete(vectors).where(vectors.c.output == "descriptor_drift"))
        connection.execute(
            sa.update(vectors).where(vectors.c.encoder == "descriptors/2/").values(encoder="descriptors/1/")
        )
        connection.execute(sa.update(tracks).values(heard_by=["descriptors/1/", "fingerprint/1/"]))
    fitted = spaces.Statistics(7, {"mean": np.zeros(386, np.float32), "std": np.ones(386, np.float32)})
    library.catalog.vectors.put_statistic("descriptors", "descriptors/1/", 7, fitted.pack())
    folder = index_folder(library.config.library)
    shutil.rmtree(folder)
    then = tuple(replace(each, dim=386) if each.name == "descriptors" else each for each in TRACKS.spaces)
    EmbeddedStore(folder, replace(TRACKS, spaces=then)).close()


def test_a_library_with_older_descriptors_hears_those_again_and_nothing_else(tmp_path: Path) -> None:
    music = tmp_path / "music"
    make_music(music, seconds=2)
    clip = sound_file(tmp_path / "clip.wav", tune(3, seed=2))
    with library_at(tmp_path / "library") as library:
        index(library, music, encoders=("descriptors", "fingerprint"))
        before = [(hit.track.id, hit.score) for hit in library.similar("Winter").hits]
        made_older(library)
    with library_at(tmp_path / "library") as library:
        with pytest.raises(NotFound) as caught:  # nothing else was heard here that it could be compared by
            library.similar("Winter")
        assert "songkin index" in caught.value.remedy
        library.similar(clip)  # and this is not compared by what was fitted for the older ones
        report = index(library, music, encoders=("descriptors", "fingerprint"))
        assert report.updated == 7
        origins = library.catalog.vectors.counts()
        assert {encoder for _, encoder, _ in origins if encoder.startswith("descriptors")} == {"descriptors/2/"}
        assert [(hit.track.id, hit.score) for hit in library.similar("Winter").hits] == before
        assert index(library, music, encoders=("descriptors", "fingerprint")).unchanged == 7


def test_a_run_that_is_killed_goes_on_where_it_stopped(tmp_path: Path) -> None:
    music = tmp_path / "music"
    for number in range(12):
        sound_file(music / f"{number:02}.flac", tune(3, seed=number))
    code = (
        "import sys; from songkin.cli import run;"
        "sys.exit(run(['index', '--encoder', 'descriptors', '--workers', '1', '-L', sys.argv[1], sys.argv[2]]))"
    )
    script = tmp_path / "run.py"
    script.write_text(f"if __name__ == '__main__':\n    {code}\n")
    process = subprocess.Popen([sys.executable, script, tmp_path / "library", music], start_new_session=True)
    deadline = time.monotonic() + 60
    with library_at(tmp_path / "library") as library:
        while time.monotonic() < deadline:
            if catalog_file(tmp_path / "library").exists() and library.catalog.count() >= 1:
                break
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        stored = {each.id: each for each in library.catalog.stored()}
        assert stored
        report = index(library, music)
        assert report.added + report.unchanged == 12
        assert report.unchanged == len(stored)
        assert library.catalog.db.check() == "ok"
        with Upkeep(library.catalog, library.config).open_index() as (vectors, _):
            assert sorted(vectors.ids()) == library.catalog.ids()
    with library_at(tmp_path / "undisturbed") as other:
        index(other, music)
        with library_at(tmp_path / "library") as library:
            ids, rows = library.catalog.vectors.matrix("timbre98")
            same, expected = other.catalog.vectors.matrix("timbre98")
            assert ids == same
            np.testing.assert_array_equal(rows, expected)


def test_two_runs_at_once_are_one_and_a_clear_line(tmp_path: Path) -> None:
    sound_file(tmp_path / "music" / "a.flac", tune(2))
    with library_at(tmp_path / "library", lock_seconds=0.1) as library:
        index(library, tmp_path / "music")
        with FileLock(tmp_path / "library" / "run.lock"), pytest.raises(LibraryBusy) as caught:
            index(library, tmp_path / "music")
        assert "Another songkin" in caught.value.message


def test_a_library_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    sound_file(tmp_path / "music" / "a.flac", tune(2))
    with library_at(tmp_path / "library") as library:
        index(library, tmp_path / "music")
        library.catalog.journal.note("schema", "999")
    with library_at(tmp_path / "library") as library, pytest.raises(LibraryTooNew) as caught:
        library.tracks()
    assert "pip install --upgrade" in caught.value.remedy


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_library_is_one_clear_line(tmp_path: Path) -> None:
    sound_file(tmp_path / "music" / "a.flac", tune(2))
    folder = tmp_path / "library"
    folder.mkdir()
    folder.chmod(0o500)
    with library_at(folder) as library, pytest.raises(StoreError) as caught:
        index(library, tmp_path / "music")
    assert "cannot be written" in caught.value.message


def test_a_file_where_the_library_should_be_is_one_clear_line(tmp_path: Path) -> None:
    sound_file(tmp_path / "music" / "a.flac", tune(2))
    (tmp_path / "library").write_text("not a folder")
    with library_at(tmp_path / "library") as library, pytest.raises(StoreError) as caught:
        index(library, tmp_path / "music")
    assert "-L DIR" in caught.value.remedy


def test_swapped_and_renumbered_files_keep_their_own_songs_and_votes(tmp_path: Path) -> None:
    music = tmp_path / "music"
    for number in (1, 2, 3):
        sound_file(music / f"{number}.flac", tune(2, seed=number), {"title": f"Song {number}"})
    with library_at(tmp_path / "library") as library:
        index(library, music)
        ids = {track.title: track.id for track in library.tracks()}
        library.vote("Song 1", "love")
        os.rename(music / "1.flac", music / "x")
        os.rename(music / "2.flac", music / "1.flac")
        os.rename(music / "x", music / "2.flac")
        os.rename(music / "3.flac", music / "4.flac")
        report = index(library, music)
        assert (report.updated, report.added, report.missing) == (3, 0, 0)
        assert {track.title: track.id for track in library.tracks()} == ids
        assert library.track("Song 1").path.endswith("2.flac")
        os.rename(music / "4.flac", music / "9.flac")
        os.rename(music / "2.flac", music / "4.flac")
        index(library, music, prune=True)
        assert {track.title: track.id for track in library.tracks()} == ids
        assert library.show("Song 1").votes == {"me": "love"}
        assert index(library, music).unchanged == 3


def test_a_file_moved_and_retagged_into_another_folder_is_the_same_track(tmp_path: Path) -> None:
    path = sound_file(tmp_path / "one" / "a.mp3", tune(3), {"title": "Old"})
    with library_at(tmp_path / "library") as library:
        index(library, tmp_path / "one")
        (before,) = library.tracks()
        os.remove(path)
        sound_file(tmp_path / "two" / "b.mp3", tune(3), {"title": "New"})
        assert index(library, tmp_path / "two").updated == 1
        (after,) = library.tracks()
        assert (after.id, after.title, after.missing) == (before.id, "New", False)


def test_pruning_an_empty_mount_point_forgets_nothing_unless_forced(tmp_path: Path) -> None:
    music = tmp_path / "music"
    make_music(music, seconds=1)
    with library_at(tmp_path / "library") as library:
        index(library, music)
        os.rename(music, tmp_path / "elsewhere")
        music.mkdir()
        report = index(library, music, prune=True)
        assert (report.removed, report.missing) == (0, 7)
        assert any("mounted" in note for note in report.notes)
        assert index(library, music, prune=True, force=True).removed == 7


def test_what_cannot_be_read_is_listed_as_refused(tmp_path: Path) -> None:
    music = tmp_path / "music"
    sound_file(music / "a.flac", tune(2))
    (music / "dangling.mp3").symlink_to(tmp_path / "nowhere")
    with library_at(tmp_path / "library") as library:
        report = index(library, music)
        assert [refusal.path for refusal in report.refused] == [refusal.path for refusal in library.refused()]
        assert library.stats()["refused"] == 1
        (music / "dangling.mp3").unlink()
        index(library, music)
        assert library.refused() == []


def test_a_refusal_that_a_setting_mends_is_tried_again_once_it_is_set(tmp_path: Path) -> None:
    sound_file(tmp_path / "music" / "long.flac", tune(60))
    with library_at(tmp_path / "library", max_hours=0.01) as library:
        (refusal,) = index(library, tmp_path / "music").refused
        assert "--max-hours" in refusal.remedy
        about = Path(refusal.path).stat()
        Path(refusal.path).write_bytes(bytes(about.st_size))
        os.utime(refusal.path, ns=(about.st_atime_ns, about.st_mtime_ns))
        assert index(library, tmp_path / "music").refused == (refusal,)  # by size and time: it was not heard again
        sound_file(tmp_path / "music" / "long.flac", tune(60))
    with library_at(tmp_path / "library") as library:
        assert index(library, tmp_path / "music").added == 1


def test_a_run_that_was_killed_does_not_seem_to_go_on_for_ever(tmp_path: Path) -> None:
    sound_file(tmp_path / "music" / "a.flac", tune(2))
    with library_at(tmp_path / "library") as library:
        index(library, tmp_path / "music")
        library.catalog.journal.begin_run("index", {})
        index(library, tmp_path / "music")
        assert [run["state"] for run in library.catalog.journal.last_runs()] == ["done", "killed", "done"]


def test_a_script_may_index_at_its_top_level(tmp_path: Path) -> None:
    sound_file(tmp_path / "music" / "a.flac", tune(2))
    script = tmp_path / "script.py"
    script.write_text(
        "from songkin.library import Library\n"
        "with Library('library') as library:\n"
        "    print(library.index(['music'], encoders=['descriptors']).added)\n"
    )
    done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr


def test_the_profile_quick_leaves_fingerprints_out_until_more_is_asked_for(tmp_path: Path) -> None:
    music = tmp_path / "music"
    sound_file(music / "a.mp3", tune(45))
    both = ("descriptors", "fingerprint")
    with library_at(tmp_path / "library") as library:
        assert index(library, music, encoders=both, profile="quick").added == 1
        (track,) = library.tracks()
        assert track.duration == pytest.approx(45, abs=0.1)
        assert {"timbre98"} <= set(library.show(track.id).vectors)
        assert "fingerprint" not in library.show(track.id).vectors
        assert index(library, music, encoders=both).unchanged == 1
        assert index(library, music, encoders=both, profile="full").updated == 1
        assert "fingerprint" in library.show(track.id).vectors
