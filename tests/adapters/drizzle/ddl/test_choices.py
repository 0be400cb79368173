"""Every answer to the kit's questions is tried, the likeliest first, and not without end."""

from forensics.adapters.drizzle.ddl.choices import ANSWERS, Choices, Resolved, explore


def answers(*questions: tuple[str, str], most: int = 100) -> list[tuple[Resolved[str], ...]]:
    """What comes of all answers to questions about new and old letters."""

    def run(choices: Choices) -> tuple[Resolved[str], ...]:
        return tuple(choices.resolve(tuple(new), tuple(old)) for new, old in questions)

    return list(explore(run, most))


def test_without_two_sides_there_is_no_question() -> None:
    """What only came, or only went, was not renamed."""
    assert answers(("ab", ""), ("", "c")) == [(Resolved(("a", "b"), ()), Resolved((), ("c",)))]


def test_one_new_and_one_old_give_two_answers() -> None:
    """Made anew first, then renamed."""
    assert [it for (it,) in answers(("n", "o"))] == [
        Resolved(("n",), ("o",)),
        Resolved((), (), (("o", "n"),)),
    ]


def test_nothing_is_renamed_twice() -> None:
    """Of two new and two old ones there are seven pairings, each told once."""
    told = [it.renamed for (it,) in answers(("ab", "xy"))]
    assert len(told) == len(set(told)) == 7
    assert all(len({old for old, _ in pairs}) == len(pairs) for pairs in told)


def test_questions_are_combined() -> None:
    """Two questions of two answers make four runs."""
    assert len(set(answers(("a", "x"), ("b", "y")))) == 4


def test_the_number_of_answers_is_bounded() -> None:
    """Twenty new columns for twenty old ones would be more than any machine can try."""
    assert len(answers(("abcdefghijklmnopqrst", "ABCDEFGHIJKLMNOPQRST"))) == ANSWERS
    assert len(answers(*[("ab", "xy")] * 9, most=50)) == 50
