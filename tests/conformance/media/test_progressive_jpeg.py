"""The progressive JPEG: another decoder reads it, and each scan adds detail."""

import io

import numpy as np
from PIL import Image, ImageFile

from conformance.media.progressive_jpeg import progressive_jpeg


def test_each_scan_adds_detail() -> None:
    file, ends = progressive_jpeg()
    assert ends[-1] == len(file)
    whole = Image.open(io.BytesIO(file))
    assert (whole.size, whole.info["progressive"]) == ((64, 48), 1)
    pictures = []
    for end in ends:
        parser = ImageFile.Parser()
        parser.feed(file[:end] + (b"" if end == ends[-1] else b"\xff\xd9"))
        pictures.append(np.asarray(parser.close()).astype(int))
    errors = [np.abs(picture - pictures[-1]).mean() for picture in pictures]
    assert errors[0] > errors[1] > errors[2] == 0
    assert np.ptp(pictures[0]) > 50
