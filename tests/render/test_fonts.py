"""The fonts that are cut in advance: they show what the whole ones show."""

from base64 import b64decode
from io import BytesIO

import pytest
from fontTools.pens.recordingPen import RecordingPen
from fontTools.ttLib import TTFont

from forensics.render import _fonts
from forensics.render._fonts import USUAL, embedded
from forensics.render._templates import templates_folder

TEXT = ("sans", "bold", "mono")


def drawn(font: TTFont) -> dict[str, object]:
    """Character -> how wide it is, and how it is drawn."""
    glyphs = font.getGlyphSet()
    found: dict[str, object] = {}
    for code, name in font.getBestCmap().items():
        pen = RecordingPen()
        glyphs[name].draw(pen)
        found[chr(code)] = (glyphs[name].width, pen.value)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", USUAL)
def test_a_font_that_is_cut_in_advance_draws_what_the_whole_one_draws(name: str) -> None:
    """`python -m tests.make_fonts` writes it anew."""
    folder = templates_folder() / "fonts"
    whole = drawn(TTFont(folder / (_fonts._TEXT | _fonts._RARE)[name]))
    cut = drawn(TTFont(folder / "usual" / f"{name}.woff2"))
    assert {it: cut[it] for it in USUAL[name]} == {it: whole[it] for it in USUAL[name]}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "fonts"),
    [
        ("all – of · it", TEXT),
        ("✓ done 🐶", (*TEXT, "symbols", "emoji")),
        ("Müller", TEXT),
        ("a ∀ b", (*TEXT, "symbols")),
        ("中", TEXT),
    ],
)
def test_a_page_has_the_fonts_that_it_needs(text: str, fonts: tuple[str, ...]) -> None:
    """With all its characters that one of them has, whether it was cut in advance or not."""
    made = embedded(f"<p>{text}</p>")
    assert tuple(made) == fonts
    cuts = {name: TTFont(BytesIO(b64decode(made[name].partition(",")[2]))) for name in made}
    shown = {chr(code) for cut in cuts.values() for code in cut.getBestCmap()}
    assert set(text) - shown == ({"中"} & set(text))


def test_a_usual_page_is_made_without_cutting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which would take longer than all the rest of it."""
    monkeypatch.setattr(_fonts, "_subset", None)
    monkeypatch.setattr(_fonts, "_characters", None)
    assert embedded("<p>migrations applied successfully ✓ 🐶🔥 – · 😴</p>")
