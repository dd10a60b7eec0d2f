/* SPDX-License-Identifier: MIT */
/* The numbers that emitters pack for the kernels. */
#include "support.h"

#include "op_fixture.h"

#include "arith.h"

#include <string.h>

#define GET(name) memcpy(&name, program.nodes[RFT_OP_##name].args.bytes, sizeof name)

static struct rft_program program_of_all(void)
{
    struct rft_program program;
    struct rft_emit e = emitter(&program);
    for (int op = 0; op < RFT_OP_COUNT; op++)
        run_emitter(&e, (enum rft_op)op);
    assert_int_equal(program.n_nodes, RFT_OP_COUNT);
    return program;
}

#define INVERSE_100 0x3c23d70au
#define EPS_1E_5 0x3727c5acu

static void test_numbers_of_attention(void **state)
{
    struct rft_program program = program_of_all();
    struct rft_args_embed embed;
    struct rft_args_qkv qkv;
    struct rft_args_heads heads;
    struct rft_args_attention attention;
    (void)state;
    GET(embed);
    assert_int_equal(embed.dim, 100);
    assert_int_equal(embed.first, 0);
    assert_int_equal(embed.n, 5000);
    assert_int_equal(embed.scale_bits, 0x40400000u); /* 3 */
    GET(qkv);
    assert_int_equal(qkv.dim, 100);
    assert_int_equal(qkv.n_heads, 8);
    assert_int_equal(qkv.n_kv_heads, 2);
    assert_int_equal(qkv.head_dim, 64);
    assert_int_equal(qkv.inverse_dim_bits, INVERSE_100);
    assert_int_equal(qkv.eps_bits, EPS_1E_5);
    assert_int_equal(qkv.q_cos_sin, buffer(Q_COS_SIN).address);
    assert_int_equal(qkv.k_cos_sin, buffer(K_COS_SIN).address);
    GET(heads);
    assert_int_equal(heads.n_heads, 8);
    assert_int_equal(heads.n_kv_heads, 2);
    assert_int_equal(heads.head_dim, 64);
    assert_int_equal(heads.q_span, 8);
    assert_int_equal(heads.k_span, 2);
    assert_int_equal(heads.q_inverse_bits, 0x3b000000u); /* 1/512 */
    assert_int_equal(heads.k_inverse_bits, 0x3c000000u); /* 1/128 */
    assert_int_equal(heads.eps_bits, 0x37fba882u);       /* 3e-5 */
    assert_int_equal(heads.q_cos_sin, buffer(Q_COS_SIN).address);
    assert_int_equal(heads.k_cos_sin, buffer(K_COS_SIN).address);
    GET(attention);
    assert_int_equal(attention.n_heads, 8);
    assert_int_equal(attention.n_kv_heads, 2);
    assert_int_equal(attention.head_dim, 64);
    assert_int_equal(attention.scale_bits, 0x3e000000u); /* 1/8 */
    assert_int_equal(attention.scratch_floats, 512);
    assert_int_equal(attention.window, 17);
    assert_int_equal(attention.cap_bits, 0x42480000u);         /* 50 */
    assert_int_equal(attention.inverse_cap_bits, 0x3ca3d70au); /* 1/50 */
    rft_program_finish(&program);
}

static void test_numbers_of_matmuls(void **state)
{
    struct rft_program program = program_of_all();
    struct rft_args_residual residual;
    struct rft_args_post_norm post_norm;
    struct rft_args_gate_up gate_up;
    struct rft_args_project project;
    (void)state;
    GET(residual);
    assert_int_equal(residual.dim, 100);
    assert_int_equal(residual.k, 512);
    assert_int_equal(residual.flags, RFT_QUANTISED);
    GET(post_norm);
    assert_int_equal(post_norm.dim, 100);
    assert_int_equal(post_norm.inverse_dim_bits, INVERSE_100);
    assert_int_equal(post_norm.eps_bits, 0x37a7c5acu); /* 2e-5: not the stream's */
    assert_int_equal(post_norm.weight, buffer(NORM).address);
    assert_int_equal(post_norm.norm, buffer(NORM_2).address);
    assert_int_equal(post_norm.y, buffer(ALONE).address);
    assert_int_equal(post_norm.flags, RFT_QUANTISED);
    GET(gate_up);
    assert_int_equal(gate_up.dim, 100);
    assert_int_equal(gate_up.ffn_dim, 90);
    assert_int_equal(gate_up.inverse_dim_bits, INVERSE_100);
    assert_int_equal(gate_up.eps_bits, EPS_1E_5);
    assert_int_equal(gate_up.act, RFT_ACT_GELU_ERF);
    assert_int_equal(gate_up.flags, RFT_QUANTISED);
    GET(project);
    assert_int_equal(project.dim, 100);
    assert_int_equal(project.stride, 5000);
    assert_int_equal(project.first, 0);
    assert_int_equal(project.n, 5000);
    assert_int_equal(project.inverse_dim_bits, INVERSE_100);
    assert_int_equal(project.eps_bits, EPS_1E_5);
    assert_int_equal(project.cap_bits, 0x41f00000u);         /* 30 */
    assert_int_equal(project.inverse_cap_bits, 0x3d088889u); /* 1/30 */
    rft_program_finish(&program);
}

static void test_numbers_of_sampling(void **state)
{
    struct rft_program program = program_of_all();
    struct rft_args_filter filter;
    struct rft_args_sample sample;
    struct rft_args_draw draw;
    struct rft_args_score score;
    struct rft_args_advance advance;
    (void)state;
    GET(filter);
    assert_int_equal(filter.vocab, 5000);
    assert_int_equal(filter.top_k, 40);
    assert_int_equal(filter.top_p_65536, 60000);
    GET(sample);
    assert_int_equal(sample.n_parts, 3);
    assert_int_equal(sample.min_p_bits, 0x3e800000u); /* 0.25 */
    assert_int_equal(sample.flags, RFT_SAMPLE_FILTERED);
    GET(draw);
    assert_int_equal(draw.dim, 100);
    assert_int_equal(draw.n_parts, 313);
    assert_int_equal(draw.first, 0);
    assert_int_equal(draw.n, 5000);
    assert_int_equal(draw.inverse_dim_bits, INVERSE_100);
    assert_int_equal(draw.eps_bits, EPS_1E_5);
    assert_int_equal(draw.cap_bits, 0x41a00000u);         /* 20 */
    assert_int_equal(draw.inverse_cap_bits, 0x3d4ccccdu); /* 1/20 */
    GET(score);
    assert_int_equal(score.vocab, 5000);
    assert_int_equal(score.n_parts, 3);
    GET(advance);
    assert_int_equal(advance.n_parts, 3);
    assert_int_equal(advance.n_eos, 2);
    assert_int_equal(advance.tokens_stride, 100);
    assert_int_equal(advance.vocab, 5000);
    assert_int_equal(advance.n_scores, 3);
    rft_program_finish(&program);
}
#undef GET

static bool names(const struct rft_range *ranges, uint32_t n, enum buffer b)
{
    for (uint32_t i = 0; i < n; i++)
        if (ranges[i].address == buffer(b).address)
            return true;
    return false;
}

/* What a plain model lacks: no bias, no address; no norm in front, a factor of 1; no cap; heads that are normed each by
 * itself; and sums alone, which are written but not read. */
static void test_left_out(void **state)
{
    const struct rft_matrix qkv = matrix((8 + 2 * 2) * 64, 100), o = matrix(100, 512);
    const struct rft_linear bare_qkv = {.matrix = &qkv, .is_normed = false}, bare_o = {.matrix = &o};
    const struct rft_kv_layer kv = {buffer(PROMPT), buffer(OWN)};
    const struct rft_rotation rotation = {buffer(Q_COS_SIN), buffer(Q_COS_SIN)};
    const struct rft_heads_norm narrow = {buffer(NORM), 1e-5f, false};
    struct rft_program program;
    struct rft_emit e = emitter(&program);
    struct rft_args_qkv qkv_args;
    struct rft_args_residual alone;
    struct rft_args_heads heads;
    struct rft_args_project project;
    (void)state;
    emit_qkv(&e, buffer(Q), buffer(H), &bare_qkv, &rotation, &kv);
    emit_residual_alone(&e, buffer(ALONE), buffer(H), buffer(Y), &bare_o, buffer(NORM));
    emit_heads(&e, buffer(Q), buffer(Y), &narrow, &rotation, &kv);
    emit_project(&e, buffer(Y), buffer(H), &bare_qkv, 0.0f);
    memcpy(&qkv_args, program.nodes[0].args.bytes, sizeof qkv_args);
    memcpy(&alone, program.nodes[1].args.bytes, sizeof alone);
    memcpy(&heads, program.nodes[2].args.bytes, sizeof heads);
    memcpy(&project, program.nodes[3].args.bytes, sizeof project);
    assert_true(qkv_args.bias == 0 && alone.bias == 0 && project.bias == 0);
    assert_int_equal(qkv_args.inverse_dim_bits, 0);
    assert_int_equal(qkv_args.eps_bits, RFT_BITS_NO_NORM);
    assert_true(project.inverse_dim_bits == 0 && project.eps_bits == RFT_BITS_NO_NORM);
    assert_true(project.cap_bits == 0 && project.inverse_cap_bits == 0);
    assert_true(heads.q_span == 1 && heads.k_span == 1);
    assert_int_equal(heads.q_inverse_bits, 0x3c800000u); /* 1/64 */
    assert_int_equal(heads.k_inverse_bits, heads.q_inverse_bits);
    assert_int_equal(alone.flags, RFT_RESIDUAL_ALONE);
    assert_int_equal(alone.x, buffer(ALONE).address);
    assert_false(names(program.nodes[1].reads, program.nodes[1].n_reads, ALONE));
    assert_true(names(program.nodes[1].writes, program.nodes[1].n_writes, ALONE));
    assert_true(rft_rsqrt(RFT_FROM_BITS(RFT_BITS_NO_NORM)) == 1.0f);
    rft_program_finish(&program);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_of_attention),
        cmocka_unit_test(test_numbers_of_matmuls),
        cmocka_unit_test(test_numbers_of_sampling),
        cmocka_unit_test(test_left_out),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
