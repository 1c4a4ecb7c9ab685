"""The extras of this distribution."""

from ffbind.extras import install_command

__all__ = ["install_command"]
