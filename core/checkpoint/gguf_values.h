/* SPDX-License-Identifier: MIT */
/* What is in a parsed GGUF file: tensors and metadata. */
#ifndef RFT_GGUF_VALUES_H
#define RFT_GGUF_VALUES_H

#include "gguf_data.h"
#include "str.h"

#include <stdbool.h>
#include <stdint.h>

uint64_t rft_gguf_n_tensors(const struct rft_gguf *gguf);
const struct rft_gguf_tensor *rft_gguf_tensor_at(const struct rft_gguf *gguf, uint64_t index);
uint64_t rft_gguf_data_offset(const struct rft_gguf *gguf); /* of the data section, from the file's start */

/* Metadata by key. false, and *value as it was, if the key is absent or of another type (any integer type and no
 * negative value for get_u64, f32/f64 for get_double). */
bool rft_gguf_has(const struct rft_gguf *gguf, const char *key);
bool rft_gguf_get_string(const struct rft_gguf *gguf, const char *key, struct rft_bytes *value);
bool rft_gguf_get_u64(const struct rft_gguf *gguf, const char *key, uint64_t *value);
bool rft_gguf_get_double(const struct rft_gguf *gguf, const char *key, double *value);
bool rft_gguf_get_bool(const struct rft_gguf *gguf, const char *key, bool *value);
/* Arrays: the number of elements, then element i, in constant time. */
bool rft_gguf_get_array(const struct rft_gguf *gguf, const char *key, uint64_t *n);
bool rft_gguf_array_string(const struct rft_gguf *gguf, const char *key, uint64_t i, struct rft_bytes *value);
bool rft_gguf_array_double(const struct rft_gguf *gguf, const char *key, uint64_t i, double *value);
bool rft_gguf_array_bool(const struct rft_gguf *gguf, const char *key, uint64_t i, bool *value);
bool rft_gguf_array_u64(const struct rft_gguf *gguf, const char *key, uint64_t i, uint64_t *value);

#endif
