"""A config that reads compiled code: what the real `generate` makes of an old build, and of none."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from forensics import pipeline
from tests.lab.kits import kit_command, kit_modules
from tests.lab.transcript import plain

pytestmark = pytest.mark.lab

KIT = "0.31.11"
CONFIG = """import { defineConfig } from "drizzle-kit";
export default defineConfig({
  dialect: "postgresql", schema: "./dist/schema.js", out: "./drizzle",
});
"""
RULE = "compiled-schema-not-built"
ONE, BOTH = ("clubs",), ("clubs", "members")


@dataclass(frozen=True)
class Instance:
    """What source, build and migrations have."""

    source: tuple[str, ...]
    built: tuple[str, ...]
    generated: tuple[str, ...]
    prints: str
    """The words of the real `generate`."""
    writes: str = ""
    """What its migration does, where it writes one."""
    says: str = ""
    """The words of the issue; none where there must not be one."""
    script: str = "drizzle-kit generate"


INSTANCES = {
    "there is no build": Instance(
        ONE, (), ONE, "No schema files found", says="There is no such file here"
    ),
    "a table is newer than the build": Instance(
        BOTH, ONE, ONE, "No schema changes", says="has `members`, and what was built"
    ),
    "the build is older than a migration": Instance(
        BOTH, ONE, BOTH, ".sql", 'DROP TABLE "members"', says="has `members`, and what was built"
    ),
    "the script builds first": Instance(
        BOTH, BOTH, BOTH, "No schema changes", script="tsc && drizzle-kit generate"
    ),
}


@pytest.mark.sample(4)
@pytest.mark.parametrize("name", INSTANCES)
def test_an_old_build_is_named_and_the_real_kit_goes_by_it(name: str, tmp_path: Path) -> None:
    """It says nothing of it: it finds no change, or drops what the build does not have."""
    instance, folder = INSTANCES[name], tmp_path / "app"
    _project(folder, instance)
    _build(folder, instance.generated)
    assert _generate(folder)[0] == 0
    _build(folder, instance.built)
    report = pipeline.investigate(
        folder, output=tmp_path / "out", formats=("json",), scratch=False
    ).report
    before = set(folder.glob("drizzle/*.sql"))
    code, printed = _generate(folder)
    assert (code == 0, instance.prints in printed) == (bool(instance.built), True), printed
    written = "".join(it.read_text() for it in set(folder.glob("drizzle/*.sql")) - before)
    assert (instance.writes in written) if instance.writes else not written
    issues = [it.root_cause for it in report.issues if it.rule == RULE]
    assert [instance.says in it for it in issues] == ([True] if instance.says else [])


def _project(folder: Path, instance: Instance) -> None:
    (folder / "src").mkdir(parents=True)
    (folder / "drizzle.config.ts").write_text(CONFIG)
    (folder / "src" / "schema.ts").write_text(_code(instance.source, "import {"))
    options = {"compilerOptions": {"rootDir": "src", "outDir": "dist"}}
    (folder / "tsconfig.json").write_text(json.dumps(options))
    scripts = {"build": "tsc", "db:generate": instance.script}
    package = {"scripts": scripts, "devDependencies": {"drizzle-kit": KIT}}
    (folder / "package.json").write_text(json.dumps(package, indent=2))
    (folder / ".gitignore").write_text("node_modules\ndist\n")
    (folder / "node_modules").symlink_to(kit_modules(KIT))


def _build(folder: Path, tables: tuple[str, ...]) -> None:
    """What the compiler would write."""
    built = folder / "dist" / "schema.js"
    built.unlink(missing_ok=True)
    if tables:
        built.parent.mkdir(exist_ok=True)
        built.write_text(_code(tables, "const {"))


def _code(tables: tuple[str, ...], begin: str) -> str:
    typescript = begin.startswith("import")
    end = ' } from "drizzle-orm/pg-core";' if typescript else ' } = require("drizzle-orm/pg-core");'
    made = (f'pgTable("{it}", {{ id: serial("id").primaryKey() }});' for it in tables)
    lines = (
        f"{'export const ' if typescript else 'exports.'}{name} = {table}"
        for name, table in zip(tables, made, strict=True)
    )
    return "\n".join((f"{begin} pgTable, serial{end}", *lines, ""))


def _generate(folder: Path) -> tuple[int, str]:
    """Exit code of the real command, and all that it prints."""
    done = subprocess.run(
        kit_command("generate"),
        cwd=folder,
        env={"PATH": os.environ["PATH"], "CI": "true"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    return done.returncode, "\n".join((plain(done.stdout, []), plain(done.stderr, [])))
