"""A picture as people give it, made into one that may be kept: a JPEG drawn anew.

Promise: whatever comes is a JPEG or a PNG and nothing besides, or it is refused: its content and
what was said of it agree, its sides are looked at before a pixel is unpacked, and nothing follows
its end (a file that is two things at once). What is kept holds pixels alone: no place, no camera,
no thumbnail, no comment. Not here: whose it is, and reading it from a request.
"""

import io
import struct
import zlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from backend.errors import InvalidInputError

UPLOAD_BYTES_MAX: Final = 10 * 1024 * 1024
PIXELS_MAX: Final = 40_000_000
SIDE_PIXELS_MIN: Final = 120
SIDE_PIXELS_MAX: Final = 20_000
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8\xff"
_END_OF_IMAGE: Final = 0xD9
_START_OF_SCAN: Final = 0xDA
#: What a damaged file makes the library raise besides.
_LIBRARY_FAULTS: Final = (struct.error, zlib.error, EOFError, KeyError, IndexError, Warning)
_WITHOUT_LENGTH: Final = frozenset({0x01, *range(0xD0, 0xD8)})


class Unfit(StrEnum):
    """Why an image is refused; the words are in the pages."""

    TOO_LARGE = "too_large"
    NOT_AN_IMAGE = "not_an_image"
    LIES = "lies"
    MORE_THAN_AN_IMAGE = "more_than_an_image"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_SMALL = "too_small"
    DAMAGED = "damaged"


class ImageRefused(InvalidInputError):
    """What was given is no picture that may be kept; `details.why` says what it is instead."""

    code = "image_refused"
    message = "This image cannot be used."


@dataclass(frozen=True, slots=True)
class Size:
    """How large what is kept may be; the first quality (1 to 95) that fits is taken."""

    width_max: int
    height_max: int
    bytes_max: int
    qualities: tuple[int, ...]


#: What is kept of a photo fits in here, and in what a gate is given.
PHOTO: Final = Size(480, 640, 60_000, (85, 75, 60, 45, 30))
#: A page of a document, still read by people: about 200 points an inch.
PAGE: Final = Size(1700, 2400, 1_500_000, (80, 65, 50))


def draw_anew(image: bytes, said_type: str | None = None, size: Size = PHOTO) -> bytes:
    """Return a JPEG of a JPEG or PNG; `said_type` is what the sender called it.

    Raises ImageRefused.
    """
    kind = _kind_of(image, said_type)
    end = _end_of_png(image) if kind == "PNG" else _end_of_jpeg(image)
    if end != len(image):
        raise _unfit(Unfit.MORE_THAN_AN_IMAGE)
    return _redraw(image, kind, size)


def _unfit(why: Unfit) -> ImageRefused:
    return ImageRefused(why=why.value)


def _kind_of(image: bytes, said_type: str | None) -> str:
    if len(image) > UPLOAD_BYTES_MAX:
        raise _unfit(Unfit.TOO_LARGE)
    kind = "PNG" if image.startswith(_PNG) else "JPEG" if image.startswith(_JPEG) else None
    if kind is None:
        raise _unfit(Unfit.NOT_AN_IMAGE)
    said = (said_type or "").split(";")[0].strip().lower()
    if said and said not in {f"image/{kind.lower()}", "application/octet-stream"}:
        raise _unfit(Unfit.LIES)
    return kind


def _end_of_png(image: bytes) -> int:
    """Return where the last chunk ends (PNG, clause 5: length, type, content, CRC)."""
    at = len(_PNG)
    while at + 12 <= len(image):
        length = int.from_bytes(image[at : at + 4])
        kind, end = image[at + 4 : at + 8], at + 12 + length
        if end > len(image):
            break
        if zlib.crc32(image[at + 4 : end - 4]) != int.from_bytes(image[end - 4 : end]):
            break
        if kind == b"IEND":
            return end
        at = end
    raise _unfit(Unfit.DAMAGED)


def _end_of_jpeg(image: bytes) -> int:
    """Return where the image ends (ITU-T T.81, annex B: segments, and scans between them)."""
    at = 2
    while at + 2 <= len(image):
        if image[at] != 0xFF:
            break
        marker = image[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        if marker == _END_OF_IMAGE:
            return at + 2
        if marker in _WITHOUT_LENGTH:
            at += 2
            continue
        if at + 4 > len(image):
            break
        at += 2 + int.from_bytes(image[at + 2 : at + 4])
        if marker == _START_OF_SCAN:
            at = _end_of_scan(image, at)
    raise _unfit(Unfit.DAMAGED)


def _end_of_scan(image: bytes, at: int) -> int:
    """Return where the next marker is: not a stuffed byte (B.1.1.5), not a restart."""
    while (at := image.find(b"\xff", at)) >= 0 and at + 1 < len(image):
        if image[at + 1] != 0 and image[at + 1] not in _WITHOUT_LENGTH:
            return at
        at += 2
    raise _unfit(Unfit.DAMAGED)


def _redraw(image: bytes, kind: str, size: Size) -> bytes:
    # Slow to import, and seldom needed.
    from PIL import Image, ImageOps, UnidentifiedImageError  # noqa: PLC0415

    try:
        with Image.open(io.BytesIO(image), formats=[kind]) as opened:
            _check_sides(opened.size)
            # A JPEG is unpacked no larger than it is needed.
            opened.draft("RGB", (2 * size.width_max, 2 * size.height_max))
            upright = ImageOps.exif_transpose(opened)
            on_white = Image.new("RGB", upright.size, "white")
            shown = upright.convert("RGBA")
            on_white.paste(shown, mask=shown.getchannel("A"))
            on_white.thumbnail((size.width_max, size.height_max))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _unfit(Unfit.TOO_MANY_PIXELS) from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, *_LIBRARY_FAULTS):
        raise _unfit(Unfit.DAMAGED) from None
    for quality in size.qualities:
        written = io.BytesIO()
        on_white.save(written, "JPEG", quality=quality, optimize=True)
        if written.tell() <= size.bytes_max:
            return written.getvalue()
    raise _unfit(Unfit.DAMAGED)


def _check_sides(size: tuple[int, int]) -> None:
    width, height = size
    if width * height > PIXELS_MAX or max(size) > SIDE_PIXELS_MAX:
        raise _unfit(Unfit.TOO_MANY_PIXELS)
    if min(size) < SIDE_PIXELS_MIN:
        raise _unfit(Unfit.TOO_SMALL)
