"""Every broken model is caught, by an invariant that it breaks."""

import pytest

from conformance.explorer.mutation import Mutation, StaleMutationError
from conformance.explorer.mutations import MUTATIONS
from conformance.explorer.search import explore


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_the_explorer_catches(mutation: Mutation) -> None:
    with mutation.applied():
        exploration = explore(mutation.subject, mutation.limits)
    [failure] = exploration.failures
    assert failure.violation.invariant in mutation.breaks


def test_the_model_is_whole_again_after_a_mutation() -> None:
    mutation = MUTATIONS[0]
    before = mutation.function.__code__
    with mutation.applied():
        assert mutation.function.__code__ is not before
    assert mutation.function.__code__ is before


def test_a_mutation_of_what_is_no_longer_there() -> None:
    mutation = MUTATIONS[0]
    stale = Mutation(mutation.name, mutation.function, "no such line", "", mutation.breaks)
    with pytest.raises(StaleMutationError, match="is 0 times"), stale.applied():
        pass
