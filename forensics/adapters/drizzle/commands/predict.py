"""The behaviour model: what drizzle-kit's commands would do in the state that facts describe."""

from __future__ import annotations

from forensics.adapters.base import Rewrite
from forensics.adapters.drizzle.behaviour import behaviour_of, stranger_to_the_model
from forensics.adapters.drizzle.commands import pending
from forensics.adapters.drizzle.commands.by_wrangler import applying_of, elsewhere
from forensics.adapters.drizzle.commands.check import predict_check, predict_generate
from forensics.adapters.drizzle.commands.drop import rewrite_by_drop
from forensics.adapters.drizzle.commands.migrate import file_problem, predict_migrate
from forensics.adapters.drizzle.commands.push import doomed_by_push, predict_push
from forensics.adapters.drizzle.commands.up import rewrite_by_up
from forensics.adapters.drizzle.dialects import follows
from forensics.adapters.drizzle.v1.releases import is_modelled
from forensics.adapters.predictions import unknown
from forensics.dialects import dialect_of
from forensics.dialects.engine import Engine
from forensics.evidence.tree import Tree
from forensics.facts import Applying, Facts
from forensics.model import Prediction, TableName

_PREDICTORS = {"check": predict_check, "generate": predict_generate, "push": predict_push}


def predict(facts: Facts, command: str, engine: Engine | None = None) -> Prediction:
    """Predict a command that reports show; `KeyError` for another word.

    Where a command would run SQL, `engine` says what that does.

    Exit codes are those without a terminal, as in a pipeline. Releases outside 0.21 to 0.31, and
    whatever was not collected, give `CommandOutcome.UNKNOWN`; an unknown release is taken for
    0.31.11 (see `behaviour_of`).
    """
    behaviour = behaviour_of(facts.tool)
    if behaviour is None and is_modelled(facts.tool, facts.tool.version):
        from forensics.adapters.drizzle.v1.commands import predict_on_journal

        return predict_on_journal(facts, command)
    if behaviour is None:
        return unknown(command, stranger_to_the_model(facts.tool))
    if command == "migrate" and (why := elsewhere(facts)):
        return unknown(command, why)
    if command == "migrate":
        return predict_migrate(facts, behaviour, engine or dialect_of(facts.tool).run)
    return _PREDICTORS[command](facts, behaviour)


def applying(facts: Facts, engine: Engine | None = None) -> Applying | None:
    """What `migrate` would send, and where that stops; `None` where that is not known.

    Nor is it where a broken file stops it before the first statement.
    """
    if behaviour_of(facts.tool) is None or facts.history is None or facts.files is None:
        return None
    if elsewhere(facts):
        return applying_of(facts, facts.folder_run) if facts.folder_run else None
    if file_problem(facts) is not None:
        return None
    return pending.applying(facts, engine or dialect_of(facts.tool).run)


def rewrite(tree: Tree, facts: Facts, command: str, answer: str | None = None) -> Rewrite | None:
    """What `up` or `drop` would do to the files; `None` for another command or release."""
    behaviour = behaviour_of(facts.tool)
    if behaviour is None:
        from forensics.adapters.drizzle.v1.up import rewrite_by_up as of_1_0

        return of_1_0(tree, facts.tool) if command == "up" else None
    if command == "up":
        return rewrite_by_up(tree, facts, behaviour)
    return rewrite_by_drop(tree, facts, behaviour, answer) if command == "drop" else None


def dropped_by_push(facts: Facts) -> tuple[TableName, ...]:
    """The tracking tables that `push` drops where nobody stops it."""
    behaviour = behaviour_of(facts.tool)
    if behaviour is None or facts.tracking is None or not follows(facts.tool):
        return ()
    return tuple(table.name for table in doomed_by_push(facts, behaviour))
