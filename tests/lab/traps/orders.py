"""Traps of order: stamps of the list, and rows of the tracking table written by hand."""

import hashlib

from tests.lab.traps.beginnings import first, three, two_branches
from tests.lab.traps.workshop import DAY, ROWS, Workshop

LAST = f"(SELECT max(created_at) FROM {ROWS})"


def _renumber(w: Workshop, old: str, new: str, *, stamp: int) -> None:
    """After a merge: give a migration the next number, and let its snapshot follow the other."""
    w.path(f"{old}.sql").rename(w.path(f"{new}.sql"))
    snapshot = w.path(f"meta/{new[:4]}_snapshot.json")
    entries = w.journal()
    kept = [entry for entry in entries if entry["tag"] != old]
    moved = next(entry for entry in entries if entry["tag"] == old)
    # The kit itself writes the snapshot of both; only its SQL and its entry are the branch's.
    w.relist(kept)
    w.run("generate", "--name", "scratch")
    w.path(f"{new[:4]}_scratch.sql").unlink()
    assert snapshot.exists()
    w.relist([*kept, {**moved, "idx": len(kept), "tag": new, "when": stamp}])
    w.commit(f"Renumber {old}")


def late_branch(w: Workshop) -> None:
    """The branch that was begun first is merged last, after the other one was deployed."""
    two_branches(w)
    w.merge("feature/city", "city")
    w.migrate()
    w.merge("feature/phone", "city", "phone")
    stamp = next(entry["when"] for entry in w.journal() if entry["tag"] == "0001_phone")
    _renumber(w, "0001_phone", "0002_phone", stamp=int(str(stamp)))


def late_branch_in_order(w: Workshop) -> None:
    """The same, with both entries of the merged list in the order of their stamps."""
    two_branches(w)
    w.merge("feature/city", "city")
    w.migrate()
    w.merge("feature/phone", "city", "phone")
    entries = sorted(w.journal(), key=lambda entry: int(str(entry["when"])))
    w.relist([{**entry, "idx": number} for number, entry in enumerate(entries)])
    w.commit("Sort the journal")


def equal_stamps(w: Workshop) -> None:
    """Two migrations with one stamp, the first of them deployed."""
    first(w, deploy=False)
    w.generate("phone", "phone")
    w.migrate()
    w.generate("city", "phone", "city")
    entries = w.journal()
    w.relist([*entries[:2], {**entries[2], "when": entries[1]["when"]}])
    w.commit("Stamp by hand")


def future_stamp(w: Workshop) -> None:
    """Somebody typed the stamp of a migration; it was deployed so, and another one came."""
    first(w, deploy=False)
    w.generate("phone", "phone")
    entries = w.journal()
    w.relist([entries[0], {**entries[1], "when": 4102444800000}])
    w.commit("Tidy up the journal")
    w.migrate()
    w.generate("city", "phone", "city")


# --- Tracking rows by hand ---


def row_now(w: Workshop) -> None:
    """A migration was run by hand and recorded by hand, with the time of that moment."""
    first(w)
    w.generate("phone", "phone")
    w.generate("city", "phone", "city")
    text = w.path("0001_phone.sql").read_bytes()
    w.now += DAY
    w.sql(text.decode())
    digest = hashlib.sha256(text).hexdigest()
    w.sql(f"INSERT INTO {ROWS} (hash, created_at) VALUES ('{digest}', {w.now + 417})")


def row_now_without_hash(w: Workshop) -> None:
    """The same, with a word in place of the hash."""
    first(w)
    w.generate("phone", "phone")
    w.generate("city", "phone", "city")
    w.now += DAY
    w.sql(w.path("0001_phone.sql").read_text())
    w.sql(f"INSERT INTO {ROWS} (hash, created_at) VALUES ('manual', {w.now + 417})")


def null_stamp(w: Workshop) -> None:
    """One row lost its stamp."""
    three(w)
    w.sql(f"UPDATE {ROWS} SET created_at = NULL WHERE id = 2")


def seconds(w: Workshop) -> None:
    """A script wrote seconds, as `extract(epoch ...)` gives them."""
    three(w)
    w.sql(f"UPDATE {ROWS} SET created_at = created_at / 1000")


def seconds_of_one_file(w: Workshop) -> None:
    """The same, where there is one migration alone."""
    first(w)
    w.sql(f"UPDATE {ROWS} SET created_at = created_at / 1000")


def row_in_the_future(w: Workshop) -> None:
    """The newest row got a stamp of the next century by hand, and another migration came."""
    first(w, deploy=False)
    w.generate("phone", "phone")
    w.migrate()
    w.sql(f"UPDATE {ROWS} SET created_at = 4102444800000 WHERE id = 2")
    w.generate("city", "phone", "city")


def middle_row_deleted(w: Workshop) -> None:
    """Somebody deleted the row of a migration that is not the newest."""
    three(w)
    w.sql(f"DELETE FROM {ROWS} WHERE id = 2")


def last_row_deleted(w: Workshop) -> None:
    """Somebody deleted the newest row."""
    three(w)
    w.sql(f"DELETE FROM {ROWS} WHERE created_at = {LAST}")
