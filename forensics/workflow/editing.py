"""The external edition of a bundle, in an output folder of its own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from msgspec.structs import replace

from forensics.edition.make import Wanted, make_edition, replacer_for
from forensics.edition.names import NameKind, of_author, of_mail
from forensics.evidence.bundle import Bundle
from forensics.evidence.custody import Custodian, Operator
from forensics.output import BUNDLE, new_bundle, output_folder
from forensics.render.files import REPORT_FILES
from forensics.system.ownership import derived_key
from forensics.workflow.answers import Edition


def make(
    original: Bundle,
    output: Path,
    who: Custodian,
    authors: Iterable[tuple[str, str]],
    *,
    hide: Iterable[str],
    keep: Iterable[str],
) -> Edition:
    """Write the edition. `authors` are names and addresses of mail, all of which are hidden.

    Its log names nobody. Raises `CannotEdit`.
    """
    authors = tuple(authors)
    people = [it for name, mail in authors for it in (*of_author(name), *of_mail(mail))]
    people += [(word, NameKind.NAME) for word in hide]
    wanted = Wanted(key=derived_key("edition"), people=tuple(people), keep=tuple(keep))
    nobody = replace(who, operator=Operator(), arguments=("edition",))
    replacer = replacer_for(original, wanted)
    with output_folder(output) as folder:
        with new_bundle(folder, outdated=REPORT_FILES) as place:
            make_edition(original, replacer, place, nobody)
        made = Bundle.open(folder.child(BUNDLE))
    return Edition(
        bundle=made,
        original_sha256=original.sha256,
        kept=tuple(sorted(name for name in replacer.kept if not name.startswith("pg_"))),
        knows_authors=bool(authors),
    )
