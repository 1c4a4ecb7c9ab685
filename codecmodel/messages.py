"""Structured clones and message channels: HTML's way of passing frames, data and chunks on."""

from codecmodel.web.message_channel import MessageChannel, MessageEvent, MessagePort
from codecmodel.web.structured_data import (
    SerializableObject,
    Serialized,
    TransferableObject,
    Transferred,
    receive,
    structured_clone,
    structured_deserialize,
    structured_serialize,
    transfer,
)

__all__ = [
    "MessageChannel",
    "MessageEvent",
    "MessagePort",
    "SerializableObject",
    "Serialized",
    "TransferableObject",
    "Transferred",
    "receive",
    "structured_clone",
    "structured_deserialize",
    "structured_serialize",
    "transfer",
]
