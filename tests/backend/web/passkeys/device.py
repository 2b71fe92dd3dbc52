"""What the tests of passkeys share: what a browser does with a device."""

import html
import json
import re
from typing import Any

from tests.backend.software_authenticator import SoftwareAuthenticator
from tests.backend.web.conftest import Browser

WAY = "__Host-pass-cle"
LIST, NEW = "/espace/cles", "/espace/cles/nouvelle"
SIGN_IN, FACTOR = "/connexion/cle", "/connexion/verification/cle"


def options_of(browser: Browser) -> dict[str, Any]:
    (found,) = re.findall(r'data-options="([^"]+)"', browser.page)
    options: dict[str, Any] = json.loads(html.unescape(found))
    return options


def add(browser: Browser, device: SoftwareAuthenticator, name: str = "Téléphone") -> int:
    assert browser.open(NEW) == 200
    return browser.press(NEW, name=name, answer=device.create(options_of(browser)))


def use(browser: Browser, device: SoftwareAuthenticator, path: str = SIGN_IN) -> int:
    assert browser.open(path) == 200
    return browser.press(path, answer=device.get(options_of(browser)))
