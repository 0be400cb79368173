"""The PDF: tagged, titled, reproducible, with no font of the machine and no fetch of anything."""

import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pytest

from forensics.render import pdf
from forensics.render.json import report_json
from forensics.render.pdf import PdfUnavailable, html_to_pdf, report_pdf
from tests.render.samples import hostile, incident

pytestmark = pytest.mark.slow

FONT = '@font-face { font-family: f; src: url("font:IBMPlexSans-Regular.woff2") }'
BUNDLE = b"PK evidence"
PAGE = f"<html lang=en><title>x</title><style>{FONT} html {{ font-family: f }}</style><p>x"


@pytest.fixture(scope="module")
def data() -> bytes:
    """The incident's PDF, with evidence attached."""
    return report_pdf(incident(), bundle=BUNDLE)


def test_it_is_tagged_and_says_what_it_is(data: bytes) -> None:
    """PDF/A-3a and PDF/UA-1: structure, language, title, bookmarks, colours."""
    with pikepdf.open(io.BytesIO(data)) as document:
        assert document.Root.MarkInfo.Marked
        assert str(document.Root.Lang) == "en"
        assert "/StructTreeRoot" in document.Root
        assert document.docinfo["/Title"] == incident().case.title
        assert document.Root.OutputIntents[0].S == "/GTS_PDFA1"
        with document.open_outline() as outline:
            assert [item.title for item in outline.root] == [incident().case.title]
            assert "Issue 2" in [item.title[:7] for item in outline.root[0].children]
        packet = document.Root.Metadata.read_bytes().decode()
        assert 'pdfaid:part="3" pdfaid:conformance="A"' in packet
        assert "<pdfuaid:part>1</pdfuaid:part>" in packet
        assert 3 <= len(document.pages) <= 15


def test_a_screen_reader_finds_its_way(data: bytes) -> None:
    """One title, sections below it, a text for each picture, and the heads of each table cell."""
    with pikepdf.open(io.BytesIO(data)) as document:
        parts = list(_parts(document.Root.StructTreeRoot.K))
        kinds = [str(part.S) for part in parts]
        pictures = [str(part.get("/Alt", "")) for part in parts if part.S == "/Figure"]
        cells = [part for part in parts if part.S == "/TD"]
        heads = {bytes(part.ID) for part in parts if part.S == "/TH"}
        named = [bytes(it) for cell in cells for it in cell.A.Headers]
        assert all(cell.A.Headers for cell in cells) and set(named) <= heads
        assert document.Root.ViewerPreferences.DisplayDocTitle
    assert [kind for kind in kinds if re.fullmatch(r"/H\d", kind)][:2] == ["/H1", "/H2"]
    assert kinds.count("/H1") == 1 and "/H3" not in kinds
    assert len(pictures) >= 2 and all(len(text) > 20 for text in pictures)


def _parts(given: pikepdf.Object) -> Iterator[pikepdf.Object]:
    """Every element of the structure, in the order of reading."""
    for part in given if isinstance(given, pikepdf.Array) else [given]:
        if isinstance(part, pikepdf.Dictionary) and "/S" in part:
            yield part
            yield from _parts(part.get("/K", pikepdf.Array()))


def test_no_word_stands_alone_on_its_line(data: bytes) -> None:
    """WeasyPrint breaks long text between code so, where it is not set in pieces."""
    told = subprocess.run(["pdftotext", "-layout", "-", "-"], input=data, capture_output=True)
    lines = [line.strip() for line in told.stdout.decode().splitlines()]
    alone = [re.fullmatch(r"[a-z]{1,9}[.,]?", line) is not None for line in lines]
    assert not [lines[at : at + 2] for at in range(len(lines) - 1) if alone[at] and alone[at + 1]]


def test_it_carries_its_data_and_its_evidence(data: bytes) -> None:
    """Each file once, with its kind and its relation to the report, dated like the report."""
    with pikepdf.open(io.BytesIO(data)) as document:
        files = {name: document.attachments[name] for name in document.attachments}
        assert set(files) == {
            *("bundle.zip", "report.json", "fix.sql", "rollback.sql", "fix.patch"),
            "commit-message.txt",
        }
        assert files["bundle.zip"].get_file().read_bytes() == BUNDLE
        assert files["report.json"].get_file().read_bytes() == report_json(incident())
        assert all(file.get_file().mime_type for file in files.values())
        relations = [str(item.AFRelationship) for item in document.Root.AF]
        assert sorted(relations) == ["/Data", "/Source", *["/Supplement"] * 4]


def test_every_page_names_the_case_and_the_bundle(data: bytes) -> None:
    """A page that is torn out still says what it belongs to."""
    told = subprocess.run(["pdftotext", "-layout", "-", "-"], input=data, capture_output=True)
    pages = told.stdout.decode().rstrip("\f").split("\f")
    assert len(pages) > 3
    for page in pages:
        head = page.lstrip("\n").splitlines()[0]
        assert incident().case.bundle_sha256[:16] in head
    assert all(incident().case.title in page for page in pages)


def test_its_fonts_are_ours(data: bytes) -> None:
    """Only the fonts that the report carries are embedded."""
    with pikepdf.open(io.BytesIO(data)) as document:
        names = {
            str(font.BaseFont).split("+")[1]
            for page in document.pages
            for font in dict(page.Resources.Font).values()
        }
    assert names <= {
        "Report-sans",
        "Report-sans-Semi-Bold",
        "Report-mono",
        "Report-symbols",
        "Report-emoji",
    }


@pytest.mark.night
def test_the_same_report_gives_the_same_bytes(data: bytes) -> None:
    """Another process, another hour, another time zone: the same file."""
    os.environ["TZ"] = "Pacific/Auckland"
    try:
        assert report_pdf(incident(), bundle=BUNDLE) == data
    finally:
        del os.environ["TZ"]


@pytest.mark.night
def test_hostile_text_fits_and_loads_nothing() -> None:
    """Whatever the evidence holds, a PDF comes out, without links to anywhere."""
    with pikepdf.open(io.BytesIO(report_pdf(hostile()))) as document:
        for page in document.pages:
            for annotation in page.get("/Annots", []):
                assert "/A" not in annotation or annotation.A.S != "/URI"


def test_no_address_is_ever_fetched(tmp_path: Path) -> None:
    """Style sheets, images, objects and attachments of a page are refused: R3."""
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    url = secret.as_uri()
    html = f"""<html lang="en"><head><title>x</title><link rel=attachment href="{url}">
        <link rel=stylesheet href="{url}"><style>@import url({url}); {FONT} html {{ font-family: f }}
        @font-face {{ font-family: x; src: url({url}) }} p {{ background: url({url}); font-family: x }}
        </style></head><body><p><img src="{url}"><object data="{url}"></object>
        <svg><image href="{url}"/></svg><a rel=attachment href="{url}">x</a></p></body></html>"""
    data = html_to_pdf(html, "x")
    assert b"EmbeddedFile" not in data
    with pikepdf.open(io.BytesIO(data)) as document:
        assert not [image for page in document.pages for image in page.get_images()]
        assert "/Names" not in document.Root or "/EmbeddedFiles" not in document.Root.Names
        embedded = [obj for obj in document.objects if isinstance(obj, pikepdf.Stream)]
        assert not [stream for stream in embedded if b"secret" in stream.read_bytes()]


def test_a_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Pango the error says so, and what to install."""
    fake = tmp_path / "weasyprint"
    fake.mkdir()
    (fake / "__init__.py").write_text(
        "raise OSError(\"cannot load library 'libpango-1.0-0': libpango-1.0-0: cannot open\")"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(PdfUnavailable, match=r"libpango-1\.0-0.*apt-get install.*brew install"):
        html_to_pdf("<p>x", "x")


def test_a_page_that_takes_too_long_is_given_up() -> None:
    """The child is killed, and the user told what to do instead."""
    with pytest.raises(PdfUnavailable, match="--format html"):
        html_to_pdf("<p>x", "x", seconds=0.01)


def test_a_module_in_the_current_folder_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hostile project cannot bring its own weasyprint."""
    (tmp_path / "weasyprint.py").write_text("open('owned', 'w')")
    monkeypatch.chdir(tmp_path)
    assert html_to_pdf(PAGE, "x").startswith(b"%PDF")
    assert not (tmp_path / "owned").exists()


def test_the_memory_of_the_child_is_limited() -> None:
    """A page cannot eat the machine."""
    code = (
        "from forensics.render.pdf import _limit; import resource; _limit();"
        "print(resource.getrlimit(resource.RLIMIT_AS)[1])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(told.stdout) == pdf._MEMORY


def test_a_character_without_a_glyph_is_named() -> None:
    """No empty box: what our fonts lack stands as its code point."""
    assert pdf._shown("a 中 🐶 ✓ ⣷") == "a U+4E2D 🐶 ✓ ⣷"
