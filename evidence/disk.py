"""Tells a disk that is full from what else can go wrong with files."""

import errno

FULL = "There is no room left on the disk of the installation. Free some, then try again."
_FULL = {errno.ENOSPC, errno.EDQUOT}


def is_full(error: BaseException) -> bool:
    """Say whether a file could not be written because there is no room for it."""
    return isinstance(error, OSError) and error.errno in _FULL
