"""A timeline of what codecs do, for Perfetto and Chrome's tracing page: docs/timeline.md."""

from codecmodel.tracing.timeline import Timeline
from codecmodel.tracing.traced_codec import use_timeline

__all__ = ["Timeline", "use_timeline"]
