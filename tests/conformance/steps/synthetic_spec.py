"""A spec made for the tests: a method with a control message, a definition list, notes, a registration."""

from pathlib import Path

from conformance.steps.model import Index
from conformance.steps.source import Module, read_module
from conformance.steps.spec_reader import read_spec

SPEC = """<!doctype html><html><meta content=edition-1 name=revision><body>
<h2 class=no-num id=abstract>Abstract</h2><p>Not indexed.
<h2 data-level=1 id=terms>1. Terms</h2>
<p>A <dfn data-dfn-type=dfn id=kettle>kettle</dfn> holds water.
<p>Nothing else does.
<h2 data-level=2 id=teapot>2. Teapot</h2>
<pre class="idl">interface <dfn id=teapot-interface>Teapot</dfn> {};</pre>
<h3 data-level=2.1 id=slots>2.1. Slots</h3>
<dl>
 <dt><dfn data-dfn-for=Teapot data-dfn-type=attribute id=dom-teapot-full-slot>[[full]]</dfn>
 <dd><p>Whether there is tea in it.
</dl>
<h3 data-level=2.2 id=methods>2.2. Methods</h3>
<dl>
 <dt><dfn data-dfn-for=Teapot data-dfn-type=method id=dom-teapot-pour><code>pour(cup)</code></dfn>
 <dd>Pours tea.
  <p class=note>NOTE: It may be hot.
  <p>When invoked, run these steps:
  <ol>
   <li><p>If not <a>[[full]]</a>, throw.
   <li><p>Enqueue a control message.
   <li><p>Return.
  </ol>
  <p>Running a control message to pour means running these steps:
  <ol>
   <li><p>While there is tea:
    <ol>
     <li><p>Pour a drop.
     <p class=note>NOTE: Drops are small.
     <li><p>Wait.
    </ol>
   <li><p>Stop.
  </ol>
</dl>
<h2 data-level=3 id=history>3. History</h2>
<p>This section is non-normative.
<p>Long ago.
</body></html>"""

SOURCE = '''"""A teapot."""


# Spec: kettle, terms
class Base:
    def __init__(self) -> None:
        #: [[full]]
        self._full = False


class Teapot(Base):
    @algorithm("dom-teapot-pour")
    def pour(self) -> None:
        # 1. An empty one.
        if not self._full:
            raise ValueError
        # 2.
        self.queue(self._message)
        # 3. n/a: Python returns.

    @algorithm("dom-teapot-pour", part="message")
    def _message(self) -> None:
        def work() -> None:
            # 1.1. to 1.2.
            pour_a_drop()

        # 1.
        while self._full:
            work()
        # 2.
        stop()
'''


def index_of(spec: str = SPEC) -> Index:
    index = Index()
    read_spec(spec, "webcodecs", index)
    return index


def module_of(source: str = SOURCE) -> Module:
    return read_module(Path("teapot.py"), source)
