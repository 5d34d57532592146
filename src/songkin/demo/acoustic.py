"""Arrangements for instruments that need no socket. Each takes a score and gives the finished song, float32 (2, n)."""

from __future__ import annotations

from functools import partial

from songkin.demo import drums, instruments
from songkin.demo.score import Note, Score
from songkin.demo.synth import Sound

_CALM = ((2.0, 2.0), (1.0, 1.0, 2.0), (3.0, 1.0), (4.0,))
_WALK = ((1.0, 1.0, 1.0, 1.0), (1.0, 0.5, 0.5, 2.0), (1.5, 0.5, 1.0, 1.0), (0.5, 0.5, 1.0, 2.0))
_QUICK = ((0.5,) * 8, (0.5, 0.25, 0.25) * 4, (0.25,) * 8 + (0.5, 0.5, 1.0), (1.0, 0.5, 0.5, 0.5, 0.5, 1.0))
_HYMN = ((1.0, 1.0, 1.0, 1.0), (2.0, 1.0, 1.0), (1.0, 1.0, 2.0), (1.5, 0.5, 1.0, 1.0))
_THREE = ((3.0,), (2.0, 1.0), (1.0, 1.0, 1.0), (1.5, 0.5, 1.0))


def piano_ballad(s: Score) -> Sound:
    """A slow tune over broken chords, softly."""
    for _, first, root in s.bars():
        left = [*s.chord(root, 2), s.note(root + 7, 2)]
        for i, pick in enumerate((0, 2, 3, 2, 1, 2, 3, 2)):
            s.play(instruments.piano, Note(first + i / 2, 1.5, left[pick]), 0.33, loose=0.012)
    for note in s.melody(_CALM, 4):
        s.play(instruments.piano, note, s.rng.uniform(0.45, 0.6), loose=0.015, wet=0.3)
    return s.stage.mix(room=1.8, peak=0.5)


def ragtime(s: Score) -> Sound:
    """Left hand: bass, chord, bass, chord. Right hand: ahead of the beat."""
    for _, first, root in s.bars():
        for beat in range(4):
            if beat % 2 == 0:
                low = s.note(root + (0 if beat == 0 else -3), 2)
                for midi in (low, low - 12):
                    s.play(instruments.piano, Note(first + beat, 0.5, midi), 0.7, loose=0.004, wet=0.1)
            else:
                for midi in s.close(root, 55):
                    s.play(instruments.piano, Note(first + beat, 0.35, midi), 0.55, loose=0.004, wet=0.1)
    rag = ((0.25, 0.5, 0.25, 0.5, 0.5, 0.25, 0.5, 0.25, 1.0), (0.5, 0.25, 0.5, 0.25, 0.5, 0.25, 0.5, 0.25, 0.5, 0.5))
    for note in s.melody(rag, 5):
        for midi in (note.midi, note.midi - 12):
            s.play(instruments.piano, Note(note.beat, note.length, midi), 0.75, loose=0.004, wet=0.1)
    return s.stage.mix(room=0.7)


def drum_solo(s: Score) -> Sound:
    """Skins of all sizes: a groove that stays, and hands that wander over it."""
    r = s.rng
    s.pattern("X..o..x.x.X...o.", partial(drums.skin, r, low=62.0), 0.8, 0.0, 0.3, loose=0.012)
    s.pattern("o...X..o....X.oo", partial(drums.snare, r, low=170.0, length=0.12), 0.4, -0.1, 0.3, loose=0.012)
    s.pattern("x.o.x.x.", partial(drums.hat, r), 0.3, 0.35, 0.3, loose=0.012)
    for _, first, _ in s.bars():
        for step in sorted(r.choice(16, int(r.integers(5, 12)), replace=False)):
            low = float(r.choice([82.0, 104.0, 132.0, 165.0, 205.0]))
            s.hit(drums.skin(r, r.uniform(0.4, 1.0), low), first + step / 4, 1.0, (low - 130) / 100, 0.3)
    return s.stage.mix(room=0.8, peak=0.95)


def war_drums(s: Score) -> Sound:
    """Big skins in a big hall, marching to battle."""
    r = s.rng
    s.pattern("X..x..x.X..xx.x.", partial(drums.tom, r, low=58.0), 1.0, -0.1, 0.3)
    s.pattern("..x..xx...x..x.x", partial(drums.skin, r, low=84.0), 0.8, 0.4, 0.3, loose=0.01)
    s.pattern("....x.o.o...x.xx", partial(drums.skin, r, low=120.0), 0.8, -0.5, 0.3, loose=0.01)
    s.pattern("o.x.o...o.x.x...", partial(drums.skin, r, low=170.0), 0.5, 0.2, 0.3, loose=0.01)
    s.pattern("X...............", partial(drums.kick, r, low=38.0, length=0.7), 1.0, 0.0, 0.3)
    s.pattern("........o.......", partial(drums.snare, r, low=140.0, length=0.3), 0.5, 0.2, 0.4)
    return s.stage.mix(room=2.4, peak=0.95)


def string_ensemble(s: Score) -> Sound:
    """Long chords, a long tune above, swelling."""
    for _, first, root in s.bars():
        for i, midi in enumerate([s.note(root, 2), *s.close(root, 52), s.note(root, 3)]):
            s.play(instruments.strings, Note(first, 4.1, midi), 0.5, 0.7, (i - 2) / 3, 0.35)
    for note in s.melody(_CALM, 5, reach=2):
        s.play(instruments.strings, note, 0.65, 0.9, -0.3, 0.35)
    return s.stage.mix(room=2.4, peak=0.6)


def string_quartet(s: Score) -> Sound:
    """Four bows in a hurry."""
    for _, first, root in s.bars():
        inner = s.close(root, 55)
        for beat in range(4):
            second, viola = inner[(0, 2, 1, 2)[beat]], inner[(1, 0, 2, 0)[beat]] - 12
            s.play(instruments.violin, Note(first + beat, 0.85, second), 0.5, 0.7, 0.25, 0.25, 0.015)
            s.play(instruments.violin, Note(first + beat, 0.85, viola), 0.45, 0.6, 0.0, 0.25, 0.015)
        for beat in (0, 2):
            s.play(instruments.violin, Note(first + beat, 1.9, s.note(root, 2)), 0.6, 0.7, 0.5, 0.25, 0.015)
    for note in s.melody(((0.5,) * 8, (1.0, 0.5, 0.5, 0.5, 0.5, 1.0), (1.5, 0.5, 1.0, 1.0)), 5):
        s.play(instruments.violin, Note(note.beat, 1.05 * note.length, note.midi), 0.8, 1.0, -0.5, 0.25, 0.015)
    return s.stage.mix(room=1.0)


def cello(s: Score) -> Sound:
    """One cello, alone."""
    for note in s.melody(_CALM, 3, reach=4):
        s.play(
            instruments.violin,
            Note(note.beat, note.length * 1.04, note.midi),
            s.rng.uniform(0.6, 0.9),
            loose=0.02,
            wet=0.25,
        )
    return s.stage.mix(room=1.6, peak=0.6)


def guitar(s: Score) -> Sound:
    """Fingers on nylon: thumb on the beat, the others around it."""
    for _, first, root in s.bars():
        upper = s.close(root, 55)
        for i, pick in enumerate((None, 0, 1, 2, None, 2, 1, 0)):
            midi = s.note(root, 2) + (12 if i == 4 else 0) if pick is None else upper[pick]
            s.play(instruments.guitar, Note(first + i / 2, 1.4, midi), s.rng.uniform(0.5, 0.7), loose=0.008, wet=0.12)
    for note in s.melody(_CALM, 4, reach=3):
        s.play(instruments.guitar, note, 0.85, loose=0.01, wet=0.12)
    return s.stage.mix(room=0.8, peak=0.6)


def harp(s: Score) -> Sound:
    """Chords rolled up and down the strings."""
    for _, first, root in s.bars():
        ladder = [*s.chord(root, 3), *s.chord(root, 4), *s.chord(root, 5)]
        run = [*ladder, *ladder[-2:0:-1]]
        for i, midi in enumerate(run):
            s.play(
                instruments.harp, Note(first + i / 4, 2.0, midi), s.rng.uniform(0.4, 0.6), pan=(midi - 64) / 40, wet=0.3
            )
    for note in s.melody(_CALM, 5, reach=2):
        s.play(instruments.harp, note, 0.85, wet=0.3, loose=0.01)
    return s.stage.mix(room=2.0, peak=0.55)


def banjo(s: Score) -> Sound:
    """Rolls of eight, the fifth string ringing through, a guitar for bass and off-beats."""
    for _, first, root in s.bars():
        picks = s.close(root, 57)
        for i, pick in enumerate((0, 1, 3, 2, 0, 3, 1, 2, 0, 1, 3, 2, 0, 3, 1, 2)):
            midi = s.note(4, 4) if pick == 3 else picks[pick]
            s.play(instruments.banjo, Note(first + i / 4, 0.4, midi), s.rng.uniform(0.45, 0.75), 1.0, 0.0, 0.1, 0.015)
        for beat in (0, 2):
            midi = s.note(root, 2) - (5 if beat else 0)
            s.play(instruments.guitar, Note(first + beat, 0.9, midi), 0.8, 0.8, 0.3, 0.1, 0.015)
        for beat in (1, 3):
            for midi in s.close(root, 52):
                s.play(instruments.steel_guitar, Note(first + beat, 0.3, midi), 0.5, 1.2, 0.4, 0.1, 0.015)
    for note in s.melody(_WALK, 4):
        s.play(instruments.banjo, note, 1.0, 1.2, 0.0, 0.1, 0.015)
    return s.stage.mix(room=0.5)


def choir(s: Score) -> Sound:
    """A hymn: four parts that move together, a vowel to each chord, under a high vault."""
    for note in s.melody(_HYMN, 4, reach=4):
        voice = partial(instruments.choir, vowel="aaaoe"[int(s.rng.integers(5))])
        root = s.progression[int(note.beat // 4) % 4]
        below = [midi for midi in (*s.close(root, 48), *s.close(root, 60)) if midi < note.midi - 2][-3:]
        s.play(voice, note, 0.8, 1.0, -0.2, 0.3)
        for i, midi in enumerate(below):
            s.play(voice, Note(note.beat, note.length, midi), 0.6, 0.8, (i - 1) / 2, 0.3)
    return s.stage.mix(room=2.2, peak=0.6)


def flute(s: Score) -> Sound:
    """A flute by itself, a few harp notes far behind."""
    for note in s.melody((*_CALM, *_WALK), 5, reach=3):
        s.play(
            instruments.flute,
            Note(note.beat, 0.97 * note.length, note.midi),
            s.rng.uniform(0.6, 0.85),
            wet=0.3,
            loose=0.015,
        )
    for _, first, root in s.bars():
        s.play(instruments.harp, Note(first, 3.0, s.note(root, 3)), 0.3, 0.5, 0.3, 0.4)
    return s.stage.mix(room=2.0, peak=0.45)


def organ(s: Score) -> Sound:
    """Hands and feet on a church organ."""
    for _, first, root in s.bars():
        for midi in [s.note(root, 2), *s.close(root, 55)]:
            s.play(instruments.organ, Note(first, 3.9, midi), 0.5, wet=0.4)
    for note in s.melody(_WALK, 5, reach=2):
        s.play(instruments.organ, Note(note.beat, 0.92 * note.length, note.midi), 0.6, wet=0.4)
    return s.stage.mix(room=3.0, peak=0.7)


def fanfare(s: Score) -> Sound:
    """Trumpets and trombones announce somebody."""
    call = ((0.5, 0.25, 0.25, 1.0, 2.0), (0.75, 0.25, 1.0, 0.5, 0.25, 0.25, 1.0), (1.0, 1.0, 2.0))
    for note in s.melody(call, 4, reach=3):
        for step, gain, pan in ((0, 1.0, -0.3), (-5, 0.6, 0.1), (-12, 0.7, 0.4)):
            s.play(
                instruments.brass, Note(note.beat, 0.85 * note.length, note.midi + step), 0.85, gain, pan, 0.25, 0.006
            )
    for _, first, root in s.bars():
        for midi in s.chord(root, 3):
            s.play(instruments.brass, Note(first, 3.6, midi), 0.6, 0.6, 0.4, 0.25)
        s.hit(drums.tom(s.rng, 0.9, 65.0), first, 0.9, wet=0.3)
    return s.stage.mix(room=1.6, peak=0.85)


def music_box(s: Score) -> Sound:
    """Steel teeth, high up."""
    for _, first, root in s.bars():
        for i, midi in enumerate([*s.chord(root, 5), s.note(root + 4, 5)]):
            s.play(instruments.music_box, Note(first + i, 1.0, midi), 0.5, wet=0.15)
    for note in s.melody(_WALK, 6, reach=2):
        s.play(instruments.music_box, note, 0.8, wet=0.15)
    return s.stage.mix(room=0.9, peak=0.5)


def church_bells(s: Score) -> Sound:
    """Four bells changing their order."""
    bells = [s.note(d, 4) for d in (0, 2, 4, 7)]
    for bar in range(int(s.beats / 4) + 1):
        for i, which in enumerate(s.rng.permutation(4)):
            s.play(
                instruments.bell,
                Note(4 * bar + i, 3.0, bells[which]),
                s.rng.uniform(0.6, 0.9),
                pan=(which - 1.5) / 3,
                wet=0.35,
            )
    return s.stage.mix(room=3.0, peak=0.7)


def sitar(s: Score) -> Sound:
    """A string that wanders, its high strings struck in between, over a quiet drone and a small drum."""
    for i in range(int(s.beats / 2) + 1):
        s.play(instruments.tanpura, Note(2 * i, 3.0, s.note((4, 7, 7, 0)[i % 4], 2)), 0.6, 0.25, wet=0.2)
    s.progression = (0, 0, 4, 0)
    for note in s.melody(((0.5,) * 8, (1.0, 0.5, 0.5, 1.0, 1.0), (0.25,) * 4 + (0.5, 0.5, 1.0, 1.0)), 4, reach=3):
        s.play(instruments.sitar, note, 1.0, 1.2, -0.1, 0.12, 0.012)
    for i in range(int(s.beats * 4)):
        if i % 4:
            high = s.note(0, 5) if i % 2 else s.note(4, 4)
            s.play(instruments.sitar, Note(i / 4, 0.3, high), s.rng.uniform(0.3, 0.5), 1.0, 0.1, 0.12, 0.012)
    s.pattern("X..xo.x.X.xo..xo", partial(drums.skin, s.rng, low=210.0), 0.12, 0.3)
    return s.stage.mix(room=0.8, peak=0.6)


def waltz(s: Score) -> Sound:
    """One for the bass, two and three for the others, and everybody turns."""
    for _, first, root in s.bars(3.0):
        s.play(instruments.pizzicato, Note(first, 0.8, s.note(root, 2)), 1.0, 1.2, 0.4, 0.2)
        for beat in (1, 2):
            for midi in s.close(root, 57):
                s.play(instruments.strings, Note(first + beat, 0.35, midi), 0.5, 0.6, 0.2, 0.2)
    for note in s.melody(_THREE, 5, bar=3.0, reach=3):
        s.play(instruments.strings, note, 0.8, 1.1, -0.4, 0.25)
    return s.stage.mix(room=1.6, peak=0.65)


def marching_snare(s: Score) -> Sound:
    """A drum line going down the street, with a piccolo."""
    r = s.rng
    for shift in (-0.4, 0.0, 0.4):
        s.pattern("X.xxX.xxXoxoXxxx", partial(drums.snare, r, low=220.0 + 30 * shift, length=0.16), 0.6, shift)
    s.pattern("X.......x.......", partial(drums.tom, r, low=62.0), 0.9, 0.0, 0.15)
    s.pattern("....x.......x...", partial(drums.crash, r), 0.2, 0.3)
    if s.mode == "major":
        for note in s.melody(_WALK, 6, reach=2):
            s.play(instruments.flute, Note(note.beat, 0.8 * note.length, note.midi), 0.9, 0.5, wet=0.15)
    return s.stage.mix(room=0.7, peak=0.9)


def lullaby(s: Score) -> Sound:
    """Somebody hums over a music box."""
    for _, first, root in s.bars(3.0):
        for i, midi in enumerate(s.chord(root, 5)):
            s.play(instruments.music_box, Note(first + i, 1.0, midi), 0.4, 0.6, 0.2, 0.2)
    for note in s.melody(_THREE, 4, bar=3.0, reach=2):
        s.play(partial(instruments.choir, vowel="o"), note, 0.7, 1.0, wet=0.3)
    return s.stage.mix(room=1.4, peak=0.45)


def walking_jazz(s: Score) -> Sound:
    """A bass that walks, a ride that swings, a piano that answers."""
    r = s.rng
    for _, first, root in s.bars():
        for beat in range(4):
            degree = root + (0, 2, 4, int(r.choice([5, 3, 1])))[beat]
            s.play(instruments.upright_bass, Note(first + beat, 0.95, s.note(degree, 1)), 0.9, 1.1, -0.1, loose=0.008)
            s.hit(drums.ride(r, 0.8), first + beat, 0.45, 0.4)
            if beat % 2:
                s.hit(drums.ride(r, 0.5), first + beat + 2 / 3, 0.45, 0.4)
                s.hit(drums.hat(r, 0.5, 0.03), first + beat, 0.35, 0.4)
        for beat in r.choice([0.667, 1.667, 2.667, 3.0], 2, replace=False):
            for midi in s.close(root, 54, 4):
                s.play(instruments.piano, Note(first + float(beat), 0.5, midi), 0.5, 0.55, 0.2)
    swing = ((2 / 3, 1 / 3) * 4, (1.0, 2 / 3, 1 / 3, 1.0, 1.0), (2 / 3, 1 / 3, 1.0, 2.0))
    for note in s.melody(swing, 5):
        s.play(instruments.piano, note, r.uniform(0.6, 0.8), 0.8, 0.2, loose=0.01)
    return s.stage.mix(room=0.8, peak=0.7)


def harpsichord(s: Score) -> Sound:
    """Two hands that imitate each other, in a room with mirrors."""
    for note in s.melody(((0.5,) * 8, (1.0, 0.5, 0.5, 1.0, 1.0)), 3, reach=2):
        s.play(instruments.harpsichord, note, 0.7, 0.8, 0.15, 0.3, 0.012)
    for note in s.melody(((0.25,) * 16, (0.5, 0.25, 0.25) * 4, (0.5,) * 8), 5, reach=3):
        s.play(instruments.harpsichord, note, 0.7, 0.9, -0.15, 0.3, 0.012)
    for _, first, root in s.bars():
        for midi in s.close(root, 52):
            s.play(instruments.harpsichord, Note(first, 1.8, midi), 0.5, 0.5, 0.0, 0.3, 0.012)
    return s.stage.mix(room=1.5, peak=0.6)


def aria(s: Score) -> Sound:
    """A soprano, and strings that wait for her."""
    for _, first, root in s.bars():
        for i, midi in enumerate([s.note(root, 2), *s.close(root, 55)]):
            s.play(instruments.strings, Note(first, 4.0, midi), 0.4, 0.25, (i - 1.5) / 2, 0.3)
    for note in s.melody(_CALM, 4, reach=6):
        s.play(instruments.singer, note, s.rng.uniform(0.7, 0.95), 1.3, 0.0, 0.2, 0.02)
    return s.stage.mix(room=1.8, peak=0.7)


ACOUSTIC = {
    f.__name__: f
    for f in (
        *(piano_ballad, ragtime, drum_solo, war_drums, string_ensemble, string_quartet, cello, guitar, harp, banjo),
        *(choir, flute, organ, fanfare, music_box, church_bells, sitar, waltz, marching_snare, lullaby, walking_jazz),
        *(harpsichord, aria),
    )
}
