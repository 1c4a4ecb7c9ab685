"""DOMException, and callbacks that raise."""

import asyncio
import copy
import pickle

import pytest

from codecmodel.algorithm import ALGORITHMS, algorithm
from codecmodel.web.errors import DOM_EXCEPTION_NAMES, DOMException, RangeError
from codecmodel.web.webidl import invoke_callback
from tests.codecmodel.web.scripts import RecordingLoop


@pytest.fixture
def event_loop() -> RecordingLoop:
    loop = asyncio.SelectorEventLoop()
    loop.close()
    return RecordingLoop(loop)


def test_a_dom_exception_is_told_by_its_name() -> None:
    exception = DOMException("it was reset", "AbortError")
    assert (exception.message, exception.name, exception.code) == ("it was reset", "AbortError", 20)
    assert str(exception) == "AbortError: it was reset"
    assert repr(exception) == "DOMException('it was reset', 'AbortError')"


def test_a_dom_exception_needs_neither_name_nor_message() -> None:
    exception = DOMException()
    assert (exception.message, exception.name, exception.code) == ("", "Error", 0)
    assert str(exception) == "Error"


@pytest.mark.parametrize(
    ("name", "code"),
    [("InvalidStateError", 11), ("NotSupportedError", 9), ("DataCloneError", 25), ("EncodingError", 0), ("Other", 0)],
)
def test_names_have_a_legacy_code_or_zero(name: str, code: int) -> None:
    assert DOMException("", name).code == code


def test_legacy_codes_are_unique() -> None:
    codes = [code for code in DOM_EXCEPTION_NAMES.values() if code]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("name", ["name", "message", "code"])
def test_a_dom_exception_is_immutable(name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(DOMException("message", "AbortError"), name, "other")


def test_a_dom_exception_is_copied_and_pickled() -> None:
    exception = DOMException("it was reset", "AbortError")
    for clone in (copy.copy(exception), pickle.loads(pickle.dumps(exception))):
        assert type(clone) is DOMException
        assert (clone.message, clone.name) == ("it was reset", "AbortError")


def test_a_range_error_is_a_value_error() -> None:
    assert issubclass(RangeError, ValueError)


def test_an_invoked_callback_is_a_script_and_its_result_is_returned(event_loop: RecordingLoop) -> None:
    assert invoke_callback(event_loop, lambda number: number + 1, 1) == 2
    assert event_loop.scripts == ["prepare", "clean up"]
    assert event_loop.reported == []


@pytest.mark.parametrize("exception", [ValueError("callback"), asyncio.CancelledError(), GeneratorExit()], ids=repr)
def test_what_a_callback_raises_is_reported(event_loop: RecordingLoop, exception: BaseException) -> None:
    def fail(_: object) -> int:
        raise exception

    assert invoke_callback(event_loop, fail, None) is None
    assert event_loop.reported == [exception]
    assert event_loop.scripts == ["prepare", "clean up"]


@pytest.mark.parametrize("exception", [KeyboardInterrupt, SystemExit])
def test_what_ends_the_program_passes_through(event_loop: RecordingLoop, exception: type[BaseException]) -> None:
    def fail(_: object) -> int:
        raise exception

    with pytest.raises(exception):
        invoke_callback(event_loop, fail, None)
    assert event_loop.reported == []
    assert event_loop.scripts == ["prepare", "clean up"]


def test_an_algorithm_is_registered_under_each_of_its_anchors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codecmodel.algorithm.ALGORITHMS", registered := {"both": [print]})

    def steps() -> None:
        pass

    assert algorithm("one", "both", part="message", variant="video")(steps) is steps
    assert registered == {"both": [print, steps], "one": [steps]}
    assert "one" not in ALGORITHMS
    with pytest.raises(ValueError, match="an algorithm needs the anchor it is published under"):
        algorithm()
