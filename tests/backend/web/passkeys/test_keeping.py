"""One’s own passkeys: added, named, removed, by their owner alone."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import select

from backend.accounts.signin.factor import remove_factor
from backend.accounts.signin.passkeys.keeping import FRESH_MINUTES_MAX, PASSKEYS_MAX
from backend.accounts.signin.passkeys.tables import Passkey
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.tables import SignInNoticeKind
from backend.services import Services
from tests.backend.counting import statements
from tests.backend.software_authenticator import SoftwareAuthenticator
from tests.backend.web.conftest import Browser
from tests.backend.web.passkeys.device import LIST, NEW, SIGN_IN, add, options_of, use
from tests.backend.web.people import owed


def own_ids(services: Services, account: UUID) -> list[UUID]:
    with services.database.reading() as session:
        query = select(Passkey.id).where(Passkey.account_id == account)
        return list(session.scalars(query.order_by(Passkey.created_at, Passkey.name)))


def test_a_passkey_is_named_and_removed_by_its_owner_alone(
    browsers: list[Browser],
    account: UUID,
    other: UUID,
    let_in: Callable[..., None],
    services: Services,
) -> None:
    here, there = browsers
    let_in(here, account)
    device = SoftwareAuthenticator()
    add(here, device, name="  Clé\n bleue ")
    (passkey,) = own_ids(services, account)
    assert "<strong>Clé bleue</strong>" in here.page
    let_in(there, other)
    add(there, SoftwareAuthenticator())
    for act in ("nom", "retrait"):
        said = set()
        for one in (passkey, UUID(int=1)):
            there.open(LIST)
            said.add((there.press(f"{LIST}/{one}/{act}", name="volée"), there.page))
        assert [status for status, _page in said] == [404]
        there.open(LIST)
        assert there.press(f"{LIST}/{passkey}/{act}", form="guessed") == 403
        there.open(LIST)
    assert "Clé bleue" not in there.page
    here.open(LIST)
    here.press(f"{LIST}/{passkey}/nom", name="<b>Rouge</b>")
    assert "&lt;b&gt;Rouge" in here.page
    assert "C’est votre dernière clé d’accès" in here.page
    assert here.press(f"{LIST}/{passkey}/retrait") == 200
    assert own_ids(services, account) == []
    assert owed(services, SignInNoticeKind.PASSKEY_REMOVED) == 1
    assert use(there, device) == 422


def test_what_opens_an_account_changes_only_soon_after_signing_in(
    browser: Browser,
    account: UUID,
    let_in: Callable[..., None],
    services: Services,
    clock: Any,
) -> None:
    let_in(browser, account)
    add(browser, SoftwareAuthenticator())
    (passkey,) = own_ids(services, account)
    browser.open(NEW)
    made = SoftwareAuthenticator().create(options_of(browser))
    clock.advance(minutes=FRESH_MINUTES_MAX)  # the session goes on; it is only no longer new
    assert browser.open(NEW) == 403
    assert "Reconnectez-vous d’abord" in browser.page
    browser.open(LIST)
    assert browser.press(NEW, answer=made, name="tard") == 403
    browser.open(LIST)
    assert browser.press(f"{LIST}/{passkey}/retrait") == 403
    assert own_ids(services, account) == [passkey]


def test_there_are_so_many_and_each_once(
    browser: Browser, account: UUID, let_in: Callable[..., None], services: Services
) -> None:
    let_in(browser, account)
    device = SoftwareAuthenticator()
    add(browser, device)
    assert add(browser, device) == 422
    assert "déjà dans votre liste" in browser.page
    for _ in range(PASSKEYS_MAX - 1):
        assert add(browser, SoftwareAuthenticator()) == 200
    assert "autant que permis" in browser.page
    assert browser.open(NEW) == 409
    with services.database.reading() as session:
        assert session.get_one(SignInAccount, account).passkeys == PASSKEYS_MAX


def test_whoever_lost_every_device_is_helped_by_the_operator(
    browser: Browser, account: UUID, let_in: Callable[..., None], services: Services
) -> None:
    let_in(browser, account)
    device = SoftwareAuthenticator()
    add(browser, device)
    remove_factor(services, account)
    assert own_ids(services, account) == []
    browser.client.cookies.clear()
    assert use(browser, device) == 422


def test_a_page_asks_the_database_the_same_however_many_passkeys(
    browser: Browser, account: UUID, let_in: Callable[..., None], services: Services
) -> None:
    let_in(browser, account)
    add(browser, SoftwareAuthenticator())

    def asked() -> dict[str, int]:
        return {
            path: statements(services.database, lambda path=path: browser.open(path))  # type: ignore[misc]
            for path in (LIST, NEW, SIGN_IN)
        }

    few = asked()
    for _ in range(4):
        add(browser, SoftwareAuthenticator())
    assert asked() == few == {LIST: 2, NEW: 6, SIGN_IN: 2}
