"""The hands of the simulator, over HTTP: lay a card on a reader, press a key, pull a plug.

Promise: loopback only; every error is `{"code", "message", "details"}`; no answer, error or log
ever repeats a key that was pressed.
Not done here: cards (`chip/`), readers (`vpcd.py`), the pad (`pad/`).
"""

import os
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Literal

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from simulator.chip.chip import Chip
from simulator.chip.other_cards import BankCard, Phone, clone_of, foreign_desfire
from simulator.pad.cable import PadCable, Unplugged
from simulator.pad.faults import Fault, Faults
from simulator.pad.pad import KEYS
from simulator.vpcd import ReaderUnreachableError, VirtualCard, VirtualCardSlot

CARDS_MAX = 1000
KEYS_MAX = 40
UID_BYTES = 7
NXP = 0x04  # ISO/IEC 7816-6: the maker's number a DESFire UID begins with

CardKind = Literal["blank", "bank", "clone", "foreign", "phone"]
Random = Callable[[int], bytes]


class Refusal(Exception):
    """Something that cannot be done: a status, a stable code, an English sentence."""

    def __init__(self, status: HTTPStatus, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class DrawerCard:
    """A card somebody can take."""

    name: str
    kind: CardKind
    card: VirtualCard


@dataclass(slots=True)
class Tabletop:
    """What lies in front of somebody who plays: a drawer of cards, readers, a pad."""

    slots: dict[str, VirtualCardSlot] = field(default_factory=dict)
    cable: PadCable | None = None
    pcscd_socket: Path | None = None
    random: Random = os.urandom
    cards: dict[str, DrawerCard] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def card(self, name: str) -> DrawerCard:
        """Return the card of that name."""
        if (found := self.cards.get(name)) is None:
            raise Refusal(HTTPStatus.NOT_FOUND, "card_unknown", "There is no card of that name.")
        return found

    def slot(self, name: str) -> VirtualCardSlot:
        """Return the reader of that name."""
        if (found := self.slots.get(name)) is None:
            raise Refusal(
                HTTPStatus.NOT_FOUND, "reader_unknown", "There is no reader of that name."
            )
        return found

    def card_name_in(self, slot: VirtualCardSlot) -> str | None:
        """Return the name of the card that lies on this reader."""
        lying = slot.card
        return next((one.name for one in self.cards.values() if one.card is lying), None)

    def add(self, wanted: "NewCard") -> DrawerCard:
        """Make a card and put it into the drawer."""
        with self.lock:
            if wanted.name in self.cards:
                raise Refusal(HTTPStatus.CONFLICT, "card_name_taken", "That name is taken.")
            if len(self.cards) >= CARDS_MAX:
                raise Refusal(HTTPStatus.CONFLICT, "drawer_full", "The drawer is full.")
            made = DrawerCard(wanted.name, wanted.kind, self._make(wanted))
            self.cards[made.name] = made
            return made

    def _make(self, wanted: "NewCard") -> VirtualCard:
        uid = bytes.fromhex(wanted.uid) if wanted.uid else self._new_uid()
        match wanted.kind:
            case "blank":
                return Chip(uid, self.random)
            case "bank":
                return BankCard(uid)
            case "foreign":
                return foreign_desfire(uid, self.random)
            case "phone":
                return Phone(self.random)
            case "clone":
                return clone_of(self._original(wanted.of), self.random)

    def _original(self, name: str | None) -> Chip:
        if name is None:
            raise Refusal(
                HTTPStatus.UNPROCESSABLE_ENTITY, "original_missing", "Name the card to clone in of."
            )
        original = self.card(name).card
        if not isinstance(original, Chip):
            raise Refusal(
                HTTPStatus.CONFLICT, "original_not_desfire", "Only a DESFire can be cloned."
            )
        return original

    def _new_uid(self) -> bytes:
        return bytes((NXP,)) + self.random(UID_BYTES - 1)

    def lay(self, slot: VirtualCardSlot, name: str) -> None:
        """Lay a card on a reader, in the place of what lies there."""
        wanted = self.card(name).card
        with self.lock:
            if slot.card is wanted:
                return
            if any(other.card is wanted for other in self.slots.values()):
                raise Refusal(
                    HTTPStatus.CONFLICT, "card_elsewhere", "The card lies on another reader."
                )
            slot.remove()
            try:
                slot.insert(wanted)
            except ReaderUnreachableError as cause:
                raise Refusal(
                    HTTPStatus.SERVICE_UNAVAILABLE, "reader_unreachable", "The reader is gone."
                ) from cause

    def plugged_cable(self) -> PadCable:
        """Return the pad's cable."""
        if self.cable is None:
            raise Refusal(HTTPStatus.NOT_FOUND, "pad_absent", "This simulator has no PIN pad.")
        return self.cable


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


Name = Annotated[str, Field(min_length=1, max_length=60)]
Count = Annotated[int, Field(ge=0, le=1000)]


class NewCard(_Body):
    """A card to make; `of` is the card a clone copies."""

    name: Name
    kind: CardKind
    uid: Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{14}$")] | None = None
    of: Name | None = None


class CardView(_Body):
    """A card in the drawer."""

    name: str
    uid: str
    kind: CardKind


class ReaderView(_Body):
    """A reader, and the name of the card that lies on it."""

    name: str
    card: str | None


class LaidCard(_Body):
    """Which card to lay."""

    card: Name


class PressedKeys(_Body):
    """Keys to press, one after the other."""

    keys: Annotated[str, Field(min_length=1, max_length=KEYS_MAX, repr=False)]


class PadState(_Body):
    """What somebody in front of the pad sees."""

    lines: tuple[str, str]
    entering: bool
    entry_count: int
    plugged: bool


class PlugState(_Body):
    """Whether the pad has its cable."""

    plugged: bool


class WantedFaults(_Body):
    """What is to go wrong on the pad's line: a count is spent by use, `silent` stays."""

    spoiled_check_bytes: Count = 0
    naks: Count = 0
    lost_acks: Count = 0
    repeated_answers: Count = 0
    silent: bool = False


def create_control(table: Tabletop) -> FastAPI:
    """Return the HTTP application over this table."""
    app = FastAPI(title="Pass simulator", docs_url=None, redoc_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    _answer_errors(app)
    _add_general_routes(app, table)
    _add_card_routes(app, table)
    _add_pad_routes(app, table)
    return app


def _answer_errors(app: FastAPI) -> None:
    def refusal(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Refusal)
        return _error(error.status, error.code, error.message)

    def malformed(_request: Request, _error_found: Exception) -> JSONResponse:
        # The library's own answer would repeat what was sent, and that may be a code.
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _error(status, "malformed_request", "The request does not have the right shape.")

    def plain(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        status = HTTPStatus(error.status_code)
        return _error(status, status.name.lower(), status.phrase)

    app.add_exception_handler(Refusal, refusal)
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_exception_handler(HTTPException, plain)


def _error(status: HTTPStatus, code: str, message: str) -> JSONResponse:
    return JSONResponse({"code": code, "message": message, "details": {}}, status_code=status)


def _add_general_routes(app: FastAPI, table: Tabletop) -> None:
    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/pcscd")
    def pcscd() -> dict[str, str | None]:
        return {"socket_path": str(table.pcscd_socket) if table.pcscd_socket else None}


def _view(one: DrawerCard) -> CardView:
    return CardView(name=one.name, uid=one.card.uid.hex().upper(), kind=one.kind)


def _add_card_routes(app: FastAPI, table: Tabletop) -> None:
    def reader(name: str) -> ReaderView:
        return ReaderView(name=name, card=table.card_name_in(table.slot(name)))

    @app.get("/cards")
    def cards() -> list[CardView]:
        return [_view(one) for one in list(table.cards.values())]

    @app.post("/cards", status_code=HTTPStatus.CREATED)
    def add_card(wanted: NewCard) -> CardView:
        return _view(table.add(wanted))

    @app.get("/readers")
    def readers() -> list[ReaderView]:
        return [reader(name) for name in table.slots]

    @app.put("/readers/{name}/card")
    def lay_card(name: str, wanted: LaidCard) -> ReaderView:
        table.lay(table.slot(name), wanted.card)
        return reader(name)

    @app.delete("/readers/{name}/card")
    def take_card(name: str) -> ReaderView:
        table.slot(name).remove()
        return reader(name)


def _add_pad_routes(app: FastAPI, table: Tabletop) -> None:
    def state() -> PadState:
        return PadState(**asdict(table.plugged_cable().view()))

    @app.get("/pad")
    def pad() -> PadState:
        return state()

    @app.post("/pad/keys")
    def press(pressed: PressedKeys) -> PadState:
        _press(table.plugged_cable(), pressed.keys)
        return state()

    @app.put("/pad/plug")
    def plug(wanted: PlugState) -> PadState:
        cable = table.plugged_cable()
        (cable.plug if wanted.plugged else cable.unplug)()
        return state()

    @app.put("/pad/faults")
    def faults(wanted: WantedFaults) -> PadState:
        table.plugged_cable().set_faults(_faults(wanted))
        return state()


def _press(cable: PadCable, keys: str) -> None:
    if not set(keys) <= set(KEYS):
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        raise Refusal(
            status, "key_unknown", "Keys are digits, E (validate), B (clear), C (cancel)."
        )
    try:
        cable.press(keys)
    except Unplugged as cause:
        raise Refusal(HTTPStatus.CONFLICT, "pad_unplugged", "The pad has no cable.") from cause


def _faults(wanted: WantedFaults) -> Faults:
    left = {
        Fault.SPOIL_CHECK_BYTE: wanted.spoiled_check_bytes,
        Fault.NAK: wanted.naks,
        Fault.LOSE_ACK: wanted.lost_acks,
        Fault.REPEAT_ANSWER: wanted.repeated_answers,
    }
    return Faults(left, silent=wanted.silent)
