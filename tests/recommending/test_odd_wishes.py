"""Windows of time, and wishes that can hardly be granted: each gets an answer or one clear line."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kindsongs import ANY, KINDS, jspf, kinds, make_kinds, named, titles
from libraries import library_at
from songkin.cli import run
from songkin.errors import NotFound, QueryError
from songkin.library import Library
from songkin.models import Answer, Query
from songkin.recommending.asking import Wanted, wish_of
from songkin.search.filters import parse_filter

DAY = 86_400.0
HEADINGS = "Track URI,Track Name,Artist Name(s),Album Name,Added By,Added At"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_kinds(tmp_path_factory.mktemp("odd"))


@pytest.fixture
def library(home: Path) -> Iterator[Library]:
    with library_at(home / "library", cache=str(home / "no weights")) as found:
        yield found


def own(home: Path, folder: Path, lists: bool = False) -> Library:
    made = library_at(folder / "l", cache=str(folder / "no"))
    made.import_([home / "songs.csv"])
    if lists:
        made.import_([home / "lists"])
    return made


def mostly(answer: Answer) -> set[str]:
    """Kinds of at least two of ten songs."""
    return {kind for kind in KINDS if kinds(answer).count(kind) >= 2}


def liked(library: Library, wanted: Wanted) -> set[str]:
    """Titles of what is liked."""
    return {track.title for track in library.catalog.tracks(sorted(wish_of(library.catalog, wanted).liked)).values()}


def added(path: Path, rows: list[tuple[str, int, float, str]]) -> Path:
    """Exportify's table of songs that were added so many days ago by somebody."""
    lines = [HEADINGS]
    for kind, n, days, by in rows:
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - days * DAY))
        lines.append(f"spotify:track:{kind[:1] * 20}{n:02},{kind} {n},{kind} artist {n % 10},,spotify:user:{by},{at}")
    path.write_text("\n".join(lines) + "\n")
    return path


# Windows ---------------------------------------------------------------------------------------------------------------


def test_a_window_tells_of_what_time_votes_and_plays_count(home: Path, tmp_path: Path) -> None:
    with own(home, tmp_path) as mine:
        now = time.time()
        for n in range(5):
            mine.played(f"metal {n}", user="ann", at=now - 300 * DAY)
            mine.played(f"disco {n}", user="ann", at=now - 100 * DAY)
            mine.played(f"piano {n}", user="ann", at=now - 5 * DAY)
        month = mine.recommend(Wanted(user="ann", window="month"), ANY)
        assert mostly(month) == {"piano"}
        assert month.query == "what ann loves and plays in the last month"
        assert mostly(mine.recommend(Wanted(user="ann", window="half-year"), ANY)) == {"piano", "disco"}
        assert mostly(mine.recommend(Wanted(user="ann"), ANY)) == set(KINDS)
        new = mine.recommend(Wanted(user="ann", window="month", new_only=True), Query(80, per_artist=None))
        heard = {f"{kind} {n}" for kind in KINDS for n in range(5)}
        assert not heard & set(titles(new))  # heard is heard, whenever it was


def test_a_hated_song_stays_away_whatever_the_window(home: Path, tmp_path: Path) -> None:
    with own(home, tmp_path) as mine:
        mine.catalog.listening.vote("ann", mine.track("piano 9").id, "hate", at=time.time() - 300 * DAY)
        mine.vote("piano 1", "love", user="ann")
        answer = mine.recommend(Wanted(user="ann", window="week"), Query(40, per_artist=None, per_album=None))
        assert kinds(answer).count("piano") > 10
        assert "piano 9" not in titles(answer)


def test_a_playlist_counts_by_what_was_added_in_the_window(home: Path, tmp_path: Path) -> None:
    rows = [("piano", n, 5.0, "ann") for n in range(5)] + [("metal", n, 300.0, "bob") for n in range(5)]
    table = added(tmp_path / "Mixed.csv", rows)
    with own(home, tmp_path) as mine:
        mine.import_([table])
        for what in ("Mixed", str(table)):
            assert liked(mine, Wanted(playlists=(what,), window="month")) == {f"piano {n}" for n in range(5)}
            assert len(liked(mine, Wanted(playlists=(what,)))) == 10
            assert mine.recommend(Wanted(playlists=(what,), window="month"), ANY).hits
        old = added(tmp_path / "Old.csv", [("metal", n, 300.0, "bob") for n in range(5)])
        answer = mine.recommend(Wanted(playlists=(str(old),), window="month"), ANY)
        assert any("Nothing says that it was added to 'Old' in the last month" in note for note in answer.notes)


def test_who_has_not_played_is_known_by_what_they_added(home: Path, tmp_path: Path) -> None:
    rows = [("piano", n, 5.0, "ann") for n in range(5)] + [("metal", n, 5.0, "bob") for n in range(5)]
    with own(home, tmp_path) as mine:
        mine.import_([added(tmp_path / "Mixed.csv", rows)])
        answer = mine.recommend(Wanted(user="ann", window="month"), ANY)
        assert "piano" in kinds(answer)
        assert liked(mine, Wanted(user="ann", window="month")) == {f"piano {n}" for n in range(5)}
        assert "ann has not voted or played in the last month: what was added to playlists counts." in answer.notes
        assert len(liked(mine, Wanted(user="me", window="month"))) == 10  # it is one's own library
        nobody = mine.recommend(Wanted(user="eve"), ANY)
        assert any("eve has not voted or played yet: what many like" in note for note in nobody.notes)


def test_a_window_that_is_none_is_told_in_one_line(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(QueryError, match="no window 'fortnight'"):
        Wanted(user="ann", window="fortnight")
    assert run(["recommend", "--user", "ann", "--window", "fortnight", "-L", str(home / "library")]) == 2
    assert "no window" in capsys.readouterr().err


# What can hardly be granted --------------------------------------------------------------------------------------------


def test_an_empty_playlist_without_a_name_gets_what_many_like_and_is_told(library: Library, tmp_path: Path) -> None:
    answer = library.recommend(Wanted(playlists=(str(jspf(tmp_path / "empty.jspf", "", [])),)), ANY)
    assert set(kinds(answer)) == set(KINDS)
    assert any("Nothing is known of what was asked from" in note for note in answer.notes)
    by_name = library.recommend(Wanted(playlists=(str(jspf(tmp_path / "e.jspf", "Rainy Sunday", [])),)), ANY)
    assert set(titles(by_name)[:4]) == {"piano 20", "piano 21", "piano 22", "piano 23"}


def test_likes_that_are_all_disliked_too_are_told_and_answered(library: Library) -> None:
    same = ("piano 1", "metal 1")
    answer = library.recommend(Wanted(like=same, dislike=same), ANY)
    assert len(answer.hits) == 10
    assert not set(same) & set(titles(answer))
    assert any("2 songs are both liked and disliked" in note for note in answer.notes)


def test_one_song_five_hundred_times_is_one_song(library: Library, tmp_path: Path) -> None:
    many, once = (jspf(tmp_path / f"{n}.jspf", "Same", named("piano", 1) * n) for n in (500, 1))
    answers = [library.recommend(Wanted(playlists=(str(path),)), ANY) for path in (many, once)]
    assert titles(answers[0]) == titles(answers[1])


def test_dislikes_alone_are_answered_without_them(library: Library) -> None:
    answer = library.recommend(Wanted(dislike=("piano 1",)), ANY)
    assert len(answer.hits) == 10
    assert "piano 1" not in titles(answer)


def test_a_library_of_one_artist_is_answered_in_full(tmp_path: Path) -> None:
    rows = [f"Song {n},One Alone,{n / 20},{1 - n / 20}" for n in range(20)]
    (tmp_path / "one.csv").write_text("title,artist,energy,danceability\n" + "\n".join(rows) + "\n")
    with library_at(tmp_path / "l", cache=str(tmp_path / "no")) as one:
        one.import_([tmp_path / "one.csv"])
        answer = one.recommend(Wanted(like=("Song 3",)))
        assert len(answer.hits) == 10
        assert all("by the same artist" in hit.why for hit in answer.hits)


def test_without_playlists_content_and_artists_answer_and_names_say_nothing(home: Path, tmp_path: Path) -> None:
    with own(home, tmp_path) as bare:
        answer = bare.recommend(Wanted(like=("metal 1", "metal 2")), ANY)
        assert kinds(answer) == ["metal"] * 10
        assert not any("playlist" in reason for hit in answer.hits for reason in hit.why)
        assert bare.recommend(Wanted(like=("metal 1",), crowd="item-knn"), ANY).hits
        assert len(bare.recommend(Wanted(user="nobody"), ANY).hits) == 10


def test_an_empty_library_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "none.csv").write_text("title,artist,energy\n")
    with library_at(tmp_path / "l", cache=str(tmp_path / "no")) as empty:
        empty.import_([jspf(tmp_path / "x.jspf", "Nobody's", [("Nobody", "Nothing")])])
        assert empty.recommend(Wanted(user="me")).hits == ()
        assert empty.recommend(Wanted(names=("rainy sunday",))).hits == ()
        with pytest.raises(NotFound):
            empty.recommend(Wanted(like=("Nothing",)))
    assert run(["recommend", "rainy", "sunday", "-L", str(tmp_path / "l")]) == 0
    assert "Nothing was found" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e999", ""])
def test_features_that_are_no_numbers_do_no_harm(home: Path, tmp_path: Path, value: str) -> None:
    rows = (home / "songs.csv").read_text().splitlines()
    broken = [",".join([*row.split(",")[:4], *([value] * 7)]) if n % 3 == 1 else row for n, row in enumerate(rows)]
    (tmp_path / "songs.csv").write_text("\n".join(broken) + "\n")
    with library_at(tmp_path / "l", cache=str(tmp_path / "no")) as odd:
        odd.import_([tmp_path / "songs.csv"])
        bare, full = (odd.recommend(Wanted(like=(like,)), ANY) for like in ("piano 0", "piano 1"))
        assert set(titles(bare)) == {"piano 10", "piano 20"}  # by its artist: no more is known of it here
        assert len(full.hits) == 10
        assert kinds(full).count("piano") >= 5
        for answer in (bare, full, odd.recommend(Wanted(rather=(("piano 0", "metal 1"),)), ANY)):
            assert answer.hits
            assert all(0.0 <= hit.score <= 1.0 for hit in answer.hits)


def test_where_no_other_song_is_left_that_is_said(home: Path, tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("title,artist\nHurt,Anna\n")
    with library_at(tmp_path / "one", cache=str(tmp_path / "no")) as library:
        library.import_([tmp_path / "one.csv"])
        answer = library.recommend(Wanted(like=("Hurt",)))
    assert (answer.hits, answer.notes) == (
        (),
        ("All songs of the library were asked from or are left out: there is no other.",),
    )
    with library_at(home / "library", cache=str(home / "no weights")) as library:
        strict = Query(filters=(parse_filter("genre=polka"),))
        answer = library.recommend(Wanted(like=("piano 1",)), strict)
    assert (answer.hits, answer.notes) == ((), ("No song that was not asked from passes the filters.",))
