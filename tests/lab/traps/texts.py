"""Traps in migration files: edits, lists that lack them, breakpoints, encodings."""

from tests.lab.traps.beginnings import first, three
from tests.lab.traps.workshop import DAY, Workshop

BOM = b"\xef\xbb\xbf"


def edited_after_applied(w: Workshop) -> None:
    """Another column was written into a file that had been deployed."""
    three(w)
    w.edit("0001_phone.sql", lambda text: text + b' ALTER TABLE "customers" ADD COLUMN "fax" text;')
    w.commit("Add fax numbers")


def never_listed(w: Workshop) -> None:
    """SQL by hand, numbered like a migration, and no entry for it."""
    three(w)
    sql = b'ALTER TABLE "customers" ADD COLUMN "fax" text;\n'
    w.path("0003_fax.sql").write_bytes(sql)
    w.commit("Add fax numbers")


def entry_lost_in_a_merge(w: Workshop) -> None:
    """A generated migration whose entry a merge threw away."""
    three(w)
    w.generate("fax", "phone", "city", "fax")
    w.relist(w.journal()[:3])
    w.commit("Resolve conflicts")


def custom(w: Workshop) -> None:
    """Nothing but the kit's own comment in it."""
    three(w)
    w.now += DAY
    w.run("generate", "--custom", "--name", "by_hand")
    w.commit("Add by_hand")


def trailing_breakpoint(w: Workshop) -> None:
    """A breakpoint after the last statement."""
    first(w)
    w.generate("phone", "phone", commit=False)
    w.edit("0001_phone.sql", lambda text: text + b"\n--> statement-breakpoint\n")
    w.commit("Add phone, edited by hand")


def no_breakpoint(w: Workshop) -> None:
    """Two statements in one chunk."""
    first(w, deploy=False)
    w.generate("both", "phone", "city", commit=False)
    w.edit("0001_both.sql", lambda text: text.replace(b"--> statement-breakpoint", b""))
    w.commit("Add both, edited by hand")


def breakpoint_without_space(w: Workshop) -> None:
    """Then it is a comment, and nothing is split."""
    first(w, deploy=False)
    w.generate("both", "phone", "city", commit=False)
    w.edit(
        "0001_both.sql",
        lambda text: text.replace(b"--> statement-breakpoint", b"-->statement-breakpoint"),
    )
    w.commit("Add both, edited by hand")


def bom_in_sql(w: Workshop) -> None:
    """An editor saved the newest migration with a byte order mark before it was committed."""
    first(w)
    w.generate("phone", "phone", commit=False)
    w.edit("0001_phone.sql", lambda text: BOM + text)
    w.commit("Add phone")


def bom_in_applied_sql(w: Workshop) -> None:
    """The same to a file that had been deployed before."""
    three(w)
    w.edit("0001_phone.sql", lambda text: BOM + text)
    w.commit("Reformat")


def utf16_sql(w: Workshop) -> None:
    """A shell's redirection wrote UTF-16."""
    first(w)
    w.generate("phone", "phone", commit=False)
    w.edit("0001_phone.sql", lambda text: text.decode().encode("utf-16"))
    w.commit("Add phone")


def bom_in_snapshot(w: Workshop) -> None:
    """An editor saved a snapshot with a byte order mark."""
    three(w)
    w.edit("meta/0001_snapshot.json", lambda text: BOM + text)
    w.commit("Reformat")


def bom_in_journal(w: Workshop) -> None:
    """An editor saved the journal with a byte order mark."""
    three(w)
    w.edit("meta/_journal.json", lambda text: BOM + text)
    w.commit("Reformat")


def concurrently(w: Workshop) -> None:
    """An index shall be made without a lock, which no transaction can do."""
    first(w)
    index = ", (t) => ({ byName: index('by_name').on(t.name) })"
    w.generate("by_name", extra=index, commit=False)
    w.edit("0001_by_name.sql", _made_concurrent)
    w.commit("Add by_name, without a lock")


def _made_concurrent(text: bytes) -> bytes:
    changed = text.replace(b"CREATE INDEX", b"CREATE INDEX CONCURRENTLY")
    assert changed != text
    return changed
