"""Settings: the config file, ``.env`` and the environment."""

from __future__ import annotations

import os
from contextlib import chdir
from pathlib import Path

from fuzz import scratch
from songkin import config
from songkin.errors import ConfigError


def one(data: bytes) -> None:
    """The first byte says where the rest stands."""
    kind, text = (data[0] % 3 if data else 0), data[1:]
    place = scratch("settings/config.toml")
    dotenv = place.with_name(".env")
    for path, wanted in ((place, 0), (dotenv, 1)):
        path.unlink(missing_ok=True)
        if kind == wanted:
            path.write_bytes(text)
    environ = {}
    if kind == 2:
        lines = (line.partition("=") for line in os.fsdecode(text).replace("\0", "").splitlines())
        environ = {name: value for name, _, value in lines}
    before = os.environ.get("SONGKIN_CONFIG")
    os.environ["SONGKIN_CONFIG"] = str(place)
    try:
        with chdir(place.parent):
            sensible(config.load(None, environ))
    except ConfigError as error:
        assert error.message
        assert error.remedy
    finally:
        if before is None:
            del os.environ["SONGKIN_CONFIG"]
        else:
            os.environ["SONGKIN_CONFIG"] = before


def sensible(found: config.Config) -> None:
    """What the rest of songkin trusts in."""
    assert isinstance(found.library, Path)
    assert found.library.is_absolute()
    assert "\0" not in str(found.library)
    assert found.workers >= 0
    assert 0 < found.max_hours < float("inf")
    assert 1 <= found.file_seconds < float("inf")
    assert 0 <= found.lock_seconds < float("inf")
    assert found.profile in {"quick", "default", "full"}
    secret = found.qdrant_api_key
    shown = {name: (value, origin) for name, value, origin in found.shown()}
    assert shown["qdrant_api_key"][0] == ("(set)" if secret else "(not set)")


def seeds() -> list[bytes]:
    """Every setting in each of the three forms."""
    values = {
        "library": "~/music",
        "cache": "models",
        "qdrant_url": "http://me:secret@host:6333",
        "qdrant_api_key": "key",
        "qdrant_grpc": "yes",
        "qdrant_timeout": "5",
        "profile": "quick",
        "workers": "2",
        "worker_memory_mb": "512",
        "file_seconds": "10.5",
        "max_hours": "2",
        "nice": "on",
        "offline": "true",
        "lock_seconds": "1",
    }
    toml = "\n".join(f'{name} = "{value}"' for name, value in values.items())
    lines = "\n".join(f"SONGKIN_{name.upper()}={value}" for name, value in values.items())
    typed = 'workers = 3\nmax_hours = inf\nnice = true\nprofile = ["quick"]\nlibrary = 1979-05-27\n[table]\na = 1'
    return [b"\0" + toml.encode(), b"\0" + typed.encode(), b"\1" + lines.encode(), b"\2" + lines.encode()]
