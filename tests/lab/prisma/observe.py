"""Asks the real CLIs what they do in every state: `python -m tests.lab.prisma.observe [STATE ...]`.

Writes `observed.json`, which the model is held against.
"""

import json
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from forensics.scratch.postgres import Server, throw_away_postgres
from tests.lab.prisma.run import PrismaRun, run_prisma, write
from tests.lab.prisma.states import KITS, STATES, State, commands_in, of_kit

OBSERVED = Path(__file__).with_name("observed.json")
Observed = dict[str, dict[str, dict[str, dict[str, int | str]]]]
"""State -> kit -> command -> exit code and text."""


def observe(server: Server, state: State, kit: str, command: str) -> PrismaRun:
    """Run one command in one state, on a project and a database of its own."""
    name = f"prisma_{uuid4().hex[:12]}"
    server.create_database(name)
    try:
        server.execute(state.sql or "SELECT", database=name)
        with TemporaryDirectory() as folder:
            project = Path(folder) / "shop"
            write(project, of_kit(state.files, kit))
            url = f"{server.tcp_url(name)}?{state.query}"
            found = run_prisma(kit, project, url, *command.split())
    finally:
        server.drop_database(name)
    text = re.sub(r"127\.0\.0\.1:\d+", "<server>", found.text.replace(name, "<database>"))
    return PrismaRun(exit_code=found.exit_code, text=text)


def main(names: list[str]) -> None:
    """Measure some states, or all."""
    known: Observed = json.loads(OBSERVED.read_text()) if OBSERVED.exists() else {}
    with throw_away_postgres(tcp=True) as server:
        for name in names or STATES:
            cells = known.setdefault(name, {})
            for kit in KITS:
                for command in commands_in(name):
                    run = observe(server, STATES[name], kit, command)
                    cell: dict[str, int | str] = {"exit_code": run.exit_code, "text": run.text}
                    cells.setdefault(kit, {})[command] = cell
            known = {it: known[it] for it in STATES if it in known}
            OBSERVED.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n")
            print(name, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
