"""Who works on a bundle, and what its custody log says of that."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from msgspec.structs import replace

from forensics.evidence.bundle import Bundle, BundleError
from forensics.evidence.custody import Action, Custodian, Custody, Operator
from forensics.progress import Progress
from forensics.system.safe_folder import CannotWrite


def custodian_for(given: Custody | None, address: str | None, progress: Progress) -> Custodian:
    """Who works now; a password of the address stays out of the command line that is logged."""
    from forensics.collect.custodian import custodian
    from forensics.collect.database.passwords import known_secrets

    return custodian(given or Custody(), known_secrets(address), progress.problem)


def worker_on(bundle: Bundle, custody: Custody | None, progress: Progress) -> Custodian:
    """Who works on a bundle: an external edition does not learn of accounts and computers."""
    who = custodian_for(custody, None, progress)
    if not bundle.manifest.edition_of:
        return who
    return replace(who, operator=Operator(name=who.operator.name), arguments=())


def log_report(
    bundle: Bundle, written: Iterable[Path], progress: Progress, others: Iterable[Bundle]
) -> None:
    """Note in the custody log which files were written; where that cannot be, say so."""
    from forensics.system.code import code_sha256

    try:
        hashes = {path.name: sha256(path.read_bytes()).hexdigest() for path in written}
        compared = {it.folder.name: it.sha256 for it in others}
        bundle.append(Action.REPORTED, outputs=hashes, code_sha256=code_sha256(), compared=compared)
    except (OSError, CannotWrite, BundleError) as error:
        progress.problem(f"The custody log does not know of this report: {error}")
