"""Which extension brings a type, function or operator class that the server does not know."""

from __future__ import annotations

import re

from forensics.dialects.postgres.repairs.casts import quoted

_UNKNOWN = re.compile(
    r'^(?:type|operator class|access method|text search configuration) "(?P<name>[^"]+)" '
    r"does not exist"
    r"|^function (?P<called>[\w.]+)\(.*\) does not exist"
)
"""What PostgreSQL says (42704 and 42883)."""

_BRINGS = {
    "vector": "vector halfvec sparsevec hnsw ivfflat vector_l2_ops vector_ip_ops vector_cosine_ops "
    "vector_l1_ops halfvec_l2_ops halfvec_cosine_ops halfvec_ip_ops",
    "postgis": "geometry geography box2d box3d st_makepoint st_setsrid st_geomfromtext",
    "citext": "citext",
    "hstore": "hstore",
    "ltree": "ltree lquery ltxtquery",
    "cube": "cube",
    "isn": "isbn issn ean13 upc",
    "uuid-ossp": "uuid_generate_v1 uuid_generate_v1mc uuid_generate_v3 uuid_generate_v4 "
    "uuid_generate_v5 uuid_nil",
    "pgcrypto": "crypt gen_salt digest hmac pgp_sym_encrypt pgp_sym_decrypt gen_random_bytes",
    "pg_trgm": "gin_trgm_ops gist_trgm_ops similarity word_similarity show_trgm",
    "btree_gist": "gist_int4_ops gist_uuid_ops",
    "unaccent": "unaccent",
}
"""Extension -> names of its types, functions and operator classes (its own install scripts)."""
_BY_NAME = {name: extension for extension, names in _BRINGS.items() for name in names.split()}


def makes_extension(extension: str) -> str:
    """What installs it where it is not there."""
    return f"CREATE EXTENSION IF NOT EXISTS {quoted(extension)}"


def lacking(message: str) -> tuple[str, str] | None:
    """The name that an error says is unknown, and the extension that has it."""
    found = _UNKNOWN.match(message)
    if found is None:
        return None
    name = (found["name"] or found["called"]).rpartition(".")[2]
    extension = _BY_NAME.get(name.removesuffix("[]"))
    return (name, extension) if extension else None
