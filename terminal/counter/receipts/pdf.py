"""A receipt as a PDF as narrow as a ticket. The one file that knows reportlab.

Promise: the same receipt gives the same bytes, with the title, the language and text that can be
selected. The standard fonts suffice: they hold the signs of French and the euro.
"""

from io import BytesIO

from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from terminal.counter.receipts.receipt import Receipt, Style, receipt_lines
from terminal.counter.receipts.text import SCREEN_COLUMNS, rows_of

PAGE_WIDTH = 80 * mm
MARGIN = 5 * mm
LINE_HEIGHT = 12.0  # points
BAR_HEIGHT, BAR_WIDTH = 28.0, 1.0  # points; the narrowest bar is 0.35 mm, fit for a screen too
# A Courier letter is 0.6 em wide: the roll's columns just fit between the margins.
FONT_SIZE = (PAGE_WIDTH - 2 * MARGIN) / SCREEN_COLUMNS / 0.6
_PLAIN, _BOLD = "Courier", "Courier-Bold"


def receipt_pdf(receipt: Receipt) -> bytes:
    """Return the receipt as one page."""
    rows = [
        (row.replace("\N{NARROW NO-BREAK SPACE}", " "), line.style)
        for line in receipt_lines(receipt)
        for row in rows_of(line, SCREEN_COLUMNS)
    ]
    bars = sum(style is Style.BAR_CODE for _, style in rows)
    height = 2 * MARGIN + LINE_HEIGHT * len(rows) + BAR_HEIGHT * bars
    written = BytesIO()
    page = Canvas(written, pagesize=(PAGE_WIDTH, height), invariant=True, lang="fr-FR")
    page.setTitle(f"Reçu {receipt.number}")
    page.setAuthor(receipt.place.partner_name)
    page.setSubject(receipt.kind.value.capitalize())
    baseline = height - MARGIN - FONT_SIZE
    for row, style in rows:
        if style is Style.BAR_CODE:
            baseline -= BAR_HEIGHT
            _draw_bars(page, row.strip(), baseline + FONT_SIZE)
        page.setFont(_BOLD if style in {Style.TITLE, Style.STRONG} else _PLAIN, FONT_SIZE)
        page.drawString(MARGIN, baseline, row)
        baseline -= LINE_HEIGHT
    page.showPage()
    page.save()
    return written.getvalue()


def _draw_bars(page: Canvas, digits: str, bottom: float) -> None:
    bars = Code128(digits, barHeight=BAR_HEIGHT - 2, barWidth=BAR_WIDTH, quiet=False)
    bars.drawOn(page, (PAGE_WIDTH - bars.width) / 2, bottom)
