"""A world to look after, and an operator's browser among its pages."""

import pytest

from backend.services import Services
from tests.backend.web.conftest import Browser
from tests.backend.web.operator_desk import Desk, build_desk, make_operator, sit_down


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One engine; tests/backend/operators asks both."""
    return sqlite_url


@pytest.fixture
def desk(services: Services) -> Desk:
    return build_desk(services)


@pytest.fixture
def at_desk(desk: Desk, browser: Browser) -> Browser:
    """An operator's browser, signed in a moment ago."""
    sit_down(desk.services, browser, make_operator(desk.services, "op@region.example"))
    browser.open("/exploitation")
    return browser
