/* SPDX-License-Identifier: MIT */
/* Queries, keys and values: a matrix multiplication, the rotation of what it gives, and the places in the pages. */
#include "matmul.h"

static struct cpu_matrix qkv_matrix(const struct rft_args_qkv *a)
{
    return (struct cpu_matrix){cpu_pointer(a->weight), a->n, RFT_PADDED(a->dim), a->format, 2};
}

uint32_t CPU_NAME(cpu_qkv_items)(const void *args, uint32_t n_workers)
{
    struct cpu_matrix matrix = qkv_matrix(args);
    return CPU_NAME(cpu_multiply_items)(&matrix, n_workers);
}

/* Where the row's key and value go. */
struct place {
    uint32_t *page;  /* of the first kv head */
    uint32_t column; /* in the page */
};

static struct place place_of_row(const struct rft_args_qkv *a, const struct rft_row *row)
{
    const bool in_prompt = row->position < row->n_prompt;
    const uint32_t index = in_prompt ? row->position : row->position - row->n_prompt;
    const uint32_t *table = (const uint32_t *)cpu_pointer(a->tables) + (in_prompt ? row->prompt_table : row->own_table);
    const size_t page_words = (size_t)a->n_kv_heads * RFT_PAGE_TOKENS * a->head_dim;
    uint32_t *pages = cpu_pointer(in_prompt ? a->prompt_kv : a->own_kv);
    return (struct place){pages + table[index / RFT_PAGE_TOKENS] * page_words, index % RFT_PAGE_TOKENS};
}

/* n neighbouring outputs of one head, from in_head; both multiples of 8, because heads and tiles begin at such. */
struct run {
    uint32_t head;
    uint32_t in_head;
    uint32_t n;
    const float *outputs;
};

/* Rotates a run of q or k: pair i is the head's dimensions in_head / 2 + i, to first, and half a head further, to
 * second. */
static void rotate(uint64_t table, uint32_t head_dim, const struct run *run, struct rft_row *row, uint16_t *first,
                   uint16_t *second)
{
    const size_t position = (size_t)row->rope_first + row->position;
    const float *cos_sin = (const float *)cpu_pointer(table) + position * head_dim + run->in_head;
    float x1[CPU_ITEM_OUTPUTS / 2], x2[CPU_ITEM_OUTPUTS / 2], y1[CPU_ITEM_OUTPUTS / 2], y2[CPU_ITEM_OUTPUTS / 2];
    const uint32_t n = run->n / 2;
    split_pairs(run->outputs, 2 * n, x1, x2);
    for (uint32_t i = 0; i < n; i++) {
        float cos = cos_sin[2 * i];
        float sin = cos_sin[2 * i + 1];
        float a1 = rft_flush(x1[i]);
        float a2 = rft_flush(x2[i]);
        float a1_cos = a1 * cos;
        float a2_sin = a2 * sin;
        y1[i] = a1_cos - a2_sin;
        float a2_cos = a2 * cos;
        float a1_sin = a1 * sin;
        y2[i] = a2_cos + a1_sin;
    }
    round_row(first, y1, n, row);
    round_row(second, y2, n, row);
}

static void store_query(const struct rft_args_qkv *a, const struct run *run, struct rft_row *row, size_t index)
{
    uint16_t first[CPU_ITEM_OUTPUTS / 2], second[CPU_ITEM_OUTPUTS / 2];
    uint16_t *q = (uint16_t *)cpu_pointer(a->q) + (index * a->n_heads + run->head) * a->head_dim + run->in_head / 2;
    rotate(a->q_cos_sin, a->head_dim, run, row, first, second);
    memcpy(q, first, run->n / 2 * sizeof *q);
    memcpy(q + a->head_dim / 2, second, run->n / 2 * sizeof *q);
}

static void store_key(const struct rft_args_qkv *a, const struct run *run, struct rft_row *row, struct place place)
{
    uint16_t first[CPU_ITEM_OUTPUTS / 2], second[CPU_ITEM_OUTPUTS / 2];
    uint32_t *k = place.page + (size_t)(run->head - a->n_heads) * RFT_PAGE_TOKENS * a->head_dim +
                  run->in_head / 4 * RFT_PAGE_TOKENS + place.column;
    rotate(a->k_cos_sin, a->head_dim, run, row, first, second);
    for (uint32_t i = 0; i < run->n / 2; i += 2) { /* a word: two neighbouring dimensions */
        k[i / 2 * RFT_PAGE_TOKENS] = first[i] | (uint32_t)first[i + 1] << 16;
        k[(i / 2 + a->head_dim / 4) * RFT_PAGE_TOKENS] = second[i] | (uint32_t)second[i + 1] << 16;
    }
}

static void store_value(const struct rft_args_qkv *a, const struct run *run, struct rft_row *row, struct place place)
{
    const uint32_t kv_head = run->head - a->n_heads - a->n_kv_heads;
    uint32_t *v = place.page + (size_t)kv_head * RFT_PAGE_TOKENS * a->head_dim + RFT_PAGE_TOKENS / 2 * a->head_dim;
    round_row((uint16_t *)v + place.column * a->head_dim + run->in_head, run->outputs, run->n, row);
}

static void finish_qkv(const void *args, const struct cpu_totals *totals)
{
    const struct rft_args_qkv *a = args;
    const struct cpu_norm norm = {cpu_pointer(a->h), a->dim, a->inverse_dim_bits, a->eps_bits};
    struct rft_row *rows = cpu_pointer(a->rows);
    float factors[CPU_COLUMNS_MAX], outputs[CPU_ITEM_OUTPUTS];
    CPU_NAME(cpu_norm_factors)(&norm, rows, totals->row_0, totals->n_rows, true, factors);
    for (uint32_t index = 0; index < totals->n_rows; index++) {
        struct rft_row *row = rows + totals->row_0 + index;
        const uint32_t first = a->first + totals->first;
        struct run run = {first / a->head_dim, first % a->head_dim, 0, outputs};
        if (row->state != RFT_ROW_RUNNING)
            continue;
        list_scaled(totals, index, factors[index], outputs);
        add_bias(outputs, a->bias, totals);
        const struct place place = place_of_row(a, row);
        for (uint32_t left = totals->n; left != 0; left -= run.n) {
            run.n = a->head_dim - run.in_head < left ? a->head_dim - run.in_head : left;
            if (run.head < a->n_heads)
                store_query(a, &run, row, totals->row_0 + index);
            else if (run.head < a->n_heads + a->n_kv_heads)
                store_key(a, &run, row, place);
            else
                store_value(a, &run, row, place);
            run.outputs += run.n;
            run.head++;
            run.in_head = 0;
        }
    }
}

void CPU_NAME(cpu_qkv)(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_qkv *a = args;
    const struct cpu_matrix matrix = qkv_matrix(a);
    const struct cpu_rows h = cpu_normed_rows(a->batch, a->h, a->dim);
    CPU_NAME(cpu_multiply)(&matrix, &h, item, worker, finish_qkv, a);
}
