/* SPDX-License-Identifier: MIT */
/* A safetensors file that is read, changed and written again. */
#ifndef RFT_TENSOR_FILE_H
#define RFT_TENSOR_FILE_H

#include "str.h"

#include <jansson.h>
#include <stdint.h>

struct rft_test_tensor_file {
    json_t *header;
    struct rft_str data;
};

void rft_test_tensors_read(const char *path, struct rft_test_tensor_file *file);
/* Writes it and gives everything back. */
void rft_test_tensors_write(const char *path, struct rft_test_tensor_file *file);

void rft_test_tensors_rename(struct rft_test_tensor_file *file, const char *from, const char *to);
/* In place of `from` at the beginning of every name, `to`. */
void rft_test_tensors_prefix(struct rft_test_tensor_file *file, const char *from, const char *to);
void rft_test_tensors_drop(struct rft_test_tensor_file *file, const char *name);
/* Another tensor with the bytes of one that is there. */
void rft_test_tensors_copy(struct rft_test_tensor_file *file, const char *name, const char *as);

#endif
