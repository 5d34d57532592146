"""``--exact``, ``--ef``, ``--timeout``, ``-v``: they reach the engine, and what is told on the way holds no secret."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from libraries import library_at
from modelserver import KEY, backwards, settings_for, thinks
from songkin.cli import run
from songkin.config import Config
from songkin.errors import QueryError
from songkin.models import Query
from songkin.store import edges, open_vectors, server
from songkin.store.vectors import Ask, Tuning
from webserver import Page, Web, web
from wireserver import WireServer

SONGS = "track_id,track_name,artists,energy,valence,danceability\n" + "".join(
    f"t{n},Harbour {n},Band {n},.{n},.5,.3\n" for n in range(1, 7)
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tuning")
    (folder / "songs.csv").write_text(SONGS)
    with library_at(folder / "library") as library:
        library.import_([str(folder / "songs.csv")], kind="songs")
    return folder / "library"


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    with web() as served:
        for name, value in settings_for(served).items():
            monkeypatch.setenv(name, value)
        thinks(served, backwards)
        yield served


@pytest.mark.parametrize("words", [["find", "harbour"], ["similar", "Harbour 2"]], ids=["find", "similar"])
def test_exact_and_ef_reach_the_embedded_engine(
    home: Path, words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[Ask] = []
    plain = edges.params

    def params(ask: Ask, layout: Any) -> Any:
        seen.append(ask)
        return plain(ask, layout)

    monkeypatch.setattr(edges, "params", params)
    assert run([*words, "--exact", "--ef", "77", "-L", str(home)]) == 0
    assert {(ask.exact, ask.ef) for ask in seen} == {(True, 77)}
    seen.clear()
    assert run([*words, "-L", str(home)]) == 0
    assert {(ask.exact, ask.ef) for ask in seen} == {(False, None)}


def test_exact_and_ef_reach_a_server(home: Path) -> None:
    wire = WireServer()
    with library_at(home) as library, open_vectors(library.catalog, library.config) as own:
        store = server.ServerStore(wire.client(), own.layout)
        store.tuning = Tuning(exact=True, ef=77)
        vector = np.ones(own.layout.space("text").dim, np.float32)
        store.ask([Ask("text", vector, 3), Ask("text", vector, 3, ef=5)])
    sent = [body for _, path, body in wire.seen if path.endswith("query/batch")][-1]["searches"]
    assert [(one["params"]["exact"], one["params"]["hnsw_ef"]) for one in sent] == [(True, 77), (True, 5)]


def test_the_timeout_is_that_of_the_server(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    class Stopped(Exception):
        pass

    def open_(catalog: object, config: Config, **_: object) -> object:
        seen.append(config.qdrant_timeout)
        raise Stopped

    monkeypatch.setattr("songkin.store.open_vectors", open_)
    for words in (["find", "harbour"], ["similar", "Harbour 2"]):
        with pytest.raises(Stopped):
            run([*words, "--timeout", "7", "-L", str(home)])
    assert seen == [7, 7]


@pytest.mark.parametrize("words", [["--ef", "0"], ["--ef", "many"], ["--timeout", "0"]])
def test_what_cannot_be_is_refused(home: Path, words: list[str]) -> None:
    assert run(["find", "harbour", *words, "-L", str(home)]) == 2


@pytest.mark.parametrize("ef", [0, -1, 10**9])
def test_an_ef_that_cannot_be_is_no_query(ef: int) -> None:
    with pytest.raises(QueryError):
        Query(ef=ef)


def test_verbose_tells_what_is_asked_without_secrets_and_then_is_quiet_again(
    home: Path, model: Web, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["find", "harbour", "-v", "--rerank", "--ef", "99", "-L", str(home)]) == 0
    out, err = capsys.readouterr()
    assert "asking words for" in err
    assert "ef 99" in err
    assert "answered after" in err
    assert "fetching.chat: asking http://127.0.0.1" in err
    assert KEY not in out + err
    assert not logging.getLogger("songkin").handlers
    assert run(["find", "harbour", "-L", str(home)]) == 0
    assert "asking" not in capsys.readouterr().err


def test_a_second_question_that_is_the_same_asks_no_model(
    home: Path, model: Web, capsys: pytest.CaptureFixture[str]
) -> None:
    before = len(model.sent)
    answers = []
    for _ in range(2):
        assert run(["find", "the harbour band", "--rerank", "--json", "-L", str(home)]) == 0
        answers.append(json.loads(capsys.readouterr().out))
    assert len(model.sent) == before + 1
    assert answers[0] == answers[1]
    assert answers[0]["hits"][0]["why"][-1] == "generated: slow and quiet"
    assert not answers[0]["notes"]


@pytest.mark.parametrize(
    "page",
    [
        Page(b"{}", "application/json", status=401),
        Page(b"<html>", "text/html"),
        Page(b"", "application/json", status=302, headers={"Location": "http://127.0.0.1:1/"}),
    ],
    ids=["401", "html", "redirect"],
)
def test_a_model_that_fails_costs_a_note(
    home: Path, model: Web, page: Page, capsys: pytest.CaptureFixture[str]
) -> None:
    thinks(model, page)
    words = ["find", "harbour band six", "--rewrite", "--rerank", "--json", "-v", "-L", str(home)]
    assert run(words) == 0
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert told["hits"][0]["rank"] == 1
    assert len(told["notes"]) == 2
    assert KEY not in out + err


def test_without_a_model_there_is_an_answer_and_a_note(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["find", "harbour", "--rerank", "-L", str(home)]) == 0
    out, err = capsys.readouterr()
    assert "Harbour" in out
    assert "SONGKIN_LLM_URL" in err


def test_config_and_doctor_tell_of_the_model_and_hide_its_keys(
    home: Path, model: Web, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-open-s3cr3t")
    monkeypatch.setenv("SONGKIN_LLM_URL", model.url.replace("//", "//me:s3cr3t@") + "/v1")
    for words in (["config"], ["config", "--json"], ["doctor"], ["doctor", "--json"]):
        run([*words, "-L", str(home)])
        out, err = capsys.readouterr()
        assert "127.0.0.1" in out
        assert "s3cr3t" not in out + err
    assert not model.sent
    run(["doctor", "--ask-llm", "--json", "-L", str(home)])
    told = {finding["what"]: finding for finding in json.loads(capsys.readouterr().out)["findings"]}
    assert len(model.sent) == 1
    assert told["language model"]["what"] == "language model"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SONGKIN_LLM_KEY", "sk s3cr3t"),
        ("SONGKIN_LLM_KEY", "s3cr3t\nX-Evil: 1"),
        ("SONGKIN_LLM_KEY", "s3cr3t\udcff"),
        ("SONGKIN_LLM_MODEL", "tiny\udcff"),
        ("SONGKIN_LLM_URL", "http://[s3cr3t@x"),
        ("SONGKIN_LLM_URL", "http://me:s3cr3t@x:port"),
        ("SONGKIN_LLM_URL", "localhost:11434"),
        ("SONGKIN_LLM_SECONDS", "0"),
        ("SONGKIN_LLM_CANDIDATES", "31"),
    ],
)
def test_settings_that_cannot_be_are_refused_without_showing_a_secret(
    home: Path, name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, value)
    assert run(["find", "harbour", "-L", str(home)]) == 1
    out, err = capsys.readouterr()
    assert name.removeprefix("SONGKIN_").lower() in err
    assert "s3cr3t" not in out + err
