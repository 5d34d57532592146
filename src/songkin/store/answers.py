"""What a language model answered, kept so that the same question is not asked twice.

The oldest go when there are too many. What cannot be kept now (the library is read-only, another run writes, the disk is
full) is asked for again the next time.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
import sqlalchemy as sa

from songkin.config import Config
from songkin.errors import DiskFull, LibraryBusy, NoAnswer
from songkin.fetching import chat
from songkin.store.database import Database
from songkin.store.schema import answers

log = logging.getLogger(__name__)

MOST: Final = 2_000
"""Answers that are kept."""
_PATIENCE: Final = 0.5
Check = Callable[[dict[str, Any]], dict[str, Any]]
"""Makes of what a model said what may be used and kept; raises ``NoAnswer`` where that is nothing."""


class Answers:
    """Asks the language model of the settings, or the answers that it gave."""

    def __init__(self, db: Database, config: Config) -> None:
        self.db = db
        self.model = model_of(config)

    def ask(self, prompt: chat.Prompt, check: Check) -> dict[str, Any]:
        """What the model says to this, now or before. Raises ``NoAnswer``."""
        key = prompt.digest(self.model.name)
        kept = self._kept(key, check)
        if kept is not None:
            log.debug("the answer of %s is known", self.model.name)
            return kept
        found = check(chat.ask(self.model, prompt))
        if not self.db.readonly:
            with suppress(LibraryBusy, DiskFull):
                self._keep(key, found)
        return found

    def _kept(self, key: str, check: Check) -> dict[str, Any] | None:
        rows = self.db.rows(sa.select(answers.c.answer).where(answers.c.key == key))
        try:
            return check(orjson.loads(rows[0][0])) if rows else None
        except (ValueError, NoAnswer):
            return None

    def _keep(self, key: str, found: dict[str, Any]) -> None:
        row = {"key": key, "at": time.time(), "answer": orjson.dumps(found).decode()}
        newest = sa.select(answers.c.key).order_by(answers.c.at.desc(), answers.c.key).limit(MOST)
        with self.db.writing(patience=_PATIENCE) as connection:
            connection.execute(sa.insert(answers).prefix_with("OR REPLACE").values(**row))
            connection.execute(sa.delete(answers).where(answers.c.key.not_in(newest)))


def model_of(config: Config) -> chat.Model:
    """The language model of the settings, with the key that may go there: those of OpenAI and of Google go nowhere else."""
    parts = urlsplit(config.llm_url)
    theirs = {
        ("https", "api.openai.com"): config.openai_api_key,
        ("https", "generativelanguage.googleapis.com"): config.gemini_api_key,
    }
    key = config.llm_key or theirs.get((parts.scheme, (parts.hostname or "").lower()), "")
    return chat.Model(config.llm_url, config.llm_model, key, config.llm_seconds, config.offline)
