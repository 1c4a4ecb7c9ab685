"""Text from files and file names, made safe for a terminal."""


def printable(text: str) -> str:
    """``text`` with its control characters escaped, as in ``\\x1b``.

    Escaped are all characters that Unicode calls control or format characters, separators other than the blank, and
    those that it has not assigned. Undecodable bytes of file names (surrogates) stay.
    """
    return "".join(
        character
        if character.isprintable() or "\ud800" <= character <= "\udfff"
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )
