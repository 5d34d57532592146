"""Buckets on moto's S3 server on loopback, which checks keys and signatures as Amazon's does (but not their age)."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
import socket
import urllib.error
import urllib.request
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from libraries import index, library_at
from songkin.errors import SourceError, Unreachable
from songkin.fetching import Rules
from songkin.library import Library
from songkin.models import track_id
from songkin.records import Song
from songkin.sources import bucket
from songkin.sources.found import SoundFile, Unreadable
from songkin.sources.given import Given, Options
from soundfiles import sound_file, tune

pytest.importorskip("obstore", reason="buckets need obstore")
pytest.importorskip("moto", reason="there is no S3 server to try them on")

RULES = Rules(seconds=20)


@dataclass
class Bucket:
    """An S3 server with one bucket called ``music``."""

    url: str
    client: Any
    key: str
    secret: str

    def put(self, name: str, body: bytes) -> None:
        self.client.put_object(Bucket="music", Key=name, Body=body)

    def tune(self, folder: Path, name: str, seed: int) -> None:
        made = sound_file(folder / f"made{os.path.splitext(name)[1]}", tune(2, seed=seed), {"title": f"Tune {seed}"})
        self.put(name, Path(made).read_bytes())


def refuse_strangers(url: str, after: int = 0) -> None:
    """Have moto check keys and signatures, after so many more requests."""
    order = urllib.request.Request(f"{url}/moto-api/reset-auth", str(after).encode(), {"Content-Type": "text/plain"})
    urllib.request.urlopen(order).close()


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, Any, str, str]]:
    """moto's server with one user who may do all; whoever else asks is refused."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import boto3
        from moto.server import ThreadedMotoServer

        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        running.start()
        url = f"http://127.0.0.1:{running.get_host_and_port()[1]}"
        usual = {
            "region_name": "us-east-1",
            "endpoint_url": url,
            "aws_access_key_id": "x",
            "aws_secret_access_key": "x",
        }
        iam = boto3.client("iam", **usual)
        allowed = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
        iam.create_user(UserName="anna")
        iam.put_user_policy(
            UserName="anna",
            PolicyName="all",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}),
        )
        pair = iam.create_access_key(UserName="anna")["AccessKey"]
        refuse_strangers(url)
        key, secret = pair["AccessKeyId"], pair["SecretAccessKey"]
        usual.update(aws_access_key_id=key, aws_secret_access_key=secret)
        client = boto3.client("s3", **usual)
        try:
            yield url, client, key, secret
        finally:
            client.close()
            iam.close()
            running.stop()


@pytest.fixture
def music(server: tuple[str, Any, str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Bucket]:
    """An empty bucket, and the environment that leads to it."""
    url, client, key, secret = server
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    client.create_bucket(Bucket="music")
    yield Bucket(url, client, key, secret)
    while some := client.list_objects_v2(Bucket="music").get("Contents", []):
        client.delete_objects(Bucket="music", Delete={"Objects": [{"Key": about["Key"]} for about in some]})
    client.delete_bucket(Bucket="music")


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with library_at(tmp_path / "library") as opened:
        yield opened


def listed(address: str) -> list[str]:
    found = list(bucket.walk([address], RULES))
    assert all(isinstance(item, SoundFile) for item in found)
    return [item.path for item in found]


def refused(address: str = "s3://music", rules: Rules = RULES) -> str:
    with pytest.raises(SourceError) as caught:
        list(bucket.walk([address], rules))
    error = caught.value
    assert error.remedy
    assert "\n" not in error.message
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        assert not os.environ.get(variable) or os.environ[variable] not in error.message + error.remedy
    return error.message


def test_sound_files_below_a_prefix_are_listed_in_order_with_size_and_version(music: Bucket) -> None:
    for name in (
        "rock/b ü#?.mp3",
        "rock/a.FLAC",
        "rock/cover.jpg",
        "rock/.hidden.mp3",
        "rock/x/y.opus",
        "rockabilly/z.mp3",
        "top.ogg",
    ):
        music.put(name, b"x" * 7)
    assert listed("s3://music/rock") == [
        "s3://music/rock/a.FLAC",
        "s3://music/rock/b ü#?.mp3",
        "s3://music/rock/x/y.opus",
    ]
    assert listed("S3://music/rock/") == listed("s3://music/rock")
    assert len(listed("s3://music")) == 5
    assert listed("s3://music/empty") == []
    before = next(iter(bucket.walk(["s3://music/top.ogg"], RULES)))
    assert isinstance(before, SoundFile)
    assert (before.path, before.root, before.size) == ("s3://music/top.ogg", "s3://music", 7)
    music.put("top.ogg", b"y" * 7)
    after = next(iter(bucket.walk(["s3://music/top.ogg"], RULES)))
    assert isinstance(after, SoundFile)
    assert (after.size, after.mtime_ns != before.mtime_ns) == (7, True)


def test_more_objects_than_one_page_are_listed(music: Bucket) -> None:
    for n in range(1003):
        music.put(f"{n:04}.mp3", b"")
    assert len(listed("s3://music")) == 1003


def test_a_bucket_is_a_source_of_songs(music: Bucket) -> None:
    music.put("a.mp3", b"x")
    assert bucket.owns(Given("s3://music/"))
    assert list(bucket.read(Given("s3://music/"), Options())) == [
        Song(key="s3://music/a.mp3", title="a", url="s3://music/a.mp3", placeholder=True)
    ]


def test_a_bucket_is_indexed_once_and_no_copy_stays(library: Library, music: Bucket, tmp_path: Path) -> None:
    for n in range(3):
        music.tune(tmp_path, f"Band/Album/{n}.flac", n)
    assert index(library, "s3://music/").added == 3
    assert [track.path for track in library.tracks()] == [f"s3://music/Band/Album/{n}.flac" for n in range(3)]
    (first, *_) = library.tracks()
    assert (first.id, first.source, first.title) == (track_id(first.path), "bucket", "Tune 0")
    assert first.album == "Album"
    second = index(library, "s3://music")
    assert (second.unchanged, second.added, second.updated) == (3, 0, 0)
    assert not (tmp_path / "library" / "fetched").exists()
    assert library.track("s3://music/Band/Album/0.flac").id == first.id


def test_a_changed_object_is_heard_again_and_a_deleted_one_is_missing(
    library: Library, music: Bucket, tmp_path: Path
) -> None:
    for n in range(3):
        music.tune(tmp_path, f"{n}.flac", n)
    index(library, "s3://music")
    before = {track.path: track.id for track in library.tracks()}
    music.tune(tmp_path, "1.flac", 7)
    music.client.delete_object(Bucket="music", Key="2.flac")
    report = index(library, "s3://music")
    assert (report.unchanged, report.updated, report.missing) == (1, 1, 1)
    assert {track.path: track.id for track in library.tracks()} == before
    assert library.track("s3://music/1.flac").title == "Tune 7"
    assert index(library, "s3://music", prune=True).removed == 1


def test_an_empty_bucket_is_not_pruned_without_force(library: Library, music: Bucket, tmp_path: Path) -> None:
    music.tune(tmp_path, "a.flac", 1)
    index(library, "s3://music")
    music.client.delete_object(Bucket="music", Key="a.flac")
    report = index(library, "s3://music", prune=True)
    assert (report.removed, report.missing, len(report.notes) > 0) == (0, 1, True)


def test_a_renamed_object_keeps_its_id(library: Library, music: Bucket, tmp_path: Path) -> None:
    music.tune(tmp_path, "a.flac", 1)
    index(library, "s3://music")
    (before,) = library.tracks()
    music.client.delete_object(Bucket="music", Key="a.flac")
    music.tune(tmp_path, "b.flac", 1)
    assert index(library, "s3://music").updated == 1
    assert [(track.id, track.path) for track in library.tracks()] == [(before.id, "s3://music/b.flac")]


def test_one_object_that_is_not_there_is_told(music: Bucket) -> None:
    (found,) = bucket.walk(["s3://music/none.mp3"], RULES)
    assert isinstance(found, Unreadable)
    assert found.gone


def test_a_wrong_bucket_key_or_secret_is_told_in_a_line(music: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "does not exist" in refused("s3://no-such-bucket")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wr0ngwr0ng")
    assert "with these credentials" in refused()
    assert "with these credentials" in refused("s3://music/a.mp3")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAN0SUCH")
    assert "with these credentials" in refused()


def test_a_server_that_is_not_there_is_told_in_a_line(music: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    assert "cannot be reached" in refused()
    assert "offline" in refused(rules=Rules(offline=True))


def test_credentials_come_from_the_shared_files(music: Bucket, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    music.put("a.mp3", b"x")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name)
    (tmp_path / ".aws").mkdir()
    pair = "aws_access_key_id = {}\naws_secret_access_key = {}\n"
    (tmp_path / ".aws" / "credentials").write_text(
        "[default]\n" + pair.format("AKIAOTHER", "0ther") + "[home]\n" + pair.format(music.key, music.secret)
    )
    (tmp_path / ".aws" / "config").write_text(f"[profile home]\nregion = us-east-1\nendpoint_url = {music.url}\n")
    monkeypatch.setenv("AWS_PROFILE", "home")
    assert listed("s3://music") == ["s3://music/a.mp3"]
    monkeypatch.setenv("AWS_ENDPOINT_URL", music.url)
    monkeypatch.delenv("AWS_PROFILE")
    assert "with these credentials" in refused()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", music.key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", music.secret)
    assert listed("s3://music") == ["s3://music/a.mp3"]


def test_a_broken_shared_file_is_told_without_what_stands_in_it(music: Bucket, tmp_path: Path) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text("aws_secret_access_key = t0psecret\n")
    message = refused()
    assert "credentials" in message
    assert "t0psecret" not in message


@pytest.mark.parametrize(
    "address", ["s3://", "s3:///a", "s3://A_B!", "s3://x", "s3://key:secret@music/a", "s3://music/a\nb", "s3://a/../b"]
)
def test_what_is_no_address_of_a_bucket_is_refused(address: str) -> None:
    with pytest.raises(SourceError, match="is no address of a bucket") as caught:
        bucket.checked(address)
    assert "secret" not in caught.value.message


def test_a_key_that_is_no_path_is_named(music: Bucket) -> None:
    music.put("a//b.mp3", b"x")
    assert "'a//b.mp3'" in refused()


def test_an_object_over_the_cap_is_not_fetched(music: Bucket, tmp_path: Path) -> None:
    music.put("a.mp3", b"x" * 3_000_000)
    with (tmp_path / "out").open("wb") as file, pytest.raises(Unreachable, match="larger than 1 MB"):
        bucket.fetch("s3://music/a.mp3", file, Rules(max_bytes=1 << 20))
    assert (tmp_path / "out").stat().st_size == 0


def signature(link: str, secret: str) -> str:
    """What Amazon's rules make of a signed address: the signature that a server expects of it."""
    parts = urlsplit(link)
    fields = sorted(parse_qsl(parts.query))
    stamp = dict(fields)["X-Amz-Date"]
    scope = dict(fields)["X-Amz-Credential"].partition("/")[2]
    query = "&".join(f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in fields if k != "X-Amz-Signature")
    asked = "\n".join(["GET", parts.path, query, f"host:{parts.netloc}", "", "host", "UNSIGNED-PAYLOAD"])
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(asked.encode()).hexdigest()])
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()


def test_a_signed_address_plays_without_credentials_and_expires(music: Bucket) -> None:
    """moto serves signed addresses of any age; that this one's end is signed with it is checked by Amazon's rules."""
    music.put("a b.mp3", b"sound")
    link = bucket.presigned("s3://music/a b.mp3", 60)
    asked = dict(parse_qsl(urlsplit(link).query))
    assert asked["X-Amz-Expires"] == "60"
    began = datetime.strptime(asked["X-Amz-Date"] + "+0000", "%Y%m%dT%H%M%SZ%z")
    assert abs((datetime.now(UTC) - began).total_seconds()) < 60
    assert music.secret not in link
    assert signature(link, music.secret) == asked["X-Amz-Signature"]
    assert signature(link.replace("Expires=60", "Expires=600"), music.secret) != asked["X-Amz-Signature"]
    refuse_strangers(music.url, after=1_000_000)  # with checks on, moto breaks at signed addresses
    try:
        with urllib.request.urlopen(link) as answer:
            assert answer.read() == b"sound"
        with pytest.raises(urllib.error.HTTPError, match="403") as caught:
            urllib.request.urlopen(link.partition("?")[0])
        caught.value.close()
    finally:
        refuse_strangers(music.url)


@pytest.mark.parametrize("seconds", [0, -1, bucket.LONGEST + 1, float("nan"), float("inf")])
def test_a_signed_address_cannot_live_for_ever(seconds: float) -> None:
    with pytest.raises(SourceError, match="cannot live"):
        bucket.presigned("s3://music/a.mp3", seconds)
