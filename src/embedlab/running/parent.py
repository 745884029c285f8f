"""Child processes that end with their parent, however it ended."""

import multiprocessing
import os
import signal
import threading
import time

EVERY = 0.5  # seconds between looks


def die_with_parent(pid: int | None = None) -> None:
    """Watch from a thread for the parent's end, and then end this process too: a killed sweep leaves nothing behind.

    The parent is the process that started this one, not the server it was forked from.

    Args:
        pid: of the parent, where it may have ended before this is called; a command takes seconds to import torch.
    """
    parent, of_the_system = multiprocessing.parent_process(), pid or os.getppid()

    def watch() -> None:
        while parent.is_alive() if parent else os.getppid() == of_the_system:
            time.sleep(EVERY)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, name="die_with_parent", daemon=True).start()
