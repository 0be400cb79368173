"""Takes the README's picture: the first screen of the demo's report, as a browser shows it.

`python -m tests.make_picture` writes `docs/report.png` from the committed sample.
"""

import json
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from forensics.system.temporary import temporary_folder

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "sample_reports/drizzle-incident"
PICTURE = ROOT / "docs/report.png"
SIZE = (1280, 800)
SHOWS = "Shows"
"""The picture's note of what it shows, see `shown`."""
_COLOURS = 64


def shown() -> str:
    """A hash of what stands on the first screen, which is the same on every day."""
    told = json.loads((SAMPLE / "report.json").read_text(encoding="utf-8"))
    answer = [
        told["case"]["title"],
        [(it["command"], it["outcome"], it["blocked_by"]) for it in told["commands"]],
        [(it["number"], it["title"]) for it in told["issues"]],
        told["do_not_run"],
    ]
    return sha256(json.dumps(answer).encode()).hexdigest()


def main() -> None:
    """Take it, and keep few colours."""
    browser = shutil.which("chromium")
    if browser is None:
        raise SystemExit("install chromium, which takes the picture")
    with temporary_folder("picture") as folder:
        taken = folder / "taken.png"
        command = [browser, "--headless", "--no-sandbox", "--hide-scrollbars"]
        command += [f"--screenshot={taken}", f"--window-size={SIZE[0]},{SIZE[1]}"]
        command += [f"--user-data-dir={folder / 'profile'}", (SAMPLE / "report.html").as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        note = PngInfo()
        note.add_text(SHOWS, shown())
        with Image.open(taken) as image:
            small = image.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
            small.save(PICTURE, optimize=True, pnginfo=note)


if __name__ == "__main__":
    main()
