/* SPDX-License-Identifier: MIT */
/* An object of config.json that remembers which of its keys were asked for: what is left over in the end is a key that
 * nobody understood. */
#ifndef RFT_HF_OBJECT_H
#define RFT_HF_OBJECT_H

#include "json.h"
#include "model_options.h"
#include "status.h"

#include <stdbool.h>
#include <stdint.h>

#define RFT_HF_KEYS_MAX 96

struct rft_hf_object {
    const char *file;
    const json_t *object; /* NULL: no such object; every key is absent */
    const char *keys[RFT_HF_KEYS_MAX];
    uint32_t n_keys;
};

/* The value of a key; NULL if it is absent or null. The key, a literal, counts as asked for. */
const json_t *rft_hf_get(struct rft_hf_object *o, const char *key);
/* Whether the key is there, be it null. */
bool rft_hf_has(struct rft_hf_object *o, const char *key);

/* *value stays where the key is absent or null. Errors name file and key. */
enum rft_status rft_hf_u64(struct rft_hf_object *o, const char *key, uint64_t min, uint64_t max, uint64_t *value);
enum rft_status rft_hf_double(struct rft_hf_object *o, const char *key, double min, double max, double *value);
enum rft_status rft_hf_bool(struct rft_hf_object *o, const char *key, bool *value);
/* The same, but the key is required. */
enum rft_status rft_hf_need_double(struct rft_hf_object *o, const char *key, double min, double max, double *value);

bool rft_hf_is_text(const json_t *value, const char *text);

/* "FILE: KEY = VALUE is not supported; INSTEAD", RFT_ERR_UNSUPPORTED. */
enum rft_status rft_hf_refuse(const char *file, const char *key, const json_t *value, const char *instead);

/* What nobody asked for: a harmless key, or one that options tell to ignore, is passed over; another one is warned of if
 * its value is null, false, 0 or empty, else refused by name. */
enum rft_status rft_hf_check_rest(const struct rft_hf_object *o, const struct rft_model_options *options);

#endif
