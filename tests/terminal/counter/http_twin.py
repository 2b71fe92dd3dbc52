"""A tiny real HTTP backend in a thread: the payments API over a `TwinBackend`."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from uuid import UUID

from pydantic import TypeAdapter

from terminal.api_values import CardProof
from terminal.errors import BackendRefused
from terminal.pin.pad import EncryptedPinBlock, PinProfile
from tests.terminal.counter.fakes import TwinBackend

Json = dict[str, object]
TERMINAL: Json = {
    "terminal_id": "t-1",
    "kind": "counter",
    "name": "caisse 1",
    "partner_name": "Librairie du Parc",
    "outlet_name": None,
    "establishment_name": None,
    "list_signing_key": {"kty": "OKP", "crv": "Ed25519", "x": "A" * 43},
}


class HttpTwin:
    """Serves `twin` while the `with` lasts."""

    def __init__(self, twin: TwinBackend) -> None:
        self.twin = twin
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one packet: no waiting for an acknowledgement

            def do_GET(self) -> None:
                self.do_POST()

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                try:
                    status, body = outer.answer(self.path, raw)
                except BackendRefused as refusal:
                    status, body = refusal.status, {"code": refusal.code, "message": ""}
                answer = json.dumps(body, default=str).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_arguments: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_arguments: object) -> None:
                """A client that was killed while we answered is what this is for."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, path: str, raw: bytes) -> tuple[int, Json]:
        parts = path.strip("/").split("/")[1:]
        if parts == ["token"]:
            return 200, {"access_token": "t", "token_type": "Bearer", "expires_in": 300}
        if parts[0] == "terminals":
            return (201 if "enrolments" in parts else 200), TERMINAL
        body: Json = json.loads(raw)
        if parts == ["card-challenges"]:
            return 201, self._challenge(body)
        if parts[0] == "card-challenges":
            return 201, self._prove(UUID(parts[1]), body)
        if parts == ["payments"]:
            return 200, self._pay(body)
        return 200, _json_of(self.twin.reverse_payment(UUID(parts[1])))

    def _challenge(self, body: Json) -> Json:
        challenge = self.twin.challenge_card(
            bytes.fromhex(str(body["uid"])),
            str(body["application"]),
            bytes.fromhex(str(body["encrypted_rnd_b"])),
        )
        return {
            "challenge_id": challenge.challenge_id,
            "answer": challenge.answer.hex().upper(),
            "expires_at": challenge.expires_at.isoformat(),
        }

    def _prove(self, challenge_id: UUID, body: Json) -> Json:
        proof = self.twin.prove_card(challenge_id, bytes.fromhex(str(body["card_answer"])))
        dumped: Json = TypeAdapter(CardProof).dump_python(proof, mode="json")
        return dumped

    def _pay(self, body: Json) -> Json:
        pin = body["pin"]
        assert isinstance(pin, dict)
        assert isinstance(body["amount_cents"], int)
        block = EncryptedPinBlock(PinProfile(pin["profile"]), pin["ksn"], pin["block"])
        decision = self.twin.pay(
            UUID(str(body["payment_id"])),
            str(body["proof_id"]),
            str(body["benefit"]),
            body["amount_cents"],
            pin=block,
        )
        return _json_of(decision)


def _json_of(value: object) -> Json:
    dumped: Json = TypeAdapter(type(value)).dump_python(value, mode="json")
    return dumped
