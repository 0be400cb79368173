"""Code without its comments: what stands behind one is kept, and none takes long."""

import pytest

from forensics.adapters.npm.comments import without_comments
from tests.support.growth import is_linear


def test_only_comments_go() -> None:
    """To the end of the line, or to the sign; an address is none, nor is what nobody ends."""
    code = "a // one\n  // two\nb = 'https://c' /* three\n */ + d /* e"
    assert without_comments(code) == "a \n  \nb = 'https://c'  + d /* e"
    assert without_comments("// one") == without_comments("") == ""


@pytest.mark.slow
@pytest.mark.parametrize("odd", ["/*", "\n", "/", "/**/", "//\n"])
def test_it_takes_linear_time(odd: str) -> None:
    """Comments without an end, and empty lines, as somebody may write them to stop us."""
    assert is_linear(lambda size: without_comments(odd * size), 20_000)
