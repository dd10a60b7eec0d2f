/* SPDX-License-Identifier: MIT */
#include "gguf_object.h"

#include "log.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool is_asked(const struct rft_gguf_object *o, struct rft_bytes key)
{
    for (uint32_t i = 0; i < o->n_keys; i++)
        if (rft_bytes_equal(rft_bytes_z(o->keys[i]), key))
            return true;
    return false;
}

const char *rft_gguf_key(struct rft_gguf_object *o, const char *key, char text[RFT_GGUF_KEY_BYTES])
{
    if (!is_asked(o, rft_bytes_z(key))) {
        assert(o->n_keys < RFT_GGUF_KEYS_MAX);
        o->keys[o->n_keys++] = key;
    }
    snprintf(text, RFT_GGUF_KEY_BYTES, "%.*s.%s", (int)o->prefix.len, o->prefix.data, key);
    return rft_gguf_has(o->gguf, text) ? text : NULL;
}

enum rft_status rft_gguf_need_u64(const struct rft_gguf *gguf, const char *file, const char *key, uint64_t min,
                                  uint64_t max, uint64_t *value)
{
    if (!rft_gguf_has(gguf, key)) {
        rft_log_error("%s: %s is missing", file, key);
        return RFT_ERR_INPUT;
    }
    if (!rft_gguf_get_u64(gguf, key, value)) {
        rft_log_error("%s: %s must be one whole number, not negative", file, key);
        return RFT_ERR_INPUT;
    }
    if (*value >= min && *value <= max)
        return RFT_OK;
    rft_log_error("%s: %s = %" PRIu64 " must be from %" PRIu64 " to %" PRIu64, file, key, *value, min, max);
    return RFT_ERR_UNSUPPORTED;
}

enum rft_status rft_gguf_u64(struct rft_gguf_object *o, const char *key, uint64_t min, uint64_t max, uint64_t *value)
{
    char text[RFT_GGUF_KEY_BYTES];
    const char *whole = rft_gguf_key(o, key, text);
    return whole == NULL ? RFT_OK : rft_gguf_need_u64(o->gguf, o->file, whole, min, max, value);
}

enum rft_status rft_gguf_double(struct rft_gguf_object *o, const char *key, double min, double max, double *value)
{
    char text[RFT_GGUF_KEY_BYTES];
    const char *whole = rft_gguf_key(o, key, text);
    if (whole == NULL)
        return RFT_OK;
    if (!rft_gguf_get_double(o->gguf, whole, value)) {
        rft_log_error("%s: %s must be a number", o->file, whole);
        return RFT_ERR_INPUT;
    }
    if (*value >= min && *value <= max)
        return RFT_OK;
    rft_log_error("%s: %s = %g must be from %g to %g", o->file, whole, *value, min, max);
    return RFT_ERR_UNSUPPORTED;
}

/* Of an architecture, without its name: what llama.cpp does not read, either, or what says nothing of the arithmetic.
 */
static bool is_harmless(struct rft_bytes key)
{
    static const char *const keys[] = {"vocab_size",
                                       "tensor_data_layout",
                                       "rope.scaling.finetuned",
                                       "rope.scaling.yarn_ext_factor",
                                       "rope.scaling.yarn_attn_factor",
                                       "attention.layer_norm_epsilon"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (rft_bytes_equal(key, rft_bytes_z(keys[i])))
            return true;
    return false;
}

/* Such a value turns nothing on. */
static bool is_nothing(const struct rft_gguf *gguf, const char *key)
{
    uint64_t whole = 1;
    double number = 1.0;
    bool flag = true;
    struct rft_bytes text = {"?", 1};
    uint64_t n = 1;
    return (rft_gguf_get_u64(gguf, key, &whole) && whole == 0) ||
           (rft_gguf_get_double(gguf, key, &number) && number == 0.0) ||
           (rft_gguf_get_bool(gguf, key, &flag) && !flag) || (rft_gguf_get_string(gguf, key, &text) && text.len == 0) ||
           (rft_gguf_get_array(gguf, key, &n) && n == 0);
}

static enum rft_status check_key(const struct rft_gguf_object *o, struct rft_bytes key,
                                 const struct rft_model_options *options)
{
    char text[RFT_GGUF_KEY_BYTES];
    struct rft_bytes rest = {key.data + o->prefix.len + 1, key.len - o->prefix.len - 1};
    snprintf(text, sizeof text, "%.*s", (int)key.len, key.data);
    if (is_asked(o, rest) || is_harmless(rest))
        return RFT_OK;
    if (rft_model_ignores(options, text)) {
        rft_log_info("%s: %s is ignored, as model.ignore_keys says", o->file, text);
        return RFT_OK;
    }
    if (key.len < sizeof text && is_nothing(o->gguf, text)) {
        rft_log_warn("%s: %s is not known, and its value taken to change nothing", o->file, text);
        return RFT_OK;
    }
    rft_log_error(
        "%s: %s is not known: it may change what the model computes; if you know that it does not, name it in "
        "model.ignore_keys",
        o->file, text);
    return RFT_ERR_UNSUPPORTED;
}

enum rft_status rft_gguf_check_rest(const struct rft_gguf_object *o, const struct rft_model_options *options)
{
    for (uint64_t i = 0; i < o->gguf->n_entries; i++) {
        struct rft_bytes key = o->gguf->entries[i].key;
        if (key.len > o->prefix.len && memcmp(key.data, o->prefix.data, o->prefix.len) == 0 &&
            key.data[o->prefix.len] == '.')
            RFT_TRY(check_key(o, key, options));
    }
    return RFT_OK;
}
