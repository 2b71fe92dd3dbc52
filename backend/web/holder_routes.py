"""A holder's first page, and the history of their benefits."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from backend.accounts.errors import NotYours
from backend.benefits.rules import SPENDING, Phase, day_of
from backend.holders.history import (
    LINES_PER_PAGE,
    LINES_TO_PRINT_MAX,
    YEAR_MAX,
    YEAR_MIN,
    HistoryLine,
    HistoryWish,
    read_history,
)
from backend.holders.home import read_home
from backend.holders.wallets import HeldWallet, read_wallets
from backend.payments.states import PaymentState
from backend.services import Services
from backend.web import holder_words as words
from backend.web.holder_cards import card_told
from backend.web.holder_frame import PREFIX, Framed, day
from backend.web.languages import Voice
from backend.web.moments import moment
from backend.web.signed_in import PageRoute

FIELD_CHARACTERS_MAX: Final = 40
MINUS: Final = "\N{MINUS SIGN}"
router = APIRouter(prefix=PREFIX, include_in_schema=False, route_class=PageRoute)
Chosen = Annotated[str, Query(max_length=FIELD_CHARACTERS_MAX)]


@router.get("")
def home(frame: Framed) -> HTMLResponse:
    """Show what is left, until when, and the state of card and code."""
    services = frame.services
    with services.database.reading() as session:
        found = read_home(session, frame.beneficiary_id, services.now())
    over = [one for one in found.wallets if one.phase in (Phase.PARTNERS_ONLY, Phase.OVER)]
    return frame.show(
        "holder_home.html",
        "",
        wallets=[_wallet(one, frame.voice) for one in found.wallets if one not in over],
        over=[_wallet(one, frame.voice) for one in over],
        canteens=[
            {"name": one.establishment, "balance": _signed(one.balance_cents, frame.voice)}
            for one in found.canteens
        ],
        meals=[{"service": one.service, "day": day(one.day)} for one in found.meals],
        card=None if found.card is None else card_told(found.card, services, frame.voice),
        no_card=words.NO_CARD,
        code=words.CODES[found.code],
        code_button=words.CODE_BUTTONS[found.code],
        may_choose_code=frame.mine.may_choose_code,
    )


@router.get("/historique")
def history(
    frame: Framed,
    *,
    portefeuille: Chosen = "",
    annee: Chosen = "",
    avant: Chosen = "",
    imprimer: Chosen = "",
) -> HTMLResponse:
    """Show what happened to the wallets: all, or one wallet's, or a year's; or print it."""
    services, now = frame.services, frame.services.now()
    to_print = bool(imprimer)
    with services.database.reading() as session:
        wallets = read_wallets(session, frame.beneficiary_id, now)
        wish = HistoryWish(
            wallets=_chosen(wallets, portefeuille),
            year=_number(annee, YEAR_MIN, YEAR_MAX),
            before=_number(avant, 1, 2**62),
            lines_max=LINES_TO_PRINT_MAX if to_print else LINES_PER_PAGE,
        )
        found = read_history(session, wish)
    first = min((one.opens_on.year for one in wallets), default=day_of(now).year)
    template = "holder_print.html" if to_print else "holder_history.html"
    return frame.show(
        template,
        "/historique",
        wallets=wallets,
        wallet=portefeuille,
        years=list(range(day_of(now).year, first - 1, -1)),
        year=annee,
        begun=wish.before is not None,
        printed_at=moment(now, services),
        lines=[_line(one, services, frame.voice) for one in found.lines],
        next_before=found.next_before,
    )


def _chosen(wallets: list[HeldWallet], asked: str) -> list[HeldWallet]:
    """Return the wallet that was asked for, or all; raise NotYours."""
    if not asked:
        return wallets
    try:
        wanted = UUID(asked)
    except ValueError:
        raise NotYours from None
    found = [one for one in wallets if one.wallet_id == wanted]
    if not found:
        raise NotYours
    return found


def _number(text: str, lowest: int, highest: int) -> int | None:
    """Read a number of the address; what is none is not asked for."""
    if not (text.isascii() and text.isdecimal()) or not lowest <= int(text) <= highest:
        return None
    return int(text)


def _wallet(one: HeldWallet, voice: Voice) -> dict[str, object]:
    return {
        "id": one.wallet_id,
        "label": one.label,
        "campaign": one.campaign if one.campaign != one.label else "",
        "purposes": one.purposes,
        "left": voice.euros(one.left.value),
        "given": voice.euros(one.given.value),
        "spent": voice.euros(one.spent.value),
        "reserved": voice.euros(one.reserved.value) if one.reserved.value else "",
        "expired": voice.euros(one.expired.value) if one.expired.value else "",
        "until": day(one.until),
        "opens_on": day(one.opens_on),
        "planned": one.phase is Phase.PLANNED,
        "spendable": one.phase in SPENDING,
        "share": _share(one),
    }


def _share(one: HeldWallet) -> int:
    """Return what is left as whole hundredths of what was given."""
    return min(100, 100 * one.left.value // one.given.value) if one.given.value else 0


def _line(one: HistoryLine, services: Services, voice: Voice) -> dict[str, object]:
    paid = one.paid
    refunded = paid is not None and paid.state is PaymentState.PARTLY_REFUNDED
    given = refunded and not one.received
    return {
        "when": moment(one.recorded_at, services),
        "what": words.MOVEMENTS[one.kind],
        "where": _where(one),
        "wallet": one.wallet.label if paid is None else paid.benefit,
        "amount": ("+" if one.received else MINUS) + voice.euros(one.amount.value),
        "received": one.received,
        "state": "" if paid is None or one.received else words.PAYMENTS.get(paid.state, ""),
        "given_back": voice.euros(paid.given_back.value) if paid is not None and given else "",
        "receipt": one.receipt_number or "",
        "of_receipt": paid.receipt_number if paid is not None and one.received else "",
    }


def _where(one: HistoryLine) -> str:
    if one.paid is None:
        return one.words
    same = one.paid.outlet in ("", one.paid.partner)
    return one.paid.partner if same else f"{one.paid.partner}, {one.paid.outlet}"


def _signed(cents: int, voice: Voice) -> str:
    return (MINUS if cents < 0 else "") + voice.euros(abs(cents))
