"""Generates the committed migrations of the lab's projects with the real kits: `python -m tests.lab.generate [--check]`."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from forensics.demo.history import journal_prefix
from forensics.demo.project import APP
from forensics.demo.story import Story
from tests.lab.kits import LAB, kit_command, kit_modules
from tests.lab.story import PROJECTS, story

OUT = Path("drizzle")


def main() -> int:
    """Write the migrations of all projects, or with --check say which files differ."""
    check = "--check" in sys.argv[1:]
    drifted: list[str] = []
    for project in PROJECTS.values():
        drifted += drift(story(project)) if check else write(story(project))
    print("\n".join(drifted) or "nothing differs")
    return 1 if check and drifted else 0


def drift(told: Story) -> list[str]:
    """The files that the real kit would write differently now."""
    fresh, committed = generated(told), _committed(told)
    return sorted(
        name for name in fresh.keys() | committed.keys() if fresh.get(name) != committed.get(name)
    )


def write(told: Story) -> list[str]:
    """Replace the committed migrations of a project; the names of the files that changed."""
    changed = drift(told)
    fresh = generated(told)
    target = told.tree / APP / OUT
    shutil.rmtree(target, ignore_errors=True)
    for name, content in fresh.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(content)
    return changed


def generated(told: Story) -> dict[str, bytes]:
    """What the real kit writes, step by step, with the snapshot ids of the committed version kept."""
    with tempfile.TemporaryDirectory() as scratch:
        app = Path(scratch) / "apps" / "api"
        shutil.copytree(told.tree / APP, app, ignore=shutil.ignore_patterns(OUT.name))
        (app / "node_modules").symlink_to(kit_modules(told.kit))
        for number in range(len(told.migrations)):
            _generate(app, told, number)
            _require_prefix_journal(app, number)
        return _keep_ids(_files(app / OUT), _committed(told))


def _generate(app: Path, told: Story, number: int) -> None:
    schema = app / "src" / "db" / "schema.ts"
    schema.write_text(told.schema(number), encoding="utf-8")
    step = told.migrations[number]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(app.parent),
        "LAB_CLOCK": str(step.when),
        "NODE_OPTIONS": f"--require={LAB / 'clock.cjs'}",
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
    }
    command = kit_command("generate", "--name", step.name)
    done = subprocess.run(
        command, cwd=app, env=environment, capture_output=True, text=True, timeout=60
    )
    if not (app / OUT / f"{told.tags[number]}.sql").exists():
        raise RuntimeError(
            f"{told.kit} generate wrote no {told.tags[number]}.sql: {done.stdout}{done.stderr}"
        )


def _require_prefix_journal(app: Path, number: int) -> None:
    """The history writes the journal of each step as a prefix of the last: prove that the kit does too."""
    raw = (app / OUT / "meta" / "_journal.json").read_bytes()
    if raw != journal_prefix(raw, number + 1):
        raise RuntimeError("the kit formats its journal in another way than journal_prefix")


def _files(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def _committed(told: Story) -> dict[str, bytes]:
    return _files(told.tree / APP / OUT)


def _keep_ids(fresh: dict[str, bytes], committed: dict[str, bytes]) -> dict[str, bytes]:
    """Snapshot ids are random: give each snapshot the id it was committed with."""
    known = {
        _id(fresh[name]): _id(committed[name])
        for name in fresh
        if "snapshot" in name and name in committed
    }
    return {name: _replace_ids(content, known) for name, content in fresh.items()}


def _id(snapshot: bytes) -> bytes:
    return str(json.loads(snapshot)["id"]).encode()


def _replace_ids(content: bytes, known: dict[bytes, bytes]) -> bytes:
    return re.sub(
        rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", lambda m: known.get(m[0], m[0]), content
    )


if __name__ == "__main__":
    sys.exit(main())
