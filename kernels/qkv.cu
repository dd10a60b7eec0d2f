/* SPDX-License-Identifier: MIT */
/* Queries, keys and values: q and k rotated by the row's position, k and v stored in the row's page. */
#include "matmul_kernels.cuh"
#include "pages.cuh"

struct Qkv : Normed<struct rft_args_qkv> {
    RFT_FN uint32_t n_matrix_rows(const Args &a)
    {
        return a.n;
    }
    RFT_FN bool is_left_alone(const Args &a, uint32_t row)
    {
        return !is_running(a.rows, row);
    }
    RFT_FN Quad store_quad(const Args &a, uint32_t quad, uint32_t row, const Float4 &sums, float factor)
    {
        const uint32_t at = a.first + quad * 4u, head = at / a.head_dim, in_head = at % a.head_dim;
        float v[4];
        scale_sums(a, quad, sums, factor, v);
        if (quad * 4u >= a.n)
            return Quad{0u, 0u, 0u, 0u};
        if (head < a.n_heads + a.n_kv_heads)
            store_q_or_k(a, row, head, in_head / 4u, v);
        else
            store_value(a, row, head - a.n_heads - a.n_kv_heads, in_head / 2u, v);
        return Quad{0u, 0u, 0u, 0u};
    }
};

MATMUL_KERNELS(qkv, Qkv)
