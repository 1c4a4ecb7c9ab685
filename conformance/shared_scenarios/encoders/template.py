"""How a scenario that holds for both encoders is written, and how a chapter adopts it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

from conformance.media.sources import Source
from conformance.scripted.settings import SETTINGS, Setting
from conformance.suite.harness import SCENARIOS, Test, Variant

Interface: TypeAlias = Literal["audioencoder", "videoencoder"]
#: A reference is a pair, for audio and for video, where the spec numbers or names the same step differently; ``{}`` in
#: it stands for audioencoder or videoencoder.
Reference: TypeAlias = str | tuple[str, str]
ScriptedFunction: TypeAlias = Callable[[Test, Setting], Awaitable[None]]
RealFunction: TypeAlias = Callable[[Test, Source], Awaitable[None]]


class _Template(NamedTuple):
    """A scenario as written: on a scripted codec or on real ones."""

    name: str
    shows: Sequence[Reference]
    scripted: ScriptedFunction | None = None
    real: RealFunction | None = None
    any_codec: bool = False


_TEMPLATES: Final[list[_Template]] = []


def scripted_test(name: str, *, shows: Sequence[Reference]) -> Callable[[ScriptedFunction], ScriptedFunction]:
    """Declare a scenario of both encoders on a scripted codec; it runs with tasks first and with work first."""

    def declare(function: ScriptedFunction) -> ScriptedFunction:
        _TEMPLATES.append(_Template(name, shows, scripted=function))
        return function

    return declare


def encoder_test(
    name: str, *, shows: Sequence[Reference], any_codec: bool = False
) -> Callable[[RealFunction], RealFunction]:
    """Declare a scenario of both encoders on real codecs: on every one, or on any if it doesn't matter which."""

    def declare(function: RealFunction) -> RealFunction:
        _TEMPLATES.append(_Template(name, shows, real=function, any_codec=any_codec))
        return function

    return declare


def adopt(
    module: str, interface: Interface, every_codec: Sequence[Variant[Source]], any_codec: Variant[Source]
) -> None:
    """Make every scenario declared so far one of ``module``'s."""
    kind = interface.removesuffix("encoder")
    settings = [setting for setting in SETTINGS if setting.name.startswith(kind)]
    for template in _TEMPLATES:
        shows = [_reference(reference, interface) for reference in template.shows]
        if template.scripted is not None:
            SCENARIOS.promise_test(template.name, shows=shows, variants=settings, module=module)(template.scripted)
        if template.real is not None:
            codecs = [any_codec] if template.any_codec else every_codec
            SCENARIOS.promise_test(template.name, shows=shows, variants=codecs, module=module)(template.real)


def _reference(reference: Reference, interface: Interface) -> str:
    if isinstance(reference, tuple):
        reference = reference[0] if interface == "audioencoder" else reference[1]
    return reference.format(interface, interface)
