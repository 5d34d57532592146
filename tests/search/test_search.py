"""Asking a small library of real sound: by song, by recording, by words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from libraries import index, library_at, make_music
from songkin.encoders import audio_encoder, text_encoder
from songkin.encoders.weights import default_cache, installed
from songkin.errors import Ambiguous, AudioError, NotFound, QueryError
from songkin.library import Library
from songkin.models import Query
from songkin.search.filters import parse_filter
from soundfiles import sound_file, tune

ALL = Query(limit=20)
WORDS = installed(text_encoder("minilm", default_cache()).spec, default_cache())
NETS = installed(audio_encoder("musicnn", default_cache()).spec, default_cache())


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("search")
    make_music(folder / "music")
    with library_at(folder / "library") as made:
        index(made, folder / "music")
        yield made


def titles(answer: object) -> list[str]:
    return [hit.track.title for hit in answer.hits]  # type: ignore[attr-defined]


@pytest.mark.parametrize("what", ["Winter", "anna berg - WINTER", "Sigur Ros - Agaetis", "Yellow Tram"])
def test_a_song_is_named_by_title_or_artist_and_title(library: Library, what: str) -> None:
    seed = library.track(what)
    hits = library.similar(what, ALL).hits
    assert len(hits) == 6
    assert seed.id not in {hit.track.id for hit in hits}


def test_a_song_is_named_by_its_id_or_its_path(library: Library) -> None:
    track = library.track("Winter")
    assert library.track(track.id) == track
    assert library.track(os.path.relpath(track.path)) == track
    assert library.similar(track.id).hits == library.similar(track.path).hits


@pytest.mark.parametrize("n", [1, 3, 6])
def test_exactly_as_many_hits_as_asked_for_with_ranks_and_falling_scores(library: Library, n: int) -> None:
    hits = library.similar("Winter", Query(limit=n)).hits
    assert [hit.rank for hit in hits] == list(range(1, n + 1))
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert all(hit.why for hit in hits)


def test_a_copy_of_a_song_from_elsewhere_finds_it_first(library: Library, tmp_path: Path) -> None:
    copy = sound_file(tmp_path / "copy.flac", tune(6, seed=2))
    hits = library.similar(copy).hits
    assert hits[0].track.title == "Spring"
    assert hits[0].score > 0.7
    assert hits[0].score > hits[1].score + 0.2


def test_a_file_that_is_in_the_library_is_not_its_own_answer(library: Library) -> None:
    path = library.track("Winter").path
    assert "Winter" not in titles(library.similar(path, ALL))


def test_a_file_without_sound_is_refused_with_a_remedy(library: Library, tmp_path: Path) -> None:
    text = tmp_path / "song.mp3"
    text.write_text("#EXTM3U\nfile:///etc/passwd\n")
    with pytest.raises(AudioError) as caught:
        library.similar(str(text))
    assert "Traceback" not in caught.value.message


def test_an_unknown_name_suggests_the_nearest(library: Library) -> None:
    with pytest.raises(NotFound) as caught:
        library.similar("Wintre")
    assert "Winter" in caught.value.remedy


def test_an_ambiguous_name_lists_the_candidates(tmp_path: Path) -> None:
    for number, artist in enumerate(("One", "Two")):
        sound_file(tmp_path / "music" / f"{number}.flac", tune(2, seed=number), {"artist": artist, "title": "Same"})
    with library_at(tmp_path / "library") as library:
        index(library, tmp_path / "music")
        with pytest.raises(Ambiguous) as caught:
            library.similar("Same")
        assert len(caught.value.candidates) == 2
        assert "One - Same" in caught.value.candidates[0]
        assert library.track("Two - Same").artists == ("Two",)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (("genre=jazz",), {"Summer", "Spring"}),
        (("artist!=anna berg", "year=1960..1980"), {"Yellow Tram", "Highway to Well"}),
        (("album=byrjun",), {"Ágætis"}),
        (("artist=ac cd",), {"Highway to Well"}),
        (("year<=1970",), {"Yellow Tram"}),
        (("genre=polka",), set()),
    ],
)
def test_filters_keep_only_what_they_say(library: Library, filters: tuple[str, ...], expected: set[str]) -> None:
    query = Query(limit=20, filters=tuple(parse_filter(text) for text in filters))
    assert set(titles(library.similar("Winter", query))) == expected


def test_one_artist_does_not_fill_the_page_but_fills_it_where_it_must(library: Library) -> None:
    hits = library.similar("Yellow Tram", Query(limit=4, per_artist=1)).hits
    assert [hit.track.artists for hit in hits].count(("Anna Berg",)) <= 1
    everything = library.similar("Yellow Tram", Query(limit=6, per_artist=1)).hits
    assert len(everything) == 6


@pytest.mark.parametrize("text", ["Winter", "winter", "Anna Berg - Winter", "anna berg winter"])
def test_a_title_typed_exactly_comes_first(library: Library, text: str) -> None:
    assert titles(library.find(text))[0] == "Winter"


def test_an_artist_typed_exactly_comes_first_with_all_songs(library: Library) -> None:
    assert set(titles(library.find("anna berg"))[:3]) == {"Winter", "Summer", "Spring"}


@pytest.mark.parametrize(
    ("text", "title"), [("sigur rous", "Ágætis"), ("the beatles", "Yellow Tram"), ("yelow tram", "Yellow Tram")]
)
def test_a_misspelt_name_is_still_found_and_said(library: Library, text: str, title: str) -> None:
    answer = library.find(text)
    assert titles(answer)[0] == title
    assert any("showing" in note for note in answer.notes)


@pytest.mark.parametrize("text", ["beetles", "beetels"])
def test_one_of_an_artists_names_is_enough(library: Library, text: str) -> None:
    hit = library.find(text).hits[0]
    assert hit.track.artists == ("The Beetles",)
    assert hit.score == 1.0


def test_the_beginning_of_an_id_is_enough(library: Library) -> None:
    track = library.track("Winter")
    assert library.track(track.id[:8]) == track


def test_words_of_the_metadata_are_found(library: Library) -> None:
    assert titles(library.find("post-rock"))[0] == "Ágætis"
    hit = library.find("highway well road").hits[0]
    assert hit.track.title == "Highway to Well"
    assert any("highway" in reason for reason in hit.why)


def test_find_obeys_filters_even_for_exact_names(library: Library) -> None:
    query = Query(filters=(parse_filter("year=1966"),))
    assert titles(library.find("Winter", query)) in (["Yellow Tram"], [])


def test_an_empty_or_endless_text_is_refused(library: Library) -> None:
    for text in ("", "   ", "x" * 3000):
        with pytest.raises(QueryError):
            library.find(text)


@pytest.mark.parametrize("text", ["'; DROP TABLE tracks; --", "\x00\x1b[31m", "🎹" * 50, "%_\\", "a" * 2000])
def test_hostile_text_is_only_text(library: Library, text: str) -> None:
    library.find(text)
    assert len(library.tracks()) == 7


def test_without_the_text_encoder_exact_words_still_answer_and_a_note_says_so(library: Library, tmp_path: Path) -> None:
    with library_at(library.config.library, cache=tmp_path / "empty") as bare:
        answer = bare.find("post-rock")
    assert titles(answer)[0] == "Ágætis"
    assert any("songkin models pull" in note for note in answer.notes)


def test_show_tells_all_that_is_known(library: Library) -> None:
    shown = library.show("Winter")
    assert shown.track.bpm
    assert shown.track.key
    assert shown.track.loudness is not None
    assert "timbre98" in shown.vectors


@pytest.mark.skipif(not (WORDS and NETS), reason="the weights of MusiCNN and MiniLM are not on this machine")
def test_words_find_songs_by_their_sound(tmp_path: Path) -> None:
    from songkin.demo.pieces import make_piece

    for kind in ("drum_solo", "choir", "techno", "piano_ballad"):
        left, right = make_piece(kind, 1, 12.0).render()
        sound_file(tmp_path / "music" / f"{kind[::-1]}.flac", (left + right) / 2, rate=22_050)
    with library_at(tmp_path / "library") as library:
        index(library, tmp_path / "music", encoders=("musicnn", "descriptors"))
        assert titles(library.find("drums and percussion"))[0] == "olos murd"
        assert titles(library.find("choir singing"))[0] == "riohc"
        hit = library.find("techno beat").hits[0]
        assert hit.track.title == "onhcet"
        assert any(reason.startswith("heard: ") and "techno" in reason for reason in hit.why)
        assert library.show("onhcet").heard["techno"] > 0.2


def test_a_few_seconds_through_a_telephone_are_recognised(tmp_path: Path) -> None:
    import numpy as np

    from songkin.demo.pieces import make_piece

    for seed, kind in enumerate(("ragtime", "techno", "string_quartet", "rock")):
        sound = make_piece(kind, seed, 24.0).render().mean(axis=0)
        sound_file(tmp_path / "music" / f"{kind}.flac", sound, rate=22_050)
    with library_at(tmp_path / "library") as library:
        index(library, tmp_path / "music", encoders=("descriptors", "fingerprint"))
        clip = make_piece("string_quartet", 2, 24.0).render().mean(axis=0)[8 * 22_050 + 137 : 16 * 22_050]
        spectrum = np.fft.rfft(clip)
        hertz = np.fft.rfftfreq(len(clip), 1 / 22_050)
        narrow = np.fft.irfft(spectrum * ((hertz > 300) & (hertz < 3400)), len(clip)).astype(np.float32)
        path = sound_file(tmp_path / "clip.mp3", 0.4 * narrow, rate=22_050, bit_rate=32_000)
        first, second = library.similar(path, Query(limit=2)).hits
        assert first.track.title == "string quartet"
        assert first.why[0].startswith("this is the recording, from 0:08")
        assert first.score > 0.8 > second.score
        stranger = sound_file(tmp_path / "other.flac", tune(8, seed=123))
        assert not any("recording" in reason for hit in library.similar(stranger).hits for reason in hit.why)
