"""Playlists, recommendations and exports over HTTP."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from served import API, client, songs


def made(browser: TestClient, *titles: str, name: str = "Mine") -> str:
    ids = songs(browser)
    kept = browser.post(f"{API}/playlists", json={"name": name, "songs": [ids[title] for title in titles]})
    assert kept.status_code == 201
    return str(kept.json()["id"])


def titles(browser: TestClient, playlist: str) -> list[str]:
    return [each["track"]["title"] for each in browser.get(f"{API}/playlists/{playlist}").json()["entries"]]


def test_a_playlist_is_made_changed_and_removed_and_all_of_it_can_be_undone(browser: TestClient) -> None:
    kept, ids = made(browser, "Winter", "Spring"), songs(browser)
    browser.post(f"{API}/playlists/{kept}/entries", json={"songs": [ids["Summer"]]})
    assert titles(browser, kept) == ["Winter", "Spring", "Summer"]
    order = [ids[title] for title in ("Summer", "Winter")]
    changed = browser.patch(f"{API}/playlists/{kept}", json={"songs": order, "name": "Cold"}).json()
    assert changed["name"] == "Cold"
    assert titles(browser, kept) == ["Summer", "Winter"]
    run = browser.delete(f"{API}/playlists/{kept}").json()["run"]
    assert browser.get(f"{API}/playlists/{kept}").status_code == 404
    assert browser.post(f"{API}/runs/{run}/undo").json()["returned"] == 1
    assert titles(browser, kept) == ["Summer", "Winter"]
    assert browser.post(f"{API}/runs/{run - 1}/undo").status_code == 200
    assert titles(browser, kept) == ["Winter", "Spring", "Summer"]
    assert browser.get(f"{API}/playlists/{kept}").json()["playlist"]["name"] == "Mine"


def test_two_playlists_may_have_one_name(browser: TestClient) -> None:
    assert made(browser, "Winter") != made(browser, "Spring")
    assert len(browser.get(f"{API}/playlists").json()["playlists"]) == 2


def test_songs_and_playlists_that_are_not_there_are_refused(browser: TestClient) -> None:
    assert browser.post(f"{API}/playlists", json={"name": "x", "songs": [str(uuid4())]}).status_code == 404
    assert browser.post(f"{API}/playlists", json={"name": " "}).status_code == 422
    assert browser.patch(f"{API}/playlists/{uuid4()}", json={"name": "x"}).status_code == 404
    assert browser.delete(f"{API}/playlists/{uuid4()}").status_code == 404


def test_a_list_grows_by_songs_that_it_does_not_hold(browser: TestClient) -> None:
    kept = made(browser, "Winter", "Spring")
    grown = browser.post(f"{API}/playlists/{kept}/extend", json={"count": 2}).json()
    assert grown["playlist"]["songs"] == 4
    assert len(set(titles(browser, kept))) == 4
    copy = browser.post(f"{API}/playlists/{kept}/order", json={"save": "Flowing"}).json()
    assert copy["id"] != kept
    assert set(titles(browser, copy["id"])) == set(titles(browser, kept))


@pytest.mark.parametrize("form", ["m3u", "xspf", "jspf", "csv", "exportify", "uris"])
def test_a_playlist_is_written_in_every_form(browser: TestClient, form: str) -> None:
    kept = made(browser, "Winter", name='Bad"\r\nX-Evil: 1/../é')
    answer = browser.get(f"{API}/playlists/{kept}/export", params={"format": form})
    assert answer.status_code == 200
    assert answer.content
    assert "x-evil" not in answer.headers
    assert answer.headers["content-disposition"].startswith("attachment;")


def test_recommendations_never_bring_back_what_was_asked_from(browser: TestClient) -> None:
    ids = songs(browser)
    for wish in ({"like": [ids["Winter"]]}, {"playlists": [made(browser, "Winter")]}, {"artists": ["Anna Berg"]}):
        hits = browser.post(f"{API}/recommend", json={**wish, "limit": 5}).json()["hits"]
        assert hits
        assert ids["Winter"] not in {hit["track"]["id"] for hit in hits}


def test_votes_change_recommendations_at_once(browser: TestClient) -> None:
    ids = songs(browser)
    wish = {"like": [ids["Winter"]], "limit": 5}
    first = browser.post(f"{API}/recommend", json=wish).json()["hits"][0]["track"]["id"]
    browser.post(f"{API}/tracks/{first}/vote", json={"vote": "hate"})
    hits = browser.post(f"{API}/recommend", json=wish).json()["hits"]
    assert first not in {hit["track"]["id"] for hit in hits}


def test_sums_walks_and_stations_answer(browser: TestClient) -> None:
    ids = songs(browser)
    sums = browser.post(f"{API}/alchemy", json={"add": [ids["Winter"]], "subtract": [ids["Static"]], "limit": 3})
    assert len(sums.json()["hits"]) == 3
    walk = browser.get(f"{API}/path", params={"first": ids["Winter"], "last": ids["Static"], "limit": 4}).json()["hits"]
    assert (walk[0]["track"]["title"], walk[-1]["track"]["title"]) == ("Winter", "Static")
    heard = [{"song": ids["Winter"], "skipped": False}]
    played = browser.post(f"{API}/radio", json={"like": [ids["Spring"]], "played": heard, "limit": 3}).json()["hits"]
    assert len(played) == 3
    assert ids["Winter"] not in {hit["track"]["id"] for hit in played}


def test_groups_hold_every_song_once(browser: TestClient) -> None:
    found = browser.get(f"{API}/clusters", params={"k": "2", "by": "descriptors"}).json()
    members = [song for group in found["clusters"] for song in group["members"]]
    assert len(members) == len(set(members)) == found["covered"]


def test_everything_is_exported_as_a_zip_that_is_whole(browser: TestClient) -> None:
    with zipfile.ZipFile(io.BytesIO(browser.get(f"{API}/export/catalog").content)) as packed:
        assert packed.testzip() is None
        assert packed.namelist()
    assert browser.get(f"{API}/export/votes").status_code == 404  # there are none
    assert b"Winter" in browser.get(f"{API}/export/songs", params={"where": "genre=jazz"}).content


def test_an_import_is_a_job_that_says_what_came_of_it(home: Path) -> None:
    with client(home) as browser:
        m3u = b"#EXTM3U\n#EXTINF:3,Anna Berg - Winter\nwinter.flac\n"
        begun = browser.post(f"{API}/imports", files=[("files", ("../../list.m3u8", m3u))])
        assert begun.status_code == 202
        address = begun.headers["location"]
        while not (job := browser.get(address).json())["ended"]:
            pass
        assert (job["state"], job["result"]["playlists"]) == ("done", 1), job
        assert [each["name"] for each in browser.get(f"{API}/playlists").json()["playlists"]] == ["list"]
        assert browser.delete(address).json()["state"] == "done"  # it is over


def test_a_job_that_fails_says_why(browser: TestClient) -> None:
    address = browser.post(f"{API}/models/pull", json={"names": ["nobody"]}).headers["location"]
    while not (job := browser.get(address).json())["ended"]:
        pass
    assert job["state"] == "failed"
    assert job["error"]["message"]
    assert browser.get(f"{API}/jobs/{'0' * 32}").status_code == 404
