"""What well-known extensions and platforms bring, for a server that does not have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Values(StrEnum):
    """Which values a stand-in for a type takes."""

    TEXT = "text"
    """Any text, as the real one does."""
    NONE = "none"
    """None: only the real one knows which texts it can read."""


class Modifiers(StrEnum):
    """What may stand in parentheses behind a type."""

    NONE = "none"
    LENGTH = "length"
    GEOMETRY = "geometry"
    """PostGIS: `(Point,4326)`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BroughtType:
    """A type of an extension."""

    name: str
    values: Values = Values.NONE
    modifiers: Modifiers = Modifiers.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class BroughtClass:
    """An operator class; `type` as PostgreSQL writes it."""

    name: str
    type: str
    method: str
    default: bool = False
    equal: int = 0
    """Number of the operator `=` in it; 0 where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What an extension brings, as far as migrations name it."""

    types: tuple[BroughtType, ...] = ()
    functions: tuple[str, ...] = ()
    """`name(arguments) result volatility`."""
    methods: tuple[str, ...] = ()
    """Access methods for indexes."""
    classes: tuple[BroughtClass, ...] = ()


def _opaque(names: str, modifiers: Modifiers = Modifiers.NONE) -> tuple[BroughtType, ...]:
    return tuple(BroughtType(name=name, modifiers=modifiers) for name in names.split())


def _classes(names: str, type_: str, method: str) -> tuple[BroughtClass, ...]:
    return tuple(BroughtClass(name=name, type=type_, method=method) for name in names.split())


def _vector() -> Brought:
    metrics = "{0}_l2_ops {0}_ip_ops {0}_cosine_ops {0}_l1_ops"
    dense = [it for name in ("vector", "halfvec") for it in _on(metrics.format(name), name)]
    return Brought(
        types=_opaque("vector halfvec sparsevec", Modifiers.LENGTH),
        methods=("hnsw", "ivfflat"),
        classes=(
            *dense,
            *_classes(metrics.format("sparsevec"), "sparsevec", "hnsw"),
            *_classes("bit_hamming_ops bit_jaccard_ops", "bit", "hnsw"),
        ),
    )


def _on(names: str, type_: str) -> tuple[BroughtClass, ...]:
    without_l1 = " ".join(it for it in names.split() if not it.endswith("l1_ops"))
    return (*_classes(names, type_, "hnsw"), *_classes(without_l1, type_, "ivfflat"))


_SCALARS = {
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "float4": "real",
    "float8": "double precision",
    "numeric": "numeric",
    "timestamp": "timestamp",
    "timestamptz": "timestamptz",
    "date": "date",
    "time": "time",
    "interval": "interval",
    "text": "text",
    "uuid": "uuid",
    "inet": "inet",
    "bool": "boolean",
    "enum": "anyenum",
}
"""As operator classes call them -> as PostgreSQL writes them."""


def _scalar_classes(pattern: str, method: str, equal: int) -> tuple[BroughtClass, ...]:
    return tuple(
        BroughtClass(
            name=pattern.format(short), type=name, method=method, default=True, equal=equal
        )
        for short, name in _SCALARS.items()
    )


def _uuid_ossp() -> Brought:
    return Brought(
        functions=(
            "uuid_generate_v1() uuid volatile",
            "uuid_generate_v1mc() uuid volatile",
            "uuid_generate_v4() uuid volatile",
            "uuid_generate_v3(uuid, text) uuid immutable",
            "uuid_generate_v5(uuid, text) uuid immutable",
            "uuid_nil() uuid immutable",
            "uuid_ns_dns() uuid immutable",
            "uuid_ns_url() uuid immutable",
        )
    )


def _pgcrypto() -> Brought:
    return Brought(
        functions=(
            "gen_random_bytes(integer) bytea volatile",
            "crypt(text, text) text immutable",
            "gen_salt(text) text volatile",
            "gen_salt(text, integer) text volatile",
            "digest(text, text) bytea immutable",
            "digest(bytea, text) bytea immutable",
            "hmac(text, text, text) bytea immutable",
            "hmac(bytea, bytea, text) bytea immutable",
            "pgp_sym_encrypt(text, text) bytea volatile",
            "pgp_sym_decrypt(bytea, text) text immutable",
        )
    )


def _pg_trgm() -> Brought:
    return Brought(
        functions=(
            "similarity(text, text) real immutable",
            "word_similarity(text, text) real immutable",
            "strict_word_similarity(text, text) real immutable",
            "show_trgm(text) text[] immutable",
        ),
        classes=(
            *_classes("gin_trgm_ops", "text", "gin"),
            *_classes("gist_trgm_ops", "text", "gist"),
        ),
    )


def _citext() -> Brought:
    return Brought(
        types=(BroughtType(name="citext", values=Values.TEXT),),
        classes=(
            BroughtClass(name="citext_ops", type="citext", method="btree", default=True),
            BroughtClass(name="citext_ops", type="citext", method="hash", default=True),
        ),
    )


def _postgis() -> Brought:
    return Brought(
        types=(*_opaque("geometry geography", Modifiers.GEOMETRY), *_opaque("box2d box3d")),
        functions=(
            "st_makepoint(double precision, double precision) geometry immutable",
            "st_point(double precision, double precision) geometry immutable",
            "st_setsrid(geometry, integer) geometry immutable",
            "st_geomfromtext(text) geometry immutable",
            "st_geomfromtext(text, integer) geometry immutable",
            "st_x(geometry) double precision immutable",
            "st_y(geometry) double precision immutable",
            "st_distance(geometry, geometry) double precision immutable",
            "st_distance(geography, geography) double precision immutable",
            "st_dwithin(geography, geography, double precision) boolean immutable",
        ),
        classes=(
            BroughtClass(name="gist_geometry_ops_2d", type="geometry", method="gist", default=True),
            BroughtClass(name="gist_geography_ops", type="geography", method="gist", default=True),
        ),
    )


EXTENSIONS: Mapping[str, Brought] = {
    "vector": _vector(),
    "postgis": _postgis(),
    "citext": _citext(),
    "hstore": Brought(types=_opaque("hstore")),
    "ltree": Brought(types=_opaque("ltree lquery ltxtquery")),
    "cube": Brought(types=_opaque("cube")),
    "isn": Brought(types=_opaque("isbn issn ean13 upc")),
    "uuid-ossp": _uuid_ossp(),
    "pgcrypto": _pgcrypto(),
    "pg_trgm": _pg_trgm(),
    "btree_gin": Brought(classes=_scalar_classes("{}_ops", "gin", equal=0)),
    "btree_gist": Brought(classes=_scalar_classes("gist_{}_ops", "gist", equal=3)),
    "unaccent": Brought(functions=("unaccent(text) text stable",)),
    "pg_uuidv7": Brought(functions=("uuid_generate_v7() uuid volatile",)),
    "moddatetime": Brought(functions=("moddatetime() trigger volatile",)),
    "pg_stat_statements": Brought(),
}
"""Extension -> what its own install scripts make."""

FUNCTIONS: Mapping[str, tuple[str, ...]] = {
    "auth": (
        "uid() uuid stable",
        "role() text stable",
        "email() text stable",
        "jwt() jsonb stable",
        "user_id() text stable",
        "session() jsonb stable",
    ),
    "storage": (
        "foldername(text) text[] immutable",
        "filename(text) text immutable",
        "extension(text) text immutable",
    ),
}
"""Schema -> the functions that Supabase and Neon make in it, for policies to call."""
