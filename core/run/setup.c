/* SPDX-License-Identifier: MIT */
#include "setup.h"

#include "log.h"
#include "question_choice.h"
#include "units.h"

#include <inttypes.h>

/* The budget in bytes: what was asked for, but never more than there is without the reserve. */
static uint64_t budget_bytes(const struct rft_config *config, uint64_t available)
{
    if (available == 0 && config->memory_budget.kind == RFT_AMOUNT_BYTES) /* nobody knows: the user's word counts */
        return config->memory_budget.bytes;
    uint64_t reserve = rft_amount_bytes(&config->memory_reserve, available);
    uint64_t usable = available > reserve ? available - reserve : 0;
    uint64_t asked =
        config->memory_budget.kind == RFT_AMOUNT_AUTO ? usable : rft_amount_bytes(&config->memory_budget, available);
    if (asked > usable)
        rft_log_warn("[memory] budget: %s are asked for, but only %s are free beside the reserve of %s",
                     rft_size_text(asked).text, rft_size_text(usable).text, rft_size_text(reserve).text);
    return asked < usable ? asked : usable;
}

/* The most likely token is the same every time. */
static void warn_of_copies(const struct rft_config *drawn)
{
    uint32_t n_greedy = 0;
    for (uint32_t i = 0; i < drawn->generate_samples; i++)
        n_greedy += rft_draw_of(drawn, i).temperature == 0;
    if (n_greedy > 1)
        rft_log_warn("generate.temperature = 0 draws the same text every time, and %" PRIu32 " of the %" PRIu32
                     " samples take it: set samples = 1, or a temperature",
                     n_greedy, drawn->generate_samples);
}

static enum rft_status open_all(const struct rft_config *config, struct rft_dataset *questions, struct rft_setup *setup)
{
    struct rft_engine *engine = &setup->engine;
    const struct rft_device_options options = {.n_threads = config->device_threads,
                                               .is_unchecked = config->device_arithmetic == RFT_ARITHMETIC_UNCHECKED,
                                               .access = config->device_memory,
                                               .dispatch_us_max = config->device_dispatch_ms * 1000};
    struct rft_memory memory;
    RFT_TRY(rft_inputs_open(config, questions, &setup->inputs));
    warn_of_copies(&setup->inputs.drawn);
    RFT_TRY(rft_engine_open(engine, config->device_backend, config->device_device, &options, &memory));
    if (options.is_unchecked)
        rft_log_warn("[device] arithmetic = unchecked: the text may differ from what other devices give");
    setup->available_bytes = memory.available_bytes;
    if (setup->available_bytes == 0 && config->memory_budget.kind != RFT_AMOUNT_BYTES) {
        rft_log_error("%s: the system does not say how much memory is free; give [memory] budget in bytes",
                      engine->dev.info.name);
        return RFT_ERR_BUDGET;
    }
    setup->rules = rft_inputs_rules(&setup->inputs);
    const struct rft_sizes sizes = {.config = setup->inputs.checkpoint.config,
                                    .formats = setup->inputs.checkpoint.formats,
                                    .caps = engine->dev.caps,
                                    .n_questions = setup->inputs.dataset.n,
                                    .n_samples = config->generate_samples,
                                    .chunk = config->generate_chunk,
                                    .questions_in_flight = config->generate_questions_in_flight,
                                    .n_prompt_max = setup->inputs.n_prompt_max,
                                    .n_prompt_min = setup->inputs.n_prompt_min,
                                    .n_prompt_shared = setup->inputs.n_prompt_shared,
                                    .is_host_device = memory.host_available_bytes == 0,
                                    .input_bytes = rft_inputs_bytes(config, &setup->inputs),
                                    .n_new_max = rft_config_max_new_tokens(config),
                                    .n_eos = setup->rules.n_eos,
                                    .is_filtered = rft_sampling_is_filtered(&setup->rules.sampling),
                                    .is_scored = setup->rules.sampling.is_scored,
                                    .budget_bytes = budget_bytes(config, setup->available_bytes),
                                    .host_available_bytes = memory.host_available_bytes};
    return rft_plan_make(&sizes, &setup->plan);
}

enum rft_status rft_setup_open_with(const struct rft_config *config, struct rft_dataset *questions,
                                    struct rft_setup *setup)
{
    enum rft_status status;
    *setup = (struct rft_setup){0};
    status = open_all(config, questions, setup);
    if (status != RFT_OK)
        rft_setup_close(setup);
    return status;
}

enum rft_status rft_setup_open(const struct rft_config *config, struct rft_setup *setup)
{
    struct rft_dataset questions;
    RFT_TRY(rft_questions_load(config, &questions));
    enum rft_status status = rft_setup_open_with(config, &questions, setup);
    rft_dataset_finish(&questions);
    return status;
}

static enum rft_status load(struct rft_setup *setup)
{
    const struct rft_plan *plan = &setup->plan;
    if (plan->n_host_layers != 0)
        rft_log_info("weights on the host: %" PRIu32 " of %" PRIu32 " layers, %s, read over the bus in every step",
                     plan->n_host_layers, plan->sizes.config.n_layers, rft_size_text(plan->host_bytes).text);
    return rft_engine_load(&setup->engine, &setup->inputs.checkpoint, &setup->rules, plan->step.n_keys_max,
                           plan->n_host_layers);
}

/* Makes a plan with an eighth of the layers more on the host; *can is false if there is no room, or nothing left to put
 * there. */
static enum rft_status put_more_on_host(struct rft_setup *setup, bool *can)
{
    uint32_t n_layers = setup->plan.sizes.config.n_layers;
    uint32_t n_more = setup->plan.n_host_layers + (n_layers + 7) / 8;
    uint64_t bytes;
    n_more = n_more < n_layers ? n_more : n_layers;
    RFT_TRY(rft_plan_host_bytes(&setup->plan.sizes, n_more, &bytes));
    *can = n_more > setup->plan.n_host_layers && bytes <= setup->plan.sizes.host_available_bytes;
    if (!*can)
        return RFT_OK;
    rft_log_warn("%s: no memory for the weights; %" PRIu32 " of %" PRIu32 " layers' stay on the host",
                 setup->engine.dev.info.name, n_more, n_layers);
    return rft_plan_put_on_host(&setup->plan, n_more);
}

enum rft_status rft_setup_load(struct rft_setup *setup)
{
    const char *name = setup->engine.dev.info.name;
    uint32_t n_lost = 0;
    bool can = true;
    enum rft_status status = load(setup);
    while ((status == RFT_ERR_DEVICE_MEMORY && can) ||
           (status == RFT_ERR_DEVICE_LOST && n_lost++ < RFT_DEVICE_LOST_MAX)) {
        if (status == RFT_ERR_DEVICE_LOST) {
            rft_log_warn("%s: the device was lost; opening it again", name);
            status = rft_engine_revive(&setup->engine);
        } else {
            RFT_TRY(put_more_on_host(setup, &can));
            status = can ? load(setup) : status;
        }
    }
    if (status == RFT_ERR_DEVICE_MEMORY)
        rft_log_error("%s: no memory for the weights of %s; free some, or take a smaller model", name,
                      rft_size_text(setup->plan.weights_bytes).text);
    return status;
}

void rft_setup_close(struct rft_setup *setup)
{
    rft_engine_close(&setup->engine);
    rft_inputs_close(&setup->inputs);
    *setup = (struct rft_setup){0};
}
