"""The identity: made here, kept private, proved by signature, refused when it cannot be trusted."""

import json
import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from terminal.backend_client import BackendClient
from terminal.errors import BackendRefused, BackendUnreachable, IdentityError, IdentitySealed
from terminal.identity import (
    IDENTITY_FILE,
    KEY_FILE,
    SEAL_CREDENTIAL,
    Identity,
    enrol,
    load_identity,
)
from terminal.settings import EnrolmentSettings
from tests.journeys.secret_search import key_needle, search
from tests.terminal.scripted_backend import TOKEN_PATH, Reply, ScriptedBackend

NOW = datetime(2026, 11, 21, 11, 4, tzinfo=UTC)
ENROLMENTS = "/v1/terminals/enrolments"
LIST_KEY = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
ENROLMENT = {
    "terminal_id": "t-1",
    "kind": "gate",
    "name": "Portillon",
    "partner_name": None,
    "outlet_name": None,
    "establishment_name": "Lycée Simone-Veil",
    "list_signing_key": json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(LIST_KEY.public_key())),
}


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    return tmp_path / "state"


def settings(backend: ScriptedBackend, state_dir: Path) -> EnrolmentSettings:
    return EnrolmentSettings(backend_url=backend.url, state_dir=state_dir, reader="Pass")


@pytest.fixture
def enrolled(backend: ScriptedBackend, state_dir: Path) -> Identity:
    backend.script(ENROLMENTS, Reply(201, ENROLMENT))
    return enrol(settings(backend, state_dir), "ABCD-1234")


def public_key_sent(backend: ScriptedBackend, number: int = -1) -> dict[str, str]:
    jwk: dict[str, str] = backend.requests_to(ENROLMENTS)[number].json()["public_key"]
    return jwk


def test_it_is_kept_private(enrolled: Identity, state_dir: Path) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in state_dir.iterdir()}
    assert modes == {KEY_FILE: 0o600, IDENTITY_FILE: 0o600}
    assert stat.S_IMODE(state_dir.stat().st_mode) == 0o700
    assert "PRIVATE" not in (state_dir / IDENTITY_FILE).read_text()


def test_it_is_loaded_again(enrolled: Identity, state_dir: Path, backend: ScriptedBackend) -> None:
    loaded = load_identity(state_dir, "gate")
    assert loaded == enrolled
    assert loaded.establishment_name == "Lycée Simone-Veil"
    assert loaded.backend_url == backend.url
    assert loaded.list_verification_key() == LIST_KEY.public_key()
    loaded.list_verification_key().verify(LIST_KEY.sign(b"a list"), b"a list")


def test_it_proves_itself_with_the_key_that_was_sent(
    enrolled: Identity, backend: ScriptedBackend
) -> None:
    identifier = UUID(int=5)
    assertion = enrolled.client_assertion(NOW, lambda: identifier)
    key = jwt.PyJWK({**public_key_sent(backend), "alg": "EdDSA"})
    claims = jwt.decode(
        assertion,
        key,
        algorithms=["EdDSA"],
        audience="pass-backend",
        options={"verify_exp": False, "verify_iat": False},
    )
    assert claims == {
        "iss": "t-1",
        "sub": "t-1",
        "aud": "pass-backend",
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 60,
        "jti": str(identifier),
    }
    assert enrolled.client_assertion(NOW) != enrolled.client_assertion(NOW)  # each has its own id


def test_the_client_signs_with_it(enrolled: Identity, backend: ScriptedBackend) -> None:
    backend.script("/v1/terminals/me", Reply(body=ENROLMENT))
    with BackendClient(backend.url, enrolled) as client:
        assert client.me().name == "Portillon"
    assert b"client_assertion=ey" in backend.requests_to(TOKEN_PATH)[0].body


def test_the_key_is_not_shown(enrolled: Identity) -> None:
    assert "private_key" not in repr(enrolled)


def test_a_second_enrolment_never_overwrites_the_first(
    enrolled: Identity, backend: ScriptedBackend, state_dir: Path
) -> None:
    with pytest.raises(IdentityError, match="already"):
        enrol(settings(backend, state_dir), "ABCD-1234")
    assert len(backend.requests_to(ENROLMENTS)) == 1


def test_an_answer_that_was_lost_is_asked_for_with_the_same_key(
    backend: ScriptedBackend, state_dir: Path
) -> None:
    backend.script(ENROLMENTS, Reply(201, ENROLMENT, cut_after=10), Reply(201, ENROLMENT))
    with pytest.raises(BackendUnreachable):
        enrol(settings(backend, state_dir), "ABCD-1234")
    with pytest.raises(IdentityError):
        load_identity(state_dir)
    enrol(settings(backend, state_dir), "ABCD-1234")
    assert public_key_sent(backend, 0) == public_key_sent(backend, 1)
    assert load_identity(state_dir).terminal_id == "t-1"


def test_a_refused_code_leaves_no_identity(backend: ScriptedBackend, state_dir: Path) -> None:
    body = {"code": "enrolment_code_expired", "message": "", "details": {}}
    backend.script(ENROLMENTS, Reply(410, body))
    with pytest.raises(BackendRefused):
        enrol(settings(backend, state_dir), "ABCD-1234")
    assert not (state_dir / IDENTITY_FILE).exists()


def test_a_terminal_of_another_kind_is_refused(enrolled: Identity, state_dir: Path) -> None:
    with pytest.raises(IdentityError, match="enrolled as a gate, not as a counter"):
        load_identity(state_dir, "counter")


@pytest.mark.parametrize("name", [KEY_FILE, IDENTITY_FILE])
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666])
def test_a_file_open_to_others_is_refused(
    enrolled: Identity, state_dir: Path, name: str, mode: int
) -> None:
    (state_dir / name).chmod(mode)
    with pytest.raises(IdentityError, match="open to others") as refused:
        load_identity(state_dir)
    assert refused.value.path == str(state_dir / name)


@pytest.mark.parametrize("name", [KEY_FILE, IDENTITY_FILE])
def test_a_link_is_not_followed(enrolled: Identity, state_dir: Path, name: str) -> None:
    (state_dir / name).rename(state_dir / "elsewhere")
    (state_dir / name).symlink_to(state_dir / "elsewhere")
    with pytest.raises(IdentityError):
        load_identity(state_dir)


@pytest.mark.parametrize("name", [KEY_FILE, IDENTITY_FILE])
def test_a_folder_in_its_place_is_refused(enrolled: Identity, state_dir: Path, name: str) -> None:
    (state_dir / name).unlink()
    (state_dir / name).mkdir(mode=0o700)
    with pytest.raises(IdentityError):
        load_identity(state_dir)


SEAL = b"a seal of at least sixteen bytes, perhaps \0 among them"


@pytest.fixture
def credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which systemd puts what it decrypted, with our seal."""
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / SEAL_CREDENTIAL).write_bytes(SEAL)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    return folder


def test_a_sealed_key_opens_with_its_credential_only(
    credentials: Path, enrolled: Identity, state_dir: Path
) -> None:
    raw = (state_dir / KEY_FILE).read_bytes()
    seed = enrolled.private_key.private_bytes_raw()
    found = key_needle("terminal key", "t-1", seed)
    assert not search([found], KEY_FILE, raw)
    assert load_identity(state_dir).secret() == enrolled.secret()

    (credentials / SEAL_CREDENTIAL).write_bytes(b"another seal of sixteen bytes")
    with pytest.raises(IdentityError, match="damaged"):
        load_identity(state_dir)
    (credentials / SEAL_CREDENTIAL).unlink()
    with pytest.raises(IdentitySealed, match="pass-terminal-seal"):
        load_identity(state_dir)


def test_a_key_made_without_a_seal_goes_on_without(
    enrolled: Identity, state_dir: Path, credentials: Path
) -> None:
    assert load_identity(state_dir) == enrolled


@pytest.mark.parametrize("seal", [b"", b"short", b"x" * 1024])
def test_a_seal_that_is_none_is_refused(
    credentials: Path, backend: ScriptedBackend, state_dir: Path, seal: bytes
) -> None:
    (credentials / SEAL_CREDENTIAL).write_bytes(seal)
    with pytest.raises(IdentityError, match="16 to 1023 bytes"):
        enrol(settings(backend, state_dir), "ABCD-1234")
    assert backend.requests_to(ENROLMENTS) == [], "the code is not used up"


def test_a_pipe_in_its_place_is_refused_and_not_waited_for(
    enrolled: Identity, state_dir: Path
) -> None:
    (state_dir / KEY_FILE).unlink()
    os.mkfifo(state_dir / KEY_FILE, 0o600)
    with pytest.raises(IdentityError, match="not a file of ours"):
        load_identity(state_dir)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_somebody_else_is_refused(enrolled: Identity, state_dir: Path) -> None:
    os.chown(state_dir / KEY_FILE, 65534, -1)
    with pytest.raises(IdentityError, match="not a file of ours"):
        load_identity(state_dir)


@pytest.mark.parametrize("name", [KEY_FILE, IDENTITY_FILE])
def test_a_missing_file_says_what_to_do(enrolled: Identity, state_dir: Path, name: str) -> None:
    (state_dir / name).unlink()
    with pytest.raises(IdentityError, match="enrol this terminal first"):
        load_identity(state_dir)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b"-----BEGIN PRIVATE KEY-----\n"])
@pytest.mark.parametrize("name", [KEY_FILE, IDENTITY_FILE])
def test_a_damaged_file_is_refused(
    enrolled: Identity, state_dir: Path, name: str, content: bytes
) -> None:
    (state_dir / name).write_bytes(content)
    with pytest.raises(IdentityError, match="damaged"):
        load_identity(state_dir)


def test_a_key_of_another_kind_is_refused(enrolled: Identity, state_dir: Path) -> None:
    rsa = generate_private_key(public_exponent=65537, key_size=2048)
    (state_dir / KEY_FILE).write_bytes(
        rsa.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    with pytest.raises(IdentityError, match="not an Ed25519 key"):
        load_identity(state_dir)


def test_a_state_folder_that_cannot_be_made_is_said(
    backend: ScriptedBackend, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(IdentityError):
        enrol(settings(backend, tmp_path / "file" / "state"), "ABCD-1234")
    assert backend.seen == []
