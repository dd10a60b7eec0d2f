/* SPDX-License-Identifier: MIT */
#include "rope.h"

#include "host_math.h"

/* What a query at a position is multiplied by: Llama 4's temperature. */
static double query_factor(const struct rft_model_config *config, uint32_t position)
{
    if (config->query_beta == 0.0)
        return 1.0;
    return 1.0 + config->query_beta * rft_host_log(1.0 + (double)(uint32_t)(position / config->query_period));
}

static void fill_span(const struct rft_model_config *config, uint32_t table, bool is_query, uint32_t n_positions,
                      float *cos_sin)
{
    const uint32_t n_pairs = config->head_dim / 2, n_rotated = config->n_rotated / 2;
    const double *frequencies = config->frequencies + (uint64_t)table * RFT_PAIRS_MAX;
    const double scale = config->rope_scale[table] != 0.0 ? config->rope_scale[table] : 1.0;
    for (uint32_t position = 0; position < n_positions; position++) {
        const double factor = is_query ? query_factor(config, position) : 1.0;
        for (uint32_t i = 0; i < n_pairs; i++) {
            float *pair = cos_sin + 2 * ((uint64_t)position * n_pairs + i);
            double cos = 1.0, sin = 0.0;
            if (i < n_rotated) {
                rft_host_cos_sin((double)position * frequencies[i], &cos, &sin);
                cos = cos * scale;
                sin = sin * scale;
            }
            pair[0] = (float)(cos * factor);
            pair[1] = (float)(sin * factor);
        }
    }
}

void rft_rope_table(const struct rft_model_config *config, enum rft_rope_set set, bool is_query, uint32_t n_positions,
                    float *cos_sin)
{
    const uint32_t n_spans = config->has_long_rope ? RFT_ROPE_SPANS : 1;
    for (uint32_t span = 0; span < n_spans; span++)
        fill_span(config, (uint32_t)set * RFT_ROPE_SPANS + span, is_query, n_positions,
                  cos_sin + (uint64_t)span * n_positions * config->head_dim);
}
