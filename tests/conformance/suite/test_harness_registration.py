"""The arguments that promise_test accepts."""

import pytest

from conformance.suite.context import Test as Context
from conformance.suite.scenario import Collection


@pytest.mark.parametrize(
    "reference",
    [
        "dom-videodecoder-state",
        "dom-videodecoder-decode#2.1",
        "dom-videodecoder-decode:message#4.3.1",
        "encodedvideochunk-serialization:deserialization#1",
        "webcodecs-opus-codec-registration/audiodecoderconfig-description",
    ],
)
def test_references_to_the_spec(reference: str) -> None:
    collection = Collection()

    @collection.promise_test("named", shows=[reference])
    async def scenario(t: Context) -> None: ...

    assert next(iter(collection)).shows == (reference,)


@pytest.mark.parametrize("reference", ["", "#1", "Anchor", "anchor#", "anchor#1.", "anchor#0", "anchor 1", "anchor:#1"])
def test_what_is_no_reference_to_the_spec(reference: str) -> None:
    with pytest.raises(ValueError, match="not a reference"):
        Collection().promise_test("named", shows=[reference])


def test_shows_is_never_a_lone_string_nor_empty() -> None:
    with pytest.raises(ValueError, match="sequence of references"):
        Collection().promise_test("named", shows="anchor")
    with pytest.raises(ValueError, match="sequence of references"):
        Collection().promise_test("named", shows=[])


def test_names_are_unique_within_a_module() -> None:
    collection = Collection()

    async def one(t: Context) -> None: ...

    async def two(t: Context) -> None: ...

    collection.promise_test("the same", shows=["anchor"])(one)
    with pytest.raises(ValueError, match="two scenarios named 'the same'"):
        collection.promise_test("the same", shows=["anchor"])(two)
    with pytest.raises(ValueError, match=r"test_harness_registration\.one is defined twice"):
        collection.promise_test("another", shows=["anchor"])(one)
