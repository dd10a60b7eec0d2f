/* SPDX-License-Identifier: MIT */
/* One emit function per op: the only place that knows an op's shape rules and what it reads and writes. An emitter
 * appends a node to a program; after a failure (host memory) it does nothing, and e->status says why, so that a
 * transformer reads as the list of its ops. Ranges are checked against the shapes by assertion: a mismatch is a bug of
 * ours. */
#ifndef RFT_OP_H
#define RFT_OP_H

#include "emit.h"
#include "matrix.h"

/* A matrix, its bias, and whether its input is normed. Rows that are stacked but not all of one format are a matrix
 * each; the bias is that of these rows. */
struct rft_linear {
    const struct rft_matrix *matrix;
    uint32_t first;        /* row of the stack, a multiple of 16 ... */
    uint32_t n_all;        /* ... of this many rows; 0: the matrix is all of it */
    struct rft_range bias; /* f32, in the order of the packed rows, whole tiles; no bytes: none */
    bool is_normed;        /* the input is read with the factor of its norm, else as it is; residual's input has none */
};

/* Norms of queries and keys. */
struct rft_heads_norm {
    struct rft_range weight; /* [n_heads + n_kv_heads][head_dim] f32 */
    float eps;
    bool is_wide; /* all heads of q, and all of k, are normed together, else each by itself */
};

/* The tables that queries and keys are rotated by. */
struct rft_rotation {
    struct rft_range q, k; /* [positions][head_dim / 2][2] f32 */
};

/* What reads a normed row next: the weight of its norm, and whether a matrix of integers does. */
struct rft_next {
    struct rft_range norm; /* [dim] f32 */
    bool is_quantised;
};

/* What shapes the attention of a layer, beside its pages. */
struct rft_attention_shape {
    float scale;
    float cap;         /* of the scores; 0 = none */
    uint32_t window;   /* keys that a query sees, itself among them; RFT_NO_WINDOW */
    bool is_quantised; /* its outputs are read by a matrix of integers */
};

/* KV pages of one layer. */
struct rft_kv_layer {
    struct rft_range prompt;
    struct rft_range own;
};

/* Shapes are op_args.h's. */
void emit_embed(struct rft_emit *e, struct rft_range x, struct rft_range h, const struct rft_matrix *embedding,
                float scale, const struct rft_next *next);
/* The quantised parts of rows of k activations. */
void emit_quantise(struct rft_emit *e, struct rft_range y, uint32_t k);
void emit_qkv(struct rft_emit *e, struct rft_range q, struct rft_range h, const struct rft_linear *w,
              const struct rft_rotation *rotation, const struct rft_kv_layer *kv);
/* Behind emit_project of q, k and v, into y. */
void emit_heads(struct rft_emit *e, struct rft_range q, struct rft_range y, const struct rft_heads_norm *norm,
                const struct rft_rotation *rotation, const struct rft_kv_layer *kv);
/* With emit_quantise behind it where the outputs of a kv head are no whole blocks. */
void emit_attention(struct rft_emit *e, struct rft_range y, struct rft_range q, const struct rft_kv_layer *kv,
                    const struct rft_attention_shape *shape, struct rft_range scratch, uint32_t scratch_floats);
void emit_residual(struct rft_emit *e, struct rft_range x, struct rft_range h, struct rft_range y,
                   const struct rft_linear *w, const struct rft_next *next);
/* The same in two: the sums alone into `alone`, then x += their norm of this weight. */
void emit_residual_alone(struct rft_emit *e, struct rft_range alone, struct rft_range h, struct rft_range y,
                         const struct rft_linear *w, struct rft_range weight);
void emit_post_norm(struct rft_emit *e, struct rft_range x, struct rft_range h, struct rft_range alone,
                    struct rft_range weight, const struct rft_next *next);
/* is_quantised: y is read by a matrix of integers. */
void emit_gate_up(struct rft_emit *e, struct rft_range y, struct rft_range h, const struct rft_linear *w, uint32_t act,
                  bool is_quantised);
/* y: [rows][w->n] f32. cap: of the results; 0 = none. */
void emit_project(struct rft_emit *e, struct rft_range y, struct rft_range h, const struct rft_linear *w, float cap);

/* f32 of one piece of attention's scratch for sequences of n_keys tokens. Pieces of workers (n_pieces of them,
 * caps.n_scratch) hold RFT_SCRATCH_ROWS rows of scores; the piece of a row and kv head (n_pieces 0) holds [ceil(group /
 * 4)][keys][4] scores, group query heads sharing the kv head. Keys are rounded up to whole pages, and one page more. */
uint64_t rft_scratch_floats(uint32_t n_pieces, uint32_t group, uint32_t n_keys);

/* A row's temperature; 0 = greedy. */
void rft_row_set_temperature(struct rft_row *row, float temperature);

/* Which tokens may be drawn, and what is asked of them. */
struct rft_sampling {
    uint32_t top_k;       /* 0 = off */
    uint32_t top_p_65536; /* 65536 = off */
    float min_p;          /* 0 = off */
    bool is_scored;       /* tokens' log-probabilities are wanted */
};
bool rft_sampling_is_filtered(const struct rft_sampling *sampling);
/* Whether a filter or a score must see the whole distribution, so that logits lie in memory. */
bool rft_sampling_has_logits(const struct rft_sampling *sampling);

/* What a sampler's ops work on: with logits in memory filter, sample, score and advance, those of them that are asked
 * for, else draw and advance. */
struct rft_sampler {
    uint32_t vocab;
    uint32_t n_parts;            /* of the vocabulary: with logits rft_sample_n_parts, else rft_draw_n_parts */
    struct rft_range logits;     /* [rows][vocab] f32; empty without */
    struct rft_range mask;       /* [ceil(vocab / 32)] u32 */
    struct rft_range cutoffs;    /* [rows] struct rft_cutoff; empty without filters */
    struct rft_range candidates; /* [rows][n_parts] struct rft_candidate */
    struct rft_range eos;        /* [n_eos] u32 */
    uint32_t n_eos;
    struct rft_range tokens; /* [rows][tokens_stride] u32 */
    uint32_t tokens_stride;
    struct rft_range scores;   /* [rows][rft_sample_n_parts] struct rft_score; empty unless tokens are scored */
    struct rft_range logprobs; /* [rows][tokens_stride] f32; likewise */
};
/* Parts of the vocabulary that leave a candidate each: sample's, and draw's. */
uint32_t rft_sample_n_parts(uint32_t vocab);
uint32_t rft_draw_n_parts(uint32_t vocab);

void emit_filter(struct rft_emit *e, const struct rft_sampler *sampler, const struct rft_sampling *sampling);
void emit_sample(struct rft_emit *e, const struct rft_sampler *sampler, const struct rft_sampling *sampling);
void emit_draw(struct rft_emit *e, const struct rft_sampler *sampler, struct rft_range h, const struct rft_matrix *w,
               float cap);
void emit_score(struct rft_emit *e, const struct rft_sampler *sampler);
void emit_advance(struct rft_emit *e, const struct rft_sampler *sampler, const struct rft_sampling *sampling);

#endif
