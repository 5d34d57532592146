"""The pages: one file for each noun, one template for each page. They ask the library and show."""

from __future__ import annotations

from fastapi import APIRouter

from songkin.web.pages import albums, looks, playlists, recommend, record, search, songs

router = APIRouter(include_in_schema=False)
for each in (search, songs, albums, playlists, recommend, record, looks):
    router.include_router(each.router)
