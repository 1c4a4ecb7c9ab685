"""Transfer and serialization of AudioData and VideoFrame (§ 9.2.6 and § 9.4.7), which spell out the same steps."""

from collections.abc import Mapping
from typing import ClassVar, Generic, TypeVar, cast

from codecmodel.algorithm import algorithm
from codecmodel.raw_media.media_resource import ResourceReference
from codecmodel.raw_media.resource_protocols import MediaResource
from codecmodel.web.errors import DOMException
from codecmodel.web.structured_data import SerializableObject, TransferableObject

ResourceT = TypeVar("ResourceT", bound=MediaResource)


class RawMedia(SerializableObject, TransferableObject, Generic[ResourceT]):
    """What can be transferred and serialized: slots that describe a media resource, and the reference to it."""

    __slots__ = ("_resource_reference",)

    #: The attributes of all internal slots but [[resource reference]].
    _describing_slots: ClassVar[tuple[str, ...]]
    #: [[resource reference]]
    _resource_reference: ResourceReference[ResourceT] | None

    def close(self) -> None:
        """Give up the media resource."""
        raise NotImplementedError

    @algorithm("audiodata-transfer-serialization", "videoframe-transfer-serialization", part="transfer")
    def _transfer_steps(self, data_holder: dict[str, object]) -> None:
        # 1.
        reference = self._require_not_detached()
        # 2. (the resource with a new reference, as closing releases the one in the slot)
        data_holder["_resource_reference"] = reference.new_reference()
        for slot in self._describing_slots:
            data_holder[slot] = getattr(self, slot)
        # 3.
        self.close()

    @algorithm("audiodata-transfer-serialization", "videoframe-transfer-serialization", part="transfer-receiving")
    def _transfer_receiving_steps(self, data_holder: Mapping[str, object]) -> None:
        # 1.
        for slot, value in data_holder.items():
            setattr(self, slot, value)

    @algorithm("audiodata-transfer-serialization", "videoframe-transfer-serialization", part="serialization")
    def _serialization_steps(self, serialized: dict[str, object], for_storage: bool) -> None:
        # 1.
        reference = self._require_not_detached()
        # 2.
        if for_storage:
            raise DOMException(f"a {type(self).__name__} cannot be stored", "DataCloneError")
        # 3. and 4.
        new_reference = reference.new_reference()
        # 5.
        serialized["_resource_reference"] = new_reference
        # 6.
        for slot in self._describing_slots:
            serialized[slot] = getattr(self, slot)

    @algorithm("audiodata-transfer-serialization", "videoframe-transfer-serialization", part="deserialization")
    def _deserialization_steps(self, serialized: Mapping[str, object]) -> None:
        # 1. (the resource with a new reference, as a record may be deserialized again)
        for slot, value in serialized.items():
            setattr(self, slot, value)
        reference = cast("ResourceReference[ResourceT]", serialized["_resource_reference"])
        self._resource_reference = reference.new_reference()

    def _require_not_detached(self) -> ResourceReference[ResourceT]:
        reference = self._resource_reference
        if self._detached or reference is None:
            raise DOMException(f"the {type(self).__name__} is closed", "DataCloneError")
        return reference

    def __reduce__(self) -> str:
        raise TypeError(
            f"a {type(self).__name__} is not for pickling: copy its data with copyTo(). "
            "clone() gives another one of the same data, structured_clone() does so for values that hold it"
        )
