"""isConfigSupported()."""

from collections.abc import Mapping
from typing import cast

from codecmodel.configurations.decoder_configurations import AudioDecoderConfig, VideoDecoderConfig
from codecmodel.web.event_loop import Promise
from conformance.interfaces import AudioDecoder, VideoDecoder, is_another_implementation
from conformance.media.material import AudioMaterial, Material
from conformance.shared_scenarios.template import SharedScenarios
from conformance.suite.harness import (
    Test,
    assert_equals,
    assert_false,
    assert_not_equals,
    assert_true,
    promise_rejects_js,
)

SCENARIOS = SharedScenarios[Material]("audiodecoder", "videodecoder")


def _is_config_supported(media: Material, config: Mapping[str, object]) -> Promise[Mapping[str, object]]:
    if isinstance(media, AudioMaterial):
        answer: object = AudioDecoder.isConfigSupported(cast("AudioDecoderConfig", config))
    else:
        answer = VideoDecoder.isConfigSupported(cast("VideoDecoderConfig", config))
    return cast("Promise[Mapping[str, object]]", answer)


@SCENARIOS.promise_test(
    "isConfigSupported() of what can be decoded: true, and a copy of the configuration with its defaults",
    shows=[
        "dom-{}-isconfigsupported#4.1",
        "dom-{}-isconfigsupported#4.2.1.1",
        "dom-{}-isconfigsupported#4.2.1.2",
        "dom-{}-isconfigsupported#4.2.2",
        "check-configuration-support#4",
        "dom-{}support-supported",
        "dom-{}support-config",
    ],
    needs="every codec",
)
async def supported(t: Test, media: Material) -> None:
    defaults = (
        {}
        if isinstance(media, AudioMaterial)
        else {"hardwareAcceleration": "no-preference", "rotation": 0.0, "flip": False}
    )
    answer = await _is_config_supported(media, media.config)
    assert_equals(answer["supported"], True)
    assert_equals(answer["config"], {**defaults, **media.config})
    assert_equals(set(answer), {"supported", "config"})


@SCENARIOS.promise_test(
    "isConfigSupported() answers later, and does not look at the configuration again",
    shows=["dom-{}-isconfigsupported#4", "dom-{}-isconfigsupported#5"],
    needs="every codec",
)
async def question_is_copied(t: Test, media: Material) -> None:
    config: dict[str, object] = dict(media.config)
    description = bytearray(cast("bytes", media.config.get("description", b"")))
    if description:
        config["description"] = description
    promise = _is_config_supported(media, config)
    assert_false(promise.done())
    config["codec"] = "bogus"
    description[:] = bytes(len(description))
    answer = await promise
    assert_equals(answer["supported"], True)
    copy = cast("Mapping[str, object]", answer["config"])
    assert_equals(copy["codec"], media.config["codec"])
    if description:
        assert_equals(bytes(cast("bytes", copy["description"])), media.config["description"])
        assert_false(copy["description"] is description)


@SCENARIOS.promise_test(
    "members that are not recognized are ignored, and not in the copy",
    shows=["clone-configuration#3", "dom-{}-isconfigsupported#4.2.1.1"],
    needs="every codec",
)
async def unrecognized_members(t: Test, media: Material) -> None:
    answer = await _is_config_supported(media, {**media.config, "futureConfigFeature": "foo"})
    assert_equals(answer["supported"], True)
    assert_false("futureConfigFeature" in cast("Mapping[str, object]", answer["config"]))


@SCENARIOS.promise_test(
    "isConfigSupported() of an unknown codec: false, and the copy all the same",
    shows=["check-configuration-support#1", "dom-{}-isconfigsupported#4.2.1.2"],
    needs="any codec",
)
async def not_supported(t: Test, media: Material) -> None:
    answer = await _is_config_supported(media, {**media.config, "codec": "bogus"})
    assert_equals(answer["supported"], False)
    assert_equals(cast("Mapping[str, object]", answer["config"])["codec"], "bogus")


@SCENARIOS.promise_test(
    "isConfigSupported() is rejected with TypeError if the configuration is invalid; it never throws",
    shows=["dom-{}-isconfigsupported#1", "valid-{}config#1"],
    needs="any codec",
)
async def invalid(t: Test, media: Material) -> None:
    configs: list[Mapping[str, object]] = [
        {},
        {key: value for key, value in media.config.items() if key != "codec"},
        {**media.config, "codec": ""},
        {**media.config, "codec": " \t\r\n\f"},
    ]
    if not is_another_implementation():
        # JavaScript makes strings of numbers.
        configs.append({**media.config, "codec": 1})
    for config in configs:
        await promise_rejects_js(t, TypeError, _is_config_supported(media, config), str(config))


@SCENARIOS.promise_test(
    "many questions at once are all answered",
    shows=["dom-{}-isconfigsupported#3"],
    needs="any codec",
)
async def many_questions(t: Test, media: Material) -> None:
    promises = [
        _is_config_supported(media, {**media.config, "codec": "bogus"} if number % 3 else media.config)
        for number in range(30)
    ]
    assert_equals(len({id(promise) for promise in promises}), 30)
    answers = [await promise for promise in promises]
    for number, answer in enumerate(answers):
        assert_equals(answer["supported"], number % 3 == 0)
    first, second = answers[0]["config"], answers[3]["config"]
    assert_true(first == second)
    assert_false(first is second, "each answer has a copy of its own")
    assert_not_equals(first, answers[1]["config"])
