/* SPDX-License-Identifier: MIT */
/* The tensors that a container lists, before anyone knows which of them the model needs. */
#ifndef RFT_TENSOR_LIST_H
#define RFT_TENSOR_LIST_H

#include "status.h"
#include "tensor.h"

#include <stdbool.h>
#include <stddef.h>

struct rft_listed_tensor {
    char *name;                         /* as the container has it; owned */
    const char *file;                   /* path of its map */
    enum rft_dtype dtype;               /* RFT_DTYPE_COUNT: a type that is not read */
    char type[24];                      /* the container's name of the type, for messages */
    uint32_t n_dims;                    /* may exceed RFT_TENSOR_DIMS_MAX: then only the first are kept */
    uint64_t dims[RFT_TENSOR_DIMS_MAX]; /* outermost first */
    const uint8_t *data;
    uint64_t bytes; /* 0 where the size of the type is not known */
    bool is_needed; /* for the caller's use */
};

struct rft_tensor_list {
    struct rft_listed_tensor *items;
    size_t n;
    size_t cap;
};

void rft_tensor_list_finish(struct rft_tensor_list *list);

/* Appends a tensor of that name, everything else zero. NULL when memory is short. */
struct rft_listed_tensor *rft_tensor_list_add(struct rft_tensor_list *list, const char *name, size_t name_len);

/* No two tensors may share bytes of `file`. Leaves the list in another order. */
enum rft_status rft_tensor_list_check_overlap(struct rft_tensor_list *list, const char *file);

/* By name, for rft_tensor_list_find; a name that occurs twice is refused. */
enum rft_status rft_tensor_list_sort(struct rft_tensor_list *list);
struct rft_listed_tensor *rft_tensor_list_find(const struct rft_tensor_list *list, const char *name);

/* Bytes of n_elements of a type; false if they are no multiple of its block or overflow. */
bool rft_dtype_bytes(enum rft_dtype dtype, uint64_t n_elements, uint64_t *bytes);

/* A shape for messages: "[40, 16]"; of more than two dimensions the first ones. */
#define RFT_DIMS_TEXT_BYTES 64
void rft_dims_text(uint32_t n_dims, const uint64_t *dims, char text[RFT_DIMS_TEXT_BYTES]);

/* Product of all dimensions; false if it overflows. */
bool rft_dims_product(const uint64_t *dims, uint32_t n_dims, uint64_t *product);

#endif
