"""Other ways to say what stands together in playlists, by the names that the field uses: item-kNN, and models of ``implicit``.

``item-knn`` compares songs by the cosine of the playlists that they stand in, and is ours. ``tfidf`` and ``bm25`` do so over
weighted places, ``als`` (Hu, Koren and Volinsky, ICDM 2008), ``bpr`` (Rendle et al., UAI 2009) and ``lmf`` (Johnson, 2014)
learn factors; they are models of the package ``implicit``. To fit takes seconds, for a hundred thousand playlists a
minute: so a fitted model is kept in the library's folder, under a name that tells of which playlists it was made. The file
appears by one rename, and one that is damaged is made again.
"""

from __future__ import annotations

import math
import os
import secrets
import warnings
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import blake2b
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from songkin.errors import QueryError
from songkin.recommending.crowd import Crowd

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Seeds = Mapping[int, float]
"""Songs by number, with weights above 0."""
Scorer = Callable[[Seeds], NDArray[np.float32]]
"""Takes seeds and gives what it thinks of every song, float32 (songs,), higher is better."""

KNN: Final = "knn"
"""Playlist-kNN, which ``crowd`` is."""
ITEMS: Final = "item-knn"
FACTORS: Final = 64
"""At most; few playlists have fewer (``_factors``), which else are learned by heart."""
NEIGHBOURS: Final = 200
"""Songs that each song is compared with by ``tfidf`` and ``bm25``."""
_MODELS: Final[Mapping[str, tuple[str, str, Mapping[str, Any]]]] = {
    "tfidf": ("nearest_neighbours", "TFIDFRecommender", {"K": NEIGHBOURS}),
    "bm25": ("nearest_neighbours", "BM25Recommender", {"K": NEIGHBOURS}),
    "als": ("cpu.als", "AlternatingLeastSquares", {"iterations": 10, "alpha": 5.0}),
    "bpr": ("cpu.bpr", "BayesianPersonalizedRanking", {"iterations": 30}),
    "lmf": ("cpu.lmf", "LogisticMatrixFactorization", {"iterations": 30}),
}
"""Name: module of ``implicit``, class, parameters."""
_BY_ITEMS: Final = ("tfidf", "bm25")
NAMES: Final = (KNN, ITEMS, *_MODELS)


def installed() -> bool:
    """Whether ``implicit`` is here."""
    return find_spec("implicit") is not None


def checked(name: str) -> str:
    """The name, if there is such a model and it can be used here. Raises ``QueryError``."""
    if name not in NAMES:
        raise QueryError(f"There is no crowd {name!r}.", remedy=f"Use one of: {', '.join(NAMES)}.")
    if name in _MODELS and not installed():
        raise QueryError(
            f"{name} is a model of implicit, which is not installed.",
            remedy="Install it with `pip install 'songkin[crowd]'`, or use knn or item-knn.",
        )
    return name


def fitted(crowd: Crowd, name: str, seed: int = 0, folder: Path | None = None) -> Scorer:
    """The model of this name, not ``knn``, fitted on these playlists; with ``folder`` it is kept there, and taken from there
    if it is of these very playlists. Without playlists it knows nothing. Raises ``QueryError``."""
    if not len(crowd.songs):
        return lambda _: np.zeros(len(crowd.artist), np.float32)
    if checked(name) == ITEMS:
        return _items(crowd)
    model = _fitted(crowd, name, seed, folder)
    if name in _BY_ITEMS:
        return lambda seeds: np.asarray((_row(crowd, seeds) @ model.similarity).todense(), np.float32).ravel()
    if name == "als":
        return _by_als(model, crowd)
    return _by_mean(model)


def pairs(crowd: Crowd) -> csr_matrix:
    """Playlists x songs, 1 where a song stands in a playlist."""
    from scipy.sparse import csr_matrix

    ones = np.ones(len(crowd.songs), np.float32)
    return csr_matrix((ones, crowd.songs, crowd.starts), shape=(crowd.lists, len(crowd.artist)))


def _items(crowd: Crowd) -> Scorer:
    from scipy.sparse import diags

    length = 1 / np.sqrt(np.maximum(crowd.count, 1)).astype(np.float32)
    unit = (pairs(crowd) @ diags(length)).tocsc()

    def score(seeds: Seeds) -> NDArray[np.float32]:
        wanted = unit[:, list(seeds)] @ np.fromiter(seeds.values(), np.float32, len(seeds))
        return np.asarray(unit.T @ np.asarray(wanted, np.float32), np.float32)

    return score


def _row(crowd: Crowd, seeds: Seeds) -> csr_matrix:
    from scipy.sparse import csr_matrix

    weights = np.fromiter(seeds.values(), np.float32, len(seeds))
    return csr_matrix((weights, ([0] * len(seeds), list(seeds))), shape=(1, len(crowd.artist)))


def _by_als(model: Any, crowd: Crowd) -> Scorer:
    def score(seeds: Seeds) -> NDArray[np.float32]:
        factors = np.asarray(model.recalculate_user(0, _row(crowd, seeds)), np.float32).ravel()
        return np.asarray(model.item_factors @ factors, np.float32)

    return score


def _by_mean(model: Any) -> Scorer:
    """For models that take no new lists: a list is the mean of its songs."""

    def score(seeds: Seeds) -> NDArray[np.float32]:
        weights = np.fromiter(seeds.values(), np.float32, len(seeds))
        mean = weights @ model.item_factors[list(seeds)] / max(float(weights.sum()), 1e-9)
        return np.asarray(model.item_factors @ mean, np.float32)

    return score


# Fitting, and keeping what was fitted -------------------------------------------------------------------------------


def _fitted(crowd: Crowd, name: str, seed: int, folder: Path | None) -> Any:
    module, kind, parameters = _MODELS[name]
    made = getattr(import_module(f"implicit.{module}"), kind)
    # implicit's own threads and those of BLAS stand in each other's way: it warns of that, and is ten times slower
    with import_module("threadpoolctl").threadpool_limits(1, "blas"):
        if folder is None:
            return _fit(made, name, parameters, seed, crowd)
        path = folder / f"crowd-{name}-{_stamp(crowd, seed)}.npz"
        model = _read(made, path, len(crowd.artist))
        if model is None:
            model = _fit(made, name, parameters, seed, crowd)
            with suppress(OSError):  # a full or read-only disk: then the next question fits again
                _keep(model, folder, name, path)
        return model


def _fit(made: Any, name: str, parameters: Mapping[str, Any], seed: int, crowd: Crowd) -> Any:
    own = {} if name in _BY_ITEMS else {"factors": _factors(crowd), "random_state": seed}
    model = made(**parameters, **own)
    from implicit.utils import ParameterWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ParameterWarning)  # of its own doing
        model.fit(pairs(crowd), show_progress=False)
    return model


def _factors(crowd: Crowd) -> int:
    return min(FACTORS, max(4, min(crowd.lists, len(crowd.artist)) // 3))


def _stamp(crowd: Crowd, seed: int) -> str:
    """What differs when the playlists or the models do."""
    digest = blake2b(repr((1, seed, len(crowd.artist), _MODELS)).encode(), digest_size=8)
    digest.update(crowd.starts.tobytes())
    digest.update(crowd.songs.tobytes())
    return digest.hexdigest()


def _read(made: Any, path: Path, songs: int) -> Any:
    """The model that was kept; None where there is none that is whole."""
    try:
        with path.open("rb") as file:  # given a path, numpy leaves a damaged file open
            model = made.load(file)
        held = getattr(model, "item_factors", None)
        held = model.similarity if held is None else held
        whole = held.shape[0] == songs and math.isfinite(float(abs(held).max()))
    except (OSError, ValueError, KeyError, EOFError, TypeError, AttributeError, zipfile.BadZipFile):
        return None
    return model if whole else None


def _keep(model: Any, folder: Path, name: str, path: Path) -> None:
    beside = folder / f".{name}.{secrets.token_hex(4)}.part.npz"  # numpy adds the suffix where there is none
    try:
        model.save(str(beside))
        os.replace(beside, path)
    finally:
        with suppress(FileNotFoundError):
            beside.unlink()
    for old in folder.glob(f"crowd-{name}-*.npz"):
        if old != path:
            old.unlink(missing_ok=True)
