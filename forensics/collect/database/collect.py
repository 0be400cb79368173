"""Looks at a database once, as a whole: identity, tracking tables, catalogue, each as evidence."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from forensics.collect.database.address import BadAddress, parse_address
from forensics.collect.database.collector import COLLECTORS, Asked
from forensics.collect.database.explain import DatabaseUnavailable
from forensics.collect.database.masking import Mask, unmasked
from forensics.evidence.bundle_writer import BundleWriter
from forensics.evidence.kinds import EvidenceKind
from forensics.facts import Database, DatabaseIdentity
from forensics.model import Outcome, TableName
from forensics.model.mishaps import Mishaps

if TYPE_CHECKING:
    from forensics.collect.database.dump import SchemaDump

OnConnect = Callable[[DatabaseIdentity], None]
OnProblem = Callable[[str], None]


def collect_database(
    url: str | None,
    writer: BundleWriter,
    *,
    deadline: float,
    extra_tables: tuple[TableName, ...] = (),
    mask: Mask = unmasked,
    on_connect: OnConnect = lambda identity: None,
    on_problem: OnProblem = lambda line: None,
    dump: SchemaDump | None = None,
    mishaps: Mishaps | None = None,
) -> Database | None:
    """Examine a database in one read-only transaction and record what was seen.

    `url` is a URL, a list of key=value, or `None` for `PGSERVICE` (and if that is not set, for no
    database). `deadline` is an instant of `time.monotonic()`. `extra_tables` are read as tracking
    tables whatever they are called. `mask` takes secrets out of texts. `on_connect` hears which
    database it is before any table is read; `on_problem` gets one line for each thing that could
    not be had. `dump` is started once it is known where to. A part of ours that breaks is left out
    and told to `mishaps`. `None` where there is no database or it
    could not be entered: that is recorded, not raised.
    """
    try:
        address = parse_address(url)
    except BadAddress as error:
        writer.add(EvidenceKind.DATABASE, "the address given", Outcome.FAILED, note=str(error))
        on_problem(str(error))
        return None
    if address is None:
        return None
    try:
        asked = Asked(
            address=address,
            writer=writer,
            deadline=deadline,
            extra_tables=extra_tables,
            mask=mask,
            on_connect=on_connect,
            on_problem=on_problem,
            dump=dump,
            mishaps=mishaps or Mishaps(),
        )
        return COLLECTORS[address.dialect]()(asked)
    except DatabaseUnavailable as error:
        writer.add(EvidenceKind.DATABASE, str(address), error.outcome, note=str(error))
        on_problem(str(error))
        return None
