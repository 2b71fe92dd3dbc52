"""What the database itself refuses about what people did: the triggers' text, for both engines."""

from typing import Final

from backend.year_guards import on_postgresql, on_sqlite

_SAID: Final = "what somebody did"
SQLITE_ACT_DDL: Final = on_sqlite("sign_in_act", "id", _SAID)
POSTGRESQL_ACT_DDL: Final = on_postgresql("sign_in_act", _SAID)
