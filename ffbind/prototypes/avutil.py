"""libavutil: memory, dictionaries, options, frames, pixel and sample formats, channel layouts."""

from ffbind.prototypes import INT, INT64, POINTER, SIZE, STRING, UINT64, Function, Gil

FUNCTIONS = [
    Function("av_version_info", STRING, ()),
    Function("av_strerror", INT, (INT, POINTER, SIZE)),
    Function("av_log_set_level", None, (INT,)),
    Function("av_log_get_level", INT, ()),
    # Memory.
    Function("av_malloc", POINTER, (SIZE,)),
    Function("av_mallocz", POINTER, (SIZE,)),
    Function("av_free", None, (POINTER,)),
    Function("av_freep", None, (POINTER,)),
    # Reference-counted buffers.
    Function("av_buffer_alloc", POINTER, (SIZE,)),
    Function("av_buffer_create", POINTER, (POINTER, SIZE, POINTER, POINTER, INT)),
    Function("av_buffer_ref", POINTER, (POINTER,)),
    Function("av_buffer_unref", None, (POINTER,)),
    Function("av_buffer_get_ref_count", INT, (POINTER,)),
    Function("av_buffer_pool_init", POINTER, (SIZE, POINTER)),
    Function("av_buffer_pool_uninit", None, (POINTER,)),
    Function("av_buffer_pool_get", POINTER, (POINTER,)),
    # Dictionaries and options.
    Function("av_dict_set", INT, (POINTER, STRING, STRING, INT)),
    Function("av_dict_get", POINTER, (POINTER, STRING, POINTER, INT)),
    Function("av_dict_free", None, (POINTER,)),
    Function("av_opt_find", POINTER, (POINTER, STRING, STRING, INT, INT)),
    Function("av_opt_set", INT, (POINTER, STRING, STRING, INT)),
    Function("av_opt_set_int", INT, (POINTER, STRING, INT64, INT)),
    Function("av_opt_child_next", POINTER, (POINTER, POINTER)),
    # Frames.
    Function("av_frame_alloc", POINTER, ()),
    Function("av_frame_free", None, (POINTER,)),
    Function("av_frame_ref", INT, (POINTER, POINTER)),
    Function("av_frame_unref", None, (POINTER,)),
    Function("av_frame_get_buffer", INT, (POINTER, INT)),
    Function("av_frame_is_writable", INT, (POINTER,)),
    Function("av_frame_make_writable", INT, (POINTER,)),
    Function("av_frame_get_plane_buffer", POINTER, (POINTER, INT)),
    Function("av_frame_copy", INT, (POINTER, POINTER)),
    Function("av_frame_copy_props", INT, (POINTER, POINTER)),
    Function("av_frame_apply_cropping", INT, (POINTER, INT)),
    Function("av_frame_new_side_data", POINTER, (POINTER, INT, SIZE)),
    Function("av_frame_side_data_name", STRING, (INT,)),
    # Formats.
    Function("av_get_media_type_string", STRING, (INT,)),
    Function("av_get_pix_fmt", INT, (STRING,)),
    Function("av_get_pix_fmt_name", STRING, (INT,)),
    Function("av_pix_fmt_desc_get", POINTER, (INT,)),
    Function("av_image_get_linesize", INT, (INT, INT, INT)),
    Function("av_image_copy_plane", None, (POINTER, INT, POINTER, INT, INT, INT), Gil.RELEASE),
    Function("av_get_sample_fmt", INT, (STRING,)),
    Function("av_get_sample_fmt_name", STRING, (INT,)),
    Function("av_get_bytes_per_sample", INT, (INT,)),
    Function("av_sample_fmt_is_planar", INT, (INT,)),
    # Channel layouts: a structure from FFmpeg 5.1 on, a mask and a count before.
    Function("av_channel_layout_default", None, (POINTER, INT), optional=True),
    Function("av_channel_layout_from_mask", INT, (POINTER, UINT64), optional=True),
    Function("av_channel_layout_copy", INT, (POINTER, POINTER), optional=True),
    Function("av_channel_layout_uninit", None, (POINTER,), optional=True),
    Function("av_get_default_channel_layout", INT64, (INT,), optional=True),
]
