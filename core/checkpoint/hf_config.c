/* SPDX-License-Identifier: MIT */
#include "hf_config.h"

#include "alloc.h"
#include "json.h"
#include "log.h"
#include "model_config.h"

#include <string.h>

static enum rft_status refuse(const char *file, const char *key, const json_t *value, const char *instead)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    rft_log_error("%s: %s = %.200s is not supported; %s", file, key, text != NULL ? text : "(unknown)", instead);
    if (text != NULL)
        rft_free(text);
    return RFT_ERR_UNSUPPORTED;
}

static const json_t *get(const json_t *root, const char *key)
{
    const json_t *value = json_object_get(root, key);
    return json_is_null(value) ? NULL : value;
}

static enum rft_found get_u64(const void *user, const char *key, uint64_t *value)
{
    const json_t *found = get(user, key);
    if (found == NULL)
        return RFT_ABSENT;
    if (!json_is_integer(found) || json_integer_value(found) < 0)
        return RFT_WRONG_TYPE;
    *value = (uint64_t)json_integer_value(found);
    return RFT_FOUND;
}

static enum rft_found get_double(const void *user, const char *key, double *value)
{
    const json_t *found = get(user, key);
    if (found == NULL)
        return RFT_ABSENT;
    if (!json_is_number(found))
        return RFT_WRONG_TYPE;
    *value = json_number_value(found);
    return RFT_FOUND;
}

static bool is_text(const json_t *value, const char *text)
{
    return json_is_string(value) && strcmp(json_string_value(value), text) == 0;
}

static enum rft_status check_architecture(const char *file, const json_t *root)
{
    static const char instead[] = "only Llama models (LlamaForCausalLM, model_type llama) are";
    const json_t *architectures = get(root, "architectures"), *type = get(root, "model_type");
    if (architectures == NULL && type == NULL) {
        rft_log_error("%s: neither architectures nor model_type says what model this is", file);
        return RFT_ERR_INPUT;
    }
    if (architectures != NULL &&
        (json_array_size(architectures) != 1 || !is_text(json_array_get(architectures, 0), "LlamaForCausalLM")))
        return refuse(file, "architectures", architectures, instead);
    if (type != NULL && !is_text(type, "llama"))
        return refuse(file, "model_type", type, instead);
    return RFT_OK;
}

/* Keys that change the arithmetic and have one supported value (or none). */
static enum rft_status check_fixed(const char *file, const json_t *root)
{
    static const char *const off[] = {"attention_bias", "mlp_bias", "rope_interleaved"};
    const json_t *value = get(root, "hidden_act");
    if (value != NULL && !is_text(value, "silu"))
        return refuse(file, "hidden_act", value, "only \"silu\" is");
    for (size_t i = 0; i < sizeof off / sizeof off[0]; i++)
        if ((value = get(root, off[i])) != NULL && !json_is_false(value))
            return refuse(file, off[i], value, "only false is");
    if ((value = get(root, "quantization_config")) != NULL)
        return refuse(file, "quantization_config", value, "use the checkpoint in bf16, f16 or f32, or a GGUF file");
    value = get(root, "partial_rotary_factor");
    if (value != NULL && (!json_is_number(value) || json_number_value(value) != 1.0))
        return refuse(file, "partial_rotary_factor", value, "only 1 is");
    value = get(root, "tie_word_embeddings");
    if (value != NULL && !json_is_boolean(value))
        return refuse(file, "tie_word_embeddings", value, "true and false are");
    return RFT_OK;
}

static enum rft_status read_llama3(const struct rft_config_source *root, const struct rft_config_source *scaling,
                                   struct rft_model_config *config)
{
    static const char key[] = "original_max_position_embeddings";
    config->rope_llama3 = true;
    RFT_TRY(rft_config_double(scaling, "factor", 1.0, 1e6, &config->rope_factor));
    RFT_TRY(rft_config_double(scaling, "low_freq_factor", 1e-6, 1e6, &config->rope_low_freq_factor));
    RFT_TRY(rft_config_double(scaling, "high_freq_factor", 1e-6, 1e6, &config->rope_high_freq_factor));
    return rft_config_double(get(scaling->user, key) != NULL ? scaling : root, key, 1.0, 2147483647.0,
                             &config->rope_original_positions);
}

/* Under "rope_scaling" (with rope_theta beside it), or under "rope_parameters", which may hold rope_theta, too. */
static enum rft_status read_rope(const struct rft_config_source *root, const char *key, struct rft_model_config *config)
{
    const json_t *rope = get(root->user, key);
    struct rft_config_source source = *root;
    double theta;
    source.user = rope;
    if (rope == NULL)
        return RFT_OK;
    if (!json_is_object(rope))
        return refuse(root->file, key, rope, "an object or null is");
    const json_t *type = get(rope, "rope_type") != NULL ? get(rope, "rope_type") : get(rope, "type");
    if (get_double(rope, "rope_theta", &theta) != RFT_ABSENT)
        RFT_TRY(rft_config_double(&source, "rope_theta", 1.0, 1e15, &config->rope_theta));
    const json_t *part = get(rope, "partial_rotary_factor");
    if (part != NULL && (!json_is_number(part) || json_number_value(part) != 1.0))
        return refuse(root->file, "partial_rotary_factor", part, "only 1 is");
    if (is_text(type, "llama3"))
        return read_llama3(root, &source, config);
    if (is_text(type, "default") || (type == NULL && get(rope, "factor") == NULL))
        return RFT_OK;
    return refuse(root->file, key, rope, "only the types \"default\" and \"llama3\" are");
}

static enum rft_status read_config(const char *file, const json_t *root, struct rft_model_config *config)
{
    struct rft_config_source source = {file, false, root, get_u64, get_double};
    if (!json_is_object(root)) {
        rft_log_error("%s: not a JSON object", file);
        return RFT_ERR_INPUT;
    }
    RFT_TRY(check_architecture(file, root));
    RFT_TRY(check_fixed(file, root));
    RFT_TRY(rft_model_config_read(&source, config));
    RFT_TRY(read_rope(&source, "rope_scaling", config));
    RFT_TRY(read_rope(&source, "rope_parameters", config));
    config->tied = json_is_true(get(root, "tie_word_embeddings"));
    return rft_model_config_check(file, config);
}

enum rft_status rft_hf_config_parse(const char *file, struct rft_bytes text, struct rft_model_config *config)
{
    json_t *root;
    *config = (struct rft_model_config){0};
    RFT_TRY(rft_json_load(file, text, JSON_REJECT_DUPLICATES, &root));
    enum rft_status status = read_config(file, root, config);
    json_decref(root);
    if (status != RFT_OK)
        *config = (struct rft_model_config){0};
    return status;
}

static enum rft_status read_eos(const char *file, const json_t *root, uint32_t vocab_size, uint32_t **ids, size_t *n)
{
    const json_t *value = get(root, "eos_token_id");
    size_t n_ids = value == NULL ? 0 : json_is_array(value) ? json_array_size(value) : 1;
    if (n_ids == 0)
        return RFT_OK;
    *ids = rft_alloc(n_ids, sizeof **ids);
    if (*ids == NULL)
        return RFT_ERR_HOST_MEMORY;
    for (*n = 0; *n < n_ids; ++*n) {
        const json_t *id = json_is_array(value) ? json_array_get(value, *n) : value;
        if (!json_is_integer(id) || json_integer_value(id) < 0 || json_integer_value(id) >= (json_int_t)vocab_size) {
            rft_log_error("%s: eos_token_id must be a token id below the vocabulary's size %u, or a list of them", file,
                          vocab_size);
            return RFT_ERR_INPUT;
        }
        (*ids)[*n] = (uint32_t)json_integer_value(id);
    }
    return RFT_OK;
}

enum rft_status rft_hf_eos_parse(const char *file, struct rft_bytes text, uint32_t vocab_size, uint32_t **ids,
                                 size_t *n)
{
    json_t *root;
    *ids = NULL;
    *n = 0;
    RFT_TRY(rft_json_load(file, text, JSON_REJECT_DUPLICATES, &root));
    enum rft_status status = read_eos(file, root, vocab_size, ids, n);
    json_decref(root);
    if (status != RFT_OK) {
        rft_free(*ids);
        *ids = NULL;
        *n = 0;
    }
    return status;
}
