"""Photos people give: what is kept is drawn anew, and what is no photo is refused."""

import io
import struct
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from backend.access.photos import PHOTO_BYTES_MAX, strip_photo
from backend.pictures import PHOTO, UPLOAD_BYTES_MAX, ImageRefused, Unfit, draw_anew

PLACE = b"48.8566N 2.3522E"


def picture(size: tuple[int, int] = (300, 400), mode: str = "RGB") -> Image.Image:
    gradient = Image.linear_gradient("L").resize(size)
    return Image.merge("RGB", [gradient, gradient, gradient]).convert(mode)


def jpeg(size: tuple[int, int] = (300, 400), **how: object) -> bytes:
    written = io.BytesIO()
    picture(size).save(written, "JPEG", **how)
    return written.getvalue()


def png(size: tuple[int, int] = (300, 400), mode: str = "RGB", **how: object) -> bytes:
    written = io.BytesIO()
    picture(size, mode).save(written, "PNG", **how)
    return written.getvalue()


def located() -> bytes:
    exif = Image.Exif()
    exif[0x010E] = PLACE.decode()
    exif[0x0112] = 6  # lying on its side
    return jpeg((400, 300), exif=exif, comment=PLACE)


def noted() -> bytes:
    notes = PngInfo()
    notes.add_text("Comment", PLACE.decode())
    return png(pnginfo=notes)


def chunk(kind: bytes, content: bytes) -> bytes:
    crc = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", crc)


def bomb(width: int, height: int) -> bytes:
    """A few kilobytes that say they are a picture of that size."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    packed = zlib.compress(bytes(2_000_000), 9)
    end = chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + end


@pytest.mark.parametrize(
    "given", [jpeg, png, located, noted, lambda: jpeg(progressive=True), lambda: png(mode="RGBA")]
)
def test_what_is_kept_is_a_small_jpeg_of_pixels_alone(given: Callable[[], bytes]) -> None:
    kept = draw_anew(given())
    with Image.open(io.BytesIO(kept)) as opened:
        assert (opened.format, opened.size, dict(opened.getexif())) == ("JPEG", (300, 400), {})
    assert PLACE not in kept
    assert len(kept) <= PHOTO.bytes_max <= PHOTO_BYTES_MAX
    assert strip_photo(kept) == kept, "a gate takes it as it is"


def test_a_large_photo_is_made_small() -> None:
    with Image.open(io.BytesIO(draw_anew(jpeg((2400, 3200))))) as opened:
        assert opened.size == (480, 640)


REFUSED = {
    "nothing": (lambda: b"", None, Unfit.NOT_AN_IMAGE),
    "a page": (lambda: b"<html><script>", "image/png", Unfit.NOT_AN_IMAGE),
    "a GIF": (lambda: b"GIF89a" + bytes(100), None, Unfit.NOT_AN_IMAGE),
    "an SVG": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", None, Unfit.NOT_AN_IMAGE),
    "a JPEG that says it is a PNG": (jpeg, "image/png", Unfit.LIES),
    "a PNG that says it is a page": (png, "text/html", Unfit.LIES),
    "a JPEG and a ZIP": (lambda: jpeg() + b"PK\x03\x04" + bytes(50), None, "more_than_an_image"),
    "a PNG and a page": (lambda: png() + b"<script>", "image/png", "more_than_an_image"),
    "a JPEG and a film": (lambda: jpeg() + b"\0\0\0\x18ftypmp42", None, "more_than_an_image"),
    "a bomb": (lambda: bomb(50_000, 50_000), None, Unfit.TOO_MANY_PIXELS),
    "a long bomb": (lambda: bomb(30_000, 200), None, Unfit.TOO_MANY_PIXELS),
    "less than it says": (lambda: bomb(6_000, 6_000), None, Unfit.DAMAGED),
    "too small": (lambda: jpeg((100, 140)), None, Unfit.TOO_SMALL),
    "half a JPEG": (lambda: jpeg()[:4000], None, Unfit.DAMAGED),
    "a wrong CRC": (lambda: png()[:-1] + b"\0", None, Unfit.DAMAGED),
    "too long": (lambda: jpeg() + bytes(UPLOAD_BYTES_MAX), None, Unfit.TOO_LARGE),
}


@pytest.mark.parametrize(("given", "said", "why"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_photo_is_refused(
    given: Callable[[], bytes], said: str | None, why: str
) -> None:
    with pytest.raises(ImageRefused) as refusal:
        draw_anew(given(), said)
    assert refusal.value.details == {"why": why}


_SEEDS = (jpeg((130, 140)), png((130, 140)))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(_SEEDS), st.integers(2, 10_000), st.binary(min_size=1, max_size=6))
def test_damage_is_refused_or_drawn_and_never_more(image: bytes, at: int, said: bytes) -> None:
    at %= len(image)
    harmed = image[:at] + said + image[at + len(said) :]
    try:
        kept = draw_anew(harmed)
    except ImageRefused:
        return
    assert kept.startswith(b"\xff\xd8\xff")
    assert len(kept) <= PHOTO.bytes_max
