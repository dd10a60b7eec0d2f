/* SPDX-License-Identifier: MIT */
/* The table of cases. Borders: tiles of 16 outputs, blocks of 64 elements or keys, pages of 16 keys, parts of 2048 vocabulary
 * entries, and the column counts 3, 6 and 12 of the cpu's forms. */
#include "kernel_cases.h"

#define MATMUL(rows_, n_, k_, flags_, values_)                                                                         \
    {.op = RFT_OP_matmul, .rows = rows_, .n = n_, .k = k_, .flags = flags_, .values = values_}
#define ROW(op_, rows_, n_, idle, values_)                                                                             \
    {.op = RFT_OP_##op_, .rows = rows_, .n = n_, .has_idle = idle, .values = values_}
#define HEADS(op_, rows_, idle, heads, kv, dim, prompt, own, values_)                                                  \
    {.op = RFT_OP_##op_, .rows = rows_, .has_idle = idle, .n_heads = heads, .n_kv_heads = kv, .head_dim = dim,         \
     .n_prompt = prompt, .n_own = own, .values = values_}
#define PREFILL(op_, rows_, heads, kv, dim, prompt, values_)                                                           \
    {.op = RFT_OP_##op_, .rows = rows_, .is_prefill = true, .n_heads = heads, .n_kv_heads = kv, .head_dim = dim,       \
     .n_prompt = prompt, .values = values_}
#define SAMPLE(rows_, n_, t, min, flags_, values_)                                                                     \
    {.op = RFT_OP_sample, .rows = rows_, .n = n_, .temperature = t, .min_p = min, .flags = flags_, .has_idle = rows_ > 2, \
     .values = values_}
#define FILTER(rows_, n_, t, k_, p, values_)                                                                           \
    {.op = RFT_OP_filter, .rows = rows_, .n = n_, .temperature = t, .top_k = k_, .top_p_65536 = p, .has_idle = rows_ > 2, \
     .values = values_}

const struct kernel_case kernel_cases[] = {
    {.op = RFT_OP_embed, .rows = 7, .n = 50, .k = 48},
    {.op = RFT_OP_embed, .rows = 1, .n = 1, .k = 2, .values = VALUES_WIDE},

    ROW(rms_norm, 1, 2, false, VALUES_PLAIN),
    ROW(rms_norm, 5, 576, false, VALUES_PLAIN),
    ROW(rms_norm, 3, 511, false, VALUES_WIDE),
    ROW(rms_norm, 3, 65, false, VALUES_TIES),
    ROW(rms_norm, 9, 1100, true, VALUES_BAD),

    MATMUL(1, 1, 2, 0, VALUES_PLAIN),
    MATMUL(1, 16, 64, 0, VALUES_PLAIN),
    MATMUL(1, 33, 66, RFT_MATMUL_ADD, VALUES_WIDE),
    MATMUL(2, 48, 576, 0, VALUES_WIDE),
    MATMUL(3, 17, 130, RFT_MATMUL_ADD, VALUES_TIES),
    MATMUL(4, 96, 1536, 0, VALUES_PLAIN),
    MATMUL(5, 1000, 100, RFT_MATMUL_ADD, VALUES_PLAIN),
    MATMUL(6, 40, 62, 0, VALUES_PLAIN),
    MATMUL(7, 40, 512, 0, VALUES_PLAIN),
    MATMUL(8, 31, 514, 0, VALUES_WIDE),
    MATMUL(9, 64, 64, RFT_MATMUL_ADD, VALUES_PLAIN),
    MATMUL(10, 130, 576, 0, VALUES_PLAIN),
    MATMUL(11, 50, 2, 0, VALUES_PLAIN),
    MATMUL(12, 129, 200, RFT_MATMUL_ADD, VALUES_PLAIN),
    MATMUL(13, 80, 128, 0, VALUES_WIDE),
    MATMUL(25, 16, 1030, 0, VALUES_PLAIN),
    MATMUL(64, 100, 192, RFT_MATMUL_ADD, VALUES_PLAIN),
    MATMUL(130, 70, 96, 0, VALUES_PLAIN),
    MATMUL(2, 16, 20000, 0, VALUES_PLAIN),

    HEADS(rope_kv, 1, false, 1, 1, 2, 1, 1, VALUES_PLAIN),
    HEADS(rope_kv, 9, true, 9, 3, 64, 40, 35, VALUES_PLAIN),
    HEADS(rope_kv, 6, false, 4, 4, 80, 16, 17, VALUES_WIDE),
    HEADS(rope_kv, 6, true, 8, 2, 16, 20, 40, VALUES_BAD),
    PREFILL(rope_kv, 33, 3, 1, 32, 50, VALUES_PLAIN),

    HEADS(attention, 1, false, 1, 1, 16, 1, 1, VALUES_PLAIN),
    HEADS(attention, 1, false, 9, 3, 64, 200, 100, VALUES_PLAIN),
    HEADS(attention, 5, false, 9, 3, 64, 200, 100, VALUES_PLAIN),
    HEADS(attention, 10, true, 9, 3, 64, 129, 65, VALUES_TIES),
    HEADS(attention, 21, true, 9, 3, 64, 64, 17, VALUES_PLAIN),
    HEADS(attention, 64, true, 9, 3, 64, 100, 40, VALUES_PLAIN),
    HEADS(attention, 6, false, 4, 4, 80, 65, 64, VALUES_PLAIN),
    HEADS(attention, 6, false, 8, 2, 128, 31, 33, VALUES_PLAIN),
    HEADS(attention, 3, false, 2, 1, 256, 15, 16, VALUES_PLAIN),
    HEADS(attention, 7, false, 14, 2, 32, 300, 5, VALUES_PLAIN),
    HEADS(attention, 4, false, 20, 1, 16, 70, 3, VALUES_PLAIN),
    HEADS(attention, 9, false, 3, 1, 22, 90, 70, VALUES_PLAIN),
    HEADS(attention, 8, false, 4, 2, 64, 130, 0, VALUES_PLAIN),
    HEADS(attention, 9, true, 6, 2, 64, 700, 130, VALUES_PLAIN),
    HEADS(attention, 9, true, 6, 2, 48, 70, 70, VALUES_WIDE),
    PREFILL(attention, 1, 9, 3, 64, 1, VALUES_PLAIN),
    PREFILL(attention, 70, 9, 3, 64, 70, VALUES_PLAIN),
    PREFILL(attention, 128, 9, 3, 64, 300, VALUES_PLAIN),
    PREFILL(attention, 37, 4, 2, 80, 141, VALUES_TIES),

    ROW(silu_mul, 1, 1, false, VALUES_PLAIN),
    ROW(silu_mul, 5, 1536, false, VALUES_PLAIN),
    ROW(silu_mul, 4, 1025, true, VALUES_WIDE),
    ROW(silu_mul, 7, 333, false, VALUES_BAD),
    /* Outputs are bf16, which hides most wrong last bits of f32: so many values that a fused operation shows. */
    ROW(silu_mul, 128, 8192, false, VALUES_PLAIN),
    ROW(rms_norm, 128, 8192, false, VALUES_PLAIN),

    FILTER(3, 1000, 0.8f, 1, 65536, VALUES_PLAIN),
    FILTER(3, 1000, 1.0f, 50, 65536, VALUES_TIES),
    FILTER(5, 3001, 0.7f, 50, 62259, VALUES_PLAIN),
    FILTER(2, 3001, 1.0f, 5000, 32768, VALUES_TIES),
    FILTER(2, 49152, 1.0f, 0, 58982, VALUES_PLAIN),
    FILTER(2, 49152, 1.0f, 0, 65536, VALUES_PLAIN),
    FILTER(4, 500, 1.3f, 0, 1, VALUES_WIDE),
    FILTER(6, 500, 1.0f, 20, 60000, VALUES_BAD),
    FILTER(1, 1, 1.0f, 1, 65535, VALUES_PLAIN),

    SAMPLE(1, 3, 1.0f, 0.0f, 0, VALUES_PLAIN),
    SAMPLE(4000, 5, 0.7f, 0.0f, 0, VALUES_PLAIN), /* many draws: one wrong last bit shows */
    SAMPLE(2, 49152, 1.0f, 0.0f, 0, VALUES_PLAIN),
    SAMPLE(7, 5000, 0.7f, 0.0f, 0, VALUES_TIES),
    SAMPLE(5, 2049, 1.0f, 0.0f, RFT_SAMPLE_GREEDY, VALUES_TIES),
    SAMPLE(5, 4096, 1.0f, 0.0f, RFT_SAMPLE_GREEDY, VALUES_WIDE),
    SAMPLE(6, 3000, 0.9f, 0.0f, RFT_SAMPLE_FILTERED, VALUES_TIES),
    SAMPLE(6, 3000, 1.2f, 0.05f, RFT_SAMPLE_FILTERED, VALUES_PLAIN),
    SAMPLE(9, 2500, 1.0f, 0.05f, RFT_SAMPLE_FILTERED, VALUES_BAD),
    SAMPLE(9, 2500, 1.0f, 0.0f, 0, VALUES_BAD),

    ROW(advance, 1, 1, false, VALUES_PLAIN),
    ROW(advance, 13, 24, true, VALUES_PLAIN),
};

const uint32_t n_kernel_cases = sizeof kernel_cases / sizeof *kernel_cases;
