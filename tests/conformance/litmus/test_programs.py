"""Programs of litmus tests."""

from random import Random

import pytest

from conformance.litmus.programs import AIMED, Program, draw, program_of, smaller


def test_a_program_is_read_from_its_line() -> None:
    random = Random(1)
    for size in range(1, 7):
        for _ in range(50):
            program = draw(random, size)
            assert str(program_of(str(program))) == str(program)


@pytest.mark.parametrize("text", AIMED)
def test_aimed_programs_can_be_read(text: str) -> None:
    assert str(program_of(text)) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("configure jump", "'jump' is none of configure, bad"),
        ("configure; [soon] decode", "'soon' is none of task, ms0"),
        ("configure; on output: reset", "does not begin as in 'on output 1: reset'"),
        ("configure; on arrival 1: reset", "does not begin as in 'on output 1: reset'"),
    ],
)
def test_a_line_that_is_no_program_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        program_of(text)


def test_a_program_has_as_many_calls_as_wanted_and_none_that_is_excluded() -> None:
    random = Random(2)
    for size in range(2, 7):
        for _ in range(50):
            program = draw(random, size, excluded=frozenset({"liar", "close"}))
            assert program.size == size
            assert not {"liar", "close"} & set(str(program).split())


def test_smaller_programs_have_a_call_less_or_begin_sooner() -> None:
    program = program_of("configure micro decode; [quiet] reset; on output 2: flush")
    assert {str(each) for each in smaller(program)} == {
        "micro decode; [quiet] reset; on output 2: flush",
        "configure; [quiet] reset; on output 2: flush",
        "configure decode; [quiet] reset; on output 2: flush",
        "configure micro decode; on output 2: flush",
        "configure micro decode; [task] reset; on output 2: flush",
        "configure micro decode reset; on output 2: flush",
        "configure micro decode; [quiet] reset",
    }


def test_programs_shrink_to_a_single_call() -> None:
    program: Program = program_of("configure decode; [ms4] flush; on settled 1: close")
    while program.size > 1:
        program = min(smaller(program), key=lambda each: (each.size, str(each)))
    assert program.size == 1
