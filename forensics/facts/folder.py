"""What lies in a migration folder: the list of migrations, their files and snapshots."""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property

from forensics.model import Outcome, Record, TableName, WriteFile


class Fault(StrEnum):
    """In which way a file that should hold data does not."""

    EMPTY = "empty"
    NOT_JSON = "not-json"
    CONFLICT_MARKERS = "conflict-markers"
    WRONG_SHAPE = "wrong-shape"
    LATER_SHAPE = "later-shape"
    """As a later release of the tool writes it, and the one that runs refuses it."""
    IS_A_FOLDER = "is-a-folder"
    UNREADABLE = "unreadable"
    WRONG_ENCODING = "wrong-encoding"
    """Sound but for a byte order mark, or for being UTF-16."""


class Malformed(Record, frozen=True, kw_only=True):
    """A file that could not be understood: an issue in waiting, not a crash."""

    fault: Fault
    message: str
    """What the tool's own parser says of it, for JSON in the words of V8 (Node 20)."""
    preview: str = ""
    """The first characters, for the reader; never more than 80."""
    entry: int | None = None
    """Which entry of a list is wrong; `None` where it is not one entry alone."""
    thrown: bool = False
    """Whether `message` is an error that the tool meets while it uses what it has parsed."""


class Migration(Record, frozen=True, kw_only=True):
    """One entry of the list of migrations, in the list's order."""

    position: int
    index: int | None
    key: str
    """What the tool calls it: a tag, a name, a revision id."""
    path: str
    """Where its .sql should be."""
    stamp: int | None
    """The number by which the tool orders it, such as milliseconds since 1970."""
    listed: bool = True
    """False where the tool takes what lies in the folder, and only rows and git know it."""
    parents: tuple[str, ...] = ()
    """The keys that it follows, where a tool has a graph and not a list."""
    snapshot_path: str | None = None
    snapshot_ignored: str = ""
    """Why the tool does not read the snapshot that it writes for it, as a sentence."""
    listed_at: tuple[int, int] | None = None
    """Where the digits of its timestamp stand in `History.text`, as character offsets."""
    numbered_at: tuple[int, int] | None = None
    """The same of its index."""


class EarlierList(Record, frozen=True, kw_only=True):
    """What a version of the list in git lists."""

    blob: str
    """The id of its content; versions whose text was not kept are left out."""
    keys: tuple[str, ...]
    sound: bool = True
    """Whether the tool could read it; else `keys` are those that its text mentions."""
    stamps: tuple[int | None, ...] = ()
    """Of the keys, in their order; empty where it is not sound, or the tool has none."""

    def called(self, stamp: int | None) -> str | None:
        """The key that has a timestamp there."""
        found = (key for key, it in zip(self.keys, self.stamps, strict=False) if it == stamp)
        return next(found, None) if stamp is not None else None


class Pinned(Record, frozen=True, kw_only=True):
    """A file next to the migrations that says for which kind of database they were made."""

    path: str
    evidence: str
    dialect: str | None
    """`None` where it does not say one thing."""
    corrected: WriteFile | None = None
    """The file with what the configuration says."""


class History(Record, frozen=True, kw_only=True, dict=True):
    """The list of migrations as the tool reads it."""

    path: str
    """The file that lists them; of a tool that takes all files of the folder, the folder."""
    evidence: str
    outcome: Outcome
    problem: Malformed | None = None
    migrations: tuple[Migration, ...] = ()
    version: str | None = None
    dialect: str | None = None
    text: str | None = None
    sha256: str | None = None
    is_listing: bool = False
    """Whether the tool has no list but takes what lies in the folder; a migration without a file is
    then one that is recorded, and whose file git has."""
    earlier: tuple[EarlierList, ...] = ()
    pinned: Pinned | None = None
    """`None` of a tool that writes none, and where it is not there."""
    around_next: tuple[str, str] | None = None
    """The text of the list with one more entry, before and after the key of that entry."""

    def with_entry(self, key: str) -> str | None:
        """The text of the list if it listed one more migration last.

        `None` of a tool without such a text, and for a key that would have to be escaped in it.
        """
        if self.around_next is None or not key.isprintable() or {'"', "'", "\\"} & set(key):
            return None
        return key.join(self.around_next)

    def earlier_list(self, blob: str) -> EarlierList | None:
        """What a version of the list in git lists; `None` where its text was not kept."""
        return self._versions.get(blob)

    def lists_in(self, blob: str, key: str) -> bool:
        """Whether a version of the list in git names a migration, as far as its text was kept."""
        version = self.earlier_list(blob)
        return version is not None and key in version.keys

    @cached_property
    def _versions(self) -> dict[str, EarlierList]:
        return {version.blob: version for version in self.earlier}

    def named(self, name: str) -> tuple[int, ...]:
        """The places in `migrations` of those with that tag or path."""
        return tuple(self._by_name.get(name, ()))

    @cached_property
    def _by_name(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for place, migration in enumerate(self.migrations):
            for name in {migration.key, migration.path}:
                found.setdefault(name, []).append(place)
        return found


class MigrationFile(Record, frozen=True, kw_only=True):
    """A .sql file that is listed, or lies in the folder, or both."""

    path: str
    evidence: str
    outcome: Outcome
    sha256: str | None = None
    size: int | None = None
    text: str | None = None
    """Decoded content where it was kept; secrets are masked, so hash `sha256`, never this."""
    encoding: str = ""
    line_ends: str = ""
    is_folder: bool = False
    """Whether a folder lies where the file should be."""


class Files(Record, frozen=True, kw_only=True, dict=True):
    """The migration files of one folder."""

    folder: str
    evidence: str
    outcome: Outcome
    files: tuple[MigrationFile, ...] = ()

    def get(self, path: str) -> MigrationFile | None:
        """The file at a path that was examined, present or not."""
        return self._by_path.get(path)

    @cached_property
    def _by_path(self) -> dict[str, MigrationFile]:
        return {file.path: file for file in reversed(self.files)}


class Unjudged(Record, frozen=True, kw_only=True):
    """The folder of a release that is not modelled: only what holds for every release is said."""

    history: History
    files: Files
    bare: tuple[str, ...] = ()
    """The keys of migrations without a snapshot."""


class Snapshot(Record, frozen=True, kw_only=True):
    """An entry of the snapshot folder: a snapshot, or something that does not belong there."""

    path: str
    name: str
    evidence: str
    ignored: bool = False
    """True where the tool does not look at it, by its name."""
    named_as_snapshot: bool = True
    problem: Malformed | None = None
    id: str | None = None
    parent: str | None = None
    version: str | None = None
    dialect: str | None = None
    sha256: str | None = None
    text: str | None = None


class Snapshots(Record, frozen=True, kw_only=True, dict=True):
    """The snapshot folder, entries in the order in which the tool lists them."""

    folder: str
    evidence: str
    outcome: Outcome
    entries: tuple[Snapshot, ...] = ()
    newest: NewestSchema | None = None
    rejoined: tuple[Rejoined, ...] = ()
    """The later of every two with one parent, and how it would follow the one before it."""
    format: SnapshotFormat | None = None
    """Which format the release reads; `None` where that is not known."""
    stale: Stale | None = None
    """What the newest one lacks."""
    unmade: tuple[Unmade, ...] = ()
    """What the newest one has and no migration creates, by the migration that should."""
    branches: tuple[Branches, ...] = ()
    overwritten: str = ""
    """The path of a snapshot that has the name which the next one gets."""

    def get(self, path: str) -> Snapshot | None:
        """The entry at a path."""
        return self._by_path.get(path)

    @property
    def whole(self) -> bool:
        """Whether everything that the tool reads there was read and has no problem."""
        return all(it.ignored or (it.sha256 and not it.problem) for it in self.entries)

    @cached_property
    def _by_path(self) -> dict[str, Snapshot]:
        return {entry.path: entry for entry in reversed(self.entries)}


class Branches(Record, frozen=True, kw_only=True):
    """Two migrations that none follows, of a tool whose migrations name what they follow."""

    earlier: str
    later: str
    """Their keys, in the order of the list."""
    conflict: str | None = ""
    """What both sides change; empty where they do not meet, `None` where that is not known."""
    generate: tuple[str, ...] = ()
    """The command that writes the migration of one side again, from the tree's top."""


class SnapshotFormat(Record, frozen=True, kw_only=True):
    """Which format of snapshots the release reads, and what brings older ones there."""

    version: str
    """The only version that it accepts; empty where it wants another layout of the folder."""
    upgrade: tuple[str, ...] = ()
    """The command, from the tree's top."""
    steps: tuple[WriteFile, ...] = ()
    """What the command would write, as far as other commands notice; empty where not known."""
    left: str = ""
    """The path of what an earlier layout left behind, for which every command stops."""
    moves: bool = False
    """Whether the command also moves the migrations into another layout."""
    refusal: str = ""
    """What the command says now instead of doing it."""
    lost: tuple[str, ...] = ()
    """Snapshots that the command deletes, because the file of their migration is missing."""


class Stale(Record, frozen=True, kw_only=True):
    """A newest snapshot that lacks what earlier migrations made."""

    path: str
    """Of the newest one."""
    lost: tuple[str, ...]
    """Tables as `table users`, columns as `column users.email`."""
    known_to: str
    """The path of the last one that had them."""
    migration: str
    """The key of the migration that made them."""
    step: WriteFile | None = None
    """The newest one with them; `None` where that is not known to be right."""


class Unmade(Record, frozen=True, kw_only=True):
    """Tables and columns that a snapshot has, and that no .sql file of the folder creates."""

    migration: str
    """The key of the first listed migration whose snapshot has them."""
    path: str
    """Of its .sql file."""
    snapshot: str
    tables: tuple[str, ...] = ()
    """In the schema that a new database has."""
    columns: tuple[tuple[str, str], ...] = ()
    """Table and column."""
    remarked: bool = False
    """Whether comments in the files name all of them: somebody left them out on purpose."""
    step: WriteFile | None = None
    """The .sql file with the statements that are missing; `None` where they are not known."""
    missing: tuple[str, ...] = ()
    """These statements, in the order in which the tool writes them."""


class Rejoined(Record, frozen=True, kw_only=True):
    """A snapshot with the parent of an earlier one, and what would make it follow instead."""

    earlier: str
    later: str
    """Paths, by the order of the list; those that are not listed come last."""
    listed: bool
    """Whether the list has the migration of the later one."""
    after: str = ""
    """The path of the one that it would follow."""
    steps: tuple[WriteFile, ...] = ()
    """The later one, and those made from it; empty where nothing is known to be right."""
    lacks: tuple[str, ...] = ()
    """The statements that the tool would write again, since the later one does not know of them."""
    conflict: str = ""
    """What both sides changed, each in its own way."""


class NewestSchema(Record, frozen=True, kw_only=True):
    """Table -> column names of the newest snapshot, for comparison with the live schema."""

    tables: tuple[tuple[TableName, tuple[str, ...]], ...] = ()
    sequences: tuple[TableName, ...] = ()
    """Those that no column owns."""
    text: str | None = None
    """All of it, for what is compared more closely."""
    path: str = ""
    evidence: str = ""
