"""One collection, from the project and the database to a bundle."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from forensics import limits
from forensics.adapters import ADAPTERS
from forensics.adapters.base import Adapter, Hints
from forensics.adapters.begun import has_begun, not_begun
from forensics.collect.counting import count_case_rows
from forensics.collect.database.passwords import known_secrets
from forensics.collect.deadline import Deadline, TimedTree
from forensics.collect.receipt import look, record
from forensics.collect.recording import RecordingTree, identity_for
from forensics.collect.repository import Repository, find_repository
from forensics.collect.request import Case, Request, Say
from forensics.collect.scanned_writer import ScannedWriter
from forensics.collect.tree import WorkingTree
from forensics.errors import ForensicsError
from forensics.evidence.bundle import Bundle
from forensics.evidence.exceptions import read_exceptions
from forensics.evidence.files import HeldFiles
from forensics.evidence.kinds import DATABASE_KINDS, EvidenceKind
from forensics.evidence.tree import Tree
from forensics.facts import Commits, Database, Facts, ToolUse
from forensics.model import Outcome, Project
from forensics.model.mishaps import Mishaps
from forensics.recover import wanted_hashes, wanted_stamps
from forensics.redaction.redactor import Redactor
from forensics.system.alarm import alarm
from forensics.system.ownership import derived_key, keyed
from forensics.system.programs import distrust
from forensics.system.safe_folder import Place

if TYPE_CHECKING:
    from forensics.collect.database.dump import SchemaDump


class NothingToExamine(ForensicsError):
    """No use of a known migration tool lies below the project folder."""


def collect(request: Request, target: Place | HeldFiles, say: Say) -> Bundle:
    """Gather the evidence into a bundle, in a folder or in memory; the case is only read.

    Raises `NothingToExamine`; whatever else fails becomes an outcome in the bundle, and one line.
    """
    collected_at, deadline = datetime.now(UTC), Deadline(request.seconds)
    repository, top = _found(request.project)
    root = _root(request.project, top)
    redactor = redactor_of(request.database_url)
    before = look(top) if request.look_at_database else None
    writer = ScannedWriter(target, redactor)
    mishaps = Mishaps(redactor.mask_text)
    source, commit = _source(request, repository, top, deadline)
    given = request.database_url is not None or request.supplied is not None
    identity = identity_for(request.look_at_database and given)
    timed = TimedTree(source, deadline)
    tree = RecordingTree(timed, writer, redactor.mask, identity)
    hints = request.hints(top)
    writer.add_value(EvidenceKind.HINTS, "command line", hints)
    say("Reading the project's files")
    _check_hints(tree, hints)
    tools = _detected(tree, root, hints, deadline)
    if not tools:
        raise NothingToExamine(_late(deadline) if timed.refused else _nothing(request.project))
    read_exceptions(tree, root)
    case = Case(
        request, repository, tree, tools, writer, redactor, say, mishaps, identity, deadline
    )
    _symptoms(case)
    commits = _look(case, hints, commit, top)
    if timed.refused:
        mishaps.add([deadline.missing("some of the project's files")])
    _tell_mishaps(case)
    record(before, writer)
    project = writer.named(_project(root, commits))
    writer.add_redactions()
    return writer.seal(
        project,
        collected_at,
        request.custodian,
        environment=request.environment,
        supplied=_supplied_files(case),
    )


def _root(project: Path, top: Path) -> str:
    root = project.resolve().relative_to(top).as_posix()
    return "" if root == "." else root


def _detected(tree: Tree, root: str, hints: Hints, deadline: Deadline) -> tuple[ToolUse, ...]:
    with alarm(deadline.left() + limits.HANGING_SECONDS, "the search for a migration tool"):
        return tuple(tool for adapter in ADAPTERS for tool in adapter.detect(tree, root, hints))


def _project(root: str, commits: Commits | None) -> Project:
    head = commits.head if commits else None
    return Project(root=root or ".", head=head, branch=commits.branch if commits else None)


def _tell_mishaps(case: Case) -> None:
    for question in case.mishaps.found:
        case.say(f"{question.lacks}; {question.how_to_get_it}")
        case.writer.add_value(EvidenceKind.MISHAP, question.name, question, Outcome.FAILED)


def _found(project: Path) -> tuple[Repository | None, Path]:
    """The repository and the top of what is examined; no program of it is started from now on."""
    repository = find_repository(project)
    top = repository.top if repository else project.resolve()
    distrust(top)
    return repository, top


def _supplied_files(case: Case) -> dict[str, str]:
    """Name and hash of what was supplied, for the log.

    Of a file that had a secret, the hash would tell a short one to whoever tries a dictionary.
    """
    supplied = case.request.supplied
    if supplied is None:
        return {}
    secret = case.writer.has_masked(DATABASE_KINDS)
    return {supplied.name: keyed(supplied.sha256) if secret else supplied.sha256}


def _symptoms(case: Case) -> None:
    if not case.request.symptoms:
        return
    from forensics.collect.symptoms import collect_symptom

    mask = case.redactor.mask
    for given, text in case.request.symptoms:
        name = case.redactor.mask_text(given)
        captured = partial(collect_symptom, text, name, case.writer, ADAPTERS, mask)
        case.mishaps.guard(f"the captured output {name}", captured, None)


def redactor_of(*addresses: str | None) -> Redactor:
    """What masks the secrets of a case; the same secret becomes the same token in each run."""
    known = [secret for address in addresses for secret in known_secrets(address)]
    return Redactor(known=known, key=derived_key("redaction"))


def _look(case: Case, hints: Hints, commit: str | None, top: Path) -> Commits | None:
    """All that is not a file of the project: the database, the history, every object of git."""
    if not case.request.look_at_database:
        return _around(case, commit, lambda: None)
    from forensics.collect.database.dump import SchemaDump

    with SchemaDump(top, case.say) as dump:
        commits = _around(case, commit, partial(_database, case, hints, dump))
        kept = partial(dump.record, case.writer, case.redactor.mask)
        case.mishaps.guard("the dump of the schema", kept, None)
    return commits


def _around(
    case: Case, commit: str | None, database_of: Callable[[], Database | None]
) -> Commits | None:
    step = case.step
    database = step("the look at the database", database_of, None)
    commits = step("the git history", partial(_commits, case, commit), None)
    if not any(has_begun(tool, case.tree, commits) for tool in case.tools):
        raise NothingToExamine(_no_folder(case.tools[0]))
    idle = not_begun(case.tools, case.tree, commits)
    used = tuple(tool for tool in case.tools if tool not in idle)
    case = replace(case, tools=used)
    facts = tuple(_read(case, database, commits))
    asked = case.request.probe_rows or case.request.copy_database
    if asked and database is not None and case.request.supplied is None:
        step("the count of rows", partial(count_case_rows, case, facts), None)
    searched = partial(_objects, case, commits, facts)
    step("the search of all objects of git", searched, None)
    return commits


def _source(
    request: Request, repository: Repository | None, top: Path, deadline: Deadline
) -> tuple[Tree, str | None]:
    """The files to read, and the commit whose they are; `None` for the working tree."""
    if request.revision is None:
        return WorkingTree(top), None
    if repository is None:
        raise NothingToExamine(f"--at {request.revision}: there is no git repository here.")
    from forensics.collect.revision import CommitTree

    seconds = deadline.left(limits.GIT_SECONDS)
    tree = CommitTree(repository, request.revision, seconds=seconds)
    return tree, tree.commit


def _database(case: Case, hints: Hints, dump: SchemaDump) -> Database | None:
    extra = (hints.tracking_table,) if hints.tracking_table else ()
    if case.request.supplied is not None:
        from forensics.collect.database.supplied.record import record_supplied

        return record_supplied(
            case.request.supplied,
            case.writer,
            extra_tables=extra,
            mask=case.redactor.mask,
            on_connect=case.request.on_connect,
            on_problem=case.say,
            mishaps=case.mishaps,
        )
    from forensics.collect.database.collect import collect_database

    return collect_database(
        case.request.database_url,
        case.writer,
        deadline=time.monotonic() + case.deadline.left(limits.DATABASE_SECONDS),
        extra_tables=extra,
        mask=case.redactor.mask,
        on_connect=case.request.on_connect,
        on_problem=case.say,
        dump=dump,
        mishaps=case.mishaps,
    )


def _commits(case: Case, commit: str | None) -> Commits | None:
    repository, writer = case.repository, case.writer
    if repository is None:
        note = "there is no git repository here that can be read"
        writer.add(EvidenceKind.GIT, "the repository", Outcome.ABSENT, note=note)
        return None
    if not case.request.history:
        writer.add(
            EvidenceKind.GIT,
            "the repository",
            Outcome.SKIPPED,
            note="the history was not requested",
        )
        return None
    from forensics.collect.commits import collect_commits

    case.say("Reading the git history of the migrations")
    folders = {tool.folder for tool in case.tools}
    configs = {tool.config for tool in case.tools if tool.config}
    paths = tuple(sorted(folders | configs))
    return collect_commits(
        repository,
        paths,
        writer,
        mask=case.redactor.mask,
        identity=case.identity,
        at=commit,
        seconds=case.deadline.left(limits.GIT_SECONDS),
    )


def _read(case: Case, database: Database | None, commits: Commits | None) -> Iterator[Facts]:
    """Let every adapter read what it will read again from the bundle."""
    for adapter in ADAPTERS:
        for tool in case.tools:
            if tool.name == adapter.name:
                read = partial(_examined, adapter.of_use(tool), case.tree, tool, database, commits)
                part = f"the reading of {tool.folder}"
                with case.alarm(part):  # not left out: what is read here is what analysis reads
                    found = case.mishaps.guard(part, read, None)
                if found is not None and found.recovered is not None:
                    case.mishaps.add(found.recovered.mishaps)
                    yield found


def _examined(
    adapter: Adapter,
    tree: Tree,
    tool: ToolUse,
    database: Database | None,
    commits: Commits | None,
) -> Facts:
    facts, recovers = adapter.facts(tree, tool, database, commits), adapter.recovers
    return replace(facts, recovered=recovers.recover(tree, facts, None) if recovers else None)


def _objects(case: Case, commits: Commits | None, facts: tuple[Facts, ...]) -> None:
    """Search all that git holds for what was applied and is nowhere else."""
    wanted = frozenset(digest for each in facts for digest in wanted_hashes(each))
    if case.repository is None or commits is None or not wanted:
        return
    from forensics.collect.objects import search_objects

    case.say("Searching all objects of git for what was applied")
    known = frozenset(blob.id for blob in commits.blobs if blob.sha256)
    stamps = frozenset(stamp for each in facts for stamp in wanted_stamps(each))
    search_objects(
        case.repository,
        wanted,
        known,
        case.writer,
        mask=case.redactor.mask,
        stamps=stamps,
        seconds=case.deadline.left(limits.OBJECT_SECONDS),
    )


def _check_hints(tree: Tree, hints: Hints) -> None:
    """Raises `NothingToExamine` where the user named what is not there."""
    if hints.config is not None and tree.read(hints.config).outcome is Outcome.ABSENT:
        raise NothingToExamine(
            f"--config: there is no file {hints.config}; the path counts from PROJECT."
        )
    folder = hints.out_folder
    if folder is not None and tree.folder(folder).outcome is Outcome.ABSENT:
        raise NothingToExamine(
            f"--out-folder: there is no folder {folder}; the path counts from PROJECT."
        )


def _no_folder(tool: ToolUse) -> str:
    return (
        f"{tool.config or 'No config'} names the migration folder {tool.folder}, and there is no "
        "such folder: nothing was generated yet, or it is elsewhere. Give it with --out-folder "
        "DIR."
    )


def _late(deadline: Deadline) -> str:
    return (
        f"No migration tool was found before {deadline.note}. Give the project's folder, or more "
        "time with --time-limit SECONDS."
    )


def _nothing(project: Path) -> str:
    looked = "; ".join(f"{adapter.traces} ({adapter.name})" for adapter in ADAPTERS)
    return (
        f"No migration tool was found below {project}: looked for {looked}. "
        "Give the project's folder, or --out-folder DIR."
    )
