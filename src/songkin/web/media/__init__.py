"""Sound and pictures of songs. All are asked for by id, never by path."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
