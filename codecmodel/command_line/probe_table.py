"""The table of the command ``probe``."""

from rich.table import Table
from rich.text import Text

from codecmodel.command_line.probe import Json, ProbedFile, config_as_json, kind_of
from codecmodel.command_line.support import why_unsupported
from codecmodel.files.printable import printable
from codecmodel.files.tracks import VideoTrack

#: The number of bytes of a description that the table shows.
_SHOWN_BYTES = 12


def one_line(text: str) -> Text:
    """Text that rich prints as it is."""
    return Text(text)


def as_table(probed: ProbedFile) -> Table:
    """The tracks of the file as a table with a row for each."""
    table = Table()
    for heading in ("track", "kind", "supported"):
        table.add_column(heading)
    table.add_column("configuration", overflow="fold")
    for track, supported in probed.tracks:
        lines = [f"{member}: {_shown(member, value)}" for member, value in (config_as_json(track) or {}).items()]
        if isinstance(track, VideoTrack) and track.has_alpha:
            lines.append("with an alpha plane")
        if not supported:
            lines.append(why_unsupported(track))
        table.add_row(
            str(track.index), kind_of(track), "yes" if supported else "no", Text("\n".join(map(printable, lines)))
        )
    return table


def _shown(member: str, value: Json) -> str:
    if member == "description":
        data = bytes.fromhex(str(value))
        rest = "…" if len(data) > _SHOWN_BYTES else ""
        return f"{len(data)} bytes, {data[:_SHOWN_BYTES].hex(' ')}{rest}"
    if isinstance(value, dict):
        return ", ".join(f"{name} {item}" for name, item in value.items())
    return str(value)
