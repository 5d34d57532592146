"""``/api/v1``: every action of the terminal over HTTP. One file for each noun."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
