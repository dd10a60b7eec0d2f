/* SPDX-License-Identifier: MIT */
/* The inside of a parsed GGUF file: made by gguf.c, asked by gguf_values.c. */
#ifndef RFT_GGUF_DATA_H
#define RFT_GGUF_DATA_H

#include "file.h"
#include "str.h"

#include <stdint.h>

/* Types of metadata values, by number: name, bytes (0: a string or an array). */
#define RFT_GGUF_TYPE_LIST(X)                                                                                          \
    X(U8, 1)                                                                                                           \
    X(I8, 1)                                                                                                           \
    X(U16, 2)                                                                                                          \
    X(I16, 2)                                                                                                          \
    X(U32, 4)                                                                                                          \
    X(I32, 4)                                                                                                          \
    X(F32, 4)                                                                                                          \
    X(BOOL, 1)                                                                                                         \
    X(STRING, 0)                                                                                                       \
    X(ARRAY, 0)                                                                                                        \
    X(U64, 8)                                                                                                          \
    X(I64, 8)                                                                                                          \
    X(F64, 8)
#define RFT_GGUF_ENUM(name, bytes) RFT_GGUF_##name,
enum rft_gguf_type { RFT_GGUF_TYPE_LIST(RFT_GGUF_ENUM) RFT_GGUF_TYPE_COUNT };
#undef RFT_GGUF_ENUM

/* Bytes of a value, by enum rft_gguf_type; 0 for a string or an array. */
extern const uint8_t rft_gguf_type_bytes[RFT_GGUF_TYPE_COUNT];

/* One entry of the tensor table as the file has it; dims innermost first. */
struct rft_gguf_tensor {
    struct rft_bytes name;
    uint32_t n_dims;
    uint64_t dims[4];
    uint32_t type;   /* ggml type number */
    uint64_t offset; /* from the data section */
};

struct rft_gguf_entry {
    struct rft_bytes key;
    uint32_t type;         /* enum rft_gguf_type */
    uint32_t element_type; /* of an array */
    uint64_t n;            /* elements of an array; 1 for a scalar */
    const uint8_t *data;   /* the value, or an array's first element */
    uint64_t *starts;      /* [n] an array of strings: where each one's length lies, from the file's start */
};

struct rft_gguf {
    const struct rft_map *map;
    struct rft_gguf_entry *entries; /* [n_entries], sorted by key */
    uint64_t n_entries;
    struct rft_gguf_tensor *tensors; /* [n_tensors], in the file's order */
    uint64_t n_tensors;
    uint64_t data_offset;
};

#endif
