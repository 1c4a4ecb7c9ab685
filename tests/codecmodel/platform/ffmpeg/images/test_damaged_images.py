"""Image files with changed or missing bytes give a result or a CodecError, and leak nothing."""

import contextlib
from collections.abc import Mapping, Sequence
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from codecmodel.platform.codec_implementation import CodecError
from ffbind import live_objects
from tests.codecmodel.platform.ffmpeg.images.images import Image, never, noise, opened, saved


@cache
def _files() -> Mapping[str, Sequence[bytes]]:
    Image.init()
    stills = Image.fromarray(noise(1, 3)), Image.fromarray(noise(2))
    more = {"save_all": True, "append_images": [Image.fromarray(noise(3))], "duration": 40}
    formats = {"image/png": "PNG", "image/gif": "GIF", "image/webp": "WEBP", "image/avif": "AVIF"}
    files = {
        type: [*(saved(one, name) for one in stills), saved(stills[1], name, **more)]
        for type, name in formats.items()
        if name in Image.SAVE
    }
    return files | {f"image/{name}": [saved(stills[0], name)] for name in ("jpeg", "bmp")}


@settings(max_examples=150)
@given(st.data())
def test_damage(data: st.DataObject) -> None:
    type = data.draw(st.sampled_from(sorted(_files())))
    file = bytearray(data.draw(st.sampled_from(_files()[type])))
    places, values = st.integers(0, len(file) - 1), st.integers(0, 255)
    for place, value in data.draw(st.dictionaries(places, values, max_size=4)).items():
        file[place] = value
    end = data.draw(st.one_of(st.just(len(file)), st.integers(0, len(file))))
    cut = data.draw(st.integers(0, end))
    before = live_objects()
    decoder = opened(type, bytes(file[:cut]), bytes(file[cut:end]))
    tracks = decoder.tracks()
    for number, track in enumerate(tracks.tracks if tracks is not None else ()):
        for index in {0, 1, max(0, track.frame_count - 1)}:
            if decoder.frame(number, index).availability == "complete":
                with contextlib.suppress(CodecError):
                    resource = decoder.decode(number, index, never).resource
                    assert resource.planes()
                    resource.release()
    decoder.release()
    assert live_objects() == before
