"""Problems that do not depend on each other, all raised at once."""

from deeprage.errors import DeepRageError, SeveralProblemsError


class Problems:
    """Collects errors: `with problems.collected(): ...` goes on after one."""

    def __init__(self) -> None:
        self._errors: list[DeepRageError] = []

    def __bool__(self) -> bool:
        return bool(self._errors)

    def add(self, error: DeepRageError) -> None:
        """Keep an error for `raise_all`; one that is there already is not repeated."""
        if str(error) not in map(str, self._errors):
            self._errors.append(error)

    def collected(self) -> "_Collected":
        """A context that keeps an error which is raised within, and goes on after it."""
        return _Collected(self)

    def raise_all(self) -> None:
        """Raise the errors, if there are any.

        Raises:
            DeepRageError: the only one.
            SeveralProblemsError: all of several.
        """
        if not self._errors:
            return
        first, *others = self._errors
        if not others:
            raise first
        messages: list[str] = []
        for error in self._errors:
            messages += error.messages if isinstance(error, SeveralProblemsError) else [str(error)]
        causes = (error.__cause__ for error in self._errors)
        raise SeveralProblemsError(list(dict.fromkeys(messages))) from next(
            filter(None, causes), None
        )


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
