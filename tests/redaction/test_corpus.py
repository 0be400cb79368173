"""No secret of the corpus gets through, and no line without one is damaged."""

import base64
import json
import re
from collections.abc import Callable
from urllib.parse import quote

import pytest

from forensics.redaction.redactor import MASK, Redactor
from tests.redaction.corpus import Harmless, Planted, harmless, odd, planted, tokens

PLANTED, HARMLESS = planted(), harmless()

each_planted = pytest.mark.parametrize("it", PLANTED, ids=[it.id for it in PLANTED])
each_harmless = pytest.mark.parametrize("it", HARMLESS, ids=[it.id for it in HARMLESS])

NOISE = {
    ".sql": 'CREATE TABLE "users" ("password" text NOT NULL, "token" text);\n',
    ".ts": "export const a = text('password').notNull();\n",
    ".json": '{"name": "token"},\n',
    ".yml": "name: token\n",
}


def test_the_corpus_is_large_enough() -> None:
    """It cannot shrink unnoticed, and no secret of it stands twice under one name."""
    assert len(PLANTED) >= 300
    assert len(HARMLESS) >= 110
    assert len(list(tokens())) >= 40
    assert len({it.id for it in PLANTED}) == len(PLANTED)
    assert [it.id for it in PLANTED if not all(secret in it.text for secret in it.secrets)] == []


@each_planted
def test_a_secret_is_masked(it: Planted) -> None:
    """With a key and without, and between lines in which only names look like it.

    A second pass finds nothing more.
    """
    for redactor in (Redactor(), Redactor(key=b"k")):
        masked, found = redactor.mask(it.text.encode(), it.file)
        assert [secret for secret in it.secrets if secret in masked.decode()] == []
        assert found >= 1
        assert MASK.encode() in masked
        assert redactor.mask(masked, it.file) == (masked, 0)
    noise = next((text for end, text in NOISE.items() if it.file.endswith(end)), "note\n")
    text = f"{noise * 3}{it.text}\n{noise * 3}"
    masked, _ = Redactor().mask(text.encode(), f"some/folder/{it.file}" if it.file else "")
    assert [secret for secret in it.secrets if secret in masked.decode()] == []


@each_harmless
def test_evidence_is_not_damaged(it: Harmless) -> None:
    """Hashes, ids, names like tokens, DDL, journals, snapshots, code and errors come out as is.

    Also where other lines have the words that announce a secret.
    """
    assert Redactor().mask(it.text.encode(), it.file) == (it.text.encode(), 0)
    text = f"password\n\n{it.text}\n\ntoken\n".encode()
    assert Redactor().mask(text, it.file) == (text, 0)


FORMS: tuple[Callable[[str], str], ...] = (
    str,
    lambda it: quote(it, safe=""),
    lambda it: re.sub("%..", lambda found: found[0].lower(), quote(it, safe="")),
    lambda it: base64.b64encode(it.encode()).decode(),
    lambda it: base64.urlsafe_b64encode(it.encode()).decode(),
    lambda it: base64.b64encode(f"app:{it}:x".encode()).decode(),
    lambda it: json.dumps(it)[1:-1],
    lambda it: json.dumps(json.dumps(it))[3:-3],
    lambda it: it.replace("'", "''"),
)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("secret", [odd(1), 'It\'s "S3cret"/+&', "sommerregenimgarten"])
def test_a_known_secret_is_masked_in_every_form(form: Callable[[str], str], secret: str) -> None:
    """Where nothing announces it: raw, in URLs, in JSON, in SQL, in base64, also inside of it."""
    text = f"nothing announces {form(secret)} here"
    masked = Redactor([secret]).mask_text(text)
    assert form(secret) not in masked
    assert masked.startswith("nothing announces ")


def test_the_same_secret_becomes_the_same_token_and_another_one_another() -> None:
    """Equality survives the mask, in whichever form the secret was written."""
    one = Redactor(key=b"one")
    texts = (
        "password='it''s hunter2'",
        "postgres://a:it's%20hunter2@h/d",
        '{"password": "x1y2z3"}',
    )
    files = ("a.sql", "", "a.json")
    masked = [
        one.mask(text.encode(), file)[0].decode() for text, file in zip(texts, files, strict=True)
    ]
    found = [text[text.index(MASK) :][:11] for text in masked]
    assert found[0] == found[1]
    assert found[0] != found[2]


def test_a_token_tells_nothing_without_the_key() -> None:
    """Who has the bundle cannot try a dictionary: another key gives other tokens."""
    text = "password=hunter2secret"
    tokens = {Redactor(key=key).mask_text(text) for key in (b"one", b"two")}
    assert len(tokens) == 2
    assert Redactor(key=b"one").mask_text(text) == Redactor(key=b"one").mask_text(text)


def test_what_was_masked_is_told_by_place_line_and_pattern_and_never_what_it_was() -> None:
    """The redaction report of two files."""
    redactor = Redactor(key=b"k")
    redactor.mask(b"A=1\nDB_PASSWORD=hunter2secret\nAPI_TOKEN=other7secret\n", ".env")
    redactor.mask(b"ALTER ROLE a PASSWORD 'hunter2secret';", "drizzle/0001.sql")
    told = [(it.place, it.line, it.rule, it.count) for it in redactor.masked]
    assert told == [
        (".env", 2, "assigned-line", 1),
        (".env", 3, "assigned-line", 1),
        ("drizzle/0001.sql", 1, "sql-password-literal", 1),
    ]
    assert "hunter2" not in repr(redactor.masked)


def test_a_known_word_is_masked_as_a_value_and_kept_as_a_name() -> None:
    """The password is what a table is called: masking the table would change the verdict."""
    redactor = Redactor(["billing_app"])
    ddl = b'CREATE TABLE billing_app (id int); ALTER TABLE "billing_app" ADD x text;'
    assert redactor.mask(ddl, "a.sql") == (ddl, 0)
    assert redactor.mask(b"SELECT f('billing_app');", "a.sql")[0] == b"SELECT f('***');"
    assert redactor.mask_text("could not log in with billing_app") == "could not log in with ***"
