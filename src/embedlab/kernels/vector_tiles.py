"""The inner products and updates of word vectors in explicit vector code, 16 floats at a time.

Left to itself the compiler vectorises one dot product of 100 numbers at a time, and most of the time goes into adding
up its lanes. Here a *tile* is worked on as a whole: all inputs (rows of one table) against up to 8 outputs (rows of
another). Its products fill the registers, the lanes of sixteen of them are added up together, and one vector of
sigmoids serves them all.

The functions of this module are called from compiled code. Tables are C-contiguous float32 ``(rows, width)``, the width
a multiple of 16; :func:`zeros` makes them, with rows that do not straddle cache lines. Which rows: an int32 array, from
a first element on. Nothing is checked here. Where a processor has no vectors of 16 floats, LLVM splits them.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from embedlab.kernels.jit import compiled

_emitted: Any = intrinsic  # by its own types a caller passes numba's context too

LANES = 16
MOST_OUTPUTS = 8

_INPUTS_AT_ONCE = _ROWS_AT_ONCE = 4
_GRADIENTS = 3 * LANES  # scratch: the loss's product, exponents and NaNs, then the gradients of the products
_FLOAT, _INT, _LONG = ir.FloatType(), ir.IntType(32), ir.IntType(64)
_VECTOR, _INTS = ir.VectorType(_FLOAT, LANES), ir.VectorType(_INT, LANES)
_LOG2E = math.log2(math.e)
# 2^x on [-1/2, 1/2] by its Taylor series, relative error 1.2e-7.
_POWER_OF_TWO = [math.log(2) ** k / math.factorial(k) for k in range(7)]
_ROUNDER = 1.5 * 2**23  # added to a small float, leaves its rounded value in the low bits


def padded(dim: int) -> int:
    """The width of a table for vectors of ``dim`` numbers: the next multiple of 16."""
    return -(-dim // LANES) * LANES


def zeros(rows: int, dim: int) -> np.ndarray:
    """A table of zeros ``(rows, padded(dim))`` on a cache line's boundary. Keep the columns from ``dim`` on at zero."""
    width = padded(dim)
    memory = np.zeros(rows * width + LANES, np.float32)  # with huge pages, where NumPy asks for them
    start = -(memory.ctypes.data // 4) % LANES
    return memory[start : start + rows * width].reshape(rows, width)


def check_table(name: str, table: np.ndarray) -> None:
    """Raises ValueError unless the array is a table as this module's functions need it."""
    if table.dtype != np.float32 or table.ndim != 2 or table.shape[1] % LANES or not table.flags.c_contiguous:
        raise ValueError(f"{name} must be C-contiguous float32 with a multiple of {LANES} columns; see `zeros`")
    if not table.flags.writeable:
        raise ValueError(f"{name} is read-only and cannot be trained")


@compiled
def new_table(rows, width):  # type: ignore[no-untyped-def]
    """A small table of zeros for compiled code, on a cache line's boundary; the width a multiple of 16."""
    memory = np.zeros(rows * width + LANES, np.float32)
    start = np.int64(-(memory.ctypes.data // 4) % LANES)
    return memory[start : start + rows * width].reshape(rows, width)


@compiled
def new_scratch(most_inputs):  # type: ignore[no-untyped-def]
    """Memory for :func:`train_tile` with up to so many inputs; gathers the loss, from zero on."""
    scratch = np.zeros(_GRADIENTS + most_inputs * MOST_OUTPUTS + LANES, np.float32)
    scratch[:LANES] = 1
    return scratch


@compiled
def loss_of(scratch):  # type: ignore[no-untyped-def]
    """``−Σ log p`` over all products since the scratch was new, in nats; NaN if any was NaN."""
    exponents = scratch[LANES : 2 * LANES].view(np.int32)
    total = 0.0
    for lane in range(LANES):
        total -= np.log(np.float64(scratch[lane])) + np.float64(exponents[lane]) * np.log(2.0)
        total += np.float64(scratch[2 * LANES + lane])
    return total


@_emitted
def train_tile(
    typing: Any, inputs: Any, input_rows: Any, first_input: Any, input_count: Any,
    outputs: Any, output_rows: Any, first_output: Any, output_count: Any, rate: Any, scratch: Any,
) -> Any:  # fmt: skip
    """One step of gradient descent on ``−Σ_ij log σ(s_j · x_i·o_j)``, both tables updated in place.

    The row of output j is ``r = output_rows[first_output + j]`` if its label is 1 (``s = 1``), and written as ``~r`` if
    its label is 0 (``s = −1``). All gradients are those at the values before the step. If an output row comes twice in
    the tile, the last update stands; an input row that comes twice gets both.

    Args:
        typing: numba's.
        inputs: table of the inputs.
        input_rows: int32 array.
        first_input: index into ``input_rows``.
        input_count: how many inputs, as many as the scratch is for at most.
        outputs: table of the outputs, as wide as the inputs.
        output_rows: int32 array.
        first_output: index into ``output_rows``.
        output_count: how many outputs, 1 to 8; otherwise nothing is done.
        rate: learning rate, float32.
        scratch: of :func:`new_scratch`; the loss before the step is added to it.
    """
    return _on_tile(_Tile.train, inputs, input_rows, outputs, output_rows, types.float32, scratch)


@_emitted
def tile_probabilities(
    typing: Any, inputs: Any, input_rows: Any, first_input: Any, input_count: Any,
    outputs: Any, output_rows: Any, first_output: Any, output_count: Any, probabilities: Any,
) -> Any:  # fmt: skip
    """``σ(s_j · x_i·o_j)`` of a tile, in ``probabilities[i · output_count + j]``.

    Arguments as of :func:`train_tile`; the float32 array has room for 16 numbers more than are asked for.
    """
    return _on_tile(_Tile.probabilities, inputs, input_rows, outputs, output_rows, probabilities)


@_emitted
def move_tile(
    typing: Any, inputs: Any, input_rows: Any, first_input: Any, input_count: Any,
    outputs: Any, output_rows: Any, first_output: Any, output_count: Any, weights: Any,
) -> Any:  # fmt: skip
    """``x_i += Σ_j w_ij o_j`` and ``o_j += Σ_i w_ij x_i``, of the values before.

    Arguments as of :func:`train_tile`, of an output's label only its row; w in ``weights[i · output_count + j]``.
    """
    return _on_tile(_Tile.move, inputs, input_rows, outputs, output_rows, weights)


@_emitted
def gather(typing: Any, table: Any, rows: Any, first: Any, count: Any, hidden: Any, scale: Any) -> Any:
    """``hidden[0] = hidden[1] = scale · Σ table[rows[first : first + count]]``; hidden is a table of two rows."""
    signature = types.void(table, rows, types.int64, types.int64, hidden, types.float32)

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
        source, present, before = _gathering(context, builder, signature, arguments)
        count = arguments[3]

        # Row by row, four at a time: the inner loops are of one length always, so the processor foresees their ends.
        def add(first: Any, rows: int, fresh: bool) -> None:
            starts = [source.address(builder.add(first, _LONG(row))) for row in range(rows)]
            with _blocks(builder, source) as offset:
                total = _splat(0) if fresh else _load(builder, builder.add(present, offset))
                for start in starts:
                    total = builder.fadd(total, _load(builder, builder.add(start, offset)))
                _store(builder, total, builder.add(present, offset))

        rest = builder.urem(count, _LONG(_ROWS_AT_ONCE))
        for rows in range(_ROWS_AT_ONCE):
            with builder.if_then(builder.icmp_unsigned("==", rest, _LONG(rows))):
                add(_LONG(0), rows, fresh=True)
        with cgutils.for_range(builder, builder.udiv(count, _LONG(_ROWS_AT_ONCE))) as group:
            add(builder.add(rest, builder.mul(group.index, _LONG(_ROWS_AT_ONCE))), _ROWS_AT_ONCE, fresh=False)
        scale = _broadcast(builder, arguments[5])
        with _blocks(builder, source) as offset:
            result = builder.fmul(_load(builder, builder.add(present, offset)), scale)
            _store(builder, result, builder.add(present, offset))
            _store(builder, result, builder.add(before, offset))
        return context.get_dummy_value()

    return signature, generate


@_emitted
def scatter(typing: Any, table: Any, rows: Any, first: Any, count: Any, hidden: Any) -> Any:
    """``table[row] += hidden[0] − hidden[1]`` for each of the rows, one that comes twice gets it twice.

    Leaves the difference in ``hidden[1]``.
    """
    signature = types.void(table, rows, types.int64, types.int64, hidden)

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
        target, present, change = _gathering(context, builder, signature, arguments)
        with _blocks(builder, target) as offset:
            now, before = (_load(builder, builder.add(start, offset)) for start in (present, change))
            _store(builder, builder.fsub(now, before), builder.add(change, offset))
        with cgutils.for_range(builder, arguments[3]) as row:
            start = target.address(row.index)
            with _blocks(builder, target) as offset:
                address = builder.add(start, offset)
                total = builder.fadd(_load(builder, address), _load(builder, builder.add(change, offset)))
                _store(builder, total, address)
        return context.get_dummy_value()

    return signature, generate


@_emitted
def prefetch(typing: Any, table: Any, row: Any) -> Any:
    """Has a row brought into the cache, to be written to, while other work goes on."""
    signature = types.void(table, types.int64)

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        base, stride, blocks = _layout(builder, array)
        start = builder.add(base, builder.mul(arguments[1], stride))
        pointer = ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [pointer, _INT, _INT, _INT])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        with cgutils.for_range(builder, blocks) as block:
            line = builder.add(start, builder.mul(block.index, _LONG(LANES * 4)))
            builder.call(function, [builder.inttoptr(line, pointer), _INT(1), _INT(3), _INT(1)])
        return context.get_dummy_value()

    return signature, generate


@contextmanager
def _blocks(builder: ir.IRBuilder, rows: "_Rows") -> Iterator[Any]:
    """A loop over the vectors of a row; gives their offsets in bytes."""
    with cgutils.for_range(builder, rows.blocks) as block:
        yield builder.mul(block.index, _LONG(LANES * 4))


class _Rows:
    """Where chosen rows of a table lie."""

    def __init__(self, builder: ir.IRBuilder, table: Any, rows: Any, first: Any) -> None:
        self.builder = builder
        self.base, self.stride, self.blocks = _layout(builder, table)
        self.rows = builder.gep(rows.data, [first])

    def address(self, index: Any, of_label: bool = False) -> Any:
        row = self.builder.load(self.builder.gep(self.rows, [index]))
        if of_label:  # ~r stands for row r with label 0
            row = self.builder.xor(row, self.builder.ashr(row, _INT(31)))
        return self.builder.add(self.base, self.builder.mul(self.builder.sext(row, _LONG), self.stride))

    def labels(self, count: int) -> Any:
        """A vector of ``count`` integers: 0 where the label is 1, −1 where it is 0."""
        kind = ir.VectorType(_INT, count)
        rows = self.builder.load(self.builder.bitcast(self.rows, kind.as_pointer()), align=4)
        return self.builder.ashr(rows, ir.Constant(kind, [31] * count))


def _on_tile(
    emit: Callable[..., None], inputs: Any, input_rows: Any, outputs: Any, output_rows: Any, *rest: Any
) -> Any:
    """Types, and code that calls ``emit(tile, *rest)``, the tile of the first eight arguments, arrays as addresses."""
    first_and_count = types.int64, types.int64
    signature = types.void(inputs, input_rows, *first_and_count, outputs, output_rows, *first_and_count, *rest)

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
        array: list[Any] = [
            context.make_array(kind)(context, builder, value) if isinstance(kind, types.Array) else None
            for kind, value in zip(signature.args, arguments, strict=True)
        ]
        _, _, first_input, input_count, _, _, first_output, output_count, *rest = arguments
        from_rows = _Rows(builder, array[0], array[1], first_input)
        to_rows = _Rows(builder, array[4], array[5], first_output)
        rest = [builder.ptrtoint(a.data, _LONG) if a else value for a, value in zip(array[8:], rest, strict=True)]
        done = builder.append_basic_block("tile.done")
        switch = builder.switch(output_count, done)
        for outputs in range(1, MOST_OUTPUTS + 1):
            block = builder.append_basic_block(f"tile.{outputs}")
            switch.add_case(_LONG(outputs), block)
            builder.position_at_end(block)
            emit(_Tile(builder, from_rows, input_count, to_rows, outputs), *rest)
            builder.branch(done)
        builder.position_at_end(done)
        return context.get_dummy_value()

    return signature, generate


class _Tile:
    """The code of a tile with a known number of outputs."""

    def __init__(self, builder: ir.IRBuilder, inputs: _Rows, input_count: Any, outputs: _Rows, count: int) -> None:
        self.builder, self.inputs, self.input_count, self.count = builder, inputs, input_count, count
        self.outputs = [outputs.address(_LONG(j), of_label=True) for j in range(count)]
        labels = outputs.labels(count)
        lanes = _shuffle(builder, labels, labels, [lane % count for lane in range(LANES)])
        self.negative = builder.icmp_signed("<", lanes, ir.Constant(_INTS, [0] * LANES))

    def train(self, rate: Any, scratch: Any) -> None:
        builder, weights = self.builder, self.builder.add(scratch, _LONG(_GRADIENTS * 4))
        rate = _broadcast(builder, rate)
        step = builder.select(self.negative, builder.fsub(_splat(-0.0), rate), rate)

        def descend(first: Any, inputs: int) -> None:
            wrong, right = self._odds(first, inputs)
            _store(builder, builder.fmul(builder.fmul(wrong, right), step), self._of_input(weights, first))
            self._add_loss(right, inputs * self.count, scratch)

        with builder.if_else(builder.icmp_unsigned("==", self.input_count, _LONG(1))) as (one, several):
            with one:
                descend(_LONG(0), 1)
                self._move_one(weights)
            with several:
                self._in_groups(descend)
                self._move_several(weights)

    def probabilities(self, result: Any) -> None:
        def store(first: Any, inputs: int) -> None:
            _store(self.builder, self._odds(first, inputs)[1], self._of_input(result, first))

        self._in_groups(store)

    def move(self, weights: Any) -> None:
        with self.builder.if_else(self.builder.icmp_unsigned("==", self.input_count, _LONG(1))) as (one, several):
            with one:
                self._move_one(weights)
            with several:
                self._move_several(weights)

    def _in_groups(self, emit: Callable[[Any, int], None]) -> None:
        """``emit(first, inputs)`` for as many inputs at a time as have their products in one vector; the rest last."""
        builder = self.builder
        at_once = min(_INPUTS_AT_ONCE, LANES // self.count)
        with cgutils.for_range(builder, builder.udiv(self.input_count, _LONG(at_once))) as group:
            emit(builder.mul(group.index, _LONG(at_once)), at_once)
        rest = builder.urem(self.input_count, _LONG(at_once))
        for left in range(1, at_once):
            with builder.if_then(builder.icmp_unsigned("==", rest, _LONG(left))):
                emit(builder.sub(self.input_count, _LONG(left)), left)

    def _of_input(self, numbers: Any, input_index: Any) -> Any:
        """Where an input's numbers lie, one for each output."""
        return self.builder.add(numbers, self.builder.mul(input_index, _LONG(self.count * 4)))

    def _odds(self, first: Any, inputs: int) -> tuple[Any, Any]:
        """``e^−p`` and ``σ(p)``, ``p = s_j · x_i·o_j``, of some inputs and all outputs, input by input."""
        builder, products = self.builder, inputs * self.count
        sums = [_register(builder) for _ in range(products)]
        for total in sums:
            builder.store(_splat(0), total)
        starts = [self.inputs.address(builder.add(first, _LONG(i))) for i in range(inputs)]
        with _blocks(builder, self.inputs) as offset:
            outputs = [_load(builder, builder.add(start, offset)) for start in self.outputs]
            for i in range(inputs):
                x = _load(builder, builder.add(starts[i], offset))
                for j in range(self.count):
                    total = sums[i * self.count + j]
                    builder.store(_multiply_add(builder, x, outputs[j], builder.load(total)), total)
        product = _lane_sums(builder, [builder.load(total) for total in sums])
        scale = builder.select(self.negative, _splat(_LOG2E), _splat(-_LOG2E))
        return _odds(builder, builder.fmul(product, scale))

    def _add_loss(self, probability: Any, products: int, scratch: Any) -> None:
        """Multiplies the probabilities up, mantissa and exponent apart: a logarithm for each would cost far more."""
        builder = self.builder
        kept, exponents, nans = (builder.add(scratch, _LONG(part * LANES * 4)) for part in range(3))
        used = ir.Constant(ir.VectorType(ir.IntType(1), LANES), [lane < products for lane in range(LANES)])
        probability = builder.select(used, probability, _splat(1))
        _store(builder, _multiply_add(builder, probability, _splat(0), _load(builder, nans)), nans)
        bits = builder.bitcast(builder.fmul(_load(builder, kept), probability), _INTS)
        exponent = builder.sub(builder.lshr(bits, _splat_int(23)), _splat_int(127))
        _store(builder, builder.add(_load(builder, exponents, _INTS), exponent), exponents)
        mantissa = builder.or_(builder.and_(bits, _splat_int(0x007FFFFF)), _splat_int(0x3F800000))
        _store(builder, builder.bitcast(mantissa, _VECTOR), kept)

    def _move_one(self, weights: Any) -> None:
        """With one input its weights stay in registers."""
        builder, start = self.builder, self.inputs.address(_LONG(0))
        steps = [self._weight(weights, j) for j in range(self.count)]
        with _blocks(builder, self.inputs) as offset:
            x = new = _load(builder, builder.add(start, offset))
            changed = []
            for output, step in zip(self.outputs, steps, strict=True):
                before = _load(builder, builder.add(output, offset))
                new = _multiply_add(builder, step, before, new)
                changed.append(_multiply_add(builder, step, x, before))
            _store(builder, new, builder.add(start, offset))
            for output, after in zip(self.outputs, changed, strict=True):
                _store(builder, after, builder.add(output, offset))

    def _weight(self, address: Any, output: int) -> Any:
        pointer = self.builder.inttoptr(self.builder.add(address, _LONG(4 * output)), _FLOAT.as_pointer())
        return _broadcast(self.builder, self.builder.load(pointer))

    def _move_several(self, weights: Any) -> None:
        builder = self.builder
        changed = [_register(builder) for _ in self.outputs]
        with _blocks(builder, self.inputs) as offset:
            addresses = [builder.add(start, offset) for start in self.outputs]
            outputs = [_load(builder, address) for address in addresses]
            for before, after in zip(outputs, changed, strict=True):
                builder.store(before, after)
            with cgutils.for_range(builder, self.input_count) as row:
                address = builder.add(self.inputs.address(row.index), offset)
                own = self._of_input(weights, row.index)
                x = new = _load(builder, address)
                for j, before in enumerate(outputs):
                    weight = self._weight(own, j)
                    new = _multiply_add(builder, weight, before, new)
                    after = _multiply_add(builder, weight, x, builder.load(changed[j]))
                    builder.store(after, changed[j])
                _store(builder, new, address)
            for address, after in zip(addresses, changed, strict=True):
                _store(builder, builder.load(after), address)


def _gathering(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> tuple[_Rows, Any, Any]:
    """The rows, and the addresses of the two rows of hidden."""
    table, rows, hidden = (
        context.make_array(signature.args[k])(context, builder, arguments[k]) for k in (0, 1, 4)
    )  # fmt: skip
    present, stride, _ = _layout(builder, hidden)
    return _Rows(builder, table, rows, arguments[2]), present, builder.add(present, stride)


def _layout(builder: ir.IRBuilder, table: Any) -> tuple[Any, Any, Any]:
    """Address of a table, bytes of a row, vectors of a row."""
    width = cgutils.unpack_tuple(builder, table.shape)[1]
    base = builder.ptrtoint(table.data, _LONG)
    return base, builder.mul(width, _LONG(4)), builder.udiv(width, _LONG(LANES))


def _splat(value: float) -> ir.Constant:
    return ir.Constant(_VECTOR, [float(np.float32(value))] * LANES)


def _splat_int(value: int) -> ir.Constant:
    return ir.Constant(_INTS, [value] * LANES)


def _register(builder: ir.IRBuilder) -> Any:
    """A variable; LLVM keeps it in a register."""
    return cgutils.alloca_once(builder, _VECTOR)


def _load(builder: ir.IRBuilder, address: Any, kind: ir.Type = _VECTOR) -> Any:
    return builder.load(builder.inttoptr(address, kind.as_pointer()), align=4)


def _store(builder: ir.IRBuilder, value: Any, address: Any) -> None:
    builder.store(value, builder.inttoptr(address, value.type.as_pointer()), align=4)


def _broadcast(builder: ir.IRBuilder, value: Any) -> Any:
    undefined = ir.Constant(_VECTOR, ir.Undefined)
    return _shuffle(builder, builder.insert_element(undefined, value, _INT(0)), undefined, [0] * LANES)


def _shuffle(builder: ir.IRBuilder, first: Any, second: Any, lanes: list[int]) -> Any:
    return builder.shuffle_vector(first, second, ir.Constant(ir.VectorType(_INT, len(lanes)), lanes))


def _multiply_add(builder: ir.IRBuilder, a: Any, b: Any, c: Any) -> Any:
    """``a · b + c``, fused where the processor can."""
    function = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(_VECTOR, [_VECTOR] * 3), f"llvm.fmuladd.v{LANES}f32"
    )
    return builder.call(function, [a, b, c])


def _lane_sums(builder: ir.IRBuilder, vectors: list[Any]) -> Any:
    """At most 16 vectors to one, whose lane k is the sum of the lanes of vector k.

    Two vectors are halved into one, group of lanes by group, until each group is one lane: n vectors cost n additions,
    where summing each by itself costs 4 n. Lanes beyond the last hold sums of others.
    """
    parts = [(vector, [number]) for number, vector in enumerate(vectors)]  # and which sum each group of lanes is of
    width = LANES
    while width > 1:
        half = width // 2
        pairs = [(parts[k], parts[min(k + 1, len(parts) - 1)]) for k in range(0, len(parts), 2)]
        parts = []
        for (a, of_a), (b, of_b) in pairs:
            lower = [lane % width < half for lane in range(LANES)]
            kept = [lane if low else LANES + lane for lane, low in enumerate(lower)]  # a blend, cheaper than a shuffle
            crossed = [lane + half if low else LANES + lane - half for lane, low in enumerate(lower)]
            total = builder.fadd(_shuffle(builder, a, b, kept), _shuffle(builder, a, b, crossed))
            parts.append((total, [number for pair in zip(of_a, of_b, strict=True) for number in pair]))
        width = half
    ((total, of),) = parts
    lanes = [of.index(lane) for lane in range(len(vectors))]
    return _shuffle(builder, total, total, [lanes[lane % len(lanes)] for lane in range(LANES)])


def _odds(builder: ir.IRBuilder, exponent: Any) -> tuple[Any, Any]:
    """``e = 2^exponent`` and ``1 / (1 + e)``, the exponent held within ±40; NaN stays NaN."""
    for comparison, limit in (("<", 40), (">", -40)):  # not llvm.minnum, for which NaN is a gap
        bound = _splat(limit)
        exponent = builder.select(builder.fcmp_ordered(comparison, bound, exponent), bound, exponent)
    rounded = builder.fadd(exponent, _splat(_ROUNDER))
    fraction = builder.fsub(exponent, builder.fsub(rounded, _splat(_ROUNDER)))
    power = _splat(_POWER_OF_TWO[-1])
    for coefficient in reversed(_POWER_OF_TWO[:-1]):
        power = _multiply_add(builder, power, fraction, _splat(coefficient))
    whole = builder.shl(builder.add(builder.bitcast(rounded, _INTS), _splat_int(127)), _splat_int(23))
    odds = builder.fmul(power, builder.bitcast(whole, _VECTOR))
    return odds, builder.fdiv(_splat(1), builder.fadd(odds, _splat(1)))
