"""The calls that programs make on each interface, how often they are wanted, and programs that aim at something."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from conformance.litmus.subjects import Interface

#: Callbacks, and reactions to promises.
Place: TypeAlias = Literal["output", "dequeue", "error", "settled", "ready", "completed"]
PLACES: Final[tuple[Place, ...]] = get_args(Place)

#: No call: the calls behind it are made in a microtask.
MICRO: Final = "micro"


@dataclass(frozen=True)
class Vocabulary:
    """The calls of programs on an interface.

    ``urn`` has calls as often as they are wanted. Programs usually begin with those of ``beginning``. ``places`` are
    those where programs make calls, as often as they are wanted. ``aimed`` are programs for conjunctions that random
    ones seldom have.
    """

    urn: tuple[str, ...]
    beginning: tuple[str, str]
    places: tuple[Place, ...]
    aimed: tuple[str, ...]

    @property
    def calls(self) -> frozenset[str]:
        """All calls."""
        return frozenset(self.urn)

    @property
    def delays(self) -> tuple[str, ...]:
        """The moments of scripts, as often as they are wanted: in the next task, after milliseconds, after an event, or
        when nothing comes any more.
        """
        events = [place for place in PLACES if place in self.places and place != "error"]
        return ("task", "task", "ms0", "ms1", "ms4", *events, "quiet")


_PLACES_OF_CODECS: Final[tuple[Place, ...]] = ("output", "output", "dequeue", "settled", "settled", "error")

#: ``bad`` configures with a codec that is not supported. ``delta`` is a chunk that depends on others, ``liar`` is one
#: that claims to be a key chunk, and ``broken`` has data that no decoder can accept. ``look`` reads the attributes.
_VIDEO_DECODER: Final = Vocabulary(
    (
        *("configure",) * 3,
        *("decode",) * 6,
        *("flush",) * 4,
        *("reset",) * 2,
        *("close", "delta", "broken", "bad", "liar", "look"),
    ),
    ("configure", "decode"),
    _PLACES_OF_CODECS,
    (
        "bad reset configure decode; [task] flush",
        "configure decode; [ms4] reset; [task] configure; [task] flush",
        "configure decode decode decode flush; on output 1: reset",
        "configure decode flush; on output 1: close",
        "configure decode broken configure decode flush",
        "configure broken bad",
        "configure decode decode decode decode decode decode",
        "configure decode flush reset configure decode flush; [quiet] close",
        "configure decode; [quiet] decode configure decode flush",
        "configure decode flush micro decode; [output] reset",
        "configure decode decode decode; on dequeue 1: reset; on dequeue 2: configure decode",
    ),
)
_AUDIO_DECODER: Final = Vocabulary(
    tuple(call for call in _VIDEO_DECODER.urn if call != "liar"),
    _VIDEO_DECODER.beginning,
    _PLACES_OF_CODECS,
    _VIDEO_DECODER.aimed,
)
_AIMED_AT_ENCODERS: Final = (
    "bad reset configure encode; [task] flush",
    "configure encode; [ms4] reset; [task] configure; [task] flush",
    "configure encode encode encode flush; on output 1: reset",
    "configure encode flush; on output 1: close",
    "configure encode encode encode encode encode encode",
    "configure encode flush reset configure encode flush; [quiet] close",
    "configure encode; [quiet] encode configure encode flush",
    "configure encode other encode configure encode flush",
    "configure encode flush; on settled 1: configure encode flush",
    "configure encode flush; on settled 1: reset configure encode flush",
    "configure encode flush micro encode; [output] reset",
    "configure encode encode encode; on dequeue 1: reset; on dequeue 2: configure encode",
    "closed configure closed encode; [quiet] close closed",
    "configure encode bad; on error 1: closed",
)
#: ``other`` configures with another size, or with other channels. ``key`` is encode() of a key frame, and ``closed``
#: that of a closed frame or of closed data.
_VIDEO_ENCODER: Final = Vocabulary(
    (
        *("configure",) * 3,
        *("encode",) * 5,
        *("flush",) * 4,
        *("key", "reset") * 2,
        *("close", "closed", "other", "bad", "look"),
    ),
    ("configure", "encode"),
    _PLACES_OF_CODECS,
    (*_AIMED_AT_ENCODERS, "configure encode key encode key; [quiet] encode key"),
)
#: ``broken`` is data with other channels than the configuration.
_AUDIO_ENCODER: Final = Vocabulary(
    (*(call for call in _VIDEO_ENCODER.urn if call != "key"), "broken"),
    ("configure", "encode"),
    _PLACES_OF_CODECS,
    (*_AIMED_AT_ENCODERS, "configure encode broken configure encode flush"),
)

#: ``decode`` and ``next`` ask for the first two frames, and ``beyond`` for one that there is not. ``select`` and
#: ``deselect`` set the attribute of the first track.
_IMAGE: Final = Vocabulary(
    (
        *("decode",) * 4,
        *("next", "reset") * 2,
        *("beyond", "select", "deselect", "close", "look"),
    ),
    ("decode", "next"),
    ("settled", "settled", "ready", "completed"),
    (
        "decode next beyond",
        "look; [ready] deselect decode select decode",
        "decode micro reset decode; on settled 1: decode",
        "decode decode; on settled 1: reset",
        "decode; on settled 1: select decode; on ready 1: deselect",
        "decode; [quiet] decode close; on completed 1: close",
        "close decode",
    ),
)
#: ``feed`` gives the stream a piece of the file, ``finish`` ends it, and ``fail`` is an error of it.
_IMAGE_STREAM: Final = Vocabulary(
    (*_IMAGE.urn, *("feed",) * 6, *("finish",) * 3, "fail"),
    ("feed", "decode"),
    _IMAGE.places,
    (
        "feed feed feed finish decode next beyond",
        "decode next beyond; [ms4] feed; [ms4] feed; [ms4] feed; [ms4] finish",
        "feed finish decode",
        "decode finish",
        "feed; [ready] decode fail",
        "feed decode; [ms4] close feed finish",
        "feed feed feed; [ready] deselect finish decode; on completed 1: select next",
        "beyond decode feed feed feed; [ms4] reset finish; [quiet] decode",
    ),
)

#: ``select`` and ``deselect`` set the attribute of the first track, ``second`` and ``leave`` that of the second one.
_IMAGE_TRACKS: Final = Vocabulary(
    (*_IMAGE.urn, *("select",) * 2, *("second",) * 3, "leave"),
    ("decode", "second"),
    _IMAGE.places,
    (
        "second decode; [quiet] select decode; [quiet] second next decode",
        "look; [ready] second decode select decode; [quiet] leave decode",
        "look; [ready] decode micro select decode; on settled 1: second decode",
        "decode next; on settled 1: select next; on ready 1: second next",
        "look; [ready] deselect leave decode; [quiet] second decode leave decode",
        "look; [ready] second next close select",
    ),
)
#: ``reduced`` asks for the picture with as much detail as there is.
_IMAGE_PROGRESSIVE: Final = Vocabulary(
    (*_IMAGE_STREAM.urn, *("reduced",) * 5),
    ("feed", "reduced"),
    _IMAGE.places,
    (
        "feed reduced; [quiet] reduced; [quiet] feed; [quiet] feed finish",
        "feed reduced decode; [quiet] feed; [quiet] feed; [quiet] finish",
        "reduced reduced reduced feed; [ms4] feed; [ms4] feed; [ms4] finish",
        "feed decode; [quiet] reset reduced; [quiet] feed finish",
        "feed; [ready] reduced; [settled] feed; [quiet] fail; on settled 1: reduced",
        "feed feed finish reduced",
        "feed feed feed reduced finish; on settled 1: reduced decode reduced",
        "feed; [quiet] reduced; [quiet] reset reduced; [quiet] deselect select reduced",
    ),
)

VOCABULARIES: Final[Mapping[Interface, Vocabulary]] = {
    "VideoDecoder": _VIDEO_DECODER,
    "AudioDecoder": _AUDIO_DECODER,
    "VideoEncoder": _VIDEO_ENCODER,
    "AudioEncoder": _AUDIO_ENCODER,
    "ImageDecoder": _IMAGE,
    "ImageDecoder of a stream": _IMAGE_STREAM,
    "ImageDecoder of several tracks": _IMAGE_TRACKS,
    "ImageDecoder of a progressive stream": _IMAGE_PROGRESSIVE,
}
