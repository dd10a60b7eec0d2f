/* SPDX-License-Identifier: MIT */
#include "needed.h"

#include "alloc.h"
#include "enough.h"

enum { IS_DRAWN = 1, IS_JUDGED = 2 };

/* What is known of a question's samples while its end is not final. */
struct ledger {
    struct rft_enough enough;
    uint32_t n_judged;     /* all before it are judged */
    unsigned char flags[]; /* [n_samples] */
};

struct rft_needed_question {
    uint32_t end;
    bool is_final;
    struct ledger *ledger; /* NULL: nothing is known yet, or the end is final */
};

enum rft_status rft_needed_init(struct rft_needed *needed, uint64_t n_questions, uint32_t n_samples, uint32_t n_enough,
                                enum rft_distinct distinct)
{
    *needed = (struct rft_needed){.n_questions = n_questions,
                                  .n_samples = n_samples,
                                  .n_enough = n_enough,
                                  .distinct = distinct,
                                  .n_left = n_questions * n_samples,
                                  .n_questions_left = n_questions};
    needed->n_left_of = rft_alloc((size_t)n_questions, sizeof *needed->n_left_of);
    if (n_enough != 0)
        needed->questions = rft_alloc((size_t)n_questions, sizeof *needed->questions);
    if (needed->n_left_of == NULL || (n_enough != 0 && needed->questions == NULL))
        return RFT_ERR_HOST_MEMORY;
    for (uint64_t q = 0; q < n_questions; q++) {
        needed->n_left_of[q] = n_samples;
        if (n_enough != 0)
            needed->questions[q].end = n_samples;
    }
    return RFT_OK;
}

static void close_ledger(struct rft_needed_question *question)
{
    if (question->ledger != NULL)
        rft_enough_finish(&question->ledger->enough);
    rft_free(question->ledger);
    question->ledger = NULL;
}

void rft_needed_finish(struct rft_needed *needed)
{
    for (uint64_t q = 0; needed->questions != NULL && q < needed->n_questions; q++)
        close_ledger(&needed->questions[q]);
    rft_free(needed->questions);
    rft_free(needed->n_left_of);
    *needed = (struct rft_needed){0};
}

uint64_t rft_needed_bytes(uint64_t n_questions, uint32_t n_enough)
{
    return n_questions * (sizeof(uint32_t) + (n_enough != 0 ? sizeof(struct rft_needed_question) : 0));
}

static enum rft_status open_ledger(const struct rft_needed *needed, struct rft_needed_question *question)
{
    const uint32_t n = needed->n_enough < needed->n_samples ? needed->n_enough : needed->n_samples;
    if (question->ledger != NULL)
        return RFT_OK;
    question->ledger = rft_alloc(sizeof *question->ledger + needed->n_samples, 1);
    if (question->ledger == NULL)
        return RFT_ERR_HOST_MEMORY;
    /* more than there are samples are never enough, and need no room */
    return rft_enough_init(&question->ledger->enough, needed->distinct, n == needed->n_enough ? n : n + 1);
}

static void count_off(struct rft_needed *needed, uint64_t question)
{
    needed->n_left--;
    needed->n_questions_left -= --needed->n_left_of[question] == 0;
}

enum rft_status rft_needed_note_drawn(struct rft_needed *needed, uint64_t question, uint32_t sample)
{
    if (needed->questions != NULL) {
        struct rft_needed_question *q = &needed->questions[question];
        if (q->is_final || sample >= q->end)
            return RFT_OK;
        RFT_TRY(open_ledger(needed, q));
        if (q->ledger->flags[sample] & IS_DRAWN)
            return RFT_OK;
        q->ledger->flags[sample] |= IS_DRAWN;
    }
    count_off(needed, question);
    return RFT_OK;
}

/* What is behind the end need not be drawn. */
static void move_end(struct rft_needed *needed, uint64_t question, uint32_t end)
{
    struct rft_needed_question *q = &needed->questions[question];
    for (; q->end > end; q->end--)
        if (!(q->ledger->flags[q->end - 1] & IS_DRAWN))
            count_off(needed, question);
}

enum rft_status rft_needed_note_verdict(struct rft_needed *needed, const struct rft_sample *sample, bool is_accepted)
{
    if (needed->questions == NULL)
        return RFT_OK;
    struct rft_needed_question *q = &needed->questions[sample->question];
    if (q->is_final || sample->sample >= q->end)
        return RFT_OK;
    RFT_TRY(open_ledger(needed, q));
    struct ledger *ledger = q->ledger;
    if (ledger->flags[sample->sample] & IS_JUDGED)
        return RFT_OK;
    if (is_accepted)
        RFT_TRY(rft_enough_add(&ledger->enough, sample->sample, sample->text));
    ledger->flags[sample->sample] |= IS_JUDGED;
    if (rft_enough_bound(&ledger->enough) < q->end)
        move_end(needed, sample->question, rft_enough_bound(&ledger->enough) + 1);
    while (ledger->n_judged < q->end && ledger->flags[ledger->n_judged] & IS_JUDGED)
        ledger->n_judged++;
    q->is_final = ledger->n_judged == q->end;
    if (q->is_final)
        close_ledger(q);
    return RFT_OK;
}

uint32_t rft_needed_end(const struct rft_needed *needed, uint64_t question)
{
    return needed->questions != NULL ? needed->questions[question].end : needed->n_samples;
}

uint32_t rft_needed_n_left(const struct rft_needed *needed, uint64_t question)
{
    return needed->n_left_of[question];
}

bool rft_needed_is_judged(const struct rft_needed *needed, uint64_t question, uint32_t sample)
{
    if (needed->questions == NULL)
        return false;
    const struct rft_needed_question *q = &needed->questions[question];
    return q->is_final || sample >= q->end || (q->ledger != NULL && q->ledger->flags[sample] & IS_JUDGED);
}

bool rft_needed_is_final(const struct rft_needed *needed, uint64_t question)
{
    return needed->questions == NULL || needed->questions[question].is_final;
}

static uint32_t n_of(void *user, uint64_t question)
{
    const struct rft_needed_samples *samples = user;
    return samples->all.n_of(samples->all.user, question);
}

static enum rft_status read_sample(void *user, uint64_t question, uint32_t i, struct rft_str *text,
                                   struct rft_sample *out)
{
    const struct rft_needed_samples *samples = user;
    if (i < rft_needed_end(samples->needed, question))
        return samples->all.read(samples->all.user, question, i, text, out);
    *out = (struct rft_sample){.question = question, .sample = i, .text = {"", 0}, .is_not_drawn = true};
    return RFT_OK;
}

struct rft_samples rft_needed_as_samples(struct rft_needed_samples *samples)
{
    return (struct rft_samples){samples, samples->all.n_max, n_of, read_sample};
}
