/* SPDX-License-Identifier: MIT */
/* Bytes to change, add or remove to turn one text into another (Levenshtein), 64 of them at a time: Myers 1999, "A fast
 * bit-vector algorithm for approximate string matching based on dynamic programming", Journal of the ACM 46(3); in
 * blocks and from the text's beginning, as Hyyro 2003, "A bit-vector algorithm for computing Levenshtein and Damerau
 * edit distances", Nordic Journal of Computing 10. */
#ifndef RFT_EDIT_DISTANCE_H
#define RFT_EDIT_DISTANCE_H

#include "status.h"
#include "str.h"

#include <stddef.h>
#include <stdint.h>

/* A text whose distances to others are wanted. Zero-initialise. */
struct rft_edit_text {
    size_t len;                    /* bytes */
    size_t n_blocks;               /* of 64 bytes */
    size_t cap;                    /* blocks that there is memory for */
    uint64_t *matches;             /* [256][n_blocks] for each byte, where it stands */
    struct rft_edit_steps *column; /* [n_blocks] scratch */
};

enum rft_status rft_edit_text_set(struct rft_edit_text *edit, struct rft_bytes text);
void rft_edit_text_finish(struct rft_edit_text *edit);

/* The distance to another text, or `bound` if it is not less. len * other.len / 64 steps at most. */
size_t rft_edit_text_distance(const struct rft_edit_text *edit, struct rft_bytes other, size_t bound);

/* The distance of two words; SIZE_MAX if b has more than 64 bytes. */
size_t rft_edit_distance(const char *a, const char *b);

#endif
