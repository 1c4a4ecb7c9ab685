"""Python's part of passing structured data: the records that platform objects become."""

from typing import Final

from codecmodel.web.structured_data import (
    SerializableObject,
    Serialized,
    TransferableObject,
    Transferred,
    receive,
    structured_deserialize,
    structured_serialize,
    transfer,
)
from conformance.wpt.host.description import Function, Interface


class Record:
    """A record on its way. To JavaScript it is an object of no known interface."""

    def __init__(self, content: Serialized | Transferred) -> None:
        self.content: Final = content


def _serialize(value: SerializableObject) -> Record:
    return Record(structured_serialize(value))


def _deserialize(record: Record) -> object:
    assert isinstance(record.content, Serialized), "a transferred object is received"
    return structured_deserialize(record.content)


def _transfer(value: TransferableObject) -> Record:
    return Record(transfer(value))


def _receive(record: Record) -> object:
    assert isinstance(record.content, Transferred), "a serialized object is deserialized"
    return receive(record.content)


INTERFACES: Final = (Interface("Record", Record, exposed=False),)
SERVICES: Final[dict[str, Function]] = {
    "serialize": _serialize,
    "deserialize": _deserialize,
    "transfer": _transfer,
    "receive": _receive,
}
