"""Issue numbers as a reader says them."""

from forensics.report.numbering import span_words, spans


def test_many_in_a_row_become_a_range() -> None:
    """Fifteen missing files are one sentence, not fifteen."""
    assert span_words(range(1, 16)) == ("1 to 15",)
    assert span_words((1, 2, 3, 7, 9, 10)) == ("1 to 3", "7", "9", "10")


def test_the_order_given_is_the_order_said() -> None:
    """Faults are named as they show, and that is not always by number."""
    assert spans((4, 1, 2)) == ((4, 4), (1, 1), (2, 2))
    assert spans(()) == ()
