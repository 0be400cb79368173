"""The config reads compiled schema code, and the scripts do not build it first."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.facts import CompiledSchema
from forensics.model import Artefact, Finding, Fix, Safety, Severity
from forensics.model.wording import listed
from forensics.rules._base import rule


@rule(artefact=Artefact.CONFIG, since="0.2.0")
def compiled_schema_not_built(compiled: CompiledSchema | None) -> Iterator[Finding]:
    """
    The config reads compiled schema code, and the scripts do not build it first.

    ## What breaks

    Nothing while the build is current. If it is older than the source, the next generated migration
    lacks what was added since, or drops what the older build does not have yet, and no command says
    so. If there is no build at all, commands that read the schema code fail.

    ## Evidence

    The config points into a folder of build output, and the script that runs the tool has no build
    step. Where source and output could both be read, the tables that only the source has.

    ## Not this

    A script that builds first, or that a hook such as `predb:generate` precedes, is fine. Forensics
    does not see a build step in CI or in a task runner. If everybody uses that, nothing is wrong.

    ## Fix

    Build in the script, before the tool runs. Or let the config read the source itself, if the tool
    can.

    ## Fix safety

    Safe: it changes no database and no migration. Each run takes as long as the build.

    ## Prevention

    Let each script build the code before a command in it reads the build.
    """
    if compiled is None:
        return
    yield compiled_schema_not_built.finding(
        severity=Severity.MEDIUM if compiled.lacks else Severity.NOTE,
        subject=compiled.config,
        title=_title(compiled),
        root_cause=_root_cause(compiled),
        evidence=compiled.evidence,
        alternatives=tuple(_fixes(compiled)),
        paths=(compiled.config, compiled.package),
    )


def _title(compiled: CompiledSchema) -> str:
    if compiled.lacks:
        return f"{compiled.config} reads {compiled.path}, which lacks tables of its source"
    return f"{compiled.config} reads {compiled.path}, and no script builds that first"


def _root_cause(compiled: CompiledSchema) -> Iterator[str]:
    yield f"{compiled.config} takes the schema code from {compiled.path}, which a build makes."
    if compiled.missing:
        yield "There is no such file here, so a command that reads it fails."
    if compiled.lacks:
        names = listed([f"`{name}`" for name in compiled.lacks[:_MOST]])
        more = len(compiled.lacks) - _MOST
        yield (
            f"{compiled.source} has {names}{f' and {more} more' if more > 0 else ''}, and what was "
            "built from it has not: a migration that is generated now lacks them, or drops them."
        )
    if compiled.without:
        yield (
            f"In {compiled.package}, {listed([f'`{name}`' for name in compiled.without])} "
            f"{'runs' if len(compiled.without) == 1 else 'run'} the tool without building first."
        )
    else:
        yield f"No script of {compiled.package} generates migrations, so none builds it first."
    if not compiled.build:
        yield "No script that builds was found there."


_MOST = 5


def _fixes(compiled: CompiledSchema) -> Iterator[Fix]:
    if compiled.scripts:
        yield Fix(
            title=f"Build before the tool runs, in {compiled.package}",
            steps=tuple(
                it.by_hand(f"Check that `{compiled.build}` is what writes {compiled.path}.")
                for it in compiled.scripts
            ),
            safety=Safety.SAFE,
            safety_note="It changes no database and no migration.",
            needed=False,
        )
