import numpy as np
import pytest

from embedlab.kernels.bits import load_cell, white
from embedlab.kernels.jit import compiled


@compiled
def before_white(block, place):
    cell = load_cell(np.int64(block.ctypes.data) + place)
    return cell, white(cell)


@pytest.mark.parametrize("place", range(5))
def test_cells_begin_anywhere(place):
    block = np.arange(100, 116, dtype=np.uint8)
    assert before_white(block, place) == (int.from_bytes(block[place : place + 8].tobytes(), "little"), 8)


@pytest.mark.parametrize("byte", [0, 1, 10, 31, 32])
def test_the_first_white_byte_is_found(byte):
    """After bytes of any kind, the least and the greatest that are not white among them."""
    for before in range(8):
        block = np.array([33, 127, 128, 255, 160, 200, 34, 90], np.uint8)
        block[before] = byte
        block[before + 1 :: 2] = 32
        assert before_white(block, 0)[1] == before
