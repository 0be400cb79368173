"""Several edits of one text, made as one."""

from hypothesis import given
from hypothesis import strategies as st

from forensics.model import WriteFile
from forensics.model.edits import NO_OP, combined
from tests.support.growth import is_linear

TEXT = "one 1\ntwo 2\nthree 3\n"


def edit(after: str, before: str | None = TEXT) -> WriteFile:
    """A step that writes a text over another."""
    return WriteFile(path="x", before=before, after=after)


def test_edits_of_different_places_are_all_made() -> None:
    """Whatever their order and however they change the length."""
    edits = [edit(TEXT.replace("3", "")), edit(TEXT.replace("1", "1000")), edit(TEXT + "four")]
    for order in (edits, edits[::-1]):
        assert combined(order) == "one 1000\ntwo 2\nthree \nfour"


def test_the_same_edit_twice_is_one() -> None:
    """Two issues may ask for the same change."""
    assert combined([edit(TEXT + "x"), edit(TEXT + "x")]) == TEXT + "x"


def test_of_two_edits_of_one_place_one_is_made() -> None:
    """Never a mixture of both."""
    once, twice = TEXT.replace("two 2", "deux"), TEXT.replace("two 2", "zwei")
    assert combined([edit(once), edit(twice)]) in (once, twice)


def test_texts_that_do_not_start_alike_are_not_mixed() -> None:
    """A new file, or one that another step wrote first: the last text counts."""
    assert combined([edit("a", None), edit("b", None)]) == "b"
    assert combined([edit("a"), edit("b", "a")]) == "b"


@given(st.text("ab", max_size=8), st.text("ab", max_size=8))
def test_one_edit_alone_gives_its_own_text(before: str, after: str) -> None:
    """Repeated characters make start and end of the changed part ambiguous, never the text."""
    assert combined([edit(after, before), edit(after, before)]) == after


@given(st.text("ab", max_size=6), st.text("ab", max_size=6), st.text("ab", max_size=6))
def test_two_edits_on_either_side_of_a_wall_are_both_made(a: str, b: str, c: str) -> None:
    """What stands between them is never touched."""
    before = f"{a}|{a}"
    both = combined([edit(f"{b}|{a}", before), edit(f"{a}|{c}", before)])
    assert both == f"{b}|{c}"


def test_neighbours_that_look_alike_are_both_deleted() -> None:
    """Statements between marks: the mark goes with the one before or behind it."""
    marked = "a --mark x --mark x y --mark z"
    first = marked.replace(" --mark x ", " ", 1)
    last = marked.removesuffix(" --mark z")
    assert combined([edit(first, marked), edit(last, marked)]) == "a --mark x y"


def test_two_edits_that_take_out_overlapping_pieces_are_both_made() -> None:
    """Each takes out several places, with the mark that both share between two statements."""
    marked = "one a\n--mark\none b\n--mark\ntwo a\n--mark\ntwo b\n"
    ones = "two a\n--mark\ntwo b\n"
    assert combined([edit("one b\n--mark\ntwo a\n", marked), edit(ones, marked)]) == "two a\n"
    assert combined([edit("one a\n", marked), edit(ones, marked)]) == NO_OP


def test_many_lines_that_look_alike_take_linear_time() -> None:
    """With a line taken out at each end."""

    def cut(size: int) -> str:
        same = ");\n" * size
        return combined([edit(f"{same}b\n{same}", f"a\n{same}b\n{same}c\n")])

    assert is_linear(cut, 200)
