"""The exceptions Web APIs throw: DOMException with its names, and RangeError.

``TypeError`` is Python's own.
"""

from typing import Final

#: Web IDL § 2.8.1, table of names: name → legacy code (0 where there is none).
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


class DOMException(Exception):  # the name is Web IDL's
    """An exception of the web platform, told apart by ``name`` (Web IDL § 2.8, ``DOMException``).

    ``name`` is one of Web IDL's error names (``"EncodingError"``), or any other string; ``message`` is for
    people; ``code`` is the legacy number, 0 for names that have none.
    """

    def __init__(self, message: str = "", name: str = "Error") -> None:
        super().__init__(message, name)
        self._message = message
        self._name = name

    @property
    def name(self) -> str:
        return self._name

    @property
    def message(self) -> str:
        return self._message

    @property
    def code(self) -> int:
        return DOM_EXCEPTION_NAMES.get(self._name, 0)

    def __str__(self) -> str:
        return f"{self._name}: {self._message}" if self._message else self._name

    def __repr__(self) -> str:
        return f"DOMException({self._message!r}, {self._name!r})"


class RangeError(ValueError):
    """ECMAScript's RangeError: a number outside what the operation allows."""
