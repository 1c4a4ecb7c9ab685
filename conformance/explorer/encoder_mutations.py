"""Broken processing models of encoders, for the explorer to catch, where encoders differ from decoders."""

from functools import partial
from typing import Final

from codecmodel.codecs.audio_encoder import AudioEncoder
from codecmodel.codecs.encoder import Encoder
from codecmodel.codecs.video_encoder import VideoEncoder
from conformance.explorer.mutation import mutation

_of_audio = partial(mutation, subject="AudioEncoder")
_of_video = partial(mutation, subject="VideoEncoder")

ENCODER_MUTATIONS: Final = [
    _of_video(
        "key frames forgotten",
        VideoEncoder._process,
        "_input_of(request, reference.resource)",
        '_input_of(request, reference.resource)._replace(options={"keyFrame": False})',
        "key frames",
    ),
    _of_video(
        "every frame a key frame",
        VideoEncoder._process,
        "_input_of(request, reference.resource)",
        '_input_of(request, reference.resource)._replace(options={"keyFrame": True})',
        "key frames",
    ),
    _of_video(
        "decoderConfig with every chunk",
        VideoEncoder._output,
        "if not are_equal_dictionaries(output_config, self._active_output_config):",
        "if True:",
        "metadata",
        pattern="configure encode encode",
    ),
    _of_video(
        "decoderConfig not remembered",
        VideoEncoder._output,
        "self._active_output_config = output_config",
        "pass",
        "metadata",
        pattern="configure encode again encode",
    ),
    _of_video(
        "decoderConfig remembered across a reset",
        Encoder._reset,
        "self._active_output_config = None",
        "pass",
        "metadata",
        pattern="configure encode reset again encode",
    ),
    _of_audio(
        "decoderConfig with the first chunk only",
        AudioEncoder._output,
        "if not are_equal_dictionaries(output_config, self._active_output_config):",
        "if self._active_output_config is None:",
        "metadata",
        pattern="configure encode configure encode",
    ),
    _of_video(
        "clone of a frame not released",
        VideoEncoder._process,
        "reference.release()",
        "pass",
        "resources",
        pattern="configure encode",
    ),
    _of_audio(
        "clone of data not released",
        AudioEncoder._process,
        "reference.release()",
        "pass",
        "resources",
        pattern="configure encode",
    ),
    _of_video(
        "chunks delivered after a reset",
        VideoEncoder._output,
        "if epoch.ceased:",
        "if False:",
        "silence",
        "outputs",
        "assertions",
        pattern="configure encode reset",
    ),
    _of_audio(
        "queue of an encoder not emptied by reset",
        Encoder._reset,
        "self._control_message_queue.clear()",
        "pass",
        "queue size",
    ),
    _of_audio(
        "queue size of an encoder kept by reset",
        Encoder._reset,
        "self._queue_size = 0",
        "pass",
        "queue size",
    ),
    _of_audio(
        "no dequeue event from the reset of an encoder",
        Encoder._reset,
        "schedule_dequeue_event(self)",
        "pass",
        "dequeue",
    ),
    _of_audio(
        "encoder's promise not removed by reset",
        Encoder._reset,
        "self._pending_flush_promises.remove(promise)",
        "pass",
        "promises",
    ),
    _of_audio(
        "encoder's promise not rejected by reset",
        Encoder._reset,
        "reject(promise, exception)",
        "pass",
        "promises",
    ),
]
