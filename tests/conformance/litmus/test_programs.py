"""Programs of litmus tests."""

from random import Random

import pytest

from conformance.litmus.programs import Program, draw, program_of, smaller
from conformance.litmus.subjects import INTERFACES, Interface
from conformance.litmus.vocabularies import VOCABULARIES


@pytest.mark.parametrize("interface", INTERFACES)
def test_a_program_is_read_from_its_line(interface: Interface) -> None:
    random = Random(1)
    for size in range(1, 7):
        for _ in range(20):
            program = draw(random, size, VOCABULARIES[interface])
            assert str(program_of(str(program))) == str(program)


@pytest.mark.parametrize("interface", INTERFACES)
def test_aimed_programs_can_be_read_and_have_calls_of_their_interface(interface: Interface) -> None:
    vocabulary = VOCABULARIES[interface]
    for text in vocabulary.aimed:
        program = program_of(text)
        assert str(program) == text
        assert set(program.calls) <= vocabulary.calls


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("configure jump", "'jump' is none of configure, decode"),
        ("configure; [soon] decode", "'soon' is none of task, ms0"),
        ("configure; on output: reset", "does not begin as in 'on output 1: reset'"),
        ("configure; on arrival 1: reset", "does not begin as in 'on output 1: reset'"),
    ],
)
def test_a_line_that_is_no_program_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        program_of(text)


@pytest.mark.parametrize("interface", INTERFACES)
def test_a_program_has_as_many_calls_as_wanted_and_only_those_of_its_interface(interface: Interface) -> None:
    random = Random(2)
    vocabulary = VOCABULARIES[interface]
    for size in range(2, 7):
        for _ in range(20):
            program = draw(random, size, vocabulary)
            assert program.size == size
            assert set(program.calls) <= vocabulary.calls


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
