"""Settings: which one wins, what is refused, what is never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from songkin import config
from songkin.errors import ConfigError


def test_flags_beat_the_environment_which_beats_dotenv_which_beats_the_file_which_beats_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "config.toml"
    file.write_text('profile = "quick"\nworkers = 3\nmax_hours = 2\nnice = true\n')
    (tmp_path / ".env").write_text("SONGKIN_WORKERS=4\nSONGKIN_MAX_HOURS=3\nSONGKIN_NICE=no\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SONGKIN_CONFIG", str(file))
    found = config.load({"nice": True, "workers": None}, {"SONGKIN_MAX_HOURS": "4", "SONGKIN_NICE": "no"})
    assert (found.file_seconds, found.profile, found.workers, found.max_hours, found.nice) == (60, "quick", 4, 4, True)
    assert found.origins["file_seconds"] == "default"
    assert found.origins["profile"] == str(file)
    assert found.origins["workers"] == ".env (SONGKIN_WORKERS)"
    assert found.origins["max_hours"] == "environment (SONGKIN_MAX_HOURS)"
    assert found.origins["nice"] == "flag"


@pytest.mark.parametrize("name", ["SONGKIN_QDRANT_URL", "QDRANT_URL", "QDB_ENDPOINT"])
def test_the_server_is_known_under_three_names(name: str) -> None:
    assert config.load(environ={name: "http://localhost:6333/"}).qdrant_url == "http://localhost:6333"


def test_a_secret_is_never_shown() -> None:
    found = config.load(environ={"QDRANT_API_KEY": "s3cr3t-key"})
    assert found.qdrant_api_key == "s3cr3t-key"
    assert "s3cr3t" not in repr(found.shown())
    assert ("qdrant_api_key", "(set)", "environment (QDRANT_API_KEY)") in found.shown()


def test_a_password_inside_an_address_is_never_shown() -> None:
    found = config.load(environ={"QDRANT_URL": "https://user:s3cr3t@host:6333"})
    assert "s3cr3t" not in repr(found.shown())
    assert "host:6333" in repr(found.shown())
    with pytest.raises(ConfigError) as caught:
        config.load(environ={"QDRANT_URL": "user:s3cr3t@host"})
    assert "s3cr3t" not in caught.value.message


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("SONGKIN_PROFILE", "loud", "quick, default, full"),
        ("SONGKIN_WORKERS", "many", "workers"),
        ("SONGKIN_WORKERS", "-1", "at least 0"),
        ("SONGKIN_QDRANT_URL", "localhost:6333", "http://"),
        ("SONGKIN_NICE", "perhaps", "yes or no"),
    ],
)
def test_a_bad_value_is_one_line_that_names_setting_and_origin(variable: str, value: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config.load(environ={variable: value})
    assert variable in caught.value.message
    assert told in caught.value.message
    assert caught.value.remedy


def test_a_broken_config_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "config.toml"
    monkeypatch.setenv("SONGKIN_CONFIG", str(file))
    file.write_text("profile = ")
    with pytest.raises(ConfigError, match="cannot be read"):
        config.load()
    file.write_text("colour = 'red'")
    with pytest.raises(ConfigError, match="colour"):
        config.load()
