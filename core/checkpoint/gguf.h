/* SPDX-License-Identifier: MIT */
/* GGUF version 3: header, metadata, tensor table (github.com/ggml-org/ggml, docs/gguf.md). */
#ifndef RFT_GGUF_H
#define RFT_GGUF_H

#include "file.h"
#include "status.h"
#include "str.h"

#include <stdbool.h>
#include <stdint.h>

struct rft_gguf;

/* One entry of the tensor table as the file has it; dims innermost first. */
struct rft_gguf_tensor {
    struct rft_bytes name;
    uint32_t n_dims;
    uint64_t dims[4];
    uint32_t type;      /* ggml type number */
    uint64_t offset;    /* from the data section */
};

/* Parses a mapped file, which must outlive the result. Every length is checked against the file. */
enum rft_status rft_gguf_parse(const struct rft_map *map, struct rft_gguf **gguf);
void rft_gguf_destroy(struct rft_gguf *gguf);

uint64_t rft_gguf_n_tensors(const struct rft_gguf *gguf);
const struct rft_gguf_tensor *rft_gguf_tensor_at(const struct rft_gguf *gguf, uint64_t index);
uint64_t rft_gguf_data_offset(const struct rft_gguf *gguf); /* of the data section, from the file's start */

/* Metadata by key. false, and *value as it was, if the key is absent or of another type (any integer type and no negative
 * value for get_u64, f32/f64 for get_double). */
bool rft_gguf_has(const struct rft_gguf *gguf, const char *key);
bool rft_gguf_get_string(const struct rft_gguf *gguf, const char *key, struct rft_bytes *value);
bool rft_gguf_get_u64(const struct rft_gguf *gguf, const char *key, uint64_t *value);
bool rft_gguf_get_double(const struct rft_gguf *gguf, const char *key, double *value);
bool rft_gguf_get_bool(const struct rft_gguf *gguf, const char *key, bool *value);
/* Arrays: the number of elements, then element i, in constant time. */
bool rft_gguf_get_array(const struct rft_gguf *gguf, const char *key, uint64_t *n);
bool rft_gguf_array_string(const struct rft_gguf *gguf, const char *key, uint64_t i, struct rft_bytes *value);
bool rft_gguf_array_double(const struct rft_gguf *gguf, const char *key, uint64_t i, double *value);
bool rft_gguf_array_u64(const struct rft_gguf *gguf, const char *key, uint64_t i, uint64_t *value);

#endif
