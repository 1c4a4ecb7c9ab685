"""A program that decodes a track of a file and throws the result away. Arguments: ``video`` or ``audio``, PATH."""

import sys

import codecmodel.files

if __name__ == "__main__":
    kind, path = sys.argv[1:]
    with codecmodel.files.open(path) as media:
        for decoded in media.video if kind == "video" else media.audio:
            decoded.close()
