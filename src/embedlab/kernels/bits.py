"""Machine words read from bytes: what Numba has no spelling for."""

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic as _intrinsic

intrinsic: Any = _intrinsic  # the typing context is not an argument of the call

_CELL = ir.IntType(64)

# In each byte of a cell: the values that make the bytes ≤ 32 show their top bit, see `white`.
_THIRTY_THREES = 0x2121212121212121
_TOP_BITS = 0x8080808080808080


@intrinsic
def load_cell(typing_context: Any, address: Any) -> Any:
    """``load_cell(address)``: the 8 bytes at any address as a uint64, the first byte lowest."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(builder.inttoptr(arguments[0], _CELL.as_pointer()), align=1)

    return types.uint64(types.int64), generate


@intrinsic
def white(typing_context: Any, cell: Any) -> Any:
    """``white(cell)``: how many of its bytes come before the first that is white space (≤ 32); 8 if none is.

    ``(x − 33) & ~x & 128`` is set for bytes below 33; a borrow can only spoil bytes after the first such one.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        (x,) = arguments
        found = builder.and_(builder.sub(x, _CELL(_THIRTY_THREES)), builder.and_(builder.not_(x), _CELL(_TOP_BITS)))
        return builder.lshr(builder.cttz(found, ir.IntType(1)(0)), _CELL(3))

    return types.int64(types.uint64), generate
