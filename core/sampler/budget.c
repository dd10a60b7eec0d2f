/* SPDX-License-Identifier: MIT */
#include "budget.h"

#include "log.h"
#include "units.h"

#include <inttypes.h>

static uint32_t min_u32(uint64_t a, uint64_t b)
{
    return (uint32_t)(a < b ? a : b);
}

/* A plan in the making. */
struct making {
    const struct rft_sizes *sizes;
    struct rft_plan *plan;
    struct rft_pool weights, prompts, prefill, chunk; /* as last measured */
};

/* Weights, with this many layers' on the host. */
static enum rft_status measure_weights(struct making *m, uint32_t n_host_layers)
{
    struct rft_weights weights;
    struct rft_pool host;
    enum rft_status status;
    rft_pool_begin(&m->weights, "weights", &m->sizes->caps);
    rft_pool_begin(&host, "weights on the host", &m->sizes->caps);
    RFT_TRY(rft_weights_init(&weights, &m->sizes->config, &m->sizes->formats, m->plan->step.n_keys_max));
    status = rft_weights_take(&m->weights, &host, n_host_layers, &weights);
    rft_weights_finish(&weights);
    m->plan->n_host_layers = n_host_layers;
    m->plan->weights_bytes = rft_pool_bytes(&m->weights);
    m->plan->host_bytes = rft_pool_bytes(&host);
    return status;
}

static enum rft_status measure_work(const struct making *m, const char *label, const struct rft_work_shape *work_shape,
                                    struct rft_pool *pool, uint64_t *bytes)
{
    struct rft_work work = {0};
    rft_pool_begin(pool, label, &m->sizes->caps);
    RFT_TRY(rft_work_take(pool, &m->sizes->config, work_shape, &work));
    *bytes = rft_pool_bytes(pool);
    return RFT_OK;
}

/* What the host holds for slots and prompts in flight: tokens drawn and read (and their
 * log-probabilities), page tables, rows, ids, hidden states. */
static uint64_t measure_slots(const struct rft_sizes *sizes, const struct rft_plan *plan)
{
    uint64_t slot_bytes = (uint64_t)sizes->n_new_max * (sizes->is_scored ? 16 : 8) +
                          (uint64_t)plan->n_own_pages_slot * 8 + sizeof(struct rft_row) + 64;
    uint64_t question_bytes = rft_h_bytes(sizes->config.dim) + (uint64_t)sizes->n_prompt_max * 4 + 64;
    return plan->step.n_rows * slot_bytes + plan->n_questions * question_bytes + plan->step.n_table_entries * 4 +
           (uint64_t)plan->n_questions * plan->chunk * 16 + plan->prefill.n_rows * (sizeof(struct rft_row) + 4);
}

static uint64_t prefix_bytes(const struct rft_sizes *sizes)
{
    const uint64_t n_spans = sizes->config.has_long_rope ? RFT_ROPE_SPANS : 1;
    return n_spans * (sizes->n_prompt_shared / RFT_PAGE_TOKENS) * rft_kv_page_bytes(&sizes->config) *
           sizes->config.n_layers;
}

uint64_t rft_plan_heap_bytes(const struct rft_plan *plan)
{
    return plan->input_bytes + plan->slots_bytes + plan->prefix_bytes;
}

/* Bytes of prompt pages for all questions in flight. */
static enum rft_status measure_prompts(const struct making *m, uint32_t n_pages, struct rft_pool *pool, uint64_t *bytes)
{
    rft_pool_begin(pool, "prompts", &m->sizes->caps);
    RFT_TRY(rft_pages_take(pool, &m->sizes->config, n_pages, NULL));
    *bytes = rft_pool_bytes(pool);
    return RFT_OK;
}

/* Fills in what follows from the weights, chunk, n_questions, the rows of prefill and step, and the own pages. */
static enum rft_status measure(struct making *m)
{
    struct rft_plan *plan = m->plan;
    uint64_t n_pages = (uint64_t)plan->n_questions * rft_pages_for(m->sizes->n_prompt_max);
    uint64_t n_pages_min = (uint64_t)plan->n_questions * rft_pages_for(m->sizes->n_prompt_min), prompt_bytes_min;
    plan->n_prompt_pages = min_u32(n_pages, UINT32_MAX);
    RFT_TRY(measure_prompts(m, min_u32(n_pages_min, UINT32_MAX), &m->prompts, &prompt_bytes_min));
    RFT_TRY(measure_prompts(m, plan->n_prompt_pages, &m->prompts, &plan->prompt_bytes));
    plan->prefill.n_table_entries = plan->n_prompt_pages;
    plan->step.n_table_entries = plan->n_prompt_pages + (uint64_t)plan->step.n_rows * plan->n_own_pages_slot;
    RFT_TRY(measure_work(m, "prefill", &plan->prefill, &m->prefill, &plan->prefill_bytes));
    RFT_TRY(measure_work(m, "chunk", &plan->step, &m->chunk, &plan->chunk_bytes));
    plan->peak_bytes = plan->weights_bytes + plan->prompt_bytes +
                       (plan->prefill_bytes > plan->chunk_bytes ? plan->prefill_bytes : plan->chunk_bytes);
    plan->peak_bytes_min = plan->peak_bytes - plan->prompt_bytes + prompt_bytes_min;
    plan->slots_bytes = measure_slots(m->sizes, plan);
    return RFT_OK;
}

/* The pool that asks for more than the device's blocks can hold; NULL if there is none. */
static const struct rft_pool *misfit(const struct making *m)
{
    const struct rft_pool *const pools[] = {&m->weights, &m->prompts, &m->prefill, &m->chunk};
    for (size_t i = 0; i < sizeof pools / sizeof *pools; i++)
        if (!rft_pool_fits(pools[i]))
            return pools[i];
    return NULL;
}

/* All that counts against the budget. */
static uint64_t counted_bytes(const struct making *m)
{
    return m->plan->peak_bytes + (m->sizes->is_host_device ? rft_plan_heap_bytes(m->plan) : 0);
}

static bool fits(const struct making *m)
{
    return counted_bytes(m) <= m->plan->budget_bytes && misfit(m) == NULL;
}

/* Whether the host's own memory has no room for the prefix beside the weights that must go there. */
static bool is_host_short(const struct making *m)
{
    uint64_t available = m->sizes->host_available_bytes;
    uint64_t weights = m->plan->host_bytes < available ? m->plan->host_bytes : available;
    return !m->sizes->is_host_device && available != 0 && m->plan->prefix_bytes > available - weights;
}

/* Own pages for all that the slots could need. */
static uint32_t n_own_pages_full(const struct rft_plan *plan)
{
    return plan->step.n_rows * plan->n_own_pages_slot;
}

static void set_slots(uint32_t n_slots, struct rft_plan *plan)
{
    plan->step.n_rows = n_slots;
    plan->step.n_own_pages = n_own_pages_full(plan);
}

static void set_questions(const struct rft_sizes *sizes, uint32_t n_questions, struct rft_plan *plan)
{
    plan->n_questions = n_questions;
    set_slots(min_u32((uint64_t)n_questions * plan->chunk, sizes->caps.slots_wanted), plan);
}

/* The plan with room for everything. */
static void begin_plan(struct making *m)
{
    const struct rft_sizes *sizes = m->sizes;
    struct rft_plan *plan = m->plan;
    uint64_t n_questions = sizes->questions_in_flight;
    *plan = (struct rft_plan){
        .sizes = *sizes,
        .budget_bytes = sizes->budget_bytes,
        .input_bytes = sizes->input_bytes,
        .prefix_bytes = prefix_bytes(sizes),
        .prefill = {.n_scratch = sizes->caps.n_scratch, .n_keys_max = sizes->n_prompt_max},
        .step = {.n_scratch = sizes->caps.n_scratch,
                 .n_keys_max = sizes->n_prompt_max + sizes->n_new_max,
                 .n_eos = sizes->n_eos,
                 .n_new_max = sizes->n_new_max,
                 .is_filtered = sizes->is_filtered,
                 .is_scored = sizes->is_scored},
    };
    plan->chunk = sizes->chunk == 0 ? sizes->n_samples : min_u32(sizes->chunk, sizes->n_samples);
    if (n_questions == 0)
        n_questions = (sizes->caps.slots_wanted + plan->chunk - 1) / plan->chunk;
    /* the last token drawn is never fed back: it needs no key */
    plan->n_own_pages_slot = sizes->n_new_max > 1 ? rft_pages_for(sizes->n_new_max - 1) : 1;
    n_questions = min_u32(n_questions, sizes->n_questions > 0 ? sizes->n_questions : 1);
    n_questions = min_u32(n_questions, UINT32_MAX / plan->chunk); /* so that a chunk's samples can be counted */
    plan->prefill.n_rows = min_u32(sizes->caps.prefill_rows, n_questions * sizes->n_prompt_max);
    set_questions(sizes, (uint32_t)n_questions, plan);
}

/* Makes the plan one step smaller; false if it is the smallest. */
static bool shrink(struct making *m)
{
    struct rft_plan *plan = m->plan;
    const struct rft_pool *bad = misfit(m);
    bool prefill_rules = bad != NULL ? bad == &m->prefill : plan->prefill_bytes > plan->chunk_bytes;
    if (bad == NULL && plan->prefix_bytes != 0 && m->sizes->is_host_device) {
        plan->prefix_bytes = 0;
    } else if (prefill_rules && plan->prefill.n_rows > 1) {
        plan->prefill.n_rows /= 2;
    } else if (plan->n_questions > 1) {
        set_questions(m->sizes, plan->n_questions / 2, plan);
    } else if (plan->step.n_rows > 1 && plan->step.n_own_pages == n_own_pages_full(plan)) {
        plan->step.n_own_pages = (n_own_pages_full(plan) + 1) / 2;
    } else if (plan->step.n_rows > 1) {
        set_slots(plan->step.n_rows / 2, plan);
    } else {
        return false;
    }
    return true;
}

/* The largest plan with this many layers' weights on the host; *found is false, and the plan the smallest, if none
 * fits. */
static enum rft_status make_with(struct making *m, uint32_t n_host_layers, bool *found)
{
    bool can_shrink = true;
    begin_plan(m);
    RFT_TRY(measure_weights(m, n_host_layers));
    RFT_TRY(measure(m));
    if (is_host_short(m))
        m->plan->prefix_bytes = 0;
    for (uint32_t i = 0; can_shrink && (i < m->sizes->n_shrinks || !fits(m));) {
        bool was_fit = fits(m);
        can_shrink = shrink(m);
        i += was_fit ? 1 : 0;
        RFT_TRY(measure(m));
    }
    *found = can_shrink && fits(m);
    return RFT_OK;
}

/* The smallest plan is too large: for the blocks of the device, for the budget, or for the device, which refused it
 * within the budget. */
static enum rft_status refuse(struct making *m)
{
    const struct rft_plan p = *m->plan;
    const struct rft_pool *bad = misfit(m);
    const uint64_t needed = counted_bytes(m), heap = m->sizes->is_host_device ? rft_plan_heap_bytes(&p) : 0;
    *m->plan = (struct rft_plan){0};
    if (bad != NULL)
        return rft_pool_refuse(bad);
    if (needed <= p.budget_bytes) {
        rft_log_error("the device has no memory for the smallest plan of %s, though the budget is %s; free some of its "
                      "memory, or ask for shorter prompts or fewer new tokens",
                      rft_size_text(needed).text, rft_size_text(p.budget_bytes).text);
        return RFT_ERR_DEVICE_MEMORY;
    }
    rft_log_error("[memory] budget: %" PRIu64 " bytes are missing: the smallest plan needs %s (weights %s, prompt %s, "
                  "one sample %s, questions and tables %s), the budget is %s",
                  needed - p.budget_bytes, rft_size_text(needed).text, rft_size_text(p.weights_bytes).text,
                  rft_size_text(p.prompt_bytes).text,
                  rft_size_text(p.prefill_bytes > p.chunk_bytes ? p.prefill_bytes : p.chunk_bytes).text,
                  rft_size_text(heap).text, rft_size_text(p.budget_bytes).text);
    return RFT_ERR_BUDGET;
}

/* The budget holds the smallest plan if these layers' weights go to the host, but the host cannot take them. */
static enum rft_status refuse_host(struct making *m)
{
    const struct rft_plan p = *m->plan;
    *m->plan = (struct rft_plan){0};
    rft_log_error("[memory] budget: %s leave no room for the weights of %" PRIu32 " of %" PRIu32
                  " layers: these take %s, and the host has %s for them",
                  rft_size_text(p.budget_bytes).text, p.n_host_layers, m->sizes->config.n_layers,
                  rft_size_text(p.host_bytes).text, rft_size_text(m->sizes->host_available_bytes).text);
    return RFT_ERR_BUDGET;
}

/* Puts the fewest layers' weights on the host with which the smallest plan, which is in m->plan, fits the budget; all
 * of them if none does. */
static enum rft_status put_on_host(struct making *m)
{
    uint32_t n_layers = m->sizes->config.n_layers;
    for (uint32_t n = m->plan->n_host_layers; n < n_layers && !fits(m);) {
        RFT_TRY(measure_weights(m, ++n));
        RFT_TRY(measure(m));
    }
    return RFT_OK;
}

enum rft_status rft_plan_host_bytes(const struct rft_sizes *sizes, uint32_t n_host_layers, uint64_t *bytes)
{
    struct rft_plan plan = {.step = {.n_keys_max = 1}};
    struct making m = {.sizes = sizes, .plan = &plan};
    enum rft_status status = measure_weights(&m, n_host_layers);
    *bytes = plan.host_bytes;
    return status;
}

enum rft_status rft_plan_make(const struct rft_sizes *sizes, struct rft_plan *plan)
{
    struct making m = {.sizes = sizes, .plan = plan};
    uint32_t n_host_layers;
    bool found;
    enum rft_status status = make_with(&m, sizes->n_host_layers, &found);
    if (status == RFT_OK && !found && !fits(&m) && misfit(&m) == NULL && sizes->host_available_bytes != 0) {
        const struct rft_plan smallest = *plan;
        status = put_on_host(&m);
        n_host_layers = plan->n_host_layers;
        if (status == RFT_OK && fits(&m))
            status = make_with(&m, n_host_layers, &found);
        else
            *plan = smallest;
    }
    if (status != RFT_OK)
        *plan = (struct rft_plan){0};
    else if (plan->host_bytes > sizes->host_available_bytes)
        status = refuse_host(&m);
    else if (!found)
        status = refuse(&m);
    return status;
}

enum rft_status rft_plan_shrink(struct rft_plan *plan)
{
    struct rft_sizes sizes = plan->sizes;
    sizes.n_shrinks++;
    return rft_plan_make(&sizes, plan);
}

enum rft_status rft_plan_put_on_host(struct rft_plan *plan, uint32_t n_host_layers)
{
    struct rft_sizes sizes = plan->sizes;
    sizes.n_host_layers = n_host_layers;
    return rft_plan_make(&sizes, plan);
}
