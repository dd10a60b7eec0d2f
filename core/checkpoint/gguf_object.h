/* SPDX-License-Identifier: MIT */
/* The keys of an architecture in a GGUF file ("qwen2.block_count"), and which of them were asked for: what is left over
 * in the end is a key that nobody understood. */
#ifndef RFT_GGUF_OBJECT_H
#define RFT_GGUF_OBJECT_H

#include "gguf_values.h"
#include "model_options.h"
#include "status.h"

#define RFT_GGUF_KEYS_MAX 64
#define RFT_GGUF_KEY_BYTES 128

struct rft_gguf_object {
    const char *file;
    const struct rft_gguf *gguf;
    struct rft_bytes prefix; /* the architecture's name; keys below go without it and its dot */
    const char *keys[RFT_GGUF_KEYS_MAX];
    uint32_t n_keys;
};

/* The whole key, which counts as asked for; NULL if the file has none. text: of the caller's. */
const char *rft_gguf_key(struct rft_gguf_object *o, const char *key, char text[RFT_GGUF_KEY_BYTES]);

/* *value stays where the key is absent. Errors name file and key. */
enum rft_status rft_gguf_u64(struct rft_gguf_object *o, const char *key, uint64_t min, uint64_t max, uint64_t *value);
enum rft_status rft_gguf_double(struct rft_gguf_object *o, const char *key, double min, double max, double *value);

/* A key of the file, required. */
enum rft_status rft_gguf_need_u64(const struct rft_gguf *gguf, const char *file, const char *key, uint64_t min,
                                  uint64_t max, uint64_t *value);

/* What nobody asked for, as rft_hf_check_rest. */
enum rft_status rft_gguf_check_rest(const struct rft_gguf_object *o, const struct rft_model_options *options);

#endif
