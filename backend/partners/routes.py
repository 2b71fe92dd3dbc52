"""Terminals at the door: enrolment, tokens, who am I."""

import base64
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form
from pydantic import BaseModel, ConfigDict, Field

from backend.http import ServicesDependency
from backend.partners.authentication import (
    AuthenticatedTerminal,
    CurrentTerminal,
    TerminalKind,
    require_kind,
)
from backend.partners.enrolment import enrol_terminal
from backend.partners.registry import place_of
from backend.partners.tokens import ASSERTION_CHARACTERS_MAX, issue_token

__all__ = ["AuthenticatedTerminal", "CurrentTerminal", "TerminalKind", "require_kind", "router"]

router = APIRouter(prefix="/v1", tags=["terminals"])


class PublicKeyBody(BaseModel):
    """An Ed25519 public key as a JWK (RFC 8037); a private member is refused, not ignored."""

    model_config = ConfigDict(extra="forbid")

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    # One spelling only (RFC 4648 §3.5): the last character's unused bits are zero.
    x: str = Field(
        pattern=r"^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$",
        description="32 bytes, base64url, unpadded",
    )


class SigningKeyBody(BaseModel):
    """The public key that access lists are signed with."""

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    x: str
    kid: str


class EnrolmentBody(BaseModel):
    """A one-time code and the key the terminal has made for itself."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(min_length=1, max_length=64)
    public_key: PublicKeyBody


class TerminalBody(BaseModel):
    """A terminal and where it stands."""

    terminal_id: UUID
    kind: TerminalKind
    name: str
    partner_name: str | None
    outlet_name: str | None
    establishment_name: str | None


class EnrolledBody(TerminalBody):
    """What a terminal needs to remember from its enrolment."""

    list_signing_key: SigningKeyBody


class TokenForm(BaseModel):
    """A token request (RFC 6749 §4.4 with RFC 7523 client authentication)."""

    model_config = ConfigDict(extra="forbid")

    grant_type: Literal["client_credentials"]
    client_assertion_type: Literal["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"]
    client_assertion: str = Field(min_length=1, max_length=ASSERTION_CHARACTERS_MAX)


class TokenBody(BaseModel):
    """An access token (RFC 6749 §5.1)."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int = Field(description="seconds")


@router.post("/terminals/enrolments", status_code=201, name="enrol_terminal")
def enrol(body: EnrolmentBody, services: ServicesDependency) -> EnrolledBody:
    """Enrol a terminal with its one-time code."""
    public_key = _decode_key(body.public_key.x)
    signing_key = services.vault.public_signing_key()
    with services.database.unit_of_work() as session:
        terminal_id = enrol_terminal(session, body.code, public_key, services.now())
        place = place_of(session, terminal_id)
    return EnrolledBody.model_validate(
        {
            "terminal_id": place.terminal_id,
            "kind": place.kind,
            "name": place.name,
            "partner_name": place.partner_name,
            "outlet_name": place.outlet_name,
            "establishment_name": place.establishment_name,
            "list_signing_key": signing_key,
        }
    )


@router.post("/token", name="create_token")
def token(form: Annotated[TokenForm, Form()], services: ServicesDependency) -> TokenBody:
    """Exchange a signed client assertion for a short-lived access token."""
    with services.database.unit_of_work() as session:
        issued = issue_token(
            session,
            form.client_assertion,
            now=services.now(),
            token_seconds=services.settings.token_seconds,
        )
    return TokenBody(
        access_token=issued.access_token,
        token_type="Bearer",  # noqa: S106 - the scheme's name, no secret
        expires_in=issued.expires_in_seconds,
    )


@router.get("/terminals/me", name="read_own_terminal")
def me(terminal: CurrentTerminal, services: ServicesDependency) -> TerminalBody:
    """Tell a terminal what we know of it."""
    with services.database.reading() as session:
        place = place_of(session, terminal.terminal_id)
    return TerminalBody.model_validate(place, from_attributes=True)


def _decode_key(x: str) -> bytes:
    """Decode what its pattern has allowed: 43 characters of one spelling."""
    return base64.urlsafe_b64decode(x + "=")
