"""What a disk refuses, told in one line with the way on."""

import errno

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
CLOSED = {errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST}


def refused(error: BaseException | None) -> str | None:
    """The file that could not be written, why, and the mend; None of any other error and what caused it."""
    while error is not None and not (isinstance(error, OSError) and error.errno in FULL | CLOSED):
        error = error.__cause__
    if error is None:
        return None
    said = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)
    if error.errno in FULL:
        return f"{said}; make room there, then go on; what was written is kept"
    return f"{said}; give a run or sweep a folder that can be written: run_dir=PATH, of a sweep hydra.sweep.dir=PATH"
