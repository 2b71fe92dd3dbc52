"""Calls between a terminal and the backend, in words, without what nobody may see.

Promise: a value is shown only if its field is named here; whatever is not known is hidden: tokens,
assertions, PIN blocks, key serial numbers, challenges, proofs, signed lists, names of people, and
of a card's number all but the last four digits. Ids in a path are hidden. Nothing raises.
It is written without looking at either side's code: the routes are those of the published API.
"""

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

BODY_BYTES_MAX = 64 * 1024
ITEMS_SHOWN_MAX = 10
DEPTH_MAX = 5
TEXT_CHARACTERS_MAX = 160
HIDDEN = "hidden"
ANY = "…"

Json = dict[str, Any]

# Fields whose values say what happened, and nothing about who or with which secret.
PUBLIC = frozenset(
    {
        "already_recorded",
        "amount_cents",
        "application",
        "benefit",
        "benefits",
        "code",
        "currency",
        "decided_at",
        "detail",
        "details",
        "done",
        "establishment_name",
        "expires_at",
        "expires_in",
        "format",
        "grant_type",
        "id",
        "kind",
        "label",
        "list_version",
        "message",
        "money_moved",
        "name",
        "occurred_at",
        "outlet_name",
        "partner_name",
        "payment_id",
        "passage_id",
        "passages_max",
        "per_day_cents",
        "profile",
        "reason",
        "recorded",
        "remaining_cents",
        "returned_cents",
        "sequence",
        "service",
        "state",
        "status",
        "terminal_id",
        "title",
        "token_type",
        "tries_left",
        "type",
        "uid",
        "version",
        "why",
    }
)
# In a request these are one-time codes and people's own words.
IN_REQUESTS = PUBLIC - {"code", "detail", "title", "message", "reason", "name", "details", "why"}
_CODE = re.compile(r"^[a-z][a-z_]{0,59}$")
_FIELD = re.compile(r"^[a-z][a-z_]{0,39}$")
_SEGMENT = re.compile(r"^[a-z][a-z0-9-]{0,23}$")
_GATE_ANSWER = re.compile(r"^[A-Z]{2,12}(_[A-Z]{2,15}){0,2}$")
_CARD_NUMBER = re.compile(r"^[0-9]{16}$")

ROUTES: dict[tuple[str, str], str] = {
    ("GET", "/v1/health"): "are you well",
    ("POST", "/v1/terminals/enrolments"): "enrol with a one-time code",
    ("GET", "/v1/terminals/me"): "who am I",
    ("POST", "/v1/token"): "give me a token for my signature",
    ("POST", "/v1/card-challenges"): "here is the chip's challenge, answer it",
    ("POST", "/v1/card-challenges/…/proof"): "here is the chip's answer, is it genuine",
    ("POST", "/v1/payments"): "debit",
    ("GET", "/v1/payments/…"): "what became of this payment",
    ("GET", "/v1/payments"): "find a payment",
    ("POST", "/v1/payments/…/reversal"): "take this payment back, whatever became of it",
    ("POST", "/v1/payments/…/void"): "cancel this payment of today",
    ("POST", "/v1/payments/…/refunds"): "give money back",
    ("POST", "/v1/balance-enquiries"): "what do this holder's benefits hold",
    ("GET", "/v1/card-proofs/…/payments"): "what did this card pay here",
    ("GET", "/v1/gate-photos/…"): "give me this photo",
    ("PUT", "/v1/gate-address"): "here is where my screen is",
    ("GET", "/v1/totals"): "add up my day",
    ("POST", "/v1/totals/…"): "compare my day with yours",
    ("POST", "/v1/codes"): "here is the code its holder chose",
    ("POST", "/v1/code-changes"): "here is the code its holder changes to",
    ("GET", "/v1/access-list"): "is there a newer list",
    ("GET", "/v1/gate-news"): "has anything happened since",
    ("POST", "/v1/passages"): "here is who passed",
    ("POST", "/v1/personalisations"): "begin to make this chip a card",
    ("POST", "/v1/personalisations/…/responses"): "the chip says, what next",
    ("POST", "/v1/retirements"): "begin to take everything off this card",
    ("POST", "/v1/retirements/…/responses"): "the chip says, what next",
    ("GET", "/v1/card-orders"): "which cards are to be made",
}
_ROUTINE = frozenset(
    ("GET", path)
    for path in ("/v1/gate-news", "/v1/access-list", "/v1/health", "/v1/terminals/me", "/v1/totals")
)
STATUS_WORDS = {
    200: "done",
    201: "made",
    202: "taken",
    204: "done",
    304: "nothing new",
    400: "refused: malformed",
    401: "refused: no valid token",
    403: "refused: not allowed",
    404: "refused: not found",
    409: "refused: a conflict",
    410: "refused: too late",
    413: "refused: too long",
    422: "refused: malformed",
    429: "refused: too often",
    500: "failed",
    502: "failed",
    503: "not able to serve now",
}


@dataclass(frozen=True, slots=True)
class Call:
    """A request as it is shown."""

    words: str
    path: str
    body: Json | None
    routine: bool


def read_call(method: str, target: str, content_type: str, body: bytes) -> Call:
    """Say what is asked; `target` is the request's path and query."""
    path = shown_path(target)
    is_form = "form-urlencoded" in content_type
    seen = _seen_form(body) if is_form else seen_body(body, IN_REQUESTS)
    plain = path.partition("?")[0]
    words = ROUTES.get((method, plain), f"{method} {plain}")
    if (method, plain) == ("POST", "/v1/payments") and seen is not None:
        words += _money_of(seen, "amount_cents", " {}") + _field(seen, "benefit", " on {}")
    if (method, plain) == ("POST", "/v1/passages") and seen is not None:
        count = len(seen.get("passages", ()))
        words += f": {count} passage{'' if count == 1 else 's'}"
    return Call(words, f"{method} {path}", seen, (method, plain) in _ROUTINE)


def answer_words(status: int, seen: Json | None) -> str:
    """Say what was answered."""
    words = STATUS_WORDS.get(status, "answered")
    if seen is None:
        return words
    if isinstance(code := seen.get("code"), str) and status >= 400:
        return f"{words.partition(':')[0]}: {code}"
    state = seen.get("status")
    if not isinstance(state, str):
        return words
    reason = _field(seen, "reason", ": {}")
    tries = _field(seen, "tries_left", ", {} tries left")
    return f"{state}{reason}{tries}{_money_of(seen, 'remaining_cents', ', {} left')}"


def shown_path(target: str) -> str:
    """Return path and query: ids hidden, values of the query too."""
    parts = urlsplit(target)
    segments = [one if _SEGMENT.match(one) else ANY for one in parts.path.split("/") if one]
    asked = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True)]
    query = "&".join(f"{name if _FIELD.match(name) else '?'}={ANY}" for name in asked)
    return "/" + "/".join(segments) + (f"?{query}" if query else "")


def seen_body(body: bytes, public: frozenset[str] = PUBLIC) -> Json | None:
    """Return what may be seen of a JSON object; None of anything else."""
    if not body or len(body) > BODY_BYTES_MAX:
        return None
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return _seen_object(content, public, 0) if isinstance(content, dict) else None


def _seen_form(body: bytes) -> Json | None:
    try:
        pairs = parse_qsl(body[:BODY_BYTES_MAX].decode("ascii"))
    except (UnicodeDecodeError, ValueError):
        return None
    return _seen_object(dict(pairs), frozenset({"grant_type"}), 0)


def _seen_object(content: Json, public: frozenset[str], depth: int) -> Json:
    return {
        (name if _FIELD.match(name) else "?"): _seen(name, value, public, depth)
        for name, value in content.items()
    }


def _seen(name: str, value: Any, public: frozenset[str], depth: int) -> Any:
    if isinstance(value, dict | list) and depth >= DEPTH_MAX:
        return HIDDEN
    if isinstance(value, dict):
        return _seen_object(value, public, depth + 1)
    if isinstance(value, list):
        shown = [_seen(name, one, public, depth + 1) for one in value[:ITEMS_SHOWN_MAX]]
        left = len(value) - len(shown)
        return [*shown, f"… {left} more"] if left else shown
    if value is None or isinstance(value, bool):
        return value
    return _seen_leaf(name, value, public)


def _seen_leaf(name: str, value: str | int, public: frozenset[str]) -> str | int:
    text = str(value)
    if _CARD_NUMBER.match(text):
        return f"…{text[-4:]}"
    if name == "answer" and _GATE_ANSWER.match(text):
        return text
    if name not in public or (name == "code" and not _CODE.match(text)):
        return f"{HIDDEN} ({len(text)} characters)" if isinstance(value, str) else HIDDEN
    return value if len(text) <= TEXT_CHARACTERS_MAX else f"{text[:TEXT_CHARACTERS_MAX]}…"


def _field(seen: Json, name: str, how: str) -> str:
    value = seen.get(name)
    return "" if value is None else how.format(value)


def _money_of(seen: Json, name: str, how: str) -> str:
    cents = seen.get(name)
    return how.format(euros(cents)) if isinstance(cents, int) else ""


def euros(cents: int) -> str:
    """Write an amount as this page's language does: 12.50 €."""
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole}.{rest:02} €"
