"""Every block of Python in the pages runs, and every command in them is one that the command lines understand."""

import ast
import asyncio
import contextlib
import importlib
import inspect
import re
import shlex
from collections.abc import AsyncIterator
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import codecmodel
from codecmodel import AudioData, DOMException, EncodedVideoChunk, VideoDecoder, VideoEncoder, VideoFrame
from codecmodel.command_line.arguments import parser
from codecmodel.files import Demuxer
from codecmodel.types import AudioDataInit
from conformance import cli
from tests.codecmodel.files.media import audio, video, write
from tests.codecmodel.platform.ffmpeg.images.image_writers import GifPicture, gif
from tests.docs.programs import ROOT, without_programs

PIL = pytest.importorskip("PIL", reason="Pillow is not installed")
Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")

_PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(page: Path, *languages: str) -> list[str]:
    """The blocks of some languages in a page, without the programs that it shows: other tests run these."""
    text = without_programs(page.read_text(encoding="utf-8"))
    found: list[tuple[str, str]] = re.findall(r"^```(\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [block for language, block in found if language in languages]


# test_readme.py runs the README's example, with arguments.
_SNIPPETS = [
    pytest.param(block, id=f"{page.name}-{number}")
    for page in _PAGES
    if page.name != "README.md"
    for number, block in enumerate(blocks(page, "python"), 1)
]
_COMMANDS = [
    pytest.param(words, id=f"{page.name}: {' '.join(words)}")
    for page in _PAGES
    for block in blocks(page, "sh", "")
    for line in block.splitlines()
    if len(words := shlex.split(line.removeprefix("$ "), comments=True)) > 2 and words[:2] == ["python", "-m"]
]


@pytest.mark.parametrize("snippet", _SNIPPETS)
def test_snippets_run(snippet: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    movie = write(tmp_path / "movie.mp4", video("libx264", "mpeg4", count=3), audio("aac", format="fltp", count=3))
    (tmp_path / "animation.gif").write_bytes(_gif())
    Image.new("RGB", (6, 4)).save("photo.jpg")

    async def run() -> None:
        unhandled: list[dict[str, object]] = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: unhandled.append(context))
        names = _names(movie)
        code = compile(snippet, "snippet", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        result = eval(code, names)
        if inspect.isawaitable(result):
            await result
        if "decode_all" in names:
            await names["decode_all"](names["decoder"], names["chunks"])
        assert unhandled == []
        for value in [*names.values(), *names["frames"]]:
            if isinstance(value, VideoFrame | AudioData | VideoDecoder | VideoEncoder):
                with contextlib.suppress(DOMException):
                    value.close()

    asyncio.run(run())


def _names(movie: Path) -> dict[str, Any]:
    """Everything that the snippets take for granted."""
    frames = [VideoFrame.from_arrays(np.full((48, 64, 3), 50, np.uint8), {"timestamp": t * 40_000}) for t in range(3)]
    gray = [np.full((48, 64), 50, np.uint8), *np.full((2, 24, 32), 128, np.uint8)]
    init: AudioDataInit = {
        "format": "f32",
        "sampleRate": 48_000,
        "numberOfFrames": 4,
        "numberOfChannels": 2,
        "timestamp": 0,
        "data": np.zeros(8, np.float32),
    }
    with Demuxer(movie) as demuxer:
        config = demuxer.video_track.config
        chunks = list(demuxer.chunks_of(demuxer.video_track))
    decoder = VideoDecoder({"output": lambda frame: frame.close(), "error": _fail})
    decoder.configure(config)
    return {
        **{name: getattr(codecmodel, name) for name in codecmodel.__all__},
        "__name__": "snippet",
        "asyncio": asyncio,
        "np": np,
        "numpy": np,
        "Path": Path,
        "Fraction": Fraction,
        "PIL": PIL,
        "httpx": SimpleNamespace(AsyncClient=_Client),
        "url": "https://example.org/animation.gif",
        "algorithm": lambda *anchors, **options: lambda function: function,
        "Decoder": VideoDecoder,
        "Outcome": str,
        "frame": VideoFrame.from_arrays(gray, {"format": "I420", "timestamp": 0}),
        "frames": frames,
        "audio_data": AudioData(init),
        "samples": AudioData(init),
        "chunk": EncodedVideoChunk({"type": "key", "timestamp": 0, "data": b"data"}),
        "chunks": chunks,
        "pieces": _pieces(movie.read_bytes()),
        "data": _gif(),
        "decoder": decoder,
        "init": {"output": _fail, "error": _fail},
        "output": _fail,
        "error": _fail,
        "pictures": np.zeros((3, 480, 640, 4), np.uint8),
        **dict(zip("yuv", gray, strict=True)),
        "rgb": np.zeros((48, 64, 3), np.uint8),
        "bgr": np.zeros((48, 64, 3), np.uint8),
        "stack": np.zeros((72, 64), np.uint8),
        "out": np.zeros((48, 64, 3), np.uint8),
    }


def _fail(*arguments: object) -> None:
    pytest.fail(f"not to be called: {arguments}")


def _gif() -> bytes:
    return gif([GifPicture([level] * 80, (0, 0, 10, 8)) for level in (1, 2)], 10, 8, bytes(12))


async def _pieces(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 500):
        yield data[start : start + 500]


class _Client:
    """The part of httpx.AsyncClient that a snippet uses: it gets an animation."""

    async def __aenter__(self) -> "_Client":
        return self

    async def __aexit__(self, *error: object) -> None: ...

    @contextlib.asynccontextmanager
    async def stream(self, method: str, url: str) -> AsyncIterator[SimpleNamespace]:
        yield SimpleNamespace(headers={"content-type": "image/gif"}, aiter_bytes=lambda: _pieces(_gif()))


@pytest.mark.parametrize("words", _COMMANDS)
def test_commands_are_understood(words: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    package, *arguments = words[2:]
    if package == "codecmodel":
        parser().parse_args(arguments)
        return
    assert package == "conformance"
    for module in cli.COMMANDS.values():
        monkeypatch.setattr(importlib.import_module(module), "main", lambda options: 0)
    assert cli.main(arguments) == 0
