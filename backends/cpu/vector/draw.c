/* SPDX-License-Identifier: MIT */
/* LM head and sampling in one: a matrix multiplication whose results are drawn from while they are in the cache. */
#include "entries.h"
#include "matmul.h"

static struct cpu_matrix draw_matrix(const struct rft_args_draw *a)
{
    return (struct cpu_matrix){cpu_pointer(a->weight), a->n, RFT_PADDED(a->dim), a->format, 2};
}

uint32_t CPU_NAME(cpu_draw_items)(const void *args, uint32_t n_workers)
{
    struct cpu_matrix matrix = draw_matrix(args);
    return CPU_NAME(cpu_multiply_items)(&matrix, n_workers);
}

/* The better one of each of n pairs of neighbours; the first on a tie. */
static void best_of_pairs(const uint32_t *restrict keys, const uint32_t *restrict ids, uint32_t n,
                          uint32_t *restrict best_keys, uint32_t *restrict best_ids)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t first = keys[2 * i], second = keys[2 * i + 1];
        uint32_t first_id = ids[2 * i], second_id = ids[2 * i + 1];
        best_keys[i] = second > first ? second : first;
        best_ids[i] = second > first ? second_id : first_id;
    }
}

/* The best entry of each tile: its greatest key, and the lowest id with it. Pairs, pairs of pairs and so on of all
 * tiles side by side, because compilers make scalar code of a maximum over 16 entries. */
static void best_of_tiles(uint32_t keys[CPU_GROUP], const uint32_t ids[CPU_GROUP], uint32_t n,
                          struct rft_candidate *candidates)
{
    uint32_t other_keys[CPU_GROUP / 2], some_ids[CPU_GROUP / 2], other_ids[CPU_GROUP / 2];
    const uint32_t n_entries = CPU_ENTRIES(n);
    best_of_pairs(keys, ids, n_entries / 2, other_keys, other_ids);
    best_of_pairs(other_keys, other_ids, n_entries / 4, keys, some_ids);
    best_of_pairs(keys, some_ids, n_entries / 8, other_keys, other_ids);
    best_of_pairs(other_keys, other_ids, n_entries / 16, keys, some_ids);
    for (uint32_t tile = 0; tile < (n + RFT_TILE - 1) / RFT_TILE; tile++)
        candidates[tile] = (struct rft_candidate){keys[tile], keys[tile] != 0 ? some_ids[tile] : 0};
}

static void finish_draw(const void *args, const struct cpu_totals *totals)
{
    const struct rft_args_draw *a = args;
    const struct cpu_norm norm = {cpu_pointer(a->h), a->dim, a->inverse_dim_bits, a->eps_bits};
    const uint32_t n = totals->n, first = a->first + totals->first;
    struct rft_row *rows = cpu_pointer(a->rows);
    float factors[CPU_COLUMNS_MAX], logits[CPU_GROUP] = {0}, scores[CPU_GROUP];
    uint32_t ids[CPU_GROUP], has_token[CPU_GROUP], is_left[CPU_GROUP], keys[CPU_GROUP];
    _Static_assert(CPU_ITEM_OUTPUTS <= CPU_GROUP && RFT_TILE == 16, "an item is one group, a tile four pairs of pairs");
    for (uint32_t i = 0; i < CPU_GROUP; i++)
        ids[i] = first + i;
    list_tokens(has_token, cpu_pointer(a->mask), first, n);
    CPU_NAME(cpu_norm_factors)(&norm, rows, totals->row_0, totals->n_rows, true, factors);
    for (uint32_t index = 0; index < totals->n_rows; index++) {
        const size_t row = totals->row_0 + index;
        struct rft_candidate *candidates =
            (struct rft_candidate *)cpu_pointer(a->candidates) + row * a->n_parts + first / RFT_TILE;
        if (rows[row].state != RFT_ROW_RUNNING)
            continue;
        list_scaled(totals, index, factors[index], logits);
        cap_all(logits, n, a->cap_bits, a->inverse_cap_bits);
        list_scores(scores, is_left, logits, has_token, n, &rows[row]);
        if (!rows[row].is_greedy)
            add_noise(scores, &rows[row], first, n);
        list_keys(keys, scores, is_left, n);
        best_of_tiles(keys, ids, n, candidates);
    }
}

void CPU_NAME(cpu_draw)(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_draw *a = args;
    const struct cpu_matrix matrix = draw_matrix(a);
    const struct cpu_rows h = cpu_normed_rows(a->batch, a->h, a->dim);
    CPU_NAME(cpu_multiply)(&matrix, &h, item, worker, finish_draw, a);
}
