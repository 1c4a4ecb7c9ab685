"""The exceptions that are answers: the documented ones. All others, and accidental TypeErrors, are faults."""

import dis
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Final

from codecmodel import DOMException
from codecmodel.files import MediaFileError
from codecmodel.web.errors import RangeError

#: The directories of the implementation's source.
_SOURCES: Final = tuple(
    directory
    for name in ("codecmodel", "ffbind")
    if (spec := find_spec(name)) is not None
    for directory in spec.submodule_search_locations or ()
)
#: The exceptions that the API documents.
DOCUMENTED: Final = (TypeError, RangeError, DOMException, MediaFileError)


@contextmanager
def refusals() -> Iterator[None]:
    """A block in which the implementation may refuse an input. Exceptions that are no refusals go on."""
    try:
        yield
    except DOCUMENTED as exception:
        if is_accident(exception):
            raise


def is_accident(exception: BaseException) -> bool:
    """Whether the interpreter raised this TypeError itself, as for ``None + 1``, and no statement of the source did.

    An exception without a traceback was made to be handed over, and is none.
    """
    traceback = exception.__traceback__
    if not isinstance(exception, TypeError) or traceback is None:
        return False
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    code = traceback.tb_frame.f_code
    # A conversion of the caller's value in the libraries of Python is a refusal of that value.
    if not code.co_filename.startswith(_SOURCES):
        return False
    raised = (traceback.tb_lasti, "RAISE_VARARGS")
    return raised not in ((instruction.offset, instruction.opname) for instruction in dis.get_instructions(code))
