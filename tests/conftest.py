"""What all tests share. Modules in this folder (``soundfiles``) can be imported by every test by their bare name."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("songkin", deadline=None, max_examples=50)  # machines are shared: time is no criterion
settings.load_profile("songkin")
