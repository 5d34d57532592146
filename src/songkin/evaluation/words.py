"""How well do words find songs? Questions with known answers, asked of four libraries made for it.

**By sound.** Synthesised songs whose instruments, tempo, register and density are declared, with nothing written on
them. What is known is who played; what is judged is an ear trained on real music hearing programs play, which is harder
for it (a synthesised banjo is no banjo to a net that has heard a thousand real ones). Compare the methods with each
other, and read the levels as a floor.
**In a mixed library.** The same songs, some with true names and genres, some with names that lie, some with none.
**By name.** Titles, artists and genres of real songs, as people type them, with and without sound beside them.
**Tuning.** Weights and constants, chosen on one half of the questions and judged on the other.

Moods and occasions are asked by people and judged by nothing here: such groups are named, never scored.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from songkin.config import Config
from songkin.errors import NotFound
from songkin.evaluation import words_bridge, words_gtzan, words_names, words_rankers, words_shelves, words_tuning
from songkin.evaluation.metrics import bootstrap
from songkin.evaluation.report import Report, Row, Table
from songkin.evaluation.words_marks import GRADED, NAMED, by_chance, graded, halves, named
from songkin.evaluation.words_names import NameTopic
from songkin.evaluation.words_queries import TOPICS, UNVERIFIED, Topic
from songkin.evaluation.words_rankers import Ranker
from songkin.evaluation.words_shelves import Shelf
from songkin.evaluation.words_tuning import Asked
from songkin.progress import Progress, Quiet
from songkin.search.trust import TUNED, Tuning
from songkin.store.words import Words
from songkin.text import TEXT_VERSION

if TYPE_CHECKING:
    from songkin.demo.pieces import Piece

Marks = NDArray[np.float64]
"""One row per question, one column per mark."""

_NAMES_OF_DRESSED = 60


@dataclass(frozen=True, slots=True)
class Options:
    """``data`` is a folder with real tables, ``gtzan`` one with published tag vectors (both may be None: skipped).
    ``key`` names the pieces, so that other pieces are not taken for them. ``seed`` draws names, questions and halves.
    ``tune`` tries the grid. ``kept`` is where libraries are kept (None: in the cache).
    ``each`` is how many names of a group are asked for."""

    key: str
    data: Path | None = None
    gtzan: Path | None = None
    seed: int = 0
    tune: bool = False
    kept: Path | None = None
    each: int = 80


@dataclass(frozen=True, slots=True)
class _Judgement:
    """Ids that answer a topic, and those that may."""

    right: frozenset[str]
    doubtful: frozenset[str]


def evaluate(config: Config, pieces: Sequence[Piece], options: Options, progress: Progress | None = None) -> Report:
    """Run all of it. Raises ``WeightsMissing`` without MusiCNN and MiniLM, ``SourceError`` for tables that are broken."""
    told = progress or Quiet()
    kept = options.kept or config.cache / "evaluation" / "words"
    notes = [f"Not judged, for nothing here knows the answers: {', '.join(UNVERIFIED)}."]
    with ExitStack() as stack:
        bare = stack.enter_context(words_shelves.bare(config, kept / options.key, pieces, told))
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="songkin-eval-")))
        dressed = stack.enter_context(words_shelves.dressed(bare, scratch / "dressed", options.seed))
        asked = names_on(dressed, options.seed)
        told.stage("Judging")
        tables = [*by_sound(bare, options.seed), mixed(dressed, asked, options.seed)]
        try:
            tables.append(words_bridge.table(bare, options.seed, told))
        except NotFound as error:
            notes.append(f"A bridge of one's own: skipped. {error.message}")
        table = options.data / words_names.TABLE if options.data else None
        real: Shelf | None = None
        topics: list[NameTopic] = []
        if table is not None and table.exists():
            songs = words_names.read(table)
            topics = words_names.questions(songs, options.seed, options.each)
            real = stack.enter_context(words_shelves.named(bare, kept / _key(table, bare), songs, told))
            told.stage("Judging names")
            tables.append(by_name(real, topics, options.seed))
        else:
            notes.append(f"Real names: skipped, no {words_names.TABLE} (--data DIR).")
        materials = _materials(bare, dressed, asked, real, topics)
        tables.append(tuning(materials, options, told))
        if options.gtzan is None:
            notes.append("GTZAN's published tag vectors: skipped, not here (--gtzan DIR).")
        else:
            tables.append(words_gtzan.table(options.gtzan, bare, options.seed))
    for line in notes:
        told.note(line)
    settings = {"seed": options.seed, "tuned": asdict(TUNED), "songs": len(pieces), "questions": len(topics_for(bare))}
    return Report(tuple(tables), len(pieces), (), settings, tuple(notes))


def _key(table: Path, shelf: Shelf) -> str:
    """Names what is kept of a table: its bytes, who read it and how, and what sounds there were to borrow."""
    parts = (shelf.encoder.spec.fingerprint, TEXT_VERSION, Words().fingerprint, str(sorted(shelf.truths)))
    return "names-" + hashlib.blake2b(table.read_bytes() + "|".join(parts).encode(), digest_size=8).hexdigest()


# By sound ------------------------------------------------------------------------------------------------------------


def by_sound(shelf: Shelf, seed: int) -> list[Table]:
    """All methods over all questions, `find` by group, and all methods by group."""
    methods = _sound_methods(shelf)
    topics = topics_for(shelf)
    found = {name: _graded(rank, shelf) for name, (_, rank) in methods.items()}
    labels = {name: label for name, (label, _) in methods.items()} | {"random": "random"}
    found["random"] = np.array([by_chance(*_odds(topic, shelf)) for topic in topics])
    rows = [_row(name, label, found[name], seed) for name, label in labels.items()]
    n = len(shelf.truths)
    about = (
        f"{len(topics)} questions over {n} songs that only sound can tell apart; the interval is of the last column."
    )
    groups = list(dict.fromkeys(topic.group for topic in topics))
    of_group = {group: [i for i, topic in enumerate(topics) if topic.group == group] for group in groups}
    in_groups = [
        _row(group, f"{group} ({len(of_group[group])})", found["find"][of_group[group]], seed) for group in groups
    ]
    matrix = [
        Row(name, label, tuple(float(found[name][of_group[group], 1].mean()) for group in groups))
        for name, label in labels.items()
    ]
    return [
        Table("sound", "Questions for sound", about, GRADED, tuple(rows), n),
        Table("sound_groups", "The same, by what is asked for", "songkin find", GRADED, tuple(in_groups), n),
        Table("sound_methods", "The same, nDCG@10", "methods by groups", tuple(groups), tuple(matrix), n),
    ]


def _sound_methods(shelf: Shelf) -> dict[str, tuple[str, Ranker]]:
    return {
        "find": ("songkin find", words_rankers.by_find(shelf)),
        "heard": ("the tag bridge alone", words_rankers.by_list(shelf, "heard")),
        "probability": ("the bridge over probabilities", words_rankers.by_probability(shelf)),
        "plain": ("the bridge as first drawn (z-scores)", words_rankers.by_plain_bridge(shelf)),
        "sentence": ("five tags as a sentence, MiniLM", words_rankers.by_sentence(shelf)),
        "tag words": ("tags that the question names", words_rankers.by_tag_words(shelf)),
        "text": ("MiniLM over metadata", words_rankers.by_list(shelf, "text")),
        "words": ("BM25 over metadata", words_rankers.by_list(shelf, "words")),
    }


def topics_for(shelf: Shelf) -> list[Topic]:
    """The topics that some song of the shelf answers."""
    return [topic for topic in TOPICS if topic.rule is not None and judgement(topic, shelf).right]


def judgement(topic: Topic, shelf: Shelf) -> _Judgement:
    """Which songs of a shelf answer a topic."""
    assert topic.rule is not None
    verdicts = {each: topic.rule.judge(truth) for each, truth in shelf.truths.items()}
    return _Judgement(
        frozenset(each for each, verdict in verdicts.items() if verdict),
        frozenset(each for each, verdict in verdicts.items() if verdict is None),
    )


def _odds(topic: Topic, shelf: Shelf) -> tuple[int, int]:
    judged = judgement(topic, shelf)
    return len(judged.right), len(shelf.truths) - len(judged.doubtful)


def _graded(rank: Ranker, shelf: Shelf) -> Marks:
    rows = []
    for topic in topics_for(shelf):
        judged = judgement(topic, shelf)
        rows.append(graded(rank(topic.text), judged.right, judged.doubtful))
    return np.array(rows)


# In a mixed library --------------------------------------------------------------------------------------------------


def mixed(shelf: Shelf, asked: Sequence[NameTopic], seed: int) -> Table:
    """Questions for sound and for names where some names are true, some lie and some are missing."""
    rows = []
    for name, label, rank in (
        ("find", "songkin find", words_rankers.by_find(shelf)),
        ("fused", "the fusion, no names looked up", words_rankers.by_fusion(shelf)),
        ("first", "the fusion as first assumed", words_rankers.by_fusion(shelf, words_tuning.FIRST)),
        ("heard", "the tag bridge alone", words_rankers.by_list(shelf, "heard")),
        ("text", "MiniLM over metadata", words_rankers.by_list(shelf, "text")),
        ("words", "BM25 over metadata", words_rankers.by_list(shelf, "words")),
    ):
        sounds = _graded(rank, shelf)
        names = np.array([named(rank(topic.text), topic.right) for topic in asked])
        values = (*names.mean(axis=0)[[0, 2]], *sounds.mean(axis=0))
        rows.append(Row(name, label, tuple(map(float, values)), bootstrap(sounds[:, -1], seed)))
    about = (
        f"{len(asked)} questions for a name (artist and a word of the title), {len(topics_for(shelf))} for a sound; one third of "
        f"{len(shelf.truths)} songs has true genres, one third a title that lies, one third nothing."
    )
    columns = ("names R@1", "names MRR", *GRADED)
    return Table("mixed", "A mixed library", about, columns, tuple(rows), len(shelf.truths))


def names_on(shelf: Shelf, seed: int) -> list[NameTopic]:
    """Questions for an artist and one word of a title, of songs of a shelf that have both."""
    tracks = [track for track in shelf.catalog.all_tracks() if track.artists]
    drawn = np.random.default_rng(seed).permutation(len(tracks))[:_NAMES_OF_DRESSED]
    found = []
    for track in (tracks[i] for i in drawn):
        word = track.title.split()[-1]
        right = {each.id for each in tracks if each.artists == track.artists and word in each.title.split()}
        found.append(NameTopic(f"{track.artist} {word}", "artist and a word", frozenset(right)))
    return found


# By name -------------------------------------------------------------------------------------------------------------


def by_name(shelf: Shelf, topics: Sequence[NameTopic], seed: int) -> Table:
    """Questions for names, by group and method; ``with sound`` also fuses what merely sounds near."""
    silent = shelf.silent()
    methods: list[tuple[str, str, Ranker]] = [
        ("words", "BM25", words_rankers.by_list(silent, "words")),
        ("text", "MiniLM", words_rankers.by_list(silent, "text")),
        ("fused", "fused", words_rankers.by_fusion(silent)),
        ("first", "fused as first assumed", words_rankers.by_fusion(silent, words_tuning.FIRST)),
        ("fused with sound", "fused with sound", words_rankers.by_fusion(shelf)),
        ("first with sound", "with sound, as first assumed", words_rankers.by_fusion(shelf, words_tuning.FIRST)),
        ("find", "songkin find", words_rankers.by_find(silent)),
        ("find with sound", "songkin find with sound", words_rankers.by_find(shelf)),
    ]
    found = {name: np.array([named(rank(topic.text), topic.right) for topic in topics]) for name, _, rank in methods}
    groups = list(dict.fromkeys(topic.group for topic in topics))
    rows = []
    for group in groups:
        own = [i for i, topic in enumerate(topics) if topic.group == group]
        # Borrowed sound contradicts every genre, so only names are asked for among it.
        told = [(name, label) for name, label, _ in methods if group != "genre" or "sound" not in name]
        rows += [_row(f"{group}/{name}", f"{group}: {label}", found[name][own], seed) for name, label in told]
    n = shelf.catalog.count()
    about = f"{len(topics)} questions over {n} real songs, of which names and genres are known; any right song counts."
    return Table("names", "Questions for names", about, NAMED, tuple(rows), n)


# Tuning --------------------------------------------------------------------------------------------------------------


def _materials(
    bare: Shelf, dressed: Shelf, asked: Sequence[NameTopic], real: Shelf | None, topics: Sequence[NameTopic]
) -> dict[str, tuple[list[str], Callable[[float], list[Asked]]]]:
    """name -> (group of each question, the questions for a temperature)."""

    def sounds(shelf: Shelf) -> Callable[[float], list[Asked]]:
        return lambda temperature: [
            words_tuning.asked(shelf, t.text, words_tuning.grade_mark(j.right, j.doubtful), temperature)
            for t, j in ((topic, judgement(topic, shelf)) for topic in topics_for(shelf))
        ]

    def names(shelf: Shelf, these: Sequence[NameTopic]) -> Callable[[float], list[Asked]]:
        return lambda temperature: [
            words_tuning.asked(shelf, t.text, words_tuning.name_mark(t.right), temperature) for t in these
        ]

    groups = [topic.group for topic in topics_for(bare)]
    found = {
        "sound, bare": (groups, sounds(bare)),
        "sound, mixed": (groups, sounds(dressed)),
        "names, mixed": ([t.group for t in asked], names(dressed, asked)),
    }
    if real is not None:
        pure = [t for t in topics if t.group != "genre"]
        found["names alone"] = ([t.group for t in topics], names(real.silent(), topics))
        found["names, sound"] = ([t.group for t in pure], names(real, pure))
    return found


def tuning(
    materials: Mapping[str, tuple[list[str], Callable[[float], list[Asked]]]], options: Options, told: Progress
) -> Table:
    """What was assumed first, what is shipped and, if asked for, what the grid chooses: on both halves."""
    told.stage("Asking")
    questions = {name: ask(TUNED.temperature) for name, (_, ask) in materials.items()}
    sides = {name: halves(groups, options.seed) for name, (groups, _) in materials.items()}
    tried: list[tuple[str, Tuning]] = [("first assumed", words_tuning.FIRST), ("shipped", TUNED)]
    if options.tune:
        told.stage("Tuning", sum(1 for _ in words_tuning.grid()))
        best = words_tuning.choose(questions, sides, told.step)[:5]
        tried += [(f"grid, no. {i}", each) for i, (_, each) in enumerate(best, start=1)]
        tried += words_tuning.WITHOUT.items()
    rows = [_tuning_row(label, tuning, questions, sides) for label, tuning in tried]
    if options.tune:
        for warmth in words_tuning.TEMPERATURES:
            warm = {name: ask(warmth) for name, (_, ask) in materials.items()}
            rows.append(_tuning_row(f"shipped, temperature {warmth}", TUNED, warm, sides))
    about = (
        "nDCG@10 of questions for sound, MRR of questions for names, and their mean, on the half of the questions that "
        "chooses and on the other."
    )
    columns = ("mean, chosen on", "mean, other half", *(f"{name}" for name in materials))
    return Table("tuning", "Tuning", about, columns, tuple(rows), sum(map(len, questions.values())))


def _tuning_row(
    label: str, tuning: Tuning, questions: Mapping[str, Sequence[Asked]], sides: Mapping[str, NDArray[np.bool_]]
) -> Row:
    found = {name: words_tuning.marks(asked, tuning) for name, asked in questions.items()}
    chosen = float(np.mean([marks[sides[name]].mean() for name, marks in found.items()]))
    other = float(np.mean([marks[~sides[name]].mean() for name, marks in found.items()]))
    told = f"{label}: k {tuning.k}, text {tuning.text:g}, words {tuning.words:g}"
    told += f", floor {tuning.words_floor:g}, coverage {tuning.coverage:g}, least {tuning.least:g}"
    others = tuple(float(marks[~sides[name]].mean()) for name, marks in found.items())
    return Row(label, told, (chosen, other, *others))


def _row(name: str, label: str, marks: Marks, seed: int) -> Row:
    return Row(name, label, tuple(map(float, marks.mean(axis=0))), bootstrap(marks[:, -1], seed))
