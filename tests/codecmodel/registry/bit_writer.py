"""Writes bit fields for hand-made bitstreams, independently of the reader under test."""


class BitWriter:
    """Collects bits, most significant first."""

    def __init__(self) -> None:
        self._bits: list[str] = []

    def u(self, *pairs: tuple[int, int]) -> "BitWriter":
        """Unsigned numbers, each with its width."""
        for value, width in pairs:
            assert 0 <= value < 1 << width
            self._bits.append(f"{value:0{width}b}" if width else "")
        return self

    def ue(self, *values: int) -> "BitWriter":
        """Unsigned Exp-Golomb codes."""
        for value in values:
            digits = f"{value + 1:b}"
            self._bits.append("0" * (len(digits) - 1) + digits)
        return self

    def se(self, *values: int) -> "BitWriter":
        """Signed Exp-Golomb codes."""
        return self.ue(*(2 * value - 1 if value > 0 else -2 * value for value in values))

    def data(self) -> bytes:
        """The bits, padded with zeros to a whole byte."""
        bits = "".join(self._bits)
        bits += "0" * (-len(bits) % 8)
        return int(bits, 2).to_bytes(len(bits) // 8, "big") if bits else b""

    def rbsp(self) -> bytes:
        """The bits with a stop bit, and emulation prevention where it is needed."""
        self.u((1, 1))
        escaped = bytearray()
        zeros = 0
        for byte in self.data():
            if zeros >= 2 and byte <= 3:
                escaped.append(3)
                zeros = 0
            escaped.append(byte)
            zeros = zeros + 1 if byte == 0 else 0
        return bytes(escaped)


def annex_b(*units: bytes) -> bytes:
    return b"".join(b"\0\0\0\1" + unit for unit in units)


def length_prefixed(*units: bytes, size: int = 4) -> bytes:
    return b"".join(len(unit).to_bytes(size, "big") + unit for unit in units)
