/* SPDX-License-Identifier: MIT */
/* Every emitter: the arguments it packs, and what it says its node reads and writes. */
#include "support.h"

#include "op.h"

#include "arith.h"

#include <stdio.h>
#include <string.h>

#define N_ROWS 3u

/* Buffers far from each other, each of a size of its own: buffer b is at (b + 1) << 32. */
enum buffer {
    BATCH,
    ROWS,
    TABLES,
    X,
    H,
    QKV,
    Q,
    Y,
    GATE_UP,
    WEIGHT,
    NORM,
    COS_SIN,
    PROMPT,
    OWN,
    SCRATCH,
    LOGITS,
    MASK,
    CUTOFFS,
    CANDIDATES,
    EOS,
    TOKENS,
    N_BUFFERS
};

static struct rft_range buffer(enum buffer b)
{
    return (struct rft_range){ ((uint64_t)b + 1) << 32, (uint64_t)1 << 20 };
}

static struct rft_emit emitter(struct rft_program *program)
{
    *program = (struct rft_program){ .name = "test" };
    return (struct rft_emit){ .program = program,
                              .label = "layer 7",
                              .n_rows = N_ROWS,
                              .weight_tile = 16,
                              .n_heads = 8,
                              .n_kv_heads = 2,
                              .head_dim = 64,
                              .batch = buffer(BATCH),
                              .rows = buffer(ROWS),
                              .tables = buffer(TABLES) };
}

static const struct rft_sampler sampler_shape = { .vocab = 5000, .n_eos = 2, .tokens_stride = 100 };

static struct rft_sampler sampler(void)
{
    struct rft_sampler s = sampler_shape;
    s.logits = buffer(LOGITS);
    s.mask = buffer(MASK);
    s.cutoffs = buffer(CUTOFFS);
    s.candidates = buffer(CANDIDATES);
    s.eos = buffer(EOS);
    s.tokens = buffer(TOKENS);
    return s;
}

static void run_emitter(struct rft_emit *e, enum rft_op op, uint32_t flags)
{
    const struct rft_matrix w = { buffer(WEIGHT), 100, 64 };
    const struct rft_kv_layer kv = { buffer(PROMPT), buffer(OWN) };
    const struct rft_sampling sampling = { 0.5f, 40, 60000, 0.25f };
    const struct rft_sampler s = sampler();
    switch (op) {
    case RFT_OP_embed:
        emit_embed(e, buffer(X), &w);
        break;
    case RFT_OP_rms_norm:
        emit_rms_norm(e, buffer(H), buffer(X), buffer(NORM), 64, 1e-5f);
        break;
    case RFT_OP_matmul:
        emit_matmul(e, buffer(Y), buffer(H), &w, flags);
        break;
    case RFT_OP_rope_kv:
        emit_rope_kv(e, buffer(Q), buffer(QKV), buffer(COS_SIN), &kv);
        break;
    case RFT_OP_attention:
        emit_attention(e, buffer(Y), buffer(Q), &kv, buffer(SCRATCH), 512);
        break;
    case RFT_OP_silu_mul:
        emit_silu_mul(e, buffer(Y), buffer(GATE_UP), 96);
        break;
    case RFT_OP_filter:
        emit_filter(e, &s, &sampling);
        break;
    case RFT_OP_sample:
        emit_sample(e, &s, &sampling);
        break;
    case RFT_OP_advance:
        emit_advance(e, &s);
        break;
    case RFT_OP_COUNT:
        break;
    }
}

/* Every op: what it reads and what it writes, as bits by buffer, and where its addresses end. */
#define BIT(b) (1u << (b))
static const struct {
    enum rft_op op;
    uint32_t flags, reads, writes;
    size_t addresses_end, args_bytes;
} cases[] = {
#define ARGS(name, first_number) offsetof(struct rft_args_##name, first_number), sizeof(struct rft_args_##name)
    { RFT_OP_embed, 0, BIT(BATCH) | BIT(ROWS) | BIT(WEIGHT), BIT(X), ARGS(embed, dim) },
    { RFT_OP_rms_norm, 0, BIT(BATCH) | BIT(ROWS) | BIT(X) | BIT(NORM), BIT(ROWS) | BIT(H), ARGS(rms_norm, dim) },
    { RFT_OP_matmul, 0, BIT(BATCH) | BIT(ROWS) | BIT(WEIGHT) | BIT(H), BIT(Y), ARGS(matmul, n) },
    { RFT_OP_matmul, RFT_MATMUL_ADD, BIT(BATCH) | BIT(ROWS) | BIT(WEIGHT) | BIT(H) | BIT(Y), BIT(Y), ARGS(matmul, n) },
    { RFT_OP_rope_kv, 0, BIT(BATCH) | BIT(ROWS) | BIT(TABLES) | BIT(QKV) | BIT(COS_SIN),
      BIT(ROWS) | BIT(Q) | BIT(PROMPT) | BIT(OWN), ARGS(rope_kv, n_heads) },
    { RFT_OP_attention, 0, BIT(BATCH) | BIT(ROWS) | BIT(TABLES) | BIT(Q) | BIT(PROMPT) | BIT(OWN),
      BIT(ROWS) | BIT(Y) | BIT(SCRATCH), ARGS(attention, n_heads) },
    { RFT_OP_silu_mul, 0, BIT(BATCH) | BIT(ROWS) | BIT(GATE_UP), BIT(ROWS) | BIT(Y), ARGS(silu_mul, ffn_dim) },
    { RFT_OP_filter, 0, BIT(BATCH) | BIT(ROWS) | BIT(LOGITS) | BIT(MASK), BIT(CUTOFFS), ARGS(filter, vocab) },
    { RFT_OP_sample, 0, BIT(BATCH) | BIT(ROWS) | BIT(LOGITS) | BIT(MASK) | BIT(CUTOFFS), BIT(ROWS) | BIT(CANDIDATES),
      ARGS(sample, vocab) },
    { RFT_OP_advance, 0, BIT(BATCH) | BIT(ROWS) | BIT(CANDIDATES) | BIT(EOS), BIT(ROWS) | BIT(TOKENS),
      ARGS(advance, n_parts) },
#undef ARGS
};

static uint32_t bits_of(const struct rft_range *ranges, uint32_t n)
{
    uint32_t bits = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t b = (uint32_t)(ranges[i].address >> 32) - 1;
        assert_true(b < N_BUFFERS);
        assert_int_equal(ranges[i].address, buffer((enum buffer)b).address);
        assert_int_equal(ranges[i].bytes, buffer((enum buffer)b).bytes);
        bits |= BIT(b);
    }
    return bits;
}

static void test_ranges(void **state)
{
    bool seen[RFT_OP_COUNT] = { false };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_program program;
        struct rft_emit e = emitter(&program);
        const char *name = rft_op_name(cases[i].op);
        run_emitter(&e, cases[i].op, cases[i].flags);
        assert_int_equal(e.status, RFT_OK);
        assert_int_equal(program.n_nodes, 1);
        const struct rft_node *node = &program.nodes[0];
        assert_int_equal(node->op, cases[i].op);
        assert_string_equal(node->label, "layer 7");
        if (bits_of(node->reads, node->n_reads) != cases[i].reads ||
            bits_of(node->writes, node->n_writes) != cases[i].writes)
            fail_msg("%s (case %zu) declares other reads or writes", name, i);
        assert_int_equal(node->args_bytes, cases[i].args_bytes);
        assert_true(node->args_bytes <= RFT_ARGS_BYTES_MAX);
        /* every address it hands to the kernel is one that it declares */
        for (size_t at = 0; at < cases[i].addresses_end; at += 8) {
            uint64_t address;
            memcpy(&address, node->args.bytes + at, 8);
            uint32_t b = (uint32_t)(address >> 32) - 1;
            if (b >= N_BUFFERS || address != buffer((enum buffer)b).address ||
                !(BIT(b) & (cases[i].reads | cases[i].writes)))
                fail_msg("%s: the address at byte %zu of its arguments is not declared", name, at);
        }
        seen[cases[i].op] = true;
        rft_program_finish(&program);
    }
    for (int op = 0; op < RFT_OP_COUNT; op++)
        assert_true(seen[op]);
}

/* The numbers among the arguments. */
static void test_numbers(void **state)
{
    struct rft_program program;
    struct rft_emit e = emitter(&program);
    struct rft_args_rms_norm norm;
    struct rft_args_matmul matmul;
    struct rft_args_attention attention;
    struct rft_args_filter filter;
    struct rft_args_sample sample;
    struct rft_args_advance advance;
    (void)state;
    for (int op = 0; op < RFT_OP_COUNT; op++)
        run_emitter(&e, (enum rft_op)op, RFT_MATMUL_ADD);
    assert_int_equal(program.n_nodes, RFT_OP_COUNT);
#define GET(name) memcpy(&name, program.nodes[RFT_OP_##name].args.bytes, sizeof name)
    memcpy(&norm, program.nodes[RFT_OP_rms_norm].args.bytes, sizeof norm);
    assert_int_equal(norm.dim, 64);
    assert_int_equal(norm.inverse_dim_bits, 0x3c800000u); /* 1/64 */
    assert_int_equal(norm.eps_bits, 0x3727c5acu);         /* 1e-5 */
    GET(matmul);
    assert_int_equal(matmul.n, 100);
    assert_int_equal(matmul.k, 64);
    assert_int_equal(matmul.tile, 16);
    assert_int_equal(matmul.flags, RFT_MATMUL_ADD);
    GET(attention);
    assert_int_equal(attention.n_heads, 8);
    assert_int_equal(attention.n_kv_heads, 2);
    assert_int_equal(attention.head_dim, 64);
    assert_int_equal(attention.scale_bits, 0x3e000000u); /* 1/8 */
    assert_int_equal(attention.scratch_floats, 512);
    GET(filter);
    assert_int_equal(filter.vocab, 5000);
    assert_int_equal(filter.inverse_temperature_bits, 0x40000000u); /* 2 */
    assert_int_equal(filter.top_k, 40);
    assert_int_equal(filter.top_p_65536, 60000);
    GET(sample);
    assert_int_equal(sample.n_parts, 3);
    assert_int_equal(sample.min_p_bits, 0x3e800000u); /* 0.25 */
    assert_int_equal(sample.flags, RFT_SAMPLE_FILTERED);
    GET(advance);
    assert_int_equal(advance.n_parts, 3);
    assert_int_equal(advance.n_eos, 2);
    assert_int_equal(advance.tokens_stride, 100);
#undef GET
    rft_program_finish(&program);
}

/* 1 / sqrt(head_dim), correctly rounded. */
static void test_attention_scale(void **state)
{
    static const struct {
        uint32_t head_dim, bits;
    } scales[] = { { 16, 0x3e800000u }, { 32, 0x3e3504f3u },  { 64, 0x3e000000u },  { 80, 0x3de4f92eu },
                   { 96, 0x3dd105ecu }, { 128, 0x3db504f3u }, { 256, 0x3d800000u }, { 2, 0x3f3504f3u } };
    (void)state;
    for (size_t i = 0; i < sizeof scales / sizeof *scales; i++) {
        struct rft_program program;
        struct rft_emit e = emitter(&program);
        struct rft_args_attention args;
        e.head_dim = scales[i].head_dim;
        run_emitter(&e, RFT_OP_attention, 0);
        memcpy(&args, program.nodes[0].args.bytes, sizeof args);
        if (args.scale_bits != scales[i].bits)
            fail_msg("head_dim %u: %08x, expected %08x", scales[i].head_dim, args.scale_bits, scales[i].bits);
        rft_program_finish(&program);
    }
}

static void test_sampling_flags(void **state)
{
    static const struct {
        struct rft_sampling sampling;
        bool is_filtered;
        uint32_t flags, inverse_temperature_bits;
    } samplings[] = {
        { { 1.0f, 0, 65536, 0 }, false, 0, 0x3f800000u },
        { { 0.0f, 0, 65536, 0 }, false, RFT_SAMPLE_GREEDY, 0x3f800000u },
        { { 0.0f, 5, 100, 0.5f },
          false,
          RFT_SAMPLE_GREEDY,
          0x3f800000u }, /* filters keep the greatest: nothing to do */
        { { 2.0f, 1, 65536, 0 }, true, RFT_SAMPLE_FILTERED, 0x3f000000u },
        { { 0.7f, 0, 65535, 0 }, true, RFT_SAMPLE_FILTERED, 0x3fb6db6eu },
        { { 1.0f, 0, 65536, 0.01f }, true, RFT_SAMPLE_FILTERED, 0x3f800000u },
    };
    (void)state;
    for (size_t i = 0; i < sizeof samplings / sizeof *samplings; i++) {
        struct rft_program program;
        struct rft_emit e = emitter(&program);
        const struct rft_sampler s = sampler();
        struct rft_args_sample args;
        assert_int_equal(rft_sampling_is_filtered(&samplings[i].sampling), samplings[i].is_filtered);
        emit_sample(&e, &s, &samplings[i].sampling);
        memcpy(&args, program.nodes[0].args.bytes, sizeof args);
        if (args.flags != samplings[i].flags || args.inverse_temperature_bits != samplings[i].inverse_temperature_bits)
            fail_msg("case %zu: flags %x, 1/T %08x", i, args.flags, args.inverse_temperature_bits);
        rft_program_finish(&program);
    }
    assert_int_equal(rft_sample_n_parts(1), 1);
    assert_int_equal(rft_sample_n_parts(RFT_SAMPLE_PART), 1);
    assert_int_equal(rft_sample_n_parts(RFT_SAMPLE_PART + 1), 2);
}

/* After a failure an emitter does nothing more, and the status stays. */
static void test_out_of_memory(void **state)
{
    struct rft_program program;
    struct rft_emit e = emitter(&program);
    (void)state;
    rft_test_log_capture();
    rft_alloc_fail_at(1, 0);
    run_emitter(&e, RFT_OP_embed, 0);
    run_emitter(&e, RFT_OP_matmul, 0);
    rft_alloc_fail_at(0, 0);
    rft_test_log_release();
    assert_int_equal(e.status, RFT_ERR_HOST_MEMORY);
    assert_int_equal(program.n_nodes, 0);
    rft_program_finish(&program);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_ranges), cmocka_unit_test(test_numbers),
                                        cmocka_unit_test(test_attention_scale), cmocka_unit_test(test_sampling_flags),
                                        cmocka_unit_test(test_out_of_memory) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
