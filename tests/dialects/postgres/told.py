"""What a statement says, in one form for our reader and for PostgreSQL's own parser."""

from typing import Any

from pglast import ast
from pglast.enums import AlterTableType, ConstrType, ObjectType, TransactionStmtKind

from forensics.dialects.postgres import commands as ours
from forensics.dialects.postgres.cursor import Name
from forensics.dialects.postgres.tokens import cut

GRAMMAR_TYPES = {
    **{"int": "int4", "integer": "int4", "smallint": "int2", "bigint": "int8", "real": "float4"},
    **{"double precision": "float8", "float": "float8", "boolean": "bool", "decimal": "numeric"},
    **{"character varying": "varchar", "character": "bpchar", "char": "bpchar", "dec": "numeric"},
    **{"bit varying": "varbit", "timestamp with time zone": "timestamptz"},
    **{"timestamp without time zone": "timestamp", "time with time zone": "timetz"},
    **{"time without time zone": "time"},
}


def name(*parts: str | None) -> tuple[str, ...]:
    """A name as parts, cut as a server cuts them."""
    return tuple(cut(part) for part in parts if part)


# --- Ours ---------------------------------------------------------------------------------------


def our(written: Name | None) -> tuple[str, ...]:
    """A name that we read."""
    return () if written is None else name(written.schema, written.name)


def our_type(written: ours.TypeName) -> tuple[object, ...]:
    """A type that we read."""
    word = written.word
    base = (GRAMMAR_TYPES.get(word, word),) if word else our(written.name)
    modifiers: tuple[str, ...] = written.modifiers
    if word == "float":
        base, modifiers = (("float4",) if modifiers and int(modifiers[0]) < 25 else base), ()
    return base, () if word == "interval" else modifiers, written.array


def our_constraint(it: ours.TableConstraint) -> tuple[object, ...]:
    """A constraint that we read."""
    columns = () if it.kind == "c" else it.columns
    return it.kind, it.name, columns, our(it.target), it.target_columns, it.nulls_distinct


def our_column(column: ours.Column) -> tuple[object, ...]:
    """A column that we read."""
    assert not column.rest, column.rest
    how = column.generated and ("identity" if column.generated.identity else "generated")
    return (
        "column",
        column.name,
        our_type(column.type),
        column.not_null,
        column.default is not None,
        how,
        column.collation is not None,
        tuple(our_constraint(it) for it in column.constraints),
    )


def our_item(item: object) -> tuple[object, ...]:
    """A column or a constraint, of a table that we read."""
    if isinstance(item, ours.Column):
        return our_column(item)
    assert isinstance(item, ours.TableConstraint), item
    return our_constraint(item)


def our_action(action: ours.Action) -> tuple[object, ...]:
    """An action that we read."""
    match action:
        case ours.AddColumn(column, lenient):
            return "add", our_column(column), lenient
        case ours.AddConstraint(constraint):
            return "add", our_constraint(constraint)
        case ours.DropPart(what, part, lenient, cascade):
            return f"drop {what}", part, lenient, cascade
        case ours.AlterColumn(part, change, type=type_):
            return change.value, part, type_ and our_type(type_)
    assert isinstance(action, ours.Option), action
    return ("option",)


def told_by_us(command: ours.Command) -> tuple[object, ...]:  # noqa: C901
    """A whole statement that we read."""
    match command:
        case ours.CreateTable():
            items = None if command.items is None else tuple(map(our_item, command.items))
            return "create table", our(command.name), command.lenient, command.temporary, items
        case ours.AlterTable(table, actions, lenient):
            return "alter table", our(table), lenient, tuple(map(our_action, actions))
        case ours.CreateIndex():
            return (
                *("index", command.name, our(command.table), command.unique, command.method),
                *(command.lenient, command.concurrently, tuple(k.column for k in command.keys)),
                command.where is not None,
            )
        case ours.CreateEnum(it, labels):
            return "enum", our(it), labels
        case ours.AddLabel(it, label, lenient, beside, before):
            return "add label", our(it), label, lenient, beside, before
        case ours.RenameLabel(it, old, new):
            return "rename label", our(it), old, new
        case ours.Create(what, it, lenient, replaces, table=table):
            return "create", what, our(it), lenient, replaces, our(table)
        case ours.Rename(what, it, new, part, lenient):
            return "rename", what, our(it), part, new, lenient
        case ours.SetSchema(what, it, schema):
            return "set schema", what, our(it), schema
        case ours.Drop(what, names, lenient, cascade, table=table):
            dropped = tuple((*our(table), *our(it)) for it in names)
            return "drop", what, dropped, lenient, cascade
        case ours.Comment(table, column):
            return "comment", (*our(table), *name(column))
        case ours.Rows(verb, tables):
            return "rows", verb, tuple(map(our, tables))
        case ours.Transaction(verb):
            return "transaction", {"end": "commit", "abort": "rollback"}.get(verb, verb)
        case ours.Unseen(verb, setting):
            return "unseen", verb, setting
        case ours.Do():
            return ("do",)
        case ours.Alter(what, it):
            return "alter", what, our(it)
    return "unread", command.why


# --- PostgreSQL's -------------------------------------------------------------------------------


def their(node: Any) -> tuple[str, ...]:  # noqa: ANN401
    """A name that PostgreSQL's parser read."""
    if node is None:
        return ()
    if isinstance(node, ast.RangeVar):
        return name(node.schemaname, node.relname)
    if isinstance(node, ast.ObjectWithArgs):
        return their(node.objname)
    if isinstance(node, ast.TypeName):
        return their(node.names)
    if isinstance(node, ast.String):
        return name(node.sval)
    return name(*(it.sval for it in node))


def their_type(node: ast.TypeName) -> tuple[object, ...]:
    """A type that PostgreSQL's parser read."""
    base = their(node.names)
    if base[:1] == ("pg_catalog",):
        base = base[1:]
    modifiers = tuple(str(it.val.ival) for it in node.typmods or ())
    if base == ("bpchar",) and modifiers == ("1",):
        modifiers = ()
    return base, () if base == ("interval",) else modifiers, bool(node.arrayBounds)


KINDS = {
    ConstrType.CONSTR_PRIMARY: "p",
    ConstrType.CONSTR_UNIQUE: "u",
    ConstrType.CONSTR_FOREIGN: "f",
    ConstrType.CONSTR_CHECK: "c",
}


def their_constraint(node: ast.Constraint, column: str | None = None) -> tuple[object, ...]:
    """A constraint that PostgreSQL's parser read."""
    kind = KINDS[node.contype]
    listed = node.fk_attrs if kind == "f" else node.keys
    columns = tuple(it.sval for it in listed or ())
    if column is not None and kind != "c":
        columns = (column,)
    targets = tuple(it.sval for it in node.pk_attrs or ())
    return kind, node.conname, columns, their(node.pktable), targets, not node.nulls_not_distinct


def their_column(node: ast.ColumnDef) -> tuple[object, ...]:
    """A column that PostgreSQL's parser read."""
    clauses = {it.contype for it in node.constraints or ()}
    how = None
    if ConstrType.CONSTR_IDENTITY in clauses:
        how = "identity"
    elif ConstrType.CONSTR_GENERATED in clauses:
        how = "generated"
    return (
        "column",
        node.colname,
        their_type(node.typeName),
        ConstrType.CONSTR_NOTNULL in clauses,
        ConstrType.CONSTR_DEFAULT in clauses,
        how,
        node.collClause is not None,
        tuple(
            their_constraint(it, node.colname)
            for it in node.constraints or ()
            if it.contype in KINDS
        ),
    )


def their_item(node: ast.Node) -> tuple[object, ...]:
    """A column or a constraint that PostgreSQL's parser read."""
    if isinstance(node, ast.ColumnDef):
        return their_column(node)
    return their_constraint(node)


CHANGES = {
    AlterTableType.AT_SetNotNull: "set not null",
    AlterTableType.AT_DropNotNull: "drop not null",
    AlterTableType.AT_AlterColumnType: "type",
    AlterTableType.AT_AddIdentity: "add generated",
    AlterTableType.AT_DropIdentity: "drop identity",
    AlterTableType.AT_DropExpression: "drop expression",
    AlterTableType.AT_SetStatistics: "set",
    AlterTableType.AT_SetIdentity: "set",
}


def their_action(node: ast.AlterTableCmd) -> tuple[object, ...]:
    """An action that PostgreSQL's parser read."""
    cascade = node.behavior.name == "DROP_CASCADE"
    match node.subtype:
        case AlterTableType.AT_AddColumn:
            return "add", their_column(node.def_), node.missing_ok
        case AlterTableType.AT_AddConstraint:
            return "add", their_constraint(node.def_)
        case AlterTableType.AT_DropColumn:
            return "drop column", node.name, node.missing_ok, cascade
        case AlterTableType.AT_DropConstraint:
            return "drop constraint", node.name, node.missing_ok, cascade
        case AlterTableType.AT_ColumnDefault:
            return "set default" if node.def_ else "drop default", node.name, None
    if node.subtype in CHANGES:
        typed = node.subtype is AlterTableType.AT_AlterColumnType
        return CHANGES[node.subtype], node.name, their_type(node.def_.typeName) if typed else None
    return ("option",)


def kind_of(node: ObjectType) -> str:
    """`materialized view` of OBJECT_MATVIEW."""
    word = ObjectType(node).name.removeprefix("OBJECT_").lower()
    return {"matview": "materialized view", "tabconstraint": "constraint"}.get(word, word)


def their_rename(node: ast.RenameStmt) -> tuple[object, ...]:
    """A rename; a type may be named as a relation or as an object."""
    what = kind_of(node.renameType)
    of = their(node.relation) or their(node.object)
    if what == "schema":
        return "rename", what, name(node.subname), "", node.newname, node.missing_ok
    return "rename", what, of, node.subname or "", node.newname, node.missing_ok


def told_by_postgres(node: Any) -> tuple[object, ...]:  # noqa: ANN401, C901
    """A whole statement that PostgreSQL's parser read."""
    match node:
        case ast.CreateStmt():
            items = None if node.partbound else tuple(map(their_item, node.tableElts or ()))
            temporary = node.relation.relpersistence == "t"
            return "create table", their(node.relation), node.if_not_exists, temporary, items
        case ast.CreateTableAsStmt():
            target = their(node.into.rel)
            if kind_of(node.objtype) == "table":
                temporary = node.into.rel.relpersistence == "t"
                return "create table", target, node.if_not_exists, temporary, None
            return "create", "materialized view", target, node.if_not_exists, False, ()
        case ast.AlterTableStmt() if kind_of(node.objtype) != "table":
            return "alter", kind_of(node.objtype), their(node.relation)
        case ast.AlterTableStmt():
            actions = tuple(map(their_action, node.cmds))
            return "alter table", their(node.relation), node.missing_ok, actions
        case ast.IndexStmt():
            return (
                *("index", node.idxname, their(node.relation), node.unique, node.accessMethod),
                *(node.if_not_exists, node.concurrent, tuple(it.name for it in node.indexParams)),
                node.whereClause is not None,
            )
        case ast.CreateEnumStmt():
            return "enum", their(node.typeName), tuple(it.sval for it in node.vals)
        case ast.AlterEnumStmt() if node.oldVal is not None:
            return "rename label", their(node.typeName), node.oldVal, node.newVal
        case ast.AlterEnumStmt():
            beside = node.newValNeighbor
            before = beside is not None and not node.newValIsAfter
            lenient = node.skipIfNewValExists
            return "add label", their(node.typeName), node.newVal, lenient, beside, before
        case ast.RenameStmt():
            return their_rename(node)
        case ast.AlterObjectSchemaStmt():
            of = their(node.relation) or their(node.object)
            return "set schema", kind_of(node.objectType), of, node.newschema
        case ast.DropStmt():
            cascade = node.behavior.name == "DROP_CASCADE"
            dropped = tuple(map(their, node.objects))
            return "drop", kind_of(node.removeType), dropped, node.missing_ok, cascade
        case ast.CommentStmt():
            return "comment", their(node.object)
        case ast.DoStmt():
            return ("do",)
        case ast.TransactionStmt():
            word = TransactionStmtKind(node.kind).name.removeprefix("TRANS_STMT_").lower()
            return "transaction", word
    return _created(node) or _on_rows(node) or _not_seen(node)


def _created(node: Any) -> tuple[object, ...]:  # noqa: ANN401, C901
    match node:
        case ast.CreateSchemaStmt():
            return "create", "schema", name(node.schemaname), node.if_not_exists, False, ()
        case ast.CreateExtensionStmt():
            return "create", "extension", name(node.extname), node.if_not_exists, False, ()
        case ast.CreateSeqStmt():
            return "create", "sequence", their(node.sequence), node.if_not_exists, False, ()
        case ast.ViewStmt():
            return "create", "view", their(node.view), False, node.replace, ()
        case ast.CreateFunctionStmt():
            return "create", "function", their(node.funcname), False, node.replace, ()
        case ast.CreateTrigStmt():
            return (
                "create",
                "trigger",
                name(node.trigname),
                False,
                node.replace,
                their(node.relation),
            )
        case ast.CreatePolicyStmt():
            return "create", "policy", name(node.policy_name), False, False, their(node.table)
        case ast.CreateDomainStmt():
            return "create", "domain", their(node.domainname), False, False, ()
        case ast.CompositeTypeStmt():
            return "create", "type", their(node.typevar), False, False, ()
    return ()


def _on_rows(node: Any) -> tuple[object, ...]:  # noqa: ANN401
    match node:
        case ast.InsertStmt(withClause=None):
            return "rows", "insert", (their(node.relation),)
        case ast.InsertStmt():
            return "rows", "with", ()
        case ast.UpdateStmt():
            return "rows", "update", (their(node.relation),)
        case ast.DeleteStmt():
            return "rows", "delete", (their(node.relation),)
        case ast.TruncateStmt():
            return "rows", "truncate", tuple(map(their, node.relations))
        case ast.SelectStmt():
            return "rows", "select", ()
    return ()


def _not_seen(node: Any) -> tuple[object, ...]:  # noqa: ANN401, C901
    match node:
        case ast.GrantStmt():
            return "unseen", "grant", ""
        case ast.VariableSetStmt():
            verb = "reset" if node.kind.name.startswith("VAR_RESET") else "set"
            setting = "search_path" if node.kind.name == "VAR_RESET_ALL" else node.name
            return "unseen", verb, setting
        case ast.VacuumStmt():
            return "unseen", "vacuum" if node.is_vacuumcmd else "analyze", ""
        case ast.CreateRoleStmt():
            return "unseen", "create", ""
        case ast.AlterRoleStmt():
            return "unseen", "alter", ""
        case ast.AlterSeqStmt():
            return "alter", "sequence", their(node.sequence)
        case ast.AlterPolicyStmt():
            return "alter", "policy", name(node.policy_name)
        case ast.ReindexStmt():
            return "unseen", "reindex", ""
    raise AssertionError(f"no form for {type(node).__name__}")
