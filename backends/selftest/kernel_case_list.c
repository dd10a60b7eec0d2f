/* SPDX-License-Identifier: MIT */
/* The table of cases. Borders: tiles of 16 outputs, blocks of 64 elements or keys, pages of 16 keys, parts of 2048
 * vocabulary entries, and groups of up to 16 rows that a kernel takes at once. */
#include "kernel_case_lines.h"
#include "kernel_cases.h"

/* Of one way to store a matrix: K of a few blocks, of which the last may be half of one, and a larger K. */
#define INTEGERS(format_, k_, large_k)                                                                                 \
    MATMUL_WITH(true, embed, 9, 37, k_, WIDE, .format = format_, .first = 32),                                         \
        MATMUL_WITH(true, project, 12, 100, k_, PLAIN, .format = format_, .has_bias = true),                           \
        MATMUL_WITH(true, project, 5, 37, large_k, WIDE, .format = format_, .first = 48),                              \
        MATMUL_WITH(true, project, 40, 33, k_, TIES, .format = format_),                                               \
        QKV_WITH(true, 7, k_, 4, 2, 16, 20, 18, PLAIN, .format = format_, .has_idle = true),                           \
        QKV_WITH(true, 13, k_, 4, 2, 16, 20, 18, PLAIN, .format = format_, .first = 64, .n = 32, .has_bias = true),    \
        MATMUL_WITH(true, residual, 9, 66, large_k, PLAIN, .format = format_, .flags = RFT_QUANTISED),                 \
        MATMUL_WITH(true, gate_up, 17, 40, k_, PLAIN, .format = format_, .flags = RFT_QUANTISED),                      \
        MATMUL_WITH(true, draw, 9, 50, k_, PLAIN, .format = format_, .temperature = 0.7f, .has_idle = true),           \
        MATMUL_WITH(false, project, 1, 300, large_k, PLAIN, .format = format_),                                        \
        MATMUL_WITH(false, project, 33, 70, large_k, WIDE, .format = format_),                                         \
        MATMUL_WITH(false, residual, 70, 40, k_, PLAIN, .format = format_, .has_bias = true, .flags = RFT_QUANTISED),  \
        MATMUL_WITH(false, residual, 2, 100, k_, PLAIN, .format = format_, .flags = RFT_QUANTISED),                    \
        MATMUL_WITH(false, gate_up, 3, 110, large_k, PLAIN, .format = format_, .flags = RFT_QUANTISED),                \
        MATMUL_WITH(false, draw, 8, 260, k_, PLAIN, .format = format_, .temperature = 1.0f)
#define INTEGERS_OF(name, format) INTEGERS(format, RFT_FORMAT_IS(format, RFT_FORMAT_SUPER) ? 256 : 96, 768),

const struct rft_kernel_case kernel_cases[] = {
    EMBED(true, 7, 50, 100, 0, PLAIN),
    EMBED(true, 9, 37, 40, 32, WIDE),
    EMBED(true, 9, 20, 576, 0, BAD),
    EMBED(true, 13, 16, 64, 16, TIES),
    EMBED(false, 5, 33, 130, 0, TINY),
    EMBED(false, 1, 1, 8, 0, PLAIN),
    EMBED(false, 17, 17, 1100, 48, PLAIN),
    EMBED(false, 3, 300, 4112, 0, WIDE), /* more than 64 x 64 squares */
    EMBED(false, 130, 900, 576, 0, PLAIN),

    QKV(true, 12, true, 64, 9, 3, 64, 20, 18, PLAIN),
    QKV(true, 13, false, 576, 4, 4, 8, 16, 17, BAD),
    QKV(true, 17, true, 100, 2, 1, 80, 40, 3, WIDE),
    QKV_PREFILL(true, 12, 40, 3, 1, 16, 33, TIES),
    QKV(true, 7, false, 100, 4, 2, 64, 20, 5, TINY),
    QKV(true, 16, true, 64, 4, 2, 64, 20, 18, BAD),      /* bad rows that are idle: nobody marks them */
    QKV(true, 2, false, 1100, 20, 1, 16, 15, 16, PLAIN), /* more than 64 sums of 16 squares */
    QKV_PREFILL(true, 40, 40, 3, 1, 16, 50, PLAIN),      /* more rows than a tiled workgroup has */
    QKV(false, 1, false, 8, 1, 1, 8, 1, 1, PLAIN),
    QKV(false, 1, false, 576, 9, 3, 64, 40, 35, PLAIN),
    QKV(false, 3, false, 40, 14, 2, 64, 64, 64, PLAIN),
    QKV(false, 4, true, 100, 9, 3, 64, 65, 1, TIES),
    QKV(false, 5, true, 576, 4, 2, 128, 31, 33, PLAIN),
    QKV(false, 6, true, 128, 3, 1, 256, 17, 16, BAD),
    QKV(false, 7, false, 130, 4, 4, 80, 16, 17, WIDE),
    QKV(false, 8, true, 66, 8, 2, 16, 20, 40, PLAIN),
    QKV(false, 9, true, 192, 9, 3, 64, 128, 35, BAD),
    QKV(false, 15, false, 64, 5, 1, 24, 127, 35, PLAIN),
    QKV(false, 16, false, 64, 4, 1, 64, 129, 35, PLAIN),
    QKV(false, 17, true, 576, 9, 3, 64, 40, 35, PLAIN),
    QKV(false, 64, true, 100, 14, 2, 64, 100, 40, PLAIN),
    QKV_PREFILL(false, 33, 100, 3, 1, 32, 50, PLAIN),
    QKV_PREFILL(false, 64, 192, 9, 3, 64, 64, PLAIN),
    QKV_PREFILL(false, 130, 64, 4, 4, 64, 141, PLAIN),
    /* Outputs are bf16, which hides most wrong last bits of f32: so many values that a fused operation shows. */
    QKV(false, 400, false, 64, 40, 4, 64, 40, 15, PLAIN),

    ATTEND(true, 5, false, 9, 3, 64, 70, 20, PLAIN),
    ATTEND(true, 6, false, 4, 4, 80, 33, 17, PLAIN),
    ATTEND(true, 9, true, 14, 2, 16, 129, 65, TIES),
    ATTEND(true, 3, false, 2, 1, 256, 15, 16, PLAIN),
    ATTEND(true, 9, true, 6, 2, 48, 20, 70, WIDE),
    ATTEND_PREFILL(true, 12, 3, 1, 64, 100, PLAIN),
    ATTEND(true, 60, false, 8, 1, 8, 20, 10, PLAIN),  /* many values, for the same reason as gate_up's */
    ATTEND(true, 1, false, 2, 1, 8, 4200, 20, PLAIN), /* more blocks of keys than invocations */
    ATTEND(false, 1, false, 1, 1, 8, 1, 1, PLAIN),
    ATTEND(false, 1, false, 9, 3, 64, 200, 100, PLAIN),
    ATTEND(false, 2, false, 9, 3, 64, 63, 1, PLAIN),
    ATTEND(false, 3, false, 9, 3, 64, 64, 2, PLAIN),
    ATTEND(false, 4, false, 9, 3, 64, 65, 16, PLAIN),
    ATTEND(false, 5, false, 9, 3, 64, 127, 17, PLAIN),
    ATTEND(false, 7, false, 9, 3, 64, 128, 64, PLAIN),
    ATTEND(false, 8, false, 9, 3, 64, 200, 100, PLAIN),
    ATTEND(false, 10, true, 9, 3, 64, 129, 65, TIES),
    ATTEND(false, 21, true, 9, 3, 64, 64, 17, PLAIN),
    ATTEND(false, 64, true, 9, 3, 64, 100, 40, PLAIN),
    ATTEND(false, 130, true, 3, 1, 64, 130, 70, PLAIN),
    ATTEND(false, 6, false, 4, 4, 80, 65, 64, PLAIN),
    ATTEND(false, 6, false, 8, 2, 128, 31, 33, PLAIN),
    ATTEND(false, 5, false, 3, 1, 256, 130, 129, PLAIN),
    ATTEND(false, 7, false, 14, 2, 64, 300, 5, PLAIN),
    ATTEND(false, 4, false, 20, 1, 16, 70, 3, PLAIN),
    ATTEND(false, 2, false, 32, 1, 8, 2200, 70,
           PLAIN), /* so many heads share a kv head that they leave room for few blocks of keys */
    ATTEND(false, 9, false, 3, 1, 24, 90, 70, PLAIN),
    ATTEND(false, 8, false, 4, 2, 64, 130, 0, PLAIN),
    ATTEND(false, 9, true, 6, 2, 64, 700, 130, PLAIN),
    ATTEND(false, 9, true, 6, 2, 48, 70, 70, WIDE),
    ATTEND_PREFILL(false, 1, 9, 3, 64, 1, PLAIN),
    ATTEND_PREFILL(false, 17, 9, 3, 8, 17, PLAIN),
    ATTEND_PREFILL(false, 70, 9, 3, 64, 70, PLAIN),
    ATTEND_PREFILL(false, 128, 9, 3, 64, 300, PLAIN),
    ATTEND_PREFILL(false, 37, 4, 2, 80, 141, TIES),
    /* As many values as qkv's last case, for the same reason. */
    ATTEND(false, 400, false, 40, 4, 64, 5, 4, PLAIN),

    RESIDUAL(true, 12, 40, 1100, PLAIN),
    RESIDUAL(true, 40, 48, 64, PLAIN),
    RESIDUAL(true, 5, 100, 576, WIDE),
    RESIDUAL(true, 9, 66, 100, BAD),
    RESIDUAL(true, 17, 48, 86, TIES),
    RESIDUAL(true, 6, 100, 64, TINY),
    RESIDUAL(true, 2, 16, 20000, PLAIN),
    RESIDUAL(false, 1, 8, 8, PLAIN),
    RESIDUAL(false, 1, 576, 1536, PLAIN),
    RESIDUAL(false, 1, 1100, 64, WIDE),
    RESIDUAL(false, 2, 48, 576, WIDE),
    RESIDUAL(false, 3, 24, 130, TIES),
    RESIDUAL(false, 4, 96, 1536, PLAIN),
    RESIDUAL(false, 5, 1000, 100, PLAIN),
    RESIDUAL(false, 6, 40, 62, PLAIN),
    RESIDUAL(false, 7, 40, 512, PLAIN),
    RESIDUAL(false, 8, 32, 514, WIDE),
    RESIDUAL(false, 9, 64, 64, PLAIN),
    RESIDUAL(false, 10, 130, 576, BAD),
    RESIDUAL(false, 11, 50, 2, PLAIN),
    RESIDUAL(false, 12, 130, 200, PLAIN),
    RESIDUAL(false, 13, 80, 128, WIDE),
    RESIDUAL(false, 14, 576, 86, PLAIN),
    RESIDUAL(false, 15, 40, 576, TIES),
    RESIDUAL(false, 16, 16, 1030, PLAIN),
    RESIDUAL(false, 17, 576, 576, PLAIN),
    RESIDUAL(false, 64, 100, 192, PLAIN),
    RESIDUAL(false, 130, 70, 96, PLAIN),
    RESIDUAL(false, 5, 40, 20000, PLAIN),
    RESIDUAL(false, 3, 4112, 40, PLAIN),

    GATE_UP(true, 40, 20, 64, PLAIN),
    GATE_UP(true, 96, 80, 64, PLAIN), /* so many values that a wrong last bit in silu shows through the rounding */
    GATE_UP(true, 12, 86, 400, PLAIN),
    GATE_UP(true, 5, 2, 100, TIES),
    GATE_UP(true, 7, 334, 100, BAD),
    GATE_UP(true, 4, 90, 576, WIDE),
    GATE_UP(true, 17, 40, 130, PLAIN),
    GATE_UP(false, 1, 2, 8, PLAIN),
    GATE_UP(false, 1, 1536, 576, PLAIN),
    GATE_UP(false, 2, 86, 40, PLAIN),
    GATE_UP(false, 3, 86, 1100, PLAIN),
    GATE_UP(false, 6, 30, 576, BAD),
    GATE_UP(false, 8, 1536, 64, WIDE),
    GATE_UP(false, 9, 18, 100, PLAIN),
    GATE_UP(false, 15, 86, 100, PLAIN),
    GATE_UP(false, 16, 86, 64, PLAIN),
    GATE_UP(false, 17, 1536, 40, PLAIN),
    GATE_UP(false, 64, 200, 100, PLAIN),
    GATE_UP(false, 130, 86, 40, PLAIN),
    GATE_UP(false, 2, 40, 4112, PLAIN),
    GATE_UP(false, 128, 8192, 40, PLAIN), /* as many values as qkv's last case, for the same reason */

    PROJECT(true, 40, 35, 64, 0, PLAIN),
    PROJECT(true, 12, 100, 576, 0, PLAIN),
    PROJECT(true, 5, 37, 100, 48, WIDE),
    PROJECT(true, 9, 50, 40, 0, BAD),
    PROJECT(true, 17, 33, 130, 0, TIES),
    PROJECT(true, 6, 100, 64, 0, TINY),
    PROJECT(false, 1, 1, 2, 0, PLAIN),
    PROJECT(false, 1, 16, 64, 0, PLAIN),
    PROJECT(false, 1, 1000, 576, 0, PLAIN),
    PROJECT(false, 2, 48, 1100, 16, PLAIN),
    PROJECT(false, 3, 17, 130, 0, TIES),
    PROJECT(false, 4, 96, 40, 0, PLAIN),
    PROJECT(false, 5, 3000, 100, 0, PLAIN),
    PROJECT(false, 6, 40, 64, 32, PLAIN),
    PROJECT(false, 7, 41, 512, 0, WIDE),
    PROJECT(false, 8, 31, 514, 0, PLAIN),
    PROJECT(false, 9, 64, 64, 0, PLAIN),
    PROJECT(false, 10, 130, 576, 0, BAD),
    PROJECT(false, 11, 51, 40, 0, PLAIN),
    PROJECT(false, 12, 129, 200, 0, PLAIN),
    PROJECT(false, 13, 80, 128, 0, WIDE),
    PROJECT(false, 14, 33, 96, 16, PLAIN),
    PROJECT(false, 15, 66, 100, 0, PLAIN),
    PROJECT(false, 16, 47, 40, 0, PLAIN),
    PROJECT(false, 17, 500, 576, 160, PLAIN),
    PROJECT(false, 64, 100, 192, 0, PLAIN),
    PROJECT(false, 130, 300, 100, 0, PLAIN),
    PROJECT(false, 2, 24, 4112, 0, PLAIN),

    MATMUL_WITH(true, embed, 9, 37, 40, WIDE, .has_bias = true), /* embed: a scale */
    MATMUL_WITH(true, embed, 7, 50, 100, PLAIN, .has_bias = true),

    QKV_WITH(true, 12, 64, 9, 3, 64, 20, 18, PLAIN, .has_bias = true),
    QKV_WITH(true, 9, 100, 3, 1, 24, 17, 16, BAD, .has_bias = true, .has_two_tables = true, .has_idle = true),
    QKV_WITH(true, 33, 64, 4, 2, 16, 50, 0, TIES, .has_bias = true, .is_prefill = true),
    QKV_WITH(false, 17, 100, 4, 2, 128, 31, 33, WIDE, .has_bias = true, .has_two_tables = true),
    QKV_WITH(false, 64, 100, 14, 2, 64, 100, 40, PLAIN, .has_bias = true),

    HEADS(true, 7, true, 9, 3, 64, 20, 18, false, PLAIN),
    HEADS(true, 12, false, 4, 2, 80, 17, 16, true, PLAIN),
    HEADS(true, 9, true, 3, 1, 24, 17, 16, true, BAD),
    HEADS(true, 9, true, 4, 4, 8, 16, 17, false, BAD),
    HEADS(true, 10, false, 3, 1, 24, 17, 16, true, WIDE),
    HEADS(true, 6, false, 2, 1, 256, 20, 5, false, TINY),
    HEADS(true, 5, false, 4, 2, 16, 20, 5, true, TIES),
    HEADS(false, 1, false, 1, 1, 8, 1, 1, false, PLAIN),
    HEADS(false, 3, false, 70, 5, 72, 33, 20, true, PLAIN), /* more than 64 sums of 16 squares */
    HEADS(false, 30, false, 80, 1, 256, 3, 2, true, PLAIN), /* more than 1024 */
    HEADS(false, 400, false, 20, 4, 64, 40, 15, true,
          PLAIN), /* the same, and so many values that a wrong order shows */
    HEADS(false, 130, true, 8, 2, 128, 33, 20, false, WIDE),
    HEADS(false, 400, false, 32, 8, 64, 40, 15, false, PLAIN), /* as many values as qkv's last case */

    POST_NORM(true, 7, 100, PLAIN),
    POST_NORM(true, 9, 66, BAD),
    POST_NORM(true, 60, 8, BAD), /* so short that some rows are bad in y alone */
    POST_NORM(true, 12, 576, WIDE),
    POST_NORM(true, 5, 40, TINY),
    POST_NORM(true, 17, 130, TIES),
    POST_NORM(false, 1, 8, PLAIN),
    POST_NORM(false, 3, 4112, PLAIN),
    POST_NORM(false, 2, 17000, PLAIN), /* more than 1024 sums of 16 squares */
    POST_NORM(false, 130, 576, PLAIN),

    ATTEND_WITH(true, 7, 9, 3, 64, 70, 20, PLAIN, .window = 7),
    ATTEND_WITH(true, 9, 4, 2, 24, 130, 70, PLAIN, .window = 64, .has_idle = true),
    ATTEND_WITH(true, 6, 4, 4, 80, 33, 17, PLAIN, .window = 1),
    ATTEND_WITH(true, 5, 14, 2, 16, 200, 90, TIES, .window = 100, .cap = 3.0f),
    ATTEND_WITH(true, 8, 6, 2, 64, 70, 20, PLAIN, .cap = 2.0f),
    ATTEND_WITH(true, 9, 6, 2, 48, 20, 70, WIDE, .window = 33, .cap = 50.0f, .has_idle = true),
    ATTEND_WITH(true, 30, 3, 1, 64, 80, 0, PLAIN, .window = 9, .is_prefill = true),
    ATTEND_WITH(false, 128, 9, 3, 64, 300, 0, PLAIN, .window = 65, .is_prefill = true),
    ATTEND_WITH(false, 70, 8, 2, 32, 141, 0, PLAIN, .window = 20, .cap = 5.0f, .is_prefill = true),
    ATTEND_WITH(false, 9, 6, 2, 64, 700, 130, PLAIN, .window = 128),
    ATTEND_WITH(false, 9, 6, 2, 64, 700, 330, PLAIN, .window = 200),
    ATTEND_WITH(false, 21, 6, 2, 64, 130, 200, PLAIN, .window = 40, .has_idle = true),
    ATTEND_WITH(false, 400, 40, 4, 64, 5, 4, PLAIN, .window = 3, .cap = 4.0f),

    MATMUL_WITH(true, residual, 12, 40, 1100, PLAIN, .has_bias = true),
    MATMUL_WITH(true, residual, 9, 66, 100, BAD, .flags = RFT_RESIDUAL_ALONE),
    MATMUL_WITH(true, residual, 40, 48, 64, TIES, .has_bias = true, .flags = RFT_RESIDUAL_ALONE),
    MATMUL_WITH(false, residual, 17, 576, 576, WIDE, .has_bias = true),
    MATMUL_WITH(false, residual, 64, 100, 192, PLAIN, .flags = RFT_RESIDUAL_ALONE),

    MATMUL_WITH(true, gate_up, 40, 20, 64, PLAIN, .has_bias = true),
    MATMUL_WITH(true, gate_up, 96, 80, 64, PLAIN, .act = RFT_ACT_GELU_TANH),
    MATMUL_WITH(true, gate_up, 96, 80, 64, PLAIN, .act = RFT_ACT_GELU_ERF),
    MATMUL_WITH(true, gate_up, 7, 334, 100, BAD, .act = RFT_ACT_GELU_TANH),
    MATMUL_WITH(true, gate_up, 4, 90, 576, WIDE, .act = RFT_ACT_GELU_ERF, .has_bias = true),
    MATMUL_WITH(true, gate_up, 4, 90, 576, WIDE, .act = RFT_ACT_GELU_TANH),
    MATMUL_WITH(false, gate_up, 128, 8192, 40, PLAIN, .act = RFT_ACT_GELU_TANH),
    MATMUL_WITH(false, gate_up, 128, 8192, 40, PLAIN, .act = RFT_ACT_GELU_ERF),

    MATMUL_WITH(true, project, 12, 100, 576, PLAIN, .has_bias = true),
    MATMUL_WITH(true, project, 17, 33, 130, TIES, .cap = 3.0f),
    MATMUL_WITH(true, project, 9, 50, 40, BAD, .cap = 30.0f, .has_bias = true),
    MATMUL_WITH(false, project, 64, 300, 100, PLAIN, .cap = 2.0f),
    MATMUL_WITH(false, project, 5, 3000, 100, WIDE, .cap = 30.0f),

    MATMUL_WITH(true, draw, 12, 100, 576, PLAIN, .temperature = 0.7f, .cap = 3.0f),
    MATMUL_WITH(true, draw, 9, 50, 40, BAD, .temperature = 1.0f, .cap = 30.0f, .has_idle = true),
    MATMUL_WITH(true, draw, 17, 128, 130, TIES, .cap = 2.0f),

    QUANTISE(true, 12, 96, PLAIN),
    QUANTISE(true, 7, 100, WIDE),
    QUANTISE(true, 5, 576, TINY),
    QUANTISE(true, 9, 2100, TIES),
    QUANTISE(true, 60, 320, BAD),
    QUANTISE(false, 1, 20000, PLAIN),
    QUANTISE(false, 400, 640, PLAIN), /* many values: a wrong rounding shows */

    MATMUL_WITH(true, embed, 9, 37, 100, WIDE, .flags = RFT_QUANTISED),
    MATMUL_WITH(true, embed, 9, 20, 576, BAD, .first = 16, .flags = RFT_QUANTISED),
    MATMUL_WITH(false, embed, 3, 300, 4112, PLAIN, .flags = RFT_QUANTISED),
    MATMUL_WITH(true, residual, 5, 100, 576, WIDE, .flags = RFT_QUANTISED),
    MATMUL_WITH(true, residual, 9, 66, 100, BAD, .flags = RFT_QUANTISED),
    MATMUL_WITH(true, residual, 40, 48, 64, TIES, .has_bias = true, .flags = RFT_QUANTISED),
    MATMUL_WITH(false, residual, 1, 576, 1536, PLAIN, .flags = RFT_QUANTISED),
    MATMUL_WITH(false, residual, 130, 70, 96, PLAIN, .flags = RFT_QUANTISED),
    MATMUL_WITH(false, residual, 40, 48, 96, PLAIN, .format = RFT_FORMAT(8u, 0u, 0u), .flags = RFT_QUANTISED),
    MATMUL_WITH(true, post_norm, 9, 66, 0, BAD, .flags = RFT_QUANTISED),
    MATMUL_WITH(true, post_norm, 12, 576, 0, WIDE, .flags = RFT_QUANTISED),
    MATMUL_WITH(false, post_norm, 3, 4112, 0, PLAIN, .flags = RFT_QUANTISED),
    MATMUL_WITH(true, gate_up, 12, 86, 400, PLAIN, .flags = RFT_QUANTISED),
    MATMUL_WITH(true, gate_up, 40, 20, 64, BAD, .flags = RFT_QUANTISED),
    MATMUL_WITH(false, gate_up, 1, 1536, 576, WIDE, .has_bias = true, .flags = RFT_QUANTISED),
    MATMUL_WITH(false, gate_up, 64, 200, 100, TIES, .flags = RFT_QUANTISED),
    ATTEND_WITH(true, 9, 9, 3, 64, 70, 20, PLAIN, .has_idle = true, .flags = RFT_QUANTISED),
    ATTEND_WITH(false, 7, 4, 2, 16, 33, 70, WIDE, .flags = RFT_QUANTISED),
    ATTEND_WITH(false, 12, 20, 1, 8, 50, 0, PLAIN, .is_prefill = true, .flags = RFT_QUANTISED),
    ATTEND_WITH(false, 6, 6, 2, 256, 130, 70, BAD, .has_idle = true, .flags = RFT_QUANTISED),
    ATTEND_WITH(false, 64, 18, 1, 32, 100, 40, PLAIN, .flags = RFT_QUANTISED),

    RFT_FORMAT_LIST(INTEGERS_OF)

        FILTER(true, 3, 1000, 0.8f, false, 1, 65536, PLAIN),
    FILTER(true, 3, 1000, 1.0f, false, 50, 65536, TIES),
    FILTER(true, 5, 3001, 0.7f, false, 50, 62259, PLAIN),
    FILTER(true, 4, 500, 1.3f, false, 0, 1, WIDE),
    FILTER(true, 6, 500, 1.0f, false, 20, 60000, BAD),
    FILTER(true, 9, 700, 0.9f, true, 30, 61000, PLAIN),
    FILTER(false, 3, 128256, 1.0f, false, 0, 58982, PLAIN),
    FILTER(false, 2, 70001, 1.0f, false, 0, 60000, TIES), /* ties far behind each other */
    FILTER(false, 2, 3001, 1.0f, false, 5000, 32768, TIES),
    FILTER(false, 2, 49152, 1.0f, false, 0, 58982, PLAIN),
    FILTER(false, 2, 49152, 1.0f, false, 0, 65536, PLAIN),
    FILTER(false, 1, 1, 1.0f, false, 1, 65535, PLAIN),

    SAMPLE(true, 7, 5000, 0.7f, false, 0.0f, 0, TIES),
    SAMPLE(true, 2000, 4, 0.7f, false, 0.0f, 0, ZERO), /* the noise's own bits */
    SAMPLE(true, 5, 2049, 0.0f, false, 0.0f, 0, TIES),
    SAMPLE(true, 6, 3000, 1.2f, false, 0.05f, RFT_SAMPLE_FILTERED, PLAIN),
    SAMPLE(true, 9, 2500, 1.0f, false, 0.0f, 0, BAD),
    SAMPLE(true, 400, 40, 0.8f, true, 0.0f, 0, PLAIN),
    SAMPLE(true, 13, 2100, 0.9f, true, 0.05f, RFT_SAMPLE_FILTERED, PLAIN),
    SAMPLE(false, 1, 3, 1.0f, false, 0.0f, 0, PLAIN),
    SAMPLE(false, 4000, 64, 0.7f, false, 0.0f, 0, ZERO), /* small random words win ... */
    SAMPLE(false, 4000, 1, 1.0f, false, 0.0f, 0, ZERO),  /* ... or any word */
    SAMPLE(false, 4000, 5, 0.7f, false, 0.0f, 0, PLAIN), /* many draws: one wrong last bit shows */
    SAMPLE(false, 2, 49152, 1.0f, false, 0.0f, 0, PLAIN),
    SAMPLE(false, 5, 4096, 0.0f, false, 0.0f, 0, WIDE),
    SAMPLE(false, 6, 3000, 0.9f, false, 0.0f, RFT_SAMPLE_FILTERED, TIES),
    SAMPLE(false, 9, 2500, 1.0f, false, 0.05f, RFT_SAMPLE_FILTERED, BAD),

    DRAW(true, 40, false, 35, 64, 0, 0.7f, false, PLAIN),
    DRAW(true, 12, true, 100, 576, 0, 1.0f, false, PLAIN),
    DRAW(true, 5, true, 37, 8, 48, 1.2f, false, WIDE), /* so few products that some sums are not bad */
    DRAW(true, 9, true, 50, 40, 0, 1.0f, false, BAD),
    DRAW(true, 17, false, 128, 130, 32, 0.0f, false, TIES),
    DRAW(true, 6, true, 100, 64, 0, 0.0f, false, TINY),
    DRAW(true, 400, false, 70, 8, 0, 0.7f, false, ZERO), /* the noise's own bits */
    DRAW(true, 400, true, 48, 8, 16, 0.7f, false, PLAIN),
    DRAW(true, 200, true, 60, 40, 16, 0.8f, true, PLAIN),
    DRAW(false, 64, true, 300, 100, 0, 1.0f, true, TIES),
    DRAW(false, 1, false, 1, 2, 0, 1.0f, false, PLAIN),
    DRAW(false, 1, false, 16, 64, 0, 1.0f, false, PLAIN),
    DRAW(false, 1, false, 5000, 576, 0, 0.7f, false, PLAIN),
    DRAW(false, 1, false, 3000, 96, 16, 1.0f, false, WIDE),
    DRAW(false, 2, false, 48, 1100, 16, 1.0f, false, PLAIN),
    DRAW(false, 3, false, 17, 130, 0, 0.0f, false, TIES),
    DRAW(false, 4, true, 96, 40, 0, 1.0f, false, PLAIN),
    DRAW(false, 5, false, 3000, 100, 0, 0.9f, false, PLAIN),
    DRAW(false, 6, true, 1000, 100, 48, 1.0f, false, BAD),
    DRAW(false, 7, false, 272, 64, 112, 1.3f, false, TIES),
    DRAW(false, 8, true, 520, 130, 0, 1.0f, false, PLAIN),
    DRAW(false, 9, true, 250, 2, 0, 0.0f, false, WIDE),
    DRAW(false, 10, false, 51, 576, 240, 0.5f, false, PLAIN),
    DRAW(false, 11, true, 51, 40, 0, 1.0f, false, PLAIN),
    DRAW(false, 12, false, 129, 200, 0, 1.0f, false, PLAIN),
    DRAW(false, 13, true, 80, 128, 0, 0.0f, false, BAD),
    DRAW(false, 15, true, 66, 100, 16, 1.0f, false, TINY),
    DRAW(false, 16, false, 47, 40, 0, 1.0f, false, PLAIN),
    DRAW(false, 17, true, 500, 576, 160, 1.0f, false, PLAIN),
    DRAW(false, 33, true, 290, 64, 0, 1.0f, false, TIES),
    DRAW(false, 64, true, 100, 192, 0, 0.7f, false, PLAIN),
    DRAW(false, 130, true, 300, 100, 0, 1.0f, false, PLAIN),
    DRAW(false, 2, false, 24, 4112, 0, 1.0f, false, PLAIN),
    DRAW(false, 4000, false, 64, 2, 0, 1.0f, false, ZERO),  /* small random words win: every form of the noise */
    DRAW(false, 4000, true, 20, 2, 16, 0.7f, false, PLAIN), /* many draws: one wrong last bit shows */

    SCORE(true, 5, 5000, 0, LOGITS),
    SCORE(true, 400, 40, 0, PLAIN),   /* many sums: one wrong last bit shows */
    SCORE(true, 7, 4097, 2048, TIES), /* a part without an entry */
    SCORE(true, 9, 2500, 0, BAD),
    SCORE(true, 4, 2100, 2040, WIDE),
    SCORE(true, 6, 300, 0, ZERO),        /* all equal */
    SCORE(false, 3, 7000, 7000, PLAIN),  /* no entry at all */
    SCORE(false, 3, 4100, 4090, LOGITS), /* few */
    SCORE(false, 1, 1, 0, PLAIN),
    SCORE(false, 2, 64, 0, LOGITS),
    SCORE(false, 2, 65, 0, LOGITS),
    SCORE(false, 200, 2048, 0, PLAIN),
    SCORE(false, 2, 49152, 0, LOGITS),
    SCORE(false, 2, 128256, 0, TIES),
    SCORE(false, 5, 4096, 0, WIDE),
    SCORE(false, 5, 3000, 0, TINY),
    SCORE(false, 9, 70001, 0, BAD),

    ADVANCE(true, 13, 24, true, PLAIN),
    ADVANCE(true, 9, 3, true, BAD),
    ADVANCE(true, 130, 5, true, PLAIN),
    ADVANCE(true, 12, 3072, true, PLAIN), /* as many candidates as draw leaves */
    ADVANCE(false, 7, 9497, false, PLAIN),
    ADVANCE(false, 130, 1000, true, BAD),
    ADVANCE(false, 9, 257, false, PLAIN),
    ADVANCE(false, 1, 1, false, PLAIN),
    ADVANCE_SCORED(true, 130, 24, 1, PLAIN),
    ADVANCE_SCORED(true, 60, 100, 24, LOGITS),
    ADVANCE_SCORED(true, 13, 24, 70, BAD),
    ADVANCE_SCORED(false, 130, 24, 65, TIES),
    ADVANCE_SCORED(false, 60, 24, 128, WIDE),
    ADVANCE_SCORED(false, 12, 3072, 700, LOGITS), /* more than a workgroup has threads */
    ADVANCE_SCORED(false, 30, 24, 64, TINY),
    ADVANCE_SCORED(false, 30, 24, 256, ZERO),
};

const uint32_t n_kernel_cases = sizeof kernel_cases / sizeof *kernel_cases;
