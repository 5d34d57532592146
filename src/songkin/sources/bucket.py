"""Sound files in a bucket of Amazon S3 or of anything that speaks like it (MinIO, Garage, Ceph, R2 …): ``s3://NAME/PREFIX``.

The bucket may be private. Credentials come from where other programs find them: the environment (``AWS_ACCESS_KEY_ID``,
``AWS_SECRET_ACCESS_KEY``, ``AWS_SESSION_TOKEN``, ``AWS_REGION``, ``AWS_ENDPOINT_URL``), else the profile ``AWS_PROFILE``
of ``~/.aws/credentials`` and ``~/.aws/config``, else what the machine itself is given in Amazon's cloud.
``AWS_SKIP_SIGNATURE=true`` reads a public bucket without any. They never leave memory: a song's path is ``s3://NAME/KEY``,
and whoever is to play it gets an address that expires (``presigned``).

An object's size and ETag, as the listing has them, tell whether it must be fetched again. A prefix ends where a folder
would: ``s3://name/rock`` holds ``rock/a.mp3`` and not ``rockabilly/b.mp3``. Needs ``pip install "songkin[s3]"``.
"""

from __future__ import annotations

import configparser
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from songkin.audio import EXTENSIONS
from songkin.errors import SourceError, Unreachable
from songkin.fetching import Facts, Rules, keep
from songkin.records import Records, Song
from songkin.sources.found import SoundFile, Unreadable
from songkin.sources.given import Given, Options

if TYPE_CHECKING:
    from obstore.store import S3Store

KIND: Final = "bucket"
LONGEST: Final = 7 * 24 * 3600
"""Seconds that a signed address may live; S3 takes no more."""
_USUAL: Final = Rules()
_SCHEME: Final = "s3://"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]")
_SECONDS: Final = 30.0
_VARIABLES: Final = {
    "access_key_id": "aws_access_key_id",
    "secret_access_key": "aws_secret_access_key",
    "session_token": "aws_session_token",
    "region": "region",
    "endpoint": "endpoint_url",
}
"""Settings of obstore, by the names that the shared files have for them."""


def is_address(path: str) -> bool:
    """Whether ``path`` names a bucket, or something in one."""
    return path[:5].lower() == _SCHEME


def checked(address: str) -> str:
    """``s3://NAME/PREFIX`` in its one spelling, without a slash at its end. Raises ``SourceError`` where it is none."""
    name, key = _split(address)
    return f"{_SCHEME}{name}/{key}".rstrip("/")


def owns(given: Given) -> bool:
    """Whether it is the address of a bucket."""
    return is_address(given.path)


def read(given: Given, _options: Options) -> Records:
    """A ``Song`` for each sound file in the bucket. Raises ``SourceError``."""
    for item in walk([checked(given.path)], _USUAL):
        if isinstance(item, SoundFile):
            stem = os.path.splitext(item.path.rpartition("/")[2])[0]
            yield Song(key=item.path, title=stem, url=item.path, placeholder=True)


def walk(addresses: Sequence[str], rules: Rules) -> Iterator[SoundFile | Unreadable]:
    """The sound files below each address, in the order of their keys; an address of one file gives that. Raises
    ``SourceError`` where a bucket cannot be listed."""
    for address in addresses:
        name, prefix = _split(address)
        root = checked(address)
        with _told(address, rules) as obstore:
            store = _store(name, rules)
            if os.path.splitext(prefix)[1].lower() in EXTENSIONS:
                yield _one(obstore, store, root, name, prefix)
                continue
            found = [about for some in obstore.list(store, prefix or None, chunk_size=1000) for about in some]
        for about in sorted(found, key=lambda about: str(about["path"])):
            if _is_sound(about):
                yield _item(about, name, root)


def fetch(address: str, file: BinaryIO, rules: Rules) -> Facts:
    """Write an object into ``file``. Raises ``Unreachable``."""
    name, key = _split(address)
    deadline = time.monotonic() + rules.seconds
    with _told(address, rules) as obstore:
        answer = obstore.get(_store(name, rules), key)
        size = int(answer.meta["size"])
        got = 0
        for block in answer.stream(min_chunk_size=1 << 20):
            got += len(block)
            if max(size, got) > rules.max_bytes:
                raise _trouble(
                    address,
                    f"is larger than {rules.max_bytes / (1 << 20):,.0f} MB",
                    "Allow more with SONGKIN_FETCH_MB.",
                )
            if time.monotonic() > deadline:
                raise TimeoutError
            keep(file, memoryview(block))
        if got != size:
            raise _trouble(address, f"broke off after {got:,} of {size:,} bytes", "Try again.")
        return Facts(size=size, etag=str(answer.meta["e_tag"] or ""))


def presigned(address: str, seconds: float) -> str:
    """A web address that plays an object without credentials until ``seconds`` from now. It is a secret while it
    lives: hand it to a player and keep it nowhere. Raises ``SourceError``."""
    name, key = _split(address)
    if not 1 <= seconds <= LONGEST:
        raise SourceError(f"A signed address cannot live for {seconds:g} seconds.", remedy=f"Choose 1 to {LONGEST:,}.")
    with _told(address, _USUAL) as obstore:
        return str(obstore.sign(_store(name, _USUAL), "GET", key, timedelta(seconds=seconds)))


# Inside ----------------------------------------------------------------------------------------------------------


def _split(address: str) -> tuple[str, str]:
    name, _, key = address[len(_SCHEME) :].partition("/")
    if not is_address(address) or not _NAME.fullmatch(name) or not key.isprintable():
        shown = "".join(c if c.isprintable() else "?" for c in address.rpartition("@")[2])[:100]
        raise SourceError(f"{shown} is no address of a bucket.", remedy="Write it as s3://NAME or s3://NAME/PREFIX.")
    return name, key.strip("/")


def _is_sound(about: Mapping[str, Any]) -> bool:
    base = str(about["path"]).rpartition("/")[2]
    return not base.startswith(".") and os.path.splitext(base)[1].lower() in EXTENSIONS


def _item(about: Mapping[str, Any], name: str, root: str) -> SoundFile:
    size = int(about["size"])
    version = Facts(size=size, etag=str(about["e_tag"] or about["last_modified"])).version
    return SoundFile(f"{_SCHEME}{name}/{about['path']}", root, size, version)


def _one(obstore: Any, store: S3Store, root: str, name: str, key: str) -> SoundFile | Unreadable:
    try:
        about = obstore.head(store, key)
    except FileNotFoundError:
        return Unreadable(root, "is not there", "Check the address.", gone=True)
    return _item(about, name, root.rpartition("/")[0])


def _store(name: str, rules: Rules) -> S3Store:
    from obstore.store import S3Store

    settings = _settings()
    plain = settings.get("endpoint", os.environ.get("AWS_ENDPOINT_URL", "")).startswith("http://")
    return S3Store(
        name,
        config=settings,  # type: ignore[arg-type] # names and texts, as the type has them one by one
        client_options={
            "allow_http": plain,
            "connect_timeout": timedelta(seconds=_SECONDS),
            "read_timeout": timedelta(seconds=_SECONDS),
            "timeout": timedelta(seconds=rules.seconds),
            "user_agent": "songkin",
        },
        retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=_SECONDS)},
    )


def _settings() -> dict[str, str]:
    """What the shared files of Amazon's programs say, where the environment does not."""
    profile = os.environ.get("AWS_PROFILE") or "default"
    found: dict[str, str] = {}
    for variable, usual, section in (
        ("AWS_CONFIG_FILE", "~/.aws/config", profile if profile == "default" else f"profile {profile}"),
        ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials", profile),
    ):
        parser = configparser.RawConfigParser()
        path = Path(os.environ.get(variable) or usual).expanduser()
        try:
            parser.read_string(path.read_text("utf-8"))
        except FileNotFoundError:
            continue
        except (OSError, ValueError, configparser.Error) as error:  # the error's own text could show a key
            raise SourceError(
                f"{path} cannot be read ({type(error).__name__}).", remedy=f"Mend it, or name another with {variable}."
            ) from None
        if parser.has_section(section):
            found.update(parser.items(section))
    chosen = {ours: found[theirs] for ours, theirs in _VARIABLES.items() if found.get(theirs)}
    if os.environ.get("AWS_ACCESS_KEY_ID"):  # a pair of keys is of one place, never half of each
        for part in ("access_key_id", "secret_access_key", "session_token"):
            chosen.pop(part, None)
    for part, variables in (("region", ("AWS_REGION", "AWS_DEFAULT_REGION")), ("endpoint", ("AWS_ENDPOINT_URL",))):
        if named := next((os.environ[variable] for variable in variables if os.environ.get(variable)), ""):
            chosen[part] = named
    return chosen


@contextmanager
def _told(address: str, rules: Rules) -> Iterator[Any]:
    """obstore, and what it raises told in one line. Its own texts hold addresses and answers: they are not shown."""
    if rules.offline:
        raise _trouble(address, "was not asked for, for songkin is offline", "Switch the setting offline off.")
    try:
        import obstore
        from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
    except ImportError:
        raise SourceError(
            "Buckets need a library that is not installed.", remedy='Install it with `pip install "songkin[s3]"`.'
        ) from None
    try:
        yield obstore
    except FileNotFoundError:
        raise _trouble(address, "is not there", "Check the name of the bucket and what follows.", gone=True) from None
    except (PermissionDeniedError, UnauthenticatedError):
        raise _trouble(
            address, "may not be read with these credentials", "Check the key, its secret and its rights."
        ) from None
    except TimeoutError:
        raise _trouble(
            address, f"was not there in full after {rules.seconds:g} seconds", "Allow more with SONGKIN_FETCH_SECONDS."
        ) from None
    except BaseError as error:
        raise _trouble(address, *_guessed(str(error), rules)) from None


def _guessed(text: str, rules: Rules) -> tuple[str, str]:
    """What an error is about whose kind does not say it."""
    if odd := re.search(r'invalid path: .*?"([^"]{1,200})"', text):
        return (
            f"holds a key that cannot be read ({odd[1]!r}), so it is not listed at all",
            "Rename that object, or name a prefix that it does not lie below.",
        )
    if "NoSuchBucket" in text:
        return "is in a bucket that does not exist", "Check its name, its region (AWS_REGION) and AWS_ENDPOINT_URL."
    if "169.254." in text or "credentials" in text:
        return (
            "needs credentials, and none were found",
            "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.",
        )
    if "403 Forbidden" in text or "401 Unauthorized" in text:
        return "may not be read with these credentials", "Check the key, its secret and its rights."
    if "timed out" in text or "timeout" in text.partition("retry_timeout")[0]:
        return f"was not there in full after {rules.seconds:g} seconds", "Allow more with SONGKIN_FETCH_SECONDS."
    return "cannot be reached", "Check the network, the region (AWS_REGION) and AWS_ENDPOINT_URL."


def _trouble(address: str, what: str, remedy: str, *, gone: bool = False) -> Unreachable:
    return Unreachable(f"{address[:200]} {what}.", remedy=remedy, what=what, gone=gone)
