"""The requirements of the spec: sentences with MUST, SHOULD, MAY and their like, each tied to a scenario that shows it.

A requirement is named by the anchor under which it is published and its number there: ``valid-codec-string!1``. If no
scenario shows it, a note says why.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from conformance.steps.checker import Problem
from conformance.steps.model import Index


@dataclass(frozen=True)
class Shown:
    """The scenarios that show a requirement, as ``module.function``. Each of them fails if it does not hold."""

    scenarios: tuple[str, ...]


@dataclass(frozen=True)
class Noted:
    """Why no scenario shows a requirement."""

    reason: str


def _shown(*scenarios: str) -> Shown:
    return Shown(scenarios)


_AUTHORS: Final = Noted("it permits something to authors; there is nothing to fail")
_MAY_DROP: Final = Noted("a permission that is not used: no frame is dropped")
_NO_HARDWARE: Final = Noted("there is no hardware codec to choose; docs/encoders.md says so")
_PIXELS: Final = _shown("chapter_9_pixel_formats.rectangles_begin_at_samples")
_TRANSFER: Final = Noted("a permission: transferred memory is used as it is if no other code can write to it")
_FORMATS: Final = """i420 i420p10 i420p12 i420a i420ap10 i420ap12 i422 i422p10 i422p12 i422a i422ap10 i422ap12 nv12"""

#: By reference.
REQUIREMENTS: Final[Mapping[str, Shown | Noted]] = {
    # Chapters 1 and 2
    "internal-pending-output!1": _shown("chapter_2_scripted_outputs.late_outputs"),
    "internal-pending-output!2": _shown("chapter_2_scripted_outputs.late_outputs"),
    "system-resources!1": Noted("it says that resources may be allocated; lifetime tests count those that are"),
    "system-resources!2": Noted("a remark on resources, and no rule"),
    "system-resources!3": _shown("chapter_2_scripted_close.close_before_the_work"),
    # Chapters 3 to 6
    "dom-audiodecoder-key-chunk-required-slot!1": _shown("chapter_2_scripted_outputs.key_chunk_required"),
    "dom-videodecoder-key-chunk-required-slot!1": _shown("chapter_2_scripted_outputs.key_chunk_required"),
    "dom-audiodecoder-decode!1": Noted("every chunk of the registered audio codecs is a key chunk"),
    "dom-videodecoder-decode!1": _shown("chapter_4_video_decoder.hidden_key_chunk"),
    "output-encodedaudiochunks!1": _shown("chapter_5_audio_encoder.decoder_config"),
    "output-encodedvideochunks!1": _shown("chapter_6_video_encoder_codecs.round_trip"),
    "dom-encodedaudiochunkmetadata-decoderconfig!1": _AUTHORS,
    "dom-encodedvideochunkmetadata-decoderconfig!1": _AUTHORS,
    # Chapter 7
    "codec-string!1": Noted("it permits any combination of codecs; README lists those that there are"),
    "valid-codec-string!1": _shown("registry_audio.codec_strings", "registry_video.codec_strings"),
    "dom-videodecoderconfig-optimizeforlatency!1": _shown("chapter_4_video_decoder.optimize_for_latency"),
    "dom-videoencoderconfig-width!1": _shown("chapter_6_video_encoder_codecs.other_sizes"),
    "dom-videoencoderconfig-height!1": _shown("chapter_6_video_encoder_codecs.other_sizes"),
    "dom-videoencoderconfig-framerate!1": Noted(
        "frames are counted at the configured rate, and not timed; docs/spec-notes.md, § 7.8"
    ),
    "dom-videoencoderconfig-framerate!2": Noted("a deadline depends on the machine; in realtime frames come at once"),
    "dom-videoencoderconfig-alpha!1": _shown("chapter_6_video_encoder_codecs.alpha_comes_back"),
    "dom-videoencoderconfig-contenthint!1": Noted("a permission: hints choose the tuning of encoders that have one"),
    "dom-videoencoderconfig-contenthint!2": _shown("chapter_6_video_encoder_codecs.content_hint"),
    "dom-videoencoderconfig-contenthint!3": Noted("best effort: quality is not specified"),
    "dom-videoencoderconfig-contenthint!4": _shown("chapter_6_video_encoder_codecs.content_hint"),
    "hardware-acceleration!1": _shown("registry_encoders_video.hints"),
    "hardware-acceleration!2": Noted("Media Capabilities is not implemented"),
    "hardware-acceleration!3": Noted("Media Capabilities is left out, but not for reasons of fingerprinting"),
    "dom-hardwareacceleration-no-preference!1": _NO_HARDWARE,
    "dom-hardwareacceleration-prefer-software!1": _shown("registry_encoders_video.hints"),
    "dom-hardwareacceleration-prefer-hardware!1": _shown("registry_encoders_video.hints"),
    "alpha-option!1": _shown("registry_encoders_video.alpha"),
    "dom-alphaoption-keep!1": _shown("chapter_6_video_encoder_codecs.alpha_comes_back"),
    "dom-alphaoption-discard!1": _shown("chapter_6_video_encoder_codecs.alpha_comes_back"),
    "dom-latencymode-quality!1": Noted("quality is not specified; docs/encoders.md says how encoders are set"),
    "dom-latencymode-quality!2": Noted("a permission: docs/encoders.md says how many frames encoders hold back"),
    "dom-latencymode-quality!3": _shown("chapter_6_video_encoder_codecs.quality"),
    "dom-latencymode-quality!4": Noted("no encoder has a deadline in this mode"),
    "dom-latencymode-realtime!1": _shown("chapter_6_video_encoder_codecs.realtime"),
    "dom-latencymode-realtime!2": Noted("a permission: docs/encoders.md says how encoders are set"),
    "dom-latencymode-realtime!3": _MAY_DROP,
    "dom-latencymode-realtime!4": Noted("a deadline depends on the machine; frames come at once"),
    "dom-videoencoderencodeoptions-keyframe!1": _shown("chapter_6_video_encoder_codecs.key_frames"),
    # Chapter 8
    "dom-encodedaudiochunk-encodedaudiochunk!1": _TRANSFER,
    "dom-encodedvideochunk-encodedvideochunk!1": _TRANSFER,
    # Chapter 9
    "raw-media-memory-model-reference-counting!1": _shown("chapter_9_video_frame_lifetime.references"),
    "dom-audiodata-audiodata!1": _TRANSFER,
    "compute-copy-element-count!1": _shown("chapter_9_audio_data_copy.conversion"),
    "dom-audiodatacopytooptions-format!1": _shown("chapter_9_audio_data_copy.conversion"),
    "audio-samples-magnitude!1": Noted("no decoder here gives 24 bits otherwise; FLAC of 24 bits is s32"),
    "audio-samples-magnitude!2": _shown("registry_audio.pcm_s24"),
    "audio-samples-magnitude!3": _AUTHORS,
    "audio-channel-ordering!1": Noted("FFmpeg and browsers reorder them; docs/spec-notes.md, § 9.3.3"),
    "audio-channel-ordering!2": Noted("FFmpeg and browsers reorder them; docs/spec-notes.md, § 9.3.3"),
    "dom-videoframe-videoframe!1": _shown("chapter_9_video_frame_sources.image_element"),
    "dom-videoframe-videoframe-data-init!1": _TRANSFER,
    "dom-videoframe-videoframe-data-init!2": Noted("a permission that is not used: the size is as given"),
    "dom-videoframe-videoframe-data-init!3": Noted("a permission that is used: only the visible rectangle is kept"),
    "dom-videoframe-videoframe-data-init!4": Noted("a permission that is used: the visible rectangle is at (0, 0)"),
    "videoframe-pick-color-space!1": Noted("a permission that is not used: members that are null stay null"),
    "videoframe-convert-to-rgb-frame!1": _shown("chapter_9_video_frame_conversion.matrices_and_ranges"),
    "videoframe-rendering!1": _shown("chapter_9_video_frame_conversion.rendering"),
    "dom-videoframecopytooptions-colorspace!1": _shown("chapter_9_video_frame_conversion.color_spaces"),
    "plane-layout!1": _AUTHORS,
    **{f"dom-videopixelformat-{name}!1": _PIXELS for name in _FORMATS.split()},
    # Chapter 10
    "dom-imagedecoder-imagedecoder!1": _TRANSFER,
    "dom-imagedecoderinit-desiredwidth!1": Noted("it permits formats without sizes to choose from; all are"),
    "dom-imagedecoderinit-desiredheight!1": Noted("it permits formats without sizes to choose from; all are"),
    "dom-imagedecoderinit-preferanimation!1": _shown("chapter_10_image_tracks.default_track"),
    "dom-imagedecodeoptions-completeframesonly!1": _shown("chapter_10_image_decoding.progressive"),
    # Chapter 11
    "resource-reclamation!1": Noted("a permission: codecs are reclaimed when a program asks for it; docs/python.md"),
    "resource-reclamation!2": _shown("chapter_11_resource_reclamation.active_codec"),
    "resource-reclamation!3": _shown("chapter_11_resource_reclamation.active_codec"),
    "resource-reclamation!4": _shown(
        "chapter_11_resource_reclamation.background_encoder",
        "chapter_11_resource_reclamation.decoder_beside_an_encoder",
        "chapter_11_resource_reclamation.audible",
    ),
    "reclaim-a-codec!1": _shown("chapter_11_resource_reclamation.inactive_codec"),
    # Registrations
    "webcodecs-opus-codec-registration/dom-opusencoderconfig-complexity!1": _shown(
        "registry_encoders_audio.complexity_and_loss"
    ),
}


def check_requirements(
    index: Index, scenarios: Path, ties: Mapping[str, Shown | Noted] = REQUIREMENTS
) -> Iterator[Problem]:
    """Requirements that are not tied, and ties to nothing. ``scenarios`` has the source of all scenarios."""
    required = {
        reference: (entry.section, keyword)
        for entry in index.entries.values()
        for reference, keyword in entry.requirements.items()
    }
    place = Path(__file__)
    for reference, (section, keyword) in required.items():
        if reference not in ties:
            message = f"{reference} ({keyword}, section {section}) is tied to no scenario, and no note says why"
            yield Problem(place, 0, message)
    functions = set(_functions_in(scenarios))
    for reference, tie in ties.items():
        if reference not in required:
            yield Problem(place, 0, f"the spec has no requirement {reference}")
        elif isinstance(tie, Shown):
            for scenario in tie.scenarios:
                if scenario.rpartition(".")[2] not in functions:
                    yield Problem(place, 0, f"{reference} is tied to {scenario}, and there is no such scenario")


def _functions_in(root: Path) -> Iterator[str]:
    for path in root.rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.AsyncFunctionDef):
                yield node.name
