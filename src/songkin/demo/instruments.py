"""The band: each instrument is a function from a note to its sound.

A ``Voice`` takes the generator for what is random, a MIDI note number, a length in seconds (when the player lets go) and
a velocity from 0 to 1, and returns the note with whatever rings on after it. The recipes are
rough physics: strings that stiffen and die, formants over a glottal source, breath around a flute, a clipped guitar amp.
"""

# ruff: noqa: ARG001 - every voice is called alike, whether it needs all that it is told or not

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from songkin.demo.synth import (
    Sound,
    band,
    clock,
    drive,
    fade,
    high_pass,
    low_pass,
    noise,
    partials,
    pitch,
    pluck,
    pulse,
    samples,
    saw,
    sweep,
    swell,
    tone,
    vibrato,
)

Rng = np.random.Generator
Voice = Callable[[Rng, float, float, float], Sound]

_HARMONICS: Final = np.arange(1, 81, dtype=np.float32)
_AAH: Final = ((730.0, 90.0, 1.0), (1150.0, 110.0, 0.55), (2700.0, 170.0, 0.16), (3400.0, 250.0, 0.10))
_OOH: Final = ((350.0, 70.0, 1.0), (850.0, 100.0, 0.25), (2600.0, 170.0, 0.04), (3300.0, 250.0, 0.02))
_EEH: Final = ((420.0, 80.0, 1.0), (1950.0, 130.0, 0.40), (2650.0, 170.0, 0.25), (3500.0, 250.0, 0.12))
VOWELS: Final = {"a": _AAH, "o": _OOH, "e": _EEH}


def _formants(hz: float, formants: tuple[tuple[float, float, float], ...], tilt: float) -> Sound:
    """Amplitudes of harmonics of ``hz`` under resonances (centre, bandwidth, gain) and a falling source."""
    f = _HARMONICS * np.float32(hz)
    shape = sum(gain / np.sqrt(1.0 + ((f - centre) / width) ** 2) for centre, width, gain in formants)
    return np.asarray(shape / _HARMONICS**tilt, dtype=np.float32)


# Struck and plucked ---------------------------------------------------------------------------------------------


def piano(rng: Rng, midi: float, seconds: float, velocity: float) -> Sound:
    """Two stiff strings a little apart, a felt hammer that is harder when it is fast, a damper at the end."""
    hz, length = pitch(midi), min(seconds + 0.25, 6.0)
    n = np.arange(1, 1 + max(3, min(18, int(7000 / hz))))
    stretch = n * np.sqrt(1.0 + 4e-4 * 2 ** ((midi - 60) / 18) * n**2)
    hammer = np.exp(-n * hz / (900.0 + 2600.0 * velocity)) * np.abs(np.sin(np.pi * n * 0.12)) ** 0.5
    slow = 3.2 * 2 ** ((60 - midi) / 20) / (1.0 + 0.22 * (n - 1))
    first = partials(list(hz * stretch), length, list(0.7 * hammer), list(slow * 0.35))
    second = partials(list(hz * stretch * 1.0007), length, list(0.5 * hammer), list(slow))
    knock = fade(low_pass(noise(rng, 0.06), 700.0), 0.012) * np.float32(0.25 * velocity)
    out = (first + second) * np.float32(velocity)
    out[: knock.size] += knock
    return swell(out, 0.002, 0.18)


def electric_piano(rng: Rng, midi: float, seconds: float, velocity: float) -> Sound:
    """A tine: a sine that bends a second one, and a short bell fourteen times higher."""
    hz, t = pitch(midi), clock(seconds + 0.3)
    bend = np.float32(1.6 * velocity) * np.exp(-t * 2.5) * np.sin(2 * np.pi * hz * t)
    bell = np.float32(0.18 * velocity) * np.exp(-t * 9) * np.sin(2 * np.pi * 14 * hz * t) if 14 * hz < 9000 else 0.0
    tremolo = 1.0 + 0.15 * np.sin(2 * np.pi * 4.5 * t)
    body = np.sin(2 * np.pi * hz * t + bend) * np.exp(-t / np.float32(1.6)) + bell
    return swell(np.asarray(body * tremolo * velocity * 0.7, dtype=np.float32), 0.003, 0.2)


def harpsichord(rng: Rng, midi: float, seconds: float, velocity: float) -> Sound:
    """Two courses an octave apart, plucked near the end, as loud as ever; each a full row of harmonics."""
    length = min(seconds, 2.0) + 0.1
    out = np.zeros(samples(length), dtype=np.float32)
    for step, gain in ((0, 0.3), (12, 0.15)):
        out += _row(pitch(midi + step + rng.normal(0.0, 0.02)), length, gain, 0.3, 0.9, 0.08, 0.11)
    return swell(out, 0.001, 0.06)


def _row(hz: float, seconds: float, gain: float, tilt: float, ring: float, dies: float, place: float) -> Sound:
    """All harmonics of a string plucked at ``place``: the n-th is n^-tilt as loud and rings for ring / (1 + dies n)."""
    n = np.arange(1, int(9500 / hz) + 1)
    loud = gain * np.abs(np.sin(np.pi * n * place)) / n**tilt
    return partials(list(hz * n * np.sqrt(1.0 + 2e-5 * n**2)), seconds, list(loud), list(ring / (1.0 + dies * n)))


def guitar(rng: Rng, midi: float, seconds: float, velocity: float) -> Sound:
    """A nylon string over a small wooden body."""
    string = pluck(rng, pitch(midi), seconds + 0.4, 1.1, 0.42 - 0.12 * velocity, 0.27)
    body = string + 0.9 * band(string, 110.0, 0.5) + 0.7 * band(string, 220.0, 0.5) + 0.4 * band(string, 430.0, 0.6)
    return swell(low_pass(body, 3200.0 + 1500.0 * velocity, 1) * np.float32(velocity), 0.002, 0.12)


def steel_guitar(rng: Rng, midi: float, seconds: float, velocity: float) -> Sound:
    """A bright steel string, plucked with a pick nearer the bridge."""
    string = pluck(rng, pitch(midi), seconds + 0.5, 1.8, 0.22 - 0.08 * velocity, 0.13)
    body = string + 0.6 * band(string, 105.0, 0.6) + 0.5 * band(string, 205.0, 0.5)
    return swell(low_pass(body, 6500.0, 1) * np.float32(velocity), 0.001, 0.15)


def harp(rng: Rng, midi: float, seconds: float, velocity: float) -> Sound:
    """Long gut strings pulled in the middle."""
    string = pluck(rng, pitch(midi), max(seconds, 1.6) + 0.8, 2.2, 0.46, 0.42)
    return swell(low_pass(string, 2800.0, 1) * np.float32(velocity * 1.2), 0.004, 0.5)


def banjo(rng: Rng, midi: float, seconds: float, velocity: float) -> Sound:
    """Wire over a drum skin: bright, nasal and soon gone."""
    string = pluck(rng, pitch(midi), min(seconds, 0.5) + 0.12, 0.35, 0.15, 0.12)
    return _nasal(rng, string, velocity)


def sitar(rng: Rng, midi: float, seconds: float, velocity: float) -> Sound:
    """A long string that keeps all its harmonics on a flat bridge, over a gourd."""
    string = _row(pitch(midi + rng.normal(0.0, 0.03)), min(seconds, 1.2) + 0.25, 0.3, 0.2, 0.5, 0.1, 0.12)
    return _nasal(rng, string, velocity)


def _nasal(rng: Rng, string: Sound, velocity: float) -> Sound:
    """A string through a body that favours 750 and 2300 Hz, with the noise of the pick."""
    out = high_pass(string, 300.0) + 1.2 * band(string, 750.0, 0.6) + 0.8 * band(string, 2300.0, 0.8)
    pick = fade(band(noise(rng, 0.05), 1500.0, 2.0), 0.008)
    out[: pick.size] += 0.3 * pick[: out.size]
    return swell(np.asarray(out * velocity, dtype=np.float32), 0.001, 0.06)


def tanpura(rng: Rng, midi: float, seconds: float, velocity: float) -> Sound:
    """The drone behind a sitar: each partial of the string comes up after the one before it."""
    hz, t = pitch(midi), clock(seconds + 1.5)
    out = np.zeros_like(t)
    for n in range(1, min(30, int(6000 / hz))):
        bloom = np.exp(-(((t - 0.05 * n) / (0.35 + 0.02 * n)) ** 2)) + 0.35 * np.exp(-t / 1.8)
        out += bloom.astype(np.float32) * np.sin(2 * np.pi * n * hz * t + rng.uniform(0, 6)).astype(np.float32) / n**0.6
    return swell(out * np.float32(0.15 * velocity), 0.01, 0.8)


def music_box(rng: Rng, midi: float, seconds: float, velocity: float) -> Sound:
    """A steel tooth: the modes of a bar fixed at one end."""
    hz = pitch(midi)
    out = partials([hz, 6.27 * hz, 2 * hz], 1.8, [0.8, 0.18, 0.08], [0.8, 0.12, 0.4]) * np.float32(velocity)
    tick = fade(high_pass(noise(rng, 0.01), 3000.0), 0.002)
    out[: tick.size] += tick * np.float32(0.15)
    return swell(out, 0.001, 0.2)


def bell(rng: Rng, midi: float, seconds: float, velocity: float) -> Sound:
    """A church bell: hum, prime, tierce, quint, nominal and above."""
    ratios = np.array([0.5, 1.0, 1.19, 1.5, 2.0, 2.51, 2.66, 3.01, 4.16])
    strength = np.array([0.5, 0.7, 0.6, 0.35, 0.8, 0.3, 0.3, 0.25, 0.2])
    decays = np.array([5.0, 3.5, 2.6, 2.0, 1.8, 1.0, 0.9, 0.7, 0.5])
    out = partials(list(ratios * pitch(midi)), max(seconds, 3.5), list(strength * velocity), list(decays))
    return swell(out * np.float32(0.5), 0.002, 0.6)


def upright_bass(rng: Rng, midi: float, seconds: float, velocity: float) -> Sound:
    """A thick plucked string with little above it."""
    string = pluck(rng, pitch(midi), seconds + 0.15, 0.7, 0.5, 0.3)
    return swell(low_pass(string, 900.0, 1) * np.float32(1.6 * velocity), 0.006, 0.1)


# Bowed, blown and sung ------------------------------------------------------------------------------------------

_WOOD: Final = (
    (290.0, 60.0, 0.9),
    (480.0, 90.0, 0.9),
    (1100.0, 350.0, 0.5),
    (2600.0, 900.0, 0.5),
    (4200.0, 1500.0, 0.2),
)


def violin(rng: Rng, midi: float, seconds: float, velocity: float) -> Sound:
    """One bowed string with vibrato, through a wooden box; low notes make it a viola or a cello."""
    size, hz, length = 2 ** ((62 - min(midi, 76)) / 30), pitch(midi), seconds + 0.12
    box = tuple((f / size, w / size, g) for f, w, g in _WOOD)
    swing = vibrato(hz, length, rng.uniform(5.2, 6.2), 0.010, 0.2)
    wander = np.interp(np.arange(swing.size), np.linspace(0, swing.size, 10), rng.normal(1.0, 0.003, 10))
    string = tone(swing * wander.astype(np.float32), length, _formants(hz, box, 0.85))
    rosin = band(noise(rng, length), min(2.5 * hz, 5000.0), 2.0) * np.float32(0.07)
    bow = 1.0 + 0.08 * np.sin(2 * np.pi * 5.7 * clock(length))
    return swell((string * bow.astype(np.float32) + rosin) * np.float32(velocity * 0.6), min(0.14, seconds / 2.5), 0.12)


def strings(rng: Rng, midi: float, seconds: float, velocity: float) -> Sound:
    """A section: six violins (or what the pitch makes of them) that never quite agree."""
    out = np.zeros(samples(seconds + 0.35), dtype=np.float32)
    size = 2 ** ((62 - min(midi, 76)) / 30)
    box = tuple((f / size, w / size, g) for f, w, g in _WOOD)
    for _ in range(6):
        hz = pitch(midi + rng.normal(0.0, 0.07))
        swing = vibrato(hz, seconds + 0.35, rng.uniform(4.8, 6.2), 0.005, 0.3)
        out += tone(swing, seconds + 0.35, _formants(hz, box, 0.8), rng.uniform())
    return swell(out * np.float32(0.22 * velocity), min(0.3, seconds / 2.5), 0.4)


def pizzicato(rng: Rng, midi: float, seconds: float, velocity: float) -> Sound:
    """The section plucked."""
    string = pluck(rng, pitch(midi), 0.6, 0.18, 0.45, 0.3)
    return swell(low_pass(string, 2500.0, 1) * np.float32(1.3 * velocity), 0.003, 0.2)


def flute(rng: Rng, midi: float, seconds: float, velocity: float) -> Sound:
    """Few harmonics, a trembling breath, and air that hisses where the pitch is."""
    hz, length = pitch(midi), seconds + 0.08
    swing = vibrato(hz, length, rng.uniform(4.6, 5.4), 0.006, 0.35)
    t = clock(length)
    loud = 1.0 + 0.18 * np.minimum(t / 0.4, 1.0) * np.sin(2 * np.pi * 5.0 * t + 0.5)
    harmonics = np.array([1.0, 0.42 * velocity, 0.22 * velocity, 0.06, 0.035, 0.015, 0.008])
    air = band(noise(rng, length), hz, 0.6) * np.float32(0.25) + band(noise(rng, length), 3200.0, 2.0) * np.float32(
        0.03
    )
    chiff = fade(band(noise(rng, length), 2 * hz, 0.8), 0.04) * np.float32(0.35)
    body = tone(swing, length, harmonics) * loud.astype(np.float32)
    return swell((0.6 * body + air + chiff) * np.float32(velocity), 0.05, 0.09)


def brass(rng: Rng, midi: float, seconds: float, velocity: float) -> Sound:
    """The louder the brighter: a mild tone that gives way to a blaring one and comes back."""
    hz, length = pitch(midi), seconds + 0.07
    bend = vibrato(hz, length, 5.0, 0.003, 0.5) * (1.0 - 0.02 * np.exp(-clock(length) / 0.03)).astype(np.float32)
    horn = ((600.0, 500.0, 1.0), (1300.0, 700.0, 0.8), (2400.0, 1200.0, 0.4))
    mild = tone(bend, length, _formants(hz, horn, 1.6))
    blare = tone(bend, length, _formants(hz, horn, 0.7))
    t = clock(length)
    bright = velocity * (np.minimum(t / 0.06, 1.0) * (0.55 + 0.45 * np.exp(-t / 0.25))).astype(np.float32)
    return swell((mild * (1.0 - bright) + blare * bright) * np.float32(0.5 * velocity), 0.025, 0.08)


def organ(rng: Rng, midi: float, seconds: float, velocity: float) -> Sound:
    """Pipes at 16, 8, 4, 2 2/3, 2 and 1 1/3 feet, each speaking with a breath."""
    out = np.zeros(samples(seconds + 0.12), dtype=np.float32)
    for step, gain in ((-12, 0.5), (0, 1.0), (12, 0.6), (19, 0.3), (24, 0.35), (31, 0.15)):
        pipe = [1.0, 0.35, 0.2, 0.1, 0.06, 0.03]
        out += gain * tone(pitch(midi + step + rng.normal(0, 0.02)), seconds + 0.12, pipe, rng.uniform())
    breath = high_pass(noise(rng, seconds + 0.12), 2500.0) * np.float32(0.012)
    return swell((out * np.float32(0.25) + breath) * np.float32(velocity), 0.04, 0.12)


def choir(rng: Rng, midi: float, seconds: float, velocity: float, vowel: str = "a") -> Sound:
    """Six singers on one vowel, each with a pitch, a vibrato, a throat and a promptness of their own."""
    length = seconds + 0.3
    out = np.zeros(samples(length), dtype=np.float32)
    wide = 1.0 if midi < 57 else 1.14
    for _ in range(6):
        throat = wide * rng.normal(1.0, 0.04)
        hz = pitch(midi + rng.normal(0.0, 0.18))
        swing = vibrato(hz, length, rng.uniform(4.8, 6.3), rng.uniform(0.01, 0.02), 0.3)
        wander = np.interp(np.arange(swing.size), np.linspace(0, swing.size, 12), rng.normal(1.0, 0.004, 12))
        mouth = tuple((f * throat, 0.7 * w, g) for f, w, g in VOWELS[vowel])
        late = samples(rng.uniform(0.0, 0.04))
        sung = tone(swing * wander.astype(np.float32), length, _formants(hz, mouth, 1.0), rng.uniform())
        out[late:] += sung[: out.size - late]
    out *= np.float32(0.25 / max(float(np.sqrt(np.square(out).mean())), 1e-6))
    breath = band(noise(rng, length), 1900.0, 2.5) * np.float32(0.02)
    return swell((out + breath) * np.float32(velocity), min(0.22, seconds / 2.5), 0.3)


def singer(rng: Rng, midi: float, seconds: float, velocity: float) -> Sound:
    """One voice that glides into its notes, with a vibrato for the last row."""
    length = seconds + 0.1
    hz = pitch(midi)
    swing = vibrato(hz, length, rng.uniform(5.4, 6.4), 0.035, 0.2)
    swing *= np.interp(np.arange(swing.size), np.linspace(0, swing.size, 12), rng.normal(1.0, 0.004, 12)).astype(
        np.float32
    )
    swing *= (1.0 - 0.05 * np.exp(-clock(length) / 0.06)).astype(np.float32)
    wide = 1.0 if midi < 57 else 1.15
    mouth = tuple((f * wide, 0.7 * w, g) for f, w, g in _AAH)
    sung = tone(swing, length, _formants(hz, mouth, 0.8))
    sung *= np.float32(0.3 / max(float(np.sqrt(np.square(sung).mean())), 1e-6))
    tremble = 1.0 + 0.25 * np.sin(2 * np.pi * 5.9 * clock(length) + 1.0)
    breath = band(noise(rng, length), 2500.0, 2.0) * np.float32(0.01)
    return swell((sung * tremble.astype(np.float32) + breath) * np.float32(velocity), 0.06, 0.1)


# Electric -------------------------------------------------------------------------------------------------------


def square_lead(rng: Rng, midi: float, seconds: float, velocity: float) -> Sound:
    """A game console's pulse channel."""
    return swell(tone(pitch(midi), seconds, pulse(0.25)) * np.float32(0.5 * velocity), 0.002, 0.01)


def triangle_bass(rng: Rng, midi: float, seconds: float, velocity: float) -> Sound:
    """A game console's triangle channel."""
    n = np.arange(1, 30)
    wave = np.where(n % 2 == 1, 1.0 / n**2, 0.0) * np.where(n % 4 == 3, -1.0, 1.0)
    return swell(tone(pitch(midi), seconds, wave) * np.float32(velocity), 0.002, 0.01)


def saw_lead(rng: Rng, midi: float, seconds: float, velocity: float) -> Sound:
    """Three saws side by side through a filter that closes."""
    length = seconds + 0.1
    out = sum((tone(pitch(midi + d), length, saw(), rng.uniform()) for d in (-0.09, 0.0, 0.08)), np.float32(0))
    edge = (500.0 + 5500.0 * velocity * np.exp(-clock(length) / 0.35)).astype(np.float32)
    return swell(sweep(np.asarray(out, dtype=np.float32) * np.float32(0.4 * velocity), edge, 1.2), 0.004, 0.08)


def acid(rng: Rng, midi: float, seconds: float, velocity: float) -> Sound:
    """A saw bass under a filter that shrieks when it is accented."""
    edge = (250.0 + 3200.0 * velocity * np.exp(-clock(seconds) / 0.09)).astype(np.float32)
    return swell(sweep(tone(pitch(midi), seconds, saw()), edge, 4.0) * np.float32(0.5), 0.002, 0.02)


def pad(rng: Rng, midi: float, seconds: float, velocity: float) -> Sound:
    """A slow cloud of seven saws, dark and wide."""
    length = seconds + 1.5
    out = np.zeros(samples(length), dtype=np.float32)
    for d in rng.normal(0.0, 0.1, 7):
        out += tone(pitch(midi + d), length, saw(24), rng.uniform())
    t = clock(length)
    edge = (700.0 + 500.0 * np.sin(2 * np.pi * 0.11 * t + rng.uniform(0, 6))).astype(np.float32)
    return swell(sweep(out * np.float32(0.2 * velocity), edge), min(1.5, seconds / 2), 1.5)


def sub_bass(rng: Rng, midi: float, seconds: float, velocity: float) -> Sound:
    """A sine with a little of its double."""
    return swell(tone(pitch(midi), seconds, [1.0, 0.25, 0.06]) * np.float32(velocity), 0.008, 0.04)


def power_chord(rng: Rng, midi: float, seconds: float, velocity: float, gain: float = 80.0) -> Sound:
    """Root, fifth and octave on steel strings into a stack that clips."""
    chord = np.zeros(samples(seconds + 0.05), dtype=np.float32)
    for step in (0, 7, 12):
        chord += pluck(rng, pitch(midi + step + rng.normal(0.0, 0.03)), seconds + 0.05, 2.5, 0.15, 0.12)
    clipped = drive(high_pass(chord, 110.0, 1), gain)
    cabinet = low_pass(high_pass(clipped, 80.0), 4200.0, 4)
    return swell((cabinet + 0.6 * band(cabinet, 2600.0, 1.0)) * np.float32(0.5 * velocity), 0.002, 0.04)


def lead_guitar(rng: Rng, midi: float, seconds: float, velocity: float) -> Sound:
    """One string into the same stack, with the finger shaking."""
    swing = vibrato(pitch(midi), seconds + 0.1, 5.5, 0.008, 0.3)
    sung = drive(tone(swing, seconds + 0.1, saw(40)), 5.0)
    return swell(low_pass(high_pass(sung, 200.0), 3600.0, 3) * np.float32(0.5 * velocity), 0.004, 0.06)
