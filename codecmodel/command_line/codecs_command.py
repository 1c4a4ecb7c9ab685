"""The command ``codecs``: the codecs that this FFmpeg decodes and encodes."""

import json
from collections.abc import Mapping, Sequence

from rich.table import Table

from codecmodel.capabilities import CodecSupport, supported_codecs
from codecmodel.command_line.console import new_console
from codecmodel.command_line.run import run_program
from codecmodel.files.errors import MissingLibraryError
from ffbind import LibraryNotFoundError, UnsupportedLibraryError


def codecs(*, wants_json: bool) -> None:
    """Print the list as a table or as JSON. Raises MediaFileError if there is no FFmpeg."""
    try:
        found = run_program(supported_codecs())
    except (LibraryNotFoundError, UnsupportedLibraryError) as error:
        raise MissingLibraryError(str(error)) from error
    if wants_json:
        print(json.dumps([_as_json(codec) for codec in found], indent=2))
    else:
        new_console().print(_table(found))


def _as_json(codec: CodecSupport) -> dict[str, object]:
    return {
        "type": codec.kind,
        "codec": codec.codec,
        "profile": codec.profile,
        "codecString": codec.codec_string,
        "decoderConfig": _config_as_json(codec.decoder_config),
        "encoderConfig": _config_as_json(codec.encoder_config),
    }


def _config_as_json(config: Mapping[str, object] | None) -> dict[str, object] | None:
    """The configuration, with a description in hexadecimal."""
    if config is None:
        return None
    return {name: value.hex() if isinstance(value, bytes) else value for name, value in config.items()}


def _table(found: Sequence[CodecSupport]) -> Table:
    table = Table()
    for heading in ("codec", "profile", "codec string", "decoded", "encoded"):
        table.add_column(heading)
    for codec in found:
        table.add_row(
            codec.codec,
            codec.profile,
            codec.codec_string,
            "no" if codec.decoder_config is None else "yes",
            "no" if codec.encoder_config is None else "yes",
        )
    return table
