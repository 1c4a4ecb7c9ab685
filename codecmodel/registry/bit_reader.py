"""A reader of bits, most significant bit first, and of the Exp-Golomb codes of H.264 § 9.1."""


class EndOfData(ValueError):
    """There are fewer bits than are read, or they have a value that is not allowed."""


class BitReader:
    """Reads the bits of ``data``, from the byte ``offset`` on."""

    __slots__ = ("_bits", "_length", "position")

    def __init__(self, data: bytes | bytearray | memoryview, offset: int = 0) -> None:
        view = bytes(data[offset:])
        self._bits = int.from_bytes(view, "big")
        self._length = len(view) * 8
        #: The number of bits that have been read.
        self.position = 0

    @property
    def remaining(self) -> int:
        """The number of bits that are left."""
        return self._length - self.position

    def bits(self, count: int) -> int:
        """The next ``count`` bits as an unsigned number. Raises EndOfData."""
        end = self.position + count
        if end > self._length:
            raise EndOfData(f"{count} bits are to be read, but {self.remaining} are left")
        self.position = end
        return self._bits >> (self._length - end) & ((1 << count) - 1)

    def flag(self) -> bool:
        """The next bit. Raises EndOfData."""
        return self.bits(1) == 1

    def skip(self, count: int) -> None:
        """Skip ``count`` bits. Raises EndOfData."""
        if self.position + count > self._length:
            raise EndOfData(f"{count} bits are to be read, but {self.remaining} are left")
        self.position += count

    def ue(self) -> int:
        """ue(v): an unsigned Exp-Golomb code of at most 32 bits. Raises EndOfData."""
        remaining = self._length - self.position
        rest = self._bits & ((1 << remaining) - 1)
        zeros = remaining - rest.bit_length()
        if zeros > 32 and rest:
            raise EndOfData("not an Exp-Golomb code")
        length = 2 * zeros + 1
        if length > remaining:
            raise EndOfData(f"{length} bits are to be read, but {remaining} are left")
        self.position += length
        return (rest >> (remaining - length)) - 1

    def ue_up_to(self, maximum: int) -> int:
        """ue(v) of a syntax element that must not exceed ``maximum``. Raises EndOfData if it does."""
        value = self.ue()
        if value > maximum:
            raise EndOfData(f"{value} exceeds {maximum}")
        return value

    def se(self) -> int:
        """se(v): a signed Exp-Golomb code. Raises EndOfData."""
        code = self.ue()
        return (code + 1) // 2 if code & 1 else -(code // 2)
