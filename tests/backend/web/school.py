"""A lycée with pupils in two classes, somebody of its office, and a second lycée."""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from uuid import UUID, uuid4

from sqlalchemy import insert

from backend.access.enrolling import Enrolled, enrol_roster
from backend.access.establishments import add_service, create_establishment, enrol_pupil
from backend.access.staff import add_staff
from backend.accounts.beneficiaries import create_beneficiary
from backend.accounts.signin.sessions import open_session
from backend.accounts.signin.signing_in import invite_to_sign_in
from backend.accounts.signin.tables import SignInAccount, Stage
from backend.accounts.tables import Beneficiary
from backend.cards.tables import Card
from backend.pupils.tables import Pupil, SchoolClass
from backend.services import Services
from backend.web.signed_in import COOKIE
from tests.backend.web.conftest import Browser


@dataclass
class School:
    """An establishment, its pupils by given name, and who looks after it."""

    services: Services
    id: UUID
    account_id: UUID
    pupils: dict[str, UUID] = field(default_factory=dict)
    people: dict[str, UUID] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"/espace/etablissement/{self.id}"

    def pupil(self, name: str) -> str:
        return f"{self.path}/eleves/{self.pupils[name]}"

    def add(self, given_name: str, family_name: str, class_code: str | None = "2A") -> UUID:
        """Enrol a pupil; return the person's id."""
        now = self.services.now()
        with self.services.database.unit_of_work() as session:
            person = create_beneficiary(
                session,
                given_name=given_name,
                family_name=family_name,
                birth_date=date(2010, 3, 4),
                now=now,
            ).id
            enrolment = enrol_pupil(session, self.id, person, ["lunch"]).id
            if class_code is not None:
                if session.get(SchoolClass, (self.id, class_code)) is None:
                    label = f"Seconde {class_code}"
                    known = {"establishment_id": self.id, "code": class_code, "label": label}
                    session.execute(insert(SchoolClass).values(**known))
                session.add(
                    Pupil(
                        enrolment_id=enrolment,
                        class_code=class_code,
                        regime=None,
                        days=None,
                        left_on=None,
                        updated_at=now,
                    )
                )
        self.pupils[given_name], self.people[given_name] = enrolment, person
        return person

    def make(self, card_id: UUID, uid: bytes | None = None) -> None:
        """Give a card a chip, as a desk's batch does."""
        # The room's own end of a dialogue, without the dialogue.
        from backend.cards.life import lock_card, move  # noqa: PLC0415
        from backend.cards.states import CardEvent  # noqa: PLC0415

        with self.services.database.unit_of_work() as session:
            card = lock_card(session, card_id)
            card.uid = uid or b"\x04" + uuid4().bytes[:6]
            move(card, CardEvent.PRODUCED, self.services.now())

    def card(self, card_id: UUID) -> Card:
        with self.services.database.reading() as session:
            return session.get_one(Card, card_id)

    def sign_in(self, browser: Browser, *, factor: bool = True) -> None:
        """Let the office's person in, without the password: it is tested elsewhere."""
        with self.services.database.unit_of_work() as session:
            account = session.get_one(SignInAccount, self.account_id)
            now: datetime = self.services.now()
            if factor:
                account.factor_generation, account.factor_confirmed_at = 1, now
            token = open_session(session, self.account_id, Stage.FULL, "test", now)
        browser.client.cookies.set(COOKIE, token, domain="pass.example")


def make_school(services: Services, name: str = "Lycée du Parc") -> School:
    """Found an establishment with a lunch, and somebody of its office."""
    with services.database.unit_of_work() as session:
        place = create_establishment(session, name)
        add_service(
            session,
            place.id,
            code="lunch",
            label="Déjeuner",
            days=[1, 2, 3, 4, 5],
            hours=(time(11, 30), time(13, 30)),
        )
        email = f"office-{place.id.hex[:8]}@lycee.example"
        account_id = invite_to_sign_in(services, session, email, "Claire", "Roux")
        add_staff(session, account_id, place.id, services.now())
    return School(services, place.id, account_id)


def crowd(services: Services, school: School, count: int) -> None:
    """Enrol many pupils at once."""
    now, people = services.now(), [uuid4() for _ in range(count)]
    rows = [
        {
            "id": person,
            "given_name": f"Élève {place:04}",
            "family_name": f"Nom {place % 40:02}",
            "birth_date": date(2010, 1, 1),
            "created_at": now,
        }
        for place, person in enumerate(people)
    ]
    with services.database.unit_of_work() as session:
        session.execute(insert(Beneficiary), rows)
        places = [Enrolled(person, {}) for person in people]
        enrolments = enrol_roster(session, school.id, places)
        session.execute(
            insert(Pupil),
            [
                {"enrolment_id": one, "class_code": "2A", "updated_at": now}
                for one in enrolments.values()
            ],
        )
