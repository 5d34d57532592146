"""Answers that are kept for as long as they hold."""

from __future__ import annotations

from songkin.remembering import Remembering


def test_an_answer_is_made_once_until_the_state_changes() -> None:
    state, made = [0], [0]

    def make() -> int:
        made[0] += 1
        return made[0]

    known = Remembering(lambda: state[0])
    assert [known.get("a", make), known.get("a", make), known.get("b", make)] == [1, 1, 2]
    state[0] = 1
    assert known.get("a", make) == 3
    known.forget()
    assert known.get("a", make) == 4


def test_what_was_made_while_the_state_changed_is_not_kept() -> None:
    state = [0]
    known = Remembering(lambda: state[0])

    def make() -> str:
        state[0] += 1
        known.get("other", lambda: "x")
        return "old"

    assert known.get("a", make) == "old"
    assert known.get("a", lambda: "new") == "new"


def test_the_oldest_goes_first_and_what_is_not_to_be_kept_is_not() -> None:
    known = Remembering(lambda: 0, most=2)
    for key in "abc":
        known.get(key, lambda: 1)
    assert (known.get("a", lambda: 2), known.get("c", lambda: 2)) == (2, 1)
    assert known.get("z", lambda: 1, lambda _: False) == 1
    assert known.get("z", lambda: 2) == 2
