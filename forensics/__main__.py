"""`python -m forensics` is the command line, and so are the installed commands."""

import atexit
import gc

_OBJECTS = 50_000
"""New ones after which garbage is looked for. After Python's 700, that takes a tenth of the time
until `--help`: modules stay, and so does what is read of a project."""


def main() -> None:
    """Load the command line, and run it; at the end all memory is given back without a look."""
    atexit.register(gc.freeze)
    gc.set_threshold(_OBJECTS)
    from forensics import cli

    cli.main()


if __name__ == "__main__":
    main()
