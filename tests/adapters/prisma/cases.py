"""Cases of Prisma for the tests of rules."""

from collections.abc import Mapping

from forensics.adapters.base import Adapter
from forensics.adapters.prisma import Prisma
from forensics.facts import Database, Facts, LiveTable, TrackingRow
from forensics.model import Finding
from forensics.rules._base import Rule
from tests.adapters.prisma.samples import HEALTHY, database, table
from tests.build import Case, ask


class PrismaCase(Case):
    """A project of Prisma, its database and its git history."""

    adapter: Adapter = Prisma()

    @property
    def examined(self) -> Facts:
        """With all that is compared."""
        return self.scene.examined()

    def found(self, rule: Rule) -> tuple[Finding, ...]:
        """What a rule finds once everything was compared."""
        return ask(rule, self.examined)


def case(
    *held: LiveTable | TrackingRow | str,
    files: Mapping[str, str | bytes] = HEALTHY,
    seen: Database | None = None,
) -> PrismaCase:
    """A project with these tables and rows; a name is the row of an applied migration."""
    tables = [it for it in held if isinstance(it, LiveTable)]
    rows = [it for it in held if not isinstance(it, LiveTable)]
    return PrismaCase(files, seen or database(tables, table(*rows)))
