"""Papers people give: what is kept is written anew, and what is no paper is refused."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    DictionaryObject,
    NameObject,
    NullObject,
    StreamObject,
    TextStringObject,
)
from reportlab.pdfgen.canvas import Canvas

from backend.partners.organisations.papers import (
    JPEG,
    PDF,
    UNPACKED_BYTES_MAX,
    Misfit,
    PaperRefused,
    draw_paper,
)
from backend.pictures import UPLOAD_BYTES_MAX, Unfit
from tests.backend.test_pictures import bomb, jpeg, located, png

EVIL = b"evil"


def pdf(pages: int = 1) -> bytes:
    """Some pages with words, a link, and a title that says who made them."""
    written = io.BytesIO()
    canvas = Canvas(written, pageCompression=0)
    canvas.setTitle("evil title")
    for number in range(pages):
        canvas.drawString(100, 700, f"Statuts, page {number + 1}")
        canvas.linkURL("https://evil.example", (100, 100, 200, 200))
        canvas.showPage()
    canvas.save()
    return written.getvalue()


def script() -> DictionaryObject:
    said = {"/S": NameObject("/JavaScript"), "/JS": TextStringObject("app.alert('evil')")}
    return DictionaryObject({NameObject(name): value for name, value in said.items()})


def armed() -> bytes:
    """Everything a PDF can do by itself, or bring along."""
    writer = PdfWriter(clone_from=io.BytesIO(pdf()))
    writer.root_object[NameObject("/OpenAction")] = script()
    writer.add_attachment("evil.exe", b"MZ evil")
    page = writer.pages[0]
    page[NameObject("/AA")] = DictionaryObject({NameObject("/O"): script()})
    picture = StreamObject()
    picture[NameObject("/Subtype")] = NameObject("/Image")
    picture[NameObject("/F")] = TextStringObject("\\\\evil.example\\share")
    picture[NameObject("/AA")] = script()
    drawn = DictionaryObject({NameObject("/X1"): writer._add_object(picture)})
    page["/Resources"][NameObject("/XObject")] = drawn  # type: ignore[index]
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def locked() -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(pdf()))
    writer.encrypt("secret", algorithm="RC4-128")
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def filled_in() -> bytes:
    """A form with a name typed into it: what was typed lies over the page."""
    written = io.BytesIO()
    canvas = Canvas(written)
    canvas.drawString(100, 700, "Nom :")
    canvas.acroForm.textfield(name="nom", x=150, y=690, value="Les Amis du Livre")
    canvas.showPage()
    canvas.save()
    return written.getvalue()


def stamped() -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(pdf()))
    annots: Any = writer.pages[0]["/Annots"]
    annots[0].get_object()[NameObject("/Subtype")] = NameObject("/FreeText")
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def packed() -> bytes:
    """A few kilobytes whose table of objects unpacks to more than anybody reads."""
    import zlib  # noqa: PLC0415 - for this one file

    content = zlib.compress(bytes(UNPACKED_BYTES_MAX + 1), 9)
    head = b"<< /Type /XRef /Size 1 /W [1 2 1] /Root 1 0 R /Filter /FlateDecode /Length %d >>"
    whole = b"%PDF-1.5\n1 0 obj\n" + head % len(content) + b"\nstream\n" + content
    return whole + b"\nendstream\nendobj\nstartxref\n9\n%%EOF\n"


def circle() -> bytes:
    """A tree of pages that is its own branch."""
    return (
        b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
        b"2 0 obj\n<< /Type /Pages /Kids [2 0 R] /Count 1 >>\nendobj\n"
        b"trailer\n<< /Root 1 0 R /Size 3 >>\n%%EOF\n"
    )


def test_of_a_pdf_the_pages_alone_are_kept() -> None:
    before = armed()
    for arms in (EVIL, b"/JavaScript", b"/EmbeddedFile", b"/Annots", b"/AA", b"/Producer"):
        assert arms in before, arms
    kept = draw_paper(before, PDF)
    assert kept.media_type == PDF
    for arms in (
        EVIL,
        b"/JS",
        b"/JavaScript",
        b"/EmbeddedFile",
        b"/Annots",
        b"/AA",
        b"/OpenAction",
    ):
        assert arms not in kept.content, arms
    assert b"/Producer" not in kept.content, "nor who made it"
    (page,) = PdfReader(io.BytesIO(kept.content)).pages
    assert "Statuts, page 1" in page.extract_text()
    assert draw_paper(kept.content, PDF).content.startswith(b"%PDF-"), "and may be given again"


def test_a_picture_of_a_paper_stays_readable_and_says_no_more() -> None:
    kept = draw_paper(located(), JPEG)
    assert kept.media_type == JPEG
    with Image.open(io.BytesIO(kept.content)) as opened:
        assert (opened.format, opened.size, dict(opened.getexif())) == ("JPEG", (300, 400), {})
    with Image.open(io.BytesIO(draw_paper(png((800, 2600)), "image/png").content)) as opened:
        assert max(opened.size) == 2400


REFUSED: dict[str, tuple[Callable[[], bytes], str | None, str]] = {
    "nothing": (lambda: b"", None, Misfit.NOT_A_PAPER),
    "a program": (lambda: b"MZ\x90\0", PDF, Misfit.NOT_A_PAPER),
    "a page": (lambda: b"<html><script>", PDF, Misfit.NOT_A_PAPER),
    "a PDF that says it is a photo": (pdf, JPEG, Unfit.LIES),
    "a photo that says it is a PDF": (jpeg, PDF, Unfit.LIES),
    "a PDF and a program": (lambda: pdf() + b"MZ evil", PDF, Unfit.MORE_THAN_AN_IMAGE),
    "a PDF inside something": (lambda: b"MZ" + pdf(), PDF, Misfit.NOT_A_PAPER),
    "a locked PDF": (locked, PDF, Misfit.LOCKED),
    "a book": (lambda: pdf(61), PDF, Misfit.TOO_MANY_PAGES),
    "a form": (filled_in, PDF, Misfit.WRITTEN_OVER),
    "words over a page": (stamped, PDF, Misfit.WRITTEN_OVER),
    "no PDF at all": (lambda: b"%PDF-1.4\nevil\n%%EOF", PDF, Unfit.DAMAGED),
    "half a PDF": (lambda: pdf()[:500] + b"\n%%EOF", PDF, Unfit.DAMAGED),
    "a circle": (circle, PDF, Unfit.DAMAGED),
    "a bomb": (packed, PDF, Unfit.DAMAGED),
    "a picture's bomb": (lambda: bomb(50_000, 50_000), None, Unfit.TOO_MANY_PIXELS),
    "too long": (lambda: b"%PDF-" + bytes(UPLOAD_BYTES_MAX), PDF, Unfit.TOO_LARGE),
}


@pytest.mark.parametrize(("make", "said", "why"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_paper_is_refused(make: Callable[[], bytes], said: str | None, why: str) -> None:
    with pytest.raises(PaperRefused) as refusal:
        draw_paper(make(), said)
    assert refusal.value.details == {"why": why}


_SEED = armed()


@settings(max_examples=60, deadline=None)
@given(st.integers(8, 10_000), st.binary(min_size=1, max_size=6))
def test_damage_is_refused_or_written_anew_and_nothing_else(at: int, said: bytes) -> None:
    at = 8 + at % (len(_SEED) - 16)
    harmed = _SEED[:at] + said + _SEED[at + len(said) :]
    try:
        kept = draw_paper(harmed)
    except PaperRefused:
        return
    assert b"/JavaScript" not in kept.content
    assert kept.content.startswith(b"%PDF-")


def test_nothing_in_a_pdf_is_nothing_to_fear() -> None:
    """A page whose parts are missing is drawn without them, or refused."""
    writer = PdfWriter(clone_from=io.BytesIO(pdf()))
    writer.pages[0][NameObject("/Contents")] = NullObject()
    written = io.BytesIO()
    writer.write(written)
    assert draw_paper(written.getvalue()).content.startswith(b"%PDF-")
