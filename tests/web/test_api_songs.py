"""Songs over HTTP."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from libraries import SONGS, library_at
from served import API, HOSTILE, client, songs
from songkin.cli import run


def test_words_find_songs_and_say_why(browser: TestClient) -> None:
    found = browser.get(f"{API}/find", params={"q": "yellow tram", "limit": 3}).json()
    assert found["hits"][0]["track"]["title"] == "Yellow Tram"
    assert found["hits"][0]["why"]
    assert [hit["rank"] for hit in found["hits"]] == [1, 2, 3][: len(found["hits"])]


def test_all_that_the_terminal_prints_of_a_hit_is_in_the_answer(
    browser: TestClient, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answered = browser.get(f"{API}/find", params={"q": "winter", "limit": 2}).json()
    assert run(["find", "winter", "-n", "2", "--json", "-L", str(home / "library")]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert len(printed["hits"]) == len(answered["hits"]) > 0
    for one, other in zip(printed["hits"], answered["hits"], strict=True):
        assert {name: other["track"][name] for name in one["track"]} == one["track"]
        assert (one["rank"], one["score"], one["why"]) == (other["rank"], other["score"], other["why"])


def test_pages_follow_one_another_without_a_song_twice(browser: TestClient) -> None:
    seen, cursor = [], ""
    while True:
        page = browser.get(f"{API}/tracks", params={"limit": 3, "cursor": cursor})
        told = page.json()
        seen += [track["id"] for track in told["tracks"]]
        assert ('rel="next"' in page.headers.get("link", "")) == bool(told["next"])
        if not told["next"]:
            break
        cursor = told["next"]
    assert len(seen) == len(set(seen)) == told["total"] == len(SONGS) + 2


@pytest.mark.parametrize("cursor", ["x", "ZnJvbSAtMQ", "ZnJvbSA5OTk5OTk5OTk5OTk", "é"])
def test_a_cursor_that_is_none_is_refused(browser: TestClient, cursor: str) -> None:
    assert browser.get(f"{API}/find", params={"q": "a", "cursor": cursor}).status_code == 422


def test_songs_are_sorted_as_asked(browser: TestClient) -> None:
    titles = [t["title"] for t in browser.get(f"{API}/tracks", params={"sort": "-title", "limit": 50}).json()["tracks"]]
    assert titles.index("Yellow Tram") < titles.index("Winter") < titles.index("Spring")
    years = [t["year"] for t in browser.get(f"{API}/tracks", params={"sort": "year"}).json()["tracks"]]
    known = [year for year in years if year is not None]
    assert known == sorted(known)
    assert years[: len(known)] == known
    assert browser.get(f"{API}/tracks", params={"sort": "taste"}).status_code == 422


def test_filters_narrow_and_facets_count_just_that(browser: TestClient) -> None:
    facets = browser.get(f"{API}/facets").json()
    assert facets["total"] == len(SONGS) + 2
    told = {each["field"]: {value["filter"]: value["count"] for value in each["values"]} for each in facets["fields"]}
    assert told["genre"]["genre=jazz"] == 4
    for values in told.values():
        for where, count in values.items():
            page = browser.get(f"{API}/tracks", params={"where": where, "limit": 100}).json()
            assert page["total"] == count == len(page["tracks"]), where


def test_a_field_is_counted_without_its_own_filter(browser: TestClient) -> None:
    facets = browser.get(f"{API}/facets", params={"where": ["genre=jazz", "artist=anna berg"]}).json()
    assert facets["total"] == 3
    genres = next(each for each in facets["fields"] if each["field"] == "genre")
    assert {value["filter"]: value["count"] for value in genres["values"]} == {"genre=jazz": 3, "genre=bossa nova": 1}


def test_what_words_say_of_years_counts_in_facets(browser: TestClient) -> None:
    assert browser.get(f"{API}/facets", params={"q": "rock of the 60s"}).json()["total"] == 1


def test_names_of_all_kinds_come_while_they_are_typed(browser: TestClient) -> None:
    browser.post(f"{API}/playlists", json={"name": "Annual"})
    found = browser.get(f"{API}/lookup", params={"q": "ann"}).json()
    assert {song["title"] for song in found["songs"]} == {"Winter", "Summer", "Spring"}
    assert found["artists"] == ["Anna Berg"]
    assert [each["name"] for each in found["playlists"]] == ["Annual"]
    assert browser.get(f"{API}/lookup", params={"q": "sea"}).json()["albums"] == ["Seasons"]


def test_a_song_is_shown_with_all_that_is_known(browser: TestClient) -> None:
    told = browser.get(f"{API}/tracks/{songs(browser)['Winter']}").json()
    assert told["track"]["genres"] == ["jazz"]
    assert told["vectors"]


def test_neighbours_never_include_the_song_itself(browser: TestClient) -> None:
    song = songs(browser)["Winter"]
    hits = browser.get(f"{API}/similar/{song}", params={"limit": 50}).json()["hits"]
    assert hits
    assert song not in {hit["track"]["id"] for hit in hits}


def test_a_vote_replaces_the_one_before_and_none_takes_it_back(browser: TestClient) -> None:
    song = songs(browser)["Winter"]
    for vote in ("love", "hate"):
        assert browser.post(f"{API}/tracks/{song}/vote", json={"vote": vote}).status_code == 200
        assert [each["vote"] for each in browser.get(f"{API}/votes").json()["votes"]] == [vote]
    browser.post(f"{API}/tracks/{song}/vote", json={"vote": "none"})
    assert browser.get(f"{API}/votes").json()["votes"] == []
    assert browser.post(f"{API}/tracks/{song}/vote", json={"vote": "adore"}).status_code == 422


def test_what_is_heard_is_in_the_history_and_in_top_lists(browser: TestClient) -> None:
    song = songs(browser)["Winter"]
    assert browser.post(f"{API}/tracks/{song}/listens", json={"kind": "play", "seconds": 3}).status_code == 201
    assert [event["kind"] for event in browser.get(f"{API}/history").json()["events"]] == ["play"]
    assert browser.get(f"{API}/top").json()["top"][0]["track"]["id"] == song


def test_a_correction_shows_at_once_and_can_be_undone(browser: TestClient) -> None:
    song = songs(browser)["Winter"]
    assert browser.get(f"{API}/find", params={"q": "zanzibar", "where": "genre=jazz"}).json()["hits"][0]["score"] == 0
    assert browser.patch(f"{API}/tracks/{song}", json={"fields": {"title": "Zanzibar"}}).json()["title"] == "Zanzibar"
    found = browser.get(f"{API}/find", params={"q": "zanzibar", "where": "genre=jazz"}).json()["hits"]
    assert found[0]["track"]["id"] == song
    assert found[0]["score"] == 1
    run_ = browser.get(f"{API}/runs").json()["runs"][0]["id"]
    assert browser.post(f"{API}/runs/{run_}/undo").status_code == 200
    assert browser.get(f"{API}/tracks/{song}").json()["track"]["title"] == "Winter"


def test_a_forgotten_song_is_gone(browser: TestClient) -> None:
    song = songs(browser)["Winter"]
    assert browser.delete(f"{API}/tracks/{song}").status_code == 200
    assert browser.get(f"{API}/tracks/{song}").status_code == 404
    assert "Winter" not in songs(browser)


def test_an_answer_that_is_known_is_not_sent_again(browser: TestClient) -> None:
    for address in ("find?q=winter", "tracks", "facets", "stats", "playlists", f"similar/{songs(browser)['Winter']}"):
        first = browser.get(f"{API}/{address}")
        assert first.status_code == 200
        again = browser.get(f"{API}/{address}", headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), address


def test_what_another_process_changes_shows_in_answers_that_are_remembered(home: Path) -> None:
    with client(home) as browser:
        song = songs(browser)["Winter"]
        for _ in range(2):
            assert browser.get(f"{API}/find", params={"q": "winter"}).json()["hits"][0]["track"]["year"] == 1999
        with library_at(home / "library") as other:
            other.set(song, {"year": "1850"})
        assert browser.get(f"{API}/find", params={"q": "winter"}).json()["hits"][0]["track"]["year"] == 1850


def test_hostile_names_are_text_in_json(browser: TestClient) -> None:
    answer = browser.get(f"{API}/tracks", params={"limit": 100})
    assert answer.headers["content-type"] == "application/json"
    titles = [track["title"] for track in answer.json()["tracks"]]
    assert any("<script>" in title for title in titles)
    assert not any("\r" in title or "\n" in title for title in titles)
    assert HOSTILE not in titles  # its control characters went when its tags were read


def test_albums_are_found_by_words_and_listed(browser: TestClient) -> None:
    assert browser.get(f"{API}/albums").json()["albums"]
    assert browser.get(f"{API}/albums", params={"q": "seasons"}).json()["hits"][0]["album"]["title"] == "Seasons"


def test_a_page_that_is_remembered_shows_a_vote_at_once(browser: TestClient) -> None:
    song = songs(browser)["Winter"]
    first, again = (browser.get("/", params={"q": "winter"}).text for _ in range(2))
    assert "Winter" in first
    assert first == again
    browser.post(f"{API}/tracks/{song}/vote", json={"vote": "love"})
    assert browser.get("/", params={"q": "winter"}).text != first
    browser.post(f"{API}/tracks/{song}/vote", json={"vote": "none"})
    assert browser.get("/", params={"q": "winter"}).text == first


def test_pages_are_remembered_for_each_theme_and_each_way_of_asking(browser: TestClient) -> None:
    plain = browser.get("/", params={"q": "winter"})
    part = browser.get("/", params={"q": "winter"}, headers={"hx-request": "true"})
    dark = browser.get("/", params={"q": "winter"}, headers={"cookie": "theme=dark"})
    assert plain.status_code == part.status_code == dark.status_code == 200
    assert dark.text != plain.text
    assert browser.get("/", params={"q": "winter"}).text == plain.text
