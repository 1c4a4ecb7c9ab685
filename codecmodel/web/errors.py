"""The exceptions that Web APIs throw: DOMException (Web IDL § 2.8), and ECMAScript's RangeError.

Python's ``TypeError`` stands for ECMAScript's.
"""

from typing import Final

#: The error names of Web IDL § 2.8.1, with their legacy codes. The code is 0 for a name that has none.
DOM_EXCEPTION_NAMES: Final[dict[str, int]] = {
    "HierarchyRequestError": 3,
    "WrongDocumentError": 4,
    "InvalidCharacterError": 5,
    "NoModificationAllowedError": 7,
    "NotFoundError": 8,
    "NotSupportedError": 9,
    "InUseAttributeError": 10,
    "InvalidStateError": 11,
    "SyntaxError": 12,
    "InvalidModificationError": 13,
    "NamespaceError": 14,
    "SecurityError": 18,
    "NetworkError": 19,
    "AbortError": 20,
    "URLMismatchError": 21,
    "QuotaExceededError": 22,
    "TimeoutError": 23,
    "InvalidNodeTypeError": 24,
    "DataCloneError": 25,
    "EncodingError": 0,
    "NotReadableError": 0,
    "UnknownError": 0,
    "ConstraintError": 0,
    "DataError": 0,
    "TransactionInactiveError": 0,
    "ReadOnlyError": 0,
    "VersionError": 0,
    "OperationError": 0,
    "NotAllowedError": 0,
    "OptOutError": 0,
}


class DOMException(Exception):
    """An exception of the web platform (Web IDL § 2.8). Its ``name`` says which kind of error it is.

    ``name`` is one of Web IDL's error names (``"EncodingError"``), or any other string. ``message`` describes the
    error to a person.
    """

    def __init__(self, message: str = "", name: str = "Error") -> None:
        super().__init__(message, name)
        self._message = message
        self._name = name

    @property
    def name(self) -> str:
        """The kind of error: ``"InvalidStateError"``, for instance."""
        return self._name

    @property
    def message(self) -> str:
        """A description of the error, for a person to read."""
        return self._message

    @property
    def code(self) -> int:
        """The legacy code that belongs to the name, or 0 if there is none."""
        return DOM_EXCEPTION_NAMES.get(self._name, 0)

    def __str__(self) -> str:
        return f"{self._name}: {self._message}" if self._message else self._name

    def __repr__(self) -> str:
        return f"DOMException({self._message!r}, {self._name!r})"


class QuotaExceededError(DOMException):
    """A quota was exceeded (Web IDL § 2.8.2). ``quota`` and ``requested`` are numbers, or None if they are not told."""

    def __init__(self, message: str = "", *, quota: float | None = None, requested: float | None = None) -> None:
        super().__init__(message, "QuotaExceededError")
        self._quota = quota
        self._requested = requested

    @property
    def quota(self) -> float | None:
        """The quota that was exceeded, or None."""
        return self._quota

    @property
    def requested(self) -> float | None:
        """The number that was requested, or None."""
        return self._requested

    def __repr__(self) -> str:
        return f"QuotaExceededError({self._message!r}, quota={self._quota}, requested={self._requested})"

    def __reduce__(self) -> tuple[object, ...]:
        return _quota_exceeded_error, (self._message, self._quota, self._requested)


def _quota_exceeded_error(message: str, quota: float | None, requested: float | None) -> QuotaExceededError:
    return QuotaExceededError(message, quota=quota, requested=requested)


class RangeError(ValueError):
    """ECMAScript's RangeError: a number is outside the range that an operation allows."""
