/* SPDX-License-Identifier: MIT */
#include "generate.h"

#include "os.h"
#include "progress.h"

/* A kill loses what ended since the last commit and in the burst that it falls into: well below 5 seconds. */
#define COMMIT_SECONDS 1.0
/* How often a command's answers are looked for while samples are drawn that they may make needless. */
#define ANSWERS_SECONDS 0.25

struct generation {
    const struct rft_generate_job *job;
    const struct rft_inputs *inputs;
    struct rft_generated *generated;
    struct rft_progress progress;
    struct rft_progress_state state;
    uint64_t n_all; /* samples */
    struct rft_str text;
    double commit_seconds;  /* when the journal was last committed */
    bool commit_failed;     /* within a chunk, and said: it is not tried again */
    double answers_seconds; /* when answers were last looked for between bursts */
    bool are_answers_due;
    uint64_t asked_question; /* the last whose answers were looked for, and when */
    double asked_seconds;
};

/* Counts a sample that is in the journal or just went there. */
static enum rft_status count_sample(const struct rft_generate_job *job, const struct rft_sample *sample,
                                    struct rft_generated *generated)
{
    const struct rft_question *question = &job->setup->inputs.dataset.questions[sample->question];
    struct rft_verdict verdict;
    RFT_TRY(rft_needed_note_drawn(job->needed, sample->question, sample->sample));
    RFT_TRY(rft_judging_judge(job->judging, question, sample, &verdict));
    if (verdict.must_ask)
        return RFT_OK;
    generated->n_accepted += verdict.reason == RFT_REASON_ACCEPTED;
    return rft_needed_note_verdict(job->needed, sample, verdict.reason == RFT_REASON_ACCEPTED);
}

static enum rft_status ended(void *user, const struct rft_drawn *drawn, struct rft_bytes text)
{
    struct generation *g = user;
    struct rft_sample record = {.question = drawn->flight->question,
                                .sample = drawn->sample,
                                .n_tokens = drawn->n_tokens,
                                .finish = drawn->finish,
                                .text = text};
    rft_sample_set_logprobs(&record, drawn->logprobs, g->inputs->provenance.logprobs);
    RFT_TRY(rft_journal_append(g->job->journal, &record));
    return count_sample(g->job, &record, g->generated);
}

/* Commits what has ended when the last commit is some time ago: a kill may come at any moment, a chunk may last for
 * hours. */
static enum rft_status commit_in_time(struct generation *g)
{
    enum rft_status status;
    if (!rft_journal_is_pending(g->job->journal) || rft_os_seconds() - g->commit_seconds < COMMIT_SECONDS)
        return RFT_OK;
    status = rft_journal_commit(g->job->journal);
    g->commit_seconds = rft_os_seconds(); /* behind the commit, which a slow disk may take seconds for */
    g->commit_failed = status != RFT_OK;
    return status;
}

static enum rft_status go_on(void *user, uint32_t n_tokens)
{
    struct generation *g = user;
    const struct rft_needed *needed = g->job->needed;
    g->state.tokens += n_tokens;
    g->state.samples_done = g->n_all - needed->n_left;
    g->state.questions_done = needed->n_questions - needed->n_questions_left;
    g->state.memory_bytes = g->job->setup->engine.dev.live_bytes;
    g->state.accepted = g->generated->n_accepted + rft_judging_n_later(g->job->judging);
    rft_progress_update(&g->progress, &g->state);
    g->are_answers_due = rft_os_seconds() - g->answers_seconds >= ANSWERS_SECONDS;
    if (g->are_answers_due)
        g->answers_seconds = rft_os_seconds();
    return commit_in_time(g);
}

static enum rft_status end_chunk(void *user, enum rft_status status)
{
    struct generation *g = user;
    if (g->commit_failed) /* which was said; trying again would say it twice */
        return status;
    RFT_TRY(rft_journal_commit(g->job->journal)); /* also after a failure: what has ended is kept */
    g->commit_seconds = rft_os_seconds();
    return status;
}

/* Counts a question's samples that the journal holds; where a number is enough, those whose verdicts are missing. */
static enum rft_status count_question(const struct rft_generate_job *job, uint64_t question, struct rft_str *text,
                                      struct rft_generated *generated)
{
    for (uint32_t s = 0; s < rft_needed_end(job->needed, question); s++) {
        struct rft_sample sample;
        if (rft_needed_is_judged(job->needed, question, s) || !rft_journal_has(job->journal, question, s))
            continue;
        RFT_TRY(rft_journal_read(job->journal, question, s, text, &sample));
        RFT_TRY(count_sample(job, &sample, generated));
    }
    return RFT_OK;
}

/* What a command has answered since may make samples of the question needless. */
static enum rft_status look_for_answers(struct generation *g, uint64_t question)
{
    const double now = rft_os_seconds();
    const bool was_just_asked = question == g->asked_question && now - g->asked_seconds < ANSWERS_SECONDS;
    if (g->job->judging->judges == NULL || rft_needed_is_final(g->job->needed, question) || was_just_asked)
        return RFT_OK;
    struct rft_generated again = {0}; /* progress counts a command's verdicts by itself */
    g->asked_question = question;
    g->asked_seconds = now;
    return count_question(g->job, question, &g->text, &again);
}

static enum rft_status next(void *user, uint64_t question, struct rft_request *request, bool *found)
{
    struct generation *g = user;
    const struct rft_needed *needed = g->job->needed;
    *found = false;
    if (rft_needed_n_left(needed, question) == 0)
        return RFT_OK;
    RFT_TRY(look_for_answers(g, question));
    uint32_t sample = request->sample, end = rft_needed_end(needed, question);
    while (sample < end && rft_journal_has(g->job->journal, question, sample))
        sample++;
    const struct rft_draw draw = rft_draw_of(&g->inputs->drawn, sample);
    *found = sample < end;
    request->sample = sample;
    request->key = rft_question_key(&g->inputs->dataset.questions[question], draw.seed);
    request->temperature = (float)draw.temperature;
    return RFT_OK;
}

static enum rft_status is_wanted(void *user, uint64_t question, uint32_t sample, bool *is_wanted)
{
    struct generation *g = user;
    if (g->are_answers_due)
        RFT_TRY(look_for_answers(g, question));
    *is_wanted = sample < rft_needed_end(g->job->needed, question);
    return RFT_OK;
}

enum rft_status rft_generate_count(const struct rft_generate_job *job, struct rft_generated *generated)
{
    const struct rft_needed *needed = job->needed;
    struct rft_str text = {0};
    enum rft_status status = RFT_OK;
    for (uint64_t q = 0; q < needed->n_questions && status == RFT_OK; q++)
        status = rft_os_interrupted() ? RFT_ERR_INTERRUPTED : count_question(job, q, &text, generated);
    rft_str_finish(&text);
    return status;
}

enum rft_status rft_generate(const struct rft_generate_job *job, bool is_quiet, struct rft_generated *generated)
{
    const double start = rft_os_seconds();
    struct generation g = {.job = job,
                           .inputs = &job->setup->inputs,
                           .generated = generated,
                           .n_all = job->needed->n_questions * job->needed->n_samples,
                           .commit_seconds = start,
                           .answers_seconds = start,
                           .state = {.budget_bytes = job->setup->plan.budget_bytes}};
    const struct rft_draw_job draw = {&g, next, is_wanted, ended, end_chunk, go_on};
    enum rft_status status;
    rft_progress_start(&g.progress, job->needed->n_questions, g.n_all, g.n_all - job->needed->n_left, is_quiet);
    status = rft_draw(job->setup, &draw, &generated->drawn);
    generated->seconds = rft_os_seconds() - start;
    rft_progress_finish(&g.progress);
    rft_str_finish(&g.text);
    return status;
}
