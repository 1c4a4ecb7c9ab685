"""The codecs that a program configures."""

from collections.abc import Callable
from typing import TypeVar, cast

import pytest

from codecmodel import VideoDecoder, VideoEncoder

CodecT = TypeVar("CodecT", VideoDecoder, VideoEncoder)


def record_configured(monkeypatch: pytest.MonkeyPatch, interface: type[CodecT]) -> list[CodecT]:
    """A list to which each codec of the interface is added, once for each call of configure()."""
    codecs: list[CodecT] = []
    configure = cast("Callable[[CodecT, object], None]", interface.configure)

    def recorded(self: CodecT, config: object) -> None:
        codecs.append(self)
        configure(self, config)

    monkeypatch.setattr(interface, "configure", recorded)
    return codecs
