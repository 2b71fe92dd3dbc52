"""A paper as people give it (statutes, bank details), made into one that may be kept. Pure.

Promise: what it is, is read from its content, and must be what was said of it. A picture is drawn
anew; of a PDF its pages alone are written into a new one: no script, no form, no link, no file
inside, no word of who made it. What is locked, endless or no such thing is refused. Not here: whose
it is, and who reads it.
"""

import io
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from backend.errors import InvalidInputError
from backend.pictures import PAGE, UPLOAD_BYTES_MAX, ImageRefused, Unfit, draw_anew

PAGES_MAX: Final = 60
KEPT_BYTES_MAX: Final = UPLOAD_BYTES_MAX
PDF: Final = "application/pdf"
JPEG: Final = "image/jpeg"
_PDF_BEGINS: Final = b"%PDF-"
_PDF_ENDS: Final = b"%%EOF"
#: What one stream of a PDF may unpack to while its tables are read, and how much is drawn with.
UNPACKED_BYTES_MAX: Final = 20_000_000
OBJECTS_MAX: Final = 50_000
#: Of a page: what is drawn, how large, which way up. All else of it can act, or lead elsewhere.
_PAGE_KEYS: Final = frozenset(
    {"/Type", "/Parent", "/Contents", "/Resources", "/MediaBox", "/CropBox", "/Rotate", "/UserUnit"}
)

#: What acts when a page is opened or touched, or carries a file, wherever it stands.
_ACTING: Final = frozenset({"/AA", "/EF", "/JS", "/JavaScript", "/Launch", "/OpenAction"})
#: Of a stream: where else its content would come from, and what programs note for themselves.
_ELSEWHERE: Final = frozenset(
    {"/AF", "/F", "/FDecodeParms", "/FFilter", "/Metadata", "/OPI", "/PieceInfo", "/Ref"}
)
#: What people put over a page with a reader.
_OVER: Final = frozenset({"/FreeText", "/Ink", "/Stamp"})
#: What a damaged file makes the library raise besides.
_FAULTS: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NotImplementedError,  # pypdf: a way of packing or locking that it does not read
    RecursionError,
    TypeError,
    ValueError,
)


class Misfit(StrEnum):
    """Why a paper is refused besides what is wrong with a picture; the words are in the pages."""

    NOT_A_PAPER = "not_a_paper"
    LOCKED = "locked"
    TOO_MANY_PAGES = "too_many_pages"
    #: What somebody typed or drew lies over the pages, not in them: it would be lost.
    WRITTEN_OVER = "written_over"


class PaperRefused(InvalidInputError):
    """What was given is no paper that may be kept; `details.why` says why."""

    code = "paper_refused"
    message = "This file cannot be kept as a document."


@dataclass(frozen=True, slots=True)
class Paper:
    """What may be kept."""

    media_type: str
    content: bytes = field(repr=False)


def draw_paper(given: bytes, said_type: str | None = None) -> Paper:
    """Return what may be kept of a PDF, JPEG or PNG; raise PaperRefused."""
    if len(given) > UPLOAD_BYTES_MAX:
        raise PaperRefused(why=Unfit.TOO_LARGE.value)
    if not given.startswith(_PDF_BEGINS):
        return _picture(given, said_type)
    said = (said_type or "").split(";")[0].strip().lower()
    if said and said not in {PDF, "application/x-pdf", "application/octet-stream"}:
        raise PaperRefused(why=Unfit.LIES.value)
    if not given.rstrip(b"\0\t\n\f\r ").endswith(_PDF_ENDS):
        raise PaperRefused(why=Unfit.MORE_THAN_AN_IMAGE.value)
    return Paper(PDF, _pages_alone(given))


def _picture(given: bytes, said_type: str | None) -> Paper:
    try:
        return Paper(JPEG, draw_anew(given, said_type, PAGE))
    except ImageRefused as refusal:
        why = str(refusal.details["why"])
        none = why == Unfit.NOT_AN_IMAGE.value
        raise PaperRefused(why=Misfit.NOT_A_PAPER.value if none else why) from None


def _pages_alone(given: bytes) -> bytes:
    # Slow to import, and seldom needed.
    from pypdf import apply_configuration  # noqa: PLC0415
    from pypdf.errors import PyPdfError  # noqa: PLC0415

    try:
        with apply_configuration(
            jbig2dec_binary=None, zlib_maximum_output_length=UNPACKED_BYTES_MAX
        ):
            kept = _written_anew(given)
    except (PyPdfError, *_FAULTS):
        raise PaperRefused(why=Unfit.DAMAGED.value) from None
    if len(kept) > KEPT_BYTES_MAX:
        raise PaperRefused(why=Unfit.TOO_LARGE.value)
    return kept


def _written_anew(given: bytes) -> bytes:
    from pypdf import PdfReader, PdfWriter  # noqa: PLC0415

    read = PdfReader(io.BytesIO(given), strict=False)
    if read.is_encrypted:
        raise PaperRefused(why=Misfit.LOCKED.value)
    if not 1 <= len(read.pages) <= PAGES_MAX:
        raise PaperRefused(why=Misfit.TOO_MANY_PAGES.value)
    written = PdfWriter()
    written.metadata = None
    seen: set[tuple[int, int]] = set()
    for page in read.pages:
        if _is_written_over(page):
            raise PaperRefused(why=Misfit.WRITTEN_OVER.value)
        for key in [one for one in page if one not in _PAGE_KEYS]:
            del page[key]
        _disarm(page, seen)
        written.add_page(page)
    kept = io.BytesIO()
    written.write(kept)
    return kept.getvalue()


def _is_written_over(page: Any) -> bool:
    """Say whether a form's fields, words, a stamp or a drawing lie over a page."""
    for one in page.get("/Annots", ()):
        over = one.get_object()
        field = over if "/FT" in over else over.get("/Parent", over).get_object()
        is_field = over.get("/Subtype") == "/Widget" and field.get("/FT") != "/Sig"
        if is_field or over.get("/Subtype") in _OVER:
            return True
    return False


def _disarm(page: Any, seen: set[tuple[int, int]]) -> None:
    """Take out of everything a page is drawn with what can act, or brings another file."""
    from pypdf.generic import (  # noqa: PLC0415
        ArrayObject,
        DictionaryObject,
        IndirectObject,
        StreamObject,
    )

    waiting: list[Any] = [page]
    while waiting:
        one = waiting.pop()
        if isinstance(one, IndirectObject):
            if (one.idnum, one.generation) in seen:
                continue
            seen.add((one.idnum, one.generation))
            if len(seen) > OBJECTS_MAX:
                raise PaperRefused(why=Misfit.TOO_MANY_PAGES.value)
            one = one.get_object()
        if isinstance(one, DictionaryObject):
            acting = _ACTING | _ELSEWHERE if isinstance(one, StreamObject) else _ACTING
            for key in [name for name in one if name in acting]:
                del one[key]
            waiting += [value for key, value in one.items() if key != "/Parent"]
        elif isinstance(one, ArrayObject):
            waiting += list(one)
