/* SPDX-License-Identifier: MIT */
/* Every emitter: the arguments it packs, and what it says its node reads and writes. */
#include "support.h"

#include "op_fixture.h"

#include <stdio.h>
#include <string.h>

/* Every op: what it reads and what it writes, as bits by buffer, and where its addresses end. */
#define BIT(b) (1u << (b))
static const struct {
    enum rft_op op;
    uint32_t reads, writes;
    size_t addresses_end, args_bytes;
} cases[] = {
#define ARGS(name, first_number) offsetof(struct rft_args_##name, first_number), sizeof(struct rft_args_##name)
    {RFT_OP_embed, BIT(BATCH) | BIT(ROWS) | BIT(WEIGHT) | BIT(NORM), BIT(ROWS) | BIT(X) | BIT(H), ARGS(embed, dim)},
    {RFT_OP_quantise, BIT(BATCH) | BIT(ROWS) | BIT(Y), BIT(Y), ARGS(quantise, k)},
    {RFT_OP_qkv,
     BIT(BATCH) | BIT(ROWS) | BIT(TABLES) | BIT(WEIGHT) | BIT(H) | BIT(BIAS) | BIT(Q_COS_SIN) | BIT(K_COS_SIN),
     BIT(ROWS) | BIT(Q) | BIT(PROMPT) | BIT(OWN), ARGS(qkv, dim)},
    {RFT_OP_heads, BIT(BATCH) | BIT(ROWS) | BIT(TABLES) | BIT(Y) | BIT(NORM) | BIT(Q_COS_SIN) | BIT(K_COS_SIN),
     BIT(ROWS) | BIT(Q) | BIT(PROMPT) | BIT(OWN), ARGS(heads, n_heads)},
    {RFT_OP_attention, BIT(BATCH) | BIT(ROWS) | BIT(TABLES) | BIT(Q) | BIT(PROMPT) | BIT(OWN),
     BIT(ROWS) | BIT(Y) | BIT(SCRATCH), ARGS(attention, n_heads)},
    {RFT_OP_residual, BIT(BATCH) | BIT(ROWS) | BIT(WEIGHT) | BIT(Y) | BIT(NORM) | BIT(BIAS) | BIT(X),
     BIT(ROWS) | BIT(X) | BIT(H), ARGS(residual, dim)},
    {RFT_OP_post_norm, BIT(BATCH) | BIT(ROWS) | BIT(ALONE) | BIT(NORM) | BIT(NORM_2) | BIT(X) | BIT(H),
     BIT(ROWS) | BIT(X) | BIT(H), ARGS(post_norm, dim)},
    {RFT_OP_gate_up, BIT(BATCH) | BIT(ROWS) | BIT(WEIGHT) | BIT(H) | BIT(BIAS), BIT(ROWS) | BIT(Y), ARGS(gate_up, dim)},
    {RFT_OP_project, BIT(BATCH) | BIT(ROWS) | BIT(WEIGHT) | BIT(H) | BIT(BIAS), BIT(ROWS) | BIT(LOGITS),
     ARGS(project, dim)},
    {RFT_OP_filter, BIT(BATCH) | BIT(ROWS) | BIT(LOGITS) | BIT(MASK), BIT(CUTOFFS), ARGS(filter, vocab)},
    {RFT_OP_sample, BIT(BATCH) | BIT(ROWS) | BIT(LOGITS) | BIT(MASK) | BIT(CUTOFFS), BIT(ROWS) | BIT(CANDIDATES),
     ARGS(sample, vocab)},
    {RFT_OP_draw, BIT(BATCH) | BIT(ROWS) | BIT(WEIGHT) | BIT(H) | BIT(MASK), BIT(ROWS) | BIT(CANDIDATES),
     ARGS(draw, dim)},
    {RFT_OP_score, BIT(BATCH) | BIT(ROWS) | BIT(LOGITS) | BIT(MASK), BIT(SCORES), ARGS(score, vocab)},
    {RFT_OP_advance, BIT(BATCH) | BIT(ROWS) | BIT(CANDIDATES) | BIT(EOS) | BIT(LOGITS) | BIT(SCORES),
     BIT(ROWS) | BIT(TOKENS) | BIT(LOGPROBS), ARGS(advance, n_parts)},
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
    bool seen[RFT_OP_COUNT] = {false};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_program program;
        struct rft_emit e = emitter(&program);
        const char *name = rft_op_name(cases[i].op);
        run_emitter(&e, cases[i].op);
        assert_int_equal(e.status, RFT_OK);
        assert_int_equal(program.n_nodes, 1);
        const struct rft_node *node = &program.nodes[0];
        assert_int_equal(node->op, cases[i].op);
        assert_int_equal(node->n_rows, N_ROWS);
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

/* A matrix over the vocabulary may lie in parts: a node for each, and together they cover it. */
static void test_parts(void **state)
{
    static const enum buffer parts[] = {WEIGHT, WEIGHT_2, WEIGHT_3};
    const struct rft_matrix w = {.n = 4999,
                                 .k = 100,
                                 .n_parts = 3,
                                 .part_rows = 2000 - 16 * 5,
                                 .parts = {buffer(WEIGHT), buffer(WEIGHT_2), buffer(WEIGHT_3)}};
    const struct rft_linear head = {.matrix = &w, .is_normed = true};
    const struct rft_sampler s = draw_sampler(4999);
    const struct rft_next next = {buffer(NORM), false};
    struct rft_program program;
    struct rft_emit e = emitter(&program);
    uint32_t first = 0;
    (void)state;
    emit_embed(&e, buffer(X), buffer(H), &w, 1.0f, &next);
    emit_project(&e, buffer(LOGITS), buffer(H), &head, 0.0f);
    emit_draw(&e, &s, buffer(H), &w, 0.0f);
    assert_int_equal(program.n_nodes, 9);
    for (size_t i = 0; i < 3; i++) {
        struct rft_args_embed embed;
        struct rft_args_project logits;
        struct rft_args_draw draw;
        memcpy(&embed, program.nodes[i].args.bytes, sizeof embed);
        memcpy(&logits, program.nodes[3 + i].args.bytes, sizeof logits);
        memcpy(&draw, program.nodes[6 + i].args.bytes, sizeof draw);
        assert_int_equal(embed.first, first);
        assert_int_equal(logits.first, first);
        assert_int_equal(embed.n, i < 2 ? 1920 : 4999 - 2 * 1920);
        assert_int_equal(logits.n, embed.n);
        assert_int_equal(logits.stride, 4999);
        assert_int_equal(draw.first, first);
        assert_int_equal(draw.n, embed.n);
        assert_int_equal(draw.n_parts, 313);
        assert_int_equal(draw.weight, buffer(parts[i]).address);
        assert_int_equal(embed.weight, buffer(parts[i]).address);
        assert_int_equal(logits.weight, buffer(parts[i]).address);
        first += embed.n;
    }
    assert_int_equal(first, 4999);
    rft_program_finish(&program);
}

/* Pieces for workers hold 16 rows of scores; pieces for a row and kv head a score of each head, in fours. One page
 * more. */
static void test_scratch(void **state)
{
    (void)state;
    assert_int_equal(rft_scratch_floats(2, 3, 1), 16 * 32);
    assert_int_equal(rft_scratch_floats(2, 9, 16), 16 * 32);
    assert_int_equal(rft_scratch_floats(7, 1, 17), 16 * 48);
    assert_int_equal(rft_scratch_floats(0, 3, 17), 4 * 48);
    assert_int_equal(rft_scratch_floats(0, 4, 16), 4 * 32);
    assert_int_equal(rft_scratch_floats(0, 20, 1), 20 * 32);
    assert_int_equal(rft_scratch_floats(0, 5, 1), 8 * 32);
}

static void test_sampling_flags(void **state)
{
    static const struct {
        struct rft_sampling sampling;
        bool is_filtered, has_logits;
        uint32_t flags;
    } samplings[] = {
        {{0, 65536, 0, false}, false, false, 0},
        {{1, 65536, 0, false}, true, true, RFT_SAMPLE_FILTERED},
        {{0, 65535, 0, false}, true, true, RFT_SAMPLE_FILTERED},
        {{0, 65536, 0.01f, false}, true, true, RFT_SAMPLE_FILTERED},
        {{0, 65536, 0, true}, false, true, 0},
        {{0, 60000, 0, true}, true, true, RFT_SAMPLE_FILTERED},
    };
    (void)state;
    for (size_t i = 0; i < sizeof samplings / sizeof *samplings; i++) {
        struct rft_program program;
        struct rft_emit e = emitter(&program);
        const struct rft_sampler s = filtered_sampler();
        struct rft_args_sample args;
        assert_int_equal(rft_sampling_is_filtered(&samplings[i].sampling), samplings[i].is_filtered);
        assert_int_equal(rft_sampling_has_logits(&samplings[i].sampling), samplings[i].has_logits);
        emit_sample(&e, &s, &samplings[i].sampling);
        memcpy(&args, program.nodes[0].args.bytes, sizeof args);
        assert_int_equal(args.flags, samplings[i].flags);
        assert_int_equal(args.cutoffs, samplings[i].is_filtered ? buffer(CUTOFFS).address : 0);
        rft_program_finish(&program);
    }
    assert_int_equal(rft_sample_n_parts(1), 1);
    assert_int_equal(rft_sample_n_parts(RFT_SAMPLE_PART), 1);
    assert_int_equal(rft_sample_n_parts(RFT_SAMPLE_PART + 1), 2);
    assert_int_equal(rft_draw_n_parts(1), 1);
    assert_int_equal(rft_draw_n_parts(RFT_TILE), 1);
    assert_int_equal(rft_draw_n_parts(RFT_TILE + 1), 2);
}

static void test_temperature_of_a_row(void **state)
{
    static const struct {
        float temperature;
        uint32_t is_greedy, inverse_temperature_bits;
    } rows[] = {{1.0f, 0, 0x3f800000u}, {0.0f, 1, 0x3f800000u}, {2.0f, 0, 0x3f000000u}, {0.7f, 0, 0x3fb6db6eu}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rft_row row = {0};
        rft_row_set_temperature(&row, rows[i].temperature);
        assert_int_equal(row.is_greedy, rows[i].is_greedy);
        assert_int_equal(row.inverse_temperature_bits, rows[i].inverse_temperature_bits);
    }
}

/* After a failure an emitter does nothing more, and the status stays. */
static void test_out_of_memory(void **state)
{
    struct rft_program program;
    struct rft_emit e = emitter(&program);
    (void)state;
    rft_test_log_capture();
    rft_alloc_fail_at(1, 0);
    run_emitter(&e, RFT_OP_embed);
    run_emitter(&e, RFT_OP_project);
    rft_alloc_fail_at(0, 0);
    rft_test_log_release();
    assert_int_equal(e.status, RFT_ERR_HOST_MEMORY);
    assert_int_equal(program.n_nodes, 0);
    rft_program_finish(&program);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ranges),
                                       cmocka_unit_test(test_parts),
                                       cmocka_unit_test(test_scratch),
                                       cmocka_unit_test(test_sampling_flags),
                                       cmocka_unit_test(test_temperature_of_a_row),
                                       cmocka_unit_test(test_out_of_memory)};
    return RFT_TEST_RUN(tests, NULL, NULL);
}
