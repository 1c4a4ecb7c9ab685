"""The document of a page, as far as its canvas elements need one. It is there only for tests that need a document."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from codecmodel.web.webidl import unsigned_long
from conformance.wpt.host.browser.canvas_element import (
    CanvasRenderingContext2D,
    CSSStyleDeclaration,
    HTMLCanvasElement,
)
from conformance.wpt.host.browser.canvas_interfaces import context_interface, get_context
from conformance.wpt.host.description import Attribute, Interface
from conformance.wpt.host.realm import Realm

_INTERFACES: Final = (
    Interface("CSSStyleDeclaration", CSSStyleDeclaration, attributes=(Attribute("imageOrientation"),)),
    Interface(
        "HTMLCanvasElement",
        HTMLCanvasElement,
        parent="EventTarget",
        attributes=(Attribute("width", unsigned_long), Attribute("height", unsigned_long), Attribute("style")),
        operations=(get_context,),
    ),
    context_interface("CanvasRenderingContext2D", CanvasRenderingContext2D),
)


def install_document(realm: Realm, canvases: Sequence[Mapping[str, str]]) -> None:
    """Give the realm a document with canvas elements that have these content attributes.

    testharness.js decides by the document which global it is in. So it must have been run before.
    """
    realm.install(_INTERFACES)
    realm.provide({"createCanvasElement": lambda: HTMLCanvasElement({})})
    realm.run_host_script(Path(__file__).with_name("document.js"))
    realm.perform("installDocument", [HTMLCanvasElement(attributes) for attributes in canvases])
