/* SPDX-License-Identifier: MIT */
#include "hf_object.h"

#include "alloc.h"
#include "harmless_keys.h"
#include "log.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

static bool is_asked(const struct rft_hf_object *o, const char *key)
{
    for (uint32_t i = 0; i < o->n_keys; i++)
        if (strcmp(o->keys[i], key) == 0)
            return true;
    return false;
}

static const json_t *ask(struct rft_hf_object *o, const char *key)
{
    if (!is_asked(o, key)) {
        assert(o->n_keys < RFT_HF_KEYS_MAX);
        o->keys[o->n_keys++] = key;
    }
    return o->object != NULL ? json_object_get(o->object, key) : NULL;
}

const json_t *rft_hf_get(struct rft_hf_object *o, const char *key)
{
    const json_t *value = ask(o, key);
    return json_is_null(value) ? NULL : value;
}

bool rft_hf_has(struct rft_hf_object *o, const char *key)
{
    return ask(o, key) != NULL;
}

static enum rft_status wrong(const struct rft_hf_object *o, const char *key, const char *problem)
{
    rft_log_error("%s: %s %s", o->file, key, problem);
    return RFT_ERR_INPUT;
}

enum rft_status rft_hf_u64(struct rft_hf_object *o, const char *key, uint64_t min, uint64_t max, uint64_t *value)
{
    const json_t *found = rft_hf_get(o, key);
    if (found == NULL)
        return RFT_OK;
    if (!json_is_integer(found) || json_integer_value(found) < 0)
        return wrong(o, key, "must be a whole number, not negative");
    *value = (uint64_t)json_integer_value(found);
    if (*value >= min && *value <= max)
        return RFT_OK;
    rft_log_error("%s: %s = %" PRIu64 " must be from %" PRIu64 " to %" PRIu64, o->file, key, *value, min, max);
    return RFT_ERR_UNSUPPORTED;
}

enum rft_status rft_hf_double(struct rft_hf_object *o, const char *key, double min, double max, double *value)
{
    const json_t *found = rft_hf_get(o, key);
    if (found == NULL)
        return RFT_OK;
    if (!json_is_number(found))
        return wrong(o, key, "must be a number");
    *value = json_number_value(found);
    if (*value >= min && *value <= max)
        return RFT_OK;
    rft_log_error("%s: %s = %g must be from %g to %g", o->file, key, *value, min, max);
    return RFT_ERR_UNSUPPORTED;
}

enum rft_status rft_hf_need_double(struct rft_hf_object *o, const char *key, double min, double max, double *value)
{
    return rft_hf_get(o, key) == NULL ? wrong(o, key, "is missing") : rft_hf_double(o, key, min, max, value);
}

enum rft_status rft_hf_bool(struct rft_hf_object *o, const char *key, bool *value)
{
    const json_t *found = rft_hf_get(o, key);
    if (found == NULL)
        return RFT_OK;
    if (!json_is_boolean(found))
        return wrong(o, key, "must be true or false");
    *value = json_is_true(found);
    return RFT_OK;
}

bool rft_hf_is_text(const json_t *value, const char *text)
{
    return json_is_string(value) && strcmp(json_string_value(value), text) == 0;
}

/* A value for a message; freed by the caller, NULL when memory is short. */
static char *value_text(const json_t *value)
{
    return json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
}

enum rft_status rft_hf_refuse(const char *file, const char *key, const json_t *value, const char *instead)
{
    char *text = value_text(value);
    rft_log_error("%s: %s = %.200s is not supported; %s", file, key, text != NULL ? text : "(unknown)", instead);
    rft_free(text);
    return RFT_ERR_UNSUPPORTED;
}

/* Such a value turns nothing on. */
static bool is_nothing(const json_t *value)
{
    return json_is_null(value) || json_is_false(value) || (json_is_number(value) && json_number_value(value) == 0.0) ||
           (json_is_string(value) && json_string_length(value) == 0) ||
           (json_is_array(value) && json_array_size(value) == 0) ||
           (json_is_object(value) && json_object_size(value) == 0);
}

enum rft_status rft_hf_check_rest(const struct rft_hf_object *o, const struct rft_model_options *options)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)o->object, key, value)
    {
        if (is_asked(o, key) || rft_is_harmless_key(key))
            continue;
        if (rft_model_ignores(options, key)) {
            rft_log_info("%s: %s is ignored, as model.ignore_keys says", o->file, key);
            continue;
        }
        char *text = value_text(value);
        const char *shown = text != NULL ? text : "(unknown)";
        if (is_nothing(value))
            rft_log_warn("%s: %s = %.100s is not known and taken to change nothing", o->file, key, shown);
        else
            rft_log_error("%s: %s = %.200s is not known: it may change what the model computes; if you know that it does "
                          "not, name it in model.ignore_keys",
                          o->file, key, shown);
        rft_free(text);
        if (!is_nothing(value))
            return RFT_ERR_UNSUPPORTED;
    }
    return RFT_OK;
}
