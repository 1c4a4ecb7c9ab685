"""libswresample: rates, sample formats and channels of audio."""

from ffbind.prototypes import INT, INT64, POINTER, Function

FUNCTIONS = [
    # With AVChannelLayout, from FFmpeg 5.1 on; with channel masks up to 6.
    Function(
        "swr_alloc_set_opts2",
        INT,
        (POINTER, POINTER, INT, INT, POINTER, INT, INT, INT, POINTER),
        optional=True,
    ),
    Function("swr_alloc_set_opts", POINTER, (POINTER, INT64, INT, INT, INT64, INT, INT, INT, POINTER), optional=True),
    Function("swr_init", INT, (POINTER,)),
    Function("swr_free", None, (POINTER,)),
    Function("swr_get_out_samples", INT, (POINTER, INT)),
    # Microseconds for a packet's worth of samples.
    Function("swr_convert", INT, (POINTER, POINTER, INT, POINTER, INT)),
]
