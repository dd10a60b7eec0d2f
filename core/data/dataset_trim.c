/* SPDX-License-Identifier: MIT */
#include "dataset_trim.h"

#include "alloc.h"

#include <stdlib.h>
#include <string.h>

struct trimmer {
    const struct rft_parsed_rows *rows;
    struct rft_str *arena;
    uintptr_t begin, end;     /* of the arena as it was */
    struct rft_bytes **spans; /* [n] of the row at hand: those in the arena */
    size_t n, cap;
    size_t done; /* of the arena: what stands before is dealt with */
    size_t kept; /* bytes of it */
};

static enum rft_status add_span(struct trimmer *t, const struct rft_bytes *span)
{
    void *spans = t->spans;
    if (span->data == NULL || (uintptr_t)span->data < t->begin || (uintptr_t)span->data > t->end)
        return RFT_OK;
    if (rft_grow(&spans, &t->cap, t->n + 1, sizeof *t->spans) != 0)
        return RFT_ERR_HOST_MEMORY;
    t->spans = spans;
    t->spans[t->n++] = (struct rft_bytes *)(uintptr_t)span; /* lists are const for those who read them */
    return RFT_OK;
}

static enum rft_status add_spans(struct trimmer *t, const struct rft_bytes *spans, size_t n)
{
    for (size_t i = 0; i < n; i++)
        RFT_TRY(add_span(t, &spans[i]));
    return RFT_OK;
}

static enum rft_status add_question(struct trimmer *t, const struct rft_question *question)
{
    RFT_TRY(add_span(t, &question->text));
    RFT_TRY(add_span(t, &question->id));
    RFT_TRY(add_span(t, &question->gold));
    RFT_TRY(add_spans(t, question->golds, question->golds != NULL ? question->n_golds : 0));
    return add_spans(t, question->choices, question->choices != NULL ? question->n_choices : 0);
}

static enum rft_status add_skipped(struct trimmer *t, const struct rft_skipped *skipped)
{
    RFT_TRY(add_span(t, &skipped->question));
    return add_span(t, &skipped->id);
}

static int compare_places(const void *a, const void *b)
{
    const struct rft_bytes *x = *(struct rft_bytes *const *)a, *y = *(struct rft_bytes *const *)b;
    return (x->data > y->data) - (x->data < y->data);
}

/* Spans may overlap: an answer within the question's field, an id that is the text. What moved already stays. */
static void move_spans(struct trimmer *t)
{
    char *arena = t->arena->data;
    if (t->n > 1)
        qsort(t->spans, t->n, sizeof *t->spans, compare_places);
    for (size_t i = 0; i < t->n; i++) {
        const size_t begin = (size_t)(t->spans[i]->data - arena), end = begin + t->spans[i]->len;
        if (begin > t->done)
            t->done = begin;
        const size_t shift = t->done - t->kept;
        if (end > t->done) {
            memmove(arena + t->kept, arena + t->done, end - t->done);
            t->kept += end - t->done;
            t->done = end;
        }
        t->spans[i]->data = arena + begin - shift;
    }
}

/* The arena stands somewhere else now. */
static void follow_arena(struct trimmer *t)
{
    for (size_t i = 0; i < t->n; i++)
        t->spans[i]->data = t->arena->data + ((uintptr_t)t->spans[i]->data - t->begin);
}

/* Row after row, in the order of the file. */
static enum rft_status walk(struct trimmer *t, void (*visit)(struct trimmer *t))
{
    const struct rft_parsed_rows *d = t->rows;
    for (size_t q = 0, s = 0; q < d->n || s < d->n_skipped;) {
        const bool is_question = s == d->n_skipped || (q < d->n && d->questions[q].row < d->skipped[s].row);
        t->n = 0;
        RFT_TRY(is_question ? add_question(t, &d->questions[q++]) : add_skipped(t, &d->skipped[s++]));
        visit(t);
    }
    return RFT_OK;
}

static enum rft_status trim(struct trimmer *t)
{
    struct rft_str *arena = t->arena;
    RFT_TRY(walk(t, move_spans));
    char *data = rft_realloc(arena->data, t->kept + 1, 1);
    if (data == NULL)
        return RFT_ERR_HOST_MEMORY;
    data[t->kept] = '\0';
    *arena = (struct rft_str){.data = data, .len = t->kept, .cap = t->kept + 1};
    t->end = t->begin + t->kept;
    return (uintptr_t)data != t->begin ? walk(t, follow_arena) : RFT_OK;
}

enum rft_status rft_dataset_trim(const struct rft_parsed_rows *rows, struct rft_str *arena)
{
    const uintptr_t begin = (uintptr_t)arena->data;
    struct trimmer t = {.rows = rows, .arena = arena, .begin = begin, .end = begin + arena->len};
    enum rft_status status = arena->data != NULL ? trim(&t) : RFT_OK;
    rft_free(t.spans);
    return status;
}
