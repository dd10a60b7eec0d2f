/* SPDX-License-Identifier: MIT */
/* Questions by their ids: a hash table of places in an array. */
#ifndef RFT_ID_TABLE_H
#define RFT_ID_TABLE_H

#include "question.h"
#include "status.h"

/* Zero-initialise, set what is compared; finish. */
struct rft_id_table {
    bool ignores_repeat; /* by id alone; else by id and repeat */
    bool tells_texts;    /* and by the question's text */
    size_t *slots;       /* [n_slots] place + 1; 0 = free */
    size_t n_slots, n_used;
};

/* Looks one up: *place is where the place + 1 of a question of the same id stands, or 0, which the caller replaces.
 * `questions`: all that were put in so far. Valid until the next look-up. */
enum rft_status rft_id_table_find(struct rft_id_table *table, const struct rft_question *questions,
                                  const struct rft_question *question, size_t **place);
void rft_id_table_finish(struct rft_id_table *table);

#endif
