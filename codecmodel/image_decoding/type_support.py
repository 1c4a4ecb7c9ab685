"""Check Type Support (§ 10.2.5)."""

from codecmodel.algorithm import algorithm
from codecmodel.platform.platform import Platform
from codecmodel.web.mime_type import essence


@algorithm("imagedecoder-check-type-support")
def check_type_support(type: str, platform: Platform) -> bool:
    """Check Type Support, of the valid MIME type of an image. Its parameters don't matter."""
    # 1. and 2.
    return platform.supports_image_type(essence(type))
