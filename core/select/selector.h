/* SPDX-License-Identifier: MIT */
/* Selects the rows of one question after the other: its samples are added, then chosen from.
 *
 * 1. Solve rate: right / (right + wrong), a correctly rounded division; undecided samples are in neither. Where it is
 *    less than min_solve_rate or more than max_solve_rate, the question has no row.
 * 2. Order: the accepted samples in the order of their numbers, or of their lengths in bytes as the outputs write them
 *    (path.h), ties by number.
 * 3. Equals: samples of one key (distinct) are a group, at the place of its first. One of each group is taken: its
 * first; or, with FARTHEST, the one whose edit distance to the nearest of those taken from the groups before is
 * greatest, the first of several such, and of the first group the first. The distance is Levenshtein's over the first
 *    RFT_DISTANCE_BYTES bytes as the outputs write them.
 * 4. Number: `keep` groups, the first ones; with DIFFICULTY max(1, ceil(keep * wrong / (right + wrong))) of them (Tong
 * et al. 2024, DART-Math, arXiv 2407.13690, Prop2Diff: in proportion to how often the question was failed).
 * 5. Dedupe: in the order of questions and then of sample numbers, a row whose like was kept before is left out (texts
 * in normal form, path.h); none is taken in its place.
 *
 * The memory is that of the samples of one question (with FARTHEST, their texts too), and of the hashes of all rows
 * with dedupe. */
#ifndef RFT_SELECTOR_H
#define RFT_SELECTOR_H

#include "select.h"
#include "status.h"
#include "str.h"

#define RFT_DISTANCE_BYTES 4096

/* Why an accepted sample is no row. */
#define RFT_LEFT_OUT_LIST(X)                                                                                           \
    X(RFT_LEFT_OUT_SOLVE_RATE, "solve_rate") /* its question was solved too seldom or too often */                     \
    X(RFT_LEFT_OUT_EQUAL, "equal")           /* another one of its group was taken */                                  \
    X(RFT_LEFT_OUT_KEEP, "keep")             /* its question has enough rows */                                        \
    X(RFT_LEFT_OUT_DUPLICATE, "duplicate")   /* its like is a row already */
#define RFT_LEFT_OUT_ENUM(name, text) name,
enum rft_left_out { RFT_LEFT_OUT_LIST(RFT_LEFT_OUT_ENUM) RFT_LEFT_OUT_COUNT };
#undef RFT_LEFT_OUT_ENUM
const char *rft_left_out_text(enum rft_left_out reason);

struct rft_selector;

/* What is selected; counts how many accepted samples were left out, [RFT_LEFT_OUT_COUNT], and is the caller's. */
enum rft_status rft_selector_create(const struct rft_select_options *options, uint64_t *n_left_out,
                                    struct rft_selector **out);
void rft_selector_destroy(struct rft_selector *selector);

/* How a sample was judged; undecided: neither. */
struct rft_judged_text {
    struct rft_bytes text; /* the completion */
    bool is_right;         /* accepted */
    bool is_wrong;
};

/* The next sample of the question at hand. The text is not needed any more after the call. */
enum rft_status rft_selector_add(struct rft_selector *selector, const struct rft_judged_text *judged);

/* Ends the question: (*kept)[n_kept] are the samples that become rows, by their ordinals among those that were added,
 * ascending; they stand until the next sample is added. */
enum rft_status rft_selector_choose(struct rft_selector *selector, struct rft_bytes question, const uint32_t **kept,
                                    uint32_t *n_kept);

#endif
