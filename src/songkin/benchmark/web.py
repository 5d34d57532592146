"""``songkin serve`` under wrk: answers that are remembered, pages of results, what HTTP adds to a search, memory.

**web** A server of its own for a made-up library, asked over loopback by wrk with eight connections. What HTTP adds is the
time of questions whose songs were just found for another length of page: they are looked up, encoded and sent, but not
searched for. Memory is that of the server after a first third of a mixed load (searches that are new, songs like one,
votes, facets), and at its end.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, RemoteDisconnected
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

from songkin import config as settings
from songkin.benchmark import synthetic
from songkin.benchmark.figures import Figure, Target, median, percentile, skipped
from songkin.benchmark.processes import crowd
from songkin.benchmark.setup import Setup
from songkin.errors import SongkinError
from songkin.store import catalog_file
from songkin.store.catalog import Catalog

CONNECTIONS: Final = 8
SECONDS: Final = 10
QUESTIONS: Final = 200
LOAD_SECONDS: Final = 90
FIND: Final = "/api/v1/find?q=quiet+piano&limit=24"
PAGE: Final = "/?q=quiet+piano"
_WORDS: Final = [
    "quiet",
    "loud",
    "piano",
    "guitar",
    "slow",
    "fast",
    "happy",
    "sad",
    "drums",
    "choir",
    "violin",
    "flute",
    "night",
    "rain",
    "electric",
    "soft",
    "dance",
    "ambient",
    "techno",
    "jazz",
]
_TIMES: Final = {"us": 1e-3, "ms": 1.0, "s": 1e3}


def web(setup: Setup) -> list[Figure]:
    """What the server answers in a second, and what that costs."""
    n = 300 if setup.quick else setup.tracks
    folder = setup.scratch / "web"
    folder.mkdir(parents=True)
    config = settings.load({"library": str(folder), "cache": str(setup.cache)}, environ={})
    setup.say(f"web: {n:,} songs")
    with Catalog(catalog_file(folder)) as catalog:
        synthetic.fill_catalog(catalog, config, n)
        synthetic.fill_index(catalog, config, n)
        songs = catalog.ids()[:200]
    with serving(folder, setup.cache) as (address, process):
        ask = Asking(address)
        return [*_throughput(setup, ask), *_added(setup, ask), _memory(setup, ask, songs, process.pid)]


class Asking:
    """One connection to a server."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._connection = HTTPConnection(urlsplit(address).netloc, timeout=60)

    def __call__(self, path: str, body: str = "") -> int:
        """The status of an answer, read to its end. A connection that was idle for long is made anew."""
        try:
            return self._answered(path, body)
        except (RemoteDisconnected, ConnectionError):
            self._connection.close()
            return self._answered(path, body)

    def _answered(self, path: str, body: str) -> int:
        headers = {"content-type": "application/json"} if body else {}
        self._connection.request("POST" if body else "GET", path, body or None, headers)
        answer = self._connection.getresponse()
        answer.read()
        return answer.status


@contextmanager
def serving(library: Path, cache: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A server's address and its process, until the end of the block."""
    words = [sys.executable, "-m", "songkin", "serve", "--port", "0", "-L", str(library)]
    environment = {**os.environ, "SONGKIN_CACHE": str(cache), "SONGKIN_CONFIG": os.devnull}
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stderr is not None
        found = re.search(r"http://\S+", process.stderr.readline())
        if found is None:
            raise SongkinError("The server did not say where it is.", remedy="Run `songkin serve`.")
        address = found[0].rstrip("/")
        _wait_for(address)
        yield address, process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(address: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if Asking(address)("/readyz") == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise SongkinError("The server did not answer within a minute.", remedy="Run `songkin serve`.")


def _throughput(setup: Setup, ask: Asking) -> Iterator[Figure]:
    for what, path, least in (("/api/v1/find, remembered", FIND, 1000.0), ("page of results", PAGE, 300.0)):
        if shutil.which("wrk") is None:
            yield skipped("web", f"{what}: answers a second", "wrk is not installed")
            continue
        if ask(path) != 200:
            yield skipped("web", f"{what}: answers a second", "the page was not bundled")
            continue
        rate, half, late = wrk(f"{ask.address}{path}", 1 if setup.quick else SECONDS)
        note = f"wrk, {CONNECTIONS} connections; p50 {half:.1f} ms, p99 {late:.1f} ms; {crowd()}"
        yield Figure("web", f"{what}: answers a second", "/s", rate, target=Target(least=least, of="ours"), note=note)
        yield Figure("web", f"{what}: p99 over p50", "ms", late, half, late / half, target=Target(most=5.0))


def wrk(address: str, seconds: int) -> tuple[float, float, float]:
    """Answers a second, p50 and p99 in milliseconds. Raises ``SongkinError`` where answers failed."""
    words = ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", address]
    said = subprocess.run(words, capture_output=True, text=True, check=False).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    times = {part: re.search(rf"{part}%\s+([\d.]+)(us|ms|s)", said) for part in ("50", "99")}
    if rate is None or "Non-2xx" in said or not all(times.values()):
        raise SongkinError("wrk could not measure.", remedy="Run `songkin serve` and wrk by hand.")
    half, late = (float(each[1]) * _TIMES[each[2]] for each in times.values() if each)
    return float(rate[1]), half, late


def _added(setup: Setup, ask: Asking) -> list[Figure]:
    draw = random.Random(1)  # noqa: S311 - the same questions each time
    questions = [quote(" ".join(draw.sample(_WORDS, 3))) for _ in range(20 if setup.quick else QUESTIONS)]
    fresh = _timed(ask, [f"/api/v1/find?q={words}&limit=24" for words in questions])
    known = _timed(ask, [f"/api/v1/find?q={words}&limit=25" for words in questions])
    paged = _timed(ask, [f"/?q={words}" for words in questions]) if ask(PAGE) == 200 else []
    note = f"p50 of {len(questions)}; p99 {percentile(known, 99):.1f} ms; {crowd()}"
    new = f"p50; p99 {percentile(fresh, 99):.0f} ms; words are read and songs searched for"
    return [
        Figure("web", "what HTTP adds to a search", "ms", median(known), target=Target(most=2.0, of="ours"), note=note),
        Figure("web", "/api/v1/find, never asked before", "ms", median(fresh), note=new),
        Figure("web", "page of results, its songs known", "ms", median(paged), note="p50; it is made anew, with facets")
        if paged
        else skipped("web", "page of results, its songs known", "there is no page"),
    ]


def _timed(ask: Asking, paths: list[str]) -> list[float]:
    spent = []
    for path in paths:
        began = time.perf_counter()
        if ask(path) != 200:
            raise SongkinError(f"The server did not answer {path}.", remedy="Run `songkin serve`.")
        spent.append(1000 * (time.perf_counter() - began))
    return spent


def _memory(setup: Setup, ask: Asking, songs: list[str], pid: int) -> Figure:
    what = "memory of the server over a mixed load"
    if not Path(f"/proc/{pid}/status").exists():
        return skipped("web", what, "this system does not tell the memory of other processes")
    draw, seconds = random.Random(2), 3 if setup.quick else LOAD_SECONDS  # noqa: S311 - the same load each time
    visits: tuple[Callable[[], int], ...] = (
        lambda: ask(f"/api/v1/find?q={quote(' '.join(draw.sample(_WORDS, 4)))}"),
        lambda: ask(f"/api/v1/similar/{draw.choice(songs)}"),
        lambda: ask(f"/api/v1/tracks/{draw.choice(songs)}/vote", '{"vote": "love"}'),
        lambda: ask(f"/api/v1/facets?where=year={draw.randrange(1950, 2025)}.."),
        lambda: ask(f"/media/tracks/{draw.choice(songs)}/cover?size=96"),
    )
    began, early, asked = time.monotonic(), 0.0, 0
    while (passed := time.monotonic() - began) < seconds:
        draw.choice(visits)()
        asked += 1
        if not early and passed > seconds / 3:
            early = _resident(pid)
    late = _resident(pid)
    note = f"{asked:,} requests in {seconds} s; against: after a third of them"
    return Figure("web", what, "MB", late, early, late / early, target=Target(most=1.1), note=note)


def _resident(pid: int) -> float:
    """Resident memory of a process in MB, without files that it maps."""
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    found = re.search(r"RssAnon:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0
