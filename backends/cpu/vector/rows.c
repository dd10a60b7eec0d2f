/* SPDX-License-Identifier: MIT */
/* The kernels that work along a row: loops over arrays that compilers turn into vector code. */
#include "form.h"

/* Rounds n values to bf16; bad ones are stored as +0 and mark the row. */
static void round_row(uint16_t *to, const float *from, uint32_t n, struct rft_row *row)
{
    uint32_t bad = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t is_bad = rft_is_bad(from[i]);
        bad |= is_bad;
        to[i] = (uint16_t)(is_bad != 0 ? 0 : rft_to_bf16(from[i]));
    }
    if (bad != 0)
        cpu_mark_bad(row);
}

#define PIECE 512u /* eight blocks of a sum */
#define PIECE_BLOCKS (PIECE / RFT_DOT_BLOCK)

/* total + the squares' sums by block, in the contract's order. A piece past the end counts as zeros, which change no sum; the
 * blocks' chains of additions run side by side. */
static float add_squares(float total, const float *x, uint32_t n)
{
    float squares[PIECE] = {0}, sums[PIECE_BLOCKS] = {0};
    for (uint32_t i = 0; i < n; i++) {
        float v = rft_flush(x[i]);
        squares[i] = v * v;
    }
    for (uint32_t i = 0; i < RFT_DOT_BLOCK; i++)
        for (uint32_t block = 0; block < PIECE_BLOCKS; block++)
            sums[block] += squares[block * RFT_DOT_BLOCK + i];
    for (uint32_t block = 0; block * RFT_DOT_BLOCK < n; block++)
        total += sums[block];
    return total;
}

uint32_t CPU_NAME(cpu_rms_norm_items)(const void *args, uint32_t n_workers)
{
    return cpu_rms_norm_items(args, n_workers);
}

void CPU_NAME(cpu_rms_norm)(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_rms_norm *a = args;
    struct rft_row *row = (struct rft_row *)cpu_pointer(a->rows) + item;
    const float *x = (const float *)cpu_pointer(a->x) + (size_t)item * a->dim;
    const float *weight = cpu_pointer(a->weight);
    uint16_t *h = (uint16_t *)cpu_pointer(a->h) + (size_t)item * a->dim;
    float total = 0.0f, y[PIECE];
    (void)worker;
    for (uint32_t i = 0; i < a->dim; i += PIECE)
        total = add_squares(total, x + i, a->dim - i < PIECE ? a->dim - i : PIECE);
    if (RFT_BITS(total) >= RFT_BITS_SQUARES_BAD) {
        cpu_mark_bad(row);
        total = 0.0f;
    }
    float mean = total * RFT_FROM_BITS(a->inverse_dim_bits);
    mean = mean + RFT_FROM_BITS(a->eps_bits);
    const float scale = rft_rsqrt(mean);
    for (uint32_t first = 0; first < a->dim; first += PIECE) {
        uint32_t n = a->dim - first < PIECE ? a->dim - first : PIECE;
        for (uint32_t i = 0; i < n; i++) {
            float scaled = rft_flush(x[first + i]) * scale;
            y[i] = rft_flush(scaled) * weight[first + i];
        }
        round_row(h + first, y, n, row);
    }
}

/* A row of silu_mul is cut into pieces, so that one row keeps all threads busy. */
static uint32_t pieces_of(uint32_t n)
{
    return (n + PIECE - 1) / PIECE;
}

uint32_t CPU_NAME(cpu_silu_mul_items)(const void *args, uint32_t n_workers)
{
    const struct rft_args_silu_mul *a = args;
    (void)n_workers;
    return cpu_n_rows(a->batch) * pieces_of(a->ffn_dim);
}

void CPU_NAME(cpu_silu_mul)(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_silu_mul *a = args;
    const uint32_t index = item / pieces_of(a->ffn_dim), first = item % pieces_of(a->ffn_dim) * PIECE;
    const uint32_t n = a->ffn_dim - first < PIECE ? a->ffn_dim - first : PIECE;
    const float *gate = (const float *)cpu_pointer(a->gate_up) + (size_t)index * 2 * a->ffn_dim + first;
    const float *up = gate + a->ffn_dim;
    float y[PIECE];
    (void)worker;
    for (uint32_t i = 0; i < n; i++)
        y[i] = rft_silu_mul(gate[i], up[i]);
    round_row((uint16_t *)cpu_pointer(a->y) + (size_t)index * a->ffn_dim + first, y, n,
              (struct rft_row *)cpu_pointer(a->rows) + index);
}
