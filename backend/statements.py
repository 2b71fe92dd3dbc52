"""Statements of the busiest paths: compiled once for each engine, then run with plain values.

A session looks at each statement it is given for what may have changed since, and builds a result
around what comes back: five times the work of the driver itself. These statements never change.
Promise: the text, the values and the types are those a session would give, and so is the error.
Nothing that waits in a session is flushed first: whoever has changed its rows flushes them.
Not here: what is asked.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sqlalchemy import BindParameter, ClauseElement, Dialect
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ReturnsRows

Row: TypeAlias = tuple[Any, ...]
Values: TypeAlias = Mapping[str, object]
Change: TypeAlias = Callable[[Any], Any]

#: Where a connection keeps the cursor that these statements share, one after the other.
_CURSOR: Final = "statements.cursor"


@dataclass(frozen=True, slots=True)
class _Parameter:
    """One value of a statement: given each time, or fixed when it was written."""

    name: str
    change: Change | None
    given: bool
    fixed: object = None

    def of(self, values: Values) -> object:
        """Return it as the driver wants it."""
        if not self.given:
            return self.fixed
        value = values[self.name]
        return self.change(value) if self.change is not None else value


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A statement in one engine's words."""

    text: str
    parameters: tuple[_Parameter, ...]
    #: What makes our values of each column; None for a statement that gives no rows.
    readers: tuple[Change | None, ...] | None
    by_name: bool

    def bind(self, values: Values) -> dict[str, object] | list[object]:
        """Return the parameters as the driver wants them."""
        if self.by_name:
            return {one.name: one.of(values) for one in self.parameters}
        return [one.of(values) for one in self.parameters]

    def read(self, row: Row) -> Row:
        """Return a row with our values."""
        assert self.readers is not None
        return tuple(
            change(value) if change is not None and value is not None else value
            for change, value in zip(self.readers, row, strict=True)
        )


class Statement:
    """One statement, for both engines; where they need different words, `on_sqlite` is SQLite's.

    `columns` names what an INSERT without values is given.
    """

    def __init__(
        self,
        statement: ClauseElement,
        *,
        on_sqlite: ClauseElement | None = None,
        columns: Sequence[str] | None = None,
    ) -> None:
        self._statement = statement
        self._on_sqlite = on_sqlite if on_sqlite is not None else statement
        self._columns = list(columns) if columns is not None else None
        self._compiled: dict[str, _Compiled] = {}

    def all(self, asked: Session | Connection, values: Values) -> list[Row]:
        """Run it and return every row."""
        connection = asked if isinstance(asked, Connection) else asked.connection()
        dialect = connection.dialect
        compiled = self._compiled.get(dialect.name) or self._compile(dialect)
        bound = compiled.bind(values)
        try:
            rows = execute(_cursor(connection), compiled.text, bound, gives=compiled.readers)
        except dialect.loaded_dbapi.Error as error:
            raise _wrapped(connection, compiled.text, error) from error
        return [compiled.read(row) for row in rows] if compiled.readers is not None else []

    def first(self, asked: Session | Connection, values: Values) -> Row | None:
        """Run it and return its row, or None; for what gives one row at most."""
        rows = self.all(asked, values)
        assert len(rows) <= 1, "one row at most"
        return rows[0] if rows else None

    def _compile(self, dialect: Dialect) -> _Compiled:
        statement = self._on_sqlite if dialect.name == "sqlite" else self._statement
        compiled = statement.compile(dialect=dialect, column_keys=self._columns)
        assert isinstance(compiled, SQLCompiler)
        binds = {name: bind for bind, name in compiled.bind_names.items()}
        names = compiled.positiontup
        parameters = [_parameter(name, binds[name], dialect) for name in names or binds]
        made = _Compiled(
            str(compiled), tuple(parameters), _readers(statement, dialect), by_name=names is None
        )
        self._compiled[dialect.name] = made
        return made


def say(connection: Connection, text: str) -> None:
    """Run a text without values or rows, such as BEGIN."""
    try:
        _cursor(connection).execute(text)
    except connection.dialect.loaded_dbapi.Error as error:
        raise _wrapped(connection, text, error) from error


def execute(cursor: DBAPICursor, text: str, bound: Any, *, gives: object) -> Sequence[Row]:
    """Run a text that is compiled, and return what it gives; `gives` is None for no rows."""
    cursor.execute(text, bound)
    # Asking the cursor whether there are rows would describe every column anew.
    return cursor.fetchall() if gives is not None else ()


def _parameter(name: str, bind: BindParameter[Any], dialect: Dialect) -> _Parameter:
    assert not bind.expanding, "a list of values is another text each time"
    change = bind.type.dialect_impl(dialect).bind_processor(dialect)
    if bind.required:
        return _Parameter(name, change, given=True)
    fixed = bind.effective_value
    return _Parameter(name, None, given=False, fixed=change(fixed) if change else fixed)


def _readers(statement: ClauseElement, dialect: Dialect) -> tuple[Change | None, ...] | None:
    if not isinstance(statement, ReturnsRows):
        return None
    columns = list(statement.exported_columns)
    if not columns:
        return None
    return tuple(
        column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns
    )


def _cursor(connection: Connection) -> DBAPICursor:
    proxy = connection.connection
    cursor: DBAPICursor | None = proxy.info.get(_CURSOR)
    if cursor is None:
        cursor = proxy.info[_CURSOR] = proxy.cursor()
    return cursor


def _wrapped(connection: Connection, text: str, error: Exception) -> BaseException:
    """Return a driver's error as SQLAlchemy's; a connection that was lost serves no more."""
    lost = connection.dialect.is_disconnect(
        error,  # type: ignore[arg-type]
        connection.connection,
        None,
    )
    if lost:
        connection.invalidate(error)
    return DBAPIError.instance(
        text,
        None,
        error,
        connection.dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=lost,
        dialect=connection.dialect,
    )
