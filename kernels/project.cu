/* SPDX-License-Identifier: MIT */
/* Logits: the head's matrix, or a part of it, times the normed hidden states. */
#include "matmul.cuh"

struct Logits : Normed<struct rft_args_project> {
    RFT_FN uint32_t n_matrix_rows(const Args &a)
    {
        return a.n;
    }
    RFT_FN Quad store_quad(const Args &a, uint32_t quad, uint32_t row, const Float4 &sums, float factor)
    {
        const float v[4] = {sums.x, sums.y, sums.z, sums.w};
        float *logits = pointer<float>(a.logits) + (size_t)row * a.vocab + a.first;
        UNROLL
        for (uint32_t i = 0u; i < 4u; i++)
            if (quad * 4u + i < a.n)
                logits[quad * 4u + i] = rft_scaled_sum(v[i], factor);
        return Quad{0u, 0u, 0u, 0u};
    }
};

MATMUL_KERNELS(logits, Logits)
