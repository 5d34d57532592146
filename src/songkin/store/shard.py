"""The folder of an embedded search index: who holds it, how it is laid out, whether it is whole.

    FOLDER/lock, holder      taken before the engine opens anything; the holder's process id
    FOLDER/wanted            touched by who waits for the lock
    FOLDER/index/layout.json spaces and indexed fields, as they were asked for
    FOLDER/index/state.json  points, files and their checksums when it was last let go in good order
    FOLDER/index/shard/      the engine's own files

Why all this stands outside the engine: opening a shard twice breaks the next flush of the process that had it; a
missing or cut file is often replaced by an empty one without a word, which shows much later as songs that are never
found; a changed byte shows as wrong answers, or never; and the engine refuses to open a folder that it may not write to. ``index`` appears by one rename, so an
interrupted creation leaves nothing behind.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

import filelock

from songkin.errors import IndexDamaged, LibraryBusy, LibraryTooNew, SpaceMismatch, StoreError
from songkin.store.vectors import Layout, Space

FORMAT: Final = 2
REBUILD: Final = "Run `songkin reindex`: it makes the search index anew from the catalog."
RECREATE: Final = "Run `songkin reindex --recreate`: it makes the search index anew from the catalog."
ROOM_MB: Final = 32
"""Free space without which a copy of the index is opened, elsewhere."""
VERIFY_MB: Final = 64
"""An index with as much data or less is read whole at every opening (a tenth of a second at most). Of a larger one,
files are read whose time of change is another than when it was let go."""

_BLOCK: Final = 1 << 16
_KNOCK: Final = "wanted"
_KNOCKING: Final = 0.25
"""Seconds after which who waits for the index says so again."""
_RENEWED: Final = ("edge_config.json", "segment.json", "mutable_id_tracker.versions")
"""Files that the engine writes anew when a shard is opened or closed, even if only to read it."""


# Who holds it -------------------------------------------------------------------------------------------------------


def hold(folder: Path, wait: float) -> filelock.BaseFileLock:
    """Take the folder for this process, waiting at most ``wait`` seconds.

    Raises ``LibraryBusy`` naming the holder, ``StoreError`` where a lock cannot be had at all.
    """
    if folder.is_file():
        raise StoreError(
            f"{folder} is a file, and songkin keeps its search index in a folder of that name.",
            remedy="Move the file away, or choose another library with -L DIR.",
        )
    # Not bound to a thread: a server opens in one thread and closes in another.
    lock = filelock.FileLock(folder / "lock", thread_local=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _acquire(lock, folder, wait)
    except filelock.Timeout as error:
        raise LibraryBusy(
            f"The search index is in use by {_holder(folder)}.",
            remedy="Wait until it is done and try again, or stop it.",
        ) from error
    except (OSError, NotImplementedError) as error:
        raise StoreError(
            f"The search index in {folder} cannot be locked: {error}.",
            remedy="Keep the library in a folder of your own on a local disk.",
        ) from error
    try:
        (folder / "holder").write_text(str(os.getpid()))
    except OSError as error:
        lock.release()
        raise StoreError(
            f"{folder} cannot be written to: {error}.", remedy="Check its disk and permissions."
        ) from error
    return lock


def _acquire(lock: filelock.BaseFileLock, folder: Path, wait: float) -> None:
    """Take the lock, and knock as long as another holds it: who holds it between questions lets go then."""
    try:
        lock.acquire(timeout=0)
        return
    except filelock.Timeout:
        if wait <= 0:
            raise
    deadline = time.monotonic() + wait
    try:
        while True:
            (folder / _KNOCK).touch()
            left = deadline - time.monotonic()
            try:
                lock.acquire(timeout=max(0.0, min(_KNOCKING, left)), poll_interval=0.02)
                return
            except filelock.Timeout:
                if left <= _KNOCKING:
                    raise
    finally:
        with suppress(OSError):
            (folder / _KNOCK).unlink(missing_ok=True)


def wanted(folder: Path) -> bool:
    """Whether another waits for the index in ``folder``."""
    try:
        return time.time() - (folder / _KNOCK).stat().st_mtime < 4 * _KNOCKING
    except OSError:
        return False


def release(folder: Path, lock: filelock.BaseFileLock) -> None:
    """Let the folder go."""
    (folder / "holder").unlink(missing_ok=True)
    lock.release()


def _holder(folder: Path) -> str:
    try:
        pid = int((folder / "holder").read_text())
    except (OSError, ValueError):
        return "another process"
    return "this very process" if pid == os.getpid() else f"another process (id {pid})"


def writable(folder: Path) -> bool:
    """Whether this process may write to the index in ``folder``."""
    inner = (folder, folder / "lock", folder / "index", folder / "index" / "shard")
    return all(os.access(path, os.W_OK) for path in inner if path.exists())


def roomy(folder: Path) -> bool:
    """Whether the engine may open the index in ``folder`` where it lies: it maps files into memory, and a page that
    finds no place on the disk ends the process."""
    return shutil.disk_usage(folder).free >= ROOM_MB * 1_000_000 + growth(folder)


def growth(folder: Path) -> int:
    """Bytes by which the index in ``folder`` may grow when it is only looked at: on a disk in memory (tmpfs) the holes
    of files are filled then, elsewhere nothing is."""
    if not _in_memory(folder):
        return 0
    found = _files(folder / "index")
    return sum(max(0, about.st_size - about.st_blocks * 512) for _, about in found)


def _in_memory(folder: Path) -> bool:
    try:
        device = os.stat(folder).st_dev
        mounts = Path("/proc/self/mountinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return False
    here = f"{os.major(device)}:{os.minor(device)}"
    return any(line.split()[2] == here and line.partition(" - ")[2].startswith("tmpfs") for line in mounts)


def erase(folder: Path, *, wait: float = 5.0) -> None:
    """Remove the index, so that the next opening makes an empty one. Raises ``LibraryBusy``."""
    lock = hold(folder, wait)
    try:
        index = folder / "index"
        if index.is_file() or index.is_symlink():
            index.unlink()
        elif index.exists():
            shutil.rmtree(index)
    except OSError as error:
        raise StoreError(
            f"The search index cannot be removed: {error}.", remedy=f"Remove {folder / 'index'}."
        ) from error
    finally:
        release(folder, lock)


def copy(source: Path, target: Path) -> None:
    """Copy an index, leaving out zeros: the engine's files are large and mostly holes."""
    for path in sorted(source.rglob("*")):
        place = target / path.relative_to(source)
        if path.is_dir():
            place.mkdir(parents=True, exist_ok=True)
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        with path.open("rb") as old, place.open("wb") as new:
            for at, block in content(old):
                new.seek(at)
                new.write(block)
            new.truncate(old.seek(0, os.SEEK_END))


def content(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """(offset, bytes) of the blocks of a file that are not all zeros; holes are not even read."""
    at, size = 0, os.fstat(file.fileno()).st_size
    while at < size:
        at = _next_data(file, at, size)
        file.seek(at)
        block = file.read(_BLOCK - at % _BLOCK)
        if not block:
            return
        if block.count(0) != len(block):
            yield at, block
        at += len(block)


def _next_data(file: BinaryIO, at: int, size: int) -> int:
    """Where the next block with data begins, where the file system can tell; else ``at``."""
    if not hasattr(os, "SEEK_DATA"):
        return at
    try:
        return max(at, os.lseek(file.fileno(), at, os.SEEK_DATA) // _BLOCK * _BLOCK)
    except OSError as error:
        return size if error.errno == errno.ENXIO else at  # ENXIO: a hole up to the end


# How it is laid out ---------------------------------------------------------------------------------------------------


def write_layout(index: Path, layout: Layout) -> None:
    """Note spaces and fields beside the shard."""
    spaces = [asdict(space) for space in layout.spaces]
    _write(index / "layout.json", {"format": FORMAT, "spaces": spaces, "fields": dict(layout.fields)})


def read_layout(index: Path, collection: str) -> Layout:
    """The layout noted beside the shard. Raises ``IndexDamaged``, ``LibraryTooNew``."""
    noted = _read(index / "layout.json")
    version = noted.get("format")
    if isinstance(version, int) and version > FORMAT:
        raise LibraryTooNew("The search index was made by a newer songkin.", remedy="Update songkin.")
    if version != FORMAT:
        raise damaged(index, "it was made by an older songkin")
    try:
        spaces = tuple(Space(**space) for space in noted["spaces"])
        return Layout(collection, spaces, dict(noted["fields"]))
    except (KeyError, TypeError, ValueError) as error:
        raise damaged(index, "its layout cannot be read") from error


def join(stored: Layout, wanted: Layout) -> Layout:
    """Both layouts in one. What is stored and no longer wanted stays: it does no harm.

    Raises ``SpaceMismatch`` where a space has another size or distance now, or a field another kind.
    """
    spaces = {space.name: space for space in stored.spaces}
    for space in wanted.spaces:
        old = spaces.setdefault(space.name, space)
        if old != space:
            raise SpaceMismatch(
                f"{space.name} is stored as {describe(old)} and wanted as {describe(space)}.", remedy=RECREATE
            )
    fields = dict(stored.fields)
    for name, kind in wanted.fields.items():
        if fields.setdefault(name, kind) != kind:
            raise SpaceMismatch(f"{name} is indexed as {fields[name]} and wanted as {kind}.", remedy=RECREATE)
    return Layout(wanted.collection, tuple(spaces.values()), fields)


def describe(space: Space) -> str:
    """A space's kind in words."""
    return "sparse vectors" if space.sparse else f"{space.dim} numbers by {space.distance}"


# Whether it is whole --------------------------------------------------------------------------------------------------


class Seen(NamedTuple):
    """What a file was like: its size in bytes, when it was changed, and a checksum of its bytes."""

    size: int
    mtime_ns: int
    sum: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """``clean``: it was let go in good order; then points and files must be as noted. Not clean and not ``written``: a
    process holds it, or was killed, that only read; then all but a few files must be as noted. Not clean and
    ``written``: its files must be there, and the engine's log brings back what they lack.

    ``stamp`` tells which state of the catalog it was made from.
    """

    clean: bool
    points: int = 0
    files: Mapping[str, Seen] = field(default_factory=dict)
    written: bool = False
    stamp: str = ""


def inventory(index: Path) -> dict[str, Seen]:
    """The engine's files by their path, without checksums."""
    return {name: Seen(about.st_size, about.st_mtime_ns) for name, about in _files(index)}


def survey(index: Path, known: Mapping[str, Seen]) -> dict[str, Seen]:
    """The engine's files with checksums; files of the size and time ``known`` are not read again."""
    found = {}
    for name, seen in inventory(index).items():
        old = known.get(name)
        same = old is not None and old[:2] == seen[:2]
        found[name] = old if old is not None and same else seen._replace(sum=checksum(index / "shard" / name))
    return found


def checksum(path: Path) -> int:
    """CRC-32 of the blocks of a file that are not all zeros, and of where they stand: a hole counts as zeros."""
    found = 0
    with path.open("rb") as file:
        for at, block in content(file):
            found = zlib.crc32(block, zlib.crc32(at.to_bytes(8, "little"), found))
    return found


def _files(index: Path) -> Iterator[tuple[str, os.stat_result]]:
    """The engine's files; one that another process takes away meanwhile is passed over."""
    shard = index / "shard"
    for folder, _, names in os.walk(shard):
        for name in names:
            path = Path(folder, name)
            with suppress(FileNotFoundError):
                yield path.relative_to(shard).as_posix(), path.stat()


def write_state(index: Path, state: State) -> None:
    """Note the state of the shard."""
    _write(index / "state.json", asdict(state))


def read_state(index: Path) -> State:
    """The state noted last, compared with the files. Raises ``IndexDamaged`` for a file that is gone or another."""
    noted = _read(index / "state.json")
    try:
        files = {str(name): Seen(*map(int, seen)) for name, seen in noted["files"].items()}
        state = State(
            bool(noted["clean"]), int(noted["points"]), files, bool(noted["written"]), str(noted.get("stamp", ""))
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise damaged(index, "its state cannot be read") from error
    try:
        _compare(index, state)
    except OSError as error:
        raise damaged(index, f"its files cannot be read ({error.strerror})") from error
    return state


def _compare(index: Path, state: State) -> None:
    present = dict(_files(index))
    held = sum(getattr(about, "st_blocks", about.st_size // 512 + 1) for about in present.values()) * 512
    for name, seen in state.files.items():
        # Logs and journals come and go while points are written.
        if not state.clean and ("journal" in name or name.startswith("wal/")):
            continue
        if name not in present:
            raise damaged(index, f"{name} is gone")
        if state.written or (not state.clean and name.endswith(_RENEWED)):
            continue
        if present[name].st_size != seen.size:
            raise damaged(index, f"{name} has another size than before")
        unsure = held <= VERIFY_MB * 1_000_000 or present[name].st_mtime_ns != seen.mtime_ns
        if unsure and checksum(index / "shard" / name) != seen.sum:
            raise damaged(index, f"{name} holds other bytes than before")


def damaged(index: Path, why: str) -> IndexDamaged:
    """The error for an index that cannot be used."""
    return IndexDamaged(f"The search index in {index.parent} is damaged: {why}.", remedy=REBUILD)


def _read(path: Path) -> dict[str, Any]:
    try:
        noted = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise damaged(path.parent, f"{path.name} cannot be read") from error
    if not isinstance(noted, dict):
        raise damaged(path.parent, f"{path.name} cannot be read")
    return noted


def _write(path: Path, content: Mapping[str, Any]) -> None:
    scratch = path.with_suffix(".new")
    try:
        scratch.write_text(json.dumps(content), encoding="utf-8")
        os.replace(scratch, path)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written: {error}.", remedy="Check the disk's space and permissions."
        ) from error
