/* SPDX-License-Identifier: MIT */
#include "group.h"

#include "alloc.h"
#include "os.h"

#include <assert.h>

enum rft_status rft_group_init(struct rft_group *group, uint32_t n_max, uint32_t dim)
{
    *group = (struct rft_group){.dim = dim};
    group->flights = rft_alloc(n_max, sizeof *group->flights);
    if (group->flights == NULL)
        return RFT_ERR_HOST_MEMORY;
    group->n_max = n_max;
    return RFT_OK;
}

enum rft_status rft_group_add(struct rft_group *group, uint64_t question, struct rft_ids *ids)
{
    uint8_t *h = rft_alloc((size_t)rft_h_bytes(group->dim), 1);
    assert(group->n < group->n_max);
    if (h == NULL)
        return RFT_ERR_HOST_MEMORY;
    group->flights[group->n++] = (struct rft_flight){.question = question, .ids = *ids, .h = h};
    *ids = (struct rft_ids){0};
    return RFT_OK;
}

void rft_group_release(struct rft_group *group)
{
    rft_engine_give_pages(&group->pool, &group->pages);
}

void rft_group_finish(struct rft_group *group)
{
    rft_group_release(group);
    for (uint32_t i = 0; i < group->n; i++) {
        rft_ids_finish(&group->flights[i].ids);
        rft_free(group->flights[i].h);
    }
    rft_free(group->flights);
    *group = (struct rft_group){0};
}

/* A prefill in progress: prompts' tokens go by, as many at a time as the plan says, a pass may hold the end of one
 * prompt and the beginning of the next. */
struct prefill {
    struct rft_group *group;
    struct rft_engine *engine;
    const struct rft_prefix *prefix;
    uint64_t n_rows_all; /* that went through the model */
    struct rft_pool pool;
    struct rft_work work;
    struct rft_program program;
    struct rft_exec *exec;
    struct rft_row *rows; /* [work.decode.n_rows] */
    uint32_t *flight_of;  /* [work.decode.n_rows]: whose token a row is */
};

static enum rft_status write_tables(struct prefill *p)
{
    uint32_t *table = rft_alloc(p->group->n_pages, sizeof *table);
    enum rft_status status;
    if (table == NULL)
        return RFT_ERR_HOST_MEMORY;
    for (uint32_t i = 0; i < p->group->n_pages; i++)
        table[i] = i;
    status = rft_dev_write(&p->engine->dev, rft_slice_part(p->work.tables, 0, (uint64_t)p->group->n_pages * 4), table);
    rft_free(table);
    return status;
}

static enum rft_status run_pass(struct prefill *p, uint32_t n_rows)
{
    struct rft_dev *dev = &p->engine->dev;
    struct rft_batch batch = {.n_rows = n_rows};
    struct rft_slice rows = rft_slice_part(p->work.rows, 0, n_rows * sizeof *p->rows);
    uint64_t h_bytes = rft_h_bytes(p->group->dim);
    if (rft_os_interrupted())
        return RFT_ERR_INTERRUPTED;
    RFT_TRY(rft_dev_write(dev, p->work.batch, &batch));
    RFT_TRY(rft_dev_write(dev, rows, p->rows));
    RFT_TRY(rft_dev_run(dev, p->exec, 1));
    RFT_TRY(rft_dev_read(dev, rows, p->rows));
    p->n_rows_all += n_rows;
    for (uint32_t i = 0; i < n_rows; i++) {
        struct rft_flight *flight = &p->group->flights[p->flight_of[i]];
        flight->is_bad = flight->is_bad || p->rows[i].bad != 0;
        if (p->rows[i].position + 1 == p->rows[i].n_prompt)
            RFT_TRY(rft_dev_read(dev, rft_slice_part(p->work.h, i * h_bytes, h_bytes), flight->h));
    }
    return RFT_OK;
}

static enum rft_status run_passes(struct prefill *p)
{
    uint32_t n_rows = 0;
    for (uint32_t f = 0; f < p->group->n; f++) {
        const struct rft_flight *flight = &p->group->flights[f];
        uint32_t n_known = rft_prefix_n_known(p->prefix, flight->span, &flight->ids);
        if (n_known != 0)
            RFT_TRY(rft_prefix_place(p->prefix, flight->span, p->engine, &p->group->pool, p->group->pages,
                                     flight->first_page));
        for (uint32_t position = n_known; position < flight->ids.n; position++) {
            p->flight_of[n_rows] = f;
            p->rows[n_rows++] = (struct rft_row){.token = flight->ids.ids[position],
                                                 .position = position,
                                                 .n_prompt = (uint32_t)flight->ids.n,
                                                 .prompt_table = flight->first_page,
                                                 .state = RFT_ROW_RUNNING,
                                                 .rope_first = flight->rope_first};
            if (n_rows == p->work.decode.n_rows) {
                RFT_TRY(run_pass(p, n_rows));
                n_rows = 0;
            }
        }
    }
    return n_rows == 0 ? RFT_OK : run_pass(p, n_rows);
}

static enum rft_status begin_prefill(struct prefill *p, const struct rft_work_shape *shape)
{
    RFT_TRY(rft_engine_take(p->engine, "prefill", shape, &p->pool, &p->work));
    p->work.decode.prompt_kv = p->group->pages;
    p->rows = rft_alloc(shape->n_rows, sizeof *p->rows);
    p->flight_of = rft_alloc(shape->n_rows, sizeof *p->flight_of);
    if (p->rows == NULL || p->flight_of == NULL)
        return RFT_ERR_HOST_MEMORY;
    RFT_TRY(rft_decode_prefill(&p->engine->weights, &p->work.decode, &p->program));
    RFT_TRY(rft_dev_exec_create(&p->engine->dev, &p->program, &p->exec));
    return write_tables(p);
}

static void end_prefill(struct prefill *p)
{
    rft_dev_exec_destroy(&p->engine->dev, p->exec);
    rft_program_finish(&p->program);
    rft_free(p->flight_of);
    rft_free(p->rows);
    rft_engine_give(&p->pool, &p->work);
}

enum rft_status rft_group_open_pages(struct rft_group *group, struct rft_engine *engine)
{
    group->n_pages = 0;
    for (uint32_t i = 0; i < group->n; i++) {
        group->flights[i].first_page = group->n_pages;
        group->flights[i].is_bad = false;
        group->n_pages += rft_pages_for((uint32_t)group->flights[i].ids.n);
    }
    return rft_engine_take_pages(engine, "prompts", group->n_pages, &group->pool, &group->pages);
}

/* One span for a whole sample, by the longest that it may become: switching on the way would make its keys depend on
 * when they were computed. */
static void choose_spans(struct rft_group *group, const struct rft_engine *engine, uint32_t n_new_max)
{
    const struct rft_model_config *c = &engine->weights.config;
    for (uint32_t i = 0; i < group->n; i++) {
        struct rft_flight *flight = &group->flights[i];
        bool is_long = c->has_long_rope && flight->ids.n + n_new_max > c->rope_original;
        flight->span = is_long ? RFT_ROPE_LONG : RFT_ROPE_SHORT;
        flight->rope_first = is_long ? engine->weights.n_positions : 0;
    }
}

enum rft_status rft_group_prefill(struct rft_group *group, struct rft_engine *engine, const struct rft_plan *plan,
                                  struct rft_prefix *prefix, uint64_t *n_rows)
{
    struct prefill p = {.group = group, .engine = engine, .prefix = prefix};
    enum rft_status status;
    *n_rows = 0;
    choose_spans(group, engine, plan->step.n_new_max);
    RFT_TRY(rft_group_open_pages(group, engine));
    status = begin_prefill(&p, &plan->prefill);
    if (status == RFT_OK)
        status = run_passes(&p);
    for (uint32_t i = 0; i < group->n && status == RFT_OK; i++) {
        const struct rft_flight *flight = &group->flights[i];
        if (rft_prefix_is_wanted(prefix, flight->span) && !flight->is_bad)
            status = rft_prefix_keep(prefix, flight->span, engine, &group->pool, group->pages, flight->first_page);
    }
    *n_rows = p.n_rows_all;
    end_prefill(&p);
    if (status != RFT_OK)
        rft_group_release(group);
    return status;
}
