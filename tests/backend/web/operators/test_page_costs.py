"""What an operator's page asks of the database, however much there is."""

from typing import Any

from sqlalchemy import event

from backend.accounts.signin.acts import ActKind, record_act
from backend.pins.alarms import raise_alarm
from backend.pins.tables import AlarmKind
from tests.backend.web.conftest import Browser
from tests.backend.web.operator_desk import (
    Desk,
)


def test_a_page_asks_the_database_as_often_whatever_there_is(at_desk: Browser, desk: Desk) -> None:
    most = {
        desk.person: 14,
        f"/exploitation/comptes/{desk.holder}": 13,
        f"/exploitation/partenaires/{desk.shop.partner}": 9,
        f"/exploitation/terminaux/{desk.ids['terminal_id']}": 15,
        f"/exploitation/etablissements/{desk.establishment}": 7,
        f"/exploitation/campagnes/{desk.ids['campaign_id']}": 11,
        "/exploitation/terminaux": 2,
        "/exploitation/journal": 2,
        "/exploitation": 9,
    }
    for path in most:
        at_desk.open(path)
    before = {path: statements(at_desk, desk, path) for path in most}
    for _ in range(3):
        desk.shop.pay(desk.shop.order())
        desk.shop.add_counter()
    with desk.services.database.unit_of_work() as session:
        for number in range(5):
            now = desk.services.now()
            words = f"acte {number}"
            kind = ActKind.PERSON_READ
            lea, who = desk.shop.lea, desk.member
            record_act(session, kind, who, lea, now, beneficiary_id=lea, words=words)
            raise_alarm(session, AlarmKind.SPRAYING, 3, now, terminal_id=desk.ids["terminal_id"])
    assert {path: statements(at_desk, desk, path) for path in most} == before
    assert {path: (said, most[path]) for path, said in before.items() if said > most[path]} == {}


def statements(browser: Browser, desk: Desk, path: str) -> int:
    """Count what opening a page says to the database."""
    said: list[str] = []
    engine = desk.services.database.engine

    def note(*what: Any) -> None:
        said.append(what[2])

    event.listen(engine, "before_cursor_execute", note)
    try:
        assert browser.open(path) == 200
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(said)
