/* SPDX-License-Identifier: MIT */
#include "id_table.h"

#include "alloc.h"

#include <xxhash.h>

static size_t *find_slot(const struct rft_id_table *table, const struct rft_question *questions,
                         const struct rft_question *question)
{
    const uint64_t seed = table->ignores_repeat ? 0 : question->repeat;
    size_t i = (size_t)XXH64(question->id.data, question->id.len, seed) & (table->n_slots - 1);
    for (; table->slots[i] != 0; i = (i + 1) & (table->n_slots - 1)) {
        const struct rft_question *other = &questions[table->slots[i] - 1];
        if ((table->ignores_repeat || other->repeat == question->repeat) && rft_bytes_equal(other->id, question->id) &&
            (!table->tells_texts || rft_bytes_equal(other->text, question->text)))
            break;
    }
    return &table->slots[i];
}

static enum rft_status grow(struct rft_id_table *table, const struct rft_question *questions)
{
    struct rft_id_table larger = *table;
    larger.n_slots = table->n_slots != 0 ? 2 * table->n_slots : 64;
    larger.slots = rft_alloc(larger.n_slots, sizeof *larger.slots);
    if (larger.slots == NULL)
        return RFT_ERR_HOST_MEMORY;
    for (size_t i = 0; i < table->n_slots; i++)
        if (table->slots[i] != 0)
            *find_slot(&larger, questions, &questions[table->slots[i] - 1]) = table->slots[i];
    rft_free(table->slots);
    *table = larger;
    return RFT_OK;
}

enum rft_status rft_id_table_find(struct rft_id_table *table, const struct rft_question *questions,
                                  const struct rft_question *question, size_t **place)
{
    if (table->n_used >= table->n_slots / 2)
        RFT_TRY(grow(table, questions));
    *place = find_slot(table, questions, question);
    table->n_used += **place == 0;
    return RFT_OK;
}

void rft_id_table_finish(struct rft_id_table *table)
{
    rft_free(table->slots);
    *table = (struct rft_id_table){0};
}
