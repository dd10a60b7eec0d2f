/* SPDX-License-Identifier: MIT */
/* GGUF files piece by piece, right or wrong: each function appends to `file`. */
#ifndef RFT_GGUF_BUILDER_H
#define RFT_GGUF_BUILDER_H

#include "str.h"

#include <stdbool.h>
#include <stdint.h>

void rft_test_gguf_begin(struct rft_str *file, uint32_t version, uint64_t n_tensors, uint64_t n_entries);
void rft_test_gguf_raw(struct rft_str *file, const void *bytes, size_t n);
void rft_test_gguf_word(struct rft_str *file, uint32_t value);
void rft_test_gguf_long(struct rft_str *file, uint64_t value);
void rft_test_gguf_string(struct rft_str *file, const char *z); /* length, then bytes */

/* Metadata: a key, its type, its value. An array is begun here and its elements are appended by the caller. */
void rft_test_gguf_key(struct rft_str *file, const char *key, uint32_t type);
void rft_test_gguf_u32(struct rft_str *file, const char *key, uint32_t value);
void rft_test_gguf_f32(struct rft_str *file, const char *key, float value);
void rft_test_gguf_bool(struct rft_str *file, const char *key, bool value);
void rft_test_gguf_text(struct rft_str *file, const char *key, const char *value);
void rft_test_gguf_array(struct rft_str *file, const char *key, uint32_t element_type, uint64_t n);

/* A row of the tensor table; dims innermost first. */
void rft_test_gguf_tensor(struct rft_str *file, const char *name, uint32_t n_dims, const uint64_t *dims, uint32_t type,
                          uint64_t offset);
void rft_test_gguf_align(struct rft_str *file, size_t alignment); /* zeros up to a multiple */

#endif
