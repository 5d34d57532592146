"""``songkin recommend`` on a small library of songs that a table describes, and some playlists of them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kindsongs import ANY, EACH, KINDS, jspf, kinds, make_kinds, named, titles
from libraries import library_at
from songkin.cli import run
from songkin.errors import NotFound, QueryError, SourceError
from songkin.library import Library
from songkin.models import Answer, Query
from songkin.recommending.asking import Wanted


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_kinds(tmp_path_factory.mktemp("recommend"))
    with library_at(folder / "library", cache=str(folder / "no weights")) as library:
        library.vote("piano 1", "love", user="ann")
        library.vote("metal 2", "hate", user="ann")
    return folder


@pytest.fixture
def library(home: Path) -> Iterator[Library]:
    with library_at(home / "library", cache=str(home / "no weights")) as found:
        yield found


def test_what_is_liked_leads_to_its_kind_and_never_comes_back(library: Library) -> None:
    answer = library.recommend(Wanted(like=("piano 1", "piano 2", "piano 3")), ANY)
    assert kinds(answer) == ["piano"] * 10
    assert not {"piano 1", "piano 2", "piano 3"} & set(titles(answer))
    assert [hit.rank for hit in answer.hits] == list(range(1, 11))
    assert all(0 <= hit.score <= 1 for hit in answer.hits)


def test_every_song_says_which_seed_led_to_it_and_how(library: Library) -> None:
    answer = library.recommend(Wanted(like=("piano artist 1 - piano 1", "piano 2")), ANY)
    for hit in answer.hits:
        assert any("piano artist" in reason for reason in hit.why), hit
    stood = [hit for hit in answer.hits if any("stands with" in reason for reason in hit.why)]
    assert {hit.track.title for hit in stood} & {"piano 3", "piano 4", "piano 5"}
    assert any("playlists" in reason for hit in stood for reason in hit.why)


def test_two_tastes_of_one_playlist_are_both_answered(library: Library, tmp_path: Path) -> None:
    mixed = jspf(
        tmp_path / "mixed.jspf", "Mixed", named("piano", 10, 11, 12, 13, 14, 15, 16, 17) + named("metal", 10, 11)
    )
    answer = library.recommend(Wanted(playlists=(str(mixed),)), ANY)
    assert 2 <= kinds(answer).count("metal") <= 5
    assert kinds(answer).count("piano") >= 5
    assert "disco" not in kinds(answer)


def test_a_dislike_pushes_away_what_is_like_it(library: Library) -> None:
    liked = library.recommend(Wanted(like=("piano 12", "metal 12")), ANY)
    hated = next(hit.track for hit in liked.hits if hit.track.title.startswith("metal"))
    pushed = library.recommend(Wanted(like=("piano 12", "metal 12"), dislike=(hated.id,)), ANY)
    assert hated.title not in titles(pushed)

    def scores(answer: Answer) -> dict[str, float]:
        return {hit.track.title: hit.score for hit in answer.hits}

    before, after = scores(liked), scores(pushed)
    lost = {title: after[title] / before[title] for title in before.keys() & after.keys()}
    assert max(share for title, share in lost.items() if title.startswith("metal")) < 0.9
    assert min(share for title, share in lost.items() if title.startswith("piano")) > 0.9


def test_what_is_both_liked_and_disliked_is_neither(library: Library) -> None:
    answer = library.recommend(Wanted(like=("piano 1", "metal 1"), dislike=("metal 1",)), ANY)
    assert kinds(answer) == ["piano"] * 10
    assert "metal 1" not in titles(answer)
    assert any("both liked and disliked" in note for note in answer.notes)


def test_votes_are_likes_and_dislikes(library: Library) -> None:
    answer = library.recommend(Wanted(user="ann"), ANY)
    assert set(kinds(answer)) == {"piano"}
    assert not {"piano 1", "metal 2"} & set(titles(answer))


def test_hated_songs_never_come_back_and_heard_ones_only_where_asked_for(home: Path, tmp_path: Path) -> None:
    with library_at(tmp_path / "l", cache=str(tmp_path / "no")) as own:
        own.import_([home / "songs.csv"])
        for n in range(6):
            own.played(f"piano {n}", user="bob")
        own.skipped("piano 7", user="bob")
        own.vote("piano 8", "hate", user="bob")
        answer = own.recommend(Wanted(user="bob"), Query(limit=20, per_artist=None, per_album=None))
        assert kinds(answer).count("piano") > 10
        assert "piano 8" not in titles(answer)
        assert {f"piano {n}" for n in range(6)} & set(titles(answer))  # what is played may be played again
        new = own.recommend(Wanted(user="bob", new_only=True), Query(limit=20, per_artist=None, per_album=None))
        assert not {f"piano {n}" for n in range(9) if n != 6} & set(titles(new))
        mine = own.fingerprint(user="bob", new=0.5, query=Query(limit=8, per_artist=None, per_album=None))
        assert sum("played 1 time" in hit.why for hit in mine.hits) == 4
        assert kinds(mine) == ["piano"] * 8
        with pytest.raises(NotFound, match="Nothing was played or loved"):
            own.fingerprint(user="eve")
        own.vote("disco 3", "hate")
        plain = own.recommend(
            Wanted(like=("disco 1",), new_only=True), Query(limit=40, per_artist=None, per_album=None)
        )
        assert "disco 3" not in titles(plain)


def test_who_has_said_nothing_gets_what_many_like_of_many_kinds_and_is_told(library: Library) -> None:
    answer = library.recommend(Wanted(user="nobody"), ANY)
    assert set(kinds(answer)) == set(KINDS)
    assert any("nobody has not voted" in note for note in answer.notes)
    assert {hit.track.title for hit in answer.hits[:3]} <= {f"{kind} {n}" for kind in KINDS for n in range(12)}


def test_a_playlist_of_the_library_an_album_an_artist_lead_on(library: Library) -> None:
    answer = library.recommend(Wanted(playlists=("metal evening 0",)), ANY)
    assert set(kinds(answer)) == {"metal"}
    assert not set(titles(answer)) & {f"metal {n}" for n in range(8)}
    answer = library.recommend(Wanted(artists=("disco artist 3",)), ANY)
    assert set(kinds(answer)) == {"disco"}
    assert "disco 3" not in titles(answer)
    with pytest.raises(NotFound, match="no album"):
        library.recommend(Wanted(albums=("Nowhere",)))


def test_a_name_alone_leads_to_songs_of_lists_that_are_called_so(library: Library) -> None:
    answer = library.recommend(Wanted(names=("rainy sunday",)), ANY)
    assert set(titles(answer)[:4]) == {"piano 20", "piano 21", "piano 22", "piano 23"}
    assert "Rainy Sunday" in " ".join(answer.hits[0].why)


def test_a_playlist_of_unknown_songs_still_helps_by_its_name(library: Library, tmp_path: Path) -> None:
    unknown = jspf(tmp_path / "u.jspf", "Rainy sunday", [("Nobody", "Nothing"), ("No one", "Nowhere")])
    answer = library.recommend(Wanted(playlists=(str(unknown),)), ANY)
    assert set(titles(answer)[:4]) == {"piano 20", "piano 21", "piano 22", "piano 23"}
    assert any("0 of the 2 songs" in note for note in answer.notes)


def test_filters_and_caps_hold(library: Library) -> None:
    answer = library.recommend(Wanted(like=("piano 1",)), Query(limit=20, per_artist=1, per_album=None))
    first = [hit.track.artist for hit in answer.hits[:10]]
    assert len(set(first)) == len(first)
    from songkin.search.filters import parse_filter

    metal = Query(filters=(parse_filter("genre=metal"),), per_artist=None)
    assert set(kinds(library.recommend(Wanted(like=("piano 1",)), metal))) == {"metal"}
    assert set(kinds(library.recommend(Wanted(names=("piano evening",)), metal))) <= {"metal"}


def test_the_more_adventurous_the_farther(library: Library) -> None:
    liked = ("piano 1", "piano 2")
    scores = []
    for far in (0.0, 0.5, 1.0):
        hits = library.recommend(Wanted(like=liked, adventurous=far), ANY).hits
        scores.append(round(sum(hit.score for hit in hits) / len(hits), 6))
    assert scores[0] >= scores[1] > scores[2]


def test_an_order_that_flows_holds_the_same_songs(library: Library) -> None:
    wanted = {"like": ("piano 1", "disco 1", "metal 1")}
    best = library.recommend(Wanted(**wanted), ANY)  # type: ignore[arg-type]
    flow = library.recommend(Wanted(**wanted, order="flow"), ANY)  # type: ignore[arg-type]
    assert sorted(titles(best)) == sorted(titles(flow))
    assert titles(best)[0] == titles(flow)[0]
    leaps = [
        sum(
            abs(a.track.bpm - b.track.bpm)
            for a, b in zip(x.hits, x.hits[1:], strict=False)
            if a.track.bpm and b.track.bpm
        )
        for x in (flow, best)
    ]
    assert leaps[0] < leaps[1]


@pytest.mark.parametrize("times", [500, 10_000])
def test_very_many_seeds_and_the_same_one_again(library: Library, tmp_path: Path, times: int) -> None:
    songs = named("piano", *range(EACH)) * (times // EACH + 1)
    big = jspf(tmp_path / "big.jspf", "Big", songs[:times] if times > 500 else named("piano", 1) * 500)
    answer = library.recommend(Wanted(playlists=(str(big),)), ANY)
    assert len(answer.hits) == 10
    assert ("piano 1" in titles(answer)) is False


def test_what_cannot_be_is_told_in_one_line(library: Library, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(SourceError, match=r"a\.jpg"):
        library.recommend(Wanted(playlists=(str(tmp_path / "a.jpg"),)))
    with pytest.raises(NotFound, match="no playlist and no file"):
        library.recommend(Wanted(playlists=("Nowhere",)))
    with pytest.raises(QueryError, match="adventure"):
        Wanted(adventurous=float("nan"))
    with pytest.raises(QueryError, match="order"):
        Wanted(order="sideways")
    empty = jspf(tmp_path / "empty.jspf", "", [])
    answer = library.recommend(Wanted(playlists=(str(empty),)), ANY)
    assert len(answer.hits) == 10


def test_a_library_of_one_song_has_nothing_to_recommend_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "one.csv").write_text("title,artist,energy,danceability\nOnly,One,.5,.5\n")
    assert run(["import", str(tmp_path / "one.csv"), "-L", str(tmp_path / "l"), "--no-pull"]) == 0
    capsys.readouterr()
    assert run(["recommend", "--like", "Only", "-L", str(tmp_path / "l")]) == 0
    assert "Nothing was found" in capsys.readouterr().err


def test_the_command_prints_hits_with_reasons_as_others_do(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["recommend", "--like", "piano 1", "--dislike", "metal 1", "-n", "3", "-L", str(home / "library"), "--json"]
    assert run(words) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert len(told["hits"]) == 3
    assert told["query"] == "piano artist 1 - piano 1, not metal artist 1 - metal 1"
    assert all(hit["why"] for hit in told["hits"])


def test_weights_are_learned_from_the_librarys_own_playlists(
    home: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with library_at(tmp_path / "few", cache=str(tmp_path / "no")) as few:
        few.import_([home / "songs.csv"])
        with pytest.raises(NotFound, match="fewer than 20 playlists"):
            few.learn_blend()
        for n in range(24):
            kind = list(KINDS)[n % 3]
            jspf(tmp_path / f"{n}.jspf", f"List {n}", named(kind, *random.Random(n).sample(range(EACH), 10)))
        few.import_([str(tmp_path / f"{n}.jspf") for n in range(24)])
        weights, playlists = few.learn_blend()
        assert playlists == 12
        assert sum(weights.values()) == pytest.approx(1.0)
        from songkin.recommending.learning import kept

        assert dict(kept(few.catalog)) == pytest.approx(dict(weights))


def test_who_is_right_about_hidden_songs_is_heard_more() -> None:
    from songkin.recommending.learning import Case, gain, learned, ranked
    from songkin.recommending.recommend import WEIGHTS

    right = {f"right {n}": 0.5 + n / 100 for n in range(10)}
    wrong = {f"wrong {n}": 0.9 for n in range(10)}
    cases = [Case({"content": {**wrong}, "crowd": {**right}}, frozenset(right)) for _ in range(5)]
    weights = learned(cases)
    assert weights["crowd"] > 1.5 * weights["content"]
    assert gain(ranked(cases[0].said, weights), cases[0].truth) == 1.0
    assert gain(ranked(cases[0].said, WEIGHTS), cases[0].truth) < 1.0


def test_a_playlist_grows_in_place_and_the_run_is_taken_back(home: Path, tmp_path: Path) -> None:
    with library_at(tmp_path / "l", cache=str(tmp_path / "no")) as own:
        own.import_([home / "songs.csv"])
        own.import_([home / "lists"])
        before = own.entries("metal evening 0")
        kept, answer = own.extend("metal evening 0", 5, include={"disco 3": 0.2, "piano 4": -1.0})
        after = own.entries("metal evening 0")
        assert (kept.songs, kept.name, kept.source) == (13, "metal evening 0", "jspf")
        assert after[:8] == before
        assert [entry.track.id for entry in after[8:] if entry.track] == [hit.track.id for hit in answer.hits]
        assert {entry.track.title.split()[0] for entry in after[8:] if entry.track} <= {"metal", "disco"}
        hits = own.find("metal", Query(limit=50, per_artist=None, per_album=None, filters=_in("metal evening 0"))).hits
        assert {hit.track.id for hit in answer.hits if hit.track.title.startswith("metal")} <= {
            h.track.id for h in hits
        }
        own.undo(own.catalog.journal.last_runs(1)[0]["id"])
        assert own.entries("metal evening 0") == before
        copy, _ = own.extend("metal evening 0", 2, save="Grown")
        assert (copy.name, copy.songs, own.entries("metal evening 0") == before) == ("Grown", 10, True)
        with pytest.raises(QueryError, match="another kind"):
            own.extend("metal evening 0", 2, save="Rainy Sunday")
        flowing = own.reorder("metal evening 0")
        assert flowing.id == kept.id
        ordered = [entry.track.title for entry in own.entries(kept.id) if entry.track]
        assert sorted(ordered) == sorted(entry.track.title for entry in before if entry.track)
        assert ordered[0] == "metal 0"


def _in(playlist: str) -> tuple[Any, ...]:
    from songkin.search.filters import parse_filter

    return (parse_filter(f"playlist={playlist}"),)


def test_the_commands_grow_and_order_a_playlist(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["-L", str(tmp_path / "l"), "--json"]
    with library_at(tmp_path / "l", cache=str(tmp_path / "no")) as own:
        own.import_([home / "songs.csv"])
        own.import_([home / "lists"])
    assert (
        run(
            [
                "playlist",
                "extend",
                "piano evening 1",
                "-n",
                "3",
                "--include",
                "disco 1=0.3",
                "--exclude",
                "metal 1",
                *where,
            ]
        )
        == 0
    )
    told = json.loads(capsys.readouterr().out)
    assert (told["songs"], len(told["hits"])) == (11, 3)
    assert run(["playlist", "order", "piano evening 1", *where]) == 0
    assert len(json.loads(capsys.readouterr().out)["tracks"]) == 11
    assert run(["playlist", "extend", "piano evening 1", "--include", "disco 1=3", *where]) == 2
    assert "out of bounds" in capsys.readouterr().out


def test_a_fingerprint_says_what_made_each_song_ones_own(home: Path, tmp_path: Path) -> None:
    with library_at(tmp_path / "l", cache=str(tmp_path / "no")) as own:
        own.import_([home / "songs.csv", home / "lists"])
        own.vote("piano 1", "like")
        own.vote("piano 2", "love")
        own.played("piano 2")
        for at in (1e9, 2e9 / 2 + 1):
            own.played("piano 3", at=at)
        answer = own.fingerprint(query=Query(limit=6, per_artist=None, per_album=None))
    told = {hit.track.title: hit.why for hit in answer.hits}
    assert told["piano 1"] == ("liked",)
    assert told["piano 2"] == ("loved", "played 1 time")
    assert told["piano 3"] == ("played 2 times",)
    assert all(told.values()), "a song without a word of why"


def test_a_song_that_many_like_says_in_how_many_playlists_it_stands(library: Library) -> None:
    answer = library.recommend(Wanted(user="nobody"), ANY)
    assert {hit.why for hit in answer.hits} <= {(f"in {n} playlists",) for n in (2, 3, 4)}
