"""Questions in words with known answers, for ``songkin eval words``.

A ``Topic`` is a question, the group it is counted in, and a rule that says which songs answer it. Rules look only at
what is declared of a synthesised piece (which program played it, at what tempo), never at how it was heard. They have
three values: yes, no, and None where a reasonable listener might say either (is a drum machine "drums"?); songs that
are None for a topic are taken out of its ranking before it is scored, as condensed lists do (Sakai, SIGIR 2007).

Groups of ``UNVERIFIED`` topics are asked too, but nothing here knows the answers: they are named, not scored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

Judgement = bool | None


@dataclass(frozen=True, slots=True)
class Truth:
    """What is declared of a piece; ``bpm`` is None where there is no pulse. ``register`` and ``density`` are words."""

    kind: str
    genres: tuple[str, ...]
    instruments: tuple[str, ...]
    bpm: float | None
    register: str
    density: str


@dataclass(frozen=True, slots=True)
class Rule:
    """Which pieces answer a topic; ``says`` tells it to people."""

    says: str
    judge: Callable[[Truth], Judgement]


@dataclass(frozen=True, slots=True)
class Topic:
    """One question, and which songs answer it (``rule`` None: nothing here knows)."""

    text: str
    group: str
    rule: Rule | None


# Rules ------------------------------------------------------------------------------------------------------------


def plays(*names: str, perhaps: tuple[str, ...] = ()) -> Rule:
    """One of these instruments plays; with ``perhaps`` alone it is open."""

    def judge(truth: Truth) -> Judgement:
        if any(name in truth.instruments for name in names):
            return True
        return None if any(name in truth.instruments for name in perhaps) else False

    return Rule(f"plays {' or '.join(names)}" + (f" (open: {', '.join(perhaps)})" if perhaps else ""), judge)


def kind(*names: str, perhaps: tuple[str, ...] = ()) -> Rule:
    """The piece is of one of these kinds; ``perhaps`` are kinds a listener might also accept."""

    def judge(truth: Truth) -> Judgement:
        return True if truth.kind in names else None if truth.kind in perhaps else False

    return Rule(f"is {' or '.join(names)}" + (f" (open: {', '.join(perhaps)})" if perhaps else ""), judge)


def both(*rules: Rule) -> Rule:
    """All rules hold."""

    def judge(truth: Truth) -> Judgement:
        found = [rule.judge(truth) for rule in rules]
        return False if False in found else None if None in found else True

    return Rule(" and ".join(rule.says for rule in rules), judge)


def lacks(rule: Rule) -> Rule:
    """The rule does not hold."""

    def judge(truth: Truth) -> Judgement:
        found = rule.judge(truth)
        return None if found is None else not found

    return Rule(f"not: {rule.says}", judge)


def _has_beat(truth: Truth) -> Judgement:
    if truth.kind == "chiptune":
        return None
    return any(name in truth.instruments for name in ("drums", "drum machine", "tabla", "timpani"))


def _is_fast(truth: Truth) -> Judgement:
    if truth.bpm is not None and truth.bpm >= 120 and truth.density == "high":
        return True
    slow = truth.bpm is None or truth.bpm < 108
    return False if slow and truth.density != "high" else None


def _is_slow(truth: Truth) -> Judgement:
    unhurried = truth.bpm is None or truth.bpm <= 80
    if unhurried and truth.density == "low":
        return True
    return None if unhurried or truth.density == "low" else False


def _is_calm(truth: Truth) -> Judgement:
    if _DRUMS.judge(truth) is not False or truth.density == "high" or _LOUD.judge(truth) is not False:
        return False
    return True if truth.density == "low" else None


def _is_lively(truth: Truth) -> Judgement:
    if truth.density == "low":
        return False
    driven = _DRUMS.judge(truth) is not False
    return True if driven and truth.density == "high" else None


_DRUMS: Final = plays("drums", perhaps=("drum machine", "tabla", "timpani"))
_ANY_DRUMS: Final = plays("drums", "drum machine", perhaps=("tabla", "timpani"))
_BEAT: Final = Rule("has a drum of any kind (open: chiptune, whose noise channel beats)", _has_beat)
_LOUD: Final = kind(
    "metal", "rock", perhaps=("techno", "fanfare", "drum_and_bass", "experiment", "drum_solo", "war_drums")
)
_VOICE: Final = plays("choir", "voice")
_STRINGS: Final = plays("strings", "violin", "viola", "cello")
_PIANO: Final = plays("piano", perhaps=("electric piano",))
_GUITAR: Final = plays("guitar", "electric guitar", perhaps=("banjo",))
_SYNTH: Final = plays("synthesizer", perhaps=("drum machine",))
_FAST: Final = Rule("at least 120 beats a minute and dense (open: one of both)", _is_fast)
_SLOW: Final = Rule("at most 80 beats a minute or no pulse, and sparse (open: one of both)", _is_slow)
_CALM: Final = Rule("sparse, no drums, not loud (open: of medium density)", _is_calm)
_LIVELY: Final = Rule("dense, with drums (open: one of both, not sparse)", _is_lively)
_ELECTRONIC: Final = kind(
    "techno", "house", "ambient", "drone", "chiptune", "electro_pop", "drum_and_bass", "experiment", perhaps=("dub", "hip_hop")
)  # fmt: skip
_CLUB: Final = kind("techno", "house", perhaps=("drum_and_bass", "electro_pop"))
_ORCHESTRAL: Final = kind("string_ensemble", "waltz", perhaps=("string_quartet", "fanfare", "aria", "cello"))
_CLASSICAL: Final = kind(
    "piano_ballad", "string_ensemble", "string_quartet", "cello", "harp", "flute", "organ", "waltz", "harpsichord", "aria",
    perhaps=("choir", "fanfare", "lullaby", "guitar", "ragtime", "music_box"),
)  # fmt: skip
_BOX: Final = kind("lullaby", "music_box")


# Topics -----------------------------------------------------------------------------------------------------------

TOPICS: Final[tuple[Topic, ...]] = (
    # which instrument plays
    Topic("piano", "instrument", _PIANO),
    Topic("solo piano", "instrument", kind("piano_ballad", "ragtime")),
    Topic("drums and percussion", "instrument", _DRUMS),
    Topic("drum solo", "instrument", kind("drum_solo", "war_drums", perhaps=("marching_snare",))),
    Topic("strings", "instrument", _STRINGS),
    Topic("violin and viola", "instrument", plays("violin", "viola", perhaps=("strings",))),
    Topic("a lonely cello", "instrument", plays("cello", perhaps=("strings",))),
    Topic("guitar", "instrument", _GUITAR),
    Topic("fingerpicked acoustic guitar", "instrument", plays("guitar", perhaps=("banjo",))),
    Topic("distorted electric guitar", "instrument", plays("electric guitar")),
    Topic("flute", "instrument", plays("flute")),
    Topic("harp", "instrument", plays("harp")),
    Topic("banjo", "instrument", plays("banjo", perhaps=("guitar",))),
    Topic("church organ", "instrument", plays("organ")),
    Topic("harpsichord", "instrument", plays("harpsichord")),
    Topic("sitar", "instrument", plays("sitar")),
    Topic("trumpets and trombones", "instrument", plays("trumpet", "trombone")),
    Topic("bells", "instrument", plays("bells", perhaps=("music box",))),
    Topic("music box", "instrument", plays("music box", perhaps=("bells",))),
    Topic("synthesizer", "instrument", _SYNTH),
    Topic("drum machine beats", "instrument", plays("drum machine", perhaps=("drums",))),
    Topic("upright bass", "instrument", kind("walking_jazz", perhaps=("banjo", "dub", "hip_hop", "rock"))),
    # voices
    Topic("choir", "voice", plays("choir", perhaps=("voice",))),
    Topic("singing", "voice", _VOICE),
    Topic("human voices", "voice", _VOICE),
    Topic("opera singer", "voice", plays("voice", perhaps=("choir",))),
    Topic("soprano aria", "voice", plays("voice", perhaps=("choir",))),
    Topic("female vocals", "voice", plays("voice", perhaps=("choir",))),
    Topic("a cappella chorus", "voice", kind("choir", perhaps=("lullaby", "aria"))),
    Topic("angelic choir singing", "voice", plays("choir", perhaps=("voice",))),
    # tempo
    Topic("fast", "tempo", _FAST),
    Topic("very fast music", "tempo", _FAST),
    Topic("uptempo", "tempo", _FAST),
    Topic("rapid notes at high speed", "tempo", _FAST),
    Topic("slow", "tempo", _SLOW),
    Topic("slow tempo", "tempo", _SLOW),
    Topic("unhurried and spacious", "tempo", _SLOW),
    Topic("downtempo", "tempo", _SLOW),
    Topic("fast drums", "tempo", both(_DRUMS, _FAST)),
    Topic("slow piano", "tempo", both(_PIANO, _SLOW)),
    Topic("slow strings", "tempo", both(_STRINGS, _SLOW)),
    Topic("fast violins", "tempo", kind("string_quartet", perhaps=("waltz",))),
    Topic("fast electronic dance", "tempo", both(_ELECTRONIC, _FAST)),
    Topic("fast battle drums and percussion", "tempo", kind("drum_solo", "war_drums", perhaps=("marching_snare", "drum_and_bass"))),
    # genres by their names
    Topic("techno", "genre", kind("techno", perhaps=("house",))),
    Topic("house music", "genre", kind("house", perhaps=("techno",))),
    Topic("ambient", "genre", kind("ambient", "drone")),
    Topic("metal", "genre", kind("metal", perhaps=("rock",))),
    Topic("rock", "genre", kind("rock", "metal")),
    Topic("jazz", "genre", kind("walking_jazz", perhaps=("ragtime", "hip_hop"))),
    Topic("classical music", "genre", _CLASSICAL),
    Topic("baroque", "genre", kind("harpsichord", perhaps=("organ", "string_quartet"))),
    Topic("opera", "genre", kind("aria", perhaps=("choir",))),
    Topic("hip hop", "genre", kind("hip_hop")),
    Topic("reggae", "genre", kind("dub")),
    Topic("country and bluegrass", "genre", kind("banjo", perhaps=("guitar",))),
    Topic("folk", "genre", kind("guitar", "banjo")),
    Topic("indian classical", "genre", kind("sitar")),
    Topic("electronic", "genre", _ELECTRONIC),
    Topic("electronic dance music", "genre", _CLUB),
    Topic("drum and bass", "genre", kind("drum_and_bass")),
    Topic("synthpop", "genre", kind("electro_pop", perhaps=("house", "chiptune"))),
    Topic("experimental noise", "genre", kind("experiment", perhaps=("drone",))),
    Topic("chamber music", "genre", kind("string_quartet", perhaps=("cello", "string_ensemble", "flute", "harpsichord"))),
    Topic("orchestra", "genre", _ORCHESTRAL),
    Topic("new age", "genre", kind("harp", "ambient", perhaps=("drone", "flute", "lullaby", "choir"))),
    # genres without their names
    Topic("pounding four-on-the-floor club beat", "paraphrase", _CLUB),
    Topic("floating soundscape", "paraphrase", kind("ambient", "drone")),
    Topic("heavy distorted riffs", "paraphrase", kind("metal", perhaps=("rock",))),
    Topic("swinging trio in a smoky bar", "paraphrase", kind("walking_jazz", perhaps=("ragtime",))),
    Topic("8-bit video game console", "paraphrase", kind("chiptune")),
    Topic("laid-back beat to rap over", "paraphrase", kind("hip_hop")),
    Topic("hymn in a cathedral", "paraphrase", kind("organ", "choir")),
    Topic("keyboard at a royal court of the 18th century", "paraphrase", kind("harpsichord")),
    Topic("raga like Ravi Shankar", "paraphrase", kind("sitar")),
    Topic("saloon in the wild west", "paraphrase", kind("ragtime", "banjo", perhaps=("guitar",))),
    Topic("soldiers on parade", "paraphrase", kind("marching_snare", perhaps=("fanfare", "war_drums"))),
    Topic("bedtime song for a baby", "paraphrase", _BOX),
    Topic("rave anthem", "paraphrase", _CLUB),
    Topic("singer by the campfire strumming", "paraphrase", kind("guitar", perhaps=("banjo",))),
    Topic("ballroom in old Vienna", "paraphrase", kind("waltz", perhaps=("string_ensemble", "string_quartet"))),
    Topic("jamaican bass and echo", "paraphrase", kind("dub")),
    # how much happens
    Topic("calm and relaxing", "energy", _CALM),
    Topic("quiet soft music", "energy", _CALM),
    Topic("peaceful meditation", "energy", _CALM),
    Topic("gentle and soothing", "energy", _CALM),
    Topic("energetic and driving", "energy", _LIVELY),
    Topic("intense rhythm", "energy", _LIVELY),
    Topic("loud and aggressive", "energy", kind("metal", "rock", perhaps=("drum_and_bass", "experiment", "techno", "drum_solo", "war_drums"))),
    Topic("quiet flute melody", "energy", plays("flute")),
    Topic("soft harp and flute", "energy", kind("flute", "harp")),
    # what must not be there
    Topic("no vocals", "negation", lacks(_VOICE)),
    Topic("instrumental music", "negation", lacks(_VOICE)),
    Topic("music without drums", "negation", lacks(_BEAT)),
    Topic("drumless", "negation", lacks(_BEAT)),
    Topic("strings without singing", "negation", both(_STRINGS, lacks(_VOICE))),
    Topic("piano without drums", "negation", both(plays("piano"), lacks(_BEAT))),
    Topic("guitar, no drums", "negation", both(_GUITAR, lacks(_ANY_DRUMS))),
    Topic("electronic music without a beat", "negation", both(_ELECTRONIC, lacks(_BEAT))),
    Topic("classical music, not opera", "negation", both(_CLASSICAL, lacks(kind("aria")))),
    Topic("singing without strings", "negation", both(_VOICE, lacks(_STRINGS))),
    Topic("piano, not too fast", "negation", both(_PIANO, lacks(_FAST))),
    Topic("drums but no guitar", "negation", both(_DRUMS, lacks(_GUITAR))),
    # how high
    Topic("deep low bass", "register", Rule("low register", lambda truth: truth.register == "low")),
    Topic("high-pitched tones", "register", Rule("high register", lambda truth: truth.register == "high")),
    # nothing here knows the answers
    *(Topic(text, "mood", None) for text in ("sad", "happy", "melancholic", "romantic love", "dark and scary", "dreamy")),
    *(Topic(text, "occasion", None) for text in ("dinner with friends", "workout", "wedding", "studying", "road trip", "christmas")),
)  # fmt: skip

UNVERIFIED: Final = tuple(dict.fromkeys(topic.group for topic in TOPICS if topic.rule is None))
"""Groups that nothing here can judge."""
