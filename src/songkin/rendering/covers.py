"""Covers: the picture in a file's tags, or in its folder, made small.

Pictures were put there by others. Four formats are read, none with more pixels than a scanner makes, and what comes out is
a new picture: no tags of the old one, nothing behind its end.
"""

from __future__ import annotations

from io import BytesIO
from typing import Final

from songkin import tags
from songkin.errors import AudioError

SIZES: Final = (96, 320, 640)
"""Pixels of a side, at most."""
FORMATS: Final = ("JPEG", "PNG", "GIF", "WEBP")
MOST_PIXELS: Final = 64_000_000


def make_small(path: str, target: str, size: int) -> bool:
    """Write the cover of the sound file at ``path`` as a WebP of at most ``size`` pixels a side into ``target``; whether there
    is one that can be read."""
    found = tags.cover(path)
    if found is None:
        return False
    try:
        made = small(found[0], size)
    except AudioError:
        return False
    with open(target, "wb") as file:
        file.write(made)
    return True


def small(picture: bytes, size: int) -> bytes:
    """The picture, cut to a square around its middle where it nearly is one, as WebP. Raises ``AudioError``."""
    from PIL import Image, ImageOps

    try:
        with Image.open(BytesIO(picture), formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise AudioError("The picture is too large.", remedy="Make it smaller.")
            opened.draft("RGB", (size, size))
            image: Image.Image = ImageOps.exif_transpose(opened).convert("RGB")
            image = ImageOps.fit(image, (min(size, *image.size),) * 2, Image.Resampling.LANCZOS)
            out = BytesIO()
            image.save(out, "WEBP", quality=82, method=4)
            return out.getvalue()
    except AudioError:
        raise
    except Exception as error:  # hostile bytes: the library raises nearly anything
        raise AudioError("The picture cannot be read.", remedy="Replace it.") from error
