"""The public modules and their names; the README, the docs and the examples use no others."""

import ast
import importlib
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

import ffbind

_ROOT = Path(__file__).parents[2]
_DOCUMENTS = [_ROOT / "README.md", *sorted((_ROOT / "docs").rglob("*.md")), *sorted((_ROOT / "examples").glob("*.py"))]

#: A name that is added or removed here is announced in CHANGELOG.md.
PUBLIC_NAMES = {
    "codecmodel": """AudioData AudioDecoder AudioEncoder DOMException EncodedAudioChunk EncodedVideoChunk ImageDecoder
        ImageTrack ImageTrackList QuotaExceededError VideoColorSpace VideoDecoder VideoEncoder VideoFrame""",
    "codecmodel.capabilities": "CodecSupport supported_codecs why_not_supported",
    "codecmodel.files": """AsyncDemuxer AudioTrack AudioTrackWriter Chapter DemuxedAudioChunk DemuxedChunk
        DemuxedVideoChunk Demuxer Frames FramesAt MediaFile MediaFileError Muxer PictureShape
        Sound SoundShape SoundTrimmer Track TrackDescription TrackWriter VideoTrack
        VideoTrackWriter WavWriter Y4MWriter can_be_y4m open remux shape_of_picture
        shape_of_sound""",
    "codecmodel.hosting": """BitmapSource EventLoop FFmpegPlatform ImageElementSource ImageSource Platform ReadRequest
        ReadableStream StreamReader TaskSource VideoElementSource current_event_loop current_platform pixels_in_memory
        set_thread_limit use_event_loop use_platform""",
    "codecmodel.iteration": "blocking decoded_audio decoded_image decoded_video encoded_audio encoded_video mapped",
    "codecmodel.messages": """MessageChannel MessageEvent MessagePort SerializableObject Serialized TransferableObject
        Transferred receive structured_clone structured_deserialize structured_serialize transfer""",
    "codecmodel.reclamation": """GlobalObject ReclamationPolicy global_object_of is_active is_background
        may_be_reclaimed reclaim_a_codec reclaim_inactive_codecs use_reclamation""",
    "codecmodel.rgb": """RGBLayout approximate_rgb approximate_rgb_batch exact_rgb exact_rgb_into off_thread rendered
        upright""",
    "codecmodel.tracing": "Timeline use_timeline",
    "codecmodel.types": """
        AacBitstreamFormat AacEncoderConfig AddEventListenerOptions AlphaOption AudioDataCopyToOptions AudioDataInit
        AudioDecoderConfig AudioDecoderInit AudioDecoderSupport AudioEncoderConfig AudioEncoderInit
        AudioEncoderSupport AudioSampleFormat AvcBitstreamFormat AvcEncoderConfig BackgroundBlur BitrateMode
        BufferSource CodecState ColorSpaceConversion DOMRectInit DOMRectReadOnly EncodedAudioChunkInit
        EncodedAudioChunkMetadata EncodedAudioChunkType EncodedVideoChunkInit EncodedVideoChunkMetadata
        EncodedVideoChunkType Event FlacEncoderConfig HardwareAcceleration HevcBitstreamFormat HevcEncoderConfig
        ImageDecodeOptions ImageDecodeResult ImageDecoderInit LatencyMode MessageEvent OpusApplication
        OpusBitstreamFormat OpusEncoderConfig OpusSignal PlaneLayout Point2D PredefinedColorSpace RGBLayout
        RangeError Segment SegmentType SvcOutputMetadata VideoColorPrimaries VideoColorSpaceInit VideoDecoderConfig
        VideoDecoderInit VideoDecoderSupport VideoEncoderBitrateMode VideoEncoderConfig VideoEncoderEncodeOptions
        VideoEncoderEncodeOptionsForAv1 VideoEncoderEncodeOptionsForAvc VideoEncoderEncodeOptionsForHevc
        VideoEncoderEncodeOptionsForVp9 VideoEncoderInit VideoEncoderSupport VideoFrameArrayInit
        VideoFrameBufferInit VideoFrameCopyToOptions VideoFrameInit VideoFrameMetadata VideoMatrixCoefficients
        VideoPixelFormat VideoTransferCharacteristics
    """,
}


@pytest.mark.parametrize("module", PUBLIC_NAMES)
def test_a_public_module_exports_exactly_its_names(module: str) -> None:
    public = importlib.import_module(module)
    assert sorted(public.__all__) == sorted(PUBLIC_NAMES[module].split())
    assert all(hasattr(public, name) for name in public.__all__)


@pytest.mark.parametrize("document", _DOCUMENTS, ids=lambda path: path.name)
def test_documents_import_public_names_only(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    used = set(_imported_names(text if document.suffix == ".py" else "\n".join(_python_blocks(text))))
    # Every module that the prose mentions, too: `codecmodel.files.Demuxer`, but not `python -m codecmodel probe`.
    used |= {_split(match) for match in re.findall(r"(?<![\w/.])codecmodel(?:\.\w+)+", text)}
    assert [name for name in sorted(used, key=str) if not _is_public(*name)] == []


def test_the_rule_for_documents_finds_an_internal_module() -> None:
    assert _is_public("codecmodel.files", "Demuxer")
    assert not _is_public("codecmodel.files.demuxer", "Demuxer")
    assert not _is_public("codecmodel.raw_media", None)
    assert _is_public("ffbind", "load")
    assert not _is_public("ffbind.library", "load")
    assert set(_imported_names("from codecmodel.web import x\nimport codecmodel.web.y")) == {
        ("codecmodel.web", "x"),
        ("codecmodel.web.y", None),
    }


def _is_public(module: str, name: str | None) -> bool:
    if module == "ffbind":
        return name is None or name in ffbind.__all__
    return module in PUBLIC_NAMES and (name is None or name in PUBLIC_NAMES[module].split())


def _split(dotted: str) -> tuple[str, str | None]:
    """The longest public module that ``dotted`` begins with, and the name behind it."""
    if dotted in PUBLIC_NAMES:
        return dotted, None
    module, _, name = dotted.rpartition(".")
    return (module, name) if module in PUBLIC_NAMES else (dotted, None)


def _python_blocks(markdown: str) -> list[str]:
    """The Python code in a document; a part of a program may be indented, or use ``await`` outside of a function."""
    blocks = re.findall(r"```python\n(.*?)```", markdown, re.DOTALL)
    return [textwrap.dedent(block) for block in blocks if "import" in block]


def _imported_names(source: str) -> Iterator[tuple[str, str | None]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in ("codecmodel", "ffbind"):
            for alias in node.names:
                module = f"{node.module}.{alias.name}"
                yield (module, None) if module in PUBLIC_NAMES else (node.module, alias.name)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] in ("codecmodel", "ffbind"):
                    yield alias.name, None
