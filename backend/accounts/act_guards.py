"""What the database itself refuses about what people did: the triggers' text, for both engines."""

from typing import Final

from backend.year_guards import Kept, on_postgresql, on_sqlite

KEPT: Final = Kept(
    "sign_in_act",
    key="id",
    said="what somebody did",
    words="words",
    fixed=("id", "at", "account_id", "kind", "subject", "beneficiary_id", "session_id"),
)
SQLITE_ACT_DDL: Final = on_sqlite(KEPT)
POSTGRESQL_ACT_DDL: Final = on_postgresql(KEPT)
