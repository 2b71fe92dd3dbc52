"""Which browsers somebody signs in from, so that they are told of one that is new.

A browser holds a mark of ours that says nothing; it is kept as a hash, another for each person, so
that two people's rows do not show that they share a machine.
"""

import hashlib
import re
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.accounts.outbox import owe_sign_in_notice
from backend.accounts.signin.tables import SignInBrowser
from backend.accounts.signin.tokens import TOKEN_CHARACTERS_MAX
from backend.accounts.tables import SignInNoticeKind
from backend.expiry import sweep_expired

BROWSERS_MAX: Final = 20
#: A browser that was not seen for so long is new again.
KEPT: Final = timedelta(days=400)
#: What a browser calls itself by, the particular before the general.
_NAMES: Final = (
    (r"\bEdgA?/", "Edge"),
    (r"\bOPR/", "Opera"),
    (r"\bFirefox/|\bFxiOS/", "Firefox"),
    (r"\bChrome/|\bCriOS/", "Chrome"),
    (r"\bSafari/", "Safari"),
)
_SYSTEMS: Final = (
    (r"\bAndroid\b", "Android"),
    (r"\biPhone\b|\biPad\b", "iOS"),
    (r"\bWindows\b", "Windows"),
    (r"\bMacintosh\b", "macOS"),
    (r"\bLinux\b", "Linux"),
)


def browser_in_words(user_agent: str) -> str:
    """Return what people call a browser: words of ours alone, whatever it says of itself."""
    found = [
        next((name for pattern, name in known if re.search(pattern, user_agent)), None)
        for known in (_NAMES, _SYSTEMS)
    ]
    return ", ".join(name for name in found if name is not None) or "?"


def note_browser(
    session: Session, account_id: UUID, mark: str, user_agent: str, now: datetime
) -> None:
    """Keep which browser somebody signs in from, and owe them a mail where it is a new one."""
    sweep_expired(session, SignInBrowser, SignInBrowser.seen_at, now - KEPT)
    hashed = _hash(account_id, mark)
    rows = session.scalars(
        select(SignInBrowser)
        .where(SignInBrowser.account_id == account_id)
        .order_by(SignInBrowser.seen_at)
    ).all()
    for row in rows:
        if row.mark_hash == hashed:
            row.seen_at = now
            session.flush()
            return
    for row in rows[: max(len(rows) - BROWSERS_MAX + 1, 0)]:
        session.delete(row)
    session.add(SignInBrowser(account_id=account_id, mark_hash=hashed, seen_at=now))
    session.flush()
    if rows:
        said = browser_in_words(user_agent)
        kind = SignInNoticeKind.NEW_BROWSER
        owe_sign_in_notice(session, kind, account_id, now, about=said)


def _hash(account_id: UUID, mark: str) -> bytes:
    known = b"browser:" + account_id.bytes + mark[:TOKEN_CHARACTERS_MAX].encode()
    return hashlib.sha256(known).digest()
