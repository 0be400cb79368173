"""Tests of the words of V8 against a real Node."""

import base64
import json
import random
import subprocess

import pytest

from forensics.adapters.drizzle.folder.node_json import json_error

READS_ALL = """
const cases = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const messages = cases.map((encoded) => {
  try { JSON.parse(Buffer.from(encoded, 'base64').toString()); return null; }
  catch (error) { return Buffer.from(error.message).toString(); }
});
process.stdout.write(JSON.stringify({ node: process.version, messages }));
"""
SOURCES = (
    '{"id":"5f","prevId":"00","version":"6","tables":{"public.users":{"columns":{}}}}',
    '{\n  "version": "7",\n  "dialect": "postgresql",\n  "entries": [\n    {\n      "idx": 0,'
    '\n      "when": 1718000000000,\n      "breakpoints": true\n    }\n  ]\n}',
    '[1, -2.5e+3, 0, 0.1E-7, true, false, null, "\\u00e9\\n\\"", "\U0001f525 \u00fc", [], {}]',
    '{"a":1,"b":"c"}',
    '"only a string"',
    "-12.5e3",
    "true",
    "/c/Users/dev/shop/apps/api/drizzle/meta\n",
    "<<<<<<< HEAD\n",
)
SPLINTERS = (
    *("{", "}", "[", "]", ":", ",", '"', "\\", "\\u", "'", "-", "+", ".", "e", "0", "01", "7"),
    *("\n", "\t", " ", "\u00a0", "\u2028", "\ufeff", "\x00", "\x1f", "\x7f", "/", "//", "#"),
    *("t", "tru", "nul", "false", "null", "NaN", "Infinity", "undefined", "[object Object]"),
    *("\U0001f600", "\u00e9", "\u4e16", "<<<<<<< HEAD\n", "=======\n", ">>>>>>> main\n", "--"),
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Unexpected end of JSON input"),
        (
            "/c/Users/hello/project/meta",
            "Unexpected token '/', \"/c/Users/h\"... is not valid JSON",
        ),
        ("abc", "Unexpected token 'a', \"abc\" is not valid JSON"),
        ("undefined", '"undefined" is not valid JSON'),
        ("{", "Expected property name or '}' in JSON at position 1"),
        ('{"a":1,}', "Expected double-quoted property name in JSON at position 7"),
        ('{"a" 1}', "Expected ':' after property name in JSON at position 5"),
        ('{"a":1 "b"', "Expected ',' or '}' after property value in JSON at position 7"),
        ('{"a":1,"b" "c"}', "Unexpected string in JSON at position 11"),
        ("[1 2]", "Expected ',' or ']' after array element in JSON at position 3"),
        ("[1] 2", "Unexpected non-whitespace character after JSON at position 4"),
        ('"a\nb"', "Bad control character in string literal in JSON at position 2"),
        ('"\\q"', "Bad escaped character in JSON at position 2"),
        ('"abc', "Unterminated string in JSON at position 4"),
        ("-", "No number after minus sign in JSON at position 1"),
        ("1e", "Exponent part is missing a number in JSON at position 2"),
        ("1.", "Unterminated fractional number in JSON at position 2"),
        ('["\U0001f600" x', "Expected ',' or ']' after array element in JSON at position 6"),
        ("\U0001f600", "Unexpected token '\ufffd', \"\U0001f600\" is not valid JSON"),
        ("\ufeff{}", "Unexpected token '\ufeff', \"\ufeff{}\" is not valid JSON"),
    ],
)
def test_it_says_what_node_20_says(text: str, message: str) -> None:
    """Every kind of mistake has V8's own words, with positions in UTF-16 units."""
    assert json_error(text) == message


@pytest.mark.parametrize("text", ["{}", " [1, 2.5, null]\n", '"\\u0000"', "-0", '{"a":{"a":[]}}'])
def test_valid_json_has_no_message(text: str) -> None:
    """What JSON.parse takes is no error."""
    assert json_error(text) is None


def test_deep_nesting_does_not_exhaust_the_stack() -> None:
    """A hostile file of brackets is scanned without recursion."""
    assert json_error("[" * 200_000) == "Unexpected end of JSON input"


@pytest.mark.lab
def test_it_agrees_with_a_real_node() -> None:
    """Over thousands of generated corruptions the message is the one that Node prints."""
    cases = _corruptions(4000)
    done = subprocess.run(
        ["node", "-e", READS_ALL],
        input=json.dumps([base64.b64encode(text.encode()).decode() for text in cases]),
        capture_output=True,
        text=True,
        check=True,
    )
    answer = json.loads(done.stdout)
    node = int(answer["node"].removeprefix("v").partition(".")[0])
    differing = [
        (text, said, json_error(text, node))
        for text, said in zip(cases, answer["messages"], strict=True)
        if json_error(text, node) != said
    ]
    assert differing == []
    assert sum(said is not None for said in answer["messages"]) > 3000


def _corruptions(count: int) -> list[str]:
    chance = random.Random(20260110)
    corrupted = [_corrupt(chance.choice(SOURCES), chance) for _ in range(count)]
    return [*SPLINTERS, *(a + b for a in SPLINTERS for b in SPLINTERS), *corrupted]


def _corrupt(text: str, chance: random.Random) -> str:
    """Cut, insert, replace or double something, up to three times."""
    for _ in range(chance.randint(1, 3)):
        start = chance.randint(0, len(text))
        end = min(len(text), start + chance.randint(0, 4))
        piece = chance.choice((*SPLINTERS, "", text[start:end] * 2))
        text = chance.choice((text[:start] + piece + text[end:], text[:start], text[start:]))
    return text
