"""What is freed is taken again without asking the system for pages."""

import ctypes
import resource

import pytest
import torch

from embedlab.running.allocator import keep_freed_memory


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="not glibc")
def test_blocks_come_back_without_page_faults():
    keep_freed_memory()
    faults = []
    for _ in range(8):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        blocks = [torch.ones(1 << 20) for _ in range(5)]  # 4 MB each: a thousand pages
        del blocks
        faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
    assert min(faults[4:]) < 100  # at first the heap grows


def test_without_such_a_library_nothing_happens(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    keep_freed_memory()
