/* SPDX-License-Identifier: MIT */
#include "op_fixture.h"

struct rft_range buffer(enum buffer b)
{
    return (struct rft_range){((uint64_t)b + 1) << 32, (uint64_t)1 << 21};
}

struct rft_emit emitter(struct rft_program *program)
{
    *program = (struct rft_program){.name = "test"};
    return (struct rft_emit){.program = program,
                             .label = "layer 7",
                             .n_rows = N_ROWS,
                             .n_heads = 8,
                             .n_kv_heads = 2,
                             .head_dim = 64,
                             .norm = {100, 1e-5f, 2e-5f},
                             .batch = buffer(BATCH),
                             .rows = buffer(ROWS),
                             .tables = buffer(TABLES)};
}

static const struct rft_sampler sampler_shape = {.vocab = 5000, .n_parts = 3, .n_eos = 2, .tokens_stride = 100};

struct rft_sampler filtered_sampler(void)
{
    struct rft_sampler s = sampler_shape;
    s.logits = buffer(LOGITS);
    s.mask = buffer(MASK);
    s.cutoffs = buffer(CUTOFFS);
    s.candidates = buffer(CANDIDATES);
    s.eos = buffer(EOS);
    s.tokens = buffer(TOKENS);
    s.scores = buffer(SCORES);
    s.logprobs = buffer(LOGPROBS);
    return s;
}

struct rft_sampler draw_sampler(uint32_t vocab)
{
    struct rft_sampler s = filtered_sampler();
    s.vocab = vocab;
    s.n_parts = rft_draw_n_parts(vocab);
    s.logits = s.cutoffs = (struct rft_range){0, 0};
    return s;
}

struct rft_matrix matrix(uint32_t n, uint32_t k)
{
    return (struct rft_matrix){.n = n, .k = k, .n_parts = 1, .part_rows = n, .parts = {buffer(WEIGHT)}};
}

/* dim 100: not whole blocks. */
void run_emitter(struct rft_emit *e, enum rft_op op)
{
    const struct rft_matrix qkv = matrix((8 + 2 * 2) * 64, 100), o = matrix(100, 512), gate_up = matrix(2 * 90, 100),
                            head = matrix(5000, 100);
    const struct rft_linear qkv_linear = {&qkv, 0, 0, buffer(BIAS), true}, o_linear = {&o, 0, 0, buffer(BIAS), false},
                            gate_up_linear = {&gate_up, 0, 0, buffer(BIAS), true},
                            head_linear = {&head, 0, 0, buffer(BIAS), true};
    const struct rft_heads_norm heads_norm = {buffer(NORM), 3e-5f, true};
    const struct rft_rotation rotation = {buffer(Q_COS_SIN), buffer(K_COS_SIN)};
    const struct rft_attention_shape shape = {0.125f, 50.0f, 17, true};
    const struct rft_next next = {buffer(NORM), true}, next_2 = {buffer(NORM_2), true};
    const struct rft_kv_layer kv = {buffer(PROMPT), buffer(OWN)};
    const struct rft_sampling sampling = {40, 60000, 0.25f, true};
    const struct rft_sampler s = filtered_sampler(), unfiltered_sampler = draw_sampler(5000);
    switch (op) {
    case RFT_OP_embed: emit_embed(e, buffer(X), buffer(H), &head, 3.0f, &next); break;
    case RFT_OP_quantise: emit_quantise(e, buffer(Y), 512); break;
    case RFT_OP_qkv: emit_qkv(e, buffer(Q), buffer(H), &qkv_linear, &rotation, &kv); break;
    case RFT_OP_heads: emit_heads(e, buffer(Q), buffer(Y), &heads_norm, &rotation, &kv); break;
    case RFT_OP_attention: emit_attention(e, buffer(Y), buffer(Q), &kv, &shape, buffer(SCRATCH), 512); break;
    case RFT_OP_residual: emit_residual(e, buffer(X), buffer(H), buffer(Y), &o_linear, &next); break;
    case RFT_OP_post_norm: emit_post_norm(e, buffer(X), buffer(H), buffer(ALONE), buffer(NORM), &next_2); break;
    case RFT_OP_gate_up: emit_gate_up(e, buffer(Y), buffer(H), &gate_up_linear, RFT_ACT_GELU_ERF, true); break;
    case RFT_OP_project: emit_project(e, buffer(LOGITS), buffer(H), &head_linear, 30.0f); break;
    case RFT_OP_filter: emit_filter(e, &s, &sampling); break;
    case RFT_OP_sample: emit_sample(e, &s, &sampling); break;
    case RFT_OP_draw: emit_draw(e, &unfiltered_sampler, buffer(H), &head, 20.0f); break;
    case RFT_OP_score: emit_score(e, &s); break;
    case RFT_OP_advance: emit_advance(e, &s, &sampling); break;
    case RFT_OP_COUNT: break;
    }
}
