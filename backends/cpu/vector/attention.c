/* SPDX-License-Identifier: MIT */
/* Attention over pages: neighbouring rows of one prompt go through its pages together. */
#include "dot.h"
#include "quantise.h"

/* Rows that one item takes: as many as its scores have room for, but so that every thread has a few items. */
static uint32_t rows_per_item(const struct rft_args_attention *a, uint32_t n_workers)
{
    uint32_t group = a->n_heads / a->n_kv_heads;
    uint32_t share = cpu_n_rows(a->batch) * a->n_kv_heads / (4 * n_workers);
    uint32_t most = group < RFT_SCRATCH_ROWS ? RFT_SCRATCH_ROWS / group : 1;
    return share == 0 ? 1 : share < most ? share : most;
}

uint32_t CPU_NAME(cpu_attention_items)(const void *args, uint32_t n_workers)
{
    const struct rft_args_attention *a = args;
    uint32_t n = rows_per_item(a, n_workers);
    return (cpu_n_rows(a->batch) + n - 1) / n * a->n_kv_heads;
}

/* One query head of one row: a column of scores. */
struct column {
    struct rft_row *row;
    uint16_t *y;
    uint32_t first;    /* of the keys in the window */
    uint32_t n_prompt; /* keys in the prompt's pages */
    uint32_t n;        /* keys in all */
};

/* Scales, and caps, the scores of the keys in the window and finds their maximum. */
static float finish_scores(float *scores, const struct rft_args_attention *a, struct column *column)
{
    const float scale = RFT_FROM_BITS(a->scale_bits);
    uint32_t bad = 0, max_key = 0;
    for (uint32_t i = column->first; i < column->n; i++) {
        float score = scores[i] * scale;
        uint32_t is_bad = rft_is_bad(score);
        bad |= is_bad;
        scores[i] = is_bad != 0 ? 0.0f : score;
    }
    cap_all(scores + column->first, column->n - column->first, a->cap_bits, a->inverse_cap_bits);
    for (uint32_t i = column->first; i < column->n; i++) {
        float score = rft_flush(scores[i]);
        scores[i] = score;
        uint32_t key = rft_sort_key(score); /* compilers find the maximum of integers by vectors */
        max_key = key > max_key ? key : max_key;
    }
    if (bad != 0)
        cpu_mark_bad(column->row);
    return RFT_FROM_BITS((max_key & 0x80000000u) != 0 ? max_key & 0x7fffffffu : ~max_key);
}

#define BLOCKS_AT_ONCE 8u

/* exp(score - max) of n <= 64 keys into e, padded with zeros, which change no sum; their bf16 in place of the scores.
 * Keys before `first` are out of the window. */
static void block_exp(float *scores, uint32_t first, uint32_t n, float max, float *e)
{
    for (uint32_t i = 0; i < first; i++)
        e[i] = scores[i] = 0.0f;
    for (uint32_t i = first; i < n; i++) {
        e[i] = rft_softmax_term(scores[i], max);
        scores[i] = rft_low_bf16(rft_to_bf16(e[i]));
    }
    for (uint32_t i = n; i < RFT_DOT_BLOCK; i++)
        e[i] = 0.0f;
}

/* total + the blocks' sums, in the contract's order; the blocks' chains of additions run side by side. */
static float add_blocks(float total, float e[BLOCKS_AT_ONCE][RFT_DOT_BLOCK], uint32_t n_blocks)
{
    float sums[BLOCKS_AT_ONCE] = {0};
    for (uint32_t i = 0; i < RFT_DOT_BLOCK; i++)
        for (uint32_t b = 0; b < BLOCKS_AT_ONCE; b++)
            sums[b] += e[b][i];
    for (uint32_t b = 0; b < n_blocks; b++)
        total += sums[b];
    return total;
}

/* The softmax weights of a column in place of its scores; returns 1 / sum. */
static float softmax_weights(float *scores, float max, const struct column *column)
{
    float e[BLOCKS_AT_ONCE][RFT_DOT_BLOCK] = {{0}};
    float total = 0.0f;
    uint32_t n_blocks = 0;
    for (uint32_t block = 0, end; block < column->n; block = end) {
        uint32_t segment_end = block < column->n_prompt ? column->n_prompt : column->n;
        end = block + RFT_DOT_BLOCK < segment_end ? block + RFT_DOT_BLOCK : segment_end;
        if (end <= column->first) { /* its sum is +0 */
            memset(scores + block, 0, (end - block) * sizeof *scores);
            continue;
        }
        block_exp(scores + block, column->first > block ? column->first - block : 0, end - block, max, e[n_blocks++]);
        if (n_blocks == BLOCKS_AT_ONCE) {
            total = add_blocks(total, e, n_blocks);
            n_blocks = 0;
        }
    }
    return rft_reciprocal(add_blocks(total, e, n_blocks));
}

static void store_outputs(const struct column *column, const float *totals, float inverse_sum, uint32_t head_dim)
{
    float y[RFT_HEAD_DIM_MAX];
    for (uint32_t i = 0; i < head_dim; i++)
        y[i] = rft_flush(totals[i]) * inverse_sum;
    round_row(column->y, y, head_dim, column->row);
}

static uint32_t first_key(const struct rft_args_attention *a, uint32_t n)
{
    return n > a->window ? n - a->window : 0;
}

/* Rows of one item that are worked on together: same prompt pages, each its own further pages. */
struct rows {
    const struct rft_args_attention *args;
    uint32_t kv_head;
    uint32_t first_head; /* the first of `group` query heads */
    uint32_t group;
    uint32_t first_row;
    uint32_t n;
};

static struct cpu_keys keys_of(const struct rows *rows, const struct rft_row *row, bool own)
{
    const struct rft_args_attention *a = rows->args;
    const size_t head_words = (size_t)RFT_PAGE_TOKENS * a->head_dim;
    uint32_t n_all = row->position + 1;
    uint32_t n = own                     ? (n_all > row->n_prompt ? n_all - row->n_prompt : 0)
                 : n_all < row->n_prompt ? n_all
                                         : row->n_prompt;
    if (n == 0) /* a prefill has no own pages to point to */
        return (struct cpu_keys){0};
    return (struct cpu_keys){
        .table = (const uint32_t *)cpu_pointer(a->tables) + (own ? row->own_table : row->prompt_table),
        .pages = (const uint32_t *)cpu_pointer(own ? a->own_kv : a->prompt_kv) + rows->kv_head * head_words,
        .page_words = head_words * a->n_kv_heads,
        .n = n,
    };
}

/* The columns of these rows; returns the keys of the prompt that at least one of them sees. */
static struct cpu_keys list_columns(const struct rows *rows, struct column *columns, const uint16_t **q)
{
    const struct rft_args_attention *a = rows->args;
    struct rft_row *row = (struct rft_row *)cpu_pointer(a->rows) + rows->first_row;
    struct cpu_keys prompt = keys_of(rows, row, false);
    const uint32_t heads_dim = a->n_heads * a->head_dim;
    for (uint32_t c = 0; c < rows->n * rows->group; c++) {
        uint32_t index = c / rows->group;
        size_t in_row = (size_t)(rows->first_head + c % rows->group) * a->head_dim;
        uint32_t n = row[index].position + 1;
        uint32_t n_prompt = n < row[index].n_prompt ? n : row[index].n_prompt;
        uint16_t *y = (uint16_t *)cpu_pointer(a->y) + (size_t)(rows->first_row + index) * 2 * RFT_ROW_WORDS(heads_dim);
        q[c] = (const uint16_t *)cpu_pointer(a->q) + (size_t)(rows->first_row + index) * heads_dim + in_row;
        columns[c] = (struct column){row + index, y + in_row, first_key(a, n), n_prompt, n};
        prompt.n = n_prompt > prompt.n ? n_prompt : prompt.n;
    }
    return prompt;
}

/* Without the blocks of 64 keys that lie before key `first`; returns how many keys those are. */
static uint32_t skip_blocks(struct cpu_keys *keys, uint32_t first)
{
    const uint32_t n = (first < keys->n ? first : keys->n) / RFT_DOT_BLOCK * RFT_DOT_BLOCK;
    keys->table += n / RFT_PAGE_TOKENS;
    keys->n -= n;
    return n;
}

/* The first key that any of n columns sees. */
static uint32_t least_first(const struct column *columns, uint32_t n)
{
    uint32_t least = UINT32_MAX;
    for (uint32_t c = 0; c < n; c++)
        least = columns[c].first < least ? columns[c].first : least;
    return least;
}

/* A row's own keys but for blocks before its window; *at: the place of the first one's score. */
static struct cpu_keys own_keys(const struct rows *rows, const struct column *column, uint32_t *at)
{
    struct cpu_keys own = keys_of(rows, column->row, true);
    *at = column->n_prompt;
    if (own.n != 0 && column->first > column->n_prompt)
        *at += skip_blocks(&own, column->first - column->n_prompt);
    return own;
}

static void attend(const struct rows *rows, float *scores, size_t stride)
{
    const struct rft_args_attention *a = rows->args;
    const uint32_t n_columns = rows->n * rows->group;
    const uint16_t *q[RFT_SCRATCH_ROWS] = {NULL};
    struct column columns[RFT_SCRATCH_ROWS];
    float totals[RFT_SCRATCH_ROWS * RFT_HEAD_DIM_MAX], inverse_sums[RFT_SCRATCH_ROWS];
    struct cpu_keys prompt = list_columns(rows, columns, q);
    const uint32_t n_prompt = prompt.n, n_skipped = skip_blocks(&prompt, least_first(columns, n_columns));
    CPU_NAME(cpu_dot_keys)(&prompt, q, n_columns, a->head_dim, scores + n_skipped, stride);
    for (uint32_t c = 0; c < n_columns; c += rows->group) {
        uint32_t at;
        struct cpu_keys own = own_keys(rows, &columns[c], &at);
        CPU_NAME(cpu_dot_keys)(&own, q + c, rows->group, a->head_dim, scores + c * stride + at, stride);
    }
    for (uint32_t c = 0; c < n_columns; c++) {
        float *of_column = scores + c * stride;
        float max = finish_scores(of_column, a, &columns[c]);
        inverse_sums[c] = softmax_weights(of_column, max, &columns[c]);
        for (uint32_t key = columns[c].n; key < n_prompt;
             key++) /* keys that only later rows of a prefill see: +0 in all sums */
            of_column[key] = 0.0f;
    }
    memset(totals, 0, (size_t)n_columns * a->head_dim * sizeof *totals);
    CPU_NAME(cpu_dot_values)(&prompt, scores + n_skipped, stride, n_columns, a->head_dim, totals);
    for (uint32_t c = 0; c < n_columns; c += rows->group) {
        uint32_t at;
        struct cpu_keys own = own_keys(rows, &columns[c], &at);
        CPU_NAME(cpu_dot_values)
        (&own, scores + c * stride + at, stride, rows->group, a->head_dim, totals + c * a->head_dim);
    }
    for (uint32_t c = 0; c < n_columns; c++)
        store_outputs(&columns[c], totals + c * a->head_dim, inverse_sums[c], a->head_dim);
}

/* The kv head's outputs of all these rows. */
static void quantise_outputs(const struct rows *rows)
{
    const struct rft_args_attention *a = rows->args;
    const uint32_t k = a->n_heads * a->head_dim, n = k / a->n_kv_heads / RFT_QUANT_BLOCK;
    for (uint32_t i = 0; i < rows->n; i++)
        CPU_NAME(cpu_quantise_blocks)
    ((uint32_t *)cpu_pointer(a->y) + (size_t)(rows->first_row + i) * RFT_ROW_WORDS(k), RFT_ROW_QUANTISED(k), k,
     rows->kv_head * n, n);
}

static bool same_prompt(const struct rft_row *a, const struct rft_row *b)
{
    return b->state == RFT_ROW_RUNNING && a->prompt_table == b->prompt_table && a->n_prompt == b->n_prompt;
}

void CPU_NAME(cpu_attention)(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_attention *a = args;
    const struct rft_row *row = cpu_pointer(a->rows);
    const uint32_t n = rows_per_item(a, worker.n), n_rows = cpu_n_rows(a->batch);
    const uint32_t first = item / a->n_kv_heads * n, end = first + n < n_rows ? first + n : n_rows;
    const uint32_t group = a->n_heads / a->n_kv_heads;
    float *scores = (float *)cpu_pointer(a->scratch) + (size_t)worker.index * a->scratch_floats;
    struct rows rows = {.args = a, .kv_head = item % a->n_kv_heads};
    for (rows.first_row = first; rows.first_row < end; rows.first_row += rows.n) {
        rows.n = 1;
        if (row[rows.first_row].state != RFT_ROW_RUNNING)
            continue;
        while (rows.first_row + rows.n < end && same_prompt(&row[rows.first_row], &row[rows.first_row + rows.n]))
            rows.n++;
        for (uint32_t head = 0; head < group; head += rows.group) { /* one turn, but for groups of more than 16 heads */
            rows.first_head = rows.kv_head * group + head;
            rows.group = group - head < RFT_SCRATCH_ROWS ? group - head : RFT_SCRATCH_ROWS;
            attend(&rows, scores, a->scratch_floats / RFT_SCRATCH_ROWS);
        }
        if ((a->flags & RFT_QUANTISED) != 0)
            quantise_outputs(&rows);
    }
}
