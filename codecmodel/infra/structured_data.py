"""HTML § 2.7: structured serialization of platform objects, which is also how they are copied and pickled."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from codecmodel.infra.errors import DOMException


class SerializableObject:
    """A platform object whose interface is [Serializable]. Its class defines both lists of steps.

    ``copy.copy()``, ``copy.deepcopy()`` and ``pickle`` serialize it, and deserialize the result.
    """

    __slots__ = ()

    def _serialization_steps(self, serialized: dict[str, object], for_storage: bool) -> None:
        """Put what the object is into fields of ``serialized``. Raises DataCloneError."""
        raise NotImplementedError

    def _deserialization_steps(self, serialized: Mapping[str, object]) -> None:
        """Take the fields of ``serialized``; the object is a new one, whose constructor has not been called."""
        raise NotImplementedError

    def __reduce__(self) -> tuple[Callable[["Serialized"], "SerializableObject"], tuple["Serialized"]]:
        return structured_deserialize, (structured_serialize(self),)


class Serialized(NamedTuple):
    """A record that a serializable object became: the object's class, and the fields its steps have filled."""

    type: type[SerializableObject]
    fields: dict[str, object]


def structured_serialize(value: object, for_storage: bool = False) -> Serialized:
    """StructuredSerialize and, ``for_storage``, StructuredSerializeForStorage, of a platform object.

    Raises DataCloneError if the object is not serializable, or not for storage.
    """
    if not isinstance(value, SerializableObject):
        raise DOMException(f"{type(value).__name__} is not a serializable object", "DataCloneError")
    serialized = Serialized(type(value), {})
    value._serialization_steps(serialized.fields, for_storage)
    return serialized


def structured_deserialize(serialized: Serialized) -> SerializableObject:
    """StructuredDeserialize: a new object of the same class."""
    value = serialized.type.__new__(serialized.type)
    value._deserialization_steps(serialized.fields)
    return value
