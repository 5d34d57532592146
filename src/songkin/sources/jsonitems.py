"""JSON that need not fit into memory: the items of one array, each decoded whole, while the file goes by.

Python's own decoder is fed with a window of text that slides on after every item. Unlike stricter parsers it takes
``NaN`` and ``Infinity``, which Python's own programs write; line ends and NUL inside strings are let through.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final, TextIO

from songkin.errors import SourceError
from songkin.sources.given import Given

_BLOCK: Final = 1 << 18
_MOST: Final = 64 << 20
"""Characters that one item may have."""
_LITERAL: Final = 64
"""Where text breaks off in the middle of an item, the decoder gives up this close to its end, or in a string."""
_BLANK: Final = re.compile(r"[ \t\n\r\ufeff]*")
_DECODER: Final = json.JSONDecoder(strict=False)


def items(
    given: Given, path: tuple[str, ...], rest: dict[str, Any] | None = None, *, many: bool = False
) -> Iterator[Any]:
    """The items of the array that stands under ``path`` (keys of objects, from the outside in).

    What stands beside it on the way goes into ``rest``, all of it once the last item was taken. ``many``: several
    documents may follow one another in the file. Raises ``SourceError`` where the file is no JSON, ends too early or
    has no such array.
    """
    with given.text() as file:
        window = _Window(given, file)
        while True:
            yield from _below(window, path, {} if rest is None else rest)
            if not window.sign():
                return
            if not many:
                raise window.broken("something follows after its end")


def _below(window: _Window, path: tuple[str, ...], rest: dict[str, Any]) -> Iterator[Any]:
    if not path:
        yield from _array(window)
        return
    window.take("{")
    found = False
    close = window.take("}") if window.sign() == "}" else ""
    while not close:
        key = window.value()
        window.take(":")
        if key == path[0] and not found:
            found = True
            yield from _below(window, path[1:], rest)
        else:
            rest[str(key)] = window.value()
        close = window.take(",}").replace(",", "")
    if not found:
        raise window.broken(f"“{path[0]}” is missing")


def _array(window: _Window) -> Iterator[Any]:
    window.take("[")
    close = window.take("]") if window.sign() == "]" else ""
    while not close:
        yield window.value()
        close = window.take(",]").replace(",", "")


class _Window:
    """The stretch of a file that is being decoded, and where in it the next sign stands."""

    def __init__(self, given: Given, file: TextIO) -> None:
        self._given = given
        self._file = file
        self._text = ""
        self._at = 0
        self._passed = 0

    def sign(self) -> str:
        """The next character that is no blank, left where it stands; empty at the end of the file."""
        while True:
            match = _BLANK.match(self._text, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def take(self, wanted: str) -> str:
        """The next character, which must be one of ``wanted``."""
        found = self.sign()
        if not found or found not in wanted:
            raise self.broken(f"{' or '.join(wanted)} is missing" if found else "it ends too early")
        self._at += 1
        return found

    def value(self) -> Any:
        """The next value, whole."""
        self.sign()
        while True:
            try:
                found, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                cut = error.msg.startswith("Unterminated string") or len(self._text) - error.pos < _LITERAL
                if cut and self._more():
                    continue
                raise self.broken("it ends too early" if cut else error.msg) from None
            except RecursionError:
                raise self.broken("it is nested too deeply") from None
            except ValueError:  # a number of thousands of digits
                raise self.broken("a number is too long") from None
            if end == len(self._text) and self._more():
                continue  # a number may go on
            self._at = end
            return found

    def broken(self, why: str) -> SourceError:
        """The error that says what is wrong, and where."""
        return SourceError(
            f"{self._given.name} cannot be used: {why}, near character {self._passed + self._at:,}.",
            remedy="Fetch or export the file again; nothing of it was taken.",
        )

    def _more(self) -> bool:
        """Reads on, twice as far each time that an item is not whole yet, and lets go of what was passed."""
        held = len(self._text) - self._at
        if held > _MOST:
            raise self.broken(f"one item has more than {_MOST >> 20} million characters")
        block = self._file.read(max(_BLOCK, held))
        self._passed += self._at
        self._text = self._text[self._at :] + block
        self._at = 0
        return bool(block)
