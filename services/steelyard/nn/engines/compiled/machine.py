"""What Python has no words for: registers, addresses, calls, what threads share, how tiny numbers are treated."""

from typing import Any

import numba
import numpy as np
from llvmlite import ir
from llvmlite.binding import get_host_cpu_features
from numba import carray, njit, types
from numba.core import cgutils
from numba.extending import intrinsic

KERNEL = types.void(types.int64, types.int64, types.CPointer(types.int64))
"""What a kernel is called with: the first row, how many rows, or values; the addresses and sizes that it works with."""

WORD = ir.IntType(64)
FLUSH_ON_X86 = 0x8040  # of the register MXCSR: results too small to be normal are zero, and so are such operands
FLUSH_ON_ARM = 1 << 24  # of the register FPCR, likewise


def _take_whole_registers() -> None:
    """Let kernels use all of 512 bits: of Intel's processors LLVM takes half, since their first slowed down by it."""
    features = get_host_cpu_features()
    if features.get("avx512f") and numba.config.CPU_FEATURES is None:
        numba.config.CPU_FEATURES = f"{features.flatten()},-prefer-256-bit"


_take_whole_registers()  # here, because numba detects the processor's features when the first function is declared


@intrinsic
def pointer_to(_: Any, address: Any, dtype: Any) -> Any:
    """The address as a pointer to values of `dtype`."""
    pointer = types.CPointer(dtype.dtype)

    def generate(context: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(pointer))

    return pointer(types.int64, dtype), generate


@njit(forceinline=True)
def view(address: Any, shape: Any, dtype: Any) -> Any:
    """The memory at an address as an array."""
    return carray(pointer_to(address, dtype), shape)


@njit(forceinline=True)
def rows_at(address: Any, first: Any, rows: Any, width: Any, size: Any, dtype: Any) -> Any:
    """The `rows` rows from `first` on of a matrix of `width` values of `size` bytes each, as one vector."""
    return carray(pointer_to(address + first * width * size, dtype), rows * width)


@njit(forceinline=True)
def copy_to(target: Any, source: Any, count: Any, dtype: Any) -> None:
    """Copy `count` values from one address to another."""
    into, given = view(target, count, dtype), view(source, count, dtype)
    for place in range(count):
        into[place] = given[place]


@njit(forceinline=True)
def add_to(target: Any, source: Any, count: Any, dtype: Any) -> None:
    """Add the `count` values at one address to those at another."""
    into, more = view(target, count, dtype), view(source, count, dtype)
    for place in range(count):
        into[place] += more[place]


@intrinsic(prefer_literal=True)
def numbers_at(_: Any, address: Any, dtype: Any, count: Any) -> Any:
    """The `count` numbers from an address on, as a tuple."""
    found = types.UniTuple(dtype.dtype, count.literal_value)

    def generate(context: Any, builder: Any, __: Any, arguments: Any) -> Any:
        kind = context.get_value_type(dtype.dtype)
        start = builder.inttoptr(arguments[0], kind.as_pointer())
        places = [builder.gep(start, [ir.Constant(WORD, place)]) for place in range(count.literal_value)]
        return context.make_tuple(builder, found, [builder.load(place) for place in places])

    return found(types.int64, dtype, count), generate


@intrinsic(prefer_literal=True)
def words_at(_: Any, words: Any, first: Any, count: Any) -> Any:
    """`count` of the integers at `words`, from number `first` on, as a tuple."""
    found = types.UniTuple(types.int64, count.literal_value)

    def generate(context: Any, builder: Any, __: Any, arguments: Any) -> Any:
        places = range(first.literal_value, first.literal_value + count.literal_value)
        loaded = [builder.load(builder.gep(arguments[0], [ir.Constant(WORD, place)])) for place in places]
        return context.make_tuple(builder, found, loaded)

    return found(words, first, count), generate


@intrinsic
def load_each(_: Any, addresses: Any, place: Any, dtype: Any) -> Any:
    """The value number `place` of each of the vectors at some addresses, as a tuple."""
    found = types.UniTuple(dtype.dtype, len(addresses))

    def generate(context: Any, builder: Any, __: Any, arguments: Any) -> Any:
        kind = context.get_value_type(dtype.dtype)
        loaded = [
            builder.load(builder.gep(builder.inttoptr(address, kind.as_pointer()), [arguments[1]]))
            for address in cgutils.unpack_tuple(builder, arguments[0], len(addresses))
        ]
        return context.make_tuple(builder, found, loaded)

    return found(addresses, place, dtype), generate


@intrinsic
def store_each(_: Any, addresses: Any, place: Any, moved: Any, dtype: Any) -> Any:
    """Write what stands in a tuple behind its first value to number `place` of the vectors at some addresses."""

    def generate(context: Any, builder: Any, __: Any, arguments: Any) -> Any:
        kind = context.get_value_type(dtype.dtype)
        values = cgutils.unpack_tuple(builder, arguments[2], len(moved))[1:]
        for address, value, given in zip(
            cgutils.unpack_tuple(builder, arguments[0], len(addresses)), values, list(moved)[1:], strict=True
        ):
            stored = context.cast(builder, value, given, dtype.dtype)
            builder.store(stored, builder.gep(builder.inttoptr(address, kind.as_pointer()), [arguments[1]]))
        return context.get_dummy_value()

    return types.void(addresses, place, moved, dtype), generate


@intrinsic
def call(_: Any, address: Any, first: Any, count: Any, arguments: Any) -> Any:
    """Call the kernel at `address`."""

    def generate(context: Any, builder: Any, __: Any, given: Any) -> Any:
        function = ir.FunctionType(ir.VoidType(), [WORD, WORD, WORD.as_pointer()])
        kernel = builder.inttoptr(given[0], function.as_pointer())
        builder.call(kernel, [given[1], given[2], builder.inttoptr(given[3], WORD.as_pointer())])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64, types.int64), generate


@intrinsic
def gemm(_: Any, address: Any, turned: Any, sizes: Any, a: Any, b: Any, c: Any, kept: Any, dtype: Any) -> Any:
    """`C = A · B + kept · C` by the BLAS routine at `address`, whose arrays are stored column by column.

    `turned` says of A and B whether they are stored row by row; `sizes` are C's rows and columns, the length of the
    sums, and the distances between columns of A, B and C.
    """

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        kind = context.get_value_type(signature.args[7].dtype)
        byte, integer = ir.IntType(8), ir.IntType(32)

        def placed(value: Any) -> Any:
            return cgutils.alloca_once_value(builder, value)

        letters = [
            placed(builder.select(flag, ir.Constant(byte, ord("T")), ir.Constant(byte, ord("N"))))
            for flag in cgutils.unpack_tuple(builder, given[1])
        ]
        m, n, k, *leads = (placed(builder.trunc(size, integer)) for size in cgutils.unpack_tuple(builder, given[2]))
        one, factor = placed(ir.Constant(kind, 1.0)), placed(builder.uitofp(given[6], kind))
        first, second, result = (builder.inttoptr(each, kind.as_pointer()) for each in given[3:6])
        passed = [*letters, m, n, k, one, first, leads[0], second, leads[1], factor, result, leads[2]]
        function = ir.FunctionType(ir.VoidType(), [each.type for each in passed])
        builder.call(builder.inttoptr(given[0], function.as_pointer()), passed)
        return context.get_dummy_value()

    pair, six, word = types.UniTuple(types.boolean, 2), types.UniTuple(types.int64, 6), types.int64
    return types.void(word, pair, six, word, word, word, types.boolean, dtype), generate


REGISTER_BYTES = 64  # the widest; where registers are narrower, several stand for one, and give the same bits


@intrinsic
def dot(_: Any, a: Any, b: Any, count: Any, dtype: Any) -> Any:
    """`Σ aᵢ · bᵢ` of the `count` values at two addresses, in an order that depends on `count` alone.

    A loop over numbers would add one after the other. This has a sum for each place of a register.
    """

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        kind = context.get_value_type(dtype.dtype)
        size = dtype.dtype.bitwidth // 8
        lanes = REGISTER_BYTES // size
        vector = ir.VectorType(kind, lanes)
        sums = cgutils.alloca_once_value(builder, ir.Constant(vector, [0.0] * lanes))
        count = given[2]
        whole = builder.and_(count, ir.Constant(WORD, -lanes))
        with cgutils.for_range_slice(builder, ir.Constant(WORD, 0), whole, ir.Constant(WORD, lanes), WORD) as (at, _):
            found = [
                builder.load(
                    builder.bitcast(builder.gep(builder.inttoptr(each, kind.as_pointer()), [at]), vector.as_pointer()),
                    align=size,
                )
                for each in given[:2]
            ]
            builder.store(builder.fadd(builder.load(sums), builder.fmul(*found)), sums)
        reduced = builder.load(sums)
        while lanes > 1:  # the upper half of the places to the lower
            lanes //= 2
            halves = [
                builder.shuffle_vector(
                    reduced, reduced, ir.Constant(ir.VectorType(ir.IntType(32), lanes), [*range(start, start + lanes)])
                )
                for start in (0, lanes)
            ]
            reduced = builder.fadd(*halves)
        total = cgutils.alloca_once_value(builder, builder.extract_element(reduced, ir.Constant(ir.IntType(32), 0)))
        with cgutils.for_range_slice(builder, whole, count, ir.Constant(WORD, 1), WORD) as (at, _):
            values = [builder.load(builder.gep(builder.inttoptr(each, kind.as_pointer()), [at])) for each in given[:2]]
            builder.store(builder.fadd(builder.load(total), builder.fmul(*values)), total)
        return builder.load(total)

    return dtype.dtype(types.int64, types.int64, types.int64, dtype), generate


@intrinsic
def bits_to_float(_: Any, integer: Any) -> Any:
    """The float32 of these 32 bits."""

    def generate(__: Any, builder: Any, ___: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.FloatType())

    return types.float32(types.int32), generate


@intrinsic
def float_to_bits(_: Any, value: Any) -> Any:
    """The 32 bits of a float32."""

    def generate(__: Any, builder: Any, ___: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(32))

    return types.int32(types.float32), generate


@intrinsic
def add_for_all(_: Any, address: Any, value: Any) -> Any:
    """Add to the integer at an address, as one act for all threads; what it was before."""

    def generate(__: Any, builder: Any, ___: Any, arguments: Any) -> Any:
        place = builder.inttoptr(arguments[0], WORD.as_pointer())
        return builder.atomic_rmw("add", place, arguments[1], "seq_cst")

    return types.int64(types.int64, types.int64), generate


@intrinsic
def treat_tiny_numbers_as(_: Any, state: Any) -> Any:
    """Set this thread's state of floating-point arithmetic; what it was before. Negative: as zeros, from now on."""

    def generate(context: Any, builder: Any, __: Any, arguments: Any) -> Any:
        triple = builder.module.triple
        asked = arguments[0]
        flush = builder.icmp_signed("<", asked, ir.Constant(WORD, 0))
        if triple.startswith("x86_64"):
            before = builder.zext(_x86_state(builder), WORD)
            wanted = builder.select(flush, builder.or_(before, ir.Constant(WORD, FLUSH_ON_X86)), asked)
            place = cgutils.alloca_once_value(builder, builder.trunc(wanted, ir.IntType(32)))
            _x86(builder, "ldmxcsr", place)
            return before
        if triple.startswith("aarch64"):
            read = builder.module.declare_intrinsic("llvm.aarch64.get.fpcr", (), ir.FunctionType(WORD, []))
            write = ir.FunctionType(ir.VoidType(), [WORD])
            before = builder.call(read, [])
            wanted = builder.select(flush, builder.or_(before, ir.Constant(WORD, FLUSH_ON_ARM)), asked)
            builder.call(builder.module.declare_intrinsic("llvm.aarch64.set.fpcr", (), write), [wanted])
            return before
        return asked

    return types.int64(types.int64), generate


def _x86_state(builder: Any) -> Any:
    place = cgutils.alloca_once(builder, ir.IntType(32))
    _x86(builder, "stmxcsr", place)
    return builder.load(place)


def _x86(builder: Any, name: str, place: Any) -> None:
    byte = ir.IntType(8).as_pointer()
    function = ir.FunctionType(ir.VoidType(), [byte])
    instruction = builder.module.declare_intrinsic(f"llvm.x86.sse.{name}", (), function)
    builder.call(instruction, [builder.bitcast(place, byte)])


def address_of(array: np.ndarray[Any, Any]) -> int:
    """Where an array begins."""
    return int(array.ctypes.data)
