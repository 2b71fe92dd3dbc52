"""A holder's first page, in a fixed number of statements, whatever happened before."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from backend.holders.canteen import Canteen, Meal, read_canteens, read_meals
from backend.holders.cards import HeldCard, present_card, read_cards
from backend.holders.wallets import HeldWallet, read_wallets
from backend.pins.setting import code_state
from backend.pins.states import CodeState


@dataclass(frozen=True, slots=True)
class Home:
    """What the page tells."""

    wallets: tuple[HeldWallet, ...]
    canteens: tuple[Canteen, ...]
    meals: tuple[Meal, ...]
    card: HeldCard | None
    code: CodeState


def read_home(session: Session, beneficiary_id: UUID, now: datetime) -> Home:
    """Return everything of a person's first page."""
    canteens = tuple(read_canteens(session, beneficiary_id))
    return Home(
        wallets=tuple(read_wallets(session, beneficiary_id, now)),
        canteens=canteens,
        meals=tuple(read_meals(session, beneficiary_id)) if canteens else (),
        card=present_card(read_cards(session, beneficiary_id)),
        code=code_state(session, beneficiary_id),
    )
