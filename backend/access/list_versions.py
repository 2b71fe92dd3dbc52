"""The versions of a gate's list: what changed since an older one.

Promise: under the lock of the gate's row, a changed content gets the next version, and each card
that changed, came or went is marked with it. A version is known by number and digest together, so
that a backend restored from a copy never takes a gate's newer list for one of its own. Only the
newest VERSIONS_KEPT are known; older lists are answered whole.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from backend.access.list_content import ListContent
from backend.access.list_tables import GateListCard, GateListVersion
from backend.access.tables import Gate

VERSIONS_KEPT: Final = 500
ROWS_AT_ONCE: Final = 5000


@dataclass(frozen=True, slots=True)
class Changes:
    """What leads from `base` to the newest version."""

    base: int
    changed: tuple[UUID, ...]
    gone: tuple[UUID, ...]


def mark_version(session: Session, gate: Gate, content: ListContent) -> None:
    """Give a changed content the next version; the caller holds the gate's row."""
    if gate.list_hash == content.digest:
        return
    gate.list_version += 1
    gate.list_hash = content.digest
    session.add(
        GateListVersion(
            terminal_id=gate.terminal_id, version=gate.list_version, digest=content.digest
        )
    )
    session.flush()
    _mark_cards(session, gate, content.card_digests)
    _forget_versions(session, gate)


def _mark_cards(session: Session, gate: Gate, digests: dict[UUID, bytes]) -> None:
    of_gate = GateListCard.terminal_id == gate.terminal_id
    rows = session.execute(select(GateListCard.card_id, GateListCard.digest).where(of_gate))
    known = {row.card_id: row.digest for row in rows}
    version = gate.list_version
    fresh = [card_id for card_id in digests if card_id not in known]
    changed = [card_id for card_id in known if known[card_id] != digests.get(card_id)]
    for begin in range(0, len(fresh), ROWS_AT_ONCE):
        session.execute(
            insert(GateListCard),
            [
                {
                    "terminal_id": gate.terminal_id,
                    "card_id": card_id,
                    "digest": digests[card_id],
                    "changed_in": version,
                }
                for card_id in fresh[begin : begin + ROWS_AT_ONCE]
            ],
        )
    if changed:
        session.execute(
            update(GateListCard),
            [
                {
                    "terminal_id": gate.terminal_id,
                    "card_id": card_id,
                    "digest": digests.get(card_id),
                    "changed_in": version,
                }
                for card_id in changed
            ],
        )


def _forget_versions(session: Session, gate: Gate) -> None:
    oldest = gate.list_version - VERSIONS_KEPT
    session.execute(
        delete(GateListVersion).where(
            GateListVersion.terminal_id == gate.terminal_id, GateListVersion.version <= oldest
        )
    )
    session.execute(
        delete(GateListCard).where(
            GateListCard.terminal_id == gate.terminal_id,
            GateListCard.digest.is_(None),
            GateListCard.changed_in <= oldest,
        )
    )


def changes_since(
    session: Session, terminal_id: UUID, version: int, digest: bytes
) -> Changes | None:
    """Return what changed since a list of this version and digest; None: nobody knows any more.

    `digest` may be the beginning of one.
    """
    known = session.get(GateListVersion, (terminal_id, version))
    if known is None or not known.digest.startswith(digest):
        return None
    rows = session.execute(
        select(GateListCard.card_id, GateListCard.digest.is_(None))
        .where(GateListCard.terminal_id == terminal_id, GateListCard.changed_in > version)
        .order_by(GateListCard.card_id)
    ).all()
    changed = tuple(card_id for card_id, is_gone in rows if not is_gone)
    return Changes(version, changed, tuple(card_id for card_id, is_gone in rows if is_gone))


def count_marks(session: Session, terminal_id: UUID) -> int:
    """Return how many cards are marked for a gate."""
    query = select(func.count()).where(GateListCard.terminal_id == terminal_id)
    return session.scalar(query) or 0
