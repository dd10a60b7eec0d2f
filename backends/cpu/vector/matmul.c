/* SPDX-License-Identifier: MIT */
/* Matrix times rows, and what residual, gate_up and logits make of it: loops over arrays that compilers turn into
 * vector code. */
#include "matmul.h"
#include "quantise.h"

#define ITEM_WORDS (1u << 17) /* of bf16: 512 KiB, so that they stay in the second-level cache for all rows */

static uint32_t n_tiles_of(uint32_t n)
{
    return (n + RFT_TILE - 1) / RFT_TILE;
}

/* Tiles per item: as many as possible, because an item widens the activations anew, while the busiest of the threads
 * has little more than its share. */
static uint32_t tiles_per_item(const struct cpu_matrix *matrix, uint32_t n_workers)
{
    const uint32_t n_tiles = n_tiles_of(matrix->n);
    const uint32_t most = matrix->format != RFT_FORMAT_BF16
                              ? CPU_ITEM_TILES /* they are read once for many rows */
                              : ITEM_WORDS / RFT_FORMAT_TILE_WORDS(RFT_FORMAT_BF16, matrix->k);
    const uint32_t unit = matrix->unit;
    uint32_t best = unit, best_cost = UINT32_MAX;
    for (uint32_t n = unit; n <= CPU_ITEM_TILES && (n == unit || n <= most); n += unit) {
        uint32_t n_items = (n_tiles + n - 1) / n;
        uint32_t n_turns = (n_items + n_workers - 1) / n_workers;
        uint32_t cost = n_turns * (4 * n + 1); /* widening costs about a quarter of a tile */
        if (cost < best_cost) {
            best = n;
            best_cost = cost;
        }
    }
    return best;
}

uint32_t CPU_NAME(cpu_multiply_items)(const struct cpu_matrix *matrix, uint32_t n_workers)
{
    uint32_t n = tiles_per_item(matrix, n_workers);
    return (n_tiles_of(matrix->n) + n - 1) / n;
}

/* values = n_tiles from row `first` of the matrix on, times rows [row, row + n_columns) of x. */
static void dot(const struct cpu_matrix *matrix, uint32_t first, uint32_t n_tiles, const struct cpu_rows *x,
                uint32_t row, uint32_t n_columns, cpu_integer_tiles integer_tiles, cpu_f32 *values)
{
    const struct cpu_tiles tiles = {
        .weight = matrix->weight + first / RFT_TILE * (size_t)RFT_FORMAT_TILE_WORDS(matrix->format, matrix->k),
        .format = matrix->format,
        .n = n_tiles,
        .k = matrix->k};
    const uint16_t *elements[CPU_COLUMNS_MAX];
    const uint32_t *quantised[CPU_COLUMNS_MAX];
    for (uint32_t c = 0; c < n_columns; c++) {
        const uint32_t *words = x->words + (size_t)(row + c) * x->stride;
        elements[c] = (const uint16_t *)words;
        quantised[c] = words + x->quantised;
    }
    if (matrix->format == RFT_FORMAT_BF16)
        CPU_NAME(cpu_dot_tiles)(tiles.weight, tiles.k, n_tiles, elements, n_columns, values);
    else
        integer_tiles(&tiles, quantised, n_columns, (float *)values);
}

void CPU_NAME(cpu_multiply)(const struct cpu_matrix *matrix, const struct cpu_rows *x, uint32_t item,
                            struct cpu_worker worker, cpu_finish finish, const void *args)
{
    cpu_f32 values[(CPU_ITEM_TILES + CPU_TILES_AT_ONCE - 1) * CPU_TILE_VECTORS * CPU_COLUMNS_MAX];
    const uint32_t n = tiles_per_item(matrix, worker.n) * RFT_TILE, first = item * n;
    const uint32_t n_columns = matrix->format == RFT_FORMAT_BF16 ? CPU_COLUMNS : CPU_INTEGER_COLUMNS;
    const uint32_t n_groups = (x->n + n_columns - 1) / n_columns;
    struct cpu_totals totals = {
        .first = first, .n = matrix->n - first < n ? matrix->n - first : n, .values = (const float *)values};
    for (uint32_t group = 0; group < n_groups; group++) { /* groups of nearly equal size */
        totals.n_rows = (x->n - totals.row_0 + n_groups - group - 1) / (n_groups - group);
        dot(matrix, first, n_tiles_of(totals.n), x, totals.row_0, totals.n_rows, worker.integer_tiles, values);
        finish(args, &totals);
        totals.row_0 += totals.n_rows;
    }
}

#define FACTORS_AT_ONCE 4u /* rows whose chains of additions run side by side */

void CPU_NAME(cpu_norm_factors)(const struct cpu_norm *norm, struct rft_row *rows, uint32_t row_0, uint32_t n,
                                bool only_running, float *factors)
{
    const uint32_t n_sums = n_tiles_of(norm->dim);
    for (uint32_t first = 0; first < n; first += FACTORS_AT_ONCE) {
        const float *from[FACTORS_AT_ONCE];
        float totals[FACTORS_AT_ONCE] = {0};
        for (uint32_t c = 0; c < FACTORS_AT_ONCE; c++) { /* past the end: the last row again */
            uint32_t index = row_0 + (first + c < n ? first + c : n - 1);
            from[c] = (const float *)(norm->h + (size_t)index * RFT_H_WORDS(norm->dim) + RFT_PADDED(norm->dim) / 2);
        }
        for (uint32_t block = 0; block < n_sums; block += RFT_DOT_BLOCK) {
            uint32_t end = block + RFT_DOT_BLOCK < n_sums ? block + RFT_DOT_BLOCK : n_sums;
            float sums[FACTORS_AT_ONCE] = {0};
            for (uint32_t i = block; i < end; i++)
                for (uint32_t c = 0; c < FACTORS_AT_ONCE; c++)
                    sums[c] += from[c][i];
            for (uint32_t c = 0; c < FACTORS_AT_ONCE; c++)
                totals[c] += sums[c];
        }
        for (uint32_t c = 0; c < FACTORS_AT_ONCE && first + c < n; c++) {
            struct rft_row *row = rows + row_0 + first + c;
            if (RFT_BITS(totals[c]) >= RFT_BITS_SQUARES_BAD) {
                totals[c] = 0.0f;
                if (!only_running || row->state == RFT_ROW_RUNNING)
                    cpu_mark_bad(row);
            }
            factors[first + c] =
                rft_norm_scale(totals[c], RFT_FROM_BITS(norm->inverse_dim_bits), RFT_FROM_BITS(norm->eps_bits));
        }
    }
}

static struct cpu_matrix residual_matrix(const struct rft_args_residual *a)
{
    return (struct cpu_matrix){cpu_pointer(a->weight), a->dim, RFT_PADDED(a->k), a->format, 2};
}

uint32_t CPU_NAME(cpu_residual_items)(const void *args, uint32_t n_workers)
{
    struct cpu_matrix matrix = residual_matrix(args);
    return CPU_NAME(cpu_multiply_items)(&matrix, n_workers);
}

#define SUMS_AT_ONCE 8u /* tiles whose chains of additions run side by side; divides CPU_ITEM_TILES */

/* sums[tile] = the tile's 16 squares, added in ascending order. */
static void add_squares(const float squares[CPU_ITEM_OUTPUTS], uint32_t n_tiles, float *sums)
{
    for (uint32_t first = 0; first < n_tiles; first += SUMS_AT_ONCE) {
        float at_once[SUMS_AT_ONCE] = {0};
        for (uint32_t i = 0; i < RFT_TILE; i++)
            for (uint32_t t = 0; t < SUMS_AT_ONCE; t++)
                at_once[t] += squares[(first + t) * RFT_TILE + i];
        memcpy(sums + first, at_once, (n_tiles - first < SUMS_AT_ONCE ? n_tiles - first : SUMS_AT_ONCE) * sizeof *sums);
    }
}

/* Quantises outputs [first, first + n) of a row of k, which begin with a block of 32 and end with one or with the row.
 */
static void quantise_outputs(uint32_t *row, uint32_t quantised, uint32_t k, uint32_t first, uint32_t n)
{
    CPU_NAME(cpu_quantise_blocks)
    (row, quantised, k, first / RFT_QUANT_BLOCK, (n + RFT_QUANT_BLOCK - 1) / RFT_QUANT_BLOCK);
}

static void finish_residual(const void *args, const struct cpu_totals *totals)
{
    const struct rft_args_residual *a = args;
    const float *norm = (const float *)cpu_pointer(a->norm) + totals->first;
    const uint32_t n = totals->n;
    float v[CPU_ITEM_OUTPUTS], squares[CPU_ITEM_OUTPUTS] = {0};
    for (uint32_t index = 0; index < totals->n_rows; index++) {
        const size_t row = totals->row_0 + index;
        float *x = (float *)cpu_pointer(a->x) + row * a->dim + totals->first;
        uint32_t *h = (uint32_t *)cpu_pointer(a->h) + row * RFT_H_WORDS(a->dim);
        list_totals(totals, index, v);
        add_bias(v, a->bias, totals);
        if ((a->flags & RFT_RESIDUAL_ALONE) == 0)
            for (uint32_t i = 0; i < n; i++)
                v[i] = x[i] + v[i];
        for (uint32_t i = 0; i < n; i++) {
            float sum = v[i];
            sum = rft_canonical(sum);
            x[i] = sum;
            sum = rft_flush(sum);
            squares[i] = sum * sum;
            v[i] = sum * norm[i];
        }
        round_row((uint16_t *)h + totals->first, v, n, (struct rft_row *)cpu_pointer(a->rows) + row);
        add_squares(squares, n_tiles_of(n), (float *)(h + RFT_PADDED(a->dim) / 2 + totals->first / RFT_TILE));
        if ((a->flags & RFT_QUANTISED) != 0)
            quantise_outputs(h, RFT_H_QUANTISED(a->dim), a->dim, totals->first, n);
    }
}

void CPU_NAME(cpu_residual)(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_residual *a = args;
    const struct cpu_matrix matrix = residual_matrix(a);
    const struct cpu_rows y = {cpu_pointer(a->y), cpu_n_rows(a->batch), RFT_ROW_WORDS(a->k), RFT_ROW_QUANTISED(a->k)};
    CPU_NAME(cpu_multiply)(&matrix, &y, item, worker, finish_residual, a);
}

static struct cpu_matrix gate_up_matrix(const struct rft_args_gate_up *a)
{
    return (struct cpu_matrix){cpu_pointer(a->weight), 2 * a->ffn_dim, RFT_PADDED(a->dim), a->format, 4};
}

uint32_t CPU_NAME(cpu_gate_up_items)(const void *args, uint32_t n_workers)
{
    struct cpu_matrix matrix = gate_up_matrix(args);
    return CPU_NAME(cpu_multiply_items)(&matrix, n_workers);
}

/* gate[i] = act(gate[i]) up[i]; loops for each unit, so that compilers make vectors of it, and two of them, as one's
 * chain of operations is longer than what processors look ahead. */
static void gate_all(uint32_t act, float *restrict gate, const float *restrict up, uint32_t n)
{
    float divisors[CPU_ITEM_OUTPUTS / 2];
    if (act == RFT_ACT_GELU_ERF) {
        for (uint32_t i = 0; i < n; i++)
            gate[i] = rft_gelu_erf_mul(gate[i], up[i]);
        return;
    }
    if (act == RFT_ACT_GELU_TANH)
        for (uint32_t i = 0; i < n; i++)
            divisors[i] = rft_gelu_tanh_divisor(gate[i]);
    else
        for (uint32_t i = 0; i < n; i++)
            divisors[i] = rft_silu_divisor(gate[i]);
    for (uint32_t i = 0; i < n; i++)
        gate[i] = rft_divided_mul(gate[i], divisors[i], up[i]);
}

static void finish_gate_up(const void *args, const struct cpu_totals *totals)
{
    const struct rft_args_gate_up *a = args;
    const struct cpu_norm norm = {cpu_pointer(a->h), a->dim, a->inverse_dim_bits, a->eps_bits};
    struct rft_row *rows = cpu_pointer(a->rows);
    const uint32_t n = totals->n / 2;
    float factors[CPU_COLUMNS_MAX], outputs[CPU_ITEM_OUTPUTS], gate[CPU_ITEM_OUTPUTS / 2], up[CPU_ITEM_OUTPUTS / 2];
    CPU_NAME(cpu_norm_factors)(&norm, rows, totals->row_0, totals->n_rows, false, factors);
    for (uint32_t index = 0; index < totals->n_rows; index++) {
        const size_t row = totals->row_0 + index;
        uint32_t *y = (uint32_t *)cpu_pointer(a->y) + row * RFT_ROW_WORDS(a->ffn_dim);
        list_scaled(totals, index, factors[index], outputs);
        add_bias(outputs, a->bias, totals);
        split_pairs(outputs, 2 * n, gate, up);
        gate_all(a->act, gate, up, n);
        round_row((uint16_t *)y + totals->first / 2, gate, n, rows + row);
        if ((a->flags & RFT_QUANTISED) != 0)
            quantise_outputs(y, RFT_ROW_QUANTISED(a->ffn_dim), a->ffn_dim, totals->first / 2, n);
    }
}

void CPU_NAME(cpu_gate_up)(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_gate_up *a = args;
    const struct cpu_matrix matrix = gate_up_matrix(a);
    const struct cpu_rows h = cpu_normed_rows(a->batch, a->h, a->dim);
    CPU_NAME(cpu_multiply)(&matrix, &h, item, worker, finish_gate_up, a);
}

static struct cpu_matrix project_matrix(const struct rft_args_project *a)
{
    return (struct cpu_matrix){cpu_pointer(a->weight), a->n, RFT_PADDED(a->dim), a->format, 2};
}

uint32_t CPU_NAME(cpu_project_items)(const void *args, uint32_t n_workers)
{
    struct cpu_matrix matrix = project_matrix(args);
    return CPU_NAME(cpu_multiply_items)(&matrix, n_workers);
}

static void finish_project(const void *args, const struct cpu_totals *totals)
{
    const struct rft_args_project *a = args;
    const struct cpu_norm norm = {cpu_pointer(a->h), a->dim, a->inverse_dim_bits, a->eps_bits};
    float factors[CPU_COLUMNS_MAX], outputs[CPU_ITEM_OUTPUTS];
    CPU_NAME(cpu_norm_factors)(&norm, cpu_pointer(a->rows), totals->row_0, totals->n_rows, false, factors);
    for (uint32_t index = 0; index < totals->n_rows; index++) {
        float *y = (float *)cpu_pointer(a->y) + (size_t)(totals->row_0 + index) * a->stride + a->first + totals->first;
        list_scaled(totals, index, factors[index], outputs);
        add_bias(outputs, a->bias, totals);
        cap_all(outputs, totals->n, a->cap_bits, a->inverse_cap_bits);
        memcpy(y, outputs, totals->n * sizeof *y);
    }
}

void CPU_NAME(cpu_project)(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_project *a = args;
    const struct cpu_matrix matrix = project_matrix(a);
    const struct cpu_rows h = cpu_normed_rows(a->batch, a->h, a->dim);
    CPU_NAME(cpu_multiply)(&matrix, &h, item, worker, finish_project, a);
}
