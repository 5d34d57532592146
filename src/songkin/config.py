"""Settings, and where each came from: defaults < config file < ``.env`` < environment < flags.

A setting is one row of ``SETTINGS``. Secrets are never shown, only whether they are set.
"""

from __future__ import annotations

import math
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import platformdirs

from songkin.errors import ConfigError
from songkin.models import PROFILES, Profile

_HOST: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-_:[]")
_USER: Final = re.compile(r"://[^/@]*@")
"""A name and a password inside an address."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: how it is read, its default, the environment variables that carry it, what it is for."""

    name: str
    parse: Callable[[str], Any]
    default: Any
    help: str
    aliases: tuple[str, ...] = ()
    secret: bool = False

    @property
    def variables(self) -> tuple[str, ...]:
        return (f"SONGKIN_{self.name.upper()}", *self.aliases)


@dataclass(frozen=True, slots=True)
class Config:
    """The effective settings of one run. ``origins`` tells for each name where its value was found."""

    library: Path
    cache: Path
    qdrant_url: str
    qdrant_api_key: str
    qdrant_grpc: bool
    qdrant_timeout: int
    profile: Profile
    workers: int
    worker_memory_mb: int
    file_seconds: float
    max_hours: float
    nice: bool
    offline: bool
    allow_private: bool
    fetch_mb: int
    fetch_seconds: float
    spotify_client_id: str
    spotify_client_secret: str
    llm_url: str
    llm_model: str
    llm_key: str
    openai_api_key: str
    gemini_api_key: str
    llm_seconds: float
    llm_candidates: int
    lock_seconds: float
    text_encoder: str
    upload_mb: int
    serve_hosts: tuple[str, ...]
    serve_origins: tuple[str, ...]
    origins: Mapping[str, str]

    def shown(self) -> list[tuple[str, str, str]]:
        """(name, value, origin) of every setting, secrets masked."""
        rows = []
        for setting in SETTINGS:
            value = getattr(self, setting.name)
            value = ", ".join(value) if isinstance(value, tuple) else value
            text = ("(set)" if value else "(not set)") if setting.secret else _USER.sub("://(hidden)@", str(value))
            rows.append((setting.name, text, self.origins[setting.name]))
        return rows


def _flag(text: str) -> bool:
    word = text.strip().lower()
    if word in {"1", "true", "yes", "on"}:
        return True
    if word in {"", "0", "false", "no", "off"}:
        return False
    raise ValueError("say yes or no")


def _profile(text: str) -> Profile:
    for profile in PROFILES:
        if text == profile:
            return profile
    raise ValueError(f"choose one of {', '.join(PROFILES)}")


def _at_least(low: float, kind: Callable[[str], Any], most: float = math.inf) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        try:
            value = kind(text)
        except ValueError:
            raise ValueError("it must be a whole number" if kind is int else "it must be a number") from None
        if not low <= value < math.inf:  # no for NaN too
            raise ValueError(f"it must be at least {low:g}")
        if value > most:
            raise ValueError(f"it must be at most {most:g}")
        return value

    return parse


def _key(text: str) -> str:
    key = text.strip()
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise ValueError("no key holds blanks and such signs")
    return key


def _name(text: str) -> str:
    if not text.isprintable() or len(text) > 200:
        raise ValueError("no model is called so")
    return text.strip()


def _words(text: str) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(word.lower() for word in text.replace(",", " ").split()))
    if any(set(word) - _HOST for word in words):
        raise ValueError("no host is called so")
    return words


def _origins(text: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(word.rstrip("/") for word in text.replace(",", " ").split()))
    for each in found:
        parts = urlsplit(each)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query or "@" in each:
            raise ValueError("a site is written like https://music.example")
    return found


def _path(text: str) -> Path:
    if "\0" in text:
        raise ValueError("no path holds a NUL character")
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError as error:
        raise ValueError("there is no such user") from error


def _url(text: str) -> str:
    if text and not text.startswith(("http://", "https://")):
        raise ValueError("it must start with http:// or https://")
    return text.rstrip("/")


def _server(text: str) -> str:
    try:
        urlsplit(text).port  # noqa: B018 - raises where there is none of that number
    except ValueError:
        raise ValueError("it is no address") from None
    return _url(text)


SETTINGS: Final = (
    Setting("library", _path, None, "the library's folder (catalog and search index)"),
    Setting("cache", _path, None, "where model weights are kept"),
    Setting(
        "qdrant_url", _url, "", "a Qdrant server; empty: the engine inside songkin", ("QDRANT_URL", "QDB_ENDPOINT")
    ),
    Setting("qdrant_api_key", str, "", "its key", ("QDRANT_API_KEY", "QDB_API_TOKEN"), secret=True),
    Setting("qdrant_grpc", _flag, False, "speak gRPC with the server"),
    Setting("qdrant_timeout", _at_least(1, int), 30, "seconds to wait for the server"),
    Setting("profile", _profile, "default", "how much of each song is heard: quick, default or full"),
    Setting("workers", _at_least(0, int), 0, "processes that listen; 0: one per core"),
    Setting("worker_memory_mb", _at_least(256, int), 3072, "memory one file may take, in MB"),
    Setting("file_seconds", _at_least(1, float), 60.0, "seconds one file may take, beside a tenth of its length"),
    Setting("max_hours", _at_least(0.01, float), 6.0, "longest file that is taken"),
    Setting("nice", _flag, False, "leave the machine to others while indexing"),
    Setting("offline", _flag, False, "never fetch anything"),
    Setting("allow_private", _flag, False, "fetch from this machine and from private networks too"),
    Setting("fetch_mb", _at_least(1, int), 1024, "largest file that is fetched, in MB"),
    Setting("fetch_seconds", _at_least(1, float), 600.0, "seconds that fetching one file may take"),
    Setting("spotify_client_id", str, "", "your own access to Spotify's API", ("SPOTIPY_CLIENT_ID",)),
    Setting("spotify_client_secret", str, "", "its secret", ("SPOTIPY_CLIENT_SECRET",), secret=True),
    Setting("llm_url", _server, "", "a language model's server, like http://localhost:11434/v1; empty: none is asked"),
    Setting("llm_model", _name, "", "the name of the model there"),
    Setting("llm_key", _key, "", "its key", secret=True),
    Setting("openai_api_key", _key, "", "a key that goes to api.openai.com alone", ("OPENAI_API_KEY",), secret=True),
    Setting("gemini_api_key", _key, "", "a key that goes to Google's API alone", ("GEMINI_API_KEY",), secret=True),
    Setting("llm_seconds", _at_least(0.1, float), 30.0, "seconds that the model may take for one answer"),
    Setting("llm_candidates", _at_least(2, int, most=30), 30, "songs that it puts in order, 30 at most"),
    Setting("lock_seconds", _at_least(0, float), 5.0, "seconds to wait for another songkin process"),
    Setting("text_encoder", _name, "minilm", "what reads names and words: minilm, owner/name of the hub, or a folder"),
    Setting("upload_mb", _at_least(1, int, most=4096), 64, "largest recording or file that is uploaded, in MB"),
    Setting("serve_hosts", _words, (), "names besides localhost by which `songkin serve` may be called"),
    Setting("serve_origins", _origins, (), "other sites whose pages may ask `songkin serve` (CORS), https://…"),
)


def config_file() -> Path:
    """The user's config file (it need not exist); ``SONGKIN_CONFIG`` names another."""
    named = os.environ.get("SONGKIN_CONFIG")
    return _path(named) if named else Path(platformdirs.user_config_dir("songkin", appauthor=False)) / "config.toml"


def load(flags: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None) -> Config:
    """The effective settings. ``flags`` are values from the command line (None: not given).

    Raises ``ConfigError`` naming the setting, where it was found, and what would do.
    """
    found: dict[str, tuple[str, str]] = {}
    path = config_file()
    found.update({name: (text, str(path)) for name, text in _from_file(path).items()})
    found.update(_from_variables(_dotenv(Path(".env")), ".env"))
    found.update(_from_variables(os.environ if environ is None else environ, "environment"))
    found.update({name: (str(value), "flag") for name, value in (flags or {}).items() if value is not None})
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for setting in SETTINGS:
        values[setting.name], origins[setting.name] = _value(setting, found.get(setting.name))
    return Config(**values, origins=origins)


def _value(setting: Setting, found: tuple[str, str] | None) -> tuple[Any, str]:
    if found is None:
        return _default(setting), "default"
    text, origin = found
    try:
        return setting.parse(text), origin
    except ValueError as error:
        shown = "its value" if setting.secret or "@" in text else repr(text)
        raise ConfigError(
            f"The setting {setting.name} cannot be {shown} ({origin}): {error}.",
            remedy=f"The setting is {setting.help}.",
        ) from None


def _default(setting: Setting) -> Any:
    if setting.name == "library":
        return Path(platformdirs.user_data_dir("songkin", appauthor=False))
    if setting.name == "cache":
        return Path(platformdirs.user_cache_dir("songkin", appauthor=False)) / "models"
    return setting.default


def _from_file(path: Path) -> dict[str, str]:
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"The config file {path} cannot be read: {error}.", remedy="Mend it, or name another with SONGKIN_CONFIG."
        ) from None
    names = {setting.name for setting in SETTINGS}
    unknown = sorted(set(table) - names)
    if unknown:
        raise ConfigError(
            f"The config file {path} has unknown settings: {', '.join(unknown)}.",
            remedy="`songkin config` lists all settings.",
        )
    return {name: str(value) for name, value in table.items()}


def _dotenv(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    import io

    from dotenv import dotenv_values

    try:
        text = path.read_text("utf-8", "surrogateescape")  # as the environment itself comes: it need not be text
    except OSError as error:
        raise ConfigError(
            f"The file {path.absolute()} cannot be read: {error.strerror}.", remedy="Make it readable, or remove it."
        ) from None
    found = dotenv_values(stream=io.StringIO(text), interpolate=False)
    return {name: value for name, value in found.items() if value is not None}


def _from_variables(variables: Mapping[str, str], origin: str) -> dict[str, tuple[str, str]]:
    found = {}
    for setting in SETTINGS:
        for variable in setting.variables:
            if variable in variables:
                found[setting.name] = (variables[variable], f"{origin} ({variable})")
                break
    return found
