/* SPDX-License-Identifier: MIT */
/* Gold answers and options of a row: what they may look like, and their texts. */
#ifndef RFT_DATASET_GOLD_H
#define RFT_DATASET_GOLD_H

#include "row_reader.h"

/* Where the elements of a row's lists stand in reader->spans. */
struct rft_row_lists {
    size_t golds, n_golds; /* n = 0: gold is one value, or there is none */
    size_t choices, n_choices;
    size_t labels; /* place + 1 of the options' labels; 0: they have none, or they are A, B and so on */
};

/* Whether the fields are what they must be: else reader->why says so. Lists' elements are put into reader->spans. */
enum rft_status rft_row_check_gold(struct rft_row_reader *reader, struct rft_row_lists *lists);
enum rft_status rft_row_check_choices(struct rft_row_reader *reader, struct rft_row_lists *lists);

/* Their texts, unescaped; each gold answer must be what the options' rule can compare. A gold answer that is the label
 * of an option (ARC: "3") becomes the letter of its place; options whose labels are letters stand by them. */
enum rft_status rft_row_read_choices(struct rft_row_reader *reader, struct rft_row_lists *lists,
                                     struct rft_question *question);
enum rft_status rft_row_read_gold(struct rft_row_reader *reader, const struct rft_row_lists *lists,
                                  struct rft_question *question);

#endif
