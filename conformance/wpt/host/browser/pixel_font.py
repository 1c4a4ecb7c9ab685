"""The only font of this host: 5 by 7 pixels, with the characters of numbers. Others are drawn as an empty box.

An em is 10 pixels of the font, 8 above the baseline and 2 below. A character advances by 6 pixels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from codecmodel.lazy_numpy import np

if TYPE_CHECKING:
    import numpy.typing as npt

EM: Final = 10
ASCENT: Final = 8
DESCENT: Final = 2
ADVANCE: Final = 6
#: Rows and columns of a character's picture, whose lowest row is on the baseline.
ROWS: Final = 7
COLUMNS: Final = 5

_PICTURES: Final = dict(
    zip(
        "0123456789.-+e",
        zip(
            *(
                row.split()
                for row in """
.###. ..#.. .###. .###. ...#. ##### .###. ##### .###. .###. ..... ..... ..... .....
#...# .##.. #...# #...# ..##. #.... #.... ....# #...# #...# ..... ..... ..#.. .....
#..## ..#.. ....# ....# .#.#. ####. #.... ...#. #...# #...# ..... ..... ..#.. .###.
#.#.# ..#.. ...#. ..##. #..#. ....# ####. ..#.. .###. .#### ..... ##### ##### #...#
##..# ..#.. ..#.. ....# ##### ....# #...# ..#.. #...# ....# ..... ..... ..#.. #####
#...# ..#.. .#... #...# ...#. #...# #...# ..#.. #...# ....# .##.. ..... ..#.. #....
.###. .###. ##### .###. ...#. .###. .###. ..#.. .###. .###. .##.. ..... ..... .###.
""".strip().splitlines()
            ),
            strict=True,
        ),
        strict=True,
    )
)
_BOX: Final = ("#####", *["#...#"] * 5, "#####")
_SPACE: Final = (".....",) * ROWS


def text_picture(text: str) -> npt.NDArray[np.bool_]:
    """The inked pixels of a line of text, of shape (ROWS, ADVANCE for each character)."""
    lines = [""] * ROWS
    for character in text:
        picture = _SPACE if character.isspace() else _PICTURES.get(character, _BOX)
        lines = [line + row + "." * (ADVANCE - COLUMNS) for line, row in zip(lines, picture, strict=True)]
    return np.array([[pixel == "#" for pixel in line] for line in lines], np.bool_).reshape(ROWS, -1)
