"""The one query: a SELECT that anybody can paste, made of the queries that the collector runs."""

from __future__ import annotations

from forensics import __version__
from forensics.collect.database import catalogue
from forensics.collect.database.supplied.questions import FORMAT, FOUND, QUESTIONS, Question
from forensics.collect.database.supplied.tables import asked, recognised, states, tables
from forensics.collect.database.supplied.text import bound, literal, run, words_of
from forensics.model import TableName

COLUMN = "forensics"
"""The name of the one column of the answer."""
MARK = "forensics_query"
"""The field by which an answer is known."""

_HEAD = """\
-- Forensics {version}: the evidence about migrations in this database, as one value of JSON.
-- It reads the catalogue and the tables in which migration tools record what they applied, no row
-- of another table, and changes nothing. Run it as the role that applies the migrations, save what
-- it prints, and give that to `forensics investigate --database-evidence FILE`.
"""
# All that is read is parsed and run under these settings, as in a session of the collector, and
# they are put back, since the user may be in a transaction. Arguments are evaluated in their order.
_SETTINGS = {
    "search_path": "",
    "lock_timeout": "50ms",
    "row_security": "off",
    "datestyle": "ISO, YMD",
    "timezone": "UTC",
}
_OUTER = """\
SELECT pg_catalog.concat({run},
  pg_catalog.left(pg_catalog.concat(
    {restore}), 0)) AS {column}
FROM (SELECT pg_catalog.current_schemas(false)::pg_catalog.text AS schemas,
    {remember} OFFSET 0) AS was;
"""
_SET = """\

    pg_catalog.left(pg_catalog.concat(
      {set}), 0),
    {head}, pg_catalog.quote_literal(was.schemas), {tag}
{inner}
{tag}"""
_INNER = """\
::pg_catalog.text[]),
locked (oid) AS MATERIALIZED (
{locked}),
at_work (oid) AS MATERIALIZED (
{at_work}),
found (oid, schema, name, kind, owner, usage, "select", columns, types, system, primary_key,
    foreign_parts, planner_calls) AS MATERIALIZED (
{found}),
recognised AS MATERIALIZED (
{recognised}),
states AS MATERIALIZED (
{states}),
answers (evidence) AS MATERIALIZED (SELECT pg_catalog.jsonb_build_object(
  'asked', {asked}::pg_catalog.jsonb,
  'search_path', (SELECT pg_catalog.to_jsonb(was.search_path) FROM was),
  'found', {all_found},
  'read', {read})
{answers})
SELECT pg_catalog.jsonb_build_object('{mark}', {format},
    'version', {version}, 'at', pg_catalog.to_char(pg_catalog.now() AT TIME ZONE 'UTC',
      'YYYY-MM-DD"T"HH24:MI:SS"+00:00"'),
    'sha256', pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(
      a.evidence::pg_catalog.text, 'UTF8')), 'hex'),
    'evidence', a.evidence)::pg_catalog.text
FROM answers a"""
_ROWS = """\
(SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array({columns})), '[]')
  FROM (
{query}) AS q ({columns}){unless})"""
_UNLESS = " WHERE NOT EXISTS (SELECT FROM locked)"
_FOUND = """\
(SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(f.oid, f.schema, f.name, f.kind,
  f.owner, f.usage, f."select", f.columns, f.types, f.system, f.primary_key, f.foreign_parts,
  f.planner_calls)), '[]') FROM found f)"""


def evidence_query(asked_for: tuple[TableName, ...] = ()) -> str:
    """The SELECT, with comments before it; `asked_for` are read whatever they are called."""
    head, inner = words_of(f"WITH was (search_path) AS (SELECT \0{_inner(asked_for)}").split("\0")
    arguments = _SET.format(
        set=",\n      ".join(_set(name, literal(value)) for name, value in _SETTINGS.items()),
        head=literal(head),
        tag=_tag(inner),
        inner=inner,
    )
    return _HEAD.format(version=__version__) + _OUTER.format(
        run=run(arguments),
        restore=",\n    ".join(_set(name, f"was.{name}") for name in _SETTINGS),
        remember=",\n    ".join(
            f"pg_catalog.current_setting('{name}') AS {name}" for name in _SETTINGS
        ),
        column=COLUMN,
    )


def _inner(asked_for: tuple[TableName, ...]) -> str:
    import json

    given = json.dumps([[name.schema, name.table] for name in asked_for])
    # An object of more than fifty fields would have too many arguments: one each.
    answers = "".join(
        f"|| pg_catalog.jsonb_build_object('{question.name}', {_rows(question)})\n"
        for question in QUESTIONS
    )
    return _INNER.format(
        locked=catalogue.LOCKED,
        at_work=catalogue.AT_WORK,
        found=bound(FOUND.text, asked(asked_for)),
        recognised=recognised(asked_for),
        states=states(),
        asked=literal(given),
        all_found=_FOUND,
        read=_read(),
        answers=answers,
        mark=MARK,
        format=FORMAT,
        version=literal(__version__),
    )


def _rows(question: Question) -> str:
    columns = ", ".join(f"c{number}" for number in range(question.width))
    return _ROWS.format(
        columns=columns,
        query=bound(question.text, question.parameters),
        unless=_UNLESS if question.opens_tables else "",
    )


def _read() -> str:
    columns = ", ".join(f"c{number}" for number in range(7))
    return _ROWS.format(columns=columns, query=tables(), unless="")


def _set(name: str, value: str) -> str:
    return f"pg_catalog.set_config('{name}', {value}, true)"


def _tag(text: str) -> str:
    """Quotes that the text does not have: names of tables may be anything."""
    number = 0
    while (tag := f"$forensics{number or ''}$") in text:
        number += 1
    return tag
