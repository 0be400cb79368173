"""Where secrets stand: a snapshot is compared with the one before it, and nothing escapes that."""

from random import Random

from forensics.redaction import find as module
from forensics.redaction.find import NOTHING

KIND = "snapshot.json"
PLAIN = ("{", "}", '  "id": "1",', '  "id": "2",', '  "name": "a",')
ALL = (*PLAIN, '  "password": "hunter2-and-more",', '  "password":', '  "hunter2-and-more"')


def test_what_a_text_shows_does_not_depend_on_the_one_before_it() -> None:
    """Texts that differ by a few lines, or by nothing but their last line's end."""
    chance, found = Random(1), 0
    lines = chance.choices(PLAIN, k=20)
    seen = module._Lines(KIND)
    for _ in range(600):
        changed = [*lines]
        for _ in range(chance.randrange(3)):
            at = chance.randrange(len(changed) + 1)
            changed[at : at + chance.randrange(3)] = chance.choices(ALL, k=chance.randrange(3))
        text = "\n".join(changed) + chance.choice(("", "\n"))
        sight = module._by_lines(text, seen)
        assert sight == module._by_lines(text, module._Lines(KIND)), text
        found += sight is not NOTHING
        if sight is NOTHING and chance.random() < 0.5:
            lines = changed or [*PLAIN]
    assert 50 < found < 550


def test_every_hint_is_seen_in_a_short_text_as_in_a_long_one() -> None:
    """At its beginning, in its middle and at its end; and none that is not there."""
    for hint, numbers in module._NUMBERS.items():
        for text in (hint, f"{hint}x", f"x{hint}", f"~{hint}~"):
            there = {id(of) for other, of in module._NUMBERS.items() if other in text}
            assert id(numbers) in there
            assert {id(of) for of in module._numbers_in(text)} == there
            assert {id(of) for of in module._numbers_in(text + " " * 300)} == {
                id(of) for other, of in module._NUMBERS.items() if other in text + " " * 300
            }
