"""Words that PostgreSQL refuses are taken out, or get the schema that they lack."""

import pytest

from forensics.dialects.postgres.repairs.rewording import reworded
from forensics.facts import Extension, LiveSchema

WRONG = 'operator class "int4_ops" does not accept data type text'
NO_FUNCTION = "function uuid_generate_v4() does not exist"
NO_TYPE = 'type "citext" does not exist'
INSTALLED = tuple(Extension(name=it, schema="extensions") for it in ("uuid-ossp", "citext"))


def text_of(text: str, message: str, schema: LiveSchema) -> str | None:
    """What is written instead."""
    found = reworded(text, message, schema)
    return found.text if found else None


@pytest.mark.parametrize(
    ("text", "other"),
    [
        (
            'CREATE INDEX "i" ON "t" USING btree ("a" int4_ops DESC,"b" text_ops,lower(c) text_ops)',
            'CREATE INDEX "i" ON "t" USING btree ("a" DESC,"b",lower(c))',
        ),
        ('CREATE INDEX "i" ON "t" ("a" text_pattern_ops)', None),
        ('CREATE INDEX "i" ON "t" USING gin ("a" jsonb_ops)', None),
        ('CREATE INDEX "text_ops" ON "t" ("a")', None),
    ],
)
def test_each_column_gets_the_default_class_of_its_type(text: str, other: str | None) -> None:
    """Classes that are no default were chosen, and other methods have none."""
    assert text_of(text, WRONG, LiveSchema(evidence="e1")) == other


@pytest.mark.parametrize(
    ("text", "message", "other"),
    [
        ("SELECT uuid_generate_v4()", NO_FUNCTION, "SELECT extensions.uuid_generate_v4()"),
        ("CREATE TABLE t (a citext)", NO_TYPE, "CREATE TABLE t (a extensions.citext)"),
        ("SELECT x.uuid_generate_v4(), 'uuid_generate_v4'", NO_FUNCTION, None),
        ("SELECT nobody()", "function nobody() does not exist", None),
    ],
)
def test_a_name_gets_the_schema_of_its_installed_extension(
    text: str, message: str, other: str | None
) -> None:
    """Where the search path does not have that schema."""
    schema = LiveSchema(evidence="e1", extensions=INSTALLED)
    assert text_of(text, message, schema) == other


def test_an_extension_that_is_in_the_path_or_not_installed_is_not_meant() -> None:
    """Then another thing is wrong, or it has to be installed."""
    here = LiveSchema(evidence="e1", extensions=INSTALLED, search_path=("public", "extensions"))
    for schema in (here, LiveSchema(evidence="e1")):
        assert text_of("SELECT uuid_generate_v4()", NO_FUNCTION, schema) is None


def test_a_schema_may_have_any_name() -> None:
    """Such as one that a pattern would take for a group."""
    odd = LiveSchema(evidence="e1", extensions=(Extension(name="citext", schema=r"a\1"),))
    told = reworded("CREATE TABLE t (a citext)", NO_TYPE, odd)
    assert told is not None and told.text == r'CREATE TABLE t (a "a\1".citext)'
