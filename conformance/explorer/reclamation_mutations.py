"""Broken reclamation of decoders and encoders (chapter 11), for the explorer to catch."""

from typing import Final

from codecmodel import reclamation
from codecmodel.codecs import codec, processing_model
from conformance.explorer.mutation import mutation

RECLAMATION_MUTATIONS: Final = [
    mutation(
        "codec reclaimed that has made progress meanwhile",
        reclamation.reclaim_a_codec,
        'codec._state != "closed" and may_be_reclaimed(codec)',
        'codec._state != "closed"',
        "reclamation",
        pattern="configure reclaim",
    ),
    mutation(
        "closed codec reclaimed",
        reclamation.reclaim_a_codec,
        'codec._state != "closed" and may_be_reclaimed(codec)',
        "may_be_reclaimed(codec)",
        "assertions",
        "reclamation",
        pattern="reclaim close",
        subject="AudioDecoder",
    ),
    mutation(
        "codec reclaimed at once",
        reclamation.reclaim_a_codec,
        'codec._queue_a_task("reclaim task", reclaim_task)',
        "reclaim_task()",
        "reclamation",
        pattern="reclaim",
        subject="AudioEncoder",
    ),
    mutation(
        "program not told that its codec was reclaimed",
        codec.close,
        'exception.name != "AbortError"',
        'exception.name not in ("AbortError", "QuotaExceededError")',
        "reclamation",
        "state",
        pattern="configure reclaim",
        subject="VideoEncoder",
    ),
    mutation(
        "progress not noted",
        processing_model._run_work,
        "codec._last_progress = codec._event_loop.now()",
        "pass",
        "reclamation",
        pattern="configure reclaim",
        subject="AudioEncoder",
    ),
    mutation(
        "progress of work that fails not noted",
        processing_model._run_work,
        "        codec._work_has_failed(failure, epoch, error)\n",
        "        codec._work_has_failed(failure, epoch, error)\n        return\n",
        "reclamation",
        pattern="configure decode reclaim",
    ),
    mutation(
        "tasks taken for progress",
        processing_model._run_task,
        "interrupt, codec._interrupt = codec._interrupt, None",
        "interrupt, codec._interrupt, codec._last_progress = codec._interrupt, None, codec._event_loop.now()",
        "reclamation",
        pattern="configure reclaim",
    ),
    mutation(
        "every codec inactive",
        reclamation.is_active,
        "<= ACTIVE_SECONDS",
        "< 0",
        "reclamation",
        pattern="configure reclaim",
        subject="VideoEncoder",
    ),
]
