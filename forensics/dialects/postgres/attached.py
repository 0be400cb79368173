"""What runs code when somebody touches a table, as queries on the system catalogue.

The collector and the scripts of a fix share one list of kinds, so they see the same things. The
queries call nothing but functions and operators of `pg_catalog`, as long as `search_path` holds no
other schema; their text has no brace, no percent sign and no backslash.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

DATABASE: LiteralString = "0::pg_catalog.oid"
"""The `relation` under which event triggers stand, which belong to the database."""
_ALWAYS: LiteralString = "true"
_NEVER: LiteralString = "false"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """One kind of thing, as the parts of a query."""

    relation: LiteralString
    """The oid of the table that it belongs to."""
    kind: LiteralString
    name: LiteralString
    definition: LiteralString = "''"
    source: LiteralString
    """What follows FROM."""
    where: LiteralString = ""
    runs: LiteralString = _ALWAYS
    """Whether it may run code that is not PostgreSQL's own."""
    depends: LiteralString = "NULL, NULL"
    """The catalogue and the oid under which `pg_depend` lists what it calls."""


_PLAIN_DEFAULT: LiteralString = """\
pg_catalog.translate(said, '(.', '') = said OR said = 'now()' OR EXISTS (
      SELECT FROM pg_catalog.pg_depend o
        JOIN pg_catalog.pg_class s ON s.oid = o.objid AND s.relkind = 'S'
      WHERE o.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND o.deptype = 'a'
        AND o.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        AND o.refobjid = adrelid AND o.refobjsubid = adnum AND said = 'nextval(' ||
          pg_catalog.quote_literal(s.oid::pg_catalog.regclass::pg_catalog.text) || '::regclass)')"""

_KINDS = (
    _Kind(
        relation="tgrelid",
        kind="'trigger'",
        name="tgname",
        definition="pg_catalog.pg_get_triggerdef(oid) || ', enabled: ' ||"
        " tgenabled::pg_catalog.text",
        source="pg_catalog.pg_trigger",
        where="NOT tgisinternal",
        runs="tgenabled <> 'D'",
        depends="'pg_catalog.pg_trigger'::pg_catalog.regclass, oid",
    ),
    _Kind(
        relation="ev_class",
        kind="'rule'",
        name="rulename",
        definition="pg_catalog.pg_get_ruledef(oid) || ', enabled: ' || ev_enabled::pg_catalog.text",
        source="pg_catalog.pg_rewrite",
        where="rulename <> '_RETURN'",
        runs="ev_enabled <> 'D'",
        depends="'pg_catalog.pg_rewrite'::pg_catalog.regclass, oid",
    ),
    _Kind(
        relation="polrelid",
        kind="'policy'",
        name="polname",
        definition="pg_catalog.concat_ws(', ', polcmd::pg_catalog.text,"
        " polpermissive::pg_catalog.text,\n      pg_catalog.pg_get_expr(polqual, polrelid),"
        " 'with check ' || pg_catalog.pg_get_expr(polwithcheck, polrelid))",
        source="pg_catalog.pg_policy",
        depends="'pg_catalog.pg_policy'::pg_catalog.regclass, oid",
    ),
    _Kind(
        relation="adrelid",
        kind="CASE attgenerated WHEN '' THEN 'default' ELSE 'generated column' END",
        name="attname",
        definition="said",
        source="pg_catalog.pg_attrdef d JOIN pg_catalog.pg_attribute"
        " ON attrelid = adrelid AND attnum = adnum,"
        "\n    LATERAL pg_catalog.pg_get_expr(adbin, adrelid) AS e (said)",
        runs=f"(attgenerated <> '' OR NOT ({_PLAIN_DEFAULT}))",
        depends="'pg_catalog.pg_attrdef'::pg_catalog.regclass, d.oid",
    ),
    _Kind(
        relation="attrelid",
        kind="'identity column'",
        name="attname",
        definition="attidentity::pg_catalog.text",
        source="pg_catalog.pg_attribute",
        where="attidentity <> '' AND NOT attisdropped",
        runs=_NEVER,
    ),
    _Kind(
        relation="o.refobjid",
        kind="'sequence'",
        name="s.oid::pg_catalog.regclass",
        definition="'owned by ' || pg_catalog.pg_get_userbyid(s.relowner)::pg_catalog.text",
        source="pg_catalog.pg_depend o\n"
        "    JOIN pg_catalog.pg_class s ON s.oid = o.objid AND s.relkind = 'S'",
        where="o.classid = 'pg_catalog.pg_class'::pg_catalog.regclass\n"
        "    AND o.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass"
        " AND o.deptype IN ('a', 'i')",
        runs=_NEVER,
    ),
    _Kind(
        relation="conrelid",
        kind="CASE contype WHEN 'c' THEN 'check constraint' WHEN 'f' THEN 'foreign key'\n"
        "      WHEN 'x' THEN 'exclusion constraint' WHEN 'p' THEN 'primary key'\n"
        "      WHEN 'u' THEN 'unique constraint' ELSE 'not-null constraint' END",
        name="conname",
        definition="pg_catalog.pg_get_constraintdef(oid)",
        source="pg_catalog.pg_constraint",
        where="contype <> 't' AND conrelid <> 0",
        runs="contype NOT IN ('p', 'u', 'n')",
        depends="'pg_catalog.pg_constraint'::pg_catalog.regclass, oid",
    ),
    _Kind(
        relation="confrelid",
        kind="'foreign key of another table'",
        name="conrelid::pg_catalog.regclass::pg_catalog.text || '.' || conname",
        definition="pg_catalog.pg_get_constraintdef(oid)",
        source="pg_catalog.pg_constraint",
        where="contype = 'f' AND conrelid <> confrelid",
        depends="'pg_catalog.pg_constraint'::pg_catalog.regclass, oid",
    ),
    _Kind(
        relation="indrelid",
        kind="'index'",
        name="relname",
        definition="pg_catalog.pg_get_indexdef(indexrelid)",
        source="pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = indexrelid",
        runs="(indexprs IS NOT NULL OR indpred IS NOT NULL OR relam >= 16384\n"
        "      OR EXISTS (SELECT FROM pg_catalog.pg_opclass o WHERE o.oid = ANY (indclass)\n"
        "        AND opcnamespace <> 'pg_catalog'::pg_catalog.regnamespace))",
        depends="'pg_catalog.pg_class'::pg_catalog.regclass, indexrelid",
    ),
    _Kind(
        relation="stxrelid",
        kind="'statistics'",
        name="stxname",
        definition="pg_catalog.pg_get_statisticsobjdef(oid)",
        source="pg_catalog.pg_statistic_ext x",
        runs="pg_catalog.to_jsonb(x) ->> 'stxexprs' IS NOT NULL",
        depends="'pg_catalog.pg_statistic_ext'::pg_catalog.regclass, oid",
    ),
    _Kind(
        relation="inhparent",
        kind="'child table'",
        name="inhrelid::pg_catalog.regclass",
        source="pg_catalog.pg_inherits",
    ),
    _Kind(
        relation="inhrelid",
        kind="'parent table'",
        name="inhparent::pg_catalog.regclass",
        source="pg_catalog.pg_inherits",
    ),
    _Kind(
        relation="attrelid",
        kind="'column type'",
        name="attname",
        definition="pg_catalog.concat_ws(', ', pg_catalog.format_type(atttypid, atttypmod),\n"
        "      (SELECT pg_catalog.string_agg(pg_catalog.pg_get_constraintdef(k.oid), ', '"
        " ORDER BY k.oid)\n"
        "        FROM pg_catalog.pg_constraint k WHERE k.contypid = atttypid))",
        source="pg_catalog.pg_attribute JOIN pg_catalog.pg_type t ON t.oid = atttypid",
        where="attnum > 0 AND typnamespace <> 'pg_catalog'::pg_catalog.regnamespace",
        depends="'pg_catalog.pg_type'::pg_catalog.regclass, atttypid",
    ),
    _Kind(
        relation="c.oid",
        kind="'table access method'",
        name="amname",
        source="pg_catalog.pg_class c JOIN pg_catalog.pg_am m ON m.oid = relam",
        where="m.oid >= 16384",
    ),
    _Kind(
        relation="0::pg_catalog.oid",
        kind="'event trigger'",
        name="evtname",
        definition="pg_catalog.concat_ws(', ', evtevent::pg_catalog.text,\n"
        "      pg_catalog.array_to_string(evttags, ' '), 'enabled: ' ||"
        " evtenabled::pg_catalog.text)",
        source="pg_catalog.pg_event_trigger",
        runs="evtenabled <> 'D' AND evtevent <> 'login'",
        depends="'pg_catalog.pg_event_trigger'::pg_catalog.regclass, oid",
    ),
)


_HOME: LiteralString = "pg_catalog."
_BREAK: LiteralString = "\n    "
_LINE = 100
"""Characters of a line without the schemas, which a script leaves out."""
_UNION: LiteralString = "\n  UNION ALL "


def _described(kind: _Kind) -> LiteralString:
    columns = ", ".join((kind.relation, kind.kind, f"{kind.name}::pg_catalog.text"))
    where = f"{kind.where} AND " if kind.where else ""
    return (
        f"SELECT {columns},\n    {kind.definition},\n    NOT ({kind.runs}), {kind.depends}\n"
        f"  FROM {kind.source}\n"
        f"  WHERE {where}{kind.relation} IN (SELECT relation FROM touched)"
    )


def _named(kind: _Kind) -> LiteralString:
    held = [it for it in (kind.where, kind.runs) if it not in ("", _ALWAYS)]
    parts: tuple[LiteralString, ...] = (
        f"SELECT {kind.relation}, {kind.kind}, {kind.name}::pg_catalog.text",
        f"FROM {kind.source}",
        *((f"WHERE {' AND '.join(held)}",) if held else ()),
    )
    text, *more = parts
    for part in more:
        last = f"{text.splitlines()[-1]} {part.splitlines()[0]}"
        text += f"{' ' if len(last.replace(_HOME, '')) < _LINE else _BREAK}{part}"
    return text


# A function can be replaced while everything that calls it stays as it is, so its text counts.
_CODE: LiteralString = """\
SELECT DISTINCT p.oid::pg_catalog.regprocedure::pg_catalog.text || ' ' || pg_catalog.encode(
      pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.concat_ws('|', p.prosecdef,
        p.proconfig, p.prosrc, pg_catalog.to_jsonb(p) ->> 'prosqlbody'),
        pg_catalog.getdatabaseencoding())), 'hex') AS code
    FROM pg_catalog.pg_depend d
      LEFT JOIN pg_catalog.pg_operator o
        ON o.oid = d.refobjid AND d.refclassid = 'pg_catalog.pg_operator'::pg_catalog.regclass
      JOIN pg_catalog.pg_proc p ON p.oid = CASE d.refclassid
        WHEN 'pg_catalog.pg_proc'::pg_catalog.regclass THEN d.refobjid ELSE o.oprcode END
    WHERE d.classid = t.catalogue AND d.objid = t.id"""

ATTACHED: LiteralString = f"""\
things (relation, kind, name, definition, inert, catalogue, id) AS (
  {_UNION.join(map(_described, _KINDS))}
), said AS (
  SELECT t.relation, t.kind, t.name, t.inert, pg_catalog.concat(
    CASE WHEN t.relation = 0 OR t.kind = 'default' THEN t.definition
      ELSE pg_catalog.replace(t.definition,
        t.relation::pg_catalog.regclass::pg_catalog.text, 'this table') END,
    ', calls ' || (SELECT pg_catalog.string_agg(f.code, ', ' ORDER BY f.code COLLATE pg_catalog."C")
    FROM ({_CODE}) AS f)) AS definition
  FROM things t
), attached AS (
  SELECT s.*, pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(
    s.definition, pg_catalog.getdatabaseencoding())), 'hex') AS digest
  FROM said s
)"""
"""Follows `WITH touched (relation) AS (...),` and gives `attached`: relation, kind, name, inert,
definition, digest. `inert` is what runs no code but that of PostgreSQL itself, as the things of an
ordinary tracking table are. A table's own name does not count, so that it may be renamed."""

RUNNING: LiteralString = f"""\
  {_UNION.join(_named(kind) for kind in _KINDS if kind.runs != _NEVER)}"""
"""The relation, kind and name of what is not inert in the whole database, as a subquery's text."""
