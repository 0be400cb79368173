"""Type changes without USING: written out where the types allow it, else left to a person."""

from msgspec.structs import replace

from forensics.facts import Column, EnumType
from forensics.model import Finding, TrueError
from forensics.rules.cast_needs_using import cast_needs_using
from tests.build import ask, name
from tests.support.pending import NEXT, by_hand, edit, pending, refused
from tests.support.standing import users

RULE = cast_needs_using
STATUS = EnumType(name=name("public.status"), labels=("open", "paid"))
HINT = 'You might need to specify "USING x::uuid".'


def finding(
    type_: str, wanted: str, *, default: str | None = None, sqlstate: str = "42804"
) -> Finding | None:
    """What the rule says where a server refuses to change a column's type."""
    column = Column(name="x", type=type_, default=default)
    text = f'ALTER TABLE "users" ALTER COLUMN "x" SET DATA TYPE {wanted};'
    error = TrueError(text="cannot be cast automatically", sqlstate=sqlstate, hint=HINT)
    facts = refused(pending(text, tables=[users(column)]), error)
    assert facts.schema is not None
    schema = replace(facts.schema, enums=(STATUS,))
    return next(iter(ask(RULE, replace(facts, schema=schema))), None)


def written(found: Finding | None) -> str:
    """The text of the file after the fix."""
    assert found is not None
    return edit(found.fix).after


def test_the_clause_is_added_where_the_server_has_a_cast() -> None:
    """Its error and hint are quoted."""
    found = finding("text", "uuid")
    assert written(found).endswith('SET DATA TYPE uuid USING "x"::uuid;')
    assert found is not None and found.subject == NEXT
    assert "(SQLSTATE 42804); You might need to specify" in found.root_cause


def test_a_default_is_dropped_before_and_set_again() -> None:
    """As a value of the new type; the statements stand between marks."""
    text = written(finding("text", "integer", default="'1'::text"))
    lines = [line for line in text.replace("--> statement-breakpoint", "").split("\n") if line]
    assert lines == [
        'ALTER TABLE "users" ALTER COLUMN "x" DROP DEFAULT;',
        'ALTER TABLE "users" ALTER COLUMN "x" SET DATA TYPE integer USING "x"::integer;',
        'ALTER TABLE "users" ALTER COLUMN "x" SET DEFAULT \'1\'::integer;',
    ]


def test_one_enum_becomes_another_by_way_of_text() -> None:
    """There is no cast between two enums."""
    found = finding("boolean", "integer")
    assert 'USING "x"::integer' in written(found)
    column = finding("status", '"status"')
    assert 'USING "x"::text::"status"' in written(column)


def test_what_has_no_cast_is_left_to_a_person() -> None:
    """So is a default that is computed; the experiment takes the statement out."""
    for found in (
        finding("timestamp without time zone", "integer"),
        finding("text", "uuid", default="md5(now()::text)"),
        finding("text", "uuid", sqlstate="42846"),
    ):
        assert found is not None and found.fix is None
        assert found.counterfactual
        (other,) = found.alternatives
        assert "USING /* an expression" in by_hand(other).instead


def test_another_mismatch_is_not_of_this_kind() -> None:
    """A foreign key between columns of two types fails with the same code."""
    text = 'ALTER TABLE "users" ADD CONSTRAINT "f" FOREIGN KEY ("x") REFERENCES "users" ("id");'
    error = TrueError(text="foreign key constraint cannot be implemented", sqlstate="42804")
    case = pending(text, tables=[users(Column(name="x", type="text"))])
    assert not ask(RULE, refused(case, error))
