"""The kernels of a training step, as templates: `build` fills in the names that they leave open.

Those of one kind of layer are in its file of `layers`.

Each is called with the first row and the number of rows, or of values, that it is for, and with addresses and sizes in
the order in which its first lines take them. Arrays `(rows, units)` are of the whole batch, stored row by row. Open
names: `DTYPE`, `SIZE`, type and bytes of a value; `value`, `slope`, `move`, the formulas of a part; `COUNT`, how many
parameters they take, and `SLOTS`, how many vectors `move` keeps.

The cursor is where the step is: the first row of the batch in the order of the epoch; how many rows it has; and its
first row in the chunk. The statistics are a thread's of this step: its share of the loss, the weight of its rows, and
its share of the penalties.
"""

import math
from typing import Any

from numba import types

from steelyard.nn.elementwise import exp, log1p
from steelyard.nn.engines.compiled.machine import add_to, load_each, numbers_at, rows_at, store_each, view, words_at

BATCH, BATCH_ROWS, CHUNK_ROW = range(3)
LOSS, WEIGHT, PENALTY = range(3)
CURSOR_WORDS, STATISTICS = 3, 3
FIRST_SLOT = 3  # of the words of an update: weights, gradients, coefficients, then a slot each
CODE_BYTES = 4  # of the number of a category, or of an input that is one
OF_ROWS = 2  # numbers that a categorical cost keeps of each row while it is found

# What `build` fills in. Named here so that a reader, and a checker, knows them.
DTYPE: Any = None
SIZE = COUNT = SLOTS = 0
value: Any = None
slope: Any = None
move: Any = None


def gather(first: int, rows: int, given: Any) -> None:
    """Take rows of `width` values from the data, in the order of the epoch."""
    cursor, order, source, width = view(given[0], CURSOR_WORDS, types.int64), given[1], given[2], given[3]
    places = view(order + 8 * (cursor[BATCH] + first), rows, types.int64)
    out = rows_at(given[4], first, rows, width, SIZE, DTYPE)
    for row in range(rows):
        taken = rows_at(source, places[row], 1, width, SIZE, DTYPE)
        for place in range(width):
            out[row * width + place] = taken[place]


def spell_out(first: int, rows: int, given: Any) -> None:
    """Rows of one-hot inputs in full: numbers, then zeros, and ones at their places."""
    count, columns, width = given[3], given[4], given[5]
    numbers, full = (
        rows_at(given[0], first, rows, count, SIZE, DTYPE),
        rows_at(given[2], first, rows, width, SIZE, DTYPE),
    )
    places = rows_at(given[1], first, rows, columns, CODE_BYTES, types.int32)
    full[:] = 0
    for row in range(rows):
        for place in range(count):
            full[row * width + place] = numbers[row * count + place]
        for column in range(columns):
            full[row * width + places[row * columns + column]] = 1


def share_out(first: int, rows: int, given: Any) -> None:
    """How much each row counts: its weight over the sum of the batch's."""
    cursor, statistics = view(given[0], CURSOR_WORDS, types.int64), view(given[1], STATISTICS, types.float64)
    places = view(given[2] + 8 * cursor[BATCH], cursor[BATCH_ROWS], types.int64)
    weights, shares = given[3], rows_at(given[4], first, rows, 1, SIZE, DTYPE)
    total = 0.0
    for row in range(cursor[BATCH_ROWS]):
        total += view(weights + places[row] * SIZE, 1, DTYPE)[0]
    mine = 0.0
    for row in range(rows):
        weight = view(weights + places[first + row] * SIZE, 1, DTYPE)[0]
        mine += weight
        shares[row] = weight / max(total, 1e-300)
    statistics[WEIGHT] = mine


def share_equally(first: int, rows: int, given: Any) -> None:
    """How much each row counts: as much as every other of its batch."""
    cursor, statistics = view(given[0], CURSOR_WORDS, types.int64), view(given[1], STATISTICS, types.float64)
    shares = rows_at(given[2], first, rows, 1, SIZE, DTYPE)
    share = 1.0 / cursor[BATCH_ROWS]
    for row in range(rows):
        shares[row] = share
    statistics[WEIGHT] = rows


def sum_rows(first: int, rows: int, given: Any) -> None:
    """`∂L/∂b = Σ rows of g`."""
    units = given[2]
    g, gradient = rows_at(given[0], first, rows, units, SIZE, DTYPE), view(given[1], units, DTYPE)
    gradient[:] = 0
    for row in range(rows):
        for unit in range(units):
            gradient[unit] += g[row * units + unit]


def add_by_code(first: int, rows: int, given: Any) -> None:
    """The gradient of `count` rows of a matrix from number `start` on: the sum of `g` over the rows with their code.

    Of `columns` codes a row has, those from `low` to `high` count; of its `width` gradients, `units` from `offset` on.
    """
    start, count, units, width, offset = given[1], given[2], given[3], given[4], given[5]
    columns, low, high = given[8], given[9], given[10]
    codes = rows_at(given[7], first, rows, columns, CODE_BYTES, types.int32)
    sums = view(given[0], count * units, DTYPE)
    sums[:] = 0
    for row in range(rows):
        for column in range(low, high):
            code = types.int64(codes[row * columns + column]) - start
            if 0 <= code < count:
                at_g = given[6] + ((first + row) * width + offset) * SIZE
                add_to(given[0] + code * units * SIZE, at_g, units, DTYPE)


def keep(first: int, rows: int, given: Any) -> None:
    """Keep the outputs of these rows, for what is measured when the chunk is done."""
    cursor, units = view(given[0], CURSOR_WORDS, types.int64), given[3]
    outputs = rows_at(given[1], first, rows, units, SIZE, DTYPE)
    kept = rows_at(given[2], cursor[CHUNK_ROW] + first, rows, units, SIZE, DTYPE)
    for place in range(rows * units):
        kept[place] = outputs[place]


def cost_pointwise(first: int, rows: int, given: Any) -> None:
    """What the outputs cost, a mean over each row, and the gradient by them."""
    statistics, shares = view(given[0], STATISTICS, types.float64), rows_at(given[1], first, rows, 1, SIZE, DTYPE)
    units, parameters = given[6], numbers_at(given[7], DTYPE, COUNT)
    outputs = rows_at(given[2], first, rows, units, SIZE, DTYPE)
    targets = rows_at(given[3], first, rows, units, SIZE, DTYPE)
    gradient = rows_at(given[4], first, rows, units, SIZE, DTYPE)
    costs = rows_at(given[5], first, rows, units, SIZE, DTYPE)
    for place in range(rows * units):
        costs[place] = value(outputs[place], targets[place], *parameters)
        gradient[place] = slope(outputs[place], targets[place], *parameters)
    loss = 0.0
    for row in range(rows):
        share = shares[row] / DTYPE(units)
        of_row = 0.0
        for place in range(row * units, row * units + units):
            of_row += costs[place]
            gradient[place] *= share
        loss += of_row * share
    statistics[LOSS] = loss


def find_probabilities(first: int, rows: int, given: Any) -> None:
    """The probabilities `p` that logits stand for, and `ln p`; both class by class.

    Most networks have few classes and many rows: so loops are over rows, and become whole registers.
    """
    classes, of_rows = given[4], rows_at(given[3], first, rows, OF_ROWS, SIZE, DTYPE)
    logits = rows_at(given[0], first, rows, classes, SIZE, DTYPE)
    logs = rows_at(given[1], first, rows, classes, SIZE, DTYPE)
    probabilities = rows_at(given[2], first, rows, classes, SIZE, DTYPE)
    largest, totals = of_rows[:rows], of_rows[rows : 2 * rows]
    for kind in range(classes):
        for row in range(rows):
            logs[kind * rows + row] = logits[row * classes + kind]
    largest[:] = -math.inf
    for kind in range(classes):
        for row in range(rows):
            largest[row] = max(largest[row], logs[kind * rows + row])
    totals[:] = 0
    for kind in range(classes):
        for row in range(rows):
            place = kind * rows + row
            logs[place] -= largest[row]
            probabilities[place] = exp(logs[place])
            totals[row] += probabilities[place]
    for row in range(rows):
        largest[row] = log1p(totals[row] - DTYPE(1))  # of the total; the largest logit adds one to it
        totals[row] = DTYPE(1) / totals[row]
    for kind in range(classes):
        for row in range(rows):
            logs[kind * rows + row] -= largest[row]
            probabilities[kind * rows + row] *= totals[row]


def cost_categorical(first: int, rows: int, given: Any) -> None:
    """The loss of the logits, a sum over each row's classes, and its gradient, from what `find_probabilities` found."""
    statistics, shares = view(given[0], STATISTICS, types.float64), rows_at(given[1], first, rows, 1, SIZE, DTYPE)
    classes, parameters = given[7], numbers_at(given[8], DTYPE, COUNT)
    logs = rows_at(given[2], first, rows, classes, SIZE, DTYPE)
    probabilities = rows_at(given[3], first, rows, classes, SIZE, DTYPE)
    of_rows = rows_at(given[4], first, rows, OF_ROWS, SIZE, DTYPE)
    targets = rows_at(given[5], first, rows, 1, 8, types.int64)
    gradient = rows_at(given[6], first, rows, classes, SIZE, DTYPE)
    costs, slopes = of_rows[:rows], of_rows[rows : 2 * rows]
    (smoothing,) = numbers_at(given[9], DTYPE, 1)
    of_rows[:] = 0
    for kind in range(classes):
        for row in range(rows):
            place = kind * rows + row
            log_p = logs[place]
            t = smoothing / DTYPE(classes) + (DTYPE(1) - smoothing if kind == targets[row] else DTYPE(0))
            costs[row] += value(log_p, t, *parameters)
            logs[place] = slope(log_p, t, *parameters)
            slopes[row] += logs[place]
    for kind in range(classes):
        for row in range(rows):
            place = kind * rows + row
            logs[place] = (logs[place] - probabilities[place] * slopes[row]) * shares[row]
    loss = 0.0
    for row in range(rows):
        for kind in range(classes):
            gradient[row * classes + kind] = logs[kind * rows + row]
        loss += costs[row] * shares[row]
    statistics[LOSS] = loss


def add_up(_: int, count: int, given: Any) -> None:
    """Add what the other threads have of the gradient of some weights."""
    g = view(given[0], count, DTYPE)
    for other in range(given[1]):
        more = view(given[2 + other], count, DTYPE)
        for place in range(count):
            g[place] += more[place]


def penalize(_: int, count: int, given: Any) -> None:
    """Add a penalty's gradient, and to the sum of penalties."""
    statistics, w = view(given[0], STATISTICS, types.float64), view(given[1], count, DTYPE)
    g = view(given[2], count, DTYPE)
    parameters = numbers_at(given[3], DTYPE, COUNT)
    for place in range(count):
        g[place] += slope(w[place], *parameters)
    total = 0.0
    for place in range(count):
        total += value(w[place], *parameters)
    statistics[PENALTY] += total


def update(_: int, count: int, given: Any) -> None:
    """Move weights by a rule, and the `SLOTS` vectors that it keeps beside them."""
    w, g = view(given[0], count, DTYPE), view(given[1], count, DTYPE)
    coefficients, slots = numbers_at(given[2], DTYPE, COUNT), words_at(given, FIRST_SLOT, SLOTS)
    for place in range(count):
        moved = move(w[place], g[place], *load_each(slots, place, DTYPE), *coefficients)
        w[place] = moved[0]
        store_each(slots, place, moved, DTYPE)


def clip_values(_: int, count: int, given: Any) -> None:
    """Let no gradient be further from zero than the limit."""
    g, (limit,) = view(given[0], count, DTYPE), numbers_at(given[1], DTYPE, 1)
    for place in range(count):
        g[place] = min(max(g[place], -limit), limit)


def clip_length(_: int, tensors: int, given: Any) -> None:
    """Shorten the gradients of some tensors, taken as one vector, to the limit; `tiny` is against a length of zero."""
    limit, tiny = numbers_at(given[0], types.float64, 2)
    total = 0.0
    for tensor in range(tensors):
        g = view(given[1 + 2 * tensor], given[2 + 2 * tensor], DTYPE)
        for place in range(len(g)):
            total += g[place] * g[place]
    length = math.sqrt(total)
    if length > limit:
        scale = DTYPE(limit / (length + tiny))
        for tensor in range(tensors):
            g = view(given[1 + 2 * tensor], given[2 + 2 * tensor], DTYPE)
            for place in range(len(g)):
                g[place] *= scale


def constrain(_: int, count: int, given: Any) -> None:
    """Bring the weights of `count` units, from number `unit` on, to what a rule makes of them and of their length."""
    inputs, units, unit = given[1], given[2], given[5]
    lengths, parameters = view(given[3], count, DTYPE), numbers_at(given[4], DTYPE, COUNT)
    lengths[:] = 0
    for place in range(inputs):
        w = view(given[0] + (place * units + unit) * SIZE, count, DTYPE)
        for each in range(count):
            lengths[each] += w[each] * w[each]
    for each in range(count):
        lengths[each] = math.sqrt(lengths[each])
    for place in range(inputs):
        w = view(given[0] + (place * units + unit) * SIZE, count, DTYPE)
        for each in range(count):
            w[each] = value(w[each], lengths[each], *parameters)
