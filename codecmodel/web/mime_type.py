"""MIME Sniffing § 4: valid MIME type strings, and the essence of a MIME type."""

import re
from typing import Final

_TOKEN: Final = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_QUOTED: Final = r'"(?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*"'
# RFC 9110 § 8.3.1: media-type. Blanks may surround a semicolon, but may not follow the subtype or a parameter.
_MEDIA_TYPE: Final = re.compile(
    rf"{_TOKEN}/{_TOKEN}(?:[ \t]*;(?:[ \t]*{_TOKEN}=(?:{_TOKEN}|{_QUOTED}))?)*(?:(?<=;)[ \t]*)?"
)


def is_valid_mime_type(string: str) -> bool:
    """Whether ``string`` is a valid MIME type string: the whole string is a media type of RFC 9110 § 8.3.1."""
    return _MEDIA_TYPE.fullmatch(string) is not None


def essence(mime_type: str) -> str:
    """The type and the subtype of a valid MIME type string, in lower case: ``image/png``."""
    return mime_type.partition(";")[0].strip(" \t").lower()


def type_of(mime_type: str) -> str:
    """The type of a valid MIME type string, in lower case: ``image``."""
    return essence(mime_type).partition("/")[0]
