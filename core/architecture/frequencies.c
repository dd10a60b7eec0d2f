/* SPDX-License-Identifier: MIT */
#include "frequencies.h"

#include "host_math.h"

static double llama3_frequency(const struct rft_rope_scaling *s, double frequency)
{
    double low = s->low_freq_factor, high = s->high_freq_factor;
    double turns = s->original_positions * frequency / (2.0 * RFT_HOST_PI); /* over the original context */
    if (turns > high)
        return frequency;
    if (turns < low)
        return frequency / s->factor;
    double share = (turns - low) / (high - low);
    return (1.0 - share) * (frequency / s->factor) + share * frequency;
}

/* The dimension, not whole, that makes this many turns within the original context. */
static double dimension_of(const struct rft_rope_scaling *s, double turns, uint32_t n_rotated)
{
    double log_ratio = rft_host_log(s->original_positions / (turns * 2.0 * RFT_HOST_PI));
    return (double)n_rotated * log_ratio / (2.0 * rft_host_log(s->theta));
}

/* What is no number becomes `low`. */
static double clamp(double v, double low, double high)
{
    return v >= low ? (v <= high ? v : high) : low;
}

/* Downwards to a whole number; |v| < 2^52. */
static double floor_of(double v)
{
    double whole = (double)(int64_t)v;
    return whole > v ? whole - 1.0 : whole;
}

/* Dimensions up to *low keep their frequency, those from *high on are slowed. */
static void yarn_borders(const struct rft_rope_scaling *s, uint32_t n_rotated, double *low, double *high)
{
    *low = clamp(dimension_of(s, s->beta_fast, n_rotated), -1e6, 1e6);
    *high = clamp(dimension_of(s, s->beta_slow, n_rotated), -1e6, 1e6);
    if (!s->is_untruncated) {
        *low = floor_of(*low);
        *high = -floor_of(-*high);
    }
    *low = *low < 0.0 ? 0.0 : *low;
    *high = *high > (double)n_rotated - 1.0 ? (double)n_rotated - 1.0 : *high;
    if (*low == *high)
        *high = *high + 0.001;
}

void rft_rope_frequencies(const struct rft_rope_scaling *s, uint32_t n_rotated, double *frequencies)
{
    double log_theta = rft_host_log(s->theta), low = 0.0, high = 1.0;
    if (s->kind == RFT_ROPE_YARN)
        yarn_borders(s, n_rotated, &low, &high);
    for (uint32_t i = 0; i < n_rotated / 2; i++) {
        double frequency = rft_host_exp(-(log_theta * (double)(2 * i) / (double)n_rotated));
        double share = clamp(((double)i - low) / (high - low), 0.0, 1.0);
        if (s->kind == RFT_ROPE_LINEAR)
            frequency = frequency / s->factor;
        else if (s->kind == RFT_ROPE_LLAMA3)
            frequency = llama3_frequency(s, frequency);
        else if (s->kind == RFT_ROPE_YARN)
            frequency = (frequency / s->factor) * share + frequency * (1.0 - share);
        frequencies[i] = frequency;
    }
}

double rft_yarn_scale(double factor, double m)
{
    return factor <= 1.0 ? 1.0 : 0.1 * m * rft_host_log(factor) + 1.0;
}
