"""Whatever is typed: an answer that holds what it promises, or an error for people."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libraries import index, library_at, make_music
from songkin.cli import run
from songkin.errors import Ambiguous, NotFound, QueryError, SongkinError
from songkin.library import Library
from songkin.models import FILTER_FIELDS, NUMBER_FIELDS, Answer, Filter, Query, Track
from songkin.search.filters import parse_filter, parse_range
from songkin.text import fold

FEW = settings(max_examples=settings().max_examples // 2)
TITLES = ("Winter", "anna berg", "Sigur Ros", "ac/cd", "jazz", "1979", "Highway", "Anna Berg - Winter", "the")
typed = st.text(max_size=60) | st.binary(max_size=30).map(lambda data: data.decode("utf-8", "surrogateescape"))
words = typed | st.lists(st.sampled_from(TITLES) | typed, min_size=1, max_size=4).map(" ".join)
numbers = st.integers(-10, 3000).map(str) | st.floats().map(str) | st.text(max_size=6)
ranges = st.tuples(numbers, st.sampled_from(["..", "", "-", "…"]), numbers).map("".join)
values = st.sampled_from(("jazz", "Rock", "ANNA BERG", "sigur rós", "folder", "Seasons", "", "|", "jazz|rock")) | typed
filters = st.tuples(st.sampled_from(FILTER_FIELDS), st.sampled_from(["=", "!=", ">=", "<="]), values | ranges).map(
    "".join
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("questions")
    make_music(folder / "music", seconds=3)
    with library_at(folder / "library", workers=1) as made:
        index(made, folder / "music")
        yield made


def holds(answer: Answer, query: Query, library: Library) -> None:
    """What every answer promises."""
    tracks = [hit.track for hit in answer.hits]
    assert len(tracks) <= query.limit
    assert len({track.id for track in tracks}) == len(tracks)
    assert [hit.rank for hit in answer.hits] == list(range(1, len(tracks) + 1))
    assert all(0 <= hit.score <= 1 for hit in answer.hits)
    for track in tracks:
        assert library.track(track.id) == track
        assert all(meets(track, each) for each in query.filters), (track, query.filters)


def meets(track: Track, wanted: Filter) -> bool:
    """A filter, the plain way."""
    if wanted.op == "range":
        value = getattr(track, wanted.field)
        low, high = wanted.low, wanted.high
        return value is not None and (low is None or value >= low) and (high is None or value <= high)
    have = {
        "artist": {fold(name) for name in track.artists},
        "album": {fold(track.album)},
        "genre": {fold(name) for name in track.genres},
        "source": {track.source},
        "key": {fold(track.key)},
        "id": {track.id},
    }[wanted.field]
    plain = wanted.field in {"source", "id"}
    asked = {value if plain else fold(value) for value in wanted.values}
    return (wanted.op == "is") == bool(have & asked)


@FEW
@given(text=words, limit=st.integers(1, 9))
def test_any_text_is_answered_or_refused_for_people(library: Library, text: str, limit: int) -> None:
    query = Query(limit)
    try:
        holds(library.find(text, query), query, library)
    except QueryError as error:
        assert error.remedy
        assert not text.split() or len(text) > 2000


@FEW
@given(written=st.lists(filters, min_size=1, max_size=3), text=st.sampled_from(TITLES))
def test_hits_meet_the_filters_that_were_understood(library: Library, written: list[str], text: str) -> None:
    try:
        query = Query(20, tuple(parse_filter(each) for each in written), None, None)
    except QueryError as error:
        assert error.remedy
        return
    try:
        holds(library.find(text, query), query, library)
        holds(library.similar("Winter", query), query, library)
    except SongkinError as error:
        assert error.remedy


@given(field=st.sampled_from(NUMBER_FIELDS), said=ranges)
def test_a_range_is_understood_or_refused_for_people(field: str, said: str) -> None:
    try:
        found = parse_range(field, said)
    except QueryError as error:
        assert error.remedy
        assert "\n" not in error.message
    else:
        assert found.low is None or found.high is None or found.low <= found.high


@FEW
@given(what=words)
def test_any_name_names_a_song_several_or_none(library: Library, what: str) -> None:
    try:
        track = library.track(what)
    except Ambiguous as error:
        assert len(error.candidates) > 1
    except NotFound as error:
        assert error.remedy
    else:
        assert track in library.tracks()
        assert library.show(what).track == track
        query = Query(3)
        holds(library.similar(what, query), query, library)


@given(data=st.data())
def test_an_id_and_its_beginning_name_their_song(library: Library, data: st.DataObject) -> None:
    track = data.draw(st.sampled_from(library.tracks()))
    size = data.draw(st.integers(8, 36))
    said = data.draw(st.sampled_from([str.upper, str.lower]))(track.id[:size])
    assert library.track(data.draw(st.sampled_from(["", " "])) + said) == track


@settings(max_examples=settings().max_examples // 3)
@given(
    verb=st.sampled_from(["find", "similar", "show", "list", "forget"]),
    said=st.lists(words.filter(lambda word: not word.startswith("-")), max_size=2),
    options=st.lists(
        st.sampled_from(["-w", "--year", "--bpm", "-n", "--per-artist", "--offset"]).flatmap(
            lambda name: st.tuples(st.just(name), filters | ranges | numbers)
        ),
        max_size=2,
    ),
)
def test_any_command_line_ends_with_json_and_a_code(
    library: Library, verb: str, said: list[str], options: list[tuple[str, str]]
) -> None:
    rest = [word for option in options for word in option]
    if verb == "forget":
        said = [*said, "no such song at all"]  # the library is needed whole
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run([verb, *said, *rest, "-L", str(library.config.library), "--json"])
    assert code in {0, 1, 2}
    answer = json.loads(out.getvalue())
    assert ("error" in answer) == (code != 0)
    assert "Traceback" not in out.getvalue() + err.getvalue()
