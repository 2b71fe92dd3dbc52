"""A receipt as the bytes a ticket printer takes (ESC/POS). The one file that knows python-escpos.

Promise: a whole ticket, from reset to cut, in one value; nothing is sent anywhere here. One code
page serves where the printer's profile has it; else the library changes pages as it goes.
"""

import os
import shutil
from typing import Protocol

from escpos import capabilities
from escpos.capabilities import NotSupported, get_profile
from escpos.printer import Dummy

from terminal.counter.receipts.receipt import Receipt, Style, receipt_lines
from terminal.counter.receipts.text import rows_of

DEFAULT_PROFILE = "default"
COLUMNS_MIN, COLUMNS_MAX = 24, 64
PAPER_COLUMNS = 42
_CODE_PAGE = "CP1252"
_KEPT_WHERE = "ESCPOS_CAPABILITIES_PICKLE_DIR"
_CODE_128 = 73
_BAR_HEIGHT, _BAR_WIDTH = 60, 2  # dots; 20 digits are then 36 mm wide: a narrow roll holds them
# Signs that no code page of a printer has, and what stands for them.
_FOR_PAPER = str.maketrans({"\N{NARROW NO-BREAK SPACE}": " ", "\N{NO-BREAK SPACE}": " "})

if _KEPT_WHERE not in os.environ:
    # The profiles, kept for a next time that looks elsewhere: one folder in /tmp for each start.
    shutil.rmtree(capabilities.pickle_dir, ignore_errors=True)


class _Printer(Protocol):
    output: bytes

    def hw(self, command: str) -> None: ...
    def set(self, **how: object) -> None: ...
    def textln(self, text: str) -> None: ...
    def charcode(self, code: str) -> None: ...
    def cut(self) -> None: ...
    def _raw(self, msg: bytes) -> None: ...


def _bars(digits: str) -> bytes:
    """Return the command that draws Code 128 in set C, centred: GS h, GS w, GS H, GS k."""
    pairs = bytes(int(digits[at : at + 2]) for at in range(0, len(digits), 2))
    code = b"{C" + pairs
    size = bytes((0x1D, 0x68, _BAR_HEIGHT, 0x1D, 0x77, _BAR_WIDTH, 0x1D, 0x48, 0))
    draw = bytes((0x1D, 0x6B, _CODE_128, len(code))) + code
    return b"\x1ba\x01" + size + draw + b"\x1ba\x00"


def knows_profile(name: str) -> bool:
    """Return whether the library describes a printer of this name."""
    try:
        get_profile(name)
    except (KeyError, NotSupported):
        return False
    return True


def receipt_bytes(
    receipt: Receipt, columns: int = PAPER_COLUMNS, profile: str = DEFAULT_PROFILE
) -> bytes:
    """Return the ticket; `columns` is the width of the roll in characters of normal size."""
    printer: _Printer = Dummy(profile=profile)
    printer.hw("INIT")
    if _CODE_PAGE in get_profile(profile).get_code_pages():
        printer.charcode(_CODE_PAGE)  # one page for all: a cheap printer may lack the others
    draws_bars = bool(get_profile(profile).features.get("barcodeB"))
    for line in receipt_lines(receipt):
        large = line.style in {Style.TITLE, Style.STRONG}
        printer.set(
            align="left",
            bold=large,
            double_height=large,
            double_width=False,
            normal_textsize=not large,
        )
        if line.style is Style.BAR_CODE and draws_bars:
            printer._raw(_bars(line.words))  # noqa: SLF001 -- its own `barcode` writes to stdout
        for row in rows_of(line, columns):
            printer.textln(row.translate(_FOR_PAPER))
    printer.cut()
    return printer.output
