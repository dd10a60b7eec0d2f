/* SPDX-License-Identifier: MIT */
/* LongRoPE's two sets of factors in one run: a sample has one of them from its first token to its last, whatever is
 * computed beside it, and the prefix that prompts share is kept for each. */
#include "checkpoint.h"
#include "checkpoint_builder.h"
#include "chunk.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_NEW 8
#define N_SHARED 32
#define ORIGINAL 48

/* The first and the last are as long as a sample may become within the original context, or shorter. */
static const uint32_t lengths[] = {ORIGINAL - N_NEW, ORIGINAL - N_NEW + 1, 50, 34};
#define N_PROMPTS (sizeof lengths / sizeof *lengths)

static struct rft_checkpoint checkpoint;
static struct rft_engine engine;
static struct rft_plan plan;
static uint32_t mask[16];
static uint32_t drawn_tokens[N_PROMPTS][N_NEW];

static int load(void **state)
{
    const struct rft_device_options options = {.n_threads = 1};
    const struct rft_draw_rules rules = {.sampling = {.top_p_65536 = 65536}, .mask = mask};
    struct rft_model_config config = rft_test_config();
    struct rft_memory memory;
    char dir[512];
    (void)state;
    snprintf(dir, sizeof dir, "%s/model", rft_test_tmp_dir());
    rft_test_checkpoint_write(dir, &config, RFT_DTYPE_F32, 5, 1);
    assert_int_equal(rft_checkpoint_open(dir, &checkpoint), RFT_OK);
    checkpoint.config.has_long_rope = true;
    checkpoint.config.rope_original = ORIGINAL;
    for (uint32_t i = 0; i < config.head_dim / 2; i++)
        rft_model_frequencies(&checkpoint.config, RFT_ROPE_MAIN, RFT_ROPE_LONG)[i] = 0.3 / (1.0 + i);
    memset(mask, 0xff, sizeof mask);
    assert_int_equal(rft_engine_open(&engine, "cpu", "", &options, &memory), RFT_OK);
    const struct rft_sizes sizes = {.config = checkpoint.config,
                                    .caps = engine.dev.caps,
                                    .n_questions = N_PROMPTS,
                                    .n_samples = 1,
                                    .n_prompt_max = 50,
                                    .n_new_max = N_NEW,
                                    .budget_bytes = UINT64_MAX};
    assert_int_equal(rft_plan_make(&sizes, &plan), RFT_OK);
    assert_int_equal(rft_engine_load(&engine, &checkpoint, &rules, plan.step.n_keys_max, 0), RFT_OK);
    return 0;
}

static int unload(void **state)
{
    (void)state;
    rft_engine_close(&engine);
    rft_checkpoint_close(&checkpoint);
    return 0;
}

static enum rft_status no_cut(void *user, const uint32_t *tokens, uint32_t n_before, uint32_t n, uint32_t *n_kept)
{
    (void)user;
    (void)tokens;
    (void)n_before;
    (void)n;
    *n_kept = 0;
    return RFT_OK;
}

static enum rft_status keep(void *user, const struct rft_drawn *drawn)
{
    (void)user;
    memcpy(drawn_tokens[drawn->flight->question], drawn->tokens, drawn->n_tokens * sizeof *drawn->tokens);
    return RFT_OK;
}

static enum rft_status go_on(void *user, uint32_t n_tokens)
{
    (void)user;
    (void)n_tokens;
    return RFT_OK;
}

static void add(struct rft_group *group, uint32_t which)
{
    struct rft_ids ids = {0};
    for (uint32_t i = 0; i < lengths[which]; i++)
        assert_int_equal(rft_ids_append(&ids, (i * 37 + (i < N_SHARED ? 0 : which)) % 290), RFT_OK);
    assert_int_equal(rft_group_add(group, which, &ids), RFT_OK);
}

/* Draws the prompts of a set of bits together; returns the tokens that went through a prefill. */
static uint64_t draw(uint32_t set, struct rft_prefix *prefix)
{
    const struct rft_chunk_sink sink = {NULL, no_cut, keep, go_on, NULL};
    struct rft_request requests[N_PROMPTS] = {{0}};
    struct rft_group group;
    uint64_t n_rows;
    assert_int_equal(rft_group_init(&group, N_PROMPTS, checkpoint.config.dim), RFT_OK);
    for (uint32_t which = 0; which < N_PROMPTS; which++)
        if (set >> which & 1u)
            add(&group, which);
    for (uint32_t i = 0; i < group.n; i++)
        requests[i] = (struct rft_request){.flight = i, .key = i};
    assert_int_equal(rft_group_prefill(&group, &engine, &plan, prefix, &n_rows), RFT_OK);
    for (uint32_t i = 0; i < group.n; i++)
        assert_int_equal(group.flights[i].span,
                         lengths[group.flights[i].question] + N_NEW > ORIGINAL ? RFT_ROPE_LONG : RFT_ROPE_SHORT);
    assert_int_equal(rft_chunk_run(&engine, &plan, &group, requests, group.n, &sink), RFT_OK);
    rft_group_finish(&group);
    return n_rows;
}

static void test_spans_do_not_mix(void **state)
{
    uint32_t alone[N_PROMPTS][N_NEW], ids[N_SHARED];
    uint64_t n_all = 0;
    struct rft_prefix prefix, none = {0};
    (void)state;
    for (uint32_t which = 0; which < N_PROMPTS; which++)
        n_all += draw(1u << which, &none);
    memcpy(alone, drawn_tokens, sizeof alone);
    for (uint32_t i = 0; i < N_SHARED; i++)
        ids[i] = i * 37 % 290;
    assert_int_equal(rft_prefix_init(&prefix, ids, N_SHARED), RFT_OK);
    memset(drawn_tokens, 0, sizeof drawn_tokens);
    assert_int_equal(draw(0xf, &prefix), n_all); /* fills the prefix of both spans */
    assert_memory_equal(drawn_tokens, alone, sizeof alone);
    memset(drawn_tokens, 0, sizeof drawn_tokens);
    assert_int_equal(draw(0xf, &prefix), n_all - N_PROMPTS * N_SHARED);
    assert_memory_equal(drawn_tokens, alone, sizeof alone);
    rft_prefix_finish(&prefix);
}

/* The long factors are others: so a prompt on the border would show the wrong ones. */
static void test_factors_show(void **state)
{
    struct rft_prefix none = {0};
    uint32_t as_it_is[N_NEW];
    (void)state;
    draw(1u << 1, &none);
    memcpy(as_it_is, drawn_tokens[1], sizeof as_it_is);
    engine.weights.config.rope_original = 1000;
    struct rft_group group;
    const struct rft_chunk_sink sink = {NULL, no_cut, keep, go_on, NULL};
    struct rft_request request = {0};
    uint64_t n_rows;
    assert_int_equal(rft_group_init(&group, 1, checkpoint.config.dim), RFT_OK);
    add(&group, 1);
    assert_int_equal(rft_group_prefill(&group, &engine, &plan, &none, &n_rows), RFT_OK);
    assert_int_equal(group.flights[0].span, RFT_ROPE_SHORT);
    assert_int_equal(rft_chunk_run(&engine, &plan, &group, &request, 1, &sink), RFT_OK);
    rft_group_finish(&group);
    engine.weights.config.rope_original = ORIGINAL;
    assert_memory_not_equal(drawn_tokens[1], as_it_is, sizeof as_it_is);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_spans_do_not_mix), cmocka_unit_test(test_factors_show)};
    rft_alloc_hook_json();
    return RFT_TEST_RUN(tests, load, unload);
}
