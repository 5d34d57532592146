"""The drummer: each function is one stroke at a velocity from 0 to 1."""

from __future__ import annotations

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
    phase,
    samples,
    swell,
)

Rng = np.random.Generator


def kick(rng: Rng, velocity: float = 1.0, low: float = 48.0, length: float = 0.35) -> Sound:
    """A skin whose pitch falls."""
    hz = (low + 160.0 * np.exp(-clock(length) / 0.025)).astype(np.float32)
    body = np.sin(2 * np.pi * phase(hz, length)).astype(np.float32)
    click = fade(noise(rng, length), 0.004)
    return swell(fade(drive(body, 1.6), length / 2.2) + 0.4 * click, 0.001, 0.05) * np.float32(velocity)


def snare(rng: Rng, velocity: float = 1.0, low: float = 185.0, length: float = 0.22) -> Sound:
    """Two modes of a skin and wires that rattle."""
    skin = partials([low, 1.78 * low], length, [0.7, 0.4], [0.06, 0.04])
    wires = fade(high_pass(noise(rng, length), 1200.0, 1), length / 3.5)
    return (skin + 1.3 * wires) * np.float32(velocity)


def hat(rng: Rng, velocity: float = 1.0, length: float = 0.05) -> Sound:
    """Closed when short, open when long."""
    return fade(high_pass(noise(rng, 3 * length), 6500.0, 3), length) * np.float32(0.8 * velocity)


def ride(rng: Rng, velocity: float = 1.0) -> Sound:
    """A ping over a wash."""
    modes = rng.uniform(2500, 9000, 14)
    ping = partials(list(modes), 0.9, [0.06] * 14, list(rng.uniform(0.1, 0.45, 14)))
    return (ping + 0.25 * fade(high_pass(noise(rng, 0.9), 5000.0, 2), 0.25)) * np.float32(velocity)


def crash(rng: Rng, velocity: float = 1.0) -> Sound:
    """A cymbal hit at the edge."""
    return fade(high_pass(noise(rng, 1.8), 3000.0, 1), 0.55) * np.float32(velocity)


def tom(rng: Rng, velocity: float = 1.0, low: float = 110.0) -> Sound:
    """A drum with a pitch; under 80 Hz it is a war drum."""
    length = 0.5 + 30.0 / low
    hz = (low * (1.0 + 0.5 * np.exp(-clock(length) / 0.04))).astype(np.float32)
    body = fade(np.sin(2 * np.pi * phase(hz, length)).astype(np.float32), length / 3)
    upper = partials([1.59 * low, 2.14 * low, 2.65 * low], length, [0.35, 0.25, 0.15], [0.15, 0.1, 0.07])
    stick = fade(low_pass(noise(rng, length), 2500.0), 0.012)
    return swell(body + upper + 0.6 * stick, 0.001, 0.05) * np.float32(velocity)


def skin(rng: Rng, velocity: float = 1.0, low: float = 110.0) -> Sound:
    """A drum played by hand: soon over, five modes of a membrane, and the slap."""
    length = 0.35 + 20.0 / low
    hz = (low * (1.0 + 0.25 * np.exp(-clock(length) / 0.03))).astype(np.float32)
    body = fade(np.sin(2 * np.pi * phase(hz, length)).astype(np.float32), length / 4)
    ratios, loud = (1.59, 2.14, 2.3, 2.65, 2.92), (0.4, 0.3, 0.2, 0.15, 0.1)
    upper = partials([low * ratio for ratio in ratios], length, loud, (0.09, 0.07, 0.06, 0.05, 0.04))
    slap = fade(low_pass(noise(rng, length), 2200.0), 0.015) + 2.0 * fade(band(noise(rng, length), 5 * low, 2.0), 0.05)
    return swell(body + upper + slap.astype(np.float32), 0.001, 0.05) * np.float32(velocity)


def clap(rng: Rng, velocity: float = 1.0) -> Sound:
    """Several hands, not quite together."""
    out = np.zeros(samples(0.25), dtype=np.float32)
    for at in (0.0, 0.011, 0.021, 0.03):
        hand = fade(band(noise(rng, 0.2), 1300.0, 1.6), 0.012 if at < 0.03 else 0.06)
        start = samples(at)
        out[start : start + hand.size] += hand[: out.size - start]
    return out * np.float32(1.8 * velocity)


def shaker(rng: Rng, velocity: float = 1.0) -> Sound:
    """Seeds in a gourd."""
    return swell(band(noise(rng, 0.09), 6000.0, 1.0), 0.03, 0.05) * np.float32(velocity)
