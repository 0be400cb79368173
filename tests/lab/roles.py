"""One migration that is applied and some that are pending, on disk, with a real kit to run."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from forensics.analysis.diagnose import Diagnosis, diagnose
from forensics.collect.case import collect
from forensics.collect.request import Request
from forensics.evidence.bundle import Bundle
from forensics.scratch.postgres import Server
from tests.build import digest, project, stamps
from tests.lab.kits import kit_command, kit_modules
from tests.lab.run import clean_environment

APPLIED = "0000_users"
CONFIG = (
    "export default { dialect: 'postgresql', schema: './schema.ts', out: './drizzle',\n"
    "  dbCredentials: { url: process.env.DATABASE_URL } };\n"
)
TABLE = """\
CREATE SCHEMA drizzle;
CREATE TABLE drizzle.__drizzle_migrations
  (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint);
"""
"""What the migrator makes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KitRan:
    """How a run of the real kit ended."""

    exit_code: int
    output: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Small:
    """A project with its database, and the role that deploys."""

    server: Server
    top: Path
    database: str
    kit: str
    role: str
    texts: tuple[str, ...]

    def add(self, text: str) -> None:
        """One more migration behind the others."""
        for path, content in _files(*self.texts, text).items():
            (self.top / path).write_bytes(content.encode() if isinstance(content, str) else content)

    def url(self, role: str = "") -> str:
        """The address, as the role that deploys or another one."""
        return self.server.url(self.database, role or self.role)

    def run(self, *sql: str) -> None:
        """Run SQL as the superuser."""
        for text in sql:
            self.server.execute(text, database=self.database)

    def migrate(self, role: str = "") -> KitRan:
        """Run the real `drizzle-kit migrate`."""
        done = subprocess.run(
            kit_command("migrate"),
            cwd=self.top,
            env=clean_environment(self.top, self.url(role)),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return KitRan(exit_code=done.returncode, output=done.stdout + done.stderr)

    def diagnose(self, folder: Path, *, role: str = "", output: str = "") -> Diagnosis:
        """What is found, as a user would look."""
        (found,) = diagnose(self.collected(folder, role=role, output=output)).diagnoses
        return found

    def collected(self, folder: Path, *, role: str = "", output: str = "") -> Bundle:
        """The evidence of that."""
        captured = (("output.txt", output),) if output else ()
        request = Request(project=self.top, database_url=self.url(role), symptoms=captured)
        return collect(request, folder, lambda line: None)


def bare(
    server: Server, top: Path, name: str, kit: str, *texts: str, role: str = "deploy"
) -> Small:
    """A project whose migrations all wait, and an empty database in which `role` may create."""
    for path, text in _files(*texts).items():
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_bytes(text.encode() if isinstance(text, str) else text)
    (top / "node_modules").symlink_to(kit_modules(kit))
    server.create_database(name)
    made = Small(server=server, top=top, database=name, kit=kit, role=role, texts=texts)
    made.run(f"GRANT CREATE ON DATABASE {name} TO {role}; GRANT CREATE ON SCHEMA public TO {role}")
    return made


def make(
    server: Server, top: Path, name: str, kit: str, first: str, *pending: str, role: str = "deploy"
) -> Small:
    """A project whose first migration is applied by `role`, and recorded as the migrator does."""
    made = bare(server, top, name, kit, first, *pending, role=role)
    row = f"VALUES ('{digest(first)}', {stamps(1)[0]})"
    made.run(
        f"SET ROLE {role}; {TABLE} {first};"
        f"INSERT INTO drizzle.__drizzle_migrations (hash, created_at) {row}",
    )
    return made


def _files(*texts: str) -> dict[str, str | bytes]:
    tags = [APPLIED, *(f"{number:04}_next" for number in range(1, len(texts)))]
    files = project(*tags, **{"drizzle.config.ts": CONFIG})
    return files | {f"drizzle/{tag}.sql": text for tag, text in zip(tags, texts, strict=True)}
