"""Broken models are convicted by what a program can observe; deviating ones are explained by their deviation."""

from random import Random

import pytest

from conformance.explorer.decoder_mutations import DECODER_MUTATIONS
from conformance.explorer.mutation import Mutation
from conformance.litmus.checker import check
from conformance.litmus.deviations import DEVIATIONS, Deviation, applied, judge
from conformance.litmus.free_codec import Freedoms
from conformance.litmus.programs import program_of
from conformance.litmus.runs import run_at_random

#: A program for each broken model; some run of it shows the fault.
CONVICTS = {
    "blocked flag never cleared": "configure decode",
    "blocked flag cleared early": "configure decode",
    "queue not processed once it is unblocked": "configure decode",
    "unsupported configuration forgotten by a reset": "bad reset",
    "pending outputs lost by configure": "configure decode configure",
    "old stream not drained": "configure decode configure",
    "error in draining taken for an unsupported configuration": "configure decode; [quiet] broken configure",
    "queue not emptied by reset": "configure decode reset",
    "queue size kept by reset": "configure decode reset",
    "no dequeue event from reset": "configure decode reset",
    "outputs after reset delivered": "configure decode; [ms4] reset",
    "close not silent": "configure close",
    "state not closed": "bad",
    "promise resolved before the outputs of the flush": "configure decode flush",
    "epoch not checked in flush": "configure decode flush; on output 1: reset",
    "un-saturation lost": "configure decode decode decode",
    "saturated flag never cleared": "configure decode decode decode",
    "message that is not processed dropped": "configure decode decode decode",
    "queue size decreased twice": "configure decode",
    "error in decoding swallowed": "configure decode; [quiet] broken; [quiet] decode",
    "tasks queued out of order": "configure decode decode flush",
    "outputs delivered last first": "configure decode decode",
    "dequeue flag not cleared": "configure decode; [quiet] decode",
    "dequeue flag not set": "configure decode decode",
    "messages queued at the front": "configure decode decode flush",
}
#: These cannot be observed from outside.
UNOBSERVABLE = {
    "codec not told to cease": "configure() begins anew, so that nothing of the old configuration is left",
    "promise not removed by reset": "a promise is settled once; to settle it again does nothing",
    "promise not removed by flush": "a promise is settled once; to settle it again does nothing",
    "promise rejected with another exception": "the exceptions differ in nothing that a log has",
    "codec not released": "resources are the user agent's",
    "saturation ignored": "a codec may be saturated whenever it likes, or never",
    "stale news of un-saturation believed": "a codec may be saturated whenever it likes, or never",
    "left-over outputs not released": "resources are the user agent's",
}
#: A program for each deviation; some run of a deviating model is not one of the model.
DEVIATES = {
    "dequeue without a request": "configure reset",
    "dequeue can be scheduled again before it is fired": "configure decode; on dequeue 1: decode",
    "news of saturation come late": "configure decode decode",
    "flush blocks the queue": "configure flush decode",
    "reset rejects late": "configure decode flush reset",
    "dequeue has a task source of its own": "configure decode",
    "errors outlive a reset": "configure decode; [quiet] broken; [ms4] reset",
    "unsupported configurations are forgotten by a reset": "bad reset",
    "reconfiguring loses outputs": "configure decode configure",
}
TRIES = 60


def test_each_mutation_is_observable_or_has_a_reason() -> None:
    assert {mutation.name for mutation in DECODER_MUTATIONS} == CONVICTS.keys() | UNOBSERVABLE.keys()


@pytest.mark.parametrize(
    "mutation", [mutation for mutation in DECODER_MUTATIONS if mutation.name in CONVICTS], ids=lambda each: each.name
)
def test_a_broken_model_is_convicted(mutation: Mutation) -> None:
    random = Random(1)
    program = program_of(CONVICTS[mutation.name])
    for _ in range(TRIES):
        with mutation.applied():
            log = run_at_random("VideoDecoder", program, random)
        if check("VideoDecoder", log, Freedoms(broken=("error", "later"))).allowed is False:
            return
    pytest.fail(f"no run of {program} shows it")


@pytest.mark.parametrize("deviation", DEVIATIONS, ids=lambda each: each.name)
def test_a_deviating_model_is_explained_by_its_deviation(deviation: Deviation) -> None:
    random = Random(1)
    program = program_of(DEVIATES[deviation.name])
    for _ in range(TRIES):
        with applied((deviation,)):
            log = run_at_random("VideoDecoder", program, random, frozenset({deviation.name}))
        judgement = judge("VideoDecoder", log)
        if judgement.deviations:
            assert [each.name for each in judgement.deviations] == [deviation.name]
            return
        assert judgement.deviations is not None
    pytest.fail(f"no run of {program} deviates")


def test_a_run_that_no_deviation_explains_is_a_finding() -> None:
    log = (("task",), ("do", "look", 1), ("did", "look", 1, None, "closed", 0), ("end",), ("rest", "closed", 0))
    judgement = judge("VideoDecoder", log)
    assert judgement.deviations is None
    assert judgement.verdict.observed == ("did", "look", 1, None, "closed", 0)
