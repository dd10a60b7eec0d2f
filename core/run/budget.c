/* SPDX-License-Identifier: MIT */
#include "budget.h"

#include "alloc.h"
#include "buffers.h"
#include "log.h"

#include <inttypes.h>

static uint32_t min_u32(uint64_t a, uint64_t b)
{
    return (uint32_t)(a < b ? a : b);
}

struct rft_work_shape rft_plan_prefill_shape(const struct rft_job_shape *shape, const struct rft_plan *plan)
{
    return (struct rft_work_shape){.config = &shape->config,
                                   .caps = &shape->caps,
                                   .n_rows = plan->n_prefill_rows,
                                   .n_keys_max = shape->n_prompt_max,
                                   .n_table_entries = plan->n_prompt_pages};
}

struct rft_work_shape rft_plan_chunk_shape(const struct rft_job_shape *shape, const struct rft_plan *plan)
{
    return (struct rft_work_shape){.config = &shape->config,
                                   .caps = &shape->caps,
                                   .n_rows = plan->n_slots,
                                   .n_keys_max = plan->n_positions,
                                   .n_table_entries = plan->n_prompt_pages + (uint64_t)plan->n_slots * plan->n_own_pages_slot,
                                   .n_own_pages = plan->n_own_pages,
                                   .n_eos = shape->n_eos,
                                   .n_new_max = shape->n_new_max};
}

static enum rft_status measure_weights(const struct rft_job_shape *shape, uint32_t n_positions, uint64_t *bytes)
{
    struct rft_weights weights;
    struct rft_pool pool;
    struct rft_slice *slices = NULL;
    struct rft_slice cos_sin;
    enum rft_status status = rft_weights_init(&weights, &shape->config, shape->caps.weight_tile, n_positions);
    if (status == RFT_OK) {
        slices = rft_alloc(weights.n, sizeof *slices);
        rft_pool_begin(&pool, "weights", &shape->caps);
        status = slices == NULL ? RFT_ERR_HOST_MEMORY : rft_weights_take(&pool, &weights, slices, &cos_sin);
    }
    *bytes = status == RFT_OK ? rft_pool_bytes(&pool) : 0;
    rft_free(slices);
    rft_weights_finish(&weights);
    return status;
}

static enum rft_status measure_work(const struct rft_work_shape *shape, uint64_t *bytes)
{
    struct rft_pool pool;
    struct rft_work work;
    rft_pool_begin(&pool, "work", shape->caps);
    RFT_TRY(rft_work_take(&pool, shape, &work));
    *bytes = rft_pool_bytes(&pool);
    return RFT_OK;
}

/* Fills in what follows from chunk, n_questions, n_slots, n_prefill_rows and n_own_pages. */
static enum rft_status measure(const struct rft_job_shape *shape, struct rft_plan *plan)
{
    struct rft_pool pool;
    struct rft_slice pages;
    struct rft_work_shape work;
    uint64_t n_pages = (uint64_t)plan->n_questions * rft_pages_for(shape->n_prompt_max);
    plan->n_prompt_pages = min_u32(n_pages, UINT32_MAX);
    rft_pool_begin(&pool, "prompts", &shape->caps);
    RFT_TRY(rft_pages_take(&pool, &shape->config, plan->n_prompt_pages, &pages));
    plan->prompt_bytes = rft_pool_bytes(&pool);
    work = rft_plan_prefill_shape(shape, plan);
    RFT_TRY(measure_work(&work, &plan->prefill_bytes));
    work = rft_plan_chunk_shape(shape, plan);
    RFT_TRY(measure_work(&work, &plan->chunk_bytes));
    plan->peak_bytes = plan->weights_bytes + plan->prompt_bytes +
                       (plan->prefill_bytes > plan->chunk_bytes ? plan->prefill_bytes : plan->chunk_bytes);
    return RFT_OK;
}

static void set_questions(const struct rft_job_shape *shape, uint32_t n_questions, struct rft_plan *plan)
{
    plan->n_questions = n_questions;
    plan->n_slots = min_u32((uint64_t)n_questions * plan->chunk, shape->caps.slots_wanted);
    plan->n_own_pages = plan->n_slots * plan->n_own_pages_slot;
}

/* The plan with room for everything. */
static void begin_plan(const struct rft_job_shape *shape, struct rft_plan *plan)
{
    uint64_t n_questions = shape->questions_in_flight;
    plan->chunk = shape->chunk == 0 ? shape->n_samples : min_u32(shape->chunk, shape->n_samples);
    if (n_questions == 0)
        n_questions = (shape->caps.slots_wanted + plan->chunk - 1) / plan->chunk;
    plan->n_positions = shape->n_prompt_max + shape->n_new_max;
    /* the last token drawn is never fed back: it needs no key */
    plan->n_own_pages_slot = shape->n_new_max > 1 ? rft_pages_for(shape->n_new_max - 1) : 1;
    n_questions = min_u32(n_questions, shape->n_questions > 0 ? shape->n_questions : 1);
    n_questions = min_u32(n_questions, UINT32_MAX / plan->chunk); /* so that a chunk's samples can be counted */
    plan->n_prefill_rows = min_u32(shape->caps.prefill_rows, n_questions * shape->n_prompt_max);
    set_questions(shape, (uint32_t)n_questions, plan);
}

/* Makes the plan one step smaller; false if it is the smallest. */
static bool shrink(const struct rft_job_shape *shape, struct rft_plan *plan)
{
    bool prefill_rules = plan->prefill_bytes > plan->chunk_bytes;
    uint32_t n_own_full = plan->n_slots * plan->n_own_pages_slot;
    if (prefill_rules && plan->n_prefill_rows > 1) {
        plan->n_prefill_rows /= 2;
    } else if (plan->n_questions > 1) {
        set_questions(shape, plan->n_questions / 2, plan);
    } else if (plan->n_slots > 1 && plan->n_own_pages == n_own_full) {
        plan->n_own_pages = (n_own_full + 1) / 2;
    } else if (plan->n_slots > 1) {
        plan->n_slots /= 2;
        plan->n_own_pages = plan->n_slots * plan->n_own_pages_slot;
    } else {
        return false;
    }
    return true;
}

/* Even the smallest plan is too large: for the budget, or for the device, which refused it within the budget. */
static enum rft_status refuse(struct rft_plan *plan)
{
    const struct rft_plan p = *plan;
    *plan = (struct rft_plan){0};
    if (p.peak_bytes <= p.budget_bytes) {
        rft_log_error("the device has no memory for the smallest plan of %" PRIu64 " bytes, though the budget is %" PRIu64
                      "; free some of its memory, or ask for shorter prompts or fewer new tokens",
                      p.peak_bytes, p.budget_bytes);
        return RFT_ERR_DEVICE_MEMORY;
    }
    rft_log_error("[memory] budget: %" PRIu64 " bytes are missing: the smallest plan needs %" PRIu64 " bytes (weights %" PRIu64
                  ", prompt %" PRIu64 ", one sample %" PRIu64 "), the budget is %" PRIu64,
                  p.peak_bytes - p.budget_bytes, p.peak_bytes, p.weights_bytes, p.prompt_bytes, p.chunk_bytes, p.budget_bytes);
    return RFT_ERR_BUDGET;
}

enum rft_status rft_plan_make(const struct rft_job_shape *shape, struct rft_plan *plan)
{
    bool can_shrink = true;
    *plan = (struct rft_plan){.budget_bytes = shape->budget_bytes};
    begin_plan(shape, plan);
    RFT_TRY(measure_weights(shape, plan->n_positions, &plan->weights_bytes));
    RFT_TRY(measure(shape, plan));
    for (uint32_t i = 0; can_shrink && (i < shape->n_shrinks || plan->peak_bytes > plan->budget_bytes);) {
        bool fits = plan->peak_bytes <= plan->budget_bytes;
        can_shrink = shrink(shape, plan);
        i += fits ? 1 : 0;
        RFT_TRY(measure(shape, plan));
    }
    return plan->peak_bytes > plan->budget_bytes || !can_shrink ? refuse(plan) : RFT_OK;
}
