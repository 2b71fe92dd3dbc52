"""The form of the file that `pass-backend apply` reads: what a scheme declares.

Each thing has a key of its own in the file; its id is derived from that key, so that applying the
file again finds what is there. Unknown words are refused: a misspelt one must not be ignored.
"""

import tomllib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final, Self
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveInt,
    StringConstraints,
    ValidationError,
    model_validator,
)

from backend.access.tables import HolderCategory
from backend.accounts.holder_kinds import HolderKind
from backend.benefits.eligibility import Track
from backend.benefits.tables import Purse
from backend.commands.refusal import CommandRefused
from backend.partners.tables import TerminalKind
from backend.pins.tables import PadEntry
from backend.vault.values import PinProfile

FILE_BYTES_MAX: Final = 10_000_000
PROBLEMS_SHOWN_MAX: Final = 20
PLACE_OF_KIND: Final[dict[TerminalKind, str | None]] = {
    TerminalKind.COUNTER: "outlet",
    TerminalKind.GATE: "establishment",
    TerminalKind.DESK: None,
}
NAMESPACE: Final = uuid5(NAMESPACE_URL, "urn:pass:declared")

Name = Annotated[str, StringConstraints(min_length=1, max_length=80, strip_whitespace=True)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=40, strip_whitespace=True)]
Hour = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254)]
Phone = Annotated[str, StringConstraints(pattern=r"^\+?[0-9 .-]{8,19}$")]
Postcode = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z -]{3,10}$")]
#: Text too, so that no digit is lost on the way.
Degrees = Annotated[Decimal, Field(ge=-180, le=180, decimal_places=6)]
IsoDay = Annotated[int, Field(ge=1, le=7)]


class Declared(BaseModel):
    """Anything in the file: closed and unchanging."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class DeclaredProgramme(Declared):
    """A programme of an authority: its campaigns follow one another."""

    name: Name
    authority: Name


class DeclaredCampaign(Declared):
    """A campaign, all its days included; without the later days, the last is the day it closes."""

    name: Name
    opens_on: date
    closes_on: date
    scheme: str | None = None
    spend_until: date | None = None
    partners_until: date | None = None
    purse: Purse = Purse.SEPARATE


class DeclaredRule(Declared):
    """Who is given how much; what is left out is not asked, and any one of the places is enough."""

    code: Code
    label: Name
    amount_cents: PositiveInt
    top_up: bool = False
    age_min: PositiveInt | None = None
    age_max: PositiveInt | None = None
    age_on: date | None = None
    departments: tuple[str, ...] = ()
    postcodes: tuple[str, ...] = ()
    communes: tuple[str, ...] = ()
    tracks: tuple[Track, ...] = ()
    levels: tuple[str, ...] = ()
    scholarship: bool | None = None
    holders: tuple[HolderKind, ...] = Field((HolderKind.YOUNG,), min_length=1)


class DeclaredBenefit(Declared):
    """A benefit; its key in the file is its code, unless another campaign has it already."""

    campaign: str
    label: Name
    code: Code | None = None
    activities: tuple[Code, ...] = ()
    rule: tuple[DeclaredRule, ...] = ()


class DeclaredPartner(Declared):
    """A partner: what it does, and the keys of benefits it may take besides."""

    name: Name
    benefits: tuple[str, ...] = ()
    activities: tuple[Code, ...] = ()


class DeclaredLimit(Declared):
    """How much may be paid (cents) of one benefit, or at one partner. Days are each holder's."""

    benefit: str | None = None
    partner: str | None = None
    per_payment_cents: PositiveInt | None = None
    per_day_cents: PositiveInt | None = None
    per_partner_day_cents: PositiveInt | None = None

    @model_validator(mode="after")
    def _one_scope(self) -> Self:
        if (self.benefit is None) == (self.partner is None):
            msg = "a limit names a benefit or a partner"
            raise ValueError(msg)
        if self.partner is not None and self.per_partner_day_cents is not None:
            msg = "per_partner_day_cents is for a benefit; a partner's is per_day_cents"
            raise ValueError(msg)
        return self


class DeclaredCommune(Declared):
    """A commune by its INSEE code, and the point that « near » is measured from (degrees)."""

    name: Name
    latitude: Degrees | None = None
    longitude: Degrees | None = None

    @model_validator(mode="after")
    def _whole_point(self) -> Self:
        _refuse_half_a_point(self)
        return self


class DeclaredOutlet(Declared):
    """One of a partner's places, and where it is for the directory (decimal degrees)."""

    partner: str
    name: Name
    commune: str | None = None
    address: tuple[Name, ...] = Field((), max_length=2)
    postcode: Annotated[str, StringConstraints(pattern=r"^\d{5}$")] | None = None
    latitude: Degrees | None = None
    longitude: Degrees | None = None

    @model_validator(mode="after")
    def _whole_point(self) -> Self:
        _refuse_half_a_point(self)
        return self


class DeclaredService(Declared):
    """A service of an establishment: when it opens, and how often one may pass."""

    service: Name
    label: Name
    days: tuple[IsoDay, ...]
    opens: Hour
    closes: Hour
    passages_max: PositiveInt = 1
    week_max: PositiveInt | None = None
    held_on_closed_days: bool = False
    reservation_cutoff: Hour = "09:30"


class DeclaredRight(Declared):
    """What a right to a service depends on: any condition that holds is enough."""

    days: tuple[IsoDay, ...] | None = None
    by_reservation: bool = False
    prepaid: bool = False
    passages_max: PositiveInt | None = None


class DeclaredEstablishment(Declared):
    """A school or canteen."""

    name: Name
    service: tuple[DeclaredService, ...] = ()


class DeclaredTerminal(Declared):
    """A terminal: a counter at an outlet, a gate at an establishment, or a desk.

    A pad encrypts codes under `pin_pad_profile`; `pin_pad_entry` is "terminal" for a plain keypad.
    """

    kind: TerminalKind
    name: Name
    outlet: str | None = None
    establishment: str | None = None
    pin_pad: bool = False
    pin_pad_profile: PinProfile = PinProfile.AES_DUKPT_FORMAT_4
    pin_pad_entry: PadEntry = PadEntry.SECURE


class DeclaredEligibility(Declared):
    """What grant rules may ask of a person."""

    reference: Name | None = None
    commune: str | None = Field(None, max_length=5)
    postcode: str | None = Field(None, max_length=5)
    department: str | None = Field(None, max_length=3)
    track: Track | None = None
    level: Code | None = None
    scholarship: bool = False
    scholarship_proof: Name | None = None


class DeclaredBeneficiary(Declared):
    """Who holds a card, what they are given (cents by benefit) and where they belong.

    The category `referent` makes a referent, also one of no establishment: an association's.
    """

    given_name: Name
    family_name: Name
    birth_date: date
    email: Email | None = None
    phone: Phone | None = None
    postcode: Postcode | None = None
    grants: dict[str, PositiveInt] = {}
    eligibility: DeclaredEligibility | None = None
    establishment: str | None = None
    services: tuple[str, ...] = ()
    rights: dict[str, DeclaredRight] = {}
    category: HolderCategory = HolderCategory.PUPIL


class DeclaredScheme(Declared):
    """The whole file."""

    scheme: dict[Code, DeclaredProgramme] = {}
    campaign: dict[Code, DeclaredCampaign] = {}
    benefit: dict[str, DeclaredBenefit] = {}
    partner: dict[str, DeclaredPartner] = {}
    limit: dict[str, DeclaredLimit] = {}
    commune: dict[str, DeclaredCommune] = {}
    outlet: dict[str, DeclaredOutlet] = {}
    establishment: dict[str, DeclaredEstablishment] = {}
    terminal: dict[str, DeclaredTerminal] = {}
    beneficiary: dict[str, DeclaredBeneficiary] = {}

    @model_validator(mode="after")
    def _name_only_what_is_declared(self) -> Self:
        for place, kind, key in self._references():
            if key not in getattr(self, kind):
                msg = f"{place} names {kind}.{key}, which the file does not declare"
                raise ValueError(msg)
        for key, terminal in self.terminal.items():
            needed = PLACE_OF_KIND[terminal.kind]
            if needed is not None and getattr(terminal, needed) is None:
                msg = f"terminal.{key} is a {terminal.kind} and names no {needed}"
                raise ValueError(msg)
        return self

    def _money_references(self) -> Iterator[tuple[str, str, str]]:
        for key, campaign in self.campaign.items():
            if campaign.scheme is not None:
                yield f"campaign.{key}", "scheme", campaign.scheme
        for key, benefit in self.benefit.items():
            yield f"benefit.{key}", "campaign", benefit.campaign
        for key, partner in self.partner.items():
            yield from ((f"partner.{key}", "benefit", code) for code in partner.benefits)
        for key, limit in self.limit.items():
            named = "benefit" if limit.partner is None else "partner"
            yield f"limit.{key}", named, limit.benefit or limit.partner or ""

    def _references(self) -> Iterator[tuple[str, str, str]]:
        yield from self._money_references()
        for key, outlet in self.outlet.items():
            yield f"outlet.{key}", "partner", outlet.partner
            if outlet.commune is not None:
                yield f"outlet.{key}", "commune", outlet.commune
        for key, terminal in self.terminal.items():
            if terminal.outlet is not None:
                yield f"terminal.{key}", "outlet", terminal.outlet
            if terminal.establishment is not None:
                yield f"terminal.{key}", "establishment", terminal.establishment
        for key, person in self.beneficiary.items():
            yield from ((f"beneficiary.{key}", "benefit", code) for code in person.grants)
            if person.establishment is not None:
                yield f"beneficiary.{key}", "establishment", person.establishment


def _refuse_half_a_point(placed: DeclaredCommune | DeclaredOutlet) -> None:
    if (placed.latitude is None) != (placed.longitude is None):
        msg = "a point has a latitude and a longitude"
        raise ValueError(msg)


def id_of(kind: str, key: str) -> UUID:
    """Return the id of what the file calls `[kind.key]`, the same at every run."""
    return uuid5(NAMESPACE, f"{kind}.{key}")


def read_scheme(path: Path) -> DeclaredScheme:
    """Read the file; CommandRefused says all that is wrong with it, never its values."""
    if not path.is_file():
        msg = f"{path}: no such file"
        raise CommandRefused(msg)
    if path.stat().st_size > FILE_BYTES_MAX:
        msg = f"{path} is larger than {FILE_BYTES_MAX} bytes"
        raise CommandRefused(msg)
    try:
        return DeclaredScheme.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        msg = f"{path} is not a TOML file"
        raise CommandRefused(msg) from None
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)
        problems = "; ".join(
            f"{'.'.join(map(str, each['loc']))}: {each['msg']}"
            for each in found[:PROBLEMS_SHOWN_MAX]
        )
        msg = f"{path}: {problems}"
        raise CommandRefused(msg) from None
