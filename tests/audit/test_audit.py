"""A write-up of the demo's incident, half of it wrong: each claim gets the answer it deserves."""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from forensics import pipeline
from forensics.analysis.audit import Answer, Audit, ClaimKind
from forensics.audit.passages import passages
from forensics.demo import incident
from forensics.evidence.bundle import Bundle
from forensics.render.audit import render_audit
from tests.cli.test_commands import run

pytestmark = pytest.mark.slow

HOLDS, NOT, OPEN = Answer.HOLDS, Answer.DOES_NOT_HOLD, Answer.UNDECIDED

WRITEUP = """\
# Migrations were down

On Monday all drizzle-kit commands were blocked. `check` was blocked.
The clinic lost no data.

## Leftover file

`SyntaxError: Unexpected token '/'` came from every drizzle-kit command. An editor had left
`apps/api/drizzle/meta/tmp-4f2a-cwd` behind.

```console
$ rm apps/api/drizzle/meta/tmp-4f2a-cwd
removed
$ make coffee
```

## Lost migration

`0005_login_columns.sql` was missing since commit `11adabd38d`. `0004_reminders.sql` was missing.
We wrote it again:

```sql
-- apps/api/drizzle/0005_login_columns.sql
ALTER TABLE "patients" ADD COLUMN "login_name" varchar(64);--> statement-breakpoint
ALTER TABLE "patients" ADD COLUMN "password_hash" text;--> statement-breakpoint
ALTER TABLE "patients" ADD COLUMN "last_login_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "patients" ADD COLUMN "failed_logins" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "patients" ADD CONSTRAINT "patients_login_name_unique" UNIQUE("login_name");
```

Then the recorded hash had to match:

```sql
UPDATE __drizzle_migrations SET hash = '{other}' WHERE id = 18;
```

## Two tables

- `public.__drizzle_migrations` had 6 rows
- `drizzle.__drizzle_migrations` had 3 rows
- `drizzle.__drizzle_migrations` is in the way, so we dropped the empty `drizzle` schema
- dropped the `drizzle.__drizzle_migrations` table

Then `drizzle.config.ts` got a schema:

```ts
export default {{
  dialect: 'postgresql',
  schema: './src/db/schema.ts',
  out: './drizzle',
  migrations: {{ schema: 'public' }},
}};
```

```sh
psql -f /etc/passwd
```

| Command | Now |
| --- | --- |
| `pnpm db:check` | PASS |
| `pnpm db:migrate` | PASS |
| `pnpm db:push` | PASS |
| `pnpm db:studio` | PASS |
"""
OTHER = "657e5ee4" * 8


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bundle]:
    """What was collected of the demo's incident."""
    with incident() as (project, address):
        folder = tmp_path_factory.mktemp("demo") / "out"
        yield pipeline.collect(project, output=folder, database_url=address)


@pytest.fixture(scope="module")
def audit(bundle: Bundle) -> Audit:
    """The write-up's claims, answered."""
    return pipeline.audit(WRITEUP.format(other=OTHER), bundle)


def answers(audit: Audit, kind: ClaimKind) -> list[tuple[str, Answer]]:
    """The claims of a kind in the order of the text."""
    return [(it.claim, it.answer) for it in audit.claims if it.kind is kind]


def why(audit: Audit, part: str) -> str:
    """The reason for the answer to one claim."""
    [found] = [it.why for it in audit.claims if part in it.claim]
    return found


def test_actions_are_done_in_their_order_and_judged_by_what_they_change(audit: Audit) -> None:
    """The file and the config help, the hash and the dropped schema do not."""
    assert answers(audit, ClaimKind.ACTION) == [
        ("the fix `rm apps/api/drizzle/meta/tmp-4f2a-cwd`", HOLDS),
        ("the fix `apps/api/drizzle/0005_login_columns.sql with this text`", HOLDS),
        (f"the fix `UPDATE __drizzle_migrations SET hash = '{OTHER[:47]}...`", NOT),
        ("the fix `DROP SCHEMA drizzle CASCADE`", NOT),
        ("the fix `apps/api/drizzle.config.ts with this text`", HOLDS),
    ]
    assert why(audit, "UPDATE").startswith("No effect")
    assert "destroys evidence: the recorded hash 991221701624" in why(audit, "UPDATE")
    assert "destroys evidence: the id sequence" in why(audit, "DROP SCHEMA")
    assert why(audit, "config.ts with").endswith(
        "Answering yes to `push` would delete data or tracking rows."
    )


def test_outcomes_are_held_before_and_after_the_actions(audit: Audit) -> None:
    """`push` was never blocked, and does not simply pass; what is not modelled stays open."""
    assert answers(audit, ClaimKind.COMMAND) == [
        ("all commands were blocked (check, generate, migrate and push)", NOT),
        ("`check` was blocked", HOLDS),
        ("`check` passes now", HOLDS),
        ("`migrate` passes now", HOLDS),
        ("`push` passes now", NOT),
        ("`pnpm db:studio` passes now", OPEN),
    ]
    assert "You're about to delete __drizzle_migrations" in why(audit, "all commands")


def test_messages_are_looked_for_in_every_state(audit: Audit) -> None:
    """`migrate` never printed it."""
    [(claim, answer)] = answers(audit, ClaimKind.MESSAGE)
    assert answer is NOT and claim.endswith("of every command")
    assert (
        why(audit, "SyntaxError")
        == "`check` and `generate` print it; `migrate` and `push` never do."
    )


def test_names_are_looked_up(audit: Audit) -> None:
    """Files with what git knows, tables with their rows, commits, hashes."""
    assert answers(audit, ClaimKind.FILE) == [
        ("the file `apps/api/drizzle/meta/tmp-4f2a-cwd` exists", HOLDS),
        ("`0005_login_columns.sql` was missing", HOLDS),
        ("`0004_reminders.sql` was missing", NOT),
        ("the file `drizzle.config.ts` exists", HOLDS),
    ]
    assert "Commit 11adabd38dca deleted it." in why(audit, "`0005_login_columns.sql` was")
    assert answers(audit, ClaimKind.TABLE)[:2] == [
        ("`public.__drizzle_migrations` has 6 rows", HOLDS),
        ("`drizzle.__drizzle_migrations` has 3 rows", NOT),
    ]
    assert answers(audit, ClaimKind.COMMIT) == [("commit `11adabd38d`", HOLDS)]
    assert answers(audit, ClaimKind.HASH) == [(f"the hash `{OTHER[:12]}...`", OPEN)]


def test_a_block_that_names_a_migration_is_compared_with_the_original(audit: Audit) -> None:
    """By statements, and by the hash that the database recorded."""
    [(_, answer)] = answers(audit, ClaimKind.CONTENT)
    assert answer is HOLDS


def test_the_rest_is_listed_with_the_reason_where_there_is_one(audit: Audit) -> None:
    """No file of this machine is read because a write-up names it."""
    left = {it.text for it in audit.not_checked}
    assert [it for it in left if "/etc/passwd" in it and "not part of the write-up" in it]
    assert not [it for it in left if "root:" in it]
    lines = {it.line for it in audit.not_checked}
    assert lines.isdisjoint(claim.line for claim in audit.claims)


def test_it_is_shown_as_text_and_as_json(audit: Audit) -> None:
    """At the width of a terminal; JSON has every claim."""
    text = render_audit(audit, "text", 60)
    assert text.startswith(f"{len(audit.claims)} claims: {audit.count(HOLDS)} hold, ")
    wrong = [claim.line for claim in audit.claims if claim.answer is NOT]
    first = text.partition("Look first at lines ")[2].partition("\n\n")[0]
    assert sorted(map(int, re.findall(r"\d+", first))) == sorted(set(wrong))
    assert not [line for line in text.splitlines() if len(line) > 60 and " " in line.strip()]
    assert msgspec.json.decode(render_audit(audit, "json"), type=Audit) == audit


def test_a_write_up_without_a_claim_is_all_not_checked(bundle: Bundle) -> None:
    """Opinions, plans and hedged sentences are no claims."""
    told = pipeline.audit("# Plan\n\nIf `push` fails, `check` should pass. Nice weather.\n", bundle)
    assert not told.claims
    assert [it.line for it in told.not_checked] == [3]


def test_the_command_line_prints_it(bundle: Bundle, tmp_path: Path) -> None:
    """Exit code 0 whatever the answers are; 2 for what is not a bundle."""
    (tmp_path / "writeup.md").write_text("`check` was blocked.\n")
    done = run("audit", str(tmp_path / "writeup.md"), str(bundle.folder))
    assert done.returncode == 0
    assert "1 claim: 1 holds, 0 do not hold, 0 cannot be decided" in done.stdout
    assert run("audit", str(tmp_path / "writeup.md"), str(tmp_path)).returncode == 2


def test_passages_keep_their_lines() -> None:
    """Of a fence, that of its first line; rows of tables have cells; headings are marked."""
    text = "# A\n\none **two**\n\n```sh\nls\n```\n\n- x\n\n| a | b |\n|---|---|\n| `c` | d |\n"
    told = [(it.line, it.text.strip(), it.heading) for it in passages(text)]
    assert told == [
        (1, "A", True),
        (3, "one two", False),
        (6, "ls", False),
        (9, "x", False),
        (11, "a | b", True),
        (13, "`c` | d", False),
    ]
