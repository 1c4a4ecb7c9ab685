"""The fields that stayed at their places from FFmpeg 4.0 to 9.0, and structures that changed in size alone."""

PACKET = {
    "buf": 0,
    "pts": 8,
    "dts": 16,
    "data": 24,
    "size": 32,
    "stream_index": 36,
    "flags": 40,
    "side_data": 48,
    "side_data_elems": 56,
    "duration": 64,
    "pos": 72,
}

INPUT_PACKET = {name: PACKET[name] for name in ("pts", "dts", "data", "size", "flags")}

FRAME = {
    "data": 0,
    "linesize": 64,
    "extended_data": 96,
    "width": 104,
    "height": 108,
    "nb_samples": 112,
    "format": 116,
    "pts": 136,
}

CODEC_CONTEXT = {
    "codec_type": 12,
    "codec": 16,
    "codec_id": 24,
    "codec_tag": 28,
    "bit_rate": 56,
}

CODEC_PARAMETERS = {
    "codec_type": 0,
    "codec_id": 4,
    "codec_tag": 8,
    "extradata": 16,
    "extradata_size": 24,
}

CODEC = {
    "name": 0,
    "long_name": 8,
    "type": 16,
    "id": 20,
    "capabilities": 24,
}

# Until libavcodec 62; from 61.13 on a function returns the lists.
CODEC_SUPPORTED = {
    "pix_fmts": 40,
    "supported_samplerates": 48,
    "sample_fmts": 56,
}

BUFFER_REF = {
    "data": 8,
    "size": 16,
}

FRAME_SIDE_DATA = {
    "type": 0,
    "data": 8,
    "size": 16,
}

# Sizes of buffers and side data became size_t with FFmpeg 5; until then they were int.
PACKET_SIDE_DATA = {"data": 0, "size": 8, "type": 16}
PACKET_SIDE_DATA_58 = {"data": 0, "size": 8, "type": 12}

COMPONENT_DESCRIPTOR = {"plane": 0, "step": 4, "offset": 8, "shift": 12, "depth": 16}
# Three deprecated fields followed until FFmpeg 5.
COMPONENT_DESCRIPTOR_SIZE = 20
COMPONENT_DESCRIPTOR_SIZE_58 = 32

PIX_FMT_DESCRIPTOR = {
    "name": 0,
    "nb_components": 8,
    "log2_chroma_w": 9,
    "log2_chroma_h": 10,
    "flags": 16,
    "comp": 24,
}
