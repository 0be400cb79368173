"""Names that PostgreSQL cuts to one: what ignores that its name is taken makes nothing."""

from forensics.facts import Constraint, ConstraintKind, LiveTable
from forensics.model import ByHand, Finding, Severity
from forensics.rules.incomplete_migration import incomplete_migration
from tests.build import DEFAULT, Case, name, project, rows, table
from tests.support.standing import ID, having

TABLE = "organization_membership_invitation_requests"
MEMBER, OWNER = (f"approved_by_organization_{it}" for it in ("member", "owner"))


def key(column: str, *, swallows: bool = True) -> str:
    """A foreign key as the tool writes it; older releases ignore that its name is taken."""
    add = (
        f'ALTER TABLE "{TABLE}" ADD CONSTRAINT "{TABLE}_{column}_users_id_fk" '
        f'FOREIGN KEY ("{column}") REFERENCES "public"."users"("id");'
    )
    end = "EXCEPTION\n WHEN duplicate_object THEN null;\nEND $$;\n"
    return f"DO $$ BEGIN\n {add}\n{end}" if swallows else f"{add}\n"


def index(column: str) -> str:
    """An index that is made only if its name is free."""
    return (
        f'CREATE INDEX IF NOT EXISTS "{TABLE}_{column}_idx" ON "{TABLE}" USING btree ("{column}");'
    )


def case(text: str, *keys: str) -> Case:
    """One migration that is recorded, and the table with some foreign keys."""
    held = LiveTable(
        name=name(f"public.{TABLE}"),
        columns=(ID,),
        constraints=tuple(
            Constraint(
                name=f"fk_{it}",
                kind=ConstraintKind.FOREIGN_KEY,
                definition=f"FOREIGN KEY ({it}) REFERENCES users(id)",
            )
            for it in keys
        ),
    )
    files = project("0000_a", **{"drizzle/0000_a.sql": text})
    return Case(files, having([held], table(DEFAULT, *rows("0000_a"))))


def found(text: str, *keys: str) -> tuple[Finding, ...]:
    """What the rule says of the text on such a database."""
    return tuple(
        it for it in case(text, *keys).ask(incomplete_migration) if isinstance(it, Finding)
    )


def test_the_second_of_two_keys_with_one_cut_name_is_missing() -> None:
    """The tool reported success, and rows that nobody checks came since."""
    (finding,) = found(key(MEMBER) + key(OWNER), MEMBER)
    assert finding.severity is Severity.HIGH and finding.subject == "0000_a"
    assert f"{TABLE}_approved_by_organiz`" in finding.root_cause
    (step,) = finding.fix.steps if finding.fix else ()
    assert isinstance(step, ByHand)
    assert step.instead.startswith(f'ALTER TABLE "{TABLE}" ADD CONSTRAINT "A_SHORTER_NAME"')
    assert OWNER in step.instead and MEMBER not in step.instead


def test_so_is_the_second_of_two_indexes() -> None:
    """`IF NOT EXISTS` ignores it in the same way."""
    (finding,) = found(index(MEMBER) + "\n" + index(OWNER))
    assert "does not create the index on line 2" in finding.title


def test_what_is_there_under_another_name_or_fails_aloud_is_quiet() -> None:
    """Also what was dropped in between, and the same name once more."""
    assert not found(key(MEMBER) + key(OWNER), MEMBER, OWNER)
    assert not found(key(MEMBER, swallows=False) + key(OWNER, swallows=False))
    assert not found(key(MEMBER) + key(MEMBER))
    assert not found(key("a") + key("b"))
    dropped = f'ALTER TABLE "{TABLE}" DROP CONSTRAINT "{TABLE}_{MEMBER}_users_id_fk";\n'
    assert not found(key(MEMBER) + dropped + key(OWNER))
