/* SPDX-License-Identifier: MIT */
/* Drawing tokens from logits in memory. */
#include "entries.h"

/* Drops the entries behind the row's cutoff, in is_left. */
static void drop_filtered(uint32_t *is_left, const float *scores, const struct rft_args_sample *a,
                          const struct rft_cutoff *cutoff, uint32_t first)
{
    const float max = RFT_FROM_BITS(cutoff->max_bits), min_p = RFT_FROM_BITS(a->min_p_bits);
    const uint32_t cutoff_key = cutoff->key, cutoff_id = cutoff->id;
    for (uint32_t i = 0; i < CPU_GROUP; i++) {
        uint32_t key = rft_sort_key(scores[i]);
        float difference = scores[i] - max;
        uint32_t is_behind = (key < cutoff_key) | ((key == cutoff_key) & (first + i > cutoff_id));
        is_left[i] &= 1u ^ (is_behind | (uint32_t)(rft_exp(difference) < min_p));
    }
}

/* The better of `best` and of n <= 256 entries from `first`, a multiple of 256. */
static struct rft_candidate best_of_group(const struct rft_args_sample *a, struct rft_row *row, uint32_t index,
                                          uint32_t first, uint32_t n, struct rft_candidate best)
{
    float logits[CPU_GROUP] = {0}, scores[CPU_GROUP];
    uint32_t has_token[CPU_GROUP], is_left[CPU_GROUP], keys[CPU_GROUP], max_key = 0;
    memcpy(logits, (const float *)cpu_pointer(a->logits) + (size_t)index * a->vocab + first, n * sizeof *logits);
    list_tokens(has_token, cpu_pointer(a->mask), first, n);
    list_scores(scores, is_left, logits, has_token, CPU_GROUP, row);
    if ((a->flags & RFT_SAMPLE_FILTERED) && !row->is_greedy)
        drop_filtered(is_left, scores, a, (const struct rft_cutoff *)cpu_pointer(a->cutoffs) + index, first);
    if (!row->is_greedy)
        add_noise(scores, row, first, CPU_GROUP);
    list_keys(keys, scores, is_left, CPU_GROUP);
    for (uint32_t i = 0; i < CPU_GROUP; i++)
        max_key = keys[i] > max_key ? keys[i] : max_key;
    for (uint32_t i = 0; i < n && max_key > best.key; i++)
        if (keys[i] == max_key)
            best = (struct rft_candidate){max_key, first + i};
    return best;
}

uint32_t CPU_NAME(cpu_sample_items)(const void *args, uint32_t n_workers)
{
    return cpu_sample_items(args, n_workers);
}

void CPU_NAME(cpu_sample)(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_sample *a = args;
    const uint32_t index = item / a->n_parts, part = item % a->n_parts;
    const uint32_t end = (part + 1) * RFT_SAMPLE_PART < a->vocab ? (part + 1) * RFT_SAMPLE_PART : a->vocab;
    struct rft_row *row = (struct rft_row *)cpu_pointer(a->rows) + index;
    struct rft_candidate best = {0, 0};
    (void)worker;
    if (row->state != RFT_ROW_RUNNING)
        return;
    for (uint32_t first = part * RFT_SAMPLE_PART; first < end; first += CPU_GROUP)
        best = best_of_group(a, row, index, first, end - first < CPU_GROUP ? end - first : CPU_GROUP, best);
    ((struct rft_candidate *)cpu_pointer(a->candidates))[item] = best;
}
