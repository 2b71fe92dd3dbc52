"""The examples beside the operations: one story, played against the backend over its real routes.

Promise: every exchange that is shown was had, with a chip and a pad of the simulator at the other
end; a test plays them again and compares. What changes each time (ids, tokens, proofs, blocks) is
written `…`, and no code is shown that opens anything. Operations without an exchange are named by
the same test.
"""

import json
import os
import re
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import backend.tables  # noqa: F401 -- every table must be known before they are made
from backend.app import build_app
from backend.commands.apply import apply_file
from backend.database import Base, Database
from backend.services import Services
from backend.settings import Settings
from backend.vault.key_file import make_keys
from backend.vault.local import LocalVault
from scripts.docs.sources import ROOT
from simulator.chip.chip import Chip
from simulator.dukpt import aes_key_serial_number, aes_pin_key, next_aes_counter
from simulator.pin_block import format4_block

with warnings.catch_warnings():
    # Starlette would rather have httpx2; the terminal, and so the project, uses httpx.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

Json = dict[str, Any]
FILE = ROOT / "docs" / "api" / "exchanges.json"
SCHEME = ROOT / "simulator" / "testing" / "examples" / "scheme.toml"
UID = "04A1B2C3D4E580"
#: A Tuesday at noon in Paris.
NOW = datetime(2026, 9, 1, 10, 0, tzinfo=UTC)
CODE, WRONG_CODE = "7391", "6048"
DIALOGUE_STEPS_MAX = 60
#: What is new each time: written `…` in what is shown.
_NEW = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|eyJ[\w-]+\.[\w.-]+|\b[0-9A-F]{24,}\b|\b9250\d{12}\b|(?<![\w/])[\w-]{32,}(?![\w/])"
    r"|(?<=authorisation_number=)\w+"
)
_NEW_BY_NAME = {
    "code",
    "authorisation_number",
    "kid",
    "digest",
    "activation_token",
    "payment_number",
}


@dataclass(slots=True)
class Recorder:
    """Asks the backend, and writes down what is worth showing."""

    client: TestClient
    written: list[Json] = field(default_factory=list)

    def ask(
        self, method: str, path: str, body: Any = None, *, show: str = "", **how: Any
    ) -> "Answered":
        """Ask; with `show`, a title, keep it as an example."""
        sent = {"data": body} if how.pop("form", False) else {"json": body}
        response = self.client.request(
            method, path, headers=how.get("headers"), **({} if body is None else sent)
        )
        answered = Answered(response.status_code, _content(response), dict(response.headers))
        if show:
            operation = how.get("operation", path.partition("?")[0])
            self.written.append(
                _shown(show, (method, path, operation), how.get("headers"), body, answered)
            )
        return answered


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back."""

    status: int
    body: Any
    headers: dict[str, str]

    def __getitem__(self, name: str) -> Any:
        """Return a member of the body."""
        return self.body[name]


def _content(response: Any) -> Any:
    if not response.content:
        return None
    if "json" in response.headers.get("content-type", ""):
        return response.json()
    return "…"


def _shown(
    title: str, asked: tuple[str, str, str], headers: Any, body: Any, answered: Answered
) -> Json:
    method, path, operation = asked
    heads = [f"{name}: …" for name in (headers or {})]
    exchange: Json = {
        "operation": f"{method} {operation}",
        "title": title,
        "request": f"{method} {_hidden(path)} HTTP/1.1",
        "headers": heads,
        "status": answered.status,
    }
    if body is not None:
        exchange["body"] = _hidden(body)
    if answered.body is not None:
        exchange["answer"] = _hidden(answered.body)
    return exchange


def _hidden(value: Any, name: str = "") -> Any:
    """Return a value as it is shown."""
    if isinstance(value, dict):
        problem = "status" in value and "title" in value
        return {
            key: one if problem and key == "code" else _hidden(one, key)
            for key, one in value.items()
        }
    if isinstance(value, list | tuple):
        return [_hidden(one) for one in value]
    if isinstance(value, str):
        return "…" if name in _NEW_BY_NAME else _NEW.sub("…", value)
    return value


@dataclass(slots=True)
class Pad:
    """A PIN pad's side of a code."""

    initial_key: bytes
    initial_key_id: bytes
    counter: int = 0

    def type(self, code: str, card_number: str) -> Json:
        """Return the encrypted code as it travels."""
        self.counter = next_aes_counter(self.counter)
        key = aes_pin_key(self.initial_key, self.initial_key_id, self.counter)
        block = format4_block(key, bytearray(code.encode()), card_number, os.urandom)
        number = aes_key_serial_number(self.initial_key_id, self.counter)
        return {
            "profile": "aes128-dukpt/iso4",
            "ksn": number.hex().upper(),
            "block": block.hex().upper(),
        }


@dataclass(slots=True)
class Stage:
    """Who takes part: the backend's routes, a card, a pad, and tokens by terminal."""

    recorder: Recorder
    services: Services
    applied: Json
    pad: Pad
    chip: Chip
    tokens: dict[str, dict[str, str]] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    made: int = 0

    def new_id(self) -> str:
        """Return an id that sorts after those before it, so that lists have one order."""
        self.made += 1
        return str(UUID(int=self.made, version=4))

    @property
    def card_number(self) -> str:
        """Return the number printed on the card."""
        return str(self.applied["beneficiaries"]["lea"]["card_number"])

    def ask(
        self, who: str | None, method: str, path: str, body: Any = None, **how: Any
    ) -> Answered:
        """Ask as one of the terminals, or as nobody."""
        headers = {**how.pop("more", {}), **(self.tokens[who] if who else {})}
        return self.recorder.ask(method, path, body, headers=headers, **how)

    def prove(self, show: str = "") -> str:
        """Have the card prove itself at the counter; return the proof's id."""
        self.chip.power_on()
        self.chip.transmit(bytes.fromhex("905A000003F5925000"))
        challenge = self.chip.transmit(bytes.fromhex("9071000002010000"))[:16].hex().upper()
        wish = {"uid": UID, "application": "benefits", "encrypted_rnd_b": challenge}
        begun = self.ask("caisse", "POST", "/v1/card-challenges", wish, show=show)
        command = b"\x90\xaf\x00\x00\x20" + bytes.fromhex(begun["answer"]) + b"\x00"
        said = self.chip.transmit(command)[:-2].hex().upper()
        path = f"/v1/card-challenges/{begun['challenge_id']}/proof"
        proven = self.ask(
            "caisse",
            "POST",
            path,
            {"card_answer": said},
            operation="/v1/card-challenges/{challenge_id}/proof",
            show=show and "the card is genuine",
        )
        return str(proven["proof_id"])

    def pay(self, amount_cents: int, code: str, show: str = "", **change: Any) -> Answered:
        """Pay with the card."""
        wish = {
            "payment_id": self.new_id(),
            "proof_id": self.prove(),
            "benefit": "culture",
            "amount_cents": amount_cents,
            "pin": self.pad.type(code, self.card_number),
        }
        return self.ask("caisse", "POST", "/v1/payments", wish | change, show=show)


def play() -> list[Json]:
    """Play the whole story; return its exchanges."""
    from scripts.docs.exchange_story import tell  # noqa: PLC0415 -- it stands on this file

    with tempfile.TemporaryDirectory(prefix="pass-docs-") as folder:
        database = Database(f"sqlite:///{folder}/backend.sqlite3")
        Base.metadata.create_all(database.engine)
        vault = LocalVault(make_keys(os.urandom), now=lambda: NOW)
        services = Services(Settings(), database, vault, now=lambda: NOW)
        applied = json.loads(apply_file(services, SCHEME, Path(folder)).as_json())
        key = json.loads((Path(folder) / "caisse.json").read_text(encoding="ascii"))
        pad = Pad(bytes.fromhex(key["initial_key"]), bytes.fromhex(key["initial_key_id"]))
        chip = Chip(bytes.fromhex(UID), random=os.urandom)
        try:
            with TestClient(build_app(services)) as client:
                recorder = Recorder(client)
                tell(Stage(recorder, services, applied, pad, chip))
        finally:
            database.close()
    return recorder.written


def enrol(stage: Stage, name: str, *, show: bool = False) -> None:
    """Enrol a terminal and give it a token."""
    key = Ed25519PrivateKey.generate()
    public = jwt.utils.base64url_encode(key.public_key().public_bytes_raw()).decode()
    body = {
        "code": stage.applied["terminals"][name]["enrolment_code"],
        "public_key": {"kty": "OKP", "crv": "Ed25519", "x": public},
    }
    title = "with the code the operator gave" if show else ""
    enrolled = stage.ask(None, "POST", "/v1/terminals/enrolments", body, show=title)
    who, now = enrolled["terminal_id"], int(NOW.timestamp())
    claims = {"iss": who, "sub": who, "aud": "pass-backend", "exp": now + 30, "jti": uuid4().hex}
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": jwt.encode(claims, key, algorithm="EdDSA"),
    }
    title = "a token for five minutes" if show else ""
    token = stage.ask(None, "POST", "/v1/token", form, form=True, show=title)
    stage.tokens[name] = {"Authorization": f"Bearer {token['access_token']}"}
    stage.ids[name] = who


def dialogue(stage: Stage, begun: Answered, kind: str, name: str, title: str) -> None:
    """Carry a dialogue between the backend and the card to its end; show its first step."""
    step = begun
    for number in range(DIALOGUE_STEPS_MAX):
        if step.body.get("done"):
            return
        said = stage.chip.transmit(bytes.fromhex(step["command"]))
        step = stage.ask(
            "guichet",
            "POST",
            f"/v1/{kind}/{begun[name]}/responses",
            {"response": said.hex().upper()},
            operation=f"/v1/{kind}/{{{name}}}/responses",
            show=title if number == 0 else "",
        )


def operations(contract: Json) -> Iterator[str]:
    """Give every operation of the contract as exchanges name it."""
    for path, methods in contract["paths"].items():
        for method in methods:
            yield f"{method.upper()} {path}"


def write_exchanges() -> int:
    """Play the story and write what is shown; return how many exchanges."""
    written = play()
    FILE.write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return len(written)
