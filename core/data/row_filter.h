/* SPDX-License-Identifier: MIT */
/* data.filter: which rows of a file are looked at. */
#ifndef RFT_ROW_FILTER_H
#define RFT_ROW_FILTER_H

#include "row_reader.h"

#define RFT_FILTER_SHOWN 5 /* values in a message */

/* One test, and what it has seen: for the message if nothing passes. */
struct rft_row_test {
    bool has_held;
    size_t n_seen;
    uint64_t seen[RFT_FILTER_SHOWN]; /* hashes of the values that are listed */
    struct rft_str values;           /* "\"Level 1\", \"Level 2\"" */
};

/* Zero-initialise; finish. */
struct rft_row_filter {
    struct rft_row_test tests[RFT_FILTER_MAX]; /* of options->filter */
    bool has_passed;                           /* some row */
};

/* Whether all tests hold of the row that the reader has opened. A test is "field=value": a string has this content, or
 * a number, true, false or null this source text. With several = in it any of them may be the one. Of a row that
 * rftgen wrote a test of a field that it has not is passed over: it was made where the questions were read. */
enum rft_status rft_row_passes(struct rft_row_filter *filter, const struct rft_row_reader *reader, bool *passes);
/* Says why no row passed: the test that never held, and the values that its field has. RFT_ERR_INPUT. */
enum rft_status rft_row_filter_refuse(const struct rft_row_filter *filter, const struct rft_dataset_options *options);
void rft_row_filter_finish(struct rft_row_filter *filter);

#endif
