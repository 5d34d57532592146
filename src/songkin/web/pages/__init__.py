"""The pages: one file for each noun, one template for each page. They ask the library and show."""

from __future__ import annotations

from fastapi import APIRouter

from songkin.web.pages import search

router = APIRouter(include_in_schema=False)
for each in (search,):
    router.include_router(each.router)
