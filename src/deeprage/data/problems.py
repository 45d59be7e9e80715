"""Problems that do not depend on each other, to be told all at once."""

from collections.abc import Sequence

from deeprage.errors import DeepRageError


class SeveralProblemsError(DeepRageError):
    """Several things that a user can act on, each with a message of its own."""

    def __init__(self, messages: Sequence[str]) -> None:
        self.messages = tuple(messages)
        listed = [f"{number}. {message}" for number, message in enumerate(self.messages, start=1)]
        super().__init__("\n".join([f"there are {len(self.messages)} problems:", *listed]))


class Problems:
    """Collects errors: `with problems.collected(): ...` goes on after one."""

    def __init__(self) -> None:
        self._messages: list[str] = []

    def __bool__(self) -> bool:
        return bool(self._messages)

    def add(self, error: DeepRageError) -> None:
        """Keep an error for `raise_all`; one that is there already is not repeated."""
        listed = error.messages if isinstance(error, SeveralProblemsError) else (str(error),)
        self._messages += [message for message in listed if message not in self._messages]

    def collected(self) -> "_Collected":
        """A context that keeps an error which is raised within, and goes on after it."""
        return _Collected(self)

    def raise_all(self) -> None:
        """Raise the errors, if there are any.

        Raises:
            DeepRageError: the only one.
            SeveralProblemsError: all of several.
        """
        if len(self._messages) == 1:
            raise DeepRageError(self._messages[0])
        if self._messages:
            raise SeveralProblemsError(self._messages)


class _Collected:
    def __init__(self, problems: Problems) -> None:
        self._problems = problems

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: object
    ) -> bool:
        if isinstance(error, DeepRageError):
            self._problems.add(error)
            return True
        return False
