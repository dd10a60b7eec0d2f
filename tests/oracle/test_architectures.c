/* SPDX-License-Identifier: MIT */
/* Logits and greedy tokens of many architectures against transformers (fixtures of make_architectures.py), each model
 * as both spellings of its directory and as a GGUF file. A prompt and the tokens behind it, one by one; the error is
 * the sum of squared differences over the sum of squared logits, over all stored positions. Every model is tried,
 * whatever became of those before it. */
#include "architecture.h"
#include "forward.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

#define ERROR_MAX 1e-4
/* A decision of the reference by less than this is a near tie: bf16 activations may turn it. */
#define NEAR_TIE 0.05

static const char *names[RFT_TEST_ARCHITECTURES_MAX]; /* [n_names], sorted */
static size_t n_names;

static uint32_t argmax(const float *logits, uint32_t n)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < n; i++)
        if (logits[i] > logits[best])
            best = i;
    return best;
}

/* How many tokens differ that were decided by more than a near tie. */
static uint32_t count_wrong(const struct rft_test_architecture *a, const float *logits, uint32_t *n_turned)
{
    uint32_t n_wrong = 0;
    for (uint32_t i = 0; i < a->n_new; i++) {
        uint32_t got = argmax(logits + (size_t)(a->n_prompt - 1 + i) * a->vocab, a->vocab);
        if (got == a->ids[a->n_prompt + i])
            continue;
        *n_turned += a->margins[i] < NEAR_TIE;
        n_wrong += a->margins[i] >= NEAR_TIE;
    }
    return n_wrong;
}

static bool check_logits(const struct rft_test_architecture *a, const float *logits, const char *container)
{
    uint32_t n_turned = 0, n_wrong = count_wrong(a, logits, &n_turned);
    double error = rft_test_architecture_error(a, logits);
    bool is_good = error <= ERROR_MAX && n_wrong == 0; /* a NaN is not good */
    print_message("%s %s, %s: error %.2e, %u of %u tokens wrong, %u near ties turned\n", is_good ? "    " : "FAIL",
                  a->name, container, error, n_wrong, a->n_new, n_turned);
    return is_good;
}

static bool check_checkpoint(const struct rft_test_architecture *a, const char *path, const char *container)
{
    struct rft_checkpoint checkpoint = {0};
    const struct rft_test_sequence sequence = {.ids = a->ids,
                                               .n_prompt = a->n_prompt,
                                               .n = a->n_prompt + a->n_new - 1, /* the last is only compared */
                                               .is_long = a->is_long};
    bool is_good = false;
    float *logits = malloc((size_t)sequence.n * a->vocab * sizeof *logits);
    assert_non_null(logits);
    rft_test_log_capture();
    enum rft_status status = rft_checkpoint_open(path, &checkpoint);
    if (status == RFT_OK && checkpoint.config.vocab_size == a->vocab)
        status = rft_test_decode(&checkpoint, "", &sequence, logits);
    rft_test_log_release();
    if (status != RFT_OK)
        print_message("FAIL %s, %s: refused: %s", a->name, container, rft_test_log_text());
    else if (checkpoint.config.vocab_size != a->vocab)
        print_message("FAIL %s, %s: the vocabulary has %u entries\n", a->name, container, checkpoint.config.vocab_size);
    else
        is_good = check_logits(a, logits, container);
    rft_checkpoint_close(&checkpoint);
    free(logits);
    return is_good;
}

/* config, config_old or gguf; true also where the model has none. */
static bool check_container(const struct rft_test_architecture *a, const char *container)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s.%s", rft_test_tmp_dir(), a->name, container);
    if (strcmp(container, "gguf") != 0)
        rft_test_architecture_write_dir(a, container, strcmp(container, "config") == 0 ? RFT_DTYPE_BF16 : RFT_DTYPE_F32,
                                        path);
    else if (!rft_test_architecture_write_gguf(a, path))
        return true;
    return check_checkpoint(a, path, container);
}

static void check_models(const char *container)
{
    uint32_t n_bad = 0, n = 0;
    for (size_t i = 0; i < n_names; i++) {
        struct rft_test_architecture a;
        if (!rft_test_wants(names[i]))
            continue;
        rft_test_architecture_load(names[i], &a);
        n_bad += !check_container(&a, container);
        n++;
        rft_test_architecture_finish(&a);
    }
    assert_true(n > 0);
    if (n_bad > 0)
        fail_msg("%s: %u of %u models are not right", container, n_bad, n);
}

static void test_config(void **state)
{
    (void)state;
    check_models("config");
}

static void test_config_old(void **state)
{
    (void)state;
    check_models("config_old");
}

static void test_gguf(void **state)
{
    (void)state;
    check_models("gguf");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_config), cmocka_unit_test(test_config_old),
                                       cmocka_unit_test(test_gguf)};
    rft_alloc_hook_json();
    n_names = rft_test_architecture_names(names);
    rft_test_name_cases(names, n_names);
    return RFT_TEST_RUN(tests, NULL, NULL);
}
