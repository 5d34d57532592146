"""The sound of videos: a video, a playlist or a channel by its link, fetched into a folder that the user names.

``yt-dlp`` does it (``pip install "songkin[video]"``; it follows what sites change, so it is best kept new). The folder is
a folder of music like any other then, to be indexed. ``.fetched.txt`` in it remembers what was fetched, so that a second
call goes on where the first one stopped. What cannot be fetched is listed, and the rest goes on.

Turning sound into mp3, opus or m4a, and writing title and uploader into it, is ffmpeg's work, which yt-dlp calls as a
program; where that is missing, only what a site has in the wanted form already is kept.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from songkin import fetching
from songkin.errors import SourceError
from songkin.fetching import Rules
from songkin.models import Refusal

KIND: Final = "video"
ARCHIVE: Final = ".fetched.txt"
_ESCAPES: Final = re.compile(r"\x1b\[[0-9;]*m")
_SECONDS: Final = 30

Form = Literal["mp3", "opus", "m4a"]
FORMS: Final[tuple[Form, ...]] = ("mp3", "opus", "m4a")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be fetched: ``most`` items, none longer than ``longest`` seconds (where its length is known)."""

    form: Form = "mp3"
    most: int | None = None
    longest: float | None = None
    thumbnails: bool = True


@dataclass(slots=True)
class Fetched:
    """What came of it: files that are new, how many were there before, and what could not be had."""

    files: list[str] = field(default_factory=list)
    kept: int = 0
    failed: list[Refusal] = field(default_factory=list)


def fetch(
    link: str, folder: Path, wanted: Wanted, rules: Rules, told: Callable[[str], None] = lambda _: None
) -> Fetched:
    """Fetch the sound of all that a link names into ``folder``. Raises ``SourceError`` where the link gives nothing."""
    if not fetching.is_link(link):
        raise SourceError(
            f"{link[:200]!r} is no web address.", remedy="Give the link of a video, a playlist or a channel."
        )
    fetching.judge(link, rules)
    try:
        from yt_dlp import YoutubeDL
    except ImportError:
        raise SourceError(
            "Fetching from video sites needs a program that is not installed.",
            remedy='Install it: `pip install "songkin[video]"`.',
        ) from None
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SourceError(f"The folder {folder} cannot be made: {error.strerror}.", remedy="Name another.") from error
    run = _Run(wanted, folder)
    with YoutubeDL(run.options(rules)) as site:
        for number, entry in enumerate(_entries(site, link)):
            if wanted.most is not None and number >= wanted.most:
                break
            run.take(site, entry, told)
    return run.fetched


@dataclass(slots=True)
class _Run:
    wanted: Wanted
    folder: Path
    fetched: Fetched = field(default_factory=Fetched)
    _new: list[str] = field(default_factory=list)
    _passed: str = ""

    def options(self, rules: Rules) -> dict[str, Any]:
        """How yt-dlp is to go about it."""
        able = shutil.which("ffmpeg") is not None
        form = self.wanted.form
        after = [{"key": "FFmpegExtractAudio", "preferredcodec": form}, {"key": "FFmpegMetadata"}] if able else []
        return {
            "format": "bestaudio/best" if able else f"bestaudio[ext={form}]",
            "outtmpl": str(self.folder).replace("%", "%%")
            + "/%(uploader,channel,extractor)s - %(title).120B [%(id).40B].%(ext)s",
            "restrictfilenames": False,
            "windowsfilenames": True,
            "download_archive": str(self.folder / ARCHIVE),
            "postprocessors": after,
            "writethumbnail": self.wanted.thumbnails,
            "match_filter": self._too_long,
            "post_hooks": [self._new.append],
            "max_filesize": rules.max_bytes,
            "socket_timeout": _SECONDS,
            "noprogress": True,
            "quiet": True,
            "no_color": True,
            "logger": _Silent(),
            "cachedir": False,
            "retries": 2,
            "ignoreerrors": False,
        }

    def take(self, site: Any, entry: dict[str, Any], told: Callable[[str], None]) -> None:
        """Fetch one item, and note what came of it."""
        from yt_dlp.utils import YoutubeDLError

        name = _one_line(str(entry.get("title") or entry.get("url") or entry.get("webpage_url") or "an item"))
        told(name)
        self._new.clear()
        self._passed = ""
        try:
            about = site.process_ie_result(dict(entry), download=True)
        except YoutubeDLError as error:
            self.fetched.failed.append(Refusal(name, _reason(error), "Try again later, or with a newer yt-dlp."))
            return
        if self._new:
            self.fetched.files += self._new
        elif self._passed:
            self.fetched.failed.append(Refusal(name, self._passed, "Allow longer ones with --max-minutes."))
        elif about is None or site.in_download_archive(about):
            self.fetched.kept += 1
        else:
            self.fetched.failed.append(Refusal(name, "It holds no sound that can be had.", ""))

    def _too_long(self, about: dict[str, Any], *, incomplete: bool = False) -> str | None:  # noqa: ARG002 - as it is called
        length, longest = about.get("duration"), self.wanted.longest
        if length is None or longest is None or length <= longest:
            return None
        self._passed = f"It is longer than {longest / 60:g} minutes."
        return self._passed


class _Silent:
    """Takes what yt-dlp would print: what matters comes as an error."""

    def debug(self, _line: str) -> None: ...

    def info(self, _line: str) -> None: ...

    def warning(self, _line: str) -> None: ...

    def error(self, _line: str) -> None: ...


def _entries(site: Any, link: str) -> Iterator[dict[str, Any]]:
    """The items that a link names, each as yet unread."""
    from yt_dlp.utils import YoutubeDLError

    try:
        about = site.extract_info(link, download=False, process=False)
        for _ in range(fetching.MOST_REDIRECTS):
            if about is None or about.get("_type") not in {"url", "url_transparent"}:
                break
            about = site.extract_info(about["url"], download=False, process=False)
        if about is None:
            return
        yield from (about.get("entries") or ()) if about.get("_type") in {"playlist", "multi_video"} else (about,)
    except YoutubeDLError as error:
        raise SourceError(
            f"{fetching.shown(link)} gives nothing: {_reason(error)}",
            remedy="Check the link; a newer yt-dlp may know the site.",
        ) from None


def _reason(error: BaseException) -> str:
    """The first line of an error of yt-dlp, without its colours and its advice."""
    text = _one_line(str(error).partition("\n")[0]).removeprefix("ERROR: ")
    text = re.sub(r"https?://\S+", lambda found: fetching.shown(found[0]), text.partition("; please report")[0])
    if "ffmpeg" in text.lower() or "Requested format is not available" in text:
        return "It is not there in the wanted form, and ffmpeg, which would turn it, is not installed."
    return (text[:200] or type(error).__name__).rstrip(". ") + "."


def _one_line(text: str) -> str:
    return " ".join(_ESCAPES.sub("", text).split())[:200]
