/* SPDX-License-Identifier: MIT */
/* Fixtures that can fail: each part of a description, taken out of it, costs the logits far more than the bound of
 * test_architectures.c allows, in every model that has it. */
#include "architecture.h"
#include "forward.h"
#include "op_args.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

#define ERROR_MAX 1e-4 /* of test_architectures.c */

/* Each takes one thing out; false where the model does not have it. */
static bool take_part(struct rft_model_config *c, enum rft_part part)
{
    bool has = rft_model_has(c, part);
    c->parts &= ~(uint32_t)part;
    return has;
}

static bool take_qkv_bias(struct rft_model_config *c)
{
    return take_part(c, RFT_PART_QKV_BIAS);
}

static bool take_o_bias(struct rft_model_config *c)
{
    return take_part(c, RFT_PART_O_BIAS);
}

static bool take_mlp_bias(struct rft_model_config *c)
{
    return take_part(c, RFT_PART_MLP_BIAS);
}

static bool take_norm(struct rft_model_config *c)
{
    bool has = take_part(c, RFT_PART_QK_NORM);
    return take_part(c, RFT_PART_QK_NORM_WIDE) || has;
}

static bool take_plus_one(struct rft_model_config *c)
{
    return take_part(c, RFT_PART_NORM_PLUS_ONE);
}

static bool take_act(struct rft_model_config *c)
{
    bool has = c->act != RFT_ACT_SILU;
    c->act = RFT_ACT_SILU;
    return has;
}

static bool take_windows(struct rft_model_config *c)
{
    bool has = c->window != 0;
    memset(c->is_windowed, 0, sizeof c->is_windowed);
    return has;
}

static bool widen_windows(struct rft_model_config *c)
{
    bool has = c->window != 0;
    c->window++;
    return has;
}

/* Layers of another set are rotated as all others; two sets may be the same. */
static bool take_rope_sets(struct rft_model_config *c)
{
    const double *main_set = rft_model_frequencies(c, RFT_ROPE_MAIN, RFT_ROPE_SHORT);
    bool has = false;
    for (uint32_t i = 0; i < c->n_layers; i++) {
        const double *set = rft_model_frequencies(c, (enum rft_rope_set)c->rope_set[i], RFT_ROPE_SHORT);
        has = has || memcmp(set, main_set, RFT_PAIRS_MAX * sizeof *set) != 0;
        c->rope_set[i] = RFT_ROPE_MAIN;
    }
    return has;
}

static bool take_rope(struct rft_model_config *c)
{
    memset(c->rope_set, RFT_ROPE_NONE, sizeof c->rope_set);
    return true;
}

static bool take_rope_scale(struct rft_model_config *c)
{
    bool has = c->rope_scale[0] != 0.0 && c->rope_scale[0] != 1.0;
    memset(c->rope_scale, 0, sizeof c->rope_scale);
    return has;
}

static bool take_number(double *number, double plain)
{
    bool has = *number != 0.0 && *number != plain;
    *number = 0.0;
    return has;
}

static bool take_embedding_scale(struct rft_model_config *c)
{
    return take_number(&c->embedding_scale, 1.0);
}

static bool take_residual_scale(struct rft_model_config *c)
{
    return take_number(&c->residual_scale, 1.0);
}

static bool take_logit_scale(struct rft_model_config *c)
{
    return take_number(&c->logit_scale, 1.0);
}

/* Gemma's scalar is the head dimension in most models. */
static bool take_attention_scale(struct rft_model_config *c)
{
    double square = c->attention_scale * c->attention_scale * c->head_dim;
    c->attention_scale = 0.0;
    return square != 0.0 && (square < 0.9 || square > 1.1);
}

static bool take_score_cap(struct rft_model_config *c)
{
    return take_number(&c->score_cap, 0.0);
}

static bool take_logit_cap(struct rft_model_config *c)
{
    return take_number(&c->logit_cap, 0.0);
}

static bool take_query_scale(struct rft_model_config *c)
{
    return take_number(&c->query_beta, 0.0);
}

static const struct change {
    const char *what;
    bool (*take)(struct rft_model_config *config);
} changes[] = {
    {"biases of q, k, v", take_qkv_bias},
    {"the bias behind the attention", take_o_bias},
    {"biases of the MLP", take_mlp_bias},
    {"norms of q and k", take_norm},
    {"1 + w", take_plus_one},
    {"GELU", take_act},
    {"windows", take_windows},
    {"the windows' size", widen_windows},
    {"sets of RoPE", take_rope_sets},
    {"RoPE", take_rope},
    {"the scale of cos and sin", take_rope_scale},
    {"the embedding's scale", take_embedding_scale},
    {"the scale of residuals", take_residual_scale},
    {"the scale of logits", take_logit_scale},
    {"the scale of scores", take_attention_scale},
    {"the cap of scores", take_score_cap},
    {"the cap of logits", take_logit_cap},
    {"the queries' scale", take_query_scale},
};
#define N_CHANGES (sizeof changes / sizeof *changes)

static double error_of(const struct rft_test_architecture *a, const struct rft_checkpoint *checkpoint)
{
    const struct rft_test_sequence sequence = {
        .ids = a->ids, .n_prompt = a->n_prompt, .n = a->n_prompt + a->n_new - 1, .is_long = a->is_long};
    float *logits = malloc((size_t)sequence.n * a->vocab * sizeof *logits);
    assert_non_null(logits);
    assert_int_equal(rft_test_decode(checkpoint, "", &sequence, logits), RFT_OK);
    double error = rft_test_architecture_error(a, logits);
    free(logits);
    return error;
}

static uint32_t try_changes(const struct rft_test_architecture *a, struct rft_checkpoint *checkpoint,
                            uint32_t n_tried[N_CHANGES])
{
    const struct rft_model_config whole = checkpoint->config;
    uint32_t n_unseen = 0;
    for (size_t i = 0; i < N_CHANGES; i++) {
        double error;
        checkpoint->config = whole;
        if (!changes[i].take(&checkpoint->config))
            continue;
        error = error_of(a, checkpoint);
        n_tried[i]++;
        if (error > 5 * ERROR_MAX)
            continue;
        print_error("%s without %s: error %.2e only\n", a->name, changes[i].what, error);
        n_unseen++;
    }
    checkpoint->config = whole;
    return n_unseen;
}

static void test_changes_show(void **state)
{
    const char *names[RFT_TEST_ARCHITECTURES_MAX];
    const size_t n = rft_test_architecture_names(names);
    uint32_t n_unseen = 0, n_tried[N_CHANGES] = {0};
    (void)state;
    for (size_t i = 0; i < n; i++) {
        struct rft_test_architecture a;
        struct rft_checkpoint checkpoint;
        char path[512];
        rft_test_architecture_load(names[i], &a);
        snprintf(path, sizeof path, "%s/%s", rft_test_tmp_dir(), names[i]);
        rft_test_architecture_write_dir(&a, "config", RFT_DTYPE_BF16, path);
        rft_test_log_capture();
        assert_int_equal(rft_checkpoint_open(path, &checkpoint), RFT_OK);
        n_unseen += try_changes(&a, &checkpoint, n_tried);
        rft_test_log_release();
        rft_checkpoint_close(&checkpoint);
        rft_test_architecture_finish(&a);
    }
    for (size_t i = 0; i < N_CHANGES; i++)
        if (n_tried[i] == 0) {
            print_error("no model has %s\n", changes[i].what);
            n_unseen++;
        }
    assert_int_equal(n_unseen, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_changes_show)};
    rft_alloc_hook_json();
    return RFT_TEST_RUN(tests, NULL, NULL);
}
