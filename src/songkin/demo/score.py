"""How a piece is written down: beats, degrees of a scale, chords, a melody that walks, and a stage to play it on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from songkin.demo.instruments import Voice
from songkin.demo.synth import Sound, Stage
from songkin.records import PITCH_CLASSES

_SCALES: Final = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
_PROGRESSIONS: Final = {
    "major": ((0, 3, 4, 0), (0, 5, 3, 4), (0, 4, 5, 3), (0, 3, 0, 4), (0, 1, 4, 0)),
    "minor": ((0, 3, 4, 0), (0, 5, 3, 4), (0, 5, 6, 0), (0, 3, 0, 4), (0, 6, 5, 4)),
}
_SEVENTH: Final = 6


@dataclass(frozen=True, slots=True)
class Note:
    """When (in beats), for how long (in beats), and how high (MIDI)."""

    beat: float
    length: float
    midi: int


class Score:
    """One piece in a key and at a tempo. All that is random in it comes from ``rng``."""

    def __init__(self, rng: np.random.Generator, seconds: float, bpm: float, key: str) -> None:
        tonic, self.mode = key.split(" ")
        self.rng = rng
        self.bpm = bpm
        self.seconds = seconds
        self.tonic = PITCH_CLASSES.index(tonic)
        self.beats = seconds * bpm / 60.0
        self.stage = Stage(seconds, rng)
        chosen = _PROGRESSIONS[self.mode]
        self.progression = chosen[int(rng.integers(len(chosen)))]

    def bars(self, length: float = 4.0) -> Iterator[tuple[int, float, int]]:
        """Number, first beat and chord degree of each bar that begins before the end; the last one is the tonic's."""
        count = int(np.ceil(self.beats / length - 1e-6))
        for bar in range(count):
            last = bar == count - 1 and count > len(self.progression)
            yield bar, bar * length, 0 if last else self.progression[bar % len(self.progression)]

    def note(self, degree: int, octave: int) -> int:
        """MIDI note of a degree of the scale (0 is the tonic, 7 the one an octave above); octave 4 begins at C 60."""
        return 12 * (octave + 1) + self.tonic + 12 * (degree // 7) + _SCALES[self.mode][degree % 7]

    def chord(self, degree: int, octave: int, size: int = 3) -> list[int]:
        """Thirds on a degree, root first. In minor the fifth degree has its leading note."""
        return [
            self.note(degree + 2 * i, octave)
            + (1 if self.mode == "minor" and degree == 4 and (degree + 2 * i) % 7 == _SEVENTH else 0)
            for i in range(size)
        ]

    def close(self, degree: int, lowest: int, size: int = 3) -> list[int]:
        """The chord's notes folded into the octave above ``lowest`` (MIDI), so that voices move little."""
        return sorted(lowest + (midi - lowest) % 12 for midi in self.chord(degree, 4, size))

    def melody(self, rhythms: Sequence[Sequence[float]], octave: int, bar: float = 4.0, reach: int = 5) -> list[Note]:
        """A tune over the progression: chord notes on the beats that count, steps in between, the tonic at the end."""
        out: list[Note] = []
        degree = int(self.rng.choice([0, 2, 4]))
        for _, first, root in self.bars(bar):
            beat = first
            for i, length in enumerate(rhythms[int(self.rng.integers(len(rhythms)))]):
                degree += int(self.rng.choice([-2, -1, -1, 1, 1, 2]))
                if i == 0:
                    degree = min(
                        range(-reach, 7 + reach), key=lambda d: abs(d - degree) + 9 * ((d - root) % 7 not in (0, 2, 4))
                    )
                degree = int(np.clip(degree, -reach, 7 + reach))
                out.append(Note(beat, length, self.note(degree, octave)))
                beat += length
        return out

    def play(
        self,
        voice: Voice,
        note: Note,
        velocity: float = 0.7,
        gain: float = 1.0,
        pan: float = 0.0,
        wet: float = 0.2,
        loose: float = 0.0,
    ) -> None:
        """Put a note on the stage. ``loose`` is how far (s, standard deviation) the player is off the beat."""
        at = max(0.0, note.beat * 60.0 / self.bpm + (float(self.rng.normal(0.0, loose)) if loose else 0.0))
        if at < self.seconds:
            self.stage.put(voice(self.rng, note.midi, note.length * 60.0 / self.bpm, velocity), at, gain, pan, wet)

    def hit(self, sound: Sound, beat: float, gain: float = 1.0, pan: float = 0.0, wet: float = 0.1) -> None:
        """Put a stroke on the stage."""
        self.stage.put(sound, beat * 60.0 / self.bpm, gain, pan, wet)

    def pattern(
        self,
        steps: str,
        stroke: Callable[[float], Sound],
        gain: float = 1.0,
        pan: float = 0.0,
        wet: float = 0.1,
        loose: float = 0.0,
    ) -> None:
        """Repeat strokes to the end, four a beat: ``X`` loud, ``x`` normal, ``o`` soft, ``.`` none; ``loose`` as above."""
        loudness = {"X": 1.0, "x": 0.75, "o": 0.4}
        for i in range(int(self.beats * 4)):
            mark = steps[i % len(steps)]
            if mark != ".":
                late = float(self.rng.normal(0.0, loose)) * self.bpm / 60.0 if loose else 0.0
                sound = stroke(loudness[mark] * float(self.rng.uniform(0.85, 1.0)))
                self.hit(sound, max(0.0, i / 4 + late), gain, pan, wet)
