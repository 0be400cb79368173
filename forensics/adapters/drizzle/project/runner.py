"""Says what applies the migrations of a folder, since that decides what its issues are worth."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forensics.adapters.drizzle.project.applying_code import Code, OwnRunner
from forensics.adapters.drizzle.project.survey import Survey
from forensics.adapters.npm.packages import ScriptStep
from forensics.evidence.tree import Tree, join, split
from forensics.facts import MigratorCall, ToolUse
from forensics.model import Record

KIT = re.compile(r"\bdrizzle-kit(?:@\S+)?\s+(\w+)(.*)")
_CONFIG = re.compile(r"--config[=\s]+[\"']?([^\s\"']+)")
_RUNS_FILE = re.compile(
    r"\b(?:tsx|ts-node|ts-node-esm|bun|node|esno|jiti|vite-node|deno)\b.*?"
    r"([^\s\"'=]+\.[cm]?[jt]s)\b"
)
_CONCERNS = re.compile(r"migrat|drizzle|\bdb\b|database|deploy|release|start", re.IGNORECASE)
_WRANGLER = re.compile(r"\bwrangler(?:@\S+)?\s+d1\s+migrations\s+apply\b")
_OF_WRANGLER = ("wrangler.toml", "wrangler.json", "wrangler.jsonc")
_OF_NUXTHUB = ("server/database/migrations", "server/db/migrations")
_SUPABASE = re.compile(r"\bsupabase(?:@\S+)?\s+(?:db\s+(?:push|reset)|migration\s+up|start)\b")
_MIGRATIONS_DIR = re.compile(
    r"[\"']?(?:migrations_dir|migrationsDir)[\"']?\s*[=:]\s*[\"'`]([^\"'`]+)"
)


class Runner(Record, frozen=True, kw_only=True):
    """What applies the migrations of one folder, in words, and whether it asks the journal."""

    text: str | None = None
    reads_folder: bool = False
    applies: bool = False
    """Whether it applies migrations; a command that pushes the schema does not."""
    calls: tuple[MigratorCall, ...] = ()
    kit_applies: bool = False
    """Whether a script runs `drizzle-kit migrate`."""
    evidence: tuple[str, ...] = ()


class _Found(Record, frozen=True, kw_only=True):
    text: str
    evidence: str
    reads_folder: bool = False


def config_of(step: ScriptStep) -> str | None:
    """The config that a drizzle-kit command names, as a path in the tree."""
    found = _CONFIG.search(step.text) if KIT.search(step.text) else None
    return join(step.folder, found[1]) if found else None


def file_of(step: ScriptStep) -> str | None:
    """The script file that a command runs, as a path in the tree."""
    found = _RUNS_FILE.search(step.text)
    return join(step.folder, found[1]) if found else None


def concerns(step: ScriptStep) -> bool:
    """Whether a command may have to do with a database, by the words in it and in its name."""
    return _CONCERNS.search(f"{step.script} {step.text}") is not None


def find_runner(tree: Tree, tool: ToolUse, survey: Survey, code: Code, alone: bool) -> Runner:
    """Everything that may apply the folder's migrations, the likeliest first.

    `alone` says that this is the only use of the tool: then code that names no folder is its own.
    """
    package = survey.package_folder(f"{tool.folder}/")
    calls = tuple(call for call in code.calls if _is_for(call, tool, survey, alone))
    own = (
        it
        for it in code.runners
        if alone or survey.package_folder(it.path) == package or tool.folder in it.text
    )
    kit = list(_kit(tool, survey, "migrate"))
    applying = [
        *_readers_of_the_folder(tree, tool, survey),
        *kit,
        *_calls(calls, survey),
        *_own(own),
    ]
    found = applying or list(_kit(tool, survey, "push"))
    texts = dict.fromkeys(it.text for it in found)
    return Runner(
        text="; ".join(texts) or None,
        reads_folder=any(it.reads_folder for it in found),
        applies=bool(applying),
        calls=calls,
        kit_applies=bool(kit),
        evidence=tuple(dict.fromkeys(it.evidence for it in found)),
    )


def _is_for(call: MigratorCall, tool: ToolUse, survey: Survey, alone: bool) -> bool:
    if call.folder is not None and (call.folder in survey.journals or not alone):
        return call.folder == tool.folder
    return alone


def _readers_of_the_folder(tree: Tree, tool: ToolUse, survey: Survey) -> Iterator[_Found]:
    if tool.dialect in ("sqlite", "turso", None):
        yield from _d1(tree, tool, survey)
    yield from _nuxthub(tool, survey)
    if tool.folder.endswith("supabase/migrations"):
        steps = (step for step in survey.steps if _SUPABASE.search(step.text))
        for step in steps:
            yield _found("supabase", step, reads_folder=True)


def _nuxthub(tool: ToolUse, survey: Survey) -> Iterator[_Found]:
    """NuxtHub applies every .sql file of its folders, and records them in a table of its own.

    Source: hub.nuxt.com/docs/database/migrations and the 0.8 release notes.
    """
    for package in survey.packages.values():
        if package.range_of("@nuxthub/core") and any(
            tool.folder in (folder, join(folder, tool.dialect or ""))
            for folder in (join(package.folder, name) for name in _OF_NUXTHUB)
        ):
            text = f"NuxtHub ({package.path})"
            yield _Found(text=text, evidence=package.evidence, reads_folder=True)


def _d1(tree: Tree, tool: ToolUse, survey: Survey) -> Iterator[_Found]:
    """Configs of wrangler and alchemy that name the folder; wrangler's default is `migrations`.

    Where a script runs wrangler and its config is not in the project, as where that is ignored,
    the folder is the only one that it can mean, if there is one only.
    """
    steps = [step for step in survey.steps if _WRANGLER.search(step.text)]
    hidden = not any(split(path)[1] in _OF_WRANGLER for path in survey.wranglers)
    if steps and hidden and len(survey.journals) == 1 and tool.folder in survey.journals:
        yield _found("wrangler d1 migrations apply", steps[0], reads_folder=True)
    for path in survey.wranglers:
        read = tree.read(path)
        folder = split(path)[0]
        named = _MIGRATIONS_DIR.findall(read.text or "") or (
            ["migrations"] if "d1_databases" in (read.text or "") else []
        )
        if not any(join(folder, name) == tool.folder for name in named):
            continue
        if "alchemy" in split(path)[1]:
            yield _Found(text=f"alchemy ({path})", evidence=read.evidence, reads_folder=True)
        elif steps:
            yield _found("wrangler d1 migrations apply", steps[0], reads_folder=True)
        elif _MIGRATIONS_DIR.search(read.text or ""):
            text = f"wrangler d1 migrations apply ({path})"
            yield _Found(text=text, evidence=read.evidence, reads_folder=True)


def _kit(tool: ToolUse, survey: Survey, command: str) -> Iterator[_Found]:
    if tool.config is None and survey.configs:  # then the command has another folder in mind
        return
    for step in survey.steps:
        found = KIT.search(step.text)
        named = config_of(step)
        here = step.folder == tool.working_folder if named is None else named == tool.config
        if found and found[1] == command and here:
            yield _found(f"drizzle-kit {command}", step)


def _calls(calls: tuple[MigratorCall, ...], survey: Survey) -> Iterator[_Found]:
    scripts = {file_of(step): step for step in reversed(survey.steps)}
    for call in calls:
        text = f"migrate() of drizzle-orm in {call.path}"
        if (step := scripts.get(call.path)) is not None:
            yield _found(text, step)
        else:
            yield _Found(text=text, evidence=call.evidence)


def _own(runners: Iterator[OwnRunner]) -> Iterator[_Found]:
    for runner in runners:
        yield _Found(
            text=runner.describe(), evidence=runner.evidence, reads_folder=runner.reads_folder
        )


def _found(text: str, step: ScriptStep, *, reads_folder: bool = False) -> _Found:
    return _Found(text=f"{text} ({step.source})", evidence=step.evidence, reads_folder=reads_folder)
