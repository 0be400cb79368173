"""Finds every use of drizzle-kit in a project: configs, and journals that no config claims."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from msgspec.structs import replace

from forensics.adapters.base import Hints
from forensics.adapters.drizzle.behaviour import is_newer
from forensics.adapters.drizzle.command_line import FAMILY, WORDS, WORDS_OF_1_0
from forensics.adapters.drizzle.dialects import follows, is_mysql, is_sqlite, of_journal
from forensics.adapters.drizzle.folder.journal import read_history
from forensics.adapters.drizzle.ledger import LEDGER, ON_MYSQL, ON_SQLITE, named
from forensics.adapters.drizzle.project.applying_code import Code, find_code
from forensics.adapters.drizzle.project.config import Config, default_tracking, read_config
from forensics.adapters.drizzle.project.drivers import configured, find_driver
from forensics.adapters.drizzle.project.locking import lock_examples, takes_lock
from forensics.adapters.drizzle.project.openers import openers
from forensics.adapters.drizzle.project.runner import concerns, config_of, file_of, find_runner
from forensics.adapters.drizzle.project.survey import BUILT, FIXTURES, Survey
from forensics.adapters.drizzle.v1.folder import dialect_of as of_folders
from forensics.adapters.drizzle.v1.releases import NEWEST, is_modelled, release_of
from forensics.adapters.npm.packages import ancestors, unreadable
from forensics.adapters.npm.versions import find_version
from forensics.dialects import dialect_named
from forensics.evidence.tree import EntryKind, Tree, join, split
from forensics.facts import Family, Option, ToolUse, Unread
from forensics.model import Outcome, TableName, WriteFile

NAME = "drizzle-kit"
_FOLDER_OF_1_0 = re.compile(r"\d{14}_.+")


def layout_of_1_0(version: str | None) -> Unread:
    """Why a folder of a release of 1.0 is not judged."""
    release = release_of(version)
    named = f", here of {release}," if release else ","
    return Unread(
        what=f"rules for the folder layout of drizzle 1.0{named} which this version does not judge",
        how_to_get_it=f"use a later version of forensics; it judges {NEWEST} and, on PostgreSQL, "
        "the one before",
    )


def detect(tree: Tree, root: str, hints: Hints) -> tuple[ToolUse, ...]:
    """Every use of drizzle-kit below `root`, by folder; what the user told us wins."""
    survey = Survey(tree, root)
    configs = list(_configs(tree, survey, root, hints))
    found = list(_distinct(_tool(config, folders, survey) for config, folders in configs))
    if hints.config is None:
        bare = list(_unconfigured(tree, survey, found))
        found = [*_misled(tree, found, bare), *bare]
    found = _hinted(found, hints, root)
    run = [path for step in survey.steps if (path := file_of(step)) is not None and concerns(step)]
    beside_schema = [
        path for config, folders in configs for path in _beside_schema(config, folders)
    ]
    code = find_code(tree, survey, (*run, *beside_schema))
    complete = [_complete(tree, tool, survey, code, len(found) == 1) for tool in found]
    settled = _without_rivals(complete) if hints.tracking_table is None else complete
    return tuple(sorted(settled, key=lambda tool: (tool.folder, tool.config or "")))


# --- With a config ------------------------------------------------------------------------------


def _configs(
    tree: Tree, survey: Survey, root: str, hints: Hints
) -> Iterator[tuple[Config, list[str]]]:
    """Every config with the folders in which the tool may run, the likeliest first."""
    named = [path for step in survey.steps if (path := config_of(step)) is not None]
    paths = [_below(root, hints.config)] if hints.config else [*survey.configs, *named]
    for path in dict.fromkeys(paths):
        folders = [step.folder for step in survey.steps if config_of(step) == path]
        folders.append(split(path)[0])
        if (config := read_config(tree, path, folders[0])) is not None:
            yield config, folders


def _beside_schema(config: Config, folders: list[str]) -> Iterator[str]:
    """The `index.ts` next to the schema, where small projects migrate when they start."""
    for schema in config.schema[:1]:
        folder = split(join(folders[0], schema))[0]
        if split(folder)[1].startswith("schema"):
            folder = split(folder)[0]
        if join(folder, "index.ts") != join(folders[0], schema):
            yield join(folder, "index.ts")


def _tool(config: Config, working_folders: list[str], survey: Survey) -> ToolUse:
    working_folder, folder = _place(config, working_folders, survey)
    return ToolUse(
        words=WORDS,
        ledger=LEDGER.shape,
        name=NAME,
        folder=folder,
        family=FAMILY,
        config=config.path,
        dialect=config.dialect,
        version=None,
        driver=configured(config),
        tracking=config.tracking,
        tracking_source=config.tracking_source,
        schema_filter=config.schema_filter,
        tables_filter=config.tables_filter,
        working_folder=working_folder,
        out=config.out or posixpath.relpath(f"/{folder}", f"/{working_folder}"),
        unread=config.unread,
        config_evidence=config.evidence,
        evidence=(survey.evidence, config.evidence),
    )


def _place(config: Config, working_folders: list[str], survey: Survey) -> tuple[str, str]:
    """Working folder and migration folder: the first pair with a journal, else the likeliest."""
    first = working_folders[0]
    if config.absolute_out is not None:
        return first, config.absolute_out
    own = split(config.path)[0]
    if config.out is None:
        below = [
            folder for folder in survey.journals if folder.startswith(f"{own}/" if own else "")
        ]
        return first, below[0] if len(below) == 1 else join(first, "drizzle")
    pairs = [(base, join(base, config.out)) for base in working_folders]
    # Run from further up, as nx and turbo do: then `out` spells the way down to the config.
    pairs += [
        (base, join(base, config.out))
        for base in ancestors(own)
        if join(base, config.out).startswith(f"{own}/") and base != own
    ]
    return next((pair for pair in pairs if pair[1] in survey.journals), pairs[0])


def _distinct(tools: Iterator[ToolUse]) -> Iterator[ToolUse]:
    """One use per folder, table and dialect: a config per environment is still one use."""
    seen: set[tuple[str, TableName | None, str | None]] = set()
    for tool in tools:
        key = (tool.folder, tool.tracking, tool.dialect)
        if key not in seen:
            seen.add(key)
            yield tool


# --- Without one --------------------------------------------------------------------------------


def _unconfigured(tree: Tree, survey: Survey, found: list[ToolUse]) -> Iterator[ToolUse]:
    claimed = {tool.folder for tool in found}
    for folder in survey.journals:
        skipped = survey.is_in(f"{folder}/", BUILT | FIXTURES)
        if folder not in claimed and not skipped:
            tool = _bare(folder, survey)
            history = read_history(tree, tool)
            if history.problem is not None or history.dialect is not None:
                yield tool
    for folder in survey.folder_layouts:
        if folder not in claimed and not survey.is_in(f"{folder}/", BUILT | FIXTURES):
            yield _bare(folder, survey)


def _misled(tree: Tree, found: list[ToolUse], bare: list[ToolUse]) -> Iterator[ToolUse]:
    """A config names a folder which is not there, and none names the only one that is."""
    other = bare[0].folder if len(found) == len(bare) == 1 else None
    for tool in found:
        beside = other is not None and split(other)[0] == split(tool.folder)[0]
        gone = beside and tree.folder(tool.folder).outcome is Outcome.ABSENT
        if not gone or other is None:
            yield tool
        else:
            copied = tuple(_copied(tree, other, tool.folder))
            yield replace(tool, elsewhere=other, as_if_here=copied)


def _copied(tree: Tree, folder: str, to: str) -> Iterator[WriteFile]:
    for below in ("", "meta"):
        place = join(folder, below) if below else folder
        for name in sorted(tree.folder(place).names()):
            text = tree.read(join(place, name)).text
            if text is not None:
                path = join(join(to, below) if below else to, name)
                yield WriteFile(path=path, before=None, after=text)


def _bare(folder: str, survey: Survey) -> ToolUse:
    working_folder = survey.package_folder(f"{folder}/")
    if working_folder == folder:
        working_folder = split(folder)[0]
    return _without_config(folder, working_folder, (survey.evidence,))


def _without_config(folder: str, working_folder: str, evidence: tuple[str, ...] = ()) -> ToolUse:
    return ToolUse(
        words=WORDS,
        ledger=LEDGER.shape,
        name=NAME,
        folder=folder,
        family=FAMILY,
        config=None,
        dialect=None,
        version=None,
        working_folder=working_folder,
        out=posixpath.relpath(f"/{folder}", f"/{working_folder}"),
        unread=(_no_config(folder),),
        evidence=evidence,
    )


# --- What the user told us ----------------------------------------------------------------------


def _no_config(folder: str) -> Unread:
    return Unread(
        what=f"a drizzle config that names {folder}",
        how_to_get_it="give --config, or --tracking-table SCHEMA.TABLE",
        options=(Option.CONFIG, Option.TRACKING_TABLE),
    )


def _hinted(found: list[ToolUse], hints: Hints, root: str) -> list[ToolUse]:
    if hints.out_folder is not None:
        folder = _below(root, hints.out_folder)
        told = [_told(tool, Option.OUT_FOLDER) for tool in found]
        found = (
            [tool for tool in told if tool.folder == folder]
            or [replace(tool, folder=folder, out=hints.out_folder) for tool in told[:1]]
            or [_without_config(folder, root)]
        )
    if (table := hints.tracking_table) is not None:
        told = [_told(tool, Option.TRACKING_TABLE) for tool in found]
        found = [replace(tool, tracking=table, tracking_source="option") for tool in told]
    return [replace(tool, node_version=hints.node_version) for tool in found]


def _below(root: str, path: str) -> str:
    """A path that the user gave, which may count from the root or from the tree's top."""
    return path if root and path.startswith(f"{root}/") else join(root, path)


def _told(tool: ToolUse, option: Option) -> ToolUse:
    """The same, with what an option says no longer in doubt."""
    return replace(tool, unread=tuple(it for it in tool.unread if option not in it.options))


# --- What the rest of the project says ----------------------------------------------------------


def _complete(tree: Tree, tool: ToolUse, survey: Survey, code: Code, alone: bool) -> ToolUse:
    """Add dialect, versions and runner."""
    tool = _with_dialect(tree, tool)
    if is_sqlite(tool):
        tool = replace(tool, ledger=ON_SQLITE, schema_filter=("main",))
    if is_mysql(tool):
        tool = replace(tool, ledger=ON_MYSQL, schema_filter=("",))
    own = split(tool.config)[0] if tool.config else tool.working_folder
    kit = find_version(tree, "drizzle-kit", own, survey.packages)
    orm = find_version(tree, "drizzle-orm", own, survey.packages)
    runner = find_runner(tree, tool, survey, code, alone)
    later = has_layout_of_1_0(tree, tool.folder)
    judged = _is_of_1_0(tree, tool, kit.version, later=later)
    if not (tool.schema_filter or judged or is_modelled(tool, kit.version)):
        tool = replace(tool, schema_filter=("public",))  # 1.0 compares all of them
    if judged:
        tool = replace(tool, family=Family.SET, ledger=named(tool), words=WORDS_OF_1_0)
    layout = () if judged else _not_judged(tool, kit.version, later=later)
    package = unreadable(tree, own)
    tool = replace(
        tool,
        version=kit.version,
        version_source=kit.source,
        orm_version=orm.version,
        runner=runner.text,
        runner_reads_folder=runner.reads_folder,
        runner_applies=runner.applies,
        driver=find_driver(tool, survey.packages, () if runner.kit_applies else runner.calls),
        migrator_calls=runner.calls,
        later_layout=later and not judged,
        unread=(*tool.unread, *kit.unread, *orm.unread, *layout, *([package] if package else ())),
        evidence=tuple(
            dict.fromkeys((*tool.evidence, *kit.evidence, *orm.evidence, *runner.evidence))
        ),
    )
    tool = _with_default_table(tool) if tool.config is None else tool
    return replace(
        tool,
        openers=openers(tool, survey.packages),
        takes_lock=takes_lock(tool.migrator_calls),
        lock_examples=lock_examples(tool),
    )


def _with_dialect(tree: Tree, tool: ToolUse) -> ToolUse:
    """The dialect of the journal, or of the snapshots of 1.0, where the config does not say it."""
    if tool.dialect is not None:
        return tool
    dialect = of_journal(read_history(tree, tool).dialect) or of_folders(tree, tool.folder)
    spoken = dialect_named(dialect)
    if spoken.has_schemas or tool.tracking is None:
        return replace(tool, dialect=dialect)
    table = default_tracking(spoken)
    if table is not None:
        table = replace(table, table=tool.tracking.table)
    return replace(
        tool,
        dialect=dialect,
        tracking=table,
        tracking_source=tool.tracking_source if table else "",
    )


def _with_default_table(tool: ToolUse) -> ToolUse:
    """The table of a folder without config: what the code that applies it says, or the default."""
    default = default_tracking(dialect_named(tool.dialect))
    if tool.dialect is None or default is None or tool.tracking is not None:
        return tool
    tables = {call.tracking for call in tool.migrator_calls}
    if tables and tables != {default}:
        table = tables.pop() if len(tables) == 1 else None
        return replace(tool, tracking=table, tracking_source="code" if table else "")
    return replace(tool, tracking=default, tracking_source="default")


def _without_rivals(tools: list[ToolUse]) -> list[ToolUse]:
    """A folder without config is not said to keep its rows in the table of one that has one."""
    taken = [tool.tracking for tool in tools if tool.tracking_source == "default"]
    return [
        replace(tool, tracking=None, tracking_source="")
        if tool.config is None
        and tool.tracking_source == "default"
        and taken.count(tool.tracking) > 1
        else tool
        for tool in tools
    ]


def _is_of_1_0(tree: Tree, tool: ToolUse, version: str | None, *, later: bool) -> bool:
    """Whether the folder is that of a modelled 1.0, or will be once a migration is generated.

    An unknown release is taken for one if nothing of an earlier layout is there.
    """
    if later and is_modelled(tool, version):
        return True
    journal = tree.read(join(tool.folder, "meta/_journal.json"))
    if journal.outcome is not Outcome.ABSENT:
        return False
    if version is None:
        return later and (follows(tool) or is_sqlite(tool))
    return is_modelled(tool, version)


def _not_judged(tool: ToolUse, version: str | None, *, later: bool) -> tuple[Unread, ...]:
    if later:
        return (layout_of_1_0(version),)
    if not is_newer(version) or is_modelled(tool, version):
        return ()
    new = f"what is new in drizzle-kit {version}, which this version does not know"
    return (Unread(what=new, how_to_get_it="use a later version of forensics", whole=True),)


def has_layout_of_1_0(tree: Tree, folder: str) -> bool:
    """Whether the folder holds `<14 digits>_<name>` folders, as drizzle 1.0 writes them."""
    listing = tree.folder(folder)
    return listing.outcome is Outcome.COLLECTED and any(
        entry.kind is EntryKind.FOLDER and _FOLDER_OF_1_0.fullmatch(entry.name)
        for entry in listing.entries
    )
