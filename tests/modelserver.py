"""A language model on loopback for tests: it answers as a test tells it, in the form of OpenAI's chat completions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from webserver import Page, Web

KEY = "sk-s3cr3t-0123456789"
PATH = "/v1/chat/completions"


def completion(content: object, **headers: str) -> Page:
    """An answer: an object as JSON, or any text."""
    text = content if isinstance(content, str) else json.dumps(content)
    body = {"id": "1", "object": "chat.completion", "choices": [{"index": 0, "message": {"content": text}}]}
    return Page(json.dumps(body).encode(), "application/json", headers=headers)


def thinks(server: Web, answer: Callable[[dict[str, Any]], Page] | Page) -> None:
    """Have the model answer so; a function is given the data that it is asked about."""
    server.pages[PATH] = answer if isinstance(answer, Page) else Page(answer=lambda body: answer(data(body)))


def data(body: bytes) -> dict[str, Any]:
    """What a model is asked about."""
    found: dict[str, Any] = json.loads(json.loads(body)["messages"][1]["content"])
    return found


def settings_for(server: Web | str, **more: str) -> Mapping[str, str]:
    """The environment in which songkin asks this server."""
    url = server if isinstance(server, str) else f"{server.url}/v1"
    known = {"SONGKIN_LLM_URL": url, "SONGKIN_LLM_MODEL": "tiny", "SONGKIN_LLM_KEY": KEY, "SONGKIN_LLM_SECONDS": "5"}
    return {**known, **more}


def backwards(asked: dict[str, Any]) -> Page:
    """The last candidate first."""
    ids = [each["id"] for each in asked["candidates"]][::-1]
    return completion({"ids": ids, "reasons": {ids[0]: "slow and quiet"}})
