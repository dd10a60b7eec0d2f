/* SPDX-License-Identifier: MIT */
/* The plain form of the kernels around the attention, which is cpu_attention.c: with docs/arithmetic.md, this text is
 * the contract. Written to be read; the order of every sum is the contract's, everything else is free. */
#include "cpu_plain.h"
#include "cpu_vocabulary.h"

/* Element i of a row of the matrix. */
static float embedded(const struct plain_matrix *matrix, uint32_t entry, uint32_t i)
{
    const uint32_t *tile = tile_of(matrix, entry / RFT_TILE), row = entry % RFT_TILE;
    if (matrix->format != RFT_FORMAT_BF16)
        return rft_flush(cpu_integer_element(tile, matrix->format, row, i));
    uint32_t word = tile[(size_t)(i / 2) * RFT_TILE + row];
    return i % 2 == 0 ? rft_low_bf16(word) : rft_high_bf16(word);
}

/* Blocks [first, first + n) of a normed row, if they are to be quantised. */
static void quantise_normed(uint32_t flags, uint32_t *h, uint32_t dim, uint32_t first, uint32_t n)
{
    if ((flags & RFT_QUANTISED) != 0)
        cpu_quantise_blocks(h, RFT_H_QUANTISED(dim), dim, first, n);
}

uint32_t cpu_embed_items(const void *args, uint32_t n_workers)
{
    (void)n_workers;
    return cpu_n_rows(((const struct rft_args_embed *)args)->batch);
}

void cpu_embed(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_embed *a = args;
    struct rft_row *row = (struct rft_row *)cpu_pointer(a->rows) + item;
    uint32_t entry = row->token - a->first;
    const struct plain_matrix matrix = {a->weight, a->dim, a->format};
    float *x = (float *)cpu_pointer(a->x) + (size_t)item * a->dim;
    (void)worker;
    if (entry >= a->n)
        return;
    for (uint32_t i = 0; i < a->dim; i++) {
        float element = embedded(&matrix, entry, i);
        x[i] = element * RFT_FROM_BITS(a->scale_bits);
    }
    for (uint32_t i = 0; i < a->dim; i += RFT_TILE)
        norm_elements(x, cpu_pointer(a->norm), i, a->dim - i < RFT_TILE ? a->dim - i : RFT_TILE, a->dim,
                      h_row(a->h, item, a->dim), row);
    quantise_normed(a->flags, h_row(a->h, item, a->dim), a->dim, 0, RFT_PADDED(a->dim) / RFT_QUANT_BLOCK);
}

uint32_t cpu_residual_items(const void *args, uint32_t n_workers)
{
    (void)n_workers;
    return n_blocks(((const struct rft_args_residual *)args)->dim);
}

static void residual_tile(const struct rft_args_residual *a, uint32_t row, uint32_t tile)
{
    const struct plain_matrix matrix = {a->weight, a->k, a->format};
    uint32_t first = tile * RFT_TILE;
    uint32_t n = a->dim - first < RFT_TILE ? a->dim - first : RFT_TILE;
    float *x = (float *)cpu_pointer(a->x) + (size_t)row * a->dim;
    float sums[RFT_TILE];
    tile_dots(&matrix, tile, (const uint32_t *)cpu_pointer(a->y) + (size_t)row * RFT_ROW_WORDS(a->k),
              RFT_ROW_QUANTISED(a->k), sums);
    for (uint32_t i = 0; i < n; i++) {
        float sum = sums[i];
        if (a->bias != 0)
            sum = sum + bias_at(a->bias, first + i);
        if ((a->flags & RFT_RESIDUAL_ALONE) == 0)
            sum = x[first + i] + sum;
        x[first + i] = rft_canonical(sum);
    }
    norm_elements(x, cpu_pointer(a->norm), first, n, a->dim, h_row(a->h, row, a->dim),
                  (struct rft_row *)cpu_pointer(a->rows) + row);
}

void cpu_residual(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_residual *a = args;
    (void)worker;
    for (uint32_t row = 0; row < cpu_n_rows(a->batch); row++) {
        for (uint32_t tile = 2 * item; tile < 2 * item + 2 && tile < n_tiles(a->dim); tile++)
            residual_tile(a, row, tile);
        quantise_normed(a->flags, h_row(a->h, row, a->dim), a->dim, item, 1);
    }
}

uint32_t cpu_post_norm_items(const void *args, uint32_t n_workers)
{
    (void)n_workers;
    return cpu_n_rows(((const struct rft_args_post_norm *)args)->batch);
}

void cpu_post_norm(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_post_norm *a = args;
    struct rft_row *row = (struct rft_row *)cpu_pointer(a->rows) + item;
    uint32_t *h = h_row(a->h, item, a->dim);
    const float *weight = cpu_pointer(a->weight);
    const float *y = (const float *)cpu_pointer(a->y) + (size_t)item * a->dim;
    float *x = (float *)cpu_pointer(a->x) + (size_t)item * a->dim;
    float scale = norm_scale(h, a->dim, a->inverse_dim_bits, a->eps_bits, row);
    (void)worker;
    for (uint32_t i = 0; i < a->dim; i++) {
        float v = rft_normed(y[i], scale, weight[i]);
        if (rft_is_bad(v)) {
            cpu_mark_bad(row);
            v = 0.0f;
        }
        v = x[i] + v;
        x[i] = rft_canonical(v);
    }
    for (uint32_t i = 0; i < a->dim; i += RFT_TILE)
        norm_elements(x, cpu_pointer(a->norm), i, a->dim - i < RFT_TILE ? a->dim - i : RFT_TILE, a->dim, h, row);
    quantise_normed(a->flags, h, a->dim, 0, RFT_PADDED(a->dim) / RFT_QUANT_BLOCK);
}

uint32_t cpu_gate_up_items(const void *args, uint32_t n_workers)
{
    (void)n_workers;
    return n_blocks(((const struct rft_args_gate_up *)args)->ffn_dim);
}

/* The eight elements of y that a tile gives, for one row. */
static void gate_up_tile(const struct rft_args_gate_up *a, uint32_t index, uint32_t tile, float scale, uint16_t *y)
{
    const struct plain_matrix matrix = {a->weight, a->dim, a->format};
    float sums[RFT_TILE];
    tile_dots(&matrix, tile, h_row(a->h, index, a->dim), RFT_H_QUANTISED(a->dim), sums);
    for (uint32_t i = 0; i < RFT_TILE / 2; i++) {
        uint32_t element = tile * (RFT_TILE / 2) + i;
        uint32_t at = i / 2 * 4 + i % 2; /* of the gate; its up is two further on */
        float gate = rft_scaled_sum(sums[at], scale) + bias_at(a->bias, tile * RFT_TILE + at);
        float up = rft_scaled_sum(sums[at + 2], scale) + bias_at(a->bias, tile * RFT_TILE + at + 2);
        if (element < a->ffn_dim)
            y[element] = round_or_mark(rft_act_mul(a->act, gate, up), (struct rft_row *)cpu_pointer(a->rows) + index);
    }
}

void cpu_gate_up(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_gate_up *a = args;
    const uint32_t k = a->ffn_dim;
    (void)worker;
    for (uint32_t index = 0; index < cpu_n_rows(a->batch); index++) {
        uint32_t *y = (uint32_t *)cpu_pointer(a->y) + (size_t)index * RFT_ROW_WORDS(k);
        float scale = norm_scale(h_row(a->h, index, a->dim), a->dim, a->inverse_dim_bits, a->eps_bits,
                                 (struct rft_row *)cpu_pointer(a->rows) + index);
        for (uint32_t tile = 4 * item; tile < 4 * item + 4 && tile < n_tiles(2 * k); tile++)
            gate_up_tile(a, index, tile, scale, (uint16_t *)y);
        if ((a->flags & RFT_QUANTISED) != 0)
            cpu_quantise_blocks(y, RFT_ROW_QUANTISED(k), k, item, 1);
    }
}

uint32_t cpu_project_items(const void *args, uint32_t n_workers)
{
    (void)n_workers;
    return n_tiles(((const struct rft_args_project *)args)->n);
}

void cpu_project(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_project *a = args;
    const struct plain_matrix matrix = {a->weight, a->dim, a->format};
    (void)worker;
    for (uint32_t index = 0; index < cpu_n_rows(a->batch); index++) {
        struct rft_row *row = (struct rft_row *)cpu_pointer(a->rows) + index;
        const uint32_t *h = h_row(a->h, index, a->dim);
        float *y = (float *)cpu_pointer(a->y) + (size_t)index * a->stride + a->first;
        float scale = norm_scale(h, a->dim, a->inverse_dim_bits, a->eps_bits, row);
        float sums[RFT_TILE];
        tile_dots(&matrix, item, h, RFT_H_QUANTISED(a->dim), sums);
        for (uint32_t i = 0; i < RFT_TILE && item * RFT_TILE + i < a->n; i++) {
            float sum = rft_scaled_sum(sums[i], scale) + bias_at(a->bias, item * RFT_TILE + i);
            y[item * RFT_TILE + i] = rft_soft_cap(sum, a->cap_bits, a->inverse_cap_bits);
        }
    }
}

uint32_t cpu_draw_items(const void *args, uint32_t n_workers)
{
    (void)n_workers;
    return n_tiles(((const struct rft_args_draw *)args)->n);
}

/* The best of n entries from `first`, by their dot products. */
static struct rft_candidate best_entry(const struct rft_args_draw *a, struct rft_row *row, uint32_t first, uint32_t n,
                                       float scale, const float *sums)
{
    struct rft_candidate best = {0, 0};
    for (uint32_t i = 0; i < n; i++) {
        float logit = rft_scaled_sum(sums[i], scale);
        if (!has_token(cpu_pointer(a->mask), first + i))
            continue;
        if (rft_is_bad(logit)) {
            cpu_mark_bad(row);
            continue;
        }
        logit = rft_soft_cap(logit, a->cap_bits, a->inverse_cap_bits);
        float s = rft_scaled_logit(logit, RFT_FROM_BITS(row->inverse_temperature_bits));
        if (!row->is_greedy)
            s = s + rft_gumbel(random_word(row, first + i));
        uint32_t key = rft_sort_key(s);
        if (key > best.key)
            best = (struct rft_candidate){key, first + i};
    }
    return best;
}

void cpu_draw(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_draw *a = args;
    const struct plain_matrix matrix = {a->weight, a->dim, a->format};
    uint32_t first = a->first + item * RFT_TILE;
    uint32_t n = a->n - item * RFT_TILE < RFT_TILE ? a->n - item * RFT_TILE : RFT_TILE;
    (void)worker;
    for (uint32_t index = 0; index < cpu_n_rows(a->batch); index++) {
        struct rft_row *row = (struct rft_row *)cpu_pointer(a->rows) + index;
        const uint32_t *h = h_row(a->h, index, a->dim);
        struct rft_candidate *candidates =
            (struct rft_candidate *)cpu_pointer(a->candidates) + (size_t)index * a->n_parts;
        float scale, sums[RFT_TILE];
        if (row->state != RFT_ROW_RUNNING)
            continue;
        scale = norm_scale(h, a->dim, a->inverse_dim_bits, a->eps_bits, row);
        tile_dots(&matrix, item, h, RFT_H_QUANTISED(a->dim), sums);
        candidates[first / RFT_TILE] = best_entry(a, row, first, n, scale, sums);
    }
}
