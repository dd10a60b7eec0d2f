/* SPDX-License-Identifier: MIT */
/* One emit function per op: the only place that knows an op's shape rules and what it reads and writes. An emitter appends a
 * node to a program; after a failure (host memory) it does nothing, and e->status says why, so that a transformer reads as
 * the list of its ops. Ranges are checked against the shapes by assertion: a mismatch is a bug of ours. */
#ifndef RFT_OP_H
#define RFT_OP_H

#include "program.h"

/* A packed matrix in device memory (op_args.h). */
struct rft_matrix {
    struct rft_range range;
    uint32_t n; /* rows: outputs */
    uint32_t k; /* columns: inputs, even */
};

/* KV pages of one layer. */
struct rft_kv_layer {
    struct rft_range prompt;
    struct rft_range own;
};

struct rft_emit {
    struct rft_program *program;
    enum rft_status status;
    const char *label;       /* of the nodes to come: "layer 3" */
    uint32_t n_rows;         /* rows the buffers have room for */
    uint32_t weight_tile;
    uint32_t n_heads, n_kv_heads, head_dim;
    struct rft_range batch;  /* struct rft_batch */
    struct rft_range rows;   /* [n_rows] struct rft_row */
    struct rft_range tables; /* u32 */
};

/* x [rows][dim] f32 */
void emit_embed(struct rft_emit *e, struct rft_range x, const struct rft_matrix *embedding);
/* h [rows][dim] bf16 from x [rows][dim] f32; weight [dim] f32 */
void emit_rms_norm(struct rft_emit *e, struct rft_range h, struct rft_range x, struct rft_range weight, uint32_t dim, float eps);
/* y [rows][w->n] f32 from x [rows][w->k] bf16; flags: RFT_MATMUL_* */
void emit_matmul(struct rft_emit *e, struct rft_range y, struct rft_range x, const struct rft_matrix *w, uint32_t flags);
/* q [rows][n_heads][head_dim] bf16 and the pages, from qkv f32 */
void emit_rope_kv(struct rft_emit *e, struct rft_range q, struct rft_range qkv, struct rft_range cos_sin,
                  const struct rft_kv_layer *kv);
/* y [rows][n_heads][head_dim] bf16; scratch: pieces of scratch_floats f32 */
void emit_attention(struct rft_emit *e, struct rft_range y, struct rft_range q, const struct rft_kv_layer *kv,
                    struct rft_range scratch, uint32_t scratch_floats);
/* y [rows][ffn_dim] bf16 from gate_up [rows][2][ffn_dim] f32 */
void emit_silu_mul(struct rft_emit *e, struct rft_range y, struct rft_range gate_up, uint32_t ffn_dim);

/* How tokens are drawn. */
struct rft_sampling {
    float temperature;     /* 0 = greedy */
    uint32_t top_k;        /* 0 = off */
    uint32_t top_p_65536;  /* 65536 = off */
    float min_p;           /* 0 = off */
};
bool rft_sampling_is_filtered(const struct rft_sampling *sampling);

/* What a sampler's ops work on. */
struct rft_sampler {
    uint32_t vocab;
    struct rft_range logits;     /* [rows][vocab] f32 */
    struct rft_range mask;       /* [ceil(vocab / 32)] u32 */
    struct rft_range cutoffs;    /* [rows] struct rft_cutoff */
    struct rft_range candidates; /* [rows][n_parts] struct rft_candidate */
    struct rft_range eos;        /* [n_eos] u32 */
    uint32_t n_eos;
    struct rft_range tokens;     /* [rows][tokens_stride] u32 */
    uint32_t tokens_stride;
};
uint32_t rft_sample_n_parts(uint32_t vocab);

void emit_filter(struct rft_emit *e, const struct rft_sampler *sampler, const struct rft_sampling *sampling);
void emit_sample(struct rft_emit *e, const struct rft_sampler *sampler, const struct rft_sampling *sampling);
void emit_advance(struct rft_emit *e, const struct rft_sampler *sampler);

#endif
