"""MIME types, by the rules of MIME Sniffing and RFC 9110."""

import pytest

from codecmodel.web.mime_type import essence, is_valid_mime_type, type_of


@pytest.mark.parametrize(
    "string",
    [
        "image/png",
        "IMAGE/X-a.b+c",
        "image/png;a=b",
        'image/png ; a="b; \\" c"',
        "image/png; a=b ; c=d",
        "image/png;",
        "image/png; ;a=b",
        "image/png; ",
        "image/png;a=b \t; \t",
    ],
)
def test_valid(string: str) -> None:
    assert is_valid_mime_type(string)
    assert type_of(string) == "image"
    assert essence(string) in ("image/png", "image/x-a.b+c")


@pytest.mark.parametrize(
    "string",
    [
        *("", "image", "image/", "/png", "image/p g", " image/png", "ä/b"),
        *("image/png ", "image/png\t", "image/png;a=b ", 'image/png;a="b" ', "image/png\n"),
        *("image/png; a", "image/png;a=", 'image/png;a="b'),
    ],
)
def test_invalid(string: str) -> None:
    assert not is_valid_mime_type(string)


def test_a_long_string_is_refused_at_once() -> None:
    # An expression that could match the blanks in several ways would try all of them.
    assert not is_valid_mime_type("image/png" + ";   " * 1000 + "!")
