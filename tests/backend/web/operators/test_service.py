"""The morning's page, the keys, who runs the service, and the trail of what they did."""

import re
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from backend.accounts.outbox import owe_alarm
from backend.accounts.signin.acts import ActKind, record_act
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.tables import Notice
from backend.operators.watching import ALARMS_MAX, note_run
from backend.pins.alarms import raise_alarm
from backend.pins.tables import AlarmKind
from tests.backend.web.conftest import Browser
from tests.backend.web.operator_desk import (
    Desk,
    acts,
)


def test_the_morning_shows_alarms_mails_books_and_jobs(at_desk: Browser, desk: Desk) -> None:
    services = desk.services
    with services.database.unit_of_work() as session:
        now = services.now()
        terminal = desk.ids["terminal_id"]
        alarm = raise_alarm(session, AlarmKind.SPRAYING, 12, now, terminal_id=terminal)
        owe_alarm(session, {"kind": "x"}, now)
        lost = session.scalars(select(Notice).where(Notice.kind == "alarm")).first()
        assert lost is not None
        lost.state, lost.tries = "given_up", 8
        lost_id = lost.id
        note_run(session, "ledger check", "3 mouvements", now)
        note_run(session, "notices", "rien à envoyer", now, good=False)
    at_desk.open("/exploitation")
    for word in ("codes faux sur beaucoup de cartes", "Caisse", "juste", "échec", "3 mouvements"):
        assert word in at_desk.page, word
    assert at_desk.press(f"/exploitation/alertes/{alarm}/traitee") == 200
    assert "Aucune alerte" in at_desk.page
    at_desk.open("/exploitation/courriels")
    assert at_desk.press(f"/exploitation/courriels/{lost_id}/relance") == 200
    assert "Aucun courriel abandonné" in at_desk.page
    assert at_desk.press(f"/exploitation/courriels/{lost_id}/relance") == 404
    # One that came back is listed with its code, and may go again.
    with services.database.unit_of_work() as session:
        back = session.get_one(Notice, lost_id)
        back.sent_at, back.state, back.bounce_code = services.now(), "bounced", "5.1.1"
    at_desk.open("/exploitation/courriels")
    assert "revenu (5.1.1)" in at_desk.page
    assert at_desk.press(f"/exploitation/courriels/{lost_id}/relance") == 200
    with services.database.reading() as session:
        again = session.get_one(Notice, lost_id)
        assert (again.state, again.sent_at, again.bounce_code) == ("waiting", None, None)


def test_what_a_page_has_no_room_for_is_said(at_desk: Browser, desk: Desk) -> None:
    cut = "Les plus récentes sont ici"
    with desk.services.database.unit_of_work() as session:
        terminal = desk.ids["terminal_id"]
        for figure in range(ALARMS_MAX - 1):
            now = desk.services.now()
            raise_alarm(session, AlarmKind.SPRAYING, figure, now, terminal_id=terminal)
    at_desk.open("/exploitation")
    assert at_desk.page.count("/traitee") == ALARMS_MAX - 1
    assert cut not in at_desk.page
    with desk.services.database.unit_of_work() as session:
        for figure in range(2):
            now = desk.services.now()
            raise_alarm(session, AlarmKind.SPRAYING, figure, now, terminal_id=terminal)
    at_desk.open("/exploitation")
    assert at_desk.page.count("/traitee") == ALARMS_MAX
    assert cut in at_desk.page


def test_keys_are_named_and_never_shown(at_desk: Browser, desk: Desk, clock: Any) -> None:
    at_desk.open("/exploitation/cles")
    held = desk.services.vault.held_keys()
    assert all(value in at_desk.page for _, _, value in held)
    assert "01/09/2026" in at_desk.page
    clock.advance(minutes=10)
    at_desk.open("/exploitation/cles")
    assert "12:10" not in at_desk.page  # first seen stays


def test_those_who_run_the_service_invite_and_take_away(
    at_desk: Browser, desk: Desk, browsers: list[Browser]
) -> None:
    base = "/exploitation/exploitants"
    typed = {"email": "ada@region.example", "given_name": "Ada", "family_name": "Noir"}
    at_desk.open(base)
    assert at_desk.press(base, role="auditor", **typed) == 200
    assert "ada@region.example" in at_desk.page
    with desk.services.database.reading() as session:
        query = select(SignInAccount.id).where(SignInAccount.email == "ada@region.example")
        ada = session.scalars(query).one()
        mails = session.scalars(select(Notice.kind).where(Notice.account_id == ada)).all()
        assert sorted(mails) == ["signin_invitation", "signin_operator"]
        mine = session.scalars(
            select(SignInAccount.id).where(SignInAccount.email == "op@region.example")
        ).one()
    assert at_desk.press(base, role="operator", **typed) == 409
    at_desk.open(base)
    # The last who can act stays, and stays able to.
    assert at_desk.press(f"{base}/{mine}/retrait") == 409
    at_desk.open(base)
    assert at_desk.press(f"{base}/{mine}/role", role="auditor") == 409
    at_desk.open(base)
    assert at_desk.press(f"{base}/{ada}/role", role="operator") == 200
    assert at_desk.press(f"{base}/{mine}/retrait") == 200
    assert "Connexion" in at_desk.page
    assert [words for kind, words in acts(desk) if kind.startswith("operator")] == [
        "operator",
        "auditor",
        "operator",
    ]


def test_the_trail_is_read_by_who_for_whom_what_and_when(
    at_desk: Browser, desk: Desk, clock: Any
) -> None:
    with desk.services.database.unit_of_work() as session:
        for number in range(60):
            clock.advance(seconds=1)
            record_act(
                session,
                ActKind.CARD_BLOCKED,
                desk.member,
                uuid4(),
                clock(),
                beneficiary_id=desk.shop.lea,
                words=f"=cmd{number:02}",
            )
    base = "/exploitation/journal"
    at_desk.open(f"{base}?personne={desk.shop.lea}&acte=card_blocked&jour=2026-09-01")
    assert "=cmd59" in at_desk.page
    assert "=cmd05" not in at_desk.page
    (older,) = re.findall(r'href="([^"]+suite=[^"]+)"', at_desk.page)
    at_desk.open(older.replace("&amp;", "&"))
    assert "=cmd05" in at_desk.page
    assert "=cmd59" not in at_desk.page
    for nobody in (str(desk.holder), "Nora", "x" * 36):
        at_desk.open(f"{base}?qui={nobody}")
        assert "Rien ne correspond" in at_desk.page, nobody
    table = at_desk.client.get(f"{base}.csv?acte=card_blocked")
    assert table.headers["Content-Disposition"].startswith("attachment")
    rows = table.text.splitlines()
    assert len(rows) == 61
    assert all(row.endswith(f"'=cmd{59 - place:02}") for place, row in enumerate(rows[1:]))
    assert "trail_exported" in dict(acts(desk))
