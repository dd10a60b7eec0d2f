/* SPDX-License-Identifier: MIT */
#include "draw_choice.h"

#include "log.h"

#include <stdio.h>

static const char *const keys[RFT_GENERATION_COUNT] = {
    [RFT_GENERATION_TEMPERATURE] = "generate.temperature",
    [RFT_GENERATION_TOP_K] = "generate.top_k",
    [RFT_GENERATION_TOP_P] = "generate.top_p",
    [RFT_GENERATION_MIN_P] = "generate.min_p",
};

const char *rft_draw_key(enum rft_generation_value value)
{
    return keys[value];
}

static void log_choice(const struct rft_draw_choice *choice)
{
    char text[200] = "";
    size_t n = 0;
    for (size_t i = 0; i < RFT_GENERATION_COUNT; i++)
        if (choice->from[i] == choice->model.from.data && n < sizeof text)
            n += (size_t)snprintf(text + n, sizeof text - n, "%s%s = %g", n != 0 ? ", " : "", keys[i] + 9,
                                  choice->values[i]);
    if (n != 0)
        rft_log_info("%s gives %s (generate.defaults = auto)", choice->model.from.data, text);
}

enum rft_status rft_draw_choose(const struct rft_config *config, bool is_chat, const struct rft_gguf *gguf,
                                struct rft_draw_choice *choice)
{
    *choice = (struct rft_draw_choice){0};
    if (is_chat && config->generate_defaults == RFT_DEFAULTS_AUTO)
        RFT_TRY(rft_generation_open(config->model_path, gguf, &choice->model));
    const double own[RFT_GENERATION_COUNT] = {config->generate_temperature.items[0], (double)config->generate_top_k,
                                              config->generate_top_p, config->generate_min_p};
    for (size_t i = 0; i < RFT_GENERATION_COUNT; i++) {
        bool is_given = rft_config_is_given(config, keys[i]), is_models = !is_given && choice->model.has[i];
        choice->values[i] = is_models ? choice->model.values[i] : own[i];
        choice->from[i] = is_models ? choice->model.from.data : is_given ? "the configuration" : "built in";
    }
    /* below, a logit over the temperature could leave the numbers of the arithmetic contract */
    if (choice->values[RFT_GENERATION_TEMPERATURE] < 1e-6)
        choice->values[RFT_GENERATION_TEMPERATURE] = 0;
    log_choice(choice);
    return RFT_OK;
}

void rft_draw_choice_finish(struct rft_draw_choice *choice)
{
    rft_generation_close(&choice->model);
    *choice = (struct rft_draw_choice){0};
}

struct rft_config rft_draw_apply(const struct rft_config *config, struct rft_draw_choice *choice)
{
    struct rft_config applied = *config;
    if (choice->from[RFT_GENERATION_TEMPERATURE] == choice->model.from.data) /* one, where a list may be given */
        applied.generate_temperature = (struct rft_reals){&choice->values[RFT_GENERATION_TEMPERATURE], 1};
    applied.generate_top_k = (uint32_t)choice->values[RFT_GENERATION_TOP_K];
    applied.generate_top_p = choice->values[RFT_GENERATION_TOP_P];
    applied.generate_min_p = choice->values[RFT_GENERATION_MIN_P];
    return applied;
}

struct rft_sweep rft_draw_sweep(const struct rft_config *drawn)
{
    return (struct rft_sweep){.seeds = drawn->generate_seed.items,
                              .n_seeds = drawn->generate_seed.n,
                              .temperatures = drawn->generate_temperature.items,
                              .n_temperatures = drawn->generate_temperature.n};
}

struct rft_draw rft_draw_of(const struct rft_config *drawn, uint32_t sample)
{
    const struct rft_sweep sweep = rft_draw_sweep(drawn);
    return rft_sweep_at(&sweep, sample);
}
