"""A gate's signed list: the cards of its establishment, each with the one key that proves it.

Promise: a list carries no card of another establishment. Its version belongs to its content (hashed
without keys and times) and increases only when that changes. A gate that names the version it
holds is given only what changed since, signed like the whole. Keys are asked of the vault after
the unit of work has ended: nothing waits for it while rows are locked.

The cards travel beside what is signed, which names them by their SHA-256: so the vault signs a few
kilobytes of however large a school, and an HSM can. A list too long for a gate is ListTooLong.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from jwt.utils import base64url_encode
from sqlalchemy.orm import Session

from backend.access.errors import GateNotAssigned, ListTooLong
from backend.access.list_basis import Basis, count_changes, read_basis
from backend.access.list_content import FORMAT, KEY_VERSION, Json, ListContent, read_content
from backend.access.list_versions import Changes, changes_since, mark_version
from backend.access.tables import Gate
from backend.services import Services

CHANGES_FORMAT = 1
#: Within it a gate asks for the same content signed anew; past it the gate's screen turns amber.
VALIDITY = timedelta(hours=48)
#: How much of a content's digest travels: enough to tell two histories of one gate apart.
DIGEST_BYTES_SHOWN = 8
VERSIONS_LOST_MAX = 1_000_000
#: What a gate takes; 400,000 cards are two thirds of it.
LIST_BYTES_MAX = 192 * 1024 * 1024
#: Changes that take more cards away than this are sent as a whole list: their ids are signed.
GONE_MAX = 10_000
#: Between what is signed and the cards beside it; in neither of them.
BESIDE = "~"
CARD_BYTES_MIN = 200


@dataclass(frozen=True, slots=True)
class Held:
    """The list a gate says it holds; no digest: an older gate's word for it."""

    version: int
    digest: bytes | None


@dataclass(frozen=True, slots=True)
class IssuedList:
    """A list, or changes to one, for one gate: `jws` is signed, with its cards beside it."""

    version: int
    digest: str
    jws: str = field(repr=False)
    is_whole: bool = True

    @property
    def etag(self) -> str:
        """Return what names this content to HTTP."""
        return f'"{self.version}-{self.digest}"'


@dataclass(frozen=True, slots=True)
class _Current:
    content: ListContent
    version: int
    changes: Changes | None

    def is_still(self, held: Held) -> bool:
        """Tell whether it is the list held."""
        return _is_still(self.version, self.content.digest, held)

    @property
    def digest(self) -> str:
        return self.content.digest[:DIGEST_BYTES_SHOWN].hex()


def issue_access_list(
    services: Services, terminal_id: UUID, held: Held | None = None, *, changes: bool = False
) -> IssuedList | None:
    """Return the gate's list, signed now, or None if it is still the one held.

    With `changes`, what changed since the one held, while that is known. Raises GateNotAssigned,
    ListTooLong.
    """
    current = _current(services, terminal_id, held, changes=changes)
    if current is None or (held is not None and current.is_still(held)):
        return None
    now = services.now().astimezone(UTC)
    payload: Json = {
        "gate": str(terminal_id),
        "version": current.version,
        "digest": current.digest,
        "issued_at": _text(now),
        "valid_until": _text(now + VALIDITY),
        **current.content.place,
        "counted": current.content.counted,
        **_form(current.changes, held),
    }
    chosen = _chosen(current)
    # A card takes this and more: what is too long for sure is not even put together.
    if len(chosen) > LIST_BYTES_MAX // CARD_BYTES_MIN:
        raise ListTooLong
    cards = _json(_with_keys(services, chosen))
    payload["cards_sha256"] = hashlib.sha256(cards).hexdigest()
    jws = services.vault.sign(_json(payload))
    text = f"{jws}{BESIDE}{base64url_encode(cards).decode()}"
    if len(text) > LIST_BYTES_MAX:
        raise ListTooLong
    return IssuedList(current.version, current.digest, text, is_whole=current.changes is None)


def _json(said: object) -> bytes:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def _form(changes: Changes | None, held: Held | None) -> Json:
    """Return what says whether it is a list, or changes to one."""
    if changes is None or held is None or held.digest is None:
        return {"format": FORMAT}
    return {
        # No `format`: a gate that knows no changes takes this for no list at all.
        "changes_format": CHANGES_FORMAT,
        "base": changes.base,
        "base_digest": held.digest.hex(),
        "gone": [str(card_id) for card_id in changes.gone],
    }


def _chosen(current: _Current) -> list[Json]:
    """Return the cards that travel: all of them, or those that changed."""
    cards, changes = current.content.cards, current.changes
    if changes is None:
        return list(cards.values())
    return [cards[card_id] for card_id in changes.changed]


def _with_keys(services: Services, cards: Sequence[Json]) -> list[Json]:
    """Put each card's own key in place of its version, which says nothing to a gate."""
    by_version: dict[int, list[bytes]] = {}
    for card in cards:
        uid = bytes.fromhex(str(card["uid"]))
        by_version.setdefault(int(str(card[KEY_VERSION])), []).append(uid)
    # All of a version at once: the vault may be another process.
    keys = {
        version: iter(services.vault.derive_access_keys(uids, version))
        for version, uids in by_version.items()
    }
    return [_with_key(card, next(keys[int(str(card[KEY_VERSION]))])) for card in cards]


def _with_key(card: Json, key: bytes) -> Json:
    listed = {name: value for name, value in card.items() if name != KEY_VERSION}
    return {**listed, "key": key.hex().upper()}


def _current(
    services: Services, terminal_id: UUID, held: Held | None, *, changes: bool
) -> _Current | None:
    """Return content, version and changes, None if `held` is still all; one row tells that.

    Only a list that may have changed is read under the gate's lock, and written down.
    """
    now, wanted = services.now(), held if changes else None
    with services.database.reading() as session:
        basis = read_basis(session, terminal_id, now)
        if basis.is_unchanged and not _is_ahead(basis, held):
            if held is not None and _is_still(basis.version, basis.digest, held):
                return None
            content = read_content(session, _find_gate(session, terminal_id), basis.today)
            # Somebody may have changed it since: then it is read again, below.
            if content.digest == basis.digest:
                found = _changes(session, terminal_id, basis.version, wanted)
                return _Current(content, basis.version, found)
    with services.database.unit_of_work() as session:
        gate = _find_gate(session, terminal_id, lock=True)
        basis = read_basis(session, terminal_id, now)
        content = read_content(session, gate, basis.today)
        if held is not None and _is_ahead(basis, held):
            gate.list_version, gate.list_hash = held.version, None
        mark_version(session, gate, content)
        gate.list_basis = basis.text
        count_changes(session, gate.establishment_id)
        found = _changes(session, terminal_id, gate.list_version, wanted)
        return _Current(content, gate.list_version, found)


def _is_still(version: int, digest: bytes | None, held: Held) -> bool:
    same = held.digest is None or (digest is not None and digest.startswith(held.digest))
    return held.version == version and same


def _is_ahead(known: Basis, held: Held | None) -> bool:
    """Tell whether a gate holds what we never made: this backend was restored from a copy.

    Its next list then takes a later version than the gate's, or the gate would refuse it.
    """
    if held is None or held.digest is None:
        return False
    beyond = held.version - known.version
    other = known.digest is None or not known.digest.startswith(held.digest)
    return 0 < beyond <= VERSIONS_LOST_MAX or (beyond == 0 and other and held.version > 0)


def _changes(
    session: Session, terminal_id: UUID, version: int, held: Held | None
) -> Changes | None:
    if held is None or held.digest is None or held.version >= version:
        return None
    changes = changes_since(session, terminal_id, held.version, held.digest)
    return None if changes is None or len(changes.gone) > GONE_MAX else changes


def _find_gate(session: Session, terminal_id: UUID, *, lock: bool = False) -> Gate:
    gate = session.get(Gate, terminal_id, with_for_update=lock or None, populate_existing=lock)
    if gate is None:
        raise GateNotAssigned
    return gate


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
