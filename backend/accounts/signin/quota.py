"""How often a door may be used at all, rightly or wrongly: by one address, one network, everybody.

Promise: what is counted is written whatever comes of it, so that neither the answer nor the time it
takes tells who is known. Not here: wrong tries, and the wait after them (tries.py).
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.accounts.signin.errors import TooManyRequests
from backend.accounts.signin.tables import SignInQuota
from backend.expiry import sweep_expired

#: No quota is counted longer than a day.
KEPT: Final = timedelta(days=2)
#: A household has this much of an IPv6 network, and a provider gives no less.
IPV6_PREFIX: Final = 64


@dataclass(frozen=True, slots=True)
class Quota:
    """So many in so long."""

    uses_max: int
    period: timedelta


def door_of(purpose: str, who: str) -> bytes:
    """Name a door: what is asked, and who asks (32 bytes)."""
    return hashlib.sha256(f"{purpose}\0{who}".encode()).digest()


def network_of(host: str | None) -> str:
    """Return the network that an address counts with: itself, or its /64; empty where unknown."""
    try:
        address = ip_address((host or "").partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ip_network((address, IPV6_PREFIX), strict=False))
    return str(address)


def take_use(session: Session, door: bytes, quota: Quota, now: datetime) -> None:
    """Count a use; raise TooManyRequests where there were enough."""
    row = session.get(SignInQuota, door, with_for_update=True)
    if row is None:
        sweep_expired(session, SignInQuota, SignInQuota.began_at, now - KEPT)
        row = _first(session, door, now)
    if now >= row.began_at + quota.period:
        row.used, row.began_at = 0, now
    if row.used >= quota.uses_max:
        wait = row.began_at + quota.period - now
        raise TooManyRequests(wait_seconds=int(wait.total_seconds()) + 1)
    row.used += 1
    session.flush()


def has_use(session: Session, door: bytes, quota: Quota, now: datetime) -> bool:
    """Count a use, and say whether there was one left; nothing is raised."""
    try:
        take_use(session, door, quota, now)
    except TooManyRequests:
        return False
    return True


def give_use_back(session: Session, door: bytes) -> None:
    """Let a use not count after all."""
    row = session.get(SignInQuota, door, with_for_update=True)
    if row is not None:
        row.used = max(row.used - 1, 0)
        session.flush()


def _first(session: Session, door: bytes, now: datetime) -> SignInQuota:
    row = SignInQuota(door_hash=door, used=0, began_at=now)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        # Another came at the same moment and was the first.
        return session.get_one(SignInQuota, door, with_for_update=True)
    return row
