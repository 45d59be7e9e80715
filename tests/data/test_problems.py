"""Independent problems are raised together; one problem, and program errors, as they are."""

import pytest

from deeprage.data.problems import Problems
from deeprage.errors import DeepRageError, SeveralProblemsError


def test_no_problem_raises_nothing() -> None:
    problems = Problems()
    with problems.collected():
        pass
    assert not problems
    problems.raise_all()


def test_one_problem_is_raised_as_it_is() -> None:
    problems, error = Problems(), DeepRageError("one")
    with problems.collected():
        raise error
    assert problems
    with pytest.raises(DeepRageError) as raised:
        problems.raise_all()
    assert raised.value is error


def test_several_are_numbered_each_once_and_keep_a_cause() -> None:
    problems, full = Problems(), MemoryError()
    problems.add(DeepRageError("one"))
    with problems.collected():
        raise DeepRageError("two") from full
    problems.add(DeepRageError("one"))
    problems.add(SeveralProblemsError(["two", "three"]))
    with pytest.raises(
        SeveralProblemsError, match=r"3 problems:\n1\. one\n2\. two\n3\. three"
    ) as e:
        problems.raise_all()
    assert e.value.messages == ("one", "two", "three")
    assert e.value.__cause__ is full


def test_an_error_of_the_program_is_not_kept() -> None:
    with pytest.raises(ZeroDivisionError), Problems().collected():
        raise ZeroDivisionError
