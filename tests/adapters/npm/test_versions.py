"""Tests of which version of the kit most likely runs."""

import json
from collections.abc import Mapping

import pytest

from forensics.adapters.npm.packages import read_package
from forensics.adapters.npm.versions import Version, find_version, lower_bound
from tests.support.trees import DictTree

API = "apps/api/package.json"
DECLARES = {API: json.dumps({"name": "@x/api", "devDependencies": {"drizzle-kit": "^0.31.1"}})}

PNPM_9 = """lockfileVersion: '9.0'

importers:

  .: {}

  apps/api:
    devDependencies:
      drizzle-kit:
        specifier: ^0.31.1
        version: 0.31.4

  apps/web:
    devDependencies:
      drizzle-kit:
        specifier: ^0.30.0
        version: 0.30.6(pg@8.16.0)

packages:

  drizzle-kit@0.30.6:
    resolution: {integrity: x}
"""
PNPM_6 = """lockfileVersion: '6.0'

devDependencies:
  drizzle-kit:
    specifier: ^0.31.1
    version: 0.31.4(pg@8.16.0)

packages:

  /drizzle-kit@0.30.6:
    resolution: {integrity: x}
"""
PNPM_5 = """lockfileVersion: 5.4

importers:

  apps/api:
    specifiers:
      drizzle-kit: ^0.31.1
      drizzle-orm: ^0.29.0
    dependencies:
      drizzle-orm: 0.29.3_pg@8.11.5
    devDependencies:
      drizzle-kit: 0.31.4

packages:

  /drizzle-kit/0.31.4:
    resolution: {integrity: x}
"""
PNPM_OTHER = """lockfileVersion: '9.0'

importers:

  apps/web:
    devDependencies: {}

packages:

  drizzle-kit@0.31.4:
    resolution: {integrity: x}
"""
NPM_3 = json.dumps(
    {
        "lockfileVersion": 3,
        "packages": {
            "node_modules/drizzle-kit": {"version": "0.30.6", "dev": True},
            "apps/api/node_modules/drizzle-kit": {"version": "0.31.4"},
        },
    }
)
NPM_1 = json.dumps({"lockfileVersion": 1, "dependencies": {"drizzle-kit": {"version": "0.31.4"}}})
YARN_1 = """drizzle-kit@^0.30.0:
  version "0.30.6"

drizzle-kit@^0.31.1, drizzle-kit@^0.31.3:
  version "0.31.4"
  resolved "x"
"""
YARN_BERRY = """"drizzle-kit@npm:^0.30.0":
  version: 0.30.6

"drizzle-kit@npm:^0.31.1":
  version: 0.31.4
"""
BUN = """{
  "packages": {
    "drizzle-kit": ["drizzle-kit@0.30.6", "", { "bin": { "drizzle-kit": "bin.cjs" } }, "sha512-x"],
    "@x/api/drizzle-kit": ["drizzle-kit@0.31.4", "", {}, "sha512-x"],
  }
}
"""


def version(files: Mapping[str, str | bytes], name: str = "drizzle-kit") -> Version:
    """The version as seen from apps/api."""
    tree = DictTree(files)
    package = read_package(tree, API)
    return find_version(tree, name, "apps/api", {"apps/api": package} if package else {})


@pytest.mark.parametrize(
    ("lock", "text"),
    [
        ("pnpm-lock.yaml", PNPM_9),
        ("pnpm-lock.yaml", PNPM_9.replace("\n", "\r\n")),
        ("pnpm-lock.yaml", PNPM_5),
        ("pnpm-lock.yaml", PNPM_OTHER),
        ("apps/api/pnpm-lock.yaml", PNPM_6),
        ("package-lock.json", NPM_3),
        ("package-lock.json", NPM_1),
        ("npm-shrinkwrap.json", NPM_1),
        ("yarn.lock", YARN_1),
        ("yarn.lock", YARN_BERRY),
        ("bun.lock", BUN),
    ],
)
def test_every_lock_file_says_the_locked_version(lock: str, text: str) -> None:
    """Of the workspace that declares it, where several versions are locked."""
    found = version({**DECLARES, lock: text})
    assert (found.version, found.source) == ("0.31.4", f"locked in {lock}")


def test_suffixes_of_peers_are_no_part_of_a_version() -> None:
    """The lock files of pnpm hold `0.29.3_pg@8.11.5` and `0.30.6(pg@8.16.0)`."""
    files = {API: '{"dependencies": {"drizzle-orm": "^0.29.0"}}', "pnpm-lock.yaml": PNPM_5}
    assert version(files, "drizzle-orm").version == "0.29.3"


def test_what_is_installed_comes_first() -> None:
    """node_modules is what runs, whatever the lock file says."""
    installed = "node_modules/drizzle-kit/package.json"
    found = version({**DECLARES, "pnpm-lock.yaml": PNPM_9, installed: '{"version": "0.31.11"}'})
    assert (found.version, found.source) == ("0.31.11", f"installed: {installed}")


def test_a_declared_range_gives_its_lower_bound() -> None:
    """And the source says that it is only declared."""
    found = version(DECLARES)
    assert (found.version, found.source) == ("0.31.1", f"declared in {API}: ^0.31.1")


def test_a_binary_lock_file_is_unread() -> None:
    """bun.lockb: the range counts, and it is said how to know better."""
    found = version({**DECLARES, "bun.lockb": b"#!/usr/bin/env bun\0"})
    assert found.version == "0.31.1"
    assert "--save-text-lockfile" in found.unread[0].how_to_get_it


def test_two_locked_versions_without_a_workspace_are_not_guessed_between() -> None:
    """The declared range counts then."""
    both = PNPM_OTHER.replace(
        "  drizzle-kit@0.31.4:", "  drizzle-kit@0.31.4: {}\n\n  drizzle-kit@0.30.6:"
    )
    assert version({**DECLARES, "pnpm-lock.yaml": both}).source.startswith("declared")


@pytest.mark.parametrize("text", ["", "{", "null", "[]", '{"packages": []}', "importers:\n  :\n"])
@pytest.mark.parametrize(
    "lock", ["pnpm-lock.yaml", "yarn.lock", "bun.lock", "package-lock.json", API]
)
def test_garbage_gives_no_version_and_no_error(lock: str, text: str) -> None:
    """Broken files are evidence, not crashes."""
    assert version({**DECLARES, lock: text}).version in ("0.31.1", None)


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("^0.31.1", "0.31.1"),
        ("~0.31", "0.31.0"),
        (">=0.30.0 <1", "0.30.0"),
        ("0.31.x", "0.31.0"),
        ("1.0.0-beta.2-abc", "1.0.0-beta.2-abc"),
        ("npm:drizzle-kit@0.30.4", "0.30.4"),
        ("latest", None),
        ("*", None),
        ("catalog:", None),
        ("workspace:^1.0.0", None),
    ],
)
def test_lower_bounds(text: str, bound: str | None) -> None:
    """What a range promises at least."""
    assert lower_bound(text) == bound
