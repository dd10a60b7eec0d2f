/* SPDX-License-Identifier: MIT */
/* Greatest scores and sums of their terms: a part's scores first, then their exponentials a group at a time. */
#include "entries.h"

#define GROUP_BLOCKS (CPU_GROUP / RFT_DOT_BLOCK)

uint32_t CPU_NAME(cpu_score_items)(const void *args, uint32_t n_workers)
{
    return cpu_score_items(args, n_workers);
}

/* Scores of n <= 256 entries from `first`; none past n. */
static void list_entry_scores(const struct rft_args_score *a, uint32_t row, uint32_t first, uint32_t n, float *scores)
{
    float logits[CPU_GROUP] = {0};
    uint32_t has_token[CPU_GROUP];
    memcpy(logits, (const float *)cpu_pointer(a->logits) + (size_t)row * a->vocab + first, n * sizeof *logits);
    list_tokens(has_token, cpu_pointer(a->mask), first, n);
    for (uint32_t i = 0; i < CPU_GROUP; i++)
        scores[i] = rft_entry_score(logits[i], has_token[i]);
}

/* Of whole groups. Many maxima side by side, because compilers make scalar code of one. */
static float greatest(const float *scores, uint32_t n)
{
    float best[RFT_DOT_BLOCK], max;
    memcpy(best, scores, sizeof best);
    for (uint32_t block = RFT_DOT_BLOCK; block < n; block += RFT_DOT_BLOCK)
        for (uint32_t i = 0; i < RFT_DOT_BLOCK; i++)
            best[i] = scores[block + i] > best[i] ? scores[block + i] : best[i];
    max = best[0];
    for (uint32_t i = 1; i < RFT_DOT_BLOCK; i++)
        max = best[i] > max ? best[i] : max;
    return max;
}

/* total + the sums of a group's blocks of terms; the blocks' chains of additions run side by side. */
static float add_terms(const float *scores, float max, float total)
{
    float terms[CPU_GROUP], sums[GROUP_BLOCKS] = {0};
    for (uint32_t i = 0; i < CPU_GROUP; i++)
        terms[i] = rft_score_term(scores[i], max);
    for (uint32_t i = 0; i < RFT_DOT_BLOCK; i++)
        for (uint32_t block = 0; block < GROUP_BLOCKS; block++)
            sums[block] = sums[block] + terms[block * RFT_DOT_BLOCK + i];
    for (uint32_t block = 0; block < GROUP_BLOCKS; block++)
        total = total + sums[block];
    return total;
}

void CPU_NAME(cpu_score)(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_score *a = args;
    const uint32_t row = item / a->n_parts, part = item % a->n_parts;
    const uint32_t n_left = a->vocab - part * RFT_SAMPLE_PART, n = n_left < RFT_SAMPLE_PART ? n_left : RFT_SAMPLE_PART;
    float scores[RFT_SAMPLE_PART], max, total = 0.0f;
    uint32_t n_listed = 0;
    (void)worker;
    if (((const struct rft_row *)cpu_pointer(a->rows))[row].state != RFT_ROW_RUNNING)
        return;
    for (; n_listed < n; n_listed += CPU_GROUP)
        list_entry_scores(a, row, part * RFT_SAMPLE_PART + n_listed,
                          n - n_listed < CPU_GROUP ? n - n_listed : CPU_GROUP, scores + n_listed);
    max = greatest(scores, n_listed);
    for (uint32_t group = 0; group < n_listed; group += CPU_GROUP)
        total = add_terms(scores + group, max, total);
    ((struct rft_score *)cpu_pointer(a->scores))[item] = (struct rft_score){RFT_BITS(max), RFT_BITS(total)};
}
