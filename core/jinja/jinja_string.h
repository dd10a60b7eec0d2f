/* SPDX-License-Identifier: MIT */
/* What filters and methods of texts have in common. */
#ifndef RFT_JINJA_STRING_H
#define RFT_JINJA_STRING_H

#include "jinja_builtin.h"
#include "jinja_case.h"

/* str.replace; count < 0: all. */
enum rft_status rft_jinja_string_replace(struct rft_jinja_run *run, struct rft_jinja_text text,
                                         struct rft_jinja_text from, struct rft_jinja_text to, int64_t count,
                                         struct rft_jinja_value *result);
/* str.splitlines without the ends. */
enum rft_status rft_jinja_string_lines(struct rft_jinja_run *run, struct rft_jinja_text text, bool keep_ends,
                                       struct rft_jinja_list *lines);
/* str.upper, str.lower. */
enum rft_status rft_jinja_string_case(struct rft_jinja_run *run, struct rft_jinja_text text, enum rft_jinja_case wanted,
                                      struct rft_jinja_value *result);
/* str.capitalize. */
enum rft_status rft_jinja_string_capitalize(struct rft_jinja_run *run, struct rft_jinja_text text,
                                            struct rft_jinja_value *result);
/* str.center, str.rjust (fill at the left) or str.ljust. */
enum rft_status rft_jinja_string_pad(struct rft_jinja_run *run, struct rft_jinja_text text, int64_t width,
                                     struct rft_jinja_text fill, unsigned sides, struct rft_jinja_value *result);

/* Methods: str.split, rsplit, partition and rpartition. */
rft_jinja_builtin_fn rft_jinja_split, rft_jinja_rsplit, rft_jinja_partition, rft_jinja_rpartition;

#endif
