"""The tills of a measurement: a process of its own that pays as fast as it is answered.

`python -m benchmarks.payments_load FILE` reads a `Plan` as JSON and prints what it measured as
JSON. Each till is one thread with one kept-alive connection; PIN blocks are made before the clock
starts, by the simulator's pad side. Nothing here shares code with the backend.
"""

import json
import secrets
import socket
import statistics
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from simulator.dukpt import aes_key_serial_number, aes_pin_key, next_aes_counter
from simulator.pin_block import format4_block

ANSWER_SECONDS_MAX = 30.0
ZERO_IV = bytes(16)
BLOCKS_MADE_FIRST = 1500


class HttpConnection:
    """One kept-alive HTTP/1.1 connection, with no more of HTTP than the backend speaks."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port
        self._socket: socket.socket | None = None
        self._head = f"Host: {host}:{port}\r\nContent-Type: "

    def post(
        self, path: str, body: bytes, kind: str = "application/json", token: str = ""
    ) -> tuple[int, dict[str, Any]]:
        """Send one request and return status and body; raise OSError."""
        bearer = f"\r\nAuthorization: Bearer {token}" if token else ""
        head = f"POST {path} HTTP/1.1\r\n{self._head}{kind}{bearer}\r\n"
        self._open().sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        return self._receive()

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _open(self) -> socket.socket:
        if self._socket is None:
            self._socket = socket.create_connection(self._address, ANSWER_SECONDS_MAX)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._socket

    def _receive(self) -> tuple[int, dict[str, Any]]:
        assert self._socket is not None
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._some()
        head, _, body = received.partition(b"\r\n\r\n")
        lowered = head.lower()
        length = int(lowered.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        while len(body) < length:
            body += self._some()
        if b"connection: close" in lowered:
            self.close()
        return int(head[9:12]), json.loads(body)

    def _some(self) -> bytes:
        assert self._socket is not None
        piece = self._socket.recv(65536)
        if not piece:
            self.close()
            raise ConnectionResetError
        return piece


@dataclass
class Chip:
    """A card's side of the handshake, nothing else."""

    uid: str
    number: str
    key: bytes

    def ask(self) -> str:
        """Return E(K, RndB); a fresh RndB is a fresh E(K, RndB)."""
        return secrets.token_hex(16).upper()

    def answer(self, challenge: str) -> str:
        """Answer the backend's 32 bytes as a genuine chip does."""
        plain = self._cipher().decryptor().update(bytes.fromhex(challenge))
        rnd_a = plain[:16]
        turned = rnd_a[1:] + rnd_a[:1]
        reply = secrets.token_bytes(4) + turned + bytes(12)
        return self._cipher().encryptor().update(reply).hex().upper()

    def _cipher(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES(self.key), modes.CBC(ZERO_IV))


@dataclass
class Pad:
    """A pad that types the right code on any card's behalf."""

    initial_key_id: bytes
    initial_key: bytes
    counter: int

    def type(self, code: str, card_number: str) -> dict[str, str]:
        """Return the `pin` part of a payment."""
        self.counter = next_aes_counter(self.counter)
        key = aes_pin_key(self.initial_key, self.initial_key_id, self.counter)
        block = format4_block(key, bytearray(code.encode()), card_number, secrets.token_bytes)
        serial = aes_key_serial_number(self.initial_key_id, self.counter)
        return {
            "profile": "aes128-dukpt/iso4",
            "ksn": serial.hex().upper(),
            "block": block.hex().upper(),
        }


@dataclass
class Till:
    """One terminal with its pad, and the cards of the people who stand in its queue."""

    terminal_id: str
    private_key: str
    pad: Pad
    chips: list[Chip]
    code: str
    benefit: str
    connection: HttpConnection
    whole: list[float] = field(default_factory=list)
    deciding: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    trouble: Counter[str] = field(default_factory=Counter)
    served: int = 0
    token: str = ""
    _typed: list[dict[str, str]] = field(default_factory=list)

    def prepare(self, payments: int) -> None:
        """Make PIN blocks before the clock starts, then sign in."""
        for turn in range(payments):
            self._typed.append(self.pad.type(self.code, self._chip(turn).number))
        self._typed.reverse()
        if not self.token:
            self.sign_in()

    def sign_in(self) -> None:
        """Exchange a signed assertion for a token."""
        claims = {
            "iss": self.terminal_id,
            "sub": self.terminal_id,
            "aud": "pass-backend",
            "exp": int(time.time()) + 50,
            "jti": secrets.token_hex(16),
        }
        key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(self.private_key))
        assertion = jwt.encode(claims, key, algorithm="EdDSA")
        form = (
            "grant_type=client_credentials&client_assertion_type="
            "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
            f"&client_assertion={assertion}"
        )
        status, body = self.connection.post(
            "/v1/token", form.encode(), "application/x-www-form-urlencoded"
        )
        assert status == 200, body
        self.token = body["access_token"]

    def pay(self) -> str:
        """Make one payment and return what it came to: `approved`, or what went wrong."""
        chip = self._chip(self.served)
        typed = self._typed.pop() if self._typed else self.pad.type(self.code, chip.number)
        self.served += 1
        asked = {"uid": chip.uid, "application": "benefits", "encrypted_rnd_b": chip.ask()}
        status, body = self._post("/v1/card-challenges", asked)
        if status != 201:
            return f"challenge {status} {body.get('code')}"
        path = f"/v1/card-challenges/{body['challenge_id']}/proof"
        status, body = self._post(path, {"card_answer": chip.answer(body["answer"])})
        if status != 201:
            return f"proof {status} {body.get('code')}"
        order = {
            "payment_id": str(uuid4()),
            "proof_id": body["proof_id"],
            "benefit": self.benefit,
            "amount_cents": 1,
            "pin": typed,
        }
        began = time.perf_counter()
        status, body = self._post("/v1/payments", order)
        self.deciding.append(time.perf_counter() - began)
        if status != 200 or body["status"] != "approved":
            return f"payment {status} {body.get('code') or body.get('reason')}"
        return "approved"

    def _chip(self, turn: int) -> Chip:
        return self.chips[turn % len(self.chips)]

    def _post(self, path: str, content: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return self.connection.post(path, json.dumps(content).encode(), token=self.token)


def run(plan: dict[str, Any]) -> dict[str, Any]:
    """Let every till of the plan pay for its seconds; return figures and the pads' counters."""
    tills = [till_of(plan, one) for one in plan["tills"]]
    for till in tills:
        till.prepare(BLOCKS_MADE_FIRST // len(tills))
    start = time.perf_counter() + 0.2
    stop = start + plan["warm_seconds"] + plan["seconds"]
    work_before = time.process_time()
    threads = [
        threading.Thread(target=_keep_paying, args=(till, plan, place, (start, stop)))
        for place, till in enumerate(tills)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    work = time.process_time() - work_before
    return _figures(tills, plan, work)


def till_of(plan: dict[str, Any], one: dict[str, Any]) -> Till:
    """Return a till as the plan describes it."""
    chips = [Chip(c["uid"], c["number"], bytes.fromhex(c["key"])) for c in one["cards"]]
    pad = Pad(
        bytes.fromhex(one["initial_key_id"]), bytes.fromhex(one["initial_key"]), one["counter"]
    )
    return Till(
        terminal_id=one["terminal_id"],
        private_key=one["private_key"],
        pad=pad,
        chips=chips,
        code=plan["code"],
        benefit=plan["benefit"],
        connection=HttpConnection("127.0.0.1", plan["port"]),
    )


def _keep_paying(
    till: Till, plan: dict[str, Any], place: int, between: tuple[float, float]
) -> None:
    start, stop = between
    counted_from = start + plan["warm_seconds"]
    #: None: as fast as it is answered; else payments a second over all tills, on a timetable.
    rate = plan["rate"]
    interval = len(plan["tills"]) / rate if rate else 0.0
    due = start + interval * place / len(plan["tills"])
    while True:
        now = time.perf_counter()
        if due > now:
            time.sleep(due - now)
        began = due if interval else time.perf_counter()
        if began >= stop:
            return
        try:
            outcome = till.pay()
        except (OSError, ValueError, IndexError) as error:
            till.connection.close()
            outcome = f"connection {type(error).__name__}"
        ended = time.perf_counter()
        due = due + interval if interval else 0.0
        if counted_from <= began and ended <= stop:
            till.trouble[outcome] += 1
            till.whole.append(ended - began)
        elif outcome != "approved":
            till.trouble[f"uncounted {outcome}"] += 1


def _figures(tills: list[Till], plan: dict[str, Any], work: float) -> dict[str, Any]:
    outcomes: Counter[str] = Counter()
    for till in tills:
        outcomes += till.trouble
    approved = outcomes.pop("approved", 0)
    served = sum(till.served for till in tills)
    return {
        "approved": approved,
        "served": served,
        "troubles": dict(outcomes),
        "per_second": approved / plan["seconds"],
        "whole": percentiles([taken for till in tills for taken in till.whole]),
        "deciding": percentiles([taken for till in tills for taken in till.deciding]),
        "generator_cpu": work / max(served, 1),
        "counters": {till.terminal_id: till.pad.counter for till in tills},
    }


def percentiles(seconds: list[float]) -> dict[str, float]:
    """Return the median, the 95th and the 99th percentile, in seconds."""
    if len(seconds) < 2:
        return {"p50": 0.0, "p95": 0.0, "p99": 0.0}
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return {"p50": cuts[49], "p95": cuts[94], "p99": cuts[98]}


if __name__ == "__main__":
    print(json.dumps(run(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))))
