/* SPDX-License-Identifier: MIT */
/* LM head and sampling in one: a matrix multiplication whose results are drawn from while they are in the cache. */
#include "entries.h"
#include "matmul.h"

static struct cpu_matrix draw_matrix(const struct rft_args_draw *a)
{
    return (struct cpu_matrix){cpu_pointer(a->weight), a->n, RFT_PADDED(a->dim)};
}

uint32_t CPU_NAME(cpu_draw_items)(const void *args, uint32_t n_workers)
{
    struct cpu_matrix matrix = draw_matrix(args);
    return CPU_NAME(cpu_multiply_items)(&matrix, n_workers);
}

/* The best entry of a tile from `first`: the greatest key, the lowest id with it. */
static struct rft_candidate best_of_tile(const uint32_t keys[RFT_TILE], uint32_t first)
{
    uint32_t max_key = 0, at = RFT_TILE;
    for (uint32_t i = 0; i < RFT_TILE; i++)
        max_key = keys[i] > max_key ? keys[i] : max_key;
    for (uint32_t i = 0; i < RFT_TILE; i++) {
        uint32_t candidate = keys[i] == max_key ? i : RFT_TILE;
        at = candidate < at ? candidate : at;
    }
    return (struct rft_candidate){max_key, max_key != 0 ? first + at : 0};
}

static void finish_draw(const void *args, const struct cpu_totals *totals)
{
    const struct rft_args_draw *a = args;
    const struct cpu_norm norm = {cpu_pointer(a->h), a->dim, a->inverse_dim_bits, a->eps_bits};
    const uint32_t n = totals->n, first = a->first + totals->first;
    struct rft_row *rows = cpu_pointer(a->rows);
    float factors[CPU_COLUMNS], logits[CPU_GROUP] = {0}, scores[CPU_GROUP];
    uint32_t has_token[CPU_GROUP], is_left[CPU_GROUP], keys[CPU_GROUP];
    _Static_assert(CPU_ITEM_OUTPUTS <= CPU_GROUP, "an item's entries are one group");
    list_tokens(has_token, cpu_pointer(a->mask), first, n);
    CPU_NAME(cpu_norm_factors)(&norm, rows, totals->row_0, totals->n_rows, true, factors);
    for (uint32_t index = 0; index < totals->n_rows; index++) {
        const size_t row = totals->row_0 + index;
        struct rft_candidate *candidates = (struct rft_candidate *)cpu_pointer(a->candidates) + row * a->n_parts + first / RFT_TILE;
        if (rows[row].state != RFT_ROW_RUNNING)
            continue;
        list_scaled(totals, index, factors[index], logits);
        list_scores(scores, is_left, logits, has_token, n, RFT_FROM_BITS(a->inverse_temperature_bits), &rows[row]);
        if (!(a->flags & RFT_SAMPLE_GREEDY))
            add_noise(scores, &rows[row], first, n);
        list_keys(keys, scores, is_left, n);
        for (uint32_t at = 0; at < n; at += RFT_TILE)
            candidates[at / RFT_TILE] = best_of_tile(keys + at, first + at);
    }
}

void CPU_NAME(cpu_draw)(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_draw *a = args;
    const struct cpu_matrix matrix = draw_matrix(a);
    CPU_NAME(cpu_multiply)(&matrix, cpu_pointer(a->h), 2 * RFT_H_WORDS(a->dim), cpu_n_rows(a->batch), item, worker.n, finish_draw, a);
}
