"""What is installed, which weights and which store there are, what is missing, and how to mend it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from songkin.errors import NoAnswer, NotFound, SongkinError
from songkin.library import Library
from songkin.store.catalog import Catalog

if TYPE_CHECKING:
    from songkin.encoders.learned import Learned
    from songkin.search.described import Described
    from songkin.search.ownbridge import OwnBridge

State = Literal["ok", "note", "bad"]

PACKAGES: Final = (
    "av",
    "soxr",
    "numpy",
    "scipy",
    "onnxruntime",
    "tokenizers",
    "safetensors",
    "qdrant-edge-py",
    "qdrant-client",
    "SQLAlchemy",
    "tinytag",
    "rapidfuzz",
)
ROOM_MB: Final = 500
GROWN: Final = 0.2
"""Share by which a library may change before what it learned is stale."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a check-up. ``remedy`` says how to mend what is not ok."""

    what: str
    state: State
    told: str
    remedy: str = ""


def examine(library: Library, *, ask_model: bool = False) -> list[Finding]:
    """Look at everything songkin stands on. Nothing is changed; nothing raises. The language model is asked whether it is
    there with ``ask_model`` alone."""
    return [
        *_machine(),
        *_packages(),
        *_models(library),
        *_language_model(library, ask=ask_model),
        *_catalog(library),
        *_vectors(library),
        *_prints(library),
        *_learned(library),
        *_text_encoder(library),
        *_albums_encoder(library),
        *_networks(library),
    ]


def _machine() -> Iterator[Finding]:
    version = platform.python_version()
    supported = (3, 11) <= sys.version_info[:2] <= (3, 13)
    yield Finding(
        "python", "ok" if supported else "note", version, "" if supported else "songkin is tested on 3.11 to 3.13."
    )
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    yield Finding("machine", "ok", f"{platform.system()} {platform.machine()}, {cores} cores")
    if platform.machine() == "x86_64" and sys.platform == "linux":
        flags = _cpu_flags()
        if flags and "avx" not in flags:
            yield Finding(
                "processor",
                "note",
                "no AVX: the networks may be slow or not run",
                "`--encoder descriptors` works everywhere.",
            )


def _cpu_flags() -> set[str]:
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
            return next((set(line.split()) for line in file if line.startswith("flags")), set())
    except OSError:
        return set()


def _packages() -> Iterator[Finding]:
    for name in PACKAGES:
        try:
            yield Finding(name, "ok", importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            yield Finding(name, "bad", "is not installed", "pip install --force-reinstall songkin")


def _models(library: Library) -> Iterator[Finding]:
    for spec, installed in library.models():
        if not spec.weights:
            yield Finding(f"encoder {spec.name}", "ok", "needs no weights")
        elif installed:
            yield Finding(f"encoder {spec.name}", "ok", f"weights in {library.config.cache}")
        else:
            size = sum(weights.size for weights in spec.weights) / 1e6
            yield Finding(
                f"encoder {spec.name}",
                "note",
                "weights are not here",
                f"`songkin models pull {spec.name}` ({size:.0f} MB)",
            )


def _language_model(library: Library, *, ask: bool) -> Iterator[Finding]:
    from songkin.fetching import chat, shown
    from songkin.store.answers import model_of

    model = model_of(library.config)
    if not model.url:
        yield Finding("language model", "ok", "none is set up, and none is needed")
        return
    try:
        model.check()
        if ask:
            schema = {"type": "object", "properties": {"ready": {"type": "boolean"}}, "required": ["ready"]}
            chat.ask(model, chat.Prompt("doctor/1", 'Answer with the JSON object {"ready": true}.', {}, schema))
    except NoAnswer as error:
        yield Finding("language model", "note", error.message, error.remedy)
    else:
        key = "with a key" if model.key else "without a key"
        asked = "answers" if ask else "not asked: `songkin doctor --ask-llm` does"
        yield Finding("language model", "ok", f"{model.name} at {shown(model.url)}, {key}; {asked}")


def _catalog(library: Library) -> Iterator[Finding]:
    folder = library.config.library
    try:
        catalog = library.catalog
        state = catalog.db.check()
        if state != "ok":
            yield Finding("catalog", "bad", state, "Restore it from a backup; what can be read is kept.")
        else:
            yield Finding("catalog", "ok", f"{catalog.count()} songs in {catalog.db.file}")
        if catalog.db.readonly:
            yield Finding(
                "folder", "note", f"{folder} can only be read", "Searching works; to index, make it writable."
            )
        free = shutil.disk_usage(folder).free / 1e6
        yield Finding(
            "disk", "ok" if free > ROOM_MB else "note", f"{free:,.0f} MB free", "" if free > ROOM_MB else "Make room."
        )
    except NotFound as error:
        yield Finding("library", "note", error.message, error.remedy)
    except SongkinError as error:
        yield Finding("catalog", "bad", error.message, error.remedy)


def _vectors(library: Library) -> Iterator[Finding]:
    from songkin import store

    config = library.config
    where = config.qdrant_url or f"embedded, in {store.index_folder(config.library)}"
    if not config.qdrant_url and not store.index_folder(config.library).exists():
        yield Finding("search index", "note", "there is none yet", "`songkin index FOLDER` makes it.")
        return
    try:
        with store.open_vectors(library.catalog, config) as vectors:
            held, expected = vectors.count(), library.catalog.count()
    except SongkinError as error:
        yield Finding("search index", "bad", error.message, error.remedy)
        return
    if held == expected and not library.catalog.stale():
        yield Finding("search index", "ok", f"{held} songs ({where})")
    else:
        behind = f"{held} songs of {expected} ({where})"
        yield Finding("search index", "note", behind, "The next search or `songkin reindex` brings it up to date.")


def _prints(library: Library) -> Iterator[Finding]:
    from songkin.indexing import prints

    try:
        if not library.catalog.count():
            return
        if prints.complete(library.catalog, library.config):
            yield Finding("fingerprints", "ok", "sorted, to know recordings by")
        else:
            yield Finding(
                "fingerprints", "note", "not sorted, or damaged", "The next question with a recording sorts them anew."
            )
    except SongkinError:
        return  # told with the catalog


def _learned(library: Library) -> Iterator[Finding]:
    """Models that the library trained: whether they still fit it."""
    from songkin.search import described, ownbridge

    for name, kept in (("features", described.kept), ("bridge", ownbridge.kept)):
        try:
            learned = kept(library.catalog)
            if learned is not None:
                yield _still_fits(library, name, learned)
        except NotFound:
            return  # told as "library"
        except SongkinError as error:
            yield Finding(f"trained {name}", "bad", error.message, error.remedy)


def _still_fits(library: Library, name: str, learned: Described | OwnBridge) -> Finding:
    from songkin.encoders import text_encoder

    check, again = f"trained {name}", f"`songkin train {name}` learns it anew."
    count = library.catalog.count()
    if learned.encoder != text_encoder("minilm", library.config.cache).spec.fingerprint:
        return Finding(check, "note", f"learned from another text encoder ({learned.encoder})", again)
    if abs(count - learned.library) > GROWN * learned.library:
        return Finding(check, "note", f"learned when there were {learned.library} songs, now {count}", again)
    used = ", and not used, for it was no gain" if getattr(learned, "share", 1.0) == 0 else ""
    return Finding(check, "ok", f"learned from {learned.songs} songs of {learned.library}{used}")


def _text_encoder(library: Library) -> Iterator[Finding]:
    """The encoder that the settings name, where it is not songkin's own."""
    from songkin import encoders, store

    config = library.config
    if config.text_encoder == "minilm":
        return
    what = "text encoder"
    try:
        encoder, why = encoders.reader(config.text_encoder, config.cache, offline=config.offline)
        read_by = store.text_read_by(library.catalog)[1]
    except NotFound:
        return  # there is no library yet
    except SongkinError as error:
        yield Finding(what, "bad", error.message, error.remedy)
        return
    if encoder is None:
        yield Finding(what, "bad", why)
    elif read_by != encoder.spec.fingerprint:
        told = f"{config.text_encoder} is set, and songs were read by {read_by or 'minilm'}"
        yield Finding(what, "note", told, "The next search or `songkin reindex` has it read them.")
    else:
        told = f"{config.text_encoder} reads names and words; what is weighed by them was tuned with minilm"
        yield Finding(what, "ok", told)


def _albums_encoder(library: Library) -> Iterator[Finding]:
    """The library's own encoder of albums: whether it is whole, and of the library as it is."""
    from songkin.encoders import trained
    from songkin.encoders.minilm import WEIGHTS
    from songkin.indexing.albums import own_encoder
    from songkin.shelves import asked_for

    what, again = "own encoder of albums", "Train it again: `songkin train albums`."
    try:
        if trained.opened(own_encoder(library.config)) is None:
            return
        card = trained.card_of(own_encoder(library.config)) or {}
        now = len(asked_for(library.catalog))
    except NotFound:
        return
    except SongkinError as error:
        yield Finding(what, "bad", error.message, error.remedy)
        return
    counts = card.get("albums")
    then = sum(counts.values()) if isinstance(counts, dict) else 0
    if card.get("base") == "minilm" and card.get("base_sha256") != WEIGHTS.sha256:
        yield Finding(what, "note", "stale: it was trained from another minilm", again)
    elif now > (1 + GROWN) * then:
        yield Finding(what, "note", f"stale: trained on {then} albums, and there are {now}", again)
    else:
        yield Finding(what, "ok", f"trained on {then} albums of {now}")


def _networks(library: Library) -> Iterator[Finding]:
    """What `songkin train genres` and `train autoencoder` made: whether it is whole, and of the library as it is."""
    from songkin.encoders import learned
    from songkin.store import modelbook

    try:
        catalog = library.catalog
        models = {kind: modelbook.current(catalog.db, kind) for kind in learned.KINDS}
    except SongkinError:
        return  # told with the catalog
    for kind, model in models.items():
        if model is None:
            continue
        what, again = f"trained {kind}", f"Train again: `songkin train {kind}`."
        try:
            state, told = _of_today(catalog, learned.opened(model.folder))
        except SongkinError as error:
            yield Finding(what, "bad", error.message, error.remedy)
        else:
            yield Finding(what, state, f"{told} (run {model.run})", "" if state == "ok" else again)


def _of_today(catalog: Catalog, network: Learned) -> tuple[State, str]:
    """Whether a network still fits what is heard of songs."""
    counts = catalog.vectors.counts()
    for each in network.inputs:
        most = max(((n, encoder) for output, encoder, n in counts if output == each.output), default=(0, ""))
        if most[1] and most[1] != each.encoder:
            return "note", f"stale: it learned from {each.encoder}, and songs are heard by {most[1]} now"
    then = int(network.card.get("songs", 0))
    having = [set(catalog.vectors.having(each.output, each.encoder)) for each in network.inputs]
    now = len(set.intersection(*having))
    if now > (1 + GROWN) * then:
        return "note", f"stale: it learned from {then} songs, and {now} are heard"
    return "ok", f"learned from {then} songs of {now}"
