"""libswscale: sizes, pixel formats and colour matrices of pictures."""

from ffbind.prototypes import INT, POINTER, Function, Gil

FUNCTIONS = [
    Function("sws_isSupportedInput", INT, (INT,)),
    Function("sws_isSupportedOutput", INT, (INT,)),
    Function("sws_alloc_context", POINTER, ()),
    # Computes filters, and may compile code for them: a fraction of a millisecond to several.
    Function("sws_init_context", INT, (POINTER, POINTER, POINTER), Gil.RELEASE),
    Function("sws_freeContext", None, (POINTER,)),
    Function("sws_getCoefficients", POINTER, (INT,)),
    Function("sws_setColorspaceDetails", INT, (POINTER, POINTER, INT, POINTER, INT, INT, INT, INT)),
    Function("sws_scale", INT, (POINTER, POINTER, POINTER, INT, INT, POINTER, POINTER), Gil.RELEASE),
]
