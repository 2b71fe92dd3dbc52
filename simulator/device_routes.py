"""More hands over HTTP: lines to the backend, the printer, readers' cables; the table at a glance.

Promise: as `control.py`, which adds these to its own. Not here: the page (`counter/`).
"""

import json
from datetime import UTC
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import FastAPI, Query, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, ConfigDict, Field

from simulator.cards.view import CardView, view_of
from simulator.pad.cable import PadView
from simulator.printer.escpos import Row
from simulator.printer.printer import ROLL_ROWS_MAX, NetworkPrinter
from simulator.tabletop import Tabletop
from simulator.turnstile.routes import TurnstileView, turnstile_view
from simulator.wire.feed import Wire
from simulator.wire.http_wire import HttpWire, LineFaults
from simulator.wire.record import as_text
from simulator.wire_types import WHOLE, Flag, PadLines

#: What `GET /wire` gives, by the form that was asked for.
NEWS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "What was heard, a line each, the oldest first",
        "content": {"application/x-ndjson": {}, "text/plain; charset=utf-8": {}},
    }
}


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class ReaderView(_Body):
    """A reader, the name of the card that lies on it, and whether it has its cable."""

    name: str
    card: str | None
    plugged: bool


class PlugState(_Body):
    """Whether something has its cable."""

    plugged: Flag


class LineView(_Body):
    """A line to a backend: where terminals find it, and what goes wrong on it."""

    name: str
    url: str
    faults: LineFaults


class RowView(_Body):
    """One row of paper."""

    text: str
    bold: bool
    tall: bool


class TicketView(_Body):
    """A ticket that was cut off."""

    number: int
    at: str
    rows: list[RowView]


class PrinterState(_Body):
    """What somebody in front of the printer sees."""

    port: int
    has_paper: bool
    rows_left: int | None
    waiting: int
    hanging: list[RowView]
    tickets: list[TicketView]


class WantedPaper(_Body):
    """The roll to put in: no rows is none, and without a number it never ends."""

    rows: Annotated[int, Field(ge=0, le=ROLL_ROWS_MAX, strict=True), WHOLE] | None = None


class PadGlance(_Body):
    """The pad, and whether it is mute."""

    lines: PadLines
    entering: bool
    entry_count: int
    plugged: bool
    silent: bool


class TableView(_Body):
    """Everything that lies there."""

    cards: list[CardView]
    readers: list[ReaderView]
    pad: PadGlance | None
    lines: list[LineView]
    printer: PrinterState | None
    turnstile: TurnstileView | None


class ExportForm(StrEnum):
    """How the news are written."""

    JSON_LINES = "jsonl"
    TEXT = "text"


class WantedNews(BaseModel):
    """Which news; without a wire, of all."""

    model_config = ConfigDict(extra="forbid")

    form: ExportForm = ExportForm.JSON_LINES
    after: Annotated[int, Field(ge=0)] = 0
    wire: Annotated[list[Wire], Field(max_length=len(Wire))] = []


def reader_view(table: Tabletop, name: str) -> ReaderView:
    """Look at a reader."""
    return ReaderView(name=name, card=table.card_on(name), plugged=table.is_plugged(name))


def add_device_routes(app: FastAPI, table: Tabletop) -> None:
    """Give the application these doors."""
    _add_line_routes(app, table)
    _add_printer_routes(app, table)

    @app.put("/readers/{name}/plug")
    def plug_reader(name: str, wanted: PlugState) -> ReaderView:
        table.plug_reader(name, plugged=wanted.plugged)
        return reader_view(table, name)

    @app.get("/table")
    def glance() -> TableView:
        return table_view(table)

    @app.get("/wire", response_class=PlainTextResponse, responses=NEWS)
    def news(wanted: Annotated[WantedNews, Query()]) -> Response:
        wires = set(wanted.wire) or set(Wire)
        found = [one for one in table.feed.history(wanted.after) if one["wire"] in wires]
        if wanted.form is ExportForm.TEXT:
            return _download(as_text(found), "text/plain; charset=utf-8", "wire.txt")
        lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in found)
        return _download(lines, "application/x-ndjson", "wire.jsonl")


def table_view(table: Tabletop) -> TableView:
    """Look at everything."""
    return TableView(
        cards=[view_of(one, table.reader_of(one)) for one in table.drawer.cards()],
        readers=[reader_view(table, name) for name in table.slots],
        pad=None if table.cable is None else _pad(table.cable.view(), table.cable.is_silent),
        lines=[_line(one) for one in table.lines.values()],
        printer=None if table.printer is None else _printer(table.printer),
        turnstile=None if table.turnstile is None else turnstile_view(table.turnstile),
    )


def _download(content: str, media_type: str, name: str) -> Response:
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    return Response(content, media_type=media_type, headers=headers)


def _add_line_routes(app: FastAPI, table: Tabletop) -> None:
    @app.get("/lines")
    def lines() -> list[LineView]:
        return [_line(one) for one in table.lines.values()]

    @app.put("/lines/{name}/faults")
    def change_line(name: str, faults: LineFaults) -> LineView:
        line = table.line(name)
        line.set_faults(faults)
        return _line(line)


def _add_printer_routes(app: FastAPI, table: Tabletop) -> None:
    def state() -> PrinterState:
        return _printer(table.loaded_printer())

    @app.get("/printer")
    def printer() -> PrinterState:
        return state()

    @app.put("/printer/paper")
    def load(wanted: WantedPaper) -> PrinterState:
        table.loaded_printer().load(wanted.rows)
        return state()

    @app.delete("/printer/tickets", status_code=HTTPStatus.NO_CONTENT)
    def tear_off() -> Response:
        table.loaded_printer().tear_off()
        return Response(status_code=HTTPStatus.NO_CONTENT)


def _line(line: HttpWire) -> LineView:
    return LineView(name=line.name, url=f"http://127.0.0.1:{line.port}", faults=line.faults)


def _pad(seen: PadView, silent: bool) -> PadGlance:
    return PadGlance(
        lines=list(seen.lines),
        entering=seen.entering,
        entry_count=seen.entry_count,
        plugged=seen.plugged,
        silent=silent,
    )


def _rows(rows: tuple[Row, ...]) -> list[RowView]:
    return [RowView(text=row.text, bold=row.bold, tall=row.tall) for row in rows]


def _printer(printer: NetworkPrinter) -> PrinterState:
    seen = printer.view()
    return PrinterState(
        port=printer.port,
        has_paper=seen.has_paper,
        rows_left=seen.rows_left,
        waiting=seen.waiting,
        hanging=_rows(seen.hanging),
        tickets=[
            TicketView(
                number=one.number,
                at=one.at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
                rows=_rows(one.rows),
            )
            for one in seen.tickets
        ],
    )
