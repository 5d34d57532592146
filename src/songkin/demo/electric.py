"""Arrangements for machines and amplifiers. Each takes a score and gives the finished song, float32 (2, n)."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import numpy as np

from songkin.demo import drums, instruments
from songkin.demo.score import Note, Score
from songkin.demo.synth import Sound, band, clock, fade, high_pass, noise, phase, pitch, saw, sweep, swell, tone


def _beats(s: Score) -> list[float]:
    return [i * 60.0 / s.bpm for i in range(int(s.beats) + 1)]


def techno(s: Score) -> Sound:
    """Four to the floor, one bass line, a filter that opens."""
    r = s.rng
    line = r.choice([0, 0, 0, 7, 12, 3 if s.mode == "minor" else 4], 16)
    accents = r.random(16)
    for i in range(int(s.beats * 4)):
        opened = 0.25 + 0.5 * (i / (s.beats * 4)) + 0.4 * accents[i % 16]
        if accents[i % 16] > 0.2:
            s.play(
                instruments.acid, Note(i / 4, 0.22, s.note(0, 2) + int(line[i % 16])), min(opened, 1.0), 0.55, 0.0, 0.05
            )
    for i in range(int(s.beats / 2)):
        for midi in s.chord(0, 4):
            s.play(instruments.saw_lead, Note(2 * i + 0.75 * (i % 4), 0.15, midi), 0.5, 0.22, 0.4, 0.4)
    s.stage.duck(_beats(s), 0.8, 0.12)
    s.pattern("X...", partial(drums.kick, r, low=50.0), 1.0, 0.0, 0.0)
    s.pattern("..x.", partial(drums.hat, r, length=0.09), 0.5, 0.2, 0.05)
    s.pattern("o.oo", partial(drums.hat, r, length=0.03), 0.4, -0.3, 0.05)
    s.pattern("....x.......x...", partial(drums.clap, r), 0.5)
    return s.stage.mix(room=1.0, peak=0.97)


def house(s: Score) -> Sound:
    """Piano chords off the beat, a round bass, claps on two and four."""
    r = s.rng
    for _, first, root in s.bars():
        for beat in (0.0, 0.75, 1.5, 2.5, 3.25):
            for midi in s.close(root, 57, 4):
                s.play(instruments.piano, Note(first + beat, 0.3, midi), 0.8, 0.45, 0.1, 0.15)
                s.play(instruments.saw_lead, Note(first + beat, 0.25, midi), 0.35, 0.2, -0.3, 0.3)
        for beat in (0.5, 1.5, 2.5, 3.5):
            s.play(
                instruments.sub_bass,
                Note(first + beat, 0.4, s.note(root, 1) + (12 if beat == 3.5 else 0)),
                0.9,
                0.6,
                0.0,
                0.0,
            )
    s.stage.duck(_beats(s), 0.6, 0.1)
    s.pattern("X...", partial(drums.kick, r, low=52.0, length=0.3), 0.95, 0.0, 0.0)
    s.pattern("..X.", partial(drums.hat, r, length=0.12), 0.5, 0.2, 0.05)
    s.pattern("....X.......X...", partial(drums.clap, r), 0.6)
    s.pattern("x.xo", partial(drums.shaker, r), 0.3, -0.4)
    return s.stage.mix(room=1.0, peak=0.95)


def ambient(s: Score) -> Sound:
    """Chords that arrive and leave without anybody noticing."""
    for _, first, root in s.bars(8.0):
        for i, midi in enumerate([s.note(root, 2), *s.close(root, 52, 4), s.note(root + 4, 4)]):
            s.play(instruments.pad, Note(first, 7.5, midi), 0.6, 0.6, (i - 2.5) / 3, 0.6)
    for note in s.melody(((4.0, 4.0), (3.0, 5.0)), 5, bar=8.0, reach=2):
        s.play(instruments.electric_piano, note, 0.3, 0.35, float(s.rng.uniform(-0.7, 0.7)), 0.8)
    return s.stage.mix(room=4.0, peak=0.5)


def drone(s: Score) -> Sound:
    """One note, and what lives in it."""
    t = clock(s.seconds)
    for i, step in enumerate((-12, 0, 7, 12, 19)):
        midi = s.note(0, 2) + step + float(s.rng.normal(0, 0.05))
        raw = tone(pitch(midi), s.seconds, saw(30), s.rng.uniform())
        edge = 300.0 * 2.0 ** (1.5 * np.sin(2 * np.pi * t * s.rng.uniform(0.03, 0.09) + s.rng.uniform(0, 6)) + 0.4 * i)
        s.stage.put(swell(sweep(raw, edge.astype(np.float32), 1.0), 2.0, 2.0), 0.0, 0.4, (i - 2) / 3, 0.5)
    return s.stage.mix(room=4.0, peak=0.6)


def chiptune(s: Score) -> Sound:
    """A console with three channels and a noise."""
    for bar, first, root in s.bars():
        ladder = [*s.chord(root, 4), s.note(root + 7, 4)]
        for i in range(16):
            s.play(instruments.square_lead, Note(first + i / 4, 0.22, ladder[(i + bar) % 4]), 0.45, 0.5, 0.3, 0.0)
        for i in range(8):
            s.play(
                instruments.triangle_bass, Note(first + i / 2, 0.4, s.note(root, 2) + 12 * (i % 2)), 0.8, 0.7, 0.0, 0.0
            )
    for note in s.melody(((0.5,) * 8, (0.75, 0.25, 1.0, 1.0, 1.0), (0.5, 0.5, 1.0) * 2), 5):
        s.play(instruments.square_lead, Note(note.beat, 0.9 * note.length, note.midi), 0.8, 0.6, -0.2, 0.0)
    for mark, stroke in (
        ("x...", partial(drums.kick, s.rng, length=0.12)),
        ("..x.", partial(drums.hat, s.rng, length=0.04)),
    ):
        s.pattern(mark, stroke, 0.5, 0.0, 0.0)
    return s.stage.mix(room=0.0, peak=0.7)


def dub(s: Score) -> Sound:
    """Bass first; the rest are echoes."""
    r = s.rng
    riff = ((0.0, 0), (0.75, 0), (1.5, 4), (2.0, 2), (2.75, 0), (3.5, -3))
    for bar, first, root in s.bars():
        for beat, degree in riff:
            s.play(instruments.sub_bass, Note(first + beat, 0.6, s.note(root + degree, 1)), 1.0, 1.0, 0.0, 0.0)
        for beat in (1.0, 3.0):
            for echo in range(5 if bar % 2 else 1):
                for midi in s.close(root, 60):
                    note = Note(first + beat + 0.75 * echo, 0.12, midi)
                    s.play(instruments.electric_piano, note, 0.8, 0.35 * 0.6**echo, (-0.5, 0.5)[echo % 2], 0.3)
    s.pattern("........X.......", partial(drums.kick, r), 0.9)
    s.pattern("........x.......", partial(drums.snare, r, low=240.0), 0.5, 0.0, 0.5)
    s.pattern("x.o.x.o.", partial(drums.hat, r), 0.3, 0.3)
    return s.stage.mix(room=2.0, peak=0.95)


def metal(s: Score) -> Sound:
    """Strings tuned down, a gallop, two feet on the kick."""
    r = s.rng
    gallop = (0.0, 0.5, 0.75, 1.0, 1.5, 1.75, 2.0, 2.5, 2.75, 3.0, 3.5, 3.75, 4.0)
    chord = partial(instruments.power_chord, gain=150.0)
    for bar, first, root in s.bars():
        for pan in (-0.7, 0.7):
            for beat, after in pairwise(gallop):
                s.play(chord, Note(first + beat, after - beat, s.note(root, 1)), 0.8, 2.0, pan, 0.08, 0.012)
        for i in range(8):
            s.play(instruments.upright_bass, Note(first + i / 2, 0.45, s.note(root, 1)), 0.9, 1.3, 0.0, 0.0, 0.012)
        if bar % 4 == 0:
            s.hit(drums.crash(r), first, 0.5, 0.3, 0.2)
    s.pattern("X.xxX.xxX.xxX.xx", partial(drums.kick, r, low=60.0, length=0.22), 0.8, 0.0, 0.4, 0.012)
    s.pattern("....X.......X...", partial(drums.snare, r), 1.0, 0.0, 0.5, 0.012)
    s.pattern("x.o.x.o.", partial(drums.hat, r, length=0.07), 0.4, 0.35, 0.5, 0.012)
    return s.stage.mix(room=0.9, peak=0.97)


def rock(s: Score) -> Sound:
    """Two guitars, a bass, a kit, a tune."""
    r = s.rng
    strums = (0.0, 1.5, 2.0, 3.0, 3.5, 4.0)
    for bar, first, root in s.bars():
        for pan in (-0.7, 0.7):
            for beat, after in pairwise(strums):
                s.play(
                    instruments.power_chord,
                    Note(first + beat, after - beat, s.note(root, 2)),
                    0.8,
                    1.5,
                    pan,
                    0.08,
                    0.02,
                )
        for i in range(8):
            s.play(instruments.upright_bass, Note(first + i / 2, 0.45, s.note(root, 1)), 0.9, 1.3, 0.0, 0.0, 0.02)
        if bar % 4 == 0:
            s.hit(drums.crash(r), first, 0.5, 0.3, 0.2)
    for note in s.melody(((1.0, 0.5, 0.5, 2.0), (1.5, 0.5, 1.0, 1.0)), 4):
        s.play(instruments.lead_guitar, note, 0.8, 0.5, 0.15, 0.25, 0.02)
    s.pattern("X.....X.X.......", partial(drums.kick, r, low=60.0, length=0.25), 0.9, 0.0, 0.5, 0.012)
    s.pattern("....X.......X...", partial(drums.snare, r), 1.0, 0.0, 0.5, 0.012)
    s.pattern("x.o.x.o.", partial(drums.hat, r, length=0.07), 0.4, 0.35, 0.5, 0.012)
    return s.stage.mix(room=0.9, peak=0.95)


def electro_pop(s: Score) -> Sound:
    """Saws, an octave bass, a big snare, a tune to hum."""
    r = s.rng
    for _, first, root in s.bars():
        for i in range(16):
            midi = s.note(root, 2) + 12 * (i % 2)
            s.play(instruments.saw_lead, Note(first + i / 4, 0.2, midi), 0.35, 0.5, 0.0, 0.0)
        for midi in s.close(root, 60):
            s.play(instruments.pad, Note(first, 3.5, midi), 0.6, 0.35, 0.3, 0.4)
    for note in s.melody(((0.5, 0.5, 1.0, 1.0, 1.0), (0.5,) * 6 + (1.0,)), 5, reach=2):
        s.play(instruments.saw_lead, note, 0.8, 0.45, -0.1, 0.35)
    s.stage.duck(_beats(s), 0.4, 0.08)
    s.pattern("X.....X.X.......", partial(drums.kick, r), 0.9, 0.0, 0.0)
    s.pattern("....X.......X...", partial(drums.snare, r, length=0.4), 0.7, 0.0, 0.3)
    s.pattern("x.x.", partial(drums.hat, r), 0.35, 0.3)
    return s.stage.mix(room=1.4, peak=0.92)


def hip_hop(s: Score) -> Sound:
    """A lazy beat, an electric piano out of a sampler, a bass that booms."""
    r = s.rng
    for _, first, root in s.bars():
        for midi in s.close(root, 55, 4):
            s.play(instruments.electric_piano, Note(first, 1.8, midi), 0.6, 0.5, 0.2, 0.2, 0.01)
            s.play(instruments.electric_piano, Note(first + 2.5, 0.8, midi), 0.5, 0.45, 0.2, 0.2, 0.01)
        for beat, length in ((0.0, 1.2), (1.75, 0.5), (2.5, 1.2)):
            s.play(instruments.sub_bass, Note(first + beat, length, s.note(root, 1)), 1.0, 0.8, 0.0, 0.0)
    s.pattern("X..x..x...X..x..", partial(drums.kick, r, low=52.0), 1.0, 0.0, 0.0)
    s.pattern("....X.......X..o", partial(drums.snare, r, low=210.0), 0.9)
    s.pattern("x.xox.xox.xxx.xo", partial(drums.hat, r, length=0.035), 0.35, 0.25)
    dust = np.where(r.random(s.stage.size) < 0.0006, r.normal(0, 0.3, s.stage.size), 0.0).astype(np.float32)
    s.stage.put(high_pass(dust, 1200.0), 0.0, 0.25, 0.0, 0.0)
    return s.stage.mix(room=0.7, peak=0.95)


def drum_and_bass(s: Score) -> Sound:
    """A break at full tilt over half-time chords."""
    r = s.rng
    for _, first, root in s.bars(8.0):
        for midi in s.close(root, 57):
            s.play(instruments.pad, Note(first, 7.5, midi), 0.6, 0.4, -0.2, 0.5)
        for beat, degree in ((0.0, 0), (1.5, 0), (3.0, 4), (4.0, 2), (5.5, 0), (7.0, -1)):
            s.play(instruments.acid, Note(first + beat, 0.9, s.note(root + degree, 1)), 0.35, 0.8, 0.0, 0.0)
            s.play(instruments.sub_bass, Note(first + beat, 0.9, s.note(root + degree, 1)), 0.9, 0.7, 0.0, 0.0)
    s.pattern("X.........X.....", partial(drums.kick, r, low=55.0, length=0.22), 1.0, 0.0, 0.0)
    s.pattern("....X..o.o..X..o", partial(drums.snare, r, low=215.0), 0.9)
    s.pattern("x.xxx.x.x.xxx.xo", partial(drums.hat, r, length=0.04), 0.45, 0.25)
    s.pattern("x.o.x.o.", partial(drums.ride, r), 0.2, -0.3)
    return s.stage.mix(room=0.9, peak=0.97)


def experiment(s: Score) -> Sound:
    """Noises that nobody asked for."""
    r = s.rng
    t = 0.0
    while t < s.seconds:
        length = float(r.uniform(0.1, 2.5))
        if r.random() < 0.5:
            sound = band(noise(r, length), float(r.uniform(150, 6000)), float(r.uniform(0.1, 1.5)))
        else:
            hz = np.interp(clock(length), np.linspace(0, length, 5), r.uniform(80, 3500, 5)).astype(np.float32)
            ring = np.sin(2 * np.pi * phase(hz, length)) * np.sin(2 * np.pi * r.uniform(20, 900) * clock(length))
            sound = np.asarray(ring * 0.5, dtype=np.float32)
        s.stage.put(fade(swell(sound, 0.01, 0.05), length), t, float(r.uniform(0.3, 1.0)), float(r.uniform(-1, 1)), 0.4)
        t += float(r.exponential(0.35))
    return s.stage.mix(room=2.5, peak=0.8)


ELECTRIC = {
    f.__name__: f
    for f in (
        *(techno, house, ambient, drone, chiptune, dub, metal, rock, electro_pop, hip_hop, drum_and_bass, experiment),
    )
}
