/* SPDX-License-Identifier: MIT */
#include "generation.h"

#include "file.h"
#include "gguf_values.h"
#include "json.h"

#include <stdio.h>

/* Where a value stands in either container, and what it may be. */
static const struct {
    const char *key, *gguf_key;
    double low, high;
    bool is_above_low, is_below_high, is_whole;
} rules[RFT_GENERATION_COUNT] = {
    [RFT_GENERATION_TEMPERATURE] = {"temperature", "general.sampling.temp", 0, 100, false, false, false},
    [RFT_GENERATION_TOP_K] = {"top_k", "general.sampling.top_k", 0, 1e6, false, false, true},
    [RFT_GENERATION_TOP_P] = {"top_p", "general.sampling.top_p", 0, 1, true, false, false},
    [RFT_GENERATION_MIN_P] = {"min_p", "general.sampling.min_p", 0, 1, false, true, false},
};

static enum rft_status take(const char *path, size_t i, double value, struct rft_generation *generation)
{
    bool ok = value >= rules[i].low && value <= rules[i].high && !(rules[i].is_above_low && value == rules[i].low) &&
              !(rules[i].is_below_high && value == rules[i].high) && !(rules[i].is_whole && value != (uint32_t)value);
    if (!ok) {
        rft_log_error("%s: %s = %g is not allowed; mend it, or set generate.defaults = none", path, rules[i].key,
                      value);
        return RFT_ERR_INPUT;
    }
    generation->has[i] = true;
    generation->values[i] = value;
    return RFT_OK;
}

/* What would change the draw and is not applied, with the value that changes nothing. */
static const struct {
    const char *key;
    double neutral;
} not_applied[] = {
    {"repetition_penalty", 1},
    {"encoder_repetition_penalty", 1},
    {"no_repeat_ngram_size", 0},
    {"encoder_no_repeat_ngram_size", 0},
    {"num_beams", 1},
    {"num_beam_groups", 1},
    {"diversity_penalty", 0},
    {"penalty_alpha", 0},
    {"typical_p", 1},
    {"epsilon_cutoff", 0},
    {"eta_cutoff", 0},
    {"length_penalty", 1},
    {"min_length", 0},
    {"min_new_tokens", 0},
    {"guidance_scale", 1},
    {"top_h", 0},
};
static const char *const not_applied_lists[] = {"bad_words_ids",         "force_words_ids", "suppress_tokens",
                                                "begin_suppress_tokens", "sequence_bias",   "forced_bos_token_id",
                                                "forced_eos_token_id",   "stop_strings",    "watermarking_config"};

static void warn_not_applied(const char *path, const json_t *root)
{
    char names[400] = "";
    size_t n = 0;
    for (size_t i = 0; i < sizeof not_applied / sizeof *not_applied && n < sizeof names; i++) {
        const json_t *value = json_object_get(root, not_applied[i].key);
        if (json_is_number(value) && json_number_value(value) != not_applied[i].neutral)
            n += (size_t)snprintf(names + n, sizeof names - n, "%s%s = %g", n != 0 ? ", " : "", not_applied[i].key,
                                  json_number_value(value));
    }
    for (size_t i = 0; i < sizeof not_applied_lists / sizeof *not_applied_lists && n < sizeof names; i++) {
        const json_t *value = json_object_get(root, not_applied_lists[i]);
        bool is_empty = value == NULL || json_is_null(value) || (json_is_array(value) && json_array_size(value) == 0);
        if (!is_empty)
            n += (size_t)snprintf(names + n, sizeof names - n, "%s%s", n != 0 ? ", " : "", not_applied_lists[i]);
    }
    if (n != 0)
        rft_log_warn("%s: not applied: %s", path, names);
}

enum rft_status rft_generation_parse(const char *path, struct rft_bytes text, struct rft_generation *generation)
{
    json_t *root;
    enum rft_status status = RFT_OK;
    RFT_TRY(rft_json_load(path, text, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &root));
    for (size_t i = 0; i < RFT_GENERATION_COUNT && status == RFT_OK; i++) {
        const json_t *value = json_object_get(root, rules[i].key);
        if (value == NULL || json_is_null(value))
            continue;
        if (json_is_number(value)) {
            status = take(path, i, json_number_value(value), generation);
        } else {
            rft_log_error("%s: %s must be a number", path, rules[i].key);
            status = RFT_ERR_INPUT;
        }
    }
    if (status == RFT_OK)
        warn_not_applied(path, root);
    json_decref(root);
    return status;
}

static enum rft_status read_directory(const char *path, struct rft_generation *generation)
{
    struct rft_str file = {0}, text = {0};
    enum rft_status status = rft_str_printf(&file, "%s/generation_config.json", path);
    if (status == RFT_OK)
        status = rft_file_read_optional(file.data, RFT_CONFIG_BYTES_MAX, &text);
    if (status == RFT_OK && text.data != NULL) {
        generation->from = file;
        status = rft_generation_parse(file.data, (struct rft_bytes){text.data, text.len}, generation);
        rft_str_finish(&text);
        return status;
    }
    rft_str_finish(&file);
    return status;
}

static enum rft_status read_gguf(const char *path, const struct rft_gguf *gguf, struct rft_generation *generation)
{
    double penalty;
    RFT_TRY(rft_str_append_z(&generation->from, path));
    for (size_t i = 0; i < RFT_GENERATION_COUNT; i++) {
        double value;
        uint64_t whole;
        if (rft_gguf_get_double(gguf, rules[i].gguf_key, &value))
            RFT_TRY(take(path, i, (double)(float)value, generation));
        else if (rft_gguf_get_u64(gguf, rules[i].gguf_key, &whole))
            RFT_TRY(take(path, i, (double)whole, generation));
    }
    if (rft_gguf_get_double(gguf, "general.sampling.penalty_repeat", &penalty) && penalty != 1)
        rft_log_warn("%s: not applied: general.sampling.penalty_repeat = %g", path, penalty);
    return RFT_OK;
}

enum rft_status rft_generation_open(const char *path, const struct rft_gguf *gguf, struct rft_generation *generation)
{
    *generation = (struct rft_generation){0};
    enum rft_status status = gguf != NULL ? read_gguf(path, gguf, generation) : read_directory(path, generation);
    if (status != RFT_OK)
        rft_generation_close(generation);
    return status;
}

void rft_generation_close(struct rft_generation *generation)
{
    rft_str_finish(&generation->from);
    *generation = (struct rft_generation){0};
}
