/* SPDX-License-Identifier: MIT */
/* What makes two completions equal. Everything is said of a completion as the outputs write it: UTF-8, in which every
 * maximal subpart of an ill-formed sequence is U+FFFD, so that records judged again give the same. */
#ifndef RFT_PATH_H
#define RFT_PATH_H

#include "select.h"
#include "str.h"

#include <stdbool.h>
#include <stdint.h>

/* XXH3 of 128 bits: what is equal has the same, and what is not has another. */
struct rft_text_hash {
    uint64_t low, high;
};

struct rft_text_hash rft_text_hash_of(struct rft_bytes text);
bool rft_text_hash_equal(struct rft_text_hash a, struct rft_text_hash b);

/* Appends the text as the outputs write it. */
enum rft_status rft_text_put_clean(struct rft_bytes text, struct rft_str *out);
/* Appends a text's normal form: no ASCII white space at its ends, and of every run of it one space. Capitals stay. */
enum rft_status rft_text_put_normal(struct rft_bytes text, struct rft_str *out);

/* Appends a reasoning path in its one form, after Yuan et al. 2023 (arXiv 2308.01825, section 3.3), who tell paths
 * apart by their equations: the annotations that hold (annotations.h); if there is none, the plain equations
 * (plain_equations.h); if there is none, the normal form. The work grows with the length alone. */
enum rft_status rft_path_put(struct rft_bytes text, struct rft_str *out);

/* The hash that completions share which count as one; distinct is not NO. The caller finishes *scratch. */
enum rft_status rft_distinct_key(enum rft_distinct distinct, struct rft_bytes text, struct rft_str *scratch,
                                 struct rft_text_hash *key);

#endif
