"""Outputs that are called back with in turn are as those of tasks, one after the other."""

import gc
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import monotonic, sleep
from types import SimpleNamespace
from typing import Final, TypeAlias, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecmodel import AudioData, AudioDecoder
from codecmodel.codecs.processing_model import Epoch, NamedSteps
from codecmodel.codecs.tracer import use_tracer
from codecmodel.platform.codec_implementation import DecodedOutput
from codecmodel.raw_media.resource_protocols import AudioResource
from conformance.wpt.host.calls import Call, Called, PutOffCalls
from conformance.wpt.host.channel import Channel, Json
from conformance.wpt.host.node_process import NodeProcess
from conformance.wpt.host.realm import Realm, Settings
from conformance.wpt.session import prepare

#: The script's own part of the host.
_HOST: Final = """
module.exports = (host) => {
  const { service } = host;
  const { setImmediate } = host.require('node:timers');
  globalThis.end = (log) => service('end', JSON.stringify(log));
  globalThis.allIsQueued = () => service('allIsQueued');
  /** Runs steps in so many turns of Node's event loop. Until then Node is at work, so that it gets turns. */
  globalThis.afterTurns = (count, steps) => {
    host.isAtWork = () => count > 0;
    const turn = () => {
      count -= 1;
      if (count > 0) setImmediate(turn);
      else steps();
    };
    setImmediate(turn);
  };
};
"""

#: Decoders log their outputs, the microtasks after these, and other news.
_SETUP: Final = """
var log;
addEventListener('error', (event) => {
  event.preventDefault();
  log.push(`error: ${event.message}`);
  Promise.resolve().then(() => log.push('microtask after error'));
});
const config = { codec: 'pcm-u8', sampleRate: 8000, numberOfChannels: 1 };
const chunkAt = (timestamp) => new EncodedAudioChunk({ type: 'key', timestamp, data: new Uint8Array(8) });

function makeDecoder(name, act) {
  const decoder = new AudioDecoder({
    output(data) {
      const { timestamp } = data;
      data.close();
      log.push(`${name}${timestamp}`);
      Promise.resolve().then(() => log.push(`${name}${timestamp} microtask`));
      act(timestamp);
    },
    error(error) { log.push(`${name} ${error.name}`); },
  });
  decoder.configure(config);
  return decoder;
}

const ending = (promise, name) => {
  promise.then(() => log.push(`${name} flushed`), (error) => log.push(`${name} flush: ${error.name}`));
};

/**
 * Runs a program: for each of two decoders, the actions after its outputs. Node resets the first one after `turns` of
 * its own.
 */
async function run(programs, turns) {
  log = [];
  const act = (index) => (timestamp) => {
    const action = programs[index][timestamp];
    if (action !== null) actions[action](decoders[index], decoders[1 - index], 'AB'[index]);
  };
  const decoders = ['A', 'B'].map((name, index) => makeDecoder(name, act(index)));
  await Promise.all(decoders.map((decoder) => decoder.flush()));
  log.length = 0;
  for (let timestamp = 0; timestamp < programs[0].length; timestamp++) {
    for (const decoder of decoders) {
      decoder.decode(chunkAt(timestamp));
      allIsQueued();
    }
  }
  if (turns !== null) {
    afterTurns(turns, () => {
      log.push('A is reset');
      decoders[0].reset();
    });
  }
  for (const decoder of decoders) {
    decoder.ondequeue = () => log.push(`${'AB'[decoders.indexOf(decoder)]} dequeue`);
  }
  const over = decoders.map((decoder) => decoder.flush().catch(() => {}));
  await Promise.all(over);
  for (const decoder of decoders) if (decoder.state === 'configured') await decoder.flush().catch(() => {});
  end(log);
}

const actions = {
  decode: (own) => { if (own.state === 'configured') own.decode(chunkAt(100)); },
  size: (own, other, name) => log.push(`${name} size ${own.decodeQueueSize}`),
  ask: () => { new EncodedAudioChunk({ type: 'key', timestamp: 0.5, data: new Uint8Array(1) }); },
  throw: () => { throw new Error('thrown'); },
  flush: (own, other, name) => ending(own.flush(), name),
  reset: (own) => { if (own.state !== 'closed') own.reset(); },
  resetOther: (own, other) => { if (other.state !== 'closed') other.reset(); },
  restart: (own) => {
    if (own.state === 'closed') return;
    own.reset();
    own.configure(config);
    own.decode(chunkAt(200));
  },
  close: (own) => { if (own.state !== 'closed') own.close(); },
  resetLater: (own, other) => { Promise.resolve().then(() => { if (other.state !== 'closed') other.reset(); }); },
};
"""

#: For each of two decoders, what it does after each of its outputs.
Programs: TypeAlias = Sequence[Sequence[str | None]]


class _Scripts:
    """Runs programs in a realm. ``calls`` has how many calls JavaScript was given at once, each time."""

    def __init__(self, realm: Realm) -> None:
        self._realm = realm
        self._logs: list[list[str]] = []
        self.calls: list[int] = []
        realm.provide({"end": self._end, "allIsQueued": self._wait_for_codecs})

    def run(self, programs: Programs, most: int = 16, turns: int | None = None) -> list[str]:
        """The log of a program, for which so many calls are put off at most. Each decoder has as many outputs as the
        first one has actions. Node may reset the first one after so many ``turns`` of its event loop.
        """
        self._realm.event_loop._calls._most = most
        self._logs.clear()
        self.calls.clear()
        self._realm.run_script(f"run({json.dumps(programs)}, {json.dumps(turns)})", "program.js")
        assert self._realm.event_loop.run(lambda: bool(self._logs), monotonic() + 10)
        return self._logs[0]

    def note(self, message: Sequence[Json]) -> None:
        if message[0] == "callInTurn":
            self.calls.append(len(cast("list[Json]", message[1])))

    def _end(self, log: str) -> None:
        self._logs.append(cast("list[str]", json.loads(log)))

    def _wait_for_codecs(self) -> None:
        """Wait until codecs have queued all their outputs."""
        while self._realm.event_loop._parallel_steps:
            sleep(0.001)


@pytest.fixture(scope="module")
def scripts(node: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Scripts]:
    host = tmp_path_factory.mktemp("host") / "host.js"
    host.write_text(_HOST, encoding="utf-8")
    with (
        Realm(Channel(NodeProcess(node)), Settings("https://tests.test/", secure=True, isolated=True)) as realm,
        pytest.MonkeyPatch.context() as patch,
    ):
        scripts = _Scripts(realm)
        send = Channel.send

        def noted(channel: Channel, message: Sequence[Json], buffers: Sequence[bytes | memoryview] = ()) -> None:
            scripts.note(message)
            send(channel, message, buffers)

        patch.setattr(Channel, "send", noted)
        prepare(realm, lambda path: None, lambda settings: realm)
        realm.run_host_script(host)
        realm.run_script(_SETUP, "setup.js")
        yield scripts


_QUIET: Final = [None] * 4
#: Actions that have no effect after all the outputs.
_BRIEF: Final = ("size", "ask", "throw", "reset", "resetOther", "resetLater", "close")
_LASTING: Final = ("decode", "flush", "restart")


def test_calls_are_made_in_turn_and_each_has_its_microtasks(scripts: _Scripts) -> None:
    log = scripts.run([_QUIET, _QUIET])
    outputs = [f"{name}{number}" for number in range(4) for name in "AB"]
    expected = [entry for output in outputs for entry in (output, f"{output} microtask")]
    assert [entry for entry in log if "dequeue" not in entry] == expected
    # The events come after the first output of each decoder.
    assert scripts.calls == [1, 1, 1, 7]


def test_python_hears_of_calls_in_time(scripts: _Scripts, monkeypatch: pytest.MonkeyPatch) -> None:
    log = scripts.run([_QUIET, _QUIET])
    monkeypatch.setattr("conformance.wpt.host.realm.MILLISECONDS_IN_TURN", 0.0)
    assert scripts.run([_QUIET, _QUIET]) == log
    assert scripts.calls == [1, 1, 1, 7, 6, 5, 4, 3, 2, 1]


def test_calls_that_are_not_to_be_made(scripts: _Scripts) -> None:
    log = scripts.run([[None, "close", None, None], _QUIET])
    assert [entry for entry in log if entry[-1].isdigit()] == ["A0", "B0", "A1", "B1", "B2", "B3"]
    assert scripts.calls == [1, 1, 1, 7, 3]
    gc.collect()
    assert not [each for each in gc.get_objects() if isinstance(each, AudioData) and each.format is not None]


def test_the_model_fails_while_it_outputs(scripts: _Scripts, monkeypatch: pytest.MonkeyPatch) -> None:
    exposed = AudioDecoder._exposed

    def failing(decoder: AudioDecoder, output: DecodedOutput[AudioResource]) -> AudioData:
        if output.timestamp == 2:
            raise MemoryError
        return exposed(decoder, output)

    monkeypatch.setattr(AudioDecoder, "_exposed", failing)
    log = scripts.run([_QUIET, _QUIET])
    assert log == scripts.run([_QUIET, _QUIET], 0)
    assert log.index("A1") < log.index("A EncodingError") < log.index("B1") + 5


@pytest.mark.parametrize("turns", range(1, 12))
def test_a_reset_by_a_callback_of_nodes_own(scripts: _Scripts, turns: int) -> None:
    log = scripts.run([_QUIET, _QUIET], turns=turns)
    after_the_reset = log[log.index("A is reset") + 1 :]
    assert not [entry for entry in after_the_reset if entry[0] == "A" and entry[-1].isdigit()]


@settings(max_examples=150)
@given(
    st.lists(st.sampled_from([*[None] * 6, *_BRIEF, *_LASTING]), min_size=5, max_size=5),
    st.lists(st.sampled_from([*[None] * 6, *_BRIEF]), min_size=5, max_size=5),
)
def test_programs_run_as_if_the_calls_were_made_one_by_one(
    scripts: _Scripts, of_a: Sequence[str | None], of_b: Sequence[str | None]
) -> None:
    log = scripts.run([of_a, of_b])
    assert log == scripts.run([of_a, of_b], 0)


class _Tracer:
    def trace(self, codec: object) -> None: ...


def test_nothing_is_put_off_beside_a_tracer() -> None:
    def made(calls: Sequence[Call]) -> Called:
        return Called(len(calls), None, None)

    epoch = Epoch()
    task = NamedSteps(print, [], SimpleNamespace(_epoch=epoch))
    task.name = "output"
    assert PutOffCalls(made, print).epoch_to_put_off(task) is epoch
    with use_tracer(_Tracer()):
        assert PutOffCalls(made, print).epoch_to_put_off(task) is None
