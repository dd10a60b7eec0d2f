/* SPDX-License-Identifier: MIT */
/* The gated unit: gate and up lie paired in the matrix, two of each in a quad. */
#include "matmul_kernels.cuh"

struct GateUp : Normed<struct rft_args_gate_up> {
    static constexpr uint32_t BLOCK_TILES = GATE_UP_TILES;

    RFT_FN uint32_t n_matrix_rows(const Args &a)
    {
        return 2u * a.ffn_dim;
    }
    RFT_FN Quad store_quad(const Args &a, uint32_t quad, uint32_t row, const Float4 &sums, float factor)
    {
        if (quad * 4u < n_matrix_rows(a)) {
            float v[4];
            scale_sums(a, quad, sums, factor, v);
            const float low = rft_act_mul(a.act, v[0], v[2]), high = rft_act_mul(a.act, v[1], v[3]);
            pointer<uint32_t>(a.y)[(size_t)row * RFT_ROW_WORDS(a.ffn_dim) + quad] =
                pair_or_mark(low, high, a.rows, row);
        }
        return Quad{0u, 0u, 0u, 0u};
    }
    RFT_FN QuantisedRows outputs(const Args &a)
    {
        return activation_rows(a.y, a.ffn_dim);
    }
};

MATMUL_KERNELS(gate_up, GateUp)
