"""Transfer and serialization of AudioData and VideoFrame (§ 9.2.6 and § 9.4.7).

The spec writes the same steps down for both interfaces, so both share one base class here.
"""

from collections.abc import Mapping
from typing import ClassVar, Generic, TypeVar, cast

from codecmodel.algorithm import algorithm
from codecmodel.raw_media.media_resource import ResourceReference
from codecmodel.raw_media.resource_protocols import MediaResource
from codecmodel.web.errors import DOMException
from codecmodel.web.structured_data import SerializableObject, TransferableObject

ResourceT = TypeVar("ResourceT", bound=MediaResource)


class RawMedia(SerializableObject, TransferableObject, Generic[ResourceT]):
    """A reference to a media resource, together with slots that describe the resource."""

    __slots__ = ("_resource_reference",)

    #: The attributes of all internal slots except [[resource reference]].
    _describing_slots: ClassVar[tuple[str, ...]]
    #: [[resource reference]]
    _resource_reference: ResourceReference[ResourceT] | None

    def close(self) -> None:
        """Give up the media resource."""
        raise NotImplementedError

    def _require_open(self) -> ResourceReference[ResourceT]:
        """The resource reference. Raises InvalidStateError if the object is closed."""
        reference = self._resource_reference
        if self._detached or reference is None:
            raise DOMException(f"the {type(self).__name__} is closed", "InvalidStateError")
        return reference

    def _require_not_detached(self) -> ResourceReference[ResourceT]:
        """The resource reference. Raises DataCloneError if the object is closed."""
        reference = self._resource_reference
        if self._detached or reference is None:
            raise DOMException(f"the {type(self).__name__} is closed", "DataCloneError")
        return reference

    @algorithm("audiodata-transfer-serialization", "videoframe-transfer-serialization", part="transfer")
    def _transfer_steps(self, data_holder: dict[str, object]) -> None:
        # 1. A closed object cannot be transferred.
        reference = self._require_not_detached()
        # 2. Every slot becomes a field of the data holder. (The data holder gets a new reference to the resource,
        # because step 3 releases the reference in the slot.)
        data_holder["_resource_reference"] = reference.new_reference()
        for slot in self._describing_slots:
            data_holder[slot] = getattr(self, slot)
        # 3. The object that was transferred is closed.
        self.close()

    @algorithm("audiodata-transfer-serialization", "videoframe-transfer-serialization", part="transfer-receiving")
    def _transfer_receiving_steps(self, data_holder: Mapping[str, object]) -> None:
        # 1. Every field becomes a slot of the new object.
        for slot, value in data_holder.items():
            setattr(self, slot, value)

    @algorithm("audiodata-transfer-serialization", "videoframe-transfer-serialization", part="serialization")
    def _serialization_steps(self, serialized: dict[str, object], for_storage: bool) -> None:
        # 1. A closed object cannot be serialized.
        reference = self._require_not_detached()
        # 2. No object of these kinds is ever stored.
        if for_storage:
            raise DOMException(f"a {type(self).__name__} cannot be stored", "DataCloneError")
        # 3. and 4. Make another reference to the same media resource.
        new_reference = reference.new_reference()
        # 5. The record holds that reference.
        serialized["_resource_reference"] = new_reference
        # 6. Every other slot becomes a field of the record.
        for slot in self._describing_slots:
            serialized[slot] = getattr(self, slot)

    @algorithm("audiodata-transfer-serialization", "videoframe-transfer-serialization", part="deserialization")
    def _deserialization_steps(self, serialized: Mapping[str, object]) -> None:
        # 1. Every field becomes a slot of the new object. (The object gets a new reference to the resource, because a
        # record may be deserialized again.)
        for slot, value in serialized.items():
            setattr(self, slot, value)
        reference = cast("ResourceReference[ResourceT]", serialized["_resource_reference"])
        self._resource_reference = reference.new_reference()

    # Not in the spec: Python's pickling.

    def __reduce__(self) -> str:
        raise TypeError(
            f"{type(self).__name__} objects cannot be pickled: copy the data with copyTo(), send that with the format, "
            "the size and the timestamp, and make a new object of it. "
            "clone() gives another object with the same data, and structured_clone() clones values that contain it"
        )
