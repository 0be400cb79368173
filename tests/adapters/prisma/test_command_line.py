"""How the commands of Prisma are typed."""

import pytest

from forensics.adapters.prisma import Prisma
from forensics.errors import BadAction
from forensics.model import ToolCommand


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("npx prisma migrate deploy", ToolCommand(command="migrate deploy")),
        ("pnpm exec prisma@6 migrate dev --skip-seed", ToolCommand(command="migrate dev")),
        ("prisma migrate status --schema db/x.prisma", ToolCommand(command="migrate status")),
        ("npx prisma db push --accept-data-loss", ToolCommand(command="db push", force=True)),
        ("prisma migrate reset --force", ToolCommand(command="migrate reset")),
        (
            "npx prisma migrate resolve --applied 2026_x",
            ToolCommand(command="migrate resolve --applied", migration="2026_x"),
        ),
        (
            "prisma migrate resolve --rolled-back=2026_x",
            ToolCommand(command="migrate resolve --rolled-back", migration="2026_x"),
        ),
    ],
)
def test_a_line_is_understood(line: str, command: ToolCommand) -> None:
    """By whichever program it is started."""
    assert Prisma().typed(line.split()) == command


@pytest.mark.parametrize("line", ["npx prisma generate", "drizzle-kit push", "prisma", "ls"])
def test_another_program_is_not_its_own(line: str) -> None:
    """Nor a command that touches neither migrations nor database."""
    assert Prisma().typed(line.split()) is None


@pytest.mark.parametrize(
    "line",
    ["prisma migrate deploy --dry", "prisma migrate resolve", "prisma db push --force-reset"],
)
def test_an_option_that_is_not_known_is_refused(line: str) -> None:
    """Its effect is not modelled."""
    with pytest.raises(BadAction):
        Prisma().typed(line.split())
