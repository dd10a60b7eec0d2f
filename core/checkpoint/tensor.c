/* SPDX-License-Identifier: MIT */
#include "tensor.h"

#include "packed_row.h"

/* Where row `row` of a q or k projection lies. The model rotates elements i and i + d/2 of a head of d together;
 * llama.cpp rotates neighbours, so its files hold them side by side: row i of the first half of a head lies at 2 i, row
 * i of the second half at 2 i + 1. */
static uint64_t stored_row(const struct rft_tensor *tensor, uint64_t row)
{
    if (tensor->rope_heads == 0)
        return row;
    uint64_t head_dim = tensor->dims[0] / tensor->rope_heads, half = head_dim / 2;
    uint64_t in_head = row % head_dim;
    return row - in_head + 2 * (in_head % half) + in_head / half;
}

static uint64_t row_bytes_of(const struct rft_tensor *tensor)
{
    const uint64_t columns = tensor->dims[tensor->n_dims - 1];
    return columns / rft_dtype_block_elements(tensor->dtype) * rft_dtype_block_bytes(tensor->dtype);
}

const uint8_t *rft_tensor_row(const struct rft_tensor *tensor, uint64_t row)
{
    return tensor->data + stored_row(tensor, row) * row_bytes_of(tensor);
}

void rft_tensor_rows_f32(const struct rft_tensor *tensor, uint64_t row_0, uint64_t n_rows, float *dst)
{
    uint64_t columns = tensor->dims[tensor->n_dims - 1];
    for (uint64_t i = 0; i < n_rows && tensor->n_dims > 1; i++) {
        float *row = dst + i * columns;
        rft_dtype_to_f32(tensor->dtype, rft_tensor_row(tensor, row_0 + i), columns, row);
        for (size_t k = 0; k < tensor->n_deltas; k++)
            rft_delta_add(&tensor->deltas[k], row_0 + i, columns, row);
    }
    for (uint64_t i = 0; i < columns && tensor->n_dims == 1 && n_rows != 0; i++) /* a bias: its elements are rows */
        rft_dtype_to_f32(tensor->dtype, tensor->data + stored_row(tensor, i) * row_bytes_of(tensor) / columns, 1,
                         dst + i);
}

uint32_t rft_tensor_format(const struct rft_tensor *tensor)
{
    return tensor->n_deltas == 0 ? rft_dtype_format(tensor->dtype) : RFT_FORMAT_BF16;
}
