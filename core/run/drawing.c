/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* memmem */
#include "drawing.h"

#include "alloc.h"
#include "log.h"
#include "os.h"

#include <string.h>

struct drawing {
    const struct rft_draw_job *job;
    struct rft_inputs *inputs;
    struct rft_engine *engine;
    struct rft_draw_totals *totals;
    struct rft_plan plan;     /* the setup's, until memory turns out short */
    struct rft_prefix prefix; /* of all prompts */
    struct rft_str text;      /* of a sample, while it is looked at */
    uint64_t first_question;  /* all before it are done */
    uint32_t n_lost;          /* times the device was lost since the last chunk that ended well */
};

/* Where the first stop string begins in the text; false if there is none. */
static bool find_stop(const struct drawing *d, const struct rft_str *text, size_t *at)
{
    const struct rft_strings *stops = &d->inputs->drawn.generate_stop;
    bool found = false;
    for (size_t i = 0; i < stops->n; i++) {
        const char *stop = stops->items[i];
        const char *hit = text->len == 0 ? NULL : memmem(text->data, text->len, stop, strlen(stop));
        if (hit != NULL && (!found || (size_t)(hit - text->data) < *at)) {
            *at = (size_t)(hit - text->data);
            found = true;
        }
    }
    return found;
}

static enum rft_status decode_text(struct drawing *d, const uint32_t *tokens, uint32_t n)
{
    rft_str_clear(&d->text);
    return rft_tokenizer_decode(d->inputs->tokenizer, tokens, n, &d->text);
}

/* Every beginning of the tokens is looked at by itself, so that the answer does not depend on where bursts end. */
static enum rft_status cut(void *user, const uint32_t *tokens, uint32_t n_before, uint32_t n, uint32_t *n_kept)
{
    struct drawing *d = user;
    *n_kept = 0;
    if (d->inputs->drawn.generate_stop.n == 0)
        return RFT_OK;
    for (uint32_t k = n_before + 1; k <= n && *n_kept == 0; k++) {
        size_t at;
        RFT_TRY(decode_text(d, tokens, k));
        if (find_stop(d, &d->text, &at))
            *n_kept = k;
    }
    return RFT_OK;
}

static enum rft_status ended(void *user, const struct rft_drawn *drawn)
{
    struct drawing *d = user;
    size_t end;
    RFT_TRY(decode_text(d, drawn->tokens, drawn->n_text));
    end = d->text.len;
    (void)find_stop(d, &d->text, &end);
    RFT_TRY(d->job->ended(d->job->user, drawn, (struct rft_bytes){d->text.data != NULL ? d->text.data : "", end}));
    d->totals->n_tokens += drawn->n_tokens;
    return RFT_OK;
}

static enum rft_status is_wanted(void *user, const struct rft_flight *flight, uint32_t sample, bool *is_wanted)
{
    const struct drawing *d = user;
    return d->job->is_wanted(d->job->user, flight->question, sample, is_wanted);
}

static enum rft_status go_on(void *user, uint32_t n_tokens)
{
    struct drawing *d = user;
    RFT_TRY(d->job->go_on(d->job->user, n_tokens));
    return rft_os_interrupted() ? RFT_ERR_INTERRUPTED : RFT_OK;
}

static enum rft_status add_question(struct drawing *d, uint64_t q, struct rft_group *group)
{
    struct rft_ids ids = {0};
    enum rft_status status = rft_inputs_encode(d->inputs, q, &ids);
    if (status == RFT_OK)
        status = rft_group_add(group, q, &ids);
    rft_ids_finish(&ids);
    return status;
}

/* The next questions with samples to draw, as many as the plan has in flight; group->n = 0 when there are none. */
static enum rft_status next_group(struct drawing *d, struct rft_group *group)
{
    enum rft_status status = rft_group_init(group, d->plan.n_questions, d->plan.sizes.config.dim);
    for (uint64_t q = d->first_question; status == RFT_OK && q < d->inputs->dataset.n && group->n < d->plan.n_questions;
         q++) {
        struct rft_request request = {0};
        bool found;
        status = d->job->next(d->job->user, q, &request, &found);
        if (status == RFT_OK && found)
            status = add_question(d, q, group);
        else if (group->n == 0)
            d->first_question = q + 1;
    }
    if (status != RFT_OK)
        rft_group_finish(group);
    return status;
}

/* The next samples of every question of the group that are wanted, as many of each as the plan says, from sample
 * from[flight] on, which moves behind them. */
static enum rft_status take_requests(const struct drawing *d, const struct rft_group *group, uint64_t *from,
                                     struct rft_request *requests, uint32_t *n)
{
    *n = 0;
    for (uint32_t f = 0; f < group->n; f++)
        for (uint32_t i = 0; i < d->plan.chunk && from[f] <= UINT32_MAX; i++) {
            struct rft_request request = {.flight = f, .sample = (uint32_t)from[f]};
            bool found;
            RFT_TRY(d->job->next(d->job->user, group->flights[f].question, &request, &found));
            if (!found)
                break;
            requests[(*n)++] = request;
            from[f] = (uint64_t)request.sample + 1;
        }
    return RFT_OK;
}

static enum rft_status run_chunks(struct drawing *d, struct rft_group *group, uint64_t *from,
                                  struct rft_request *requests)
{
    const struct rft_chunk_sink sink = {d, cut, ended, go_on, d->job->is_wanted != NULL ? is_wanted : NULL};
    for (;;) {
        uint32_t n;
        RFT_TRY(take_requests(d, group, from, requests, &n));
        if (n == 0)
            return RFT_OK;
        enum rft_status status = rft_chunk_run(d->engine, &d->plan, group, requests, n, &sink);
        for (uint32_t i = 0; i < n; i++)
            d->totals->n_tokens += requests[i].n_given_up;
        RFT_TRY(d->job->end_chunk(d->job->user, status));
        d->n_lost = 0;
    }
}

static enum rft_status run_group(struct drawing *d, struct rft_group *group)
{
    struct rft_request *requests = rft_alloc((size_t)group->n * d->plan.chunk, sizeof *requests);
    uint64_t *from = rft_alloc(group->n, sizeof *from), n_rows = 0;
    enum rft_status status = requests == NULL || from == NULL ? RFT_ERR_HOST_MEMORY : RFT_OK;
    if (status == RFT_OK)
        status = rft_group_prefill(group, d->engine, &d->plan, &d->prefix, &n_rows);
    d->totals->n_prompt_tokens += n_rows;
    if (status == RFT_OK)
        status = run_chunks(d, group, from, requests);
    rft_group_release(group);
    rft_free(requests);
    rft_free(from);
    return status;
}

/* The prefix of all prompts, if the plan has room for it. */
static enum rft_status init_prefix(struct drawing *d)
{
    struct rft_ids ids = {0};
    enum rft_status status = RFT_OK;
    uint32_t n_shared = d->plan.prefix_bytes != 0 ? d->inputs->n_prompt_shared : 0;
    if (n_shared != 0)
        status = rft_inputs_encode(d->inputs, 0, &ids);
    if (status == RFT_OK)
        status = rft_prefix_init(&d->prefix, ids.ids, n_shared);
    rft_ids_finish(&ids);
    return status;
}

/* What a failure asks for: a smaller plan, the device again, or giving up. RFT_OK: go on. */
static enum rft_status recover(struct drawing *d, enum rft_status status)
{
    if (status == RFT_ERR_DEVICE_MEMORY) {
        rft_log_warn("%s: memory is short; going on with a smaller plan", d->engine->dev.info.name);
        RFT_TRY(rft_plan_shrink(&d->plan));
        if (d->plan.prefix_bytes == 0)
            rft_prefix_finish(&d->prefix);
        return RFT_OK;
    }
    while (status == RFT_ERR_DEVICE_LOST && d->n_lost++ < RFT_DEVICE_LOST_MAX) {
        rft_log_warn("%s: the device was lost; opening it again", d->engine->dev.info.name);
        status = rft_engine_revive(d->engine);
    }
    return status;
}

/* Group after group, until nothing is left to draw. */
static enum rft_status run_groups(struct drawing *d)
{
    enum rft_status status = RFT_OK;
    while (status == RFT_OK) {
        struct rft_group group;
        RFT_TRY(next_group(d, &group));
        if (group.n == 0) {
            rft_group_finish(&group);
            break;
        }
        status = rft_os_interrupted() ? RFT_ERR_INTERRUPTED : run_group(d, &group);
        rft_group_finish(&group);
        if (status != RFT_OK)
            status = recover(d, status);
        if (status == RFT_OK)
            (void)go_on(d, 0);
    }
    return status;
}

enum rft_status rft_draw(struct rft_setup *setup, const struct rft_draw_job *job, struct rft_draw_totals *totals)
{
    struct drawing d = {
        .job = job, .inputs = &setup->inputs, .engine = &setup->engine, .totals = totals, .plan = setup->plan};
    enum rft_status status = init_prefix(&d);
    *totals = (struct rft_draw_totals){0};
    if (status == RFT_OK)
        status = run_groups(&d);
    rft_str_finish(&d.text);
    rft_prefix_finish(&d.prefix);
    return status;
}
