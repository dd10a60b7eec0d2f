/* SPDX-License-Identifier: MIT */
#include "tensor_list.h"

#include "alloc.h"
#include "log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void rft_tensor_list_finish(struct rft_tensor_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        rft_free(list->items[i].name);
    rft_free(list->items);
    *list = (struct rft_tensor_list){0};
}

struct rft_listed_tensor *rft_tensor_list_add(struct rft_tensor_list *list, const char *name, size_t name_len)
{
    void *items = list->items;
    if (rft_grow(&items, &list->cap, list->n + 1, sizeof *list->items) != 0)
        return NULL;
    list->items = items;
    char *copy = rft_strndup(name, name_len);
    if (copy == NULL)
        return NULL;
    struct rft_listed_tensor *item = &list->items[list->n++];
    *item = (struct rft_listed_tensor){.name = copy, .dtype = RFT_DTYPE_COUNT};
    return item;
}

static int compare_places(const void *a, const void *b)
{
    const struct rft_listed_tensor *x = a, *y = b;
    if (x->data != y->data)
        return x->data < y->data ? -1 : 1;
    return (x->bytes > y->bytes) - (x->bytes < y->bytes); /* an empty one lies before its neighbour */
}

enum rft_status rft_tensor_list_check_overlap(struct rft_tensor_list *list, const char *file)
{
    if (list->n)
        qsort(list->items, list->n, sizeof *list->items, compare_places);
    for (size_t i = 1; i < list->n; i++) {
        const struct rft_listed_tensor *a = &list->items[i - 1], *b = &list->items[i];
        if (b->data >= a->data + a->bytes)
            continue;
        rft_log_error("%s: tensors %s and %s overlap; the file is damaged", file, a->name, b->name);
        return RFT_ERR_INPUT;
    }
    return RFT_OK;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct rft_listed_tensor *)a)->name, ((const struct rft_listed_tensor *)b)->name);
}

enum rft_status rft_tensor_list_sort(struct rft_tensor_list *list)
{
    if (list->n)
        qsort(list->items, list->n, sizeof *list->items, compare_names);
    for (size_t i = 1; i < list->n; i++) {
        if (strcmp(list->items[i - 1].name, list->items[i].name) != 0)
            continue;
        rft_log_error("%s: tensor %s is listed twice; the file is damaged", list->items[i].file, list->items[i].name);
        return RFT_ERR_INPUT;
    }
    return RFT_OK;
}

static int compare_name(const void *name, const void *item)
{
    return strcmp(name, ((const struct rft_listed_tensor *)item)->name);
}

struct rft_listed_tensor *rft_tensor_list_find(const struct rft_tensor_list *list, const char *name)
{
    return list->n ? bsearch(name, list->items, list->n, sizeof *list->items, compare_name) : NULL;
}

bool rft_dtype_bytes(enum rft_dtype dtype, uint64_t n_elements, uint64_t *bytes)
{
    uint64_t n_blocks = n_elements / rft_dtype_block_elements(dtype);
    *bytes = 0;
    if (n_elements % rft_dtype_block_elements(dtype) != 0 || n_blocks > UINT64_MAX / rft_dtype_block_bytes(dtype))
        return false;
    *bytes = n_blocks * rft_dtype_block_bytes(dtype);
    return true;
}

void rft_dims_text(uint32_t n_dims, const uint64_t *dims, char text[RFT_DIMS_TEXT_BYTES])
{
    uint32_t n_shown = n_dims < 2 ? n_dims : 2;
    int at = snprintf(text, RFT_DIMS_TEXT_BYTES, "[");
    for (uint32_t i = 0; i < n_shown; i++)
        at += snprintf(text + at, RFT_DIMS_TEXT_BYTES - (size_t)at, "%s%" PRIu64, i ? ", " : "", dims[i]);
    snprintf(text + at, RFT_DIMS_TEXT_BYTES - (size_t)at, "%s]", n_dims > n_shown ? ", ..." : "");
}

bool rft_dims_product(const uint64_t *dims, uint32_t n_dims, uint64_t *product)
{
    *product = 1;
    for (uint32_t i = 0; i < n_dims; i++) {
        if (dims[i] && *product > UINT64_MAX / dims[i])
            return false;
        *product *= dims[i];
    }
    return true;
}
