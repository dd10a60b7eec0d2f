/* SPDX-License-Identifier: MIT */
/* Rows that share a prompt, as one bit each in shared memory: members [COHORT_ROWS_MAX / 32]. */
#ifndef RFT_COHORT_CUH
#define RFT_COHORT_CUH

#include "common.cuh"

#define COHORT_ROWS_MAX 2048u /* rows beyond find no cohort: each is for itself */

/* The block's rows: marks who shares the prompt of the row `first`. Returns the row's number among them. */
RFT_FN uint32_t find_cohort(const struct rft_args_attention &a, uint32_t *members, uint32_t first, uint32_t n_rows)
{
    const uint32_t table = row_of(a.rows, first)->prompt_table, n_prompt = row_of(a.rows, first)->n_prompt;
    uint32_t rank = 0u;
    for (uint32_t i = thread_index(); i < COHORT_ROWS_MAX / 32u; i += n_threads())
        members[i] = 0u;
    sync_block();
    for (uint32_t row = thread_index(); row < n_rows; row += n_threads()) {
        const struct rft_row *r = row_of(a.rows, row);
        if (r->state == RFT_ROW_RUNNING && r->prompt_table == table && r->n_prompt == n_prompt)
            atomic_or(&members[row / 32u], 1u << row % 32u);
    }
    sync_block();
    for (uint32_t i = 0u; i < first / 32u; i++)
        rank += count_bits(members[i]);
    return rank + count_bits(members[first / 32u] & ((1u << first % 32u) - 1u));
}

/* The next member behind `row`, or n_rows. */
RFT_FN uint32_t next_member(const uint32_t *members, uint32_t row, uint32_t n_rows)
{
    uint32_t at = row + 1u;
    while (at < n_rows) {
        const uint32_t rest = members[at / 32u] >> at % 32u;
        if (rest != 0u)
            return at + lowest_bit(rest);
        at = (at / 32u + 1u) * 32u;
    }
    return n_rows;
}

/* Lists n members from the row `first` on, for all threads of the block. */
RFT_FN void list_members(uint32_t *list, const uint32_t *members, uint32_t first, uint32_t n, uint32_t n_rows)
{
    if (thread_index() == 0u) {
        list[0] = first;
        for (uint32_t i = 1u; i < n; i++)
            list[i] = next_member(members, list[i - 1u], n_rows);
    }
    sync_block();
}

#endif
