"""The ways in which migration files get lost."""

import json
from pathlib import Path

from tests.recover.museum import Museum, Way


def _history(museum: Museum, path: str, text: str) -> None:
    museum.repo.commit("add it", {path: text})
    museum.repo.commit("remove it", {path: None})


def _branch(museum: Museum, path: str, text: str) -> None:
    museum.repo.git("checkout", "-q", "-b", "side")
    museum.repo.commit("on the side", {path: text})
    museum.repo.git("checkout", "-q", "main")


def _reflog(museum: Museum, path: str, text: str) -> None:
    museum.repo.commit("thrown away", {path: text})
    museum.repo.git("reset", "-q", "--hard", "HEAD~")


def _stash(museum: Museum, path: str, text: str) -> None:
    museum.repo.write({path: text})
    museum.repo.git("stash", "-q", "-u")


def _worktree(museum: Museum, path: str, text: str) -> None:
    top = museum.repo.top.parent / "other worktree"
    museum.repo.git("worktree", "add", "-q", "--detach", str(top))
    (top / path).write_text(text)
    museum.repo.git("-C", str(top), "add", "-A")
    museum.repo.git("-C", str(top), "commit", "-q", "-m", "elsewhere")


def _staged_elsewhere(museum: Museum, path: str, text: str) -> None:
    top = museum.repo.top.parent / "staged worktree"
    museum.repo.git("worktree", "add", "-q", "--detach", str(top))
    (top / path).write_text(text)
    museum.repo.git("-C", str(top), "add", "-A")


def _dangling(museum: Museum, path: str, text: str) -> None:
    museum.repo.git("hash-object", "-w", "--stdin", stdin=text.encode())


def _copy(place: str) -> Way:
    """A copy; `{}` stands for the name of the file without its end."""

    def lose(museum: Museum, path: str, text: str) -> None:
        museum.repo.write({place.format(Path(path).stem): text})

    name = f"copy {place}".translate(str.maketrans("/.{}~*", "______"))
    return Way(name, "proven", "the copy ", lose)


def _bundle(name: str, code: str, path: str) -> Way:
    """The text as a string of JavaScript: `@` in the code; `{}` is the name of the file."""

    def lose(museum: Museum, file: str, text: str) -> None:
        held = code.replace("@", json.dumps(text)).replace("{}", Path(file).name)
        museum.repo.write({path: held})

    return Way(name, "proven", f"a string in {path}", lose)


def _template(museum: Museum, path: str, text: str) -> None:
    held = "export default {\n  m0001: `" + text.replace("`", "\\`") + "`,\n}\n"
    museum.repo.write({"apps/mobile/migrations.ts": held})


def _there(change: tuple[str, str]) -> Way:
    """The file lies there, but not with the bytes that ran; the ways to change are few."""

    def lose(museum: Museum, path: str, text: str) -> None:
        (museum.repo.top / path).write_bytes(text.encode())

    name, words = change
    return Way(name, "proven", f"the file itself, {words}", lose, applied=_CHANGES[name])


def _mark(museum: Museum, path: str, text: str) -> None:
    (museum.repo.top / path).write_bytes(b"\xef\xbb\xbf" + text.encode())


_CHANGES = {
    "crlf only": lambda text: text.replace("\n", "\r\n"),
    "final newline only": lambda text: text.rstrip("\n"),
    "breakpoints only": lambda text: text.replace(";\nS", ";\n--> statement-breakpoint\nS"),
}

WAYS = (
    Way("history of its path", "proven", '("add it")', _history),
    Way("another branch", "proven", "on side", _branch),
    Way("reflog only", "proven", "on reflog", _reflog),
    Way("stash", "proven", "stash", _stash),
    Way("other worktree", "proven", "on reflog", _worktree),
    Way("staged in another worktree", "proven", "nothing refers to any more", _staged_elsewhere),
    Way("dangling blob", "proven", "nothing refers to any more", _dangling),
    _copy("dist/drizzle/{}.sql"),
    _copy("docker/context/db/{}.sql"),
    _copy("drizzle/{}.sql~"),
    _copy("drizzle/{}.sql.bak"),
    _copy("drizzle/{}.sql.orig"),
    _copy(".history/drizzle/{}_20260101120000.sql"),
    _copy("backup/{} (1).sql"),
    _bundle("bundle of esbuild", "// drizzle/{}\nvar it_default = @;\n", "dist/index.js"),
    _bundle("bundle without names", "__d(function(m){m.exports=@},7,[]);", "ios/main.jsbundle"),
    Way("template in a bundle", "proven", "a string in apps/mobile/migrations.ts", _template),
    _there(("crlf only", "with CRLF line ends")),
    _there(("final newline only", "with no final newline")),
    _there(("breakpoints only", "with breakpoints")),
    Way("byte order mark", "proven", "the file itself, without its mark", _mark),
    Way("kept by supabase", "proven", "the statements in supabase_migrations.schema_migrations"),
    Way("never committed", "proven", "the snapshots", change="columns of several tables"),
    Way("a column renamed", "proven", "the snapshots", change="rename a column"),
    Way("a column replaced", "proven", "the snapshots", change="a column dropped, another added"),
    Way("written by hand", "not-found", ""),
    Way(
        "regenerable and edited",
        "reconstructed",
        "the snapshots",
        change="create two tables with a foreign key",
        applied=lambda text: text + "UPDATE book SET title = 'other';\n",
    ),
)
