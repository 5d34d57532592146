"""Asking a language model over HTTP: OpenAI's chat completions, as Ollama, vLLM, LM Studio, Gemini and OpenAI speak them.

What is asked about is data: it goes as one JSON document, apart from the instructions, which say so. The answer is data
too: one JSON object, and nothing in it is ever called, opened or followed. A server may be told which form the answer has
(``response_format``); where it refuses that it is asked once more in plain words, and the object is looked for in the text.

One answer has one time limit, however often it is asked for and however slowly it comes, and a size limit. The address is
the one that was set: no redirect is followed, so the key goes nowhere else. Neither the key nor what a server says in its
own words (some repeat the key) stands in any message or log.
"""

from __future__ import annotations

import hashlib
import logging
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from songkin import fetching
from songkin.errors import NoAnswer, Unreachable
from songkin.fetching.addresses import shown

log = logging.getLogger(__name__)

MOST_BYTES: Final = 1 << 20
_PATH: Final = "/chat/completions"
_NO_FORM: Final = frozenset({400, 422, 501})
"""How servers refuse what they do not know: a form of the answer, a temperature."""
_FENCE: Final = re.compile(r"```[A-Za-z]*\s*(.*?)```", re.DOTALL)
_THOUGHT: Final = re.compile(r"<think>.*?</think>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Model:
    """A model of this name at the server ``url``; ``seconds`` is what one answer may take."""

    url: str
    name: str
    key: str = field(default="", repr=False)
    seconds: float = 30.0
    offline: bool = False

    @property
    def address(self) -> str:
        """Where it is asked."""
        head, sign, query = self.url.partition("?")
        path = head.rstrip("/")
        return path + ("" if path.endswith(_PATH) else _PATH) + sign + query

    def check(self) -> None:
        """Raise ``NoAnswer`` for a model that is not set up."""
        if not self.url or not self.name:
            lacks, setting = ("address", "URL") if not self.url else ("name", "MODEL")
            raise NoAnswer(
                f"No language model is set up: it has no {lacks}.",
                remedy=f"Set SONGKIN_LLM_{setting}; `songkin config` tells what it is.",
            )


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is asked: ``instructions``, which songkin wrote, ``data``, which nobody vouches for, the JSON schema of
    the answer. ``version`` changes with what is made of the answer."""

    version: str
    instructions: str
    data: Mapping[str, Any]
    schema: Mapping[str, Any]

    def digest(self, model: str) -> str:
        """The same for the same question to a model of the same name."""
        whole = [model, self.version, self.instructions, self.data, self.schema]
        return hashlib.sha256(orjson.dumps(whole, option=orjson.OPT_SORT_KEYS)).hexdigest()


def ask(model: Model, prompt: Prompt) -> dict[str, Any]:
    """The object that the model answers with, of whatever form. Raises ``NoAnswer``."""
    model.check()
    began = time.monotonic()
    for formed in (True, False):
        status, kind, body = _sent(model, prompt, began + model.seconds, formed=formed)
        log.debug(
            "%s answered %d, %s, %d bytes, after %.2f s",
            shown(model.url),
            status,
            kind,
            len(body),
            time.monotonic() - began,
        )
        if not (formed and status in _NO_FORM):
            break
    if status != 200:
        raise _refused(model, status)
    if not (kind == "application/json" or kind.endswith("+json")):
        raise _failed(model, f"answered with {'what is no JSON' if not kind else kind[:60]}", _CHECK)
    found = in_text(_said(model, body))
    if found is None:
        raise _failed(model, "answered with something else than what it was asked for", "Try again, or another model.")
    return found


def in_text(text: str) -> dict[str, Any] | None:
    """The JSON object in what a model wrote: all of it, in a fence, or between the first brace and the last."""
    bare = _THOUGHT.sub("", text)
    fenced = _FENCE.search(bare)
    for part in (bare, fenced[1] if fenced else "", bare[bare.find("{") : bare.rfind("}") + 1]):
        try:
            found = orjson.loads(part)
        except ValueError:
            continue
        if isinstance(found, dict):
            return found
    return None


def line(value: object, most: int) -> str:
    """What a model or anybody wrote, as one line of at most ``most`` characters that may be shown; empty where it is no
    text."""
    if not isinstance(value, str):
        return ""
    clean = " ".join("".join(c if c.isprintable() else " " for c in value[: 20 * most]).split())
    return clean if len(clean) <= most else clean[: most - 1].rstrip() + "…"


_CHECK: Final = "Check SONGKIN_LLM_URL and SONGKIN_LLM_MODEL."


def _sent(model: Model, prompt: Prompt, deadline: float, *, formed: bool) -> tuple[int, str, bytes]:
    left = max(0.01, deadline - time.monotonic())
    rules = fetching.Rules(
        allow_private=True, max_bytes=MOST_BYTES, seconds=left, offline=model.offline, still=model.seconds
    )
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if model.key:
        headers["Authorization"] = f"Bearer {model.key}"
    body = orjson.dumps(_request(model, prompt, formed=formed))
    log.debug("asking %s for %s, %d bytes", shown(model.url), model.name, len(body))
    try:
        return fetching.post(model.address, body, headers, rules)
    except Unreachable as error:
        late = time.monotonic() >= deadline
        what = f"did not answer within {model.seconds:g} seconds" if late else error.what
        raise _failed(model, what, "Allow more with SONGKIN_LLM_SECONDS." if late else error.remedy) from None


def _request(model: Model, prompt: Prompt, *, formed: bool) -> dict[str, Any]:
    data = orjson.dumps(prompt.data).decode()
    told = prompt.instructions
    if not formed:
        told += f"\nThe object has this JSON schema: {orjson.dumps(prompt.schema).decode()}"
    request: dict[str, Any] = {
        "model": model.name,
        "messages": [{"role": "system", "content": told}, {"role": "user", "content": data}],
        "stream": False,
    }
    if formed:
        schema = {"name": "answer", "schema": prompt.schema}
        request |= {"temperature": 0, "response_format": {"type": "json_schema", "json_schema": schema}}
    return request


def _said(model: Model, body: bytes) -> str:
    """The text of the first message of an answer."""
    try:
        content = orjson.loads(body)["choices"][0]["message"]["content"]
        if isinstance(content, list):
            content = "".join(part["text"] for part in content if part.get("type") == "text")
    except (ValueError, LookupError, TypeError, AttributeError):
        content = None
    if not isinstance(content, str):
        raise _failed(model, "answered with what is no chat completion", _CHECK)
    return content


def _refused(model: Model, status: int) -> NoAnswer:
    if 300 <= status < 400:
        return _failed(
            model, f"leads elsewhere ({status}), which is not followed", "Set SONGKIN_LLM_URL to that place."
        )
    if status in {401, 403}:
        wants = "does not take the key" if model.key else "wants a key"
        return _failed(model, f"{wants} ({status})", "Set SONGKIN_LLM_KEY.")
    if status == 404:
        return _failed(model, "has no such address or model (404)", _CHECK)
    if status == 429:
        return _failed(model, "was asked too often, or its quota is used up (429)", "Try again later.")
    if status >= 500:
        return _failed(model, f"is in trouble ({status})", "Try again later.")
    return _failed(model, f"refused the question ({status})", _CHECK)


def _failed(model: Model, what: str, remedy: str) -> NoAnswer:
    return NoAnswer(f"The language model at {shown(model.url)} {what}.", remedy=remedy)
