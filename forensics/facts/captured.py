"""What somebody captured of failing commands: which ran, and what each said of its failure."""

from __future__ import annotations

from forensics.facts.applying import SqlStatement
from forensics.model import Record


class CapturedError(Record, frozen=True, kw_only=True):
    """The innermost error that a run printed, with what its driver said of it."""

    text: str
    """Without the name of its class; values of rows are masked."""
    sqlstate: str | None = None
    code: str | None = None
    """Of an error that has no SQLSTATE: `ECONNREFUSED`, `SQLITE_ERROR`, `ER_DUP_FIELDNAME`."""
    detail: str | None = None
    hint: str | None = None
    table: str | None = None
    column: str | None = None
    constraint: str | None = None


class CapturedRun(Record, frozen=True, kw_only=True):
    """One run of a command, as far as its output tells."""

    evidence: str = ""
    """The captured output that it stands in."""
    tool: str | None = None
    """The tool, by the name of its adapter, where the output names it."""
    command: str | None = None
    """Its command, as it was typed after the program's name."""
    exit_code: int | None = None
    """Where the output says it, as npm, Docker and a shell's prompt do."""
    message: str = ""
    """The first line that names an error."""
    error: CapturedError | None = None
    statement: str | None = None
    """The SQL that failed, where the output quotes it."""
    by_server: bool = False
    """Whether it is an error of the server's own log, which no command of the tool printed."""
    text: str = ""
    """All that it printed, of this one run; at most 16 KiB of its end."""

    @property
    def failed(self) -> bool:
        """Whether it said so, or ended with another exit code than 0.

        Some commands exit with 0 after an error of Node.js: then its code and its stack tell.
        """
        thrown = self.error is not None and bool(self.error.code) and "\n    at " in self.text
        return bool(self.exit_code) or (bool(self.message) and (self.exit_code is None or thrown))


class CapturedFailure(Record, frozen=True, kw_only=True):
    """The last run of the applying command that somebody captured, where it failed."""

    run: CapturedRun
    statement: SqlStatement | None = None
    """The statement of a listed migration that it names, as things are now."""
    inferred: bool = False
    """Whether it names none, and this is the only pending one that can fail so."""

    @property
    def silent(self) -> bool:
        """Whether nothing tells why it failed: no error, and no statement."""
        return self.statement is None and self.run.error is None and not self.run.message
