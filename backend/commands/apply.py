"""`pass-backend apply`: bring the database to what a file declares, in one unit of work.

What is there already is left as it is, but limits and places, which are set; what the file no
longer names is not removed. One-time codes are in the result for what this run made, and never
again; a pad's key never is.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.access.establishments import (
    RightTerms,
    ServiceTerms,
    add_service,
    assign_gate,
    create_establishment,
    enrol_pupil,
)
from backend.access.tables import Establishment, HolderCategory
from backend.accounts.activation import invite
from backend.accounts.beneficiaries import Contact, create_beneficiary
from backend.accounts.holder_kinds import HolderKind
from backend.accounts.tables import Beneficiary
from backend.benefits.campaigns import allow_at
from backend.benefits.grants import grant
from backend.benefits.tables import Benefit
from backend.cards.errors import CardNumberTaken
from backend.cards.life import order_card
from backend.cards.tables import Card
from backend.commands.apply_campaigns import add_activities, apply_campaigns, apply_eligibility
from backend.commands.apply_places import apply_communes, apply_place
from backend.commands.declared import (
    DeclaredBeneficiary,
    DeclaredScheme,
    DeclaredTerminal,
    id_of,
    read_scheme,
)
from backend.commands.pad_keys import refuse_in_production, write_pad_key
from backend.commands.refusal import CommandRefused
from backend.partners.enrolment import create_terminal
from backend.partners.registry import create_outlet, create_partner
from backend.partners.tables import Outlet, Partner, Terminal, TerminalKind
from backend.payments.limits import LimitRule, limit_benefit, limit_partner
from backend.pins.pads import register_pin_pad
from backend.pins.tables import PinPad
from backend.services import Services
from backend.vault.dukpt import AES_KEY_ID_BYTES, TDES_COUNTER_BITS, TDES_KSN_BYTES
from backend.vault.values import PinProfile

#: Which BDK a pad's initial key identifier names (ANSI X9.24-3 §6.1), unless the vault says.
BDK_IDENTIFIER = bytes.fromhex("92500001")
SERIALS = 10**11
SERIAL_TRIES_MAX = 100

Made = dict[str, dict[str, object]]


@dataclass(slots=True)
class Applied:
    """What this run made, by the file's keys. Holds one-time codes: print it, do not log it."""

    terminals: Made = field(default_factory=dict, repr=False)
    beneficiaries: Made = field(default_factory=dict, repr=False)
    counted: dict[str, int] = field(default_factory=dict)
    pad_keys: Path | None = None

    def as_json(self) -> str:
        """Write all of it for a program."""
        return json.dumps({"terminals": self.terminals, "beneficiaries": self.beneficiaries})

    def as_text(self) -> str:
        """Write what a person needs next: codes to type and links to hand over."""
        lines = [f"made: {count} {kind}" for kind, count in self.counted.items()]
        for key, terminal in self.terminals.items():
            lines.append(f"terminal {key}: enrol with {terminal['enrolment_code']}")
            if isinstance(pad := terminal.get("pin_pad"), dict):
                lines.append(f"terminal {key}: {_pad_words(pad)}")
        for key, one in self.beneficiaries.items():
            lines.append(f"beneficiary {key}: card {one['card_number']}")
            lines.append(f"beneficiary {key}: /activation/{one['activation_token']}")
        return "\n".join(lines) or "nothing to do"


def _pad_words(pad: dict[str, str]) -> str:
    number = pad["initial_key_id"]
    if "key_file" in pad:
        return f"pad {number}, key in {pad['key_file']}"
    chosen = f"--initial-key-id {number} --profile {pad['profile']}"
    return f"pad {number}, key by: keys pad-key-block {chosen}"


def apply_file(services: Services, path: Path, pad_keys: Path | None = None) -> Applied:
    """Apply a file and return what was made; nothing is kept if anything is refused.

    Keys of new pads are written into files of `pad_keys`, in development; else each is asked of
    the vault as a key block. Raises CommandRefused, and what the rooms refuse.
    """
    refuse_in_production(services.settings, pad_keys)
    scheme = read_scheme(path)
    applied = Applied(pad_keys=pad_keys)
    with services.database.unit_of_work() as session:
        now = services.now()
        apply_campaigns(session, scheme, lambda kind: _count(applied, kind), now)
        apply_communes(session, scheme)
        _apply_partners(session, scheme, applied, now)
        _apply_limits(session, scheme)
        _apply_establishments(session, scheme, applied)
        for key, terminal in scheme.terminal.items():
            _apply_terminal(services, session, key, terminal, applied)
        for key, person in scheme.beneficiary.items():
            _apply_beneficiary(session, key, person, applied, now)
    return applied


def _is_new(session: Session, table: type, key: UUID) -> bool:
    return session.get(table, key) is None


def _count(applied: Applied, kind: str) -> None:
    applied.counted[kind] = applied.counted.get(kind, 0) + 1


def _always(new_id: UUID) -> Callable[[], UUID]:
    """Make the id that the file's key stands for, instead of a random one."""
    return lambda: new_id


def _apply_partners(
    session: Session, scheme: DeclaredScheme, applied: Applied, now: datetime
) -> None:
    for key, partner in scheme.partner.items():
        new_id = id_of("partner", key)
        if _is_new(session, Partner, new_id):
            create_partner(session, partner.name, _always(new_id))
            _count(applied, "partners")
        for code in partner.benefits:
            benefit = session.get_one(Benefit, id_of("benefit", code))
            allow_at(session, benefit, new_id, now=now)
        add_activities(session, new_id, partner.activities, now)
    for key, outlet in scheme.outlet.items():
        new_id = id_of("outlet", key)
        partner_id = id_of("partner", outlet.partner)
        if _is_new(session, Outlet, new_id):
            create_outlet(session, partner_id, outlet.name, _always(new_id))
            _count(applied, "outlets")
        apply_place(session, new_id, outlet)


def _apply_limits(session: Session, scheme: DeclaredScheme) -> None:
    """Set the limits that the file declares, whatever they were."""
    for limit in scheme.limit.values():
        rule = LimitRule(limit.per_payment_cents, limit.per_day_cents, limit.per_partner_day_cents)
        if limit.benefit is not None:
            limit_benefit(session, limit.benefit, rule)
        elif limit.partner is not None:
            limit_partner(session, id_of("partner", limit.partner), rule)


def _apply_establishments(session: Session, scheme: DeclaredScheme, applied: Applied) -> None:
    for key, establishment in scheme.establishment.items():
        new_id = id_of("establishment", key)
        if not _is_new(session, Establishment, new_id):
            continue
        create_establishment(session, establishment.name, make_id=_always(new_id))
        for service in establishment.service:
            add_service(
                session,
                new_id,
                code=service.service,
                label=service.label,
                days=service.days,
                hours=(time.fromisoformat(service.opens), time.fromisoformat(service.closes)),
                terms=ServiceTerms(
                    passages_max=service.passages_max,
                    week_max=service.week_max,
                    held_on_closed_days=service.held_on_closed_days,
                    reservation_cutoff=time.fromisoformat(service.reservation_cutoff),
                ),
            )
        _count(applied, "establishments")


def _apply_terminal(
    services: Services, session: Session, key: str, declared: DeclaredTerminal, applied: Applied
) -> None:
    new_id = id_of("terminal", key)
    if not _is_new(session, Terminal, new_id):
        return
    now = services.now()
    terminal = create_terminal(
        session,
        kind=declared.kind,
        name=declared.name,
        outlet_id=id_of("outlet", declared.outlet) if declared.outlet else None,
        now=now,
        make_id=_always(new_id),
    )
    if declared.kind is TerminalKind.GATE:
        assign_gate(session, new_id, id_of("establishment", declared.establishment or ""))
    made: dict[str, object] = {
        "terminal_id": str(new_id),
        "enrolment_code": terminal.enrolment_code,
    }
    if declared.pin_pad:
        pad = _new_pin_pad(services, session, new_id, declared)
        if applied.pad_keys is not None:
            pad["key_file"] = _write_key(services, pad, key, applied.pad_keys)
        made["pin_pad"] = pad
    applied.terminals[key] = made
    _count(applied, "terminals")


def _new_pin_pad(
    services: Services, session: Session, terminal_id: UUID, declared: DeclaredTerminal
) -> dict[str, str]:
    """Register a pad with a key of its own; say how it is named."""
    profile = declared.pin_pad_profile
    pads = session.scalar(select(func.count()).select_from(PinPad)) or 0
    initial_key_id = _new_key_id(services.vault.current_bdk_prefix(profile), profile, pads + 1)
    register_pin_pad(
        session,
        terminal_id,
        initial_key_id,
        profile,
        entry=declared.pin_pad_entry,
        terminal_encryption_allowed=services.settings.allow_terminal_encryption,
    )
    return {"initial_key_id": initial_key_id.hex().upper(), "profile": profile.value}


def _new_key_id(prefix: bytes, profile: PinProfile, number: int) -> bytes:
    """Return a pad's identifier: AES 8 bytes, TDES the 10 of a KSN before its first counter."""
    aes = profile is PinProfile.AES_DUKPT_FORMAT_4
    length, counter_bits = (AES_KEY_ID_BYTES, 0) if aes else (TDES_KSN_BYTES, TDES_COUNTER_BITS)
    start = int.from_bytes((prefix or BDK_IDENTIFIER).ljust(length, b"\0"), "big")
    return (start + (number << counter_bits)).to_bytes(length, "big")


def _write_key(services: Services, pad: dict[str, str], name: str, folder: Path) -> str:
    initial_key_id = bytes.fromhex(pad["initial_key_id"])
    key = services.vault.initial_pad_key(initial_key_id, PinProfile(pad["profile"]))
    return str(write_pad_key(folder, name, key, initial_key_id))


def _apply_beneficiary(
    session: Session, key: str, declared: DeclaredBeneficiary, applied: Applied, now: datetime
) -> None:
    new_id = id_of("beneficiary", key)
    is_new = _is_new(session, Beneficiary, new_id)
    if is_new:
        create_beneficiary(
            session,
            given_name=declared.given_name,
            family_name=declared.family_name,
            birth_date=declared.birth_date,
            contact=Contact(declared.email, declared.phone, declared.postcode),
            kind=_kind_of(declared.category),
            now=now,
            make_id=_always(new_id),
        )
        card = _order_card(session, new_id, now)
        applied.beneficiaries[key] = {
            "beneficiary_id": str(new_id),
            "card_number": card.number,
            "activation_token": invite(session, new_id, now),
        }
        _count(applied, "beneficiaries")
    apply_eligibility(session, new_id, declared, now)
    for code, amount_cents in declared.grants.items():
        grant(
            session,
            beneficiary_id=new_id,
            benefit=session.get_one(Benefit, id_of("benefit", code)),
            amount_cents=amount_cents,
            reason="Dotation",
            grant_id=id_of("grant", f"{key}.{code}"),
            now=now,
        )
    if declared.establishment is not None:
        establishment_id = id_of("establishment", declared.establishment)
        rights = {code: RightTerms() for code in declared.services}
        for code, right in declared.rights.items():
            rights[code] = RightTerms(
                days=None if right.days is None else frozenset(right.days),
                by_reservation=right.by_reservation,
                prepaid=right.prepaid,
                passages_max=right.passages_max,
            )
        enrol_pupil(session, establishment_id, new_id, rights, category=declared.category)


def _kind_of(category: HolderCategory) -> HolderKind:
    referent = category is HolderCategory.REFERENT
    return HolderKind.REFERENT if referent else HolderKind.YOUNG


def _order_card(session: Session, beneficiary_id: UUID, now: datetime) -> Card:
    first = beneficiary_id.int % SERIALS
    for step in range(SERIAL_TRIES_MAX):
        try:
            return order_card(session, beneficiary_id, (first + step) % SERIALS, now)
        except CardNumberTaken:
            continue
    msg = "no free card number near this one; the scheme holds too many cards for this command"
    raise CommandRefused(msg)
