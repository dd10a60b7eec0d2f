/* SPDX-License-Identifier: MIT */
#include "chunk.h"

#include "alloc.h"
#include "os.h"
#include "slots.h"

struct chunk {
    struct rft_engine *engine;
    const struct rft_plan *plan;
    const struct rft_group *group;
    const struct rft_chunk_sink *sink;
    struct rft_pool pool;
    struct rft_work work;
    struct rft_program program;
    struct rft_exec *exec;
    struct rft_slots slots;
    uint32_t *tables; /* [plan->step.n_table_entries]: prompt pages, then each slot's own */
};

static uint64_t h_row_bytes(const struct chunk *c)
{
    return rft_h_bytes(c->engine->weights.config.dim);
}

static struct rft_slice h_row(const struct chunk *c, uint32_t slot)
{
    return rft_slice_part(c->work.h, slot * h_row_bytes(c), h_row_bytes(c));
}

static enum rft_status begin_chunk(struct chunk *c)
{
    const struct rft_plan *plan = c->plan;
    struct rft_engine *e = c->engine;
    RFT_TRY(rft_engine_take(e, "chunk", &plan->step, &c->pool, &c->work));
    c->work.decode.prompt_kv = c->group->pages;
    c->tables = rft_alloc((size_t)plan->step.n_table_entries, sizeof *c->tables);
    if (c->tables == NULL)
        return RFT_ERR_HOST_MEMORY;
    for (uint32_t i = 0; i < plan->n_prompt_pages; i++)
        c->tables[i] = i;
    RFT_TRY(rft_decode_step(&e->weights, &c->work.decode, &c->work.sampler, &e->rules.sampling, &c->program));
    RFT_TRY(rft_dev_exec_create(&e->dev, &c->program, &c->exec));
    RFT_TRY(rft_dev_write(&e->dev, c->work.mask, e->rules.mask));
    return rft_dev_write(&e->dev, c->work.eos, e->rules.eos);
}

static void end_chunk(struct chunk *c)
{
    rft_slots_finish(&c->slots);
    rft_dev_exec_destroy(&c->engine->dev, c->exec);
    rft_program_finish(&c->program);
    rft_free(c->tables);
    rft_engine_give(&c->pool, &c->work);
}

/* Whether a request need not be drawn any more; it counts as done then. */
static enum rft_status give_up(struct chunk *c, struct rft_request *request, uint32_t n_drawn, bool *is_given_up)
{
    const struct rft_flight *flight = &c->group->flights[request->flight];
    bool is_wanted = true;
    if (c->sink->is_wanted != NULL)
        RFT_TRY(c->sink->is_wanted(c->sink->user, flight, request->sample, &is_wanted));
    *is_given_up = !is_wanted;
    if (is_wanted)
        return RFT_OK;
    request->is_done = true;
    request->n_given_up = n_drawn;
    return RFT_OK;
}

/* Puts waiting requests on free slots. A prompt that overflowed ends its samples before their first token. */
static enum rft_status start_requests(struct chunk *c)
{
    struct rft_request *request;
    while ((request = rft_slots_next(&c->slots)) != NULL) {
        const struct rft_flight *flight = &c->group->flights[request->flight];
        bool is_given_up;
        RFT_TRY(give_up(c, request, 0, &is_given_up));
        if (is_given_up)
            continue;
        if (flight->is_bad) {
            const struct rft_drawn none = {
                .flight = flight, .sample = request->sample, .finish = RFT_FINISH_NOT_FINITE};
            RFT_TRY(c->sink->ended(c->sink->user, &none));
            request->is_done = true;
            continue;
        }
        RFT_TRY(rft_dev_write(&c->engine->dev, h_row(c, c->slots.n_active), flight->h));
        rft_slots_start(&c->slots, request, flight);
    }
    return RFT_OK;
}

static enum rft_status run_burst(struct chunk *c, uint32_t n_steps)
{
    struct rft_slots *s = &c->slots;
    struct rft_dev *dev = &c->engine->dev;
    struct rft_batch batch = {.n_rows = s->n_active};
    struct rft_slice rows = rft_slice_part(c->work.rows, 0, s->n_active * sizeof *s->rows);
    const uint64_t tokens_bytes = (uint64_t)s->n_active * s->n_new_max * 4;
    rft_slots_tables(s, c->tables);
    RFT_TRY(rft_dev_write(dev, c->work.batch, &batch));
    RFT_TRY(rft_dev_write(dev, rows, s->rows));
    RFT_TRY(rft_dev_write(dev, c->work.tables, c->tables));
    RFT_TRY(rft_dev_run(dev, c->exec, n_steps));
    RFT_TRY(rft_dev_read(dev, rows, s->rows));
    RFT_TRY(rft_dev_read(dev, rft_slice_part(c->work.tokens, 0, tokens_bytes), s->read.tokens));
    if (s->read.logprobs == NULL)
        return RFT_OK;
    return rft_dev_read(dev, rft_slice_part(c->work.logprobs, 0, tokens_bytes), s->read.logprobs);
}

/* Closes the hole of a slot that ended by moving the last slot there, its hidden state on the device included. */
static enum rft_status remove_slot(struct chunk *c, uint32_t slot, void *h_copy)
{
    uint32_t last = c->slots.n_active - 1;
    if (slot != last) {
        RFT_TRY(rft_dev_read(&c->engine->dev, h_row(c, last), h_copy));
        RFT_TRY(rft_dev_write(&c->engine->dev, h_row(c, slot), h_copy));
    }
    rft_slots_remove(&c->slots, slot);
    return RFT_OK;
}

/* Has the slot's sample ended? If so hands it over. *n_drawn: tokens that count. */
static enum rft_status collect(struct chunk *c, uint32_t slot, uint32_t n_before, bool *has_ended, uint32_t *n_drawn)
{
    const struct rft_row *row = &c->slots.rows[slot];
    const struct rft_slot_tokens tokens = rft_slots_tokens(&c->slots, slot);
    struct rft_request *request = c->slots.slots[slot].request;
    struct rft_drawn drawn = {.flight = &c->group->flights[request->flight],
                              .sample = request->sample,
                              .tokens = tokens.tokens,
                              .logprobs = tokens.logprobs,
                              .n_tokens = row->n_new,
                              .n_text = row->state == RFT_ROW_STOP ? row->n_new - 1 : row->n_new,
                              .finish = row->state == RFT_ROW_LENGTH       ? RFT_FINISH_LENGTH
                                        : row->state == RFT_ROW_NOT_FINITE ? RFT_FINISH_NOT_FINITE
                                                                           : RFT_FINISH_STOP};
    uint32_t n_kept = 0;
    RFT_TRY(c->sink->cut(c->sink->user, tokens.tokens, n_before, drawn.n_text, &n_kept));
    if (n_kept != 0) {
        drawn.n_text = drawn.n_tokens = n_kept;
        drawn.finish = RFT_FINISH_STOP;
    }
    *has_ended = n_kept != 0 || row->state != RFT_ROW_RUNNING;
    *n_drawn = drawn.n_tokens - n_before;
    if (!*has_ended)
        return RFT_OK;
    RFT_TRY(c->sink->ended(c->sink->user, &drawn));
    request->is_done = true;
    return RFT_OK;
}

static enum rft_status collect_all(struct chunk *c, void *h_copy, uint32_t *n_drawn)
{
    *n_drawn = 0;
    rft_slots_take_tokens(&c->slots);
    for (uint32_t slot = c->slots.n_active; slot-- > 0;) { /* downwards: a slot moved into a hole has been looked at */
        bool has_ended;
        uint32_t n;
        RFT_TRY(collect(c, slot, c->slots.slots[slot].n_collected, &has_ended, &n));
        rft_slots_hand_on(&c->slots, slot, n);
        *n_drawn += n;
        if (has_ended)
            RFT_TRY(remove_slot(c, slot, h_copy));
    }
    return RFT_OK;
}

/* Frees the slots of samples that what has ended meanwhile made needless. */
static enum rft_status drop_unwanted(struct chunk *c, void *h_copy)
{
    for (uint32_t slot = c->slots.n_active; slot-- > 0;) {
        bool is_given_up;
        RFT_TRY(give_up(c, c->slots.slots[slot].request, c->slots.slots[slot].n_collected, &is_given_up));
        if (is_given_up)
            RFT_TRY(remove_slot(c, slot, h_copy));
    }
    return RFT_OK;
}

/* Gives pages for the next steps; samples that must give way lose their slot. */
static enum rft_status hand_out_pages(struct chunk *c, uint32_t n_steps, void *h_copy)
{
    uint32_t victim;
    while (!rft_slots_give_pages(&c->slots, n_steps, &victim)) {
        rft_slots_requeue(&c->slots, victim);
        RFT_TRY(remove_slot(c, victim, h_copy));
    }
    return RFT_OK;
}

static enum rft_status run_requests(struct chunk *c, void *h_copy)
{
    const uint32_t burst_steps = c->plan->sizes.caps.burst_steps;
    uint32_t n_steps_max = burst_steps;
    for (;;) {
        uint32_t n_steps, n_drawn;
        double begin;
        RFT_TRY(start_requests(c));
        if (c->slots.n_active == 0)
            return RFT_OK;
        n_steps = rft_slots_burst(&c->slots, n_steps_max);
        RFT_TRY(hand_out_pages(c, n_steps, h_copy));
        begin = rft_os_seconds();
        RFT_TRY(run_burst(c, n_steps));
        n_steps_max = rft_slots_burst_max(burst_steps, n_steps, rft_os_seconds() - begin);
        RFT_TRY(collect_all(c, h_copy, &n_drawn));
        RFT_TRY(c->sink->go_on(c->sink->user, n_drawn));
        RFT_TRY(drop_unwanted(c, h_copy));
    }
}

enum rft_status rft_chunk_run(struct rft_engine *engine, const struct rft_plan *plan, const struct rft_group *group,
                              struct rft_request *requests, uint32_t n_requests, const struct rft_chunk_sink *sink)
{
    struct chunk c = {.engine = engine, .plan = plan, .group = group, .sink = sink};
    void *h_copy = rft_alloc((size_t)h_row_bytes(&c), 1);
    enum rft_status status = h_copy == NULL ? RFT_ERR_HOST_MEMORY : RFT_OK;
    if (status == RFT_OK)
        status = rft_slots_init(&c.slots, plan, requests, n_requests);
    if (status == RFT_OK)
        status = begin_chunk(&c);
    if (status == RFT_OK)
        status = run_requests(&c, h_copy);
    end_chunk(&c);
    rft_free(h_copy);
    return status;
}
