/* SPDX-License-Identifier: MIT */
/* Which accepted samples of a question become rows of the dataset: the choices there are. Selection never changes what
 * is generated. selector.h makes it; docs/selection.md says which to choose. */
#ifndef RFT_SELECT_H
#define RFT_SELECT_H

#include <stdbool.h>
#include <stdint.h>

#define RFT_KEEP_ALL UINT32_MAX

/* Which accepted samples of a question count as one: none, those of the same text in normal form, those of the same
 * reasoning path (path.h). */
enum rft_distinct { RFT_DISTINCT_NO, RFT_DISTINCT_TEXT, RFT_DISTINCT_PATHS };
/* Which of those is kept. */
enum rft_equals { RFT_EQUALS_FARTHEST, RFT_EQUALS_FIRST };
/* Which are taken first: by sample number, or by length and then by number. */
enum rft_select_order { RFT_ORDER_SAMPLE, RFT_ORDER_SHORTEST, RFT_ORDER_LONGEST };
/* How many of a question: keep of each, or the more the seldomer it was solved. */
enum rft_quota { RFT_QUOTA_UNIFORM, RFT_QUOTA_DIFFICULTY };
/* What may stand in the dataset once only, across all questions. */
enum rft_dedupe { RFT_DEDUPE_OFF, RFT_DEDUPE_ROWS, RFT_DEDUPE_COMPLETIONS };

struct rft_select_options {
    uint32_t keep; /* rows of a question at most, or RFT_KEEP_ALL */
    enum rft_distinct distinct;
    enum rft_equals equals;
    enum rft_select_order order;
    enum rft_quota quota;                  /* DIFFICULTY needs a number in keep */
    double min_solve_rate, max_solve_rate; /* 0 to 1; questions that were solved seldomer or more often give no row */
    enum rft_dedupe dedupe;
};

/* Whether a question's rows are the same once `n_enough` accepted samples (distinct ones, if such are asked for) stand
 * at or before a sample, whatever follows it. If not, *why is what to change, a static text that names the key. */
bool rft_select_can_stop(const struct rft_select_options *options, uint32_t n_enough, const char **why);

#endif
