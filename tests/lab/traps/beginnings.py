"""How every trap begins: a deployed migration or three, or two branches."""

from tests.lab.traps.workshop import Workshop


def first(w: Workshop, *, deploy: bool = True) -> None:
    """One migration, the table itself."""
    w.begin()
    w.generate("init")
    if deploy:
        w.migrate()


def three(w: Workshop, *, deploy: bool = True) -> None:
    """Three migrations: the table, and a column each."""
    first(w, deploy=False)
    w.generate("phone", "phone")
    w.generate("city", "phone", "city")
    if deploy:
        w.migrate()


def two_branches(w: Workshop) -> None:
    """Each with a migration of its own, both numbered 1; the one that was generated later is `city`."""
    first(w)
    w.branch("feature/phone")
    w.generate("phone", "phone")
    w.branch("feature/city")
    w.generate("city", "city")
    w.git("switch", "-q", "main")
