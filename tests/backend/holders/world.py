"""Léa with an account of her own, her mother, her little brother, and a family of strangers."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from uuid import UUID

from backend.accounts.beneficiaries import create_beneficiary
from backend.accounts.families.composition import add_child, make_family
from backend.accounts.families.own_tie import make_tie
from backend.accounts.signin.passwords import hash_password
from backend.accounts.signin.sessions import open_session
from backend.accounts.signin.signing_in import invite_to_sign_in
from backend.accounts.signin.tables import SignInAccount, Stage
from backend.cards.life import order_card
from backend.services import Services
from tests.backend.payments.conftest import Shop, build_shop, random_order_number

PASSWORD = "quatre volcans sous la pluie"


@cache
def stored() -> str:
    """A password's hash, computed once: it is slow on purpose."""
    return hash_password(PASSWORD)


@dataclass(frozen=True)
class People:
    """Who there is, and the shop where Léa pays."""

    services: Services
    shop: Shop
    #: Léa's own account, her mother's, and a stranger's.
    lea: UUID
    mother: UUID
    stranger: UUID
    #: Her little brother, who has no account; a stranger's child.
    noe: UUID
    other_child: UUID

    def session_of(self, account_id: UUID) -> str:
        """Sign somebody in and return the session's token."""
        with self.services.database.unit_of_work() as session:
            return open_session(session, account_id, Stage.FULL, "essai", self.services.now())


def build_people(services: Services, wallet_cents: int = 10_000) -> People:
    """Make them; the shop's Léa is the one with an account."""
    shop = build_shop(services, wallet_cents)
    now = services.now()

    def account(email: str, given: str, family: str) -> UUID:
        made = invite_to_sign_in(services, session, email, given, family)
        row = session.get_one(SignInAccount, made)
        row.password_hash, row.password_set_at = stored(), now
        return made

    with services.database.unit_of_work() as session:
        lea = account("lea@martin.example", "Léa", "Martin")
        mother = account("claire@martin.example", "Claire", "Martin")
        stranger = account("paul@autre.example", "Paul", "Autre")
        noe, other = (
            create_beneficiary(
                session, given_name=given, family_name=family, birth_date=date(2014, 5, 6), now=now
            ).id
            for given, family in (("Noé", "Martin"), ("Zoé", "Autre"))
        )
        order_card(session, noe, random_order_number(), now)
        order_card(session, other, random_order_number(), now)
        make_tie(session, lea, shop.lea, lea, now)
        family = make_family(session, mother, "Martin", now)
        add_child(session, family, shop.lea, mother, now)
        add_child(session, family, noe, mother, now)
        strangers = make_family(session, stranger, "Autre", now)
        add_child(session, strangers, other, stranger, now)
    return People(services, shop, lea, mother, stranger, noe, other)
