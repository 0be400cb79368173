"""The directories of migrations, as the collector looks at them."""

from forensics.adapters.base import Hints
from forensics.adapters.prisma import Prisma
from tests.adapters.prisma.samples import HEALTHY
from tests.support.trees import DictTree


def test_files_are_looked_at_in_the_order_of_their_names() -> None:
    """So the evidence has the same numbers in every run, whatever strings hash to."""
    names = [f"2026010{number}000000_step" for number in range(1, 10)]
    paths = [f"prisma/migrations/{name}/migration.sql" for name in names]
    tree = DictTree(HEALTHY | dict.fromkeys(paths, "SELECT 1;"))
    [tool] = Prisma().detect(tree, "", Hints())
    Prisma().facts(tree, tool, None, None)
    seen = [path for kind, path in tree.looked_at if path.endswith("/migration.sql")]
    assert seen == sorted(seen) and set(paths) <= set(seen)
