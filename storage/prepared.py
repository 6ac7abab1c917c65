"""Statements that never change, compiled once for SQLite's driver.

SQLAlchemy builds, looks up and wraps a statement for each run, which takes ten times as long as
SQLite takes to carry it out. What is written or read for every order of a candle does without:
the text is compiled at its first use, and the column types' own processors convert the values.
PostgreSQL runs the ``statement`` itself, where the round trip costs more than all this.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.selectable import Select

_DIALECT = sqlite.dialect(paramstyle="named")
_Convert = Callable[[Any], Any] | None
# A tuple; its columns have no names.
Row = Any
Given = Mapping[str, Any]
Values = Given | Sequence[Given] | None


class Prepared:
    """One statement; the values of its bound parameters come with each run, always the same ones.

    A parameter that is declared as expanding takes a collection.
    """

    def __init__(self, statement: Select[Any] | UpdateBase) -> None:
        self.statement = statement
        self._text: str | None = None
        self._binds: list[tuple[str, _Convert]] = []
        self._lists: list[tuple[str, _Convert]] = []
        self._constants: dict[str, Any] = {}
        self._results: list[tuple[int, Callable[[Any], Any]]] = []

    def rows(self, driver: sqlite3.Connection, values: Values) -> list[Row]:
        """All rows that it gives, run for each of many values: all of them or none.

        Raises SQLAlchemy's IntegrityError or DBAPIError.
        """
        if values is None or isinstance(values, Mapping):
            return self._run(driver, values or {})
        driver.execute("SAVEPOINT rows")
        try:
            found = [row for given in values for row in self._run(driver, given)]
        except DBAPIError:
            # A failing database may have undone the whole transaction by itself.
            if driver.in_transaction:
                driver.execute("ROLLBACK TO rows")
            raise
        driver.execute("RELEASE rows")
        return found

    def change(self, driver: sqlite3.Connection, values: Values) -> int:
        """Number of rows touched by all runs together; raises as ``rows`` does."""
        given = [values or {}] if values is None or isinstance(values, Mapping) else values
        text = self._text or self._compile(given[0])
        with _as_sqlalchemy(text):
            return driver.executemany(text, map(self._bound, given)).rowcount

    def _run(self, driver: sqlite3.Connection, values: Given) -> list[Row]:
        text, bound = self._ready(values)
        with _as_sqlalchemy(text):
            found = driver.execute(text, bound).fetchall()
        return [self._row(row) for row in found] if self._results else found

    def _ready(self, values: Given) -> tuple[str, dict[str, Any]]:
        """The text, with as many places as its collections need, and what is bound to it."""
        text = self._text or self._compile(values)
        bound = self._bound(values)
        for name, convert in self._lists:
            given = values[name] if name in values else self._constants[name]
            items = [convert(item) if convert else item for item in given]
            places = {f"{name}_{number}": item for number, item in enumerate(items)}
            text = text.replace(f"__[POSTCOMPILE_{name}]", ", ".join(f":{p}" for p in places))
            bound |= places
        return text, bound

    def _bound(self, values: Given) -> dict[str, Any]:
        bound = {}
        for name, convert in self._binds:
            value = values[name] if name in values else self._constants[name]
            bound[name] = convert(value) if convert and value is not None else value
        return bound

    def _row(self, row: Row) -> Row:
        changed = list(row)
        for place, convert in self._results:
            if changed[place] is not None:
                changed[place] = convert(changed[place])
        return tuple(changed)

    def _compile(self, values: Given) -> str:
        keys = None if isinstance(self.statement, Select) else list(values)
        compiled: Any = self.statement.compile(dialect=_DIALECT, column_keys=keys)
        self._constants = {n: v for n, v in compiled.params.items() if n not in values}
        for column in compiled.insert_prefetch:
            self._constants[column.key] = column.default.arg
        for bind, name in compiled.bind_names.items():
            convert = bind.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)
            (self._lists if bind.expanding else self._binds).append((name, convert))
        for place, column in enumerate(compiled._result_columns):  # noqa: SLF001 - not told elsewhere
            back = column.type.dialect_impl(_DIALECT).result_processor(_DIALECT, None)
            if back is not None:
                self._results.append((place, back))
        self._text = str(compiled)
        return self._text


@contextmanager
def _as_sqlalchemy(text: str) -> Iterator[None]:
    """Raise the driver's errors as SQLAlchemy does."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise IntegrityError(text, None, error) from error
    except sqlite3.Error as error:
        raise DBAPIError(text, None, error) from error
