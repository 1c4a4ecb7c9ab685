"""libavformat: reading and writing containers, and the byte streams underneath."""

from ffbind.prototypes import INT, INT64, POINTER, SIZE, STRING, Function, Gil

FUNCTIONS = [
    # Byte streams. Opening and closing one that stands for a file is I/O.
    Function("avio_alloc_context", POINTER, (POINTER, INT, INT, POINTER, POINTER, POINTER, POINTER)),
    Function("avio_context_free", None, (POINTER,)),
    Function("avio_find_protocol_name", STRING, (STRING,)),
    Function("avio_open2", INT, (POINTER, STRING, INT, POINTER, POINTER), Gil.RELEASE),
    Function("avio_closep", INT, (POINTER,), Gil.RELEASE),
    Function("avio_r8", INT, (POINTER,)),
    # Contexts and streams.
    Function("avformat_alloc_context", POINTER, ()),
    Function("avformat_free_context", None, (POINTER,)),
    Function("avformat_new_stream", POINTER, (POINTER, POINTER)),
    # Up to FFmpeg 6; from 6.1 on the codec parameters carry a stream's side data.
    Function("av_stream_get_side_data", POINTER, (POINTER, INT, POINTER), optional=True),
    Function("av_stream_new_side_data", POINTER, (POINTER, INT, SIZE), optional=True),
    # Reading. Finding out about streams may decode a dozen pictures. A packet takes microseconds where it comes from
    # a Python object, whose method the call comes back to, but may wait for the disk where it comes from a file.
    Function("av_find_input_format", POINTER, (STRING,)),
    Function("avformat_open_input", INT, (POINTER, STRING, POINTER, POINTER), Gil.RELEASE),
    Function("avformat_find_stream_info", INT, (POINTER, POINTER), Gil.RELEASE),
    Function("av_read_frame", INT, (POINTER, POINTER), Gil.BOTH),
    Function("av_seek_frame", INT, (POINTER, INT, INT64, INT), Gil.BOTH),
    Function("avformat_close_input", None, (POINTER,), Gil.RELEASE),
    # Writing: the same.
    Function("avformat_alloc_output_context2", INT, (POINTER, POINTER, STRING, STRING)),
    Function("avformat_query_codec", INT, (POINTER, INT, INT)),
    Function("avformat_write_header", INT, (POINTER, POINTER), Gil.RELEASE),
    Function("av_interleaved_write_frame", INT, (POINTER, POINTER), Gil.BOTH),
    Function("av_write_trailer", INT, (POINTER,), Gil.RELEASE),
]
