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
        self._content: Serialized | Transferred | None = content

    def taken(self) -> Serialized | Transferred:
        """The content, which is used once. JavaScript may keep the empty record until its memory is collected."""
        content, self._content = self._content, None
        assert content is not None, "a record is used once"
        return content


def _serialize(value: SerializableObject) -> Record:
    return Record(structured_serialize(value))


def _deserialize(record: Record) -> object:
    content = record.taken()
    assert isinstance(content, Serialized), "a transferred object is received"
    return structured_deserialize(content)


def _transfer(value: TransferableObject) -> Record:
    return Record(transfer(value))


def _receive(record: Record) -> object:
    content = record.taken()
    assert isinstance(content, Transferred), "a serialized object is deserialized"
    return receive(content)


INTERFACES: Final = (Interface("Record", Record, exposed=False),)
SERVICES: Final[dict[str, Function]] = {
    "serialize": _serialize,
    "deserialize": _deserialize,
    "transfer": _transfer,
    "receive": _receive,
}
