"""What a browser is asked about a passkey, and whether what it answers holds (WebAuthn level 3).

Pure but for the library: a challenge and an answer in, values out. The device must have recognised
its holder (user verified), so that one passkey is two factors; attestation is not asked for.
Not here: whose a passkey is, and whether a challenge was ours.
"""

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from cryptography.exceptions import UnsupportedAlgorithm
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestationConveyancePreference,
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorData,
    CollectedClientData,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialParameters,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialType,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from backend.accounts.signin.passkeys.errors import PasskeyRefused
from backend.settings import Settings

SITE_NAME: Final = "Pass"
CHALLENGE_BYTES: Final = 32
CHALLENGE_SECONDS_MAX: Final = 300
ANSWER_CHARACTERS_MAX: Final = 8_192
CREDENTIAL_ID_BYTES_MAX: Final = 1_023
#: What a malformed answer makes the library and its decoders raise.
_MALFORMED: Final = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    AssertionError,
    OverflowError,
    RecursionError,
    NotImplementedError,  # fido2: a key or an attestation of a kind that it does not read
    struct.error,
    UnsupportedAlgorithm,
)
#: ES256, Ed25519, RS256: what every device can do one of (COSE registry).
ALGORITHMS: Final = (-7, -8, -257)
_COSE_ALGORITHM: Final = 3
_REQUIRED: Final = UserVerificationRequirement.REQUIRED
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Site:
    """Where passkeys are good: the name they are made for, and the address of our pages."""

    name: str
    origin: str


@dataclass(frozen=True, slots=True)
class NewCredential:
    """A passkey that a device has just made."""

    credential_id: bytes
    credential: bytes = field(repr=False)
    sign_count: int
    backed_up: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """A device's answer that is still to be checked: which passkey it says it is."""

    credential_id: bytes
    challenge: bytes = field(repr=False)
    holder: bytes | None
    response: Json = field(repr=False)


@dataclass(frozen=True, slots=True)
class Holding:
    """What a passkey's answer that holds says of its device."""

    sign_count: int
    backed_up: bool


def site_of(settings: Settings) -> Site | None:
    """Return where passkeys are good, or None where browsers allow none (WebAuthn §5.1.2)."""
    parts = urlsplit(settings.public_url)
    host = (parts.hostname or "").casefold()
    local = host == "localhost" or host.endswith(".localhost")
    if _is_address(host) or (parts.scheme != "https" and not local):
        return None
    return Site(settings.passkey_site or host, f"{parts.scheme}://{parts.netloc}".casefold())


def creation_options(
    site: Site, account_id: UUID, email: str, known: Sequence[bytes], challenge: bytes
) -> Json:
    """Return what the browser is asked to make a passkey with (`PublicKeyCredential…JSON`)."""
    person = PublicKeyCredentialUserEntity(id=account_id.bytes, name=email, display_name=email)
    options, _state = _server(site).register_begin(
        person,
        _named(known),
        resident_key_requirement=ResidentKeyRequirement.PREFERRED,
        user_verification=_REQUIRED,
        challenge=challenge,
    )
    return _plain(options.public_key)


def request_options(site: Site, known: Sequence[bytes] | None, challenge: bytes) -> Json:
    """Return what the browser is asked to sign; without names, the holder chooses the passkey."""
    options, _state = _server(site).authenticate_begin(
        None if known is None else _named(known), _REQUIRED, challenge
    )
    return _plain(options.public_key)


def challenge_of(answer: str) -> bytes:
    """Return the challenge that an answer says it signs; raise PasskeyRefused."""
    try:
        return RegistrationResponse.from_dict(_read(answer)).response.client_data.challenge
    except _MALFORMED as cause:
        raise _refused(cause) from None


def check_creation(site: Site, challenge: bytes, answer: str) -> NewCredential:
    """Return the passkey that was made; raise PasskeyRefused."""
    try:
        response = RegistrationResponse.from_dict(_read(answer))
        _check_frame(response.response.client_data)
        made = _server(site).register_complete(_state(site, challenge), response)
        data = _credential_of(made, response.raw_id)
    except _MALFORMED as cause:
        raise _refused(cause) from None
    return NewCredential(data.credential_id, bytes(data), made.counter, made.is_backed_up())


def read_answer(answer: str) -> Answer:
    """Read which passkey answers which challenge, unchecked; raise PasskeyRefused."""
    try:
        response = _read(answer)
        read = AuthenticationResponse.from_dict(response)
        return Answer(
            read.raw_id, read.response.client_data.challenge, read.response.user_handle, response
        )
    except _MALFORMED as cause:
        raise _refused(cause) from None


def check_answer(site: Site, answer: Answer, credential: bytes) -> Holding:
    """Check an answer against the public key on record; raise PasskeyRefused."""
    try:
        response = AuthenticationResponse.from_dict(answer.response)
        _check_frame(response.response.client_data)
        known = AttestedCredentialData(credential)
        _server(site).authenticate_complete(_state(site, answer.challenge), [known], response)
        said: AuthenticatorData = response.response.authenticator_data
    except _MALFORMED as cause:
        raise _refused(cause) from None
    return Holding(said.counter, said.is_backed_up())


def _server(site: Site) -> Fido2Server:
    server = Fido2Server(
        PublicKeyCredentialRpEntity(name=SITE_NAME, id=site.name),
        attestation=AttestationConveyancePreference.NONE,
        verify_origin=lambda origin: origin.casefold() == site.origin,
    )
    kind = PublicKeyCredentialType.PUBLIC_KEY
    server.allowed_algorithms = [
        PublicKeyCredentialParameters(type=kind, alg=each) for each in ALGORITHMS
    ]
    return server


def _state(site: Site, challenge: bytes) -> object:
    """Return what the library keeps of a challenge that was given."""
    return _server(site).authenticate_begin(None, _REQUIRED, challenge)[1]


def _named(known: Sequence[bytes]) -> list[PublicKeyCredentialDescriptor]:
    kind = PublicKeyCredentialType.PUBLIC_KEY
    return [PublicKeyCredentialDescriptor(type=kind, id=each) for each in known]


def _plain(options: Mapping[str, Any]) -> Json:
    plain: Json = json.loads(json.dumps(dict(options), default=dict))
    plain["timeout"] = 1000 * CHALLENGE_SECONDS_MAX
    return plain


def _read(answer: str) -> Json:
    _hold(len(answer) <= ANSWER_CHARACTERS_MAX, "length")
    read = json.loads(answer)
    _hold(isinstance(read, dict), "form")
    return dict(read)


def _check_frame(said: CollectedClientData) -> None:
    """Refuse an answer made in another site's frame."""
    whole = json.loads(bytes(said))
    _hold(not whole.get("crossOrigin") and "topOrigin" not in whole, "frame")


def _credential_of(made: AuthenticatorData, said_id: bytes) -> AttestedCredentialData:
    data = made.credential_data
    if data is None:
        raise ValueError("credential")
    _hold(1 <= len(data.credential_id) <= CREDENTIAL_ID_BYTES_MAX, "id length")
    _hold(data.credential_id == said_id, "id")
    _hold(data.public_key.get(_COSE_ALGORITHM) in ALGORITHMS, "algorithm")
    return data


def _hold(holds: bool, what: str) -> None:
    if not holds:
        raise ValueError(what)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _refused(cause: BaseException) -> PasskeyRefused:
    # The library's own short texts; none quotes the answer.
    return PasskeyRefused(why=type(cause).__name__)
