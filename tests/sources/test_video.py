"""Videos by their links, with yt-dlp's own generic reader over a feed on loopback."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from songkin import tags
from songkin.errors import SourceError
from songkin.fetching import Rules
from songkin.sources import video
from songkin.sources.video import Form, Wanted
from soundfiles import sound_file, tune
from webserver import Page, Web, web

pytest.importorskip("yt_dlp", reason="videos are fetched with yt-dlp")

HERE = Rules(allow_private=True, seconds=30)
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="sound is turned into another form by ffmpeg")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Web]:
    """A feed of three songs, of which the second is not there."""
    with web() as served:
        items = ""
        for n in range(3):
            made = sound_file(tmp_path / f"made{n}.m4a", tune(2, seed=n))
            if n != 1:
                served.pages[f"/{n}.m4a"] = Page(Path(made).read_bytes(), kind="audio/mp4")
            items += f"<item><title>Song {n}</title><link>{served.url}/{n}.m4a</link></item>"
        feed = f"<?xml version='1.0'?><rss version='2.0'><channel><title>Feed</title>{items}</channel></rss>"
        served.pages["/feed"] = Page(feed.encode(), kind="application/rss+xml")
        yield served


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


@needs_ffmpeg
@pytest.mark.parametrize("form", video.FORMS)
def test_a_playlist_is_fetched_in_the_wanted_form_and_a_failed_item_is_listed(
    site: Web, tmp_path: Path, form: Form
) -> None:
    told: list[str] = []
    found = video.fetch(f"{site.url}/feed", tmp_path / "out", Wanted(form), HERE, told.append)
    assert [path.rpartition(".")[2] for path in found.files] == [form, form]
    assert len(names(tmp_path / "out")) == 2
    assert [tags.read_tags(path).title for path in found.files] == ["Song 0", "Song 2"]
    (failed,) = found.failed
    assert "404" in failed.reason
    assert failed.remedy
    assert len(told) == 3


@needs_ffmpeg
def test_a_second_call_fetches_only_what_is_missing(site: Web, tmp_path: Path) -> None:
    first = video.fetch(f"{site.url}/feed", tmp_path / "out", Wanted("mp3"), HERE)
    site.pages["/1.m4a"] = site.pages["/0.m4a"]
    second = video.fetch(f"{site.url}/feed", tmp_path / "out", Wanted("mp3"), HERE)
    assert (len(first.files), len(second.files), second.kept, second.failed) == (2, 1, 2, [])
    assert len(names(tmp_path / "out")) == 3


def test_no_more_are_fetched_than_wanted(site: Web, tmp_path: Path) -> None:
    found = video.fetch(f"{site.url}/feed", tmp_path / "out", Wanted("m4a", most=1), HERE)
    assert len(found.files) == 1
    assert found.failed == []


def test_what_is_too_long_is_passed_over_and_listed(site: Web, tmp_path: Path) -> None:
    run = video._Run(Wanted(longest=60), tmp_path)
    assert run._too_long({"duration": 61}) == "It is longer than 1 minutes."
    assert run._too_long({"duration": 60}) is None
    assert run._too_long({}) is None


def test_without_ffmpeg_only_the_wanted_form_is_kept(
    site: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = video.fetch(f"{site.url}/feed", tmp_path / "a", Wanted("m4a", most=1), HERE)
    assert [path.rpartition(".")[2] for path in found.files] == ["m4a"]
    missing = video.fetch(f"{site.url}/feed", tmp_path / "b", Wanted("mp3", most=1), HERE)
    assert (missing.files, len(missing.failed)) == ([], 1)
    assert "ffmpeg" in missing.failed[0].reason


def test_a_link_that_gives_nothing_is_told_in_a_line(
    site: Web, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site.pages["/page"] = Page(b"<html><body>nothing here</body></html>", kind="text/html")
    for link in (f"{site.url}/page?token=s3cret", f"{site.url}/none", "no link"):
        with pytest.raises(SourceError) as caught:
            video.fetch(link, tmp_path / "out", Wanted(), HERE)
        assert caught.value.remedy
        assert "\n" not in caught.value.message
        assert "s3cret" not in caught.value.message
    assert capsys.readouterr() == ("", "")


def test_nothing_is_fetched_from_this_machine_unless_that_is_allowed(site: Web, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="private network"):
        video.fetch(f"{site.url}/feed", tmp_path / "out", Wanted(), Rules())
    assert site.asked == []
