"""libavcodec: codecs and their descriptions, contexts, parameters, packets, decoding and encoding."""

from ffbind.layout.structures import AVRational
from ffbind.prototypes import INT, POINTER, SIZE, STRING, UINT, Function, Gil

FUNCTIONS = [
    # Codecs.
    Function("avcodec_get_class", POINTER, ()),
    Function("av_codec_iterate", POINTER, (POINTER,)),
    Function("av_codec_is_encoder", INT, (POINTER,)),
    Function("avcodec_find_decoder", POINTER, (INT,)),
    Function("avcodec_find_decoder_by_name", POINTER, (STRING,)),
    Function("avcodec_find_encoder", POINTER, (INT,)),
    Function("avcodec_find_encoder_by_name", POINTER, (STRING,)),
    Function("avcodec_descriptor_get", POINTER, (INT,)),
    Function("avcodec_descriptor_get_by_name", POINTER, (STRING,)),
    Function("avcodec_get_name", STRING, (INT,)),
    Function("av_get_bits_per_sample", INT, (INT,)),
    Function("avcodec_profile_name", STRING, (INT, INT)),
    # From FFmpeg 7.1 on; before, the lists are fields of AVCodec.
    Function("avcodec_get_supported_config", INT, (POINTER, POINTER, INT, UINT, POINTER, POINTER), optional=True),
    # Contexts. Opening may take tens of milliseconds, and freeing joins the codec's threads. Both take microseconds for
    # a decoder without threads.
    Function("avcodec_alloc_context3", POINTER, (POINTER,)),
    Function("avcodec_open2", INT, (POINTER, POINTER, POINTER), Gil.BOTH),
    Function("avcodec_free_context", None, (POINTER,), Gil.BOTH),
    # Milliseconds for video, microseconds for audio.
    Function("avcodec_send_packet", INT, (POINTER, POINTER), Gil.BOTH),
    Function("avcodec_receive_frame", INT, (POINTER, POINTER), Gil.BOTH),
    Function("avcodec_send_frame", INT, (POINTER, POINTER), Gil.BOTH),
    Function("avcodec_receive_packet", INT, (POINTER, POINTER), Gil.BOTH),
    Function("avcodec_flush_buffers", None, (POINTER,), Gil.BOTH),
    # A function of libopus, if libavcodec is linked to it. It has variable arguments after these two: a number to set,
    # or the address for an answer. They are not declared; ctypes passes them as variable ones.
    Function("opus_multistream_encoder_ctl", INT, (POINTER, INT), optional=True),
    # Functions of libaom, in the same way.
    Function("aom_codec_av1_cx", POINTER, (), optional=True),
    Function("aom_codec_control", INT, (POINTER, INT), optional=True),
    Function("aom_codec_enc_config_set", INT, (POINTER, POINTER), optional=True),
    # Parameters.
    Function("avcodec_parameters_alloc", POINTER, ()),
    Function("avcodec_parameters_free", None, (POINTER,)),
    Function("avcodec_parameters_copy", INT, (POINTER, POINTER)),
    Function("avcodec_parameters_from_context", INT, (POINTER, POINTER)),
    Function("avcodec_parameters_to_context", INT, (POINTER, POINTER)),
    # From libavcodec 60.31 on, as is side data of parameters.
    Function("av_packet_side_data_new", POINTER, (POINTER, POINTER, INT, SIZE, INT), optional=True),
    # Packets.
    Function("av_packet_alloc", POINTER, ()),
    Function("av_packet_free", None, (POINTER,)),
    Function("av_new_packet", INT, (POINTER, INT)),
    Function("av_packet_ref", INT, (POINTER, POINTER)),
    Function("av_packet_unref", None, (POINTER,)),
    Function("av_packet_new_side_data", POINTER, (POINTER, INT, SIZE)),
    Function("av_packet_free_side_data", None, (POINTER,)),
    Function("av_packet_rescale_ts", None, (POINTER, AVRational, AVRational)),
    # Bitstream filters.
    Function("av_bsf_get_by_name", POINTER, (STRING,)),
    Function("av_bsf_alloc", INT, (POINTER, POINTER)),
    Function("av_bsf_init", INT, (POINTER,)),
    Function("av_bsf_send_packet", INT, (POINTER, POINTER)),
    Function("av_bsf_receive_packet", INT, (POINTER, POINTER)),
    Function("av_bsf_flush", None, (POINTER,)),
    Function("av_bsf_free", None, (POINTER,)),
]
