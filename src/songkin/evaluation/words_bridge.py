"""Would a library of these pieces answer better with a bridge of its own (``songkin train bridge``)?

The pieces are filed under what is declared of them: their genres and instruments. Pieces of one kind differ by little more
than chance, as songs of one artist do, so it is judged twice: with songs hidden one by one, and with whole kinds hidden.
"""

from __future__ import annotations

from dataclasses import replace

from songkin import spaces
from songkin.evaluation.report import Row, Table
from songkin.evaluation.words_shelves import Shelf
from songkin.progress import Progress
from songkin.search import bridge
from songkin.training.bridge import Lesson, judge

MARKS = ("mAP",)


def table(shelf: Shelf, seed: int, told: Progress) -> Table:
    """The bridge that every library has, an own one, and both, on words that did not choose how much it counts."""
    statistics = shelf.statistics["heard"]
    mean, std = statistics.arrays["mean"], statistics.arrays["std"]
    ids, tags = shelf.tags()
    heard = (spaces.logits(tags) - mean) / std
    lessons = []
    for each, row in zip(ids, heard, strict=True):
        truth = shelf.truths[each]
        words = tuple(dict.fromkeys(word.replace("_", " ").lower() for word in (*truth.genres, *truth.instruments)))
        if words:
            lessons.append(Lesson(words, (truth.kind,), row))
    alone = [replace(lesson, artists=(str(n),)) for n, lesson in enumerate(lessons)]
    names, stretch = bridge.tag_names(shelf.encoder, shelf.catalog), std ** (1 - bridge.SPREAD)
    rows, told_of = [], []
    for key, hidden, these in (
        ("songs", "songs hidden, their kinds met", alone),
        ("kinds", "whole kinds hidden", lessons),
    ):
        found = judge(shelf.encoder, names, these, stretch, len(ids), told, seed=seed)
        rows += [
            Row(f"{key}/common", f"{hidden}: the tag bridge", (found.common,)),
            Row(f"{key}/own", f"{hidden}: a bridge of the library's own alone", (found.alone,)),
            Row(f"{key}/both", f"{hidden}: both", (found.both,)),
        ]
        low, high = found.interval
        used = "it would be used" if found.wins else "it would not be used"
        told_of.append(f"{hidden}: {found.both - found.common:+.3f} (95 %: {low:+.3f} to {high:+.3f}), {used}")
    about = f"{found.words} genres and instruments asked of {len(lessons)} pieces. Gain, {'; '.join(told_of)}."
    return Table("own_bridge", "A bridge of one's own", about, MARKS, tuple(rows), len(lessons))
