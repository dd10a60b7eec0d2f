/* SPDX-License-Identifier: MIT */
/* A matrix, or a part of it, times normed rows: logits, or what heads.cu works on. */
#include "matmul_kernels.cuh"

struct Project : Normed<struct rft_args_project> {
    RFT_FN uint32_t n_matrix_rows(const Args &a)
    {
        return a.n;
    }
    RFT_FN Quad store_quad(const Args &a, uint32_t quad, uint32_t row, const Float4 &sums, float factor)
    {
        float *y = pointer<float>(a.y) + (size_t)row * a.stride + a.first;
        float v[4];
        scale_sums(a, quad, sums, factor, v);
        cap_four(v, a.cap_bits, a.inverse_cap_bits);
        UNROLL
        for (uint32_t i = 0u; i < 4u; i++)
            if (quad * 4u + i < a.n)
                y[quad * 4u + i] = v[i];
        return Quad{0u, 0u, 0u, 0u};
    }
};

MATMUL_KERNELS(project, Project)
