/* SPDX-License-Identifier: MIT */
#include "unsolved.h"

#include "alloc.h"
#include "columns.h"
#include "path.h"

#include <inttypes.h>
#include <stdlib.h>
#include <xxhash.h>

struct rft_unsolved_answer {
    uint64_t hash; /* equal texts stand together once sorted */
    size_t at, len;
};

void rft_unsolved_clear(struct rft_unsolved *unsolved)
{
    rft_str_clear(&unsolved->texts);
    unsolved->n = 0;
}

enum rft_status rft_unsolved_add(struct rft_unsolved *unsolved, struct rft_bytes answer)
{
    void *grown = unsolved->answers;
    const size_t at = unsolved->texts.len;
    if (answer.data == NULL)
        return RFT_OK;
    if (rft_grow(&grown, &unsolved->cap, unsolved->n + 1, sizeof *unsolved->answers) != 0)
        return RFT_ERR_HOST_MEMORY;
    unsolved->answers = grown;
    RFT_TRY(rft_text_put_clean(answer, &unsolved->texts));
    const size_t len = unsolved->texts.len - at;
    RFT_TRY(rft_str_append_z(&unsolved->texts, "\n")); /* so that an empty one, too, has a place of its own */
    unsolved->answers[unsolved->n++] =
        (struct rft_unsolved_answer){XXH64(unsolved->texts.data + at, len, len), at, len};
    return RFT_OK;
}

/* By hash, then as they came. */
static int compare(const void *a, const void *b)
{
    const struct rft_unsolved_answer *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

/* The text that stands most often, and how often; data NULL if there is none. */
static struct rft_bytes find_most(struct rft_unsolved *unsolved, size_t *count)
{
    const struct rft_unsolved_answer *answers = unsolved->answers, *most = NULL;
    *count = 0;
    if (unsolved->n != 0)
        qsort(unsolved->answers, unsolved->n, sizeof *answers, compare);
    for (size_t i = 0, end = 0; i < unsolved->n; i = end) {
        while (end < unsolved->n && answers[end].hash == answers[i].hash)
            end++;
        if (end - i > *count || (end - i == *count && answers[i].at < most->at)) {
            *count = end - i;
            most = &answers[i];
        }
    }
    if (most == NULL)
        return (struct rft_bytes){NULL, 0};
    return (struct rft_bytes){unsolved->texts.data + most->at, most->len};
}

enum rft_status rft_unsolved_write(struct rft_unsolved *unsolved, const struct rft_question *question,
                                   uint32_t n_samples)
{
    struct rft_str *line = &unsolved->line;
    size_t count;
    const struct rft_bytes answer = find_most(unsolved, &count);
    rft_str_clear(line);
    RFT_TRY(rft_put_text(line, "{\"id\": ", question->id));
    RFT_TRY(rft_str_printf(line, ", \"repeat\": %u, \"question_index\": %" PRIu64, question->repeat, question->row));
    RFT_TRY(rft_put_text(line, ", \"question\": ", question->text));
    RFT_TRY(rft_put_gold_text(line, ", \"gold\": ", question));
    RFT_TRY(rft_str_printf(line, ", \"samples\": %" PRIu32, n_samples));
    RFT_TRY(rft_put_text_or_null(line, ", \"answer\": ", answer));
    RFT_TRY(rft_str_printf(line, ", \"answer_count\": %zu}\n", count));
    return rft_out_write(unsolved->out, line->data, line->len);
}

void rft_unsolved_finish(struct rft_unsolved *unsolved)
{
    rft_str_finish(&unsolved->line);
    rft_str_finish(&unsolved->texts);
    rft_free(unsolved->answers);
    *unsolved = (struct rft_unsolved){0};
}
