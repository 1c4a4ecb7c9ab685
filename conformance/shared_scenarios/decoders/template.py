"""How a scenario that holds for both decoders is written, and how a chapter adopts it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

from conformance.media.material import Material
from conformance.suite.harness import SCENARIOS, Test, Variant

Interface: TypeAlias = Literal["audiodecoder", "videodecoder"]
Function: TypeAlias = Callable[[Test, Material], Awaitable[None]]
#: What a scenario is run with: every codec; those whose chunks can be broken; or any one, if no codec matters.
Needs: TypeAlias = Literal["every codec", "broken chunks", "any codec"]


class Template(NamedTuple):
    """A scenario as written. ``{}`` in its references to the spec stands for audiodecoder or videodecoder.

    A reference is a pair, for audio and for video, where the spec numbers or names the same step differently.
    """

    function: Function
    name: str
    shows: Sequence[str | tuple[str, str]]
    needs: Needs


_TEMPLATES: Final[list[Template]] = []


def decoder_test(
    name: str, *, shows: Sequence[str | tuple[str, str]], needs: Needs = "every codec"
) -> Callable[[Function], Function]:
    """Declare a scenario of both decoders. See Template."""

    def declare(function: Function) -> Function:
        _TEMPLATES.append(Template(function, name, shows, needs))
        return function

    return declare


class Variants(NamedTuple):
    """The variants of one interface."""

    every_codec: Sequence[Variant[Material]]
    broken_chunks: Sequence[Variant[Material]]
    any_codec: Variant[Material]


def adopt(module: str, interface: Interface, variants: Variants) -> None:
    """Make every scenario declared so far one of ``module``'s."""
    for template in _TEMPLATES:
        match template.needs:
            case "every codec":
                chosen = variants.every_codec
            case "broken chunks":
                chosen = variants.broken_chunks
            case "any codec":
                chosen = [variants.any_codec]
        shows = [_reference(reference, interface) for reference in template.shows]
        SCENARIOS.promise_test(template.name, shows=shows, variants=chosen, module=module)(template.function)


def _reference(reference: str | tuple[str, str], interface: Interface) -> str:
    if isinstance(reference, tuple):
        reference = reference[0] if interface == "audiodecoder" else reference[1]
    return reference.format(interface)
