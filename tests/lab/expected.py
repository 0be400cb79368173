"""The reference matrix: what each kit is known to do for each subset of the four faults."""

from tests.lab.build import Fault
from tests.lab.matrix import Arm, Cell, Subset, cells
from tests.lab.story import story
from tests.lab.transcript import Outcome

Answer = tuple[Outcome, int, str]

FINE = (Outcome.PASSES, 0, "Everything's fine 🐶🔥")
NOTHING = (Outcome.PASSES, 0, "No schema changes, nothing to migrate 😴")
APPLIED = (Outcome.PASSES, 0, "[✓] migrations applied successfully!")
SILENT = (Outcome.BLOCKED, 1, "")
DROP = (Outcome.ASKS, 0, "You're about to delete __drizzle_migrations table with 6 items")
NOT_JSON = "Unexpected token '/', \"/c/Users/d\"... is not valid JSON"
SNAPSHOT = "drizzle/meta/0000_snapshot.json"
# Of the clinic: 0000 passes a second time, because 0.21.4 writes IF NOT EXISTS.
EXISTS = 'error: column "insurance_number" of relation "patients" already exists'


def expected_matrix(arm: Arm) -> dict[Cell, Answer]:
    """Outcome, exit code and first line of all cells of an arm that are run."""
    return {cell: expected(arm, *cell) for cell in cells(arm)}


def expected(arm: Arm, subset: Subset, command: str) -> Answer:
    """Outcome, exit code and first line of any cell; `make lab-full` runs them all."""
    return ANSWERS[command](arm, subset)


def _check(arm: Arm, subset: Subset) -> Answer:
    if Fault.F1 in subset:
        name = "SyntaxError: " if arm.kit == "0.21.4" else ""
        return Outcome.BLOCKED, 1, name + NOT_JSON
    if _outdated(arm):
        line = f'{SNAPSHOT} is not of the latest version, please run "drizzle-kit up"'
        return Outcome.BLOCKED, 1, line
    return FINE


def _generate(arm: Arm, subset: Subset) -> Answer:
    if Fault.F1 in subset:
        return Outcome.BLOCKED, 0, f"SyntaxError: {NOT_JSON}"
    if _outdated(arm):
        return Outcome.BLOCKED, 0, f"{SNAPSHOT}/snapshot.json is not of the latest version"
    return NOTHING


def _migrate(arm: Arm, subset: Subset) -> Answer:
    if not subset & {Fault.F2, Fault.F4}:
        return APPLIED
    if arm.kit == "0.31.11":
        return SILENT
    if Fault.F2 in subset:
        file = f"./drizzle/{story(arm.project).tags[-1]}.sql"
        return Outcome.BLOCKED, 1, f"Error: No file {file} found in ./drizzle folder"
    return Outcome.BLOCKED, 1, EXISTS


def _push(arm: Arm, subset: Subset) -> Answer:
    return DROP


def _outdated(arm: Arm) -> bool:
    return arm.kit == "0.31.11" and arm.project == "clinic" and not arm.upgraded


ANSWERS = {"check": _check, "generate": _generate, "migrate": _migrate, "push": _push}
