/* SPDX-License-Identifier: MIT */
/* How a line of the table of cases is written. The first argument says whether a case is quick. */
#ifndef RFT_KERNEL_CASE_LINES_H
#define RFT_KERNEL_CASE_LINES_H

#include "kernel_case.h"
#include "op_args.h"

#define EMBED(quick, rows_, n_, dim, first_, values_)                                                                  \
    {                                                                                                                  \
        .op = RFT_OP_embed, .is_quick = quick, .rows = rows_, .n = n_, .k = dim, .first = first_,                      \
        .values = RFT_VALUES_##values_                                                                                 \
    }
#define QKV(quick, rows_, idle, dim, heads, kv, head_dim_, prompt, own, values_)                                       \
    {                                                                                                                  \
        .op = RFT_OP_qkv, .is_quick = quick, .rows = rows_, .has_idle = idle, .k = dim, .n_heads = heads,              \
        .n_kv_heads = kv, .head_dim = head_dim_, .n_prompt = prompt, .n_own = own, .values = RFT_VALUES_##values_      \
    }
#define QKV_PREFILL(quick, rows_, dim, heads, kv, head_dim_, prompt, values_)                                          \
    {                                                                                                                  \
        .op = RFT_OP_qkv, .is_quick = quick, .rows = rows_, .is_prefill = true, .k = dim, .n_heads = heads,            \
        .n_kv_heads = kv, .head_dim = head_dim_, .n_prompt = prompt, .values = RFT_VALUES_##values_                    \
    }
#define ATTEND(quick, rows_, idle, heads, kv, head_dim_, prompt, own, values_)                                         \
    {                                                                                                                  \
        .op = RFT_OP_attention, .is_quick = quick, .rows = rows_, .has_idle = idle, .n_heads = heads,                  \
        .n_kv_heads = kv, .head_dim = head_dim_, .n_prompt = prompt, .n_own = own, .values = RFT_VALUES_##values_      \
    }
#define ATTEND_PREFILL(quick, rows_, heads, kv, head_dim_, prompt, values_)                                            \
    {                                                                                                                  \
        .op = RFT_OP_attention, .is_quick = quick, .rows = rows_, .is_prefill = true, .n_heads = heads,                \
        .n_kv_heads = kv, .head_dim = head_dim_, .n_prompt = prompt, .values = RFT_VALUES_##values_                    \
    }
#define RESIDUAL(quick, rows_, dim, k_, values_)                                                                       \
    {                                                                                                                  \
        .op = RFT_OP_residual, .is_quick = quick, .rows = rows_, .n = dim, .k = k_, .values = RFT_VALUES_##values_     \
    }
#define GATE_UP(quick, rows_, ffn_dim, dim, values_)                                                                   \
    {                                                                                                                  \
        .op = RFT_OP_gate_up, .is_quick = quick, .rows = rows_, .n = ffn_dim, .k = dim, .values = RFT_VALUES_##values_ \
    }
#define PROJECT(quick, rows_, n_, dim, first_, values_)                                                                \
    {                                                                                                                  \
        .op = RFT_OP_project, .is_quick = quick, .rows = rows_, .n = n_, .k = dim, .first = first_,                    \
        .values = RFT_VALUES_##values_                                                                                 \
    }
#define HEADS(quick, rows_, idle, heads, kv, head_dim_, prompt, own, is_wide, values_)                                 \
    {                                                                                                                  \
        .op = RFT_OP_heads, .is_quick = quick, .rows = rows_, .has_idle = idle, .n_heads = heads, .n_kv_heads = kv,    \
        .head_dim = head_dim_, .n_prompt = prompt, .n_own = own, .has_two_tables = is_wide,                            \
        .values = RFT_VALUES_##values_                                                                                 \
    }
#define POST_NORM(quick, rows_, dim, values_)                                                                          \
    {                                                                                                                  \
        .op = RFT_OP_post_norm, .is_quick = quick, .rows = rows_, .n = dim, .values = RFT_VALUES_##values_             \
    }
#define QUANTISE(quick, rows_, k_, values_)                                                                            \
    {                                                                                                                  \
        .op = RFT_OP_quantise, .is_quick = quick, .rows = rows_, .k = k_, .values = RFT_VALUES_##values_               \
    }
/* The same cases with what only some architectures have; the last arguments are members. */
#define QKV_WITH(quick, rows_, dim, heads, kv, head_dim_, prompt, own, values_, ...)                                   \
    {                                                                                                                  \
        .op = RFT_OP_qkv, .is_quick = quick, .rows = rows_, .k = dim, .n_heads = heads, .n_kv_heads = kv,              \
        .head_dim = head_dim_, .n_prompt = prompt, .n_own = own, .values = RFT_VALUES_##values_, __VA_ARGS__           \
    }
#define ATTEND_WITH(quick, rows_, heads, kv, head_dim_, prompt, own, values_, ...)                                     \
    {                                                                                                                  \
        .op = RFT_OP_attention, .is_quick = quick, .rows = rows_, .n_heads = heads, .n_kv_heads = kv,                  \
        .head_dim = head_dim_, .n_prompt = prompt, .n_own = own, .values = RFT_VALUES_##values_, __VA_ARGS__           \
    }
#define MATMUL_WITH(quick, op_, rows_, n_, k_, values_, ...)                                                           \
    {                                                                                                                  \
        .op = RFT_OP_##op_, .is_quick = quick, .rows = rows_, .n = n_, .k = k_, .values = RFT_VALUES_##values_,        \
        __VA_ARGS__                                                                                                    \
    }
#define FILTER(quick, rows_, n_, t, sweep, k_, p, values_)                                                             \
    {                                                                                                                  \
        .op = RFT_OP_filter, .is_quick = quick, .rows = rows_, .n = n_, .temperature = t, .is_sweep = sweep,           \
        .top_k = k_, .top_p_65536 = p, .has_idle = rows_ > 2, .values = RFT_VALUES_##values_                           \
    }
#define SAMPLE(quick, rows_, n_, t, sweep, min, flags_, values_)                                                       \
    {                                                                                                                  \
        .op = RFT_OP_sample, .is_quick = quick, .rows = rows_, .n = n_, .temperature = t, .is_sweep = sweep,           \
        .min_p = min, .flags = flags_, .has_idle = rows_ > 2, .values = RFT_VALUES_##values_                           \
    }
#define DRAW(quick, rows_, idle, n_, dim, first_, t, sweep, values_)                                                   \
    {                                                                                                                  \
        .op = RFT_OP_draw, .is_quick = quick, .rows = rows_, .has_idle = idle, .n = n_, .k = dim, .first = first_,     \
        .temperature = t, .is_sweep = sweep, .values = RFT_VALUES_##values_                                            \
    }
#define SCORE(quick, rows_, n_, first_, values_)                                                                       \
    {                                                                                                                  \
        .op = RFT_OP_score, .is_quick = quick, .rows = rows_, .n = n_, .first = first_, .has_idle = rows_ > 2,         \
        .values = RFT_VALUES_##values_                                                                                 \
    }
#define ADVANCE(quick, rows_, n_, idle, values_)                                                                       \
    {                                                                                                                  \
        .op = RFT_OP_advance, .is_quick = quick, .rows = rows_, .n = n_, .has_idle = idle,                             \
        .values = RFT_VALUES_##values_                                                                                 \
    }
#define ADVANCE_SCORED(quick, rows_, n_, parts, values_)                                                               \
    {                                                                                                                  \
        .op = RFT_OP_advance, .is_quick = quick, .rows = rows_, .n = n_, .k = parts, .has_idle = true,                 \
        .is_scored = true, .values = RFT_VALUES_##values_                                                              \
    }

#endif
