"""What changes views."""

from __future__ import annotations

from msgspec import UNSET
from msgspec.structs import asdict, replace

from forensics.adapters.drizzle.ddl import objects
from forensics.adapters.drizzle.ddl.choices import Choices, Resolved
from forensics.adapters.drizzle.ddl.script import MigrationScript, Part
from forensics.adapters.drizzle.ddl.tables import compare
from forensics.adapters.drizzle.snapshots.postgres_shapes import PgView
from forensics.adapters.drizzle.snapshots.schema import Schema, given, keyed

Options = dict[str, object]


def alter_views(script: MigrationScript, before: Schema, after: Schema, choices: Choices) -> None:
    """Views that came, went, were renamed or say something else; existing ones are not ours."""
    changes = compare(before.views, after.views)
    answer = choices.resolve(changes.added, changes.deleted)
    for view in answer.created:
        if not view.isExisting:
            script.add(Part.CREATE_VIEWS, objects.create_view(view, _options(view)))
    for view in answer.deleted:
        if not view.isExisting:
            script.add(Part.DROP_VIEWS, objects.drop_view(view))
    for was, is_ in compare(_renamed(script, before, answer), after.views).altered:
        if not is_.isExisting:
            _alter(script, was, is_)


def _renamed(
    script: MigrationScript, before: Schema, answer: Resolved[PgView]
) -> dict[str, PgView]:
    patched: dict[str, PgView] = {}
    renamed = {keyed(was.schema, was.name): (was, is_) for was, is_ in answer.renamed}
    for key, view in before.views.items():
        was, is_ = renamed.get(key, (view, view))
        if not (was.isExisting or is_.isExisting):
            _rename(script, was, is_)
        patched[keyed(is_.schema, is_.name)] = replace(view, name=is_.name)
    return patched


def _rename(script: MigrationScript, was: PgView, is_: PgView) -> None:
    if was.name != is_.name:
        old = replace(is_, name=was.name)
        script.add(Part.RENAME_VIEWS, objects.alter_view(old, f'RENAME TO "{is_.name}"'))
    if was.schema != is_.schema:
        moved = objects.alter_view(is_, f'SET SCHEMA "{is_.schema}"', schema=was.schema)
        script.add(Part.ALTER_VIEWS, moved)


def _alter(script: MigrationScript, was: PgView, is_: PgView) -> None:
    defined = was.definition is not UNSET and is_.definition is not UNSET
    if was.isExisting != is_.isExisting or (defined and was.definition != is_.definition):
        script.add(Part.DROP_VIEWS, objects.drop_view(is_))
        script.add(Part.CREATE_VIEWS, objects.create_view(is_, _options(is_)))
        return
    old, new = _options(was) or {}, _options(is_) or {}
    added = {key: it for key, it in new.items() if key not in old}
    gone = [key for key in old if key not in new]
    other = {key: new[key] for key, it in old.items() if key in new and new[key] != it}
    if added:
        _set(script, is_, f"SET ({objects.view_options(added)})")
    if gone:
        _set(script, is_, f"RESET ({', '.join(objects.snake_case(key) for key in gone)})")
    if other:
        _set(script, is_, f"SET ({objects.view_options(other)})")
    if was.tablespace != is_.tablespace:
        _set(script, is_, f"SET TABLESPACE {given(is_.tablespace) or 'pg_default'}", stored=True)
    if was.using != is_.using:
        _set(script, is_, f'SET ACCESS METHOD "{given(is_.using) or "heap"}"', stored=True)


def _set(script: MigrationScript, view: PgView, what: str, *, stored: bool = False) -> None:
    named = replace(view, materialized=True) if stored else view
    script.add(Part.ALTER_VIEWS, objects.alter_view(named, what))


def _options(view: PgView) -> Options | None:
    if (found := given(view.with_)) is None:
        return None
    return {key: value for key, value in asdict(found).items() if value is not UNSET}
