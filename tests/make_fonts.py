"""Writes templates/fonts/usual/ anew: the fonts with what most pages show, and no more."""

from forensics.render._fonts import USUAL, usual
from forensics.render._templates import templates_folder


def main() -> None:
    """One file for each font."""
    folder = templates_folder() / "fonts" / "usual"
    folder.mkdir(exist_ok=True)
    for name in USUAL:
        (folder / f"{name}.woff2").write_bytes(usual(name))


if __name__ == "__main__":
    main()
