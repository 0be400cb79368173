"""Runs SQL over a catalogue by our model: each change of the schema commits at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace

from forensics.dialects.base import AskedRows
from forensics.dialects.effect import Done, Effect, Failed, Undecided
from forensics.dialects.mysql import commands as sql
from forensics.dialects.mysql.apply import apply
from forensics.dialects.mysql.cursor import Cursor, Unread
from forensics.dialects.mysql.errors import Refused
from forensics.dialects.mysql.questions import asks
from forensics.dialects.mysql.read import is_statement, read
from forensics.dialects.mysql.text import MysqlStatement, statements
from forensics.dialects.mysql.work import Doubt, Work
from forensics.facts import LiveSchema, RowQuestion

_OF_FOREIGN_KEYS = frozenset({1005, 1451, 1553, 1822, 1824, 3730, 3780})
"""Errors that only come where foreign keys are watched."""
_INTO = frozenset({"into", "from", "table", "ignore", "low_priority", "quick", "delayed"})
_UNTOLD = "it works on rows, and what they hold is not looked at"


def run(
    schema: LiveSchema, texts: Iterable[str], counts: Mapping[str, int] | None = None
) -> Effect:
    """What the texts do; `counts` is how many rows violate what was asked of them."""
    return _Run(schema, counts or {}).all(tuple(texts))


def assumed(schema: LiveSchema, texts: Iterable[str]) -> Effect:
    """What the texts do where the rows are as they demand it."""
    return _Run(schema, {}, asking=True).all(tuple(texts))


def row_questions(schema: LiveSchema, texts: Iterable[str]) -> tuple[AskedRows, ...]:
    """What rows decide on the way, each asked as if the statements before had passed.

    Also behind a statement whose object is there already: a failed run has left it.
    """
    walk = _Run(schema, {}, asking=True, past_what_exists=True)
    walk.all(tuple(texts))
    return tuple(walk.asked)


@dataclass(slots=True)
class _Run:
    schema: LiveSchema
    counts: Mapping[str, int]
    asking: bool = False
    past_what_exists: bool = False
    asked: list[AskedRows] = field(default_factory=list)
    work: Work = field(init=False)
    wrote: bool = False

    def __post_init__(self) -> None:
        self.work = Work(self.schema)

    def all(self, texts: tuple[str, ...]) -> Effect:
        """Every statement, up to the first that fails or is in doubt."""
        for position, text in enumerate(texts):
            for statement in statements(text):
                try:
                    self._one(statement, position)
                except Refused as refused:
                    if not (refused.exists and self.past_what_exists):
                        return self._failed(refused, statement, position)
                except (Doubt, Unread) as doubt:
                    return Undecided(
                        statement=statement.written,
                        why=_why(doubt),
                        position=position,
                        number=statement.number,
                        changed=self.wrote or bool(self.work.touched),
                    )
        unseen = self.wrote and not self.work.touched
        return Done(schema=self.work.schema, unseen=unseen)

    def _one(self, statement: MysqlStatement, position: int) -> None:
        if not is_statement(statement):
            raise self.work.words.syntax()
        command = read(statement)
        if isinstance(command, sql.Rows):
            _on_rows(statement, self.work)
            self.wrote |= command.verb != "select"
            return
        _check_known(command, statement, self.work)
        questions = list(asks(command, self.work))
        try:
            apply(command, self.work)
        except Refused as refused:
            if not self.work.watched and refused.number in _OF_FOREIGN_KEYS:
                raise Doubt("foreign keys are not watched") from refused
            raise
        if isinstance(command, sql.CreateTable):
            self.work.fresh.add(self.work.key(command.name))
        self._answer(questions, statement, position)

    def _answer(
        self, questions: list[RowQuestion], statement: MysqlStatement, position: int
    ) -> None:
        for question in questions:
            if question.instead:
                own = (*question.instead, statement.written)
                question = replace(question, instead=own)
            self.asked.append(AskedRows(position, statement.number, question))
            found = self.counts.get(question.query) if question.query else None
            if found == 0 or self.asking:
                continue
            if found and question.exact:
                error = question.error
                number = int(error.detail.rpartition(" ")[2])
                raise Refused(number, error.sqlstate or "", error.text)
            raise Doubt(f"it passes only if {question.demand}")

    def _failed(self, refused: Refused, statement: MysqlStatement, position: int) -> Failed:
        return Failed(
            sqlstate=refused.sqlstate,
            message=refused.message,
            statement=statement.written,
            position=position,
            number=statement.number,
            detail=refused.detail,
            hint=refused.hint,
            exists=refused.exists,
            kept=bool(self.work.touched),
        )


def _why(doubt: Exception) -> str:
    said = str(doubt)
    return f"it is not read here: {said}" if isinstance(doubt, Unread) else said


def _check_known(command: sql.Command, statement: MysqlStatement, work: Work) -> None:
    """Raises `Doubt` for what our model does not follow."""
    if isinstance(command, sql.CreateView):
        raise Doubt("what a view selects is not read here")
    if isinstance(command, sql.Nothing):
        _check_setting(statement, work)
    if isinstance(command, sql.Ends) and command.verb in ("lock", "unlock"):
        raise Doubt("it is not followed what locks do")
    if isinstance(command, sql.AlterTable):
        options = [it for it in command.actions if isinstance(it, sql.Option)]
        if options:
            raise Doubt(f"what {options[0].text.partition(' ')[0]} changes is not followed")


def _check_setting(statement: MysqlStatement, work: Work) -> None:
    words = [it.raw.lower().lstrip("@") for it in statement.tokens]
    words = [it.removeprefix("session.") for it in words if it != "session"]
    if words[:3] == ["set", "foreign_key_checks", "="] and words[3:] in (["0"], ["1"]):
        work.watched = words[3] == "1"
    elif words[:2] != ["set", "names"]:
        raise Doubt(f"what {words[0].upper()} changes is not followed")


def _on_rows(statement: MysqlStatement, work: Work) -> None:
    """Raises `Refused` where its table is not there, and `Doubt` where rows decide."""
    cursor = Cursor(statement.tokens)
    if [token.raw.lower() for token in statement.tokens] == ["select", "1"]:
        return
    verb = cursor.take().word
    if verb in ("select", "with", "do", "values", "load"):
        raise Doubt(_UNTOLD)
    while cursor.peek() in _INTO:
        cursor.take()
    try:
        name = cursor.table()
    except Unread as unread:
        raise Doubt(_UNTOLD) from unread
    single = cursor.done or cursor.peek() in ("set", "where", "(", "values", "value", "select")
    if not single:
        raise Doubt(_UNTOLD)
    if work.get(name) is None:
        raise work.words.no_table(name)
    if not (verb in ("delete", "truncate") and cursor.done and _is_alone(name, work)):
        raise Doubt(_UNTOLD)


def _is_alone(name: str, work: Work) -> bool:
    """Whether all rows of a table can go: nobody refers to them, and no trigger sees it."""
    table = work.get(name)
    triggers = table.triggers if table else ()
    return not triggers and not any(True for _ in work.referring(name))
