"""Named tuples where one is made for each packet or frame."""

from __future__ import annotations

from typing import Final

#: For speed: new_named_tuple(kind, values) makes a NamedTuple of a tuple of all its fields, in their order. Calling the
#: class runs a Python function as well: 0.2 µs for five fields against 0.09 µs, of the 20 µs that a packet of audio
#: takes in all.
new_named_tuple: Final = tuple.__new__
