/* SPDX-License-Identifier: MIT */
/* Logits and greedy tokens against transformers (fixtures of make_fixtures.py, make_smollm2.py and make_gemma3.py) and
 * against an independent float64 forward (stories260K). The error is the sum of squared differences over the sum of
 * squared logits, over all positions of the prompt. */
#include "adapter.h"
#include "forward.h"
#include "file.h"
#include "support.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define ERROR_MAX 1e-4
/* A decision of the reference by less than this is a near tie: bf16 activations may turn it. */
#define NEAR_TIE 0.15

struct fixture {
    json_t *json;
    uint32_t *ids; /* prompt, then the reference's greedy continuation */
    uint32_t n_prompt, n_greedy;
    float *reference; /* [n_prompt][n_columns] */
    uint32_t n_columns;
};

static json_t *member(const struct fixture *f, const char *name, size_t i)
{
    return json_array_get(json_object_get(f->json, name), i);
}

static void load_fixture(struct fixture *f, const char *name)
{
    char path[256];
    json_error_t error;
    struct rft_str bytes = {0};
    snprintf(path, sizeof path, "tests/oracle/data/%s.json", name);
    f->json = json_load_file(rft_test_path(path), 0, &error);
    assert_non_null(f->json);
    f->n_prompt = (uint32_t)json_array_size(json_object_get(f->json, "prompt_ids"));
    f->n_greedy = (uint32_t)json_array_size(json_object_get(f->json, "greedy_ids"));
    f->ids = malloc((f->n_prompt + f->n_greedy) * sizeof *f->ids);
    for (uint32_t i = 0; i < f->n_prompt; i++)
        f->ids[i] = (uint32_t)json_integer_value(member(f, "prompt_ids", i));
    for (uint32_t i = 0; i < f->n_greedy; i++)
        f->ids[f->n_prompt + i] = (uint32_t)json_integer_value(member(f, "greedy_ids", i));
    snprintf(path, sizeof path, "tests/oracle/data/%s.logits.bin", name);
    assert_int_equal(rft_file_read(rft_test_path(path), UINT64_C(1) << 30, &bytes), RFT_OK);
    f->n_columns = (uint32_t)(bytes.len / 4 / f->n_prompt);
    f->reference = malloc(bytes.len);
    memcpy(f->reference, bytes.data, bytes.len);
    rft_str_finish(&bytes);
}

static void free_fixture(struct fixture *f)
{
    json_decref(f->json);
    free(f->ids);
    free(f->reference);
}

static uint32_t argmax(const float *logits, uint32_t n)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < n; i++)
        if (logits[i] > logits[best])
            best = i;
    return best;
}

/* Position by position on the reference's own prefix; returns how many near ties were turned. */
static uint32_t check_greedy(const struct fixture *f, const float *logits, uint32_t vocab, const char *ids,
                             const char *margins, uint32_t first, uint32_t n)
{
    uint32_t n_turned = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t wanted = (uint32_t)json_integer_value(member(f, ids, i));
        uint32_t got = argmax(logits + (size_t)(first + i) * vocab, vocab);
        if (got == wanted)
            continue;
        if (json_number_value(member(f, margins, i)) >= NEAR_TIE)
            fail_msg("%s[%u]: %u instead of %u, decided by %g", ids, i, got, wanted,
                     json_number_value(member(f, margins, i)));
        n_turned++;
    }
    return n_turned;
}

static double relative_error(const struct fixture *f, const float *logits, uint32_t vocab)
{
    const json_t *columns = json_object_get(f->json, "vocab_ids"); /* absent: all of the vocabulary */
    double difference = 0.0, norm = 0.0;
    for (uint32_t i = 0; i < f->n_prompt; i++) {
        for (uint32_t j = 0; j < f->n_columns; j++) {
            uint32_t id = columns != NULL ? (uint32_t)json_integer_value(json_array_get(columns, j)) : j;
            double reference = (double)f->reference[(size_t)i * f->n_columns + j];
            double d = (double)logits[(size_t)i * vocab + id] - reference;
            difference += d * d;
            norm += reference * reference;
        }
    }
    return difference / norm;
}

/* adapter: its directory, NULL for none. */
static void check_adapted(const char *checkpoint_path, const char *adapter, const char *name)
{
    struct rft_checkpoint checkpoint;
    struct fixture f;
    float *logits;
    uint32_t vocab, n, n_turned;
    double error;
    load_fixture(&f, name);
    assert_int_equal(rft_checkpoint_open(checkpoint_path, &checkpoint), RFT_OK);
    if (adapter != NULL)
        assert_int_equal(rft_adapter_open(&checkpoint, adapter, 1.0), RFT_OK);
    vocab = checkpoint.config.vocab_size;
    n = f.n_prompt + f.n_greedy - 1; /* the last greedy token is only compared */
    logits = malloc((size_t)n * vocab * sizeof *logits);
    assert_int_equal(rft_test_forward(&checkpoint, "", f.ids, n, logits), RFT_OK);
    error = relative_error(&f, logits, vocab);
    n_turned = check_greedy(&f, logits, vocab, "prompt_argmax", "prompt_margins", 0, f.n_prompt);
    n_turned += check_greedy(&f, logits, vocab, "greedy_ids", "greedy_margins", f.n_prompt - 1, f.n_greedy);
    print_message("%s: %u positions, error %.2e, %u of %u greedy decisions were near ties that turned\n", name,
                  f.n_prompt, error, n_turned, f.n_prompt + f.n_greedy);
    assert_true(error <= ERROR_MAX);
    assert_true(n_turned <= (f.n_prompt + f.n_greedy) / 10);
    free(logits);
    rft_checkpoint_close(&checkpoint);
    free_fixture(&f);
}

static void check_model(const char *checkpoint_path, const char *name)
{
    check_adapted(checkpoint_path, NULL, name);
}

static void test_tied_bf16(void **state)
{
    (void)state;
    check_model(rft_test_path("tests/oracle/data/tiny-tied-bf16"), "tiny-tied-bf16");
}

static void test_untied_f16_sharded(void **state)
{
    (void)state;
    check_model(rft_test_path("tests/oracle/data/tiny-untied-f16-sharded"), "tiny-untied-f16-sharded");
}

static void test_llama3_rope_f32(void **state)
{
    (void)state;
    check_model(rft_test_path("tests/oracle/data/tiny-llama3-rope-f32"), "tiny-llama3-rope-f32");
}

#define SMOLLM2 "SmolLM2-135M-Instruct.Q4_1.gguf"

/* The path of a published model, freed by the caller; NULL if it is not in the cache. */
static char *find_cached(const char *file)
{
    char where[256];
    snprintf(where, sizeof where, "$XDG_CACHE_HOME/rftgen/%s", file);
    char *path = rft_path_expand(where);
    if (path != NULL && rft_file_exists(path))
        return path;
    rft_free(path);
    return NULL;
}

static void test_smollm2(void **state)
{
    char *path = find_cached(SMOLLM2);
    (void)state;
    if (path == NULL)
        RFT_SKIP("SmolLM2-135M-Instruct is not in the cache: tools/fetch_smollm2.sh");
    check_model(path, "smollm2");
    rft_free(path);
}

/* More tokens than its window of 512. */
static void test_gemma3(void **state)
{
    char *path = find_cached("gemma-3-270m.bf16.gguf");
    (void)state;
    if (path == NULL)
        RFT_SKIP("Gemma 3 270M is not in the cache: tools/fetch_gemma3.sh");
    check_model(path, "gemma3");
    rft_free(path);
}

/* A LoRA that was trained for SmolLM-135M-Instruct, whose shapes are SmolLM2's. What the two of them say together is of
 * no use, but the merged weights are as real as any. */
static void test_smollm2_lora(void **state)
{
    const char *config = rft_test_shared("lora-smollm-135m/adapter_config.json");
    char *path = find_cached(SMOLLM2);
    (void)state;
    if (config == NULL || path == NULL) {
        rft_free(path);
        RFT_SKIP("RFTGEN_SHARED_DATA names no adapter, or SmolLM2 is not in the cache");
    }
    char *dir = rft_path_dir(config);
    check_adapted(path, dir, "smollm2-lora");
    rft_free(dir);
    rft_free(path);
}

/* Reads a JSON array of ids behind `ids`, n of them already there. */
static uint32_t append_ids(const json_t *array, uint32_t *ids, uint32_t n)
{
    for (size_t i = 0; i < json_array_size(array); i++)
        ids[n++] = (uint32_t)json_integer_value(json_array_get(array, i));
    return n;
}

/* One golden case: the best eight logits after the prompt, then every greedy decision on the reference's own prefix.
 * The fixture has no margins, so a tie is judged by our own logits. */
static uint32_t check_golden(const struct rft_checkpoint *checkpoint, const json_t *golden)
{
    uint32_t ids[512], n_turned = 0;
    uint32_t vocab = checkpoint->config.vocab_size;
    uint32_t n_prompt = append_ids(json_object_get(golden, "prompt_ids"), ids, 0);
    uint32_t n = append_ids(json_object_get(golden, "greedy_ids"), ids, n_prompt);
    const json_t *top = json_object_get(golden, "logits_after_prompt_top8");
    float *logits = malloc((size_t)n * vocab * sizeof *logits);
    assert_int_equal(rft_test_forward(checkpoint, "", ids, n, logits), RFT_OK);
    for (size_t i = 0; i < json_array_size(top); i++) {
        const json_t *pair = json_array_get(top, i);
        double wanted = json_number_value(json_array_get(pair, 1));
        double got =
            (double)logits[(size_t)(n_prompt - 1) * vocab + (size_t)json_integer_value(json_array_get(pair, 0))];
        assert_true(fabs(got - wanted) < 0.2);
    }
    for (uint32_t i = n_prompt; i < n; i++) {
        const float *row = logits + (size_t)(i - 1) * vocab;
        uint32_t got = argmax(row, vocab);
        assert_true(got == ids[i] || row[got] - row[ids[i]] < (float)NEAR_TIE);
        n_turned += got != ids[i];
    }
    free(logits);
    return n_turned;
}

static void test_stories260k(void **state)
{
    const char *dir = rft_test_shared("stories260k/hf/config.json");
    const char *golden = rft_test_shared("stories260k/golden_greedy.json");
    struct rft_checkpoint checkpoint;
    json_t *root, *json;
    json_error_t error;
    char *parent;
    (void)state;
    if (dir == NULL || golden == NULL)
        RFT_SKIP("stories260K: RFTGEN_SHARED_DATA does not name the test data");
    parent = rft_path_dir(dir);
    assert_int_equal(rft_checkpoint_open(parent, &checkpoint), RFT_OK);
    root = json_load_file(golden, 0, &error);
    json = json_object_get(root, "cases");
    assert_true(json_array_size(json) > 0);
    for (size_t i = 0; i < json_array_size(json); i++)
        print_message("stories260K, case %zu: %u near ties turned\n", i,
                      check_golden(&checkpoint, json_array_get(json, i)));
    json_decref(root);
    rft_checkpoint_close(&checkpoint);
    rft_free(parent);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tied_bf16),
        cmocka_unit_test(test_untied_f16_sharded),
        cmocka_unit_test(test_llama3_rope_f32),
        RFT_OPTIONAL(test_stories260k, "test data of RFTGEN_SHARED_DATA"),
        RFT_OPTIONAL(test_smollm2, "SmolLM2 of tools/fetch_smollm2.sh"),
        RFT_OPTIONAL(test_smollm2_lora, "SmolLM2 and RFTGEN_SHARED_DATA"),
        RFT_OPTIONAL(test_gemma3, "Gemma 3 of tools/fetch_gemma3.sh"),
    };
    rft_alloc_hook_json();
    return RFT_TEST_RUN(tests, NULL, NULL);
}
