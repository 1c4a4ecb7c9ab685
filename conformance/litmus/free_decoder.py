"""A decoder that answers as it likes, see FreeCodec."""

from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

from codecmodel.platform.codec_implementation import CodecRequests, DecodedOutput
from codecmodel.raw_media.resource_protocols import MediaResource
from conformance.litmus.free_codec import Decides, FreeCodec, Freedoms
from conformance.scripted.scripted_media import ResourceLedger

ConfigT = TypeVar("ConfigT")
ResourceT = TypeVar("ResourceT", bound=MediaResource)

#: The possible results of a chunk that is not of the type that it claims to be, and of one that depends on it.
_LIAR: Final = ("error", "output", "drop", "later")


class FreeDecoder(FreeCodec[DecodedOutput[ResourceT]], Generic[ConfigT, ResourceT]):
    """A decoder that answers as it likes."""

    def __init__(
        self,
        decides: Decides,
        freedoms: Freedoms,
        requests: CodecRequests,
        resources: ResourceLedger,
        new_resource: Callable[[ResourceLedger, int], ResourceT],
    ) -> None:
        super().__init__(decides, freedoms, requests)
        self._resources = resources
        self._new_resource = new_resource
        #: There is no frame that the next one could depend on.
        self._lacks_a_frame = False

    def configure(self, config: ConfigT) -> None:
        self._is_poisoned = False
        self._drop()

    def decode(self, data: bytes, timestamp: int, duration: int | None) -> Sequence[DecodedOutput[ResourceT]]:
        call = self._decides.kind_of(timestamp)
        if call == "decode":
            self._lacks_a_frame = False
        depends_on_nothing = call == "liar" or (call == "delta" and self._lacks_a_frame)
        answers = self._freedoms.broken if call == "broken" else _LIAR if depends_on_nothing else ("output",)
        has_output = self._gives_output(answers)
        if depends_on_nothing:
            self._lacks_a_frame = not has_output
        if has_output:
            resource = self._new_resource(self._resources, timestamp)
            self._pending.append(DecodedOutput(resource, timestamp, duration))
        return self._some()

    def _drop(self) -> None:
        for output in self._take(len(self._pending)):
            output.resource.release()
