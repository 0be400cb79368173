"""`python -m forensics` is the command line, and so are the installed commands."""

import gc


def main() -> None:
    """Load the command line, and run it.

    Imports leave no garbage, and looking for it would take a tenth of the time until `--help`.
    """
    gc.disable()
    from forensics import cli

    gc.freeze()
    gc.enable()
    cli.main()


if __name__ == "__main__":
    main()
