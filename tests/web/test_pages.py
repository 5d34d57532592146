"""Pages without a browser: what they say, that nothing in them can do harm, and that forms work without scripts."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pagesongs import HOSTILE, make_page_library

from served import client, songs
from songkin.web.pages import rendering
from soundfiles import sound_file, tune

DIST = Path(rendering.__file__).parents[1] / "static" / "dist"
PLACES = ("/etc/passwd", "../../etc/passwd", "file:///etc/passwd", "..%2f..%2fetc%2fpasswd")
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=\"|javascript:", re.IGNORECASE)


@pytest.fixture(scope="module")
def page_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``music`` and ``library``."""
    return make_page_library(tmp_path_factory.mktemp("pages"))


@pytest.fixture(scope="module")
def asking(page_home: Path) -> Iterator[TestClient]:
    """What asks for pages of it."""
    with client(page_home) as browser:
        yield browser


def addresses(asking: TestClient) -> list[str]:
    """Every kind of page, with what is in the library."""
    ids = songs(asking)
    one, other = ids["Winter"], ids[HOSTILE]
    albums = [each["id"] for each in asking.get("/api/v1/albums").json()["albums"]]
    lists = [each["id"] for each in asking.get("/api/v1/playlists").json()["playlists"]]
    return [
        *(
            "/",
            "/?q=winter",
            "/?q=winter&view=table",
            "/?q=zzzzqq&genre=nothing",
            "/?sort=artist",
            "/begin",
            "/found?q=jazz",
        ),
        *(
            f"/?like={one}&unlike={other}&q=jazz",
            "/?genre=jazz&year=1990..1999&bpm=..200",
            "/suggest?q=se",
            "/suggest?q=wi&pick=1",
        ),
        *(f"/songs/{song}{end}" for song in (one, other) for end in ("", "/near")),
        *("/albums", "/albums?of=jazz", "/playlists", "/record", "/artist?name=AC/CD", "/artist/near?name=Anna+Berg"),
        *(f"/albums/{album}{end}" for album in albums for end in ("", "/near")),
        *(f"/playlists/{each}" for each in lists),
        *(
            "/recommend",
            "/recommend?mode=songs",
            "/recommend?mode=playlist",
            f"/recommend?mode=playlist&playlist={lists[0]}",
        ),
        *(
            f"/recommend?mode=songs&like={one}&dislike={other}&adventurous=0.8&order=flow&new=1",
            f"/recommend?mode=path&like={one}&like={other}",
        ),
        *(
            f"/recommend?mode=mix&like={one}&like={other}",
            f"/recommend?mode=mix&like={one}&dislike={other}&w.{other}=0.5",
        ),
        *("/compare", f"/compare?a={one}", f"/compare?a={one}&b={other}"),
    ]


def test_every_page_is_there_and_has_nothing_inline(asking: TestClient) -> None:
    for address in addresses(asking):
        answer = asking.get(address)
        assert answer.status_code == 200, address
        assert not INLINE.search(answer.text.replace("&#34;", "")), (address, INLINE.search(answer.text))
        assert "<b>Eve" not in answer.text, address
        assert "<script>alert" not in answer.text, address
        assert "<svg onload" not in answer.text, address
        assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_hostile_names_are_shown_as_they_are_written(asking: TestClient) -> None:
    shown = asking.get(f"/songs/{songs(asking)[HOSTILE]}").text
    assert re.search(r"<h1[^>]*>&lt;script&gt;alert\(1\)&lt;/script&gt;", shown)


@pytest.mark.parametrize("place", PLACES)
def test_what_is_asked_by_id_is_never_a_path_or_a_name(asking: TestClient, place: str) -> None:
    named = [f"/songs/{place}", f"/albums/{place}", f"/playlists/{place}", f"/record/{place}"]
    asked = [f"/?like={place}", f"/recommend?mode=songs&like={place}", f"/recommend?mode=playlist&playlist={place}"]
    for address in (*named, *asked, f"/compare?a={place}", f"/export?songs={place}", "/playlists/Evening"):
        answer = asking.get(address)
        assert answer.status_code == 404, address
        assert "root:" not in answer.text


@pytest.mark.parametrize(
    "address",
    [
        "/?sort=nothing",
        "/?view=nothing",
        "/?year=x..y",
        "/recommend?mode=x",
        "/recommend?adventurous=9",
        "/?q=" + "x" * 2500,
    ],
)
def test_what_cannot_be_asked_is_told_as_a_page_with_a_remedy(asking: TestClient, address: str) -> None:
    answer = asking.get(address)
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("text/html")
    assert '<p class="lead">' in answer.text


def test_an_address_at_which_there_is_nothing_is_told_as_people_and_programs_need_it(asking: TestClient) -> None:
    lost = asking.get("/no/such/page", headers={"accept": "text/html,*/*"})
    assert (lost.status_code, lost.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "There is no such page." in lost.text
    for address in ("/api/v1/nothing", "/media/nothing", "/static/nothing.css", "/assets/nothing.js"):
        answer = asking.get(address)
        assert answer.status_code == 404
        assert "<html" not in answer.text


def test_styles_are_kept_for_ever_under_an_address_of_their_content(asking: TestClient) -> None:
    found = re.search(r'href="(/static/look\.css\?v=\w+)"', asking.get("/").text)
    assert found is not None
    assert "immutable" in asking.get(found[1]).headers["cache-control"]
    assert "cache-control" not in asking.get("/static/look.css").headers


def test_a_vote_is_seen_on_pages_that_were_shown_before(asking: TestClient) -> None:
    song, seen = songs(asking)["Svefn"], 'aria-label="Love Svefn"'
    before = asking.get("/?q=svefn").text
    assert asking.get("/?q=svefn").text == before
    asking.post(f"/songs/{song}/vote", data={"vote": "love"})
    after = asking.get("/?q=svefn").text
    assert seen in after
    assert after != before
    assert 'value="none" aria-pressed="true" aria-label="Love Svefn"' in after


def test_a_state_of_the_search_has_an_address(asking: TestClient) -> None:
    found = asking.get("/?genre=jazz&sort=title&view=table").text
    titles = [title for title in re.findall(r'data-title="([^"]*)"', found) if "&" not in title]
    assert titles == ["Autumn", "Spring", "Summer", "Winter"]
    assert 'href="/?sort=title&amp;view=table"' in found  # without the filter


def test_facets_count_what_they_would_leave(asking: TestClient) -> None:
    found = asking.get("/?sort=artist").text
    jazz = re.search(r"<span>jazz</span><span class=\"num\">(\d+)</span>", found)
    assert jazz is not None
    assert int(jazz[1]) == 5


def test_further_results_come_without_the_rest_of_the_page(asking: TestClient) -> None:
    part = asking.get("/?sort=artist&part=1").text
    assert "<html" not in part
    assert part.count("data-song=") == 12


def test_a_vote_without_scripts_leads_back_to_where_it_was_given(asking: TestClient) -> None:
    song = songs(asking)["Winter"]
    came = {"referer": "http://localhost/?q=winter"}
    answer = asking.post(f"/songs/{song}/vote", data={"vote": "love"}, headers=came, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/?q=winter")
    away = {"referer": "http://elsewhere.example/?q=winter"}
    answer = asking.post(f"/songs/{song}/vote", data={"vote": "none"}, headers=away, follow_redirects=False)
    assert answer.headers["location"] == f"/songs/{song}"


def test_a_vote_of_another_site_is_refused(asking: TestClient) -> None:
    song = songs(asking)["Winter"]
    foreign = {"origin": "http://evil.example"}
    assert asking.post(f"/songs/{song}/vote", data={"vote": "hate"}, headers=foreign).status_code == 403
    assert asking.post("/playlists", data={"name": "x", "songs": song}, headers=foreign).status_code == 403


def test_light_and_dark_turn_without_scripts(asking: TestClient) -> None:
    turned = asking.post("/theme", follow_redirects=False)
    assert turned.headers["set-cookie"].startswith("theme=dark")
    assert 'data-theme="dark"' in asking.get("/record").text
    asking.cookies.delete("theme")


def test_a_recording_is_taken_in_and_a_page_shows_what_is_like_it(asking: TestClient, tmp_path: Path) -> None:
    clip = Path(sound_file(tmp_path / "clip.flac", tune(6, seed=0)))
    answer = asking.post("/record", files={"file": ("clip.flac", clip.read_bytes())})
    assert answer.status_code == 200
    assert answer.url.path.startswith("/record/")
    assert re.findall(r'data-title="([^"]*)"', answer.text)[0] == "Winter"
    assert "/spectrogram.png" in answer.text


def test_what_is_no_sound_is_said_to_be_none(asking: TestClient) -> None:
    answer = asking.post("/record", files={"file": ("song.mp3", b"ffconcat version 1.0\nfile /etc/passwd\n")})
    assert answer.status_code == 415
    assert "root:" not in answer.text


def test_a_playlist_that_is_sent_becomes_its_songs(asking: TestClient) -> None:
    text = "#EXTM3U\n#EXTINF:20,Anna Berg - Winter\nwinter.flac\n#EXTINF:20,Sigur Rós - Ágætis\nx.mp3\n#EXTINF:9,No - One\ny\n"
    answer = asking.post("/recommend", files={"file": ("mine.m3u8", text.encode())})
    assert answer.status_code == 200
    ids = songs(asking)
    assert answer.url.params.get_list("like") == [ids["Winter"], ids["Ágætis"]]
    assert "2 of the 3 songs" in answer.text


def test_a_list_cannot_be_fetched_from_a_private_address(asking: TestClient) -> None:
    for link in (
        "http://127.0.0.1:1/a.m3u",
        "http://169.254.169.254/a.m3u",
        "http://[::1]/a.m3u",
        "http://localhost/a.m3u",
    ):
        answer = asking.get("/recommend", params={"mode": "playlist", "link": link})
        assert answer.status_code in {422, 502}, link
        assert '<p class="lead">' in answer.text


def test_songs_are_kept_as_a_playlist_and_written_for_other_programs(asking: TestClient) -> None:
    ids = songs(asking)
    kept = asking.post("/playlists", data={"name": "Two & two", "songs": f"{ids['Winter']} {ids['Svefn']}"})
    assert "<h1>Two &amp; two</h1>" in kept.text
    for form, sign in (("m3u", "#EXTM3U"), ("xspf", "<?xml"), ("jspf", "{"), ("csv", "Track Name")):
        written = asking.get(f"{kept.url.path}/export", params={"form": form})
        assert sign in written.text[:200]
        assert "attachment" in written.headers["content-disposition"]
    grown = asking.post(f"{kept.url.path}/extend", data={"count": "2"})
    assert grown.text.count('<tr class="row"') == 4
    assert asking.post(f"{kept.url.path}/order").status_code == 200
    some = asking.get("/export", params={"songs": ids["Winter"], "name": "one", "form": "m3u"})
    assert "Winter" in some.text


def test_pages_work_without_the_bundle(asking: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(rendering._SERVED, "assets", tmp_path)
    for made in (rendering.asset, rendering.has_scripts):
        made.cache_clear()
    try:
        found = asking.get("/?q=winter").text
        assert "<script" not in found
        assert f'href="/media/tracks/{songs(asking)["Winter"]}/audio"' in found
        assert "<audio" in asking.get(f"/songs/{songs(asking)['Winter']}").text
    finally:
        for made in (rendering.asset, rendering.has_scripts):
            made.cache_clear()


def test_scripts_are_small() -> None:
    found = list(DIST.glob("*.js"))
    if not found:
        pytest.skip("the scripts were not bundled here: `python hatch_build.py` does it")
    assert sum(len(gzip.compress(path.read_bytes())) for path in found) < 60_000
