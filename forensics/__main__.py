"""`python -m forensics` is the command line, and so are the installed commands."""

import atexit
import gc


def main() -> None:
    """Load the command line, and run it.

    Imports leave no garbage, and looking for it would take a tenth of the time until `--help`. Nor
    is it worth looking for at the end, when all memory is given back.
    """
    atexit.register(gc.freeze)
    gc.disable()
    from forensics import cli

    gc.freeze()
    gc.enable()
    cli.main()


if __name__ == "__main__":
    main()
