"""One job as a group of processes, one a rank.

A job on several ranks is composed once. Its config lies in the run directory before any rank starts, and each rank,
``python -m embedlab.running.ranks RUN_DIR PARENT`` under torch's elastic launcher, reads that file: a rank never sees
the command line, so it can never start a sweep again.

A rank that fails ends its group, and each rank leaves word in ``rank N.json`` of the run directory of how it ended:
what it raised, by which signal it was killed, or where it stood when the failure of another ended it. A rank that hangs
is one the others waited for longer than ``rank_timeout`` in vain: they raise, and its word is where it stood.
"""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig, OmegaConf

from embedlab.errors import BadInput
from embedlab.running.devices import ranks
from embedlab.running.nodes import node_rank, rendezvous
from embedlab.running.out_of_memory import KilledError
from embedlab.running.parent import die_with_parent
from embedlab.running.rundir import RunDir

if TYPE_CHECKING:
    from embedlab.evaluation.protocol import Estimate

RESULT = "metrics.json"
ENDED = 128 + signal.SIGTERM  # exit code of a rank that the group ended
OTHERS_GIVE_UP = 2.0  # seconds between ranks that wait for the same one


def train_on_ranks(run: RunDir, config: DictConfig) -> dict[str, "Estimate"]:
    """Train the run whose config is written on the ranks of this machine, and wait for them.

    Raises:
        BadInput: a rank found something wrong that the user gave.
        RuntimeError: a rank ended otherwise; with its traceback.
    """
    from embedlab.evaluation.protocol import Estimate

    if node_rank(config) == 0:
        for path in [run.path / RESULT, *_words(run)]:
            path.unlink(missing_ok=True)
    here = ranks(config)
    threads = str(max(1, (os.cpu_count() or 1) // here))
    options = [f"--nproc-per-node={here}", *rendezvous(config)]
    done = subprocess.run(
        [sys.executable, "-m", "embedlab.running.ranks", str(run.path), str(os.getpid()), *options],
        env={"OMP_NUM_THREADS": threads, **os.environ}, check=False,
    )  # fmt: skip
    if done.returncode:
        raise _failure(run, config, done.returncode)
    return {name: Estimate(**value) for name, value in run.read_json(RESULT).items()}


def _words(run: RunDir) -> list[Path]:
    return sorted(run.path.glob("rank *.json"), key=lambda path: path.stat().st_mtime)


def _failure(run: RunDir, config: DictConfig, code: int) -> Exception:
    """What the rank that failed first said, or what is known of it; tracebacks are in its notes."""
    words = [(path.stem, run.read_json(path.name)) for path in _words(run)]
    if node_rank(config) == 0:
        for path in _words(run):
            path.unlink()
    raised = [(rank, word) for rank, word in words if "error" in word]
    killed = [(rank, word["killed"]) for rank, word in words if "killed" in word]
    stood = [(rank, word["stood"]) for rank, word in words if "stood" in word]
    for _, word in raised:
        if word["bad_input"]:
            return BadInput(word["error"])
    failure: Exception
    if killed:  # whatever others raised, they raised because it was gone
        failure = KilledError(killed[0][1], config, killed[0][0])
    elif stood and any(_timed_out(word["error"]) for _, word in raised):
        who = " and ".join(rank for rank, _ in stood)
        failure = RuntimeError(f"{who} did not come within rank_timeout={config.get('rank_timeout')} seconds")
    elif raised:
        rank, word = raised[0]
        failure = RuntimeError(f"{rank}: {word['error']}")
        failure.add_note(word["traceback"])
        return failure
    else:
        failure = RuntimeError(f"the ranks ended with status {code} and left no word")
    for rank, where in stood:
        failure.add_note(f"{rank} stood at:\n{where}")
    return failure


def _timed_out(error: str) -> bool:
    return any(words in error.lower() for words in ("timed out", "timeout"))  # gloo says either


def _group(directory: str, parent: str, *options: str) -> None:
    """The parent of this machine's ranks; how they ended is said in the run directory, so this one is quiet."""
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.run import main

    die_with_parent(int(parent))
    logging.getLogger("torch.distributed.elastic").setLevel(logging.CRITICAL)
    try:
        main([*options, "--module", "embedlab.running.ranks", directory, str(os.getpid())])
    except ChildFailedError as error:
        first = min(failure.timestamp for failure in error.failures.values())
        for rank, failure in error.failures.items():
            if failure.exitcode < 0 and failure.exitcode != -signal.SIGTERM:
                # A rank that would not end was killed by the group, half a minute after the first failed.
                late = failure.timestamp > first + 2
                word = {"stood": "(it could not say)\n"} if late else {"killed": failure.exitcode}
                RunDir(Path(directory)).write_json(f"rank {rank}.json", word)
        sys.exit(1)


def _rank(directory: str, parent: str) -> None:
    """One rank: read the composed config and train.

    In a thread, so that the main one can say where it stands when the group ends this rank: only there are signals
    handled, and Lightning's own handler, which it installs only when run there, waits for the rank that is gone.
    """
    run = RunDir(Path(directory))
    word = f"rank {os.environ['RANK']}.json"
    failed = threading.Event()

    def work() -> None:
        try:
            from embedlab.running.train import train  # the group does without Lightning

            train(OmegaConf.create(run.config()), run)
        except Exception as error:
            failed.set()
            said: dict[str, Any] = {"bad_input": isinstance(error, BadInput), "error": str(error)}
            run.write_json(word, said | {"traceback": traceback.format_exc()})
            if _timed_out(str(error)):
                time.sleep(OTHERS_GIVE_UP)  # so that the group ends the one that hangs, and not one that waits
        except BaseException:
            failed.set()

    worker = threading.Thread(target=work, name="rank", daemon=True)

    def end(*_: Any) -> None:
        if failed.is_set():  # it is about to end anyway, with a word of its own
            return
        frame = sys._current_frames().get(worker.ident or 0)
        run.write_json(word, {"stood": "".join(traceback.format_stack(frame))})
        os._exit(ENDED)

    die_with_parent(int(parent))
    signal.signal(signal.SIGTERM, end)
    os.register_at_fork(after_in_child=lambda: signal.signal(signal.SIGTERM, signal.SIG_DFL))  # a loader's worker
    worker.start()
    worker.join()
    sys.exit(int(failed.is_set()))


if __name__ == "__main__":
    _rank(*sys.argv[1:]) if len(sys.argv) == 3 else _group(*sys.argv[1:])
