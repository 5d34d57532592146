"""The page as a person uses it, in Chromium: search, play, queue, vote, record, recommend; by keyboard; in both themes and
on a phone. A real server, real sound."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from pagesongs import HOSTILE, LONG, SHORT, make_page_library
from playwright.sync_api import BrowserContext, Dialog, Page, ViewportSize, expect

from chromium import PATIENCE, Watched, chromium, violations, watched
from served import running
from soundfiles import sound_file, tune

DIST = Path(__file__).parents[2] / "src" / "songkin" / "web" / "static" / "dist" / "app.js"
PHONE: Final[ViewportSize] = {"width": 390, "height": 844}
DESK: Final[ViewportSize] = {"width": 1280, "height": 800}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with a dozen songs."""
    if not DIST.exists():
        pytest.skip("the scripts were not bundled here: `python hatch_build.py` does it")
    with running(make_page_library(tmp_path_factory.mktemp("served-pages"))) as address:
        yield address


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """One browser for all of these tests."""
    with chromium(tmp_path_factory.mktemp("profile"), viewport=DESK) as made:
        yield made


@pytest.fixture
def web(context: BrowserContext, home: str) -> Iterator[Watched]:
    """A page in it, without a memory of the ones before; at its end nothing may have gone wrong."""
    context.clear_cookies()
    made = watched(context, home)
    yield made
    made.page.close()
    made.quiet()


@pytest.fixture(scope="module")
def ids(home: str) -> dict[str, str]:
    """Ids of songs by their titles."""
    found = httpx.get(f"{home}/api/v1/tracks", params={"limit": 100}).json()["tracks"]
    return {track["title"]: track["id"] for track in found}


def until(page: Page, true: str) -> Any:
    """Wait until a script says so; what it said. Playwright's own waiting would need ``unsafe-eval``."""
    deadline = time.monotonic() + PATIENCE / 1000
    while not (said := page.evaluate(true)):
        assert time.monotonic() < deadline, f"never true: {true}"
        page.wait_for_timeout(60)
    return said


def now(page: Page) -> float:
    """Where the song is that plays, in seconds."""
    return float(page.evaluate("document.querySelector('#audio').currentTime"))


def plays_on(page: Page, since: float) -> None:
    """The same song is still heard, later than before."""
    until(
        page,
        f"(() => {{ const a = document.querySelector('#audio'); return !a.paused && a.currentTime > {since}; }})()",
    )


def play(page: Page, title: str) -> None:
    """Play a song that the page shows."""
    page.locator(f"main [data-song][data-title={title!r}] [data-act=play]").first.click()
    until(page, "(() => { const a = document.querySelector('#audio'); return !a.paused && a.currentTime > 0.2; })()")


def pages(home: str, ids: dict[str, str]) -> list[str]:
    """An address of each kind of page."""
    winter, hostile = ids["Winter"], ids[HOSTILE]
    album = httpx.get(f"{home}/api/v1/albums").json()["albums"][-1]["id"]
    listed = httpx.get(f"{home}/api/v1/playlists").json()["playlists"][0]["id"]
    return [
        *(
            "/",
            "/?q=winter",
            "/?genre=jazz&sort=title&view=table",
            "/?q=zzz&genre=nothing",
            "/albums",
            f"/albums/{album}",
        ),
        *(
            f"/songs/{winter}",
            f"/songs/{hostile}",
            f"/songs/{ids[LONG.strip()]}",
            f"/compare?a={winter}&b={hostile}",
            "/compare",
        ),
        *(
            "/artist?name=Anna+Berg",
            "/playlists",
            f"/playlists/{listed}",
            "/record",
            "/recommend",
            "/recommend?mode=playlist",
        ),
        *(f"/recommend?mode=songs&like={winter}", f"/recommend?mode=mix&like={winter}&dislike={hostile}"),
        f"/recommend?mode=path&like={winter}&like={hostile}",
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_accessible_and_fits_a_phone(
    web: Watched, home: str, ids: dict[str, str], context: BrowserContext, theme: str
) -> None:
    context.add_cookies([{"name": "theme", "value": theme, "url": home}])
    wrong = []
    for address in pages(home, ids):
        page = web.go(address)
        wrong += [f"{address} {each}" for each in violations(page)]
        page.set_viewport_size(PHONE)
        if (over := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
            wrong.append(f"{address} is {over} px too wide")
        page.set_viewport_size(DESK)
    assert wrong == []


def test_the_player_and_the_queue_are_accessible(web: Watched) -> None:
    page = web.go("/?sort=title")
    play(page, "Summer")
    page.keyboard.press("q")
    expect(page.locator("#queue li")).to_have_count(12)
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.set_viewport_size(DESK)
    assert violations(page) == []
    page.keyboard.press("?")
    assert violations(page) == []


def test_results_come_while_one_types_and_have_an_address(web: Watched) -> None:
    page = web.go("/")
    page.locator("#q").press_sequentially("yellow tram", delay=15)
    page.wait_for_url("**/?q=yellow+tram")
    expect(page.locator("main h1")).to_have_text("“yellow tram”")
    expect(page.locator("main .card h3").first).to_have_text("Yellow Tram")
    assert page.evaluate("document.activeElement.id") == "q"
    page.locator("[data-view=table]").click()
    expect(page.locator("main tr.row").first).to_contain_text("Yellow Tram")
    page.reload()
    expect(page.locator("main tr.row").first).to_contain_text("Yellow Tram")
    page.go_back()
    expect(page.locator("main .card, main tr.row").first).to_contain_text("Yellow Tram")


def test_names_are_offered_and_taken_with_the_arrow_keys(web: Watched, ids: dict[str, str]) -> None:
    page = web.go("/record")
    page.keyboard.press("/")
    page.keyboard.type("svef", delay=15)
    expect(page.locator("#suggest [role=option]").first).to_contain_text("Svefn")
    expect(page.locator("main h1")).to_have_text("“svef”")  # the results have come
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/songs/{ids['Svefn']}")
    expect(page.locator("main h1")).to_have_text("Svefn")


def test_facets_narrow_and_are_taken_back(web: Watched) -> None:
    page = web.go("/?sort=title")
    page.locator(".facets a", has_text="post-rock").click()
    page.wait_for_url("**genre=post*")
    expect(page.locator("main .card")).to_have_count(2)
    page.locator(".chosen a").first.click()
    expect(page.locator("main .card")).to_have_count(12)


def test_more_like_this_and_less_like_that_take_one_touch(web: Watched) -> None:
    page = web.go("/?q=jazz")
    card = page.locator("main .card", has_text="Summer").first
    card.get_by_label("More like Summer").click()
    page.wait_for_url("**like=*")
    expect(page.locator(".chosen")).to_contain_text("Summer")
    page.locator("main .card").first.locator("[aria-label^='Less like']").click()
    page.wait_for_url("**unlike=*")
    expect(page.locator(".chosen .off")).to_have_count(1)
    expect(page.locator("main .card").first).to_be_visible()


def test_music_plays_on_through_pages_and_back(web: Watched) -> None:
    page = web.go("/?sort=title")
    play(page, "Spring")
    page.evaluate("window.stayed = true")
    links = (".tabs a[href='/albums']", "main h3 a[href^='/albums/'] >> nth=1", ".tabs a[href='/recommend']")
    ways: list[Callable[[], object]] = [page.locator(each).click for each in links]
    for go in [*ways, page.go_back, page.go_back, page.go_back]:
        before, left = now(page), page.url
        go()
        expect(page).not_to_have_url(left)
        plays_on(page, before)
    expect(page.locator("main h1")).to_have_text("All songs")
    expect(page.locator("main .card.playing h3")).to_have_text("Spring")
    assert page.evaluate("window.stayed") is True
    assert page.evaluate("navigator.mediaSession.metadata.title") == "Spring"


def test_a_song_that_the_browser_cannot_play_is_made_playable(web: Watched) -> None:
    page = web.go("/?q=aiff")
    play(page, "Aiff")
    assert "as=" in page.evaluate("document.querySelector('#audio').src")


def test_the_queue_is_ordered_by_keys_and_by_dragging_and_kept(web: Watched) -> None:
    page = web.go("/?sort=title&genre=jazz")
    for title in ("Autumn", "Spring", "Summer"):
        page.get_by_label(f"Add {title} to the queue").click()
    page.get_by_label("Add Winter to the queue").click(modifiers=["Shift"])
    page.keyboard.press("q")
    titles = page.locator("#queue-list b")
    expect(titles).to_have_text(["Autumn", "Winter", "Spring", "Summer"])
    page.get_by_label("Move Summer", exact=True).focus()
    page.keyboard.press("ArrowUp")
    expect(titles).to_have_text(["Autumn", "Winter", "Summer", "Spring"])
    grip, first = page.get_by_label("Move Spring", exact=True).bounding_box(), titles.first.bounding_box()
    assert grip
    assert first
    page.mouse.move(grip["x"] + 8, grip["y"] + 8)
    page.mouse.down()
    page.mouse.move(grip["x"] + 8, first["y"] - 4, steps=6)
    page.mouse.up()
    expect(titles).to_have_text(["Spring", "Autumn", "Winter", "Summer"])
    page.get_by_label("Remove Winter", exact=True).click()
    expect(titles).to_have_text(["Spring", "Autumn", "Summer"])
    page.reload()
    expect(page.locator("#now-title")).to_have_text("Autumn")
    page.locator("#queue-button").click()
    expect(titles).to_have_text(["Spring", "Autumn", "Summer"])
    page.locator("#queue-name").fill("From the queue")
    page.locator("#queue-save button").click()
    page.wait_for_url("**/playlists/*")
    expect(page.locator("main h1")).to_have_text("From the queue")
    expect(page.locator("main tr.row")).to_have_count(3)


def test_what_is_heard_and_skipped_is_noticed(web: Watched, home: str, ids: dict[str, str]) -> None:
    page = web.go(f"/songs/{ids[SHORT]}")
    page.locator("main button[data-act=play]").click()
    until(page, "document.querySelector('#audio').ended")
    page.goto(f"{home}/songs/{ids['Winter']}")
    page.locator("main button[data-act=play]").click()
    until(page, "document.querySelector('#audio').currentTime > 1.5")
    page.goto(f"{home}/?sort=title")
    play(page, "Winter")
    until(page, "document.querySelector('#audio').currentTime > 1.5")
    play(page, "Svefn")
    deadline, kinds = time.monotonic() + 10, set[tuple[str, str]]()
    while time.monotonic() < deadline and not {("play", SHORT), ("skip", "Winter")} <= kinds:
        history = httpx.get(f"{home}/api/v1/history").json()["events"]
        kinds = {(each["kind"], each["track"]["title"]) for each in history if each.get("track")}
        time.sleep(0.2)
    assert {("play", SHORT), ("skip", "Winter")} <= kinds


def test_next_seek_mute_and_shuffle_work_by_keys(web: Watched) -> None:
    page = web.go("/?sort=title")
    play(page, "Spring")
    page.locator("#main").focus()
    page.keyboard.press("ArrowRight")
    until(page, "document.querySelector('#audio').currentTime > 9")
    page.keyboard.press("m")
    assert page.evaluate("document.querySelector('#audio').muted") is True
    page.keyboard.press("m")
    page.keyboard.press(" ")
    until(page, "document.querySelector('#audio').paused")
    page.keyboard.press("s")
    expect(page.locator("[data-player=shuffle]")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("s")
    page.keyboard.press("n")
    expect(page.locator("#now-title")).to_have_text("Summer")
    page.locator("#seek").fill("500")
    until(page, "Math.abs(document.querySelector('#audio').currentTime - 10) < 1.5")
    assert page.evaluate("document.querySelector('#wave').width") > 100


def test_votes_are_given_shown_and_taken_back(web: Watched, home: str, ids: dict[str, str]) -> None:
    page = web.go(f"/songs/{ids['Summer']}")
    page.get_by_label("Love Summer").click()
    expect(page.get_by_label("Love Summer")).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(page.get_by_label("Love Summer")).to_have_attribute("aria-pressed", "true")
    page.get_by_label("Hate Summer").first.click()
    expect(page.get_by_label("Love Summer")).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_label("Hate Summer")).to_have_attribute("aria-pressed", "true")
    page.get_by_label("Hate Summer").click()
    expect(page.get_by_label("Hate Summer")).to_have_attribute("aria-pressed", "false")


def test_a_recording_of_the_microphone_finds_songs(web: Watched, context: BrowserContext, home: str) -> None:
    context.grant_permissions(["microphone"], origin=home)
    page = web.go("/record")
    page.locator("#record").click()
    expect(page.locator("#record")).to_contain_text("Stop")
    page.wait_for_timeout(2500)
    page.locator("#record").click()
    page.wait_for_url("**/record/*")
    expect(page.locator("main h1")).to_have_text("Your recording")
    until(page, "document.querySelector('main .picture img').naturalWidth > 100")
    expect(page.locator("main .card").first).to_be_visible()


def test_a_file_that_is_dropped_anywhere_finds_songs(web: Watched, tmp_path: Path) -> None:
    clip = Path(sound_file(tmp_path / "clip.flac", tune(6, seed=0))).read_bytes()
    page = web.go("/albums")
    page.evaluate(
        """(bytes) => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], "clip.flac", {type: "audio/flac"}));
            for (const name of ["dragenter", "dragover", "drop"])
                document.body.dispatchEvent(new DragEvent(name, {dataTransfer: data, bubbles: true, cancelable: true}));
        }""",
        list(clip),
    )
    page.wait_for_url("**/record/*")
    expect(page.locator("main .card h3").first).to_have_text("Winter")


def test_songs_are_picked_recommended_from_and_kept(web: Watched) -> None:
    page = web.go("/recommend?mode=songs")
    page.get_by_label("Like these", exact=True).press_sequentially("winter", delay=15)
    page.locator(".picking [role=option]").first.click()
    expect(page.locator(".picked")).to_have_count(1)
    page.get_by_role("button", name="Recommend", exact=True).click()
    page.wait_for_url("**like=*")
    expect(page.locator("main .card").first).to_be_visible()
    play(page, page.locator("main .card").first.get_attribute("data-title") or "")
    page.get_by_label("Name of the playlist").fill("Like winter")
    page.get_by_role("button", name="Save as playlist").click()
    page.wait_for_url("**/playlists/*")
    expect(page.locator("main h1")).to_have_text("Like winter")


def test_a_new_user_hears_a_recommendation_with_two_touches(web: Watched) -> None:
    page = web.go("/")
    page.locator("#begin [data-act=play-all]").first.click()
    until(page, "document.querySelector('#audio').currentTime > 0.2")
    expect(page.locator("#now-title")).not_to_be_empty()


def test_hostile_names_are_text_everywhere(web: Watched, ids: dict[str, str]) -> None:
    asked: list[str] = []

    def dialog(opened: Dialog) -> None:
        asked.append(opened.message)
        opened.dismiss()

    web.page.on("dialog", dialog)
    page = web.go(f"/songs/{ids[HOSTILE]}")
    page.locator("main button[data-act=play]").click()
    expect(page.locator("#now-title")).to_have_text(HOSTILE)
    page.keyboard.press("q")
    expect(page.locator("#queue-list b").first).to_have_text(HOSTILE)
    page.locator("#q").press_sequentially("alert", delay=15)
    page.wait_for_timeout(800)
    page.goto(f"{web.home}/playlists")
    expect(page.locator("main h3", has_text="alert(1)")).to_be_visible()
    assert asked == []
    assert page.locator("main img[src=x]").count() == 0


def test_the_theme_turns_and_is_remembered(web: Watched) -> None:
    page = web.go("/")
    ground: Callable[[], str] = lambda: page.evaluate("getComputedStyle(document.body).backgroundColor")  # noqa: E731
    before = ground()
    page.locator("#theme").click()
    assert ground() != before
    after = ground()
    page.reload()
    assert ground() == after


def test_searching_and_playing_work_without_scripts(
    home: str, tmp_path_factory: pytest.TempPathFactory, ids: dict[str, str], context: BrowserContext
) -> None:
    made = context.browser
    plain = made.new_context(java_script_enabled=False) if made else None
    if plain is None:
        pytest.skip("this Chromium makes no further context")
    page = plain.new_page()
    try:
        page.goto(home)
        page.locator("#q").fill("winter")
        page.locator("#q").press("Enter")
        expect(page.locator("main .card h3").first).to_have_text("Winter")
        page.locator("main .card h3 a").first.click()
        expect(page.locator("main audio[controls]")).to_be_visible()
        page.get_by_label("Love Winter").click()
        expect(page.get_by_label("Love Winter")).to_have_attribute("aria-pressed", "true")
    finally:
        plain.close()
