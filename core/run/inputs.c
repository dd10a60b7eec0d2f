/* SPDX-License-Identifier: MIT */
#include "inputs.h"

#include "adapter.h"
#include "adapter_choice.h"
#include "alloc.h"
#include "arith.h"
#include "end_tokens.h"
#include "formats_choice.h"
#include "journal.h"
#include "judging.h"
#include "log.h"
#include "needed.h"
#include "op.h"
#include "os.h"
#include "tokenizer_gguf.h"
#include "tokenizer_json.h"
#include "unicode.h"

#include <inttypes.h>
#include <stdio.h>
#include <xxhash.h>

static enum rft_status open_model(const struct rft_config *config, struct rft_inputs *inputs)
{
    struct rft_checkpoint *c = &inputs->checkpoint;
    const char *tokenizer_dir;
    const struct rft_model_options options = {.ignore_keys = (const char *const *)config->model_ignore_keys.items,
                                              .n_ignore_keys = config->model_ignore_keys.n};
    RFT_TRY(rft_checkpoint_open_with(config->model_path, &options, c));
    RFT_TRY(rft_adapters_open(config, c));
    rft_formats_choose(c, config->model_compute);
    for (size_t i = 0; i < c->n_maps; i++)
        inputs->mapped_bytes += c->maps[i].bytes;
    for (size_t i = 0; i < c->n_adapter_maps; i++)
        inputs->mapped_bytes += c->adapter_maps[i].bytes;
    RFT_TRY(rft_adapters_tokenizer(config, &tokenizer_dir));
    if (tokenizer_dir != NULL)
        return rft_tokenizer_open(tokenizer_dir, &inputs->tokenizer);
    if (c->is_gguf)
        return rft_tokenizer_open_gguf(c->gguf, config->model_path, &inputs->tokenizer);
    return rft_tokenizer_open(config->model_path, &inputs->tokenizer);
}

/* Everything that the model's files and the configuration say together. */
static enum rft_status make_choices(const struct rft_config *config, struct rft_inputs *inputs)
{
    const struct rft_checkpoint *c = &inputs->checkpoint;
    RFT_TRY(rft_prompt_choose(config, c->gguf, inputs->tokenizer, &inputs->prompt));
    inputs->verify = rft_prompt_verify(config, &inputs->prompt);
    RFT_TRY(rft_draw_choose(config, inputs->prompt.is_chat, c->gguf, &inputs->draw));
    inputs->drawn = rft_draw_apply(config, &inputs->draw);
    return rft_end_tokens_find(config, c, &inputs->prompt, inputs->tokenizer, &inputs->eos);
}

/* Which vocabulary entries may be drawn. */
static enum rft_status find_tokens(struct rft_inputs *inputs)
{
    uint32_t vocab = inputs->checkpoint.config.vocab_size;
    inputs->mask = rft_alloc(((size_t)vocab + 31) / 32, sizeof *inputs->mask);
    if (inputs->mask == NULL)
        return RFT_ERR_HOST_MEMORY;
    for (uint32_t id = 0; id < vocab; id++)
        if (rft_tokenizer_has_id(inputs->tokenizer, id))
            inputs->mask[id / 32] |= 1u << (id % 32);
    return RFT_OK;
}

enum rft_status rft_inputs_encode(struct rft_inputs *inputs, uint64_t question, struct rft_ids *ids)
{
    return rft_prompt_encode(&inputs->prompt, inputs->tokenizer, inputs->dataset.questions[question].text, ids);
}

/* How many ids two prompts have in common at their beginning, the last of either not counted. */
static uint32_t n_shared(const struct rft_ids *a, const struct rft_ids *b, uint32_t n_max)
{
    uint32_t n = 0;
    while (n < n_max && n + 1 < a->n && n + 1 < b->n && a->ids[n] == b->ids[n])
        n++;
    return n;
}

/* Refuses ids that the model does not know. */
static enum rft_status check_ids(const struct rft_config *config, const struct rft_inputs *inputs,
                                 const struct rft_ids *ids)
{
    uint32_t vocab_size = inputs->checkpoint.config.vocab_size;
    for (size_t j = 0; j < ids->n; j++) {
        if (ids->ids[j] < vocab_size)
            continue;
        rft_log_error("%s: the tokenizer gives id %" PRIu32 ", the model's vocabulary has %" PRIu32
                      " entries; they do not belong together",
                      config->model_path, ids->ids[j], vocab_size);
        return RFT_ERR_INPUT;
    }
    return RFT_OK;
}

/* What is wrong with a prompt that the model has no room for; *detail stays NULL if it fits. */
static enum rft_status check_length(const struct rft_config *config, const struct rft_inputs *inputs, size_t n,
                                    char **detail)
{
    uint32_t n_positions = inputs->checkpoint.config.n_positions, n_new_max = rft_config_max_new_tokens(config);
    struct rft_str text = {0};
    if (n != 0 && n + n_new_max <= n_positions)
        return RFT_OK;
    RFT_TRY(rft_str_printf(&text,
                           "a prompt of %zu tokens and generate.max_new_tokens = %" PRIu32
                           " do not fit into the model's %" PRIu32 " positions",
                           n, n_new_max, n_positions));
    *detail = text.data;
    return RFT_OK;
}

/* Prompts that do not fit: leaves them out, or names the first few. */
static enum rft_status settle_too_long(const struct rft_config *config, struct rft_dataset *dataset, char **details,
                                       size_t n_too_long)
{
    const size_t n = dataset->n;
    struct rft_str text = {0};
    enum rft_status status = rft_dataset_skip(dataset, RFT_SKIP_TOO_LONG, details);
    if (status == RFT_OK)
        status = rft_dataset_list_skipped(dataset, RFT_SKIP_TOO_LONG, true, &text);
    if (status == RFT_OK && config->data_too_long == RFT_ROWS_REFUSE) {
        rft_log_error("%s: %zu of %zu questions are too long: %s; shorten them, lower generate.max_new_tokens, or "
                      "leave them out with data.too_long = skip",
                      config->data_questions, n_too_long, n, text.data);
        status = RFT_ERR_INPUT;
    } else if (status == RFT_OK && n_too_long == n) {
        rft_log_error("%s: no question is left: all %zu are too long: %s", config->data_questions, n_too_long,
                      text.data);
        status = RFT_ERR_INPUT;
    } else if (status == RFT_OK) {
        rft_log_warn("%s: %zu of %zu questions are too long and left out (data.too_long = skip): %s",
                     config->data_questions, n_too_long, n, text.data);
    }
    rft_str_finish(&text);
    return status;
}

/* Tokenizes every prompt once. Those that fit tell the longest, and what all of them share. */
static enum rft_status measure_prompts(const struct rft_config *config, struct rft_inputs *inputs, char **details,
                                       size_t *n_too_long)
{
    struct rft_ids first = {0}, ids = {0};
    enum rft_status status = RFT_OK;
    size_t n_fit = 0;
    for (size_t i = 0; i < inputs->dataset.n && status == RFT_OK; i++) {
        struct rft_ids *at = n_fit == 0 ? &first : &ids;
        at->n = 0;
        status = rft_os_interrupted() ? RFT_ERR_INTERRUPTED : rft_inputs_encode(inputs, i, at);
        if (status == RFT_OK)
            status = check_ids(config, inputs, at);
        if (status == RFT_OK)
            status = check_length(config, inputs, at->n, &details[i]);
        if (status != RFT_OK || details[i] != NULL) {
            *n_too_long += details[i] != NULL;
            continue;
        }
        inputs->n_prompt_shared = n_fit++ == 0 ? UINT32_MAX : n_shared(&first, at, inputs->n_prompt_shared);
        inputs->n_prompt_min = n_fit == 1 || at->n < inputs->n_prompt_min ? (uint32_t)at->n : inputs->n_prompt_min;
        inputs->n_prompt_max = at->n > inputs->n_prompt_max ? (uint32_t)at->n : inputs->n_prompt_max;
    }
    if (n_fit < 2)
        inputs->n_prompt_shared = 0;
    rft_ids_finish(&first);
    rft_ids_finish(&ids);
    return status;
}

/* To know the longest prompt and what they share, and to settle what cannot work before anything is generated. */
static enum rft_status check_prompts(const struct rft_config *config, struct rft_inputs *inputs)
{
    size_t n = inputs->dataset.n, n_too_long = 0;
    char **details = rft_alloc(n, sizeof *details);
    enum rft_status status =
        details == NULL ? RFT_ERR_HOST_MEMORY : measure_prompts(config, inputs, details, &n_too_long);
    if (status == RFT_OK && n_too_long != 0)
        status = settle_too_long(config, &inputs->dataset, details, n_too_long);
    for (size_t i = 0; i < n && details != NULL; i++)
        rft_free(details[i]);
    rft_free(details);
    return status;
}

uint32_t rft_inputs_arithmetic(const struct rft_inputs *inputs)
{
    return rft_formats_have_integers(&inputs->checkpoint.formats) ? RFT_ARITHMETIC_INTEGERS : RFT_ARITHMETIC_VERSION;
}

/* Everything that a sample's text depends on but its question, its number and how it is drawn: of all samples of a run
 * the same. */
static enum rft_status take_provenance(const struct rft_config *config, struct rft_inputs *inputs, uint64_t model,
                                       uint64_t end_tokens)
{
    const uint64_t tokenizer = rft_tokenizer_hash(inputs->tokenizer);
    const uint32_t arithmetic = rft_inputs_arithmetic(inputs);
    const uint64_t prompt[] = {(uint64_t)inputs->prompt.bos, end_tokens}; /* beside what its own hash is made of */
    snprintf(inputs->model_hash, sizeof inputs->model_hash, "%016" PRIx64, XXH64(&tokenizer, sizeof tokenizer, model));
    snprintf(inputs->prompt_hash, sizeof inputs->prompt_hash, "%016" PRIx64,
             XXH64(prompt, sizeof prompt, inputs->prompt.hash));
    RFT_TRY(rft_config_settings(&inputs->drawn, &inputs->settings));
    inputs->provenance = (struct rft_provenance){
        .sweep = rft_draw_sweep(&inputs->drawn),
        .model = inputs->model_hash,
        .prompt = inputs->prompt_hash,
        .settings = inputs->settings.data,
        .arithmetic_version = config->device_arithmetic == RFT_ARITHMETIC_UNCHECKED ? 0 : arithmetic,
        .logprobs = config->output_logprobs,
    };
    return RFT_OK;
}

static enum rft_status take_fingerprint(const struct rft_config *config, struct rft_inputs *inputs)
{
    struct rft_fingerprint *f = &inputs->fingerprint;
    const uint64_t end_tokens = XXH64(inputs->eos.ids != NULL ? inputs->eos.ids : &(uint32_t){0},
                                      inputs->eos.n * sizeof *inputs->eos.ids, inputs->eos.n);
    const struct rft_formats *formats = &inputs->checkpoint.formats;
    const uint64_t integers = rft_formats_hash(formats); /* 0: there are none */
    uint64_t files;
    RFT_TRY(rft_checkpoint_hash(&inputs->checkpoint, &files));
    RFT_TRY(rft_config_fingerprint(&inputs->drawn, &f->lines));
    RFT_TRY(rft_str_printf(&f->lines, "arithmetic=%" PRIu32 "\nunicode=%s,%s\n", rft_inputs_arithmetic(inputs),
                           rft_unicode_pcre2(), rft_unicode_utf8proc()));
    RFT_TRY(rft_fingerprint_add_hash(f, config->model_adapter.n != 0 ? "model.path with its adapters" : "model.path",
                                     files));
    if (rft_formats_have_integers(formats))
        RFT_TRY(rft_fingerprint_add_hash(f, "model.compute (which matrices are integers)", integers));
    RFT_TRY(rft_fingerprint_add_hash(f, "tokenizer", rft_tokenizer_hash(inputs->tokenizer)));
    RFT_TRY(rft_fingerprint_add_hash(f, "prompt (its template, system message, examples)", inputs->prompt.hash));
    RFT_TRY(rft_fingerprint_add_hash(f, "set of end tokens", end_tokens));
    rft_fingerprint_seal(f);
    return take_provenance(config, inputs, files + integers, end_tokens);
}

enum rft_status rft_inputs_open(const struct rft_config *config, struct rft_dataset *questions,
                                struct rft_inputs *inputs)
{
    enum rft_status status;
    *inputs = (struct rft_inputs){.dataset = *questions};
    *questions = (struct rft_dataset){0};
    RFT_TRY_GOTO(open_model(config, inputs));
    RFT_TRY_GOTO(make_choices(config, inputs));
    RFT_TRY_GOTO(find_tokens(inputs));
    RFT_TRY_GOTO(check_prompts(config, inputs));
    RFT_TRY_GOTO(take_fingerprint(config, inputs));
    return RFT_OK;
fail:
    rft_inputs_close(inputs);
    return status;
}

void rft_inputs_close(struct rft_inputs *inputs)
{
    rft_free(inputs->mask);
    rft_ids_finish(&inputs->eos);
    rft_draw_choice_finish(&inputs->draw);
    rft_tokenizer_close(inputs->tokenizer);
    rft_checkpoint_close(&inputs->checkpoint);
    rft_prompt_close(&inputs->prompt);
    rft_dataset_finish(&inputs->dataset);
    rft_fingerprint_finish(&inputs->fingerprint);
    rft_str_finish(&inputs->settings);
    *inputs = (struct rft_inputs){0};
}

uint64_t rft_inputs_bytes(const struct rft_config *config, const struct rft_inputs *inputs)
{
    const struct rft_dataset *d = &inputs->dataset;
    const uint32_t n_samples = config->generate_samples;
    uint64_t rows = d->n * (uint64_t)sizeof *d->questions + d->n_skipped * (uint64_t)sizeof *d->skipped;
    rows += rft_adapter_heap_bytes(&inputs->checkpoint);
    rows += d->arena.cap + rft_arena_bytes(&d->lists);
    return rows + rft_journal_index_bytes(d->n, n_samples) + rft_judging_bytes(config, d->n, n_samples) +
           rft_needed_bytes(d->n, config->generate_stop_when_enough);
}

/* Greedy samples ask no filter: where all are, no logits need lie in memory. */
static struct rft_sampling sampling_of(const struct rft_config *drawn)
{
    const struct rft_reals *temperatures = &drawn->generate_temperature;
    const uint32_t top_p = (uint32_t)(drawn->generate_top_p * 65536.0 + 0.5);
    const bool is_scored = drawn->output_logprobs != RFT_LOGPROBS_NONE;
    bool is_greedy = true;
    for (size_t i = 0; i < temperatures->n; i++)
        is_greedy = is_greedy && temperatures->items[i] == 0;
    if (is_greedy)
        return (struct rft_sampling){.top_p_65536 = 65536, .is_scored = is_scored};
    return (struct rft_sampling){.top_k = drawn->generate_top_k,
                                 .top_p_65536 = top_p == 0 ? 1 : top_p,
                                 .min_p = (float)drawn->generate_min_p,
                                 .is_scored = is_scored};
}

struct rft_draw_rules rft_inputs_rules(const struct rft_inputs *inputs)
{
    return (struct rft_draw_rules){.sampling = sampling_of(&inputs->drawn),
                                   .mask = inputs->mask,
                                   .eos = inputs->eos.ids,
                                   .n_eos = (uint32_t)inputs->eos.n};
}
