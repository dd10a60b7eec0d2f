/* SPDX-License-Identifier: MIT */
/* Whole jobs of random models: the same samples and records on every device. RFT_TEST_TOKENS: tokens to draw on each
 * device, about; the default is a quick look. */
#include "call_runner.h"
#include "checkpoint_builder.h"
#include "job.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_MODELS 3u
#define N_QUESTIONS 4u /* of tests/e2e/tiny.ini */
#define N_NEW 40u

#define SHAPE(layers, dim_, heads, kv, head, ffn, vocab, is_tied)                                                      \
    {                                                                                                                  \
        .n_layers = layers, .dim = dim_, .n_heads = heads, .n_kv_heads = kv, .head_dim = head, .ffn_dim = ffn,         \
        .vocab_size = vocab, .n_positions = 512, .norm_eps = 1e-5f, .tied = is_tied                                    \
    }
static const struct {
    const char *name;
    struct rft_model_config config; /* at most a million parameters */
    const char *temperature, *top_k, *top_p, *min_p;
} models[N_MODELS] = {
    {"thirds", SHAPE(3, 96, 6, 2, 16, 160, 300, true), "generate.temperature=[1, 0.5, 0]", "generate.top_k=off",
     "generate.top_p=1", "generate.min_p=0"},
    {"odd", SHAPE(2, 100, 4, 4, 40, 86, 257, false), "generate.temperature=[0, 0.7]", "generate.top_k=50",
     "generate.top_p=0.9", "generate.min_p=0"},
    {"eight to one", SHAPE(3, 128, 8, 1, 64, 384, 515, true), "generate.temperature=1.3", "generate.top_k=off",
     "generate.top_p=1", "generate.min_p=0.02"},
};

/* Samples of each question for a third of the tokens. */
static uint32_t n_samples(void)
{
    const char *tokens = getenv("RFT_TEST_TOKENS");
    uint32_t n = tokens != NULL && *tokens != '\0' ? (uint32_t)strtoul(tokens, NULL, 10) : 2000;
    uint32_t each = N_MODELS * N_QUESTIONS * N_NEW;
    return n == 0 ? 1 : (n + each - 1) / each;
}

static void run_job(uint32_t model, const char *dir, const char *backend, const char *device, struct rft_str *bytes)
{
    char path[320], samples[64], backend_set[64], device_set[160];
    const struct rft_test_job job = {"sampling",
                                     {path, samples, backend_set, device_set, models[model].temperature,
                                      models[model].top_k, models[model].top_p, models[model].min_p,
                                      "generate.chunk=auto", "device.threads=2", "generate.stop=[]",
                                      "generate.max_new_tokens=40"},
                                     false};
    snprintf(path, sizeof path, "model.path=%s", dir);
    snprintf(samples, sizeof samples, "generate.samples=%" PRIu32, n_samples());
    snprintf(backend_set, sizeof backend_set, "device.backend=%s", backend);
    snprintf(device_set, sizeof device_set, "device.device=%s", device);
    rft_test_job_once(&job, bytes);
    rft_test_job_clean(&job);
}

static void check_model(uint32_t model)
{
    static struct rft_test_device devices[RFT_TEST_DEVICES_MAX];
    uint32_t n = rft_test_devices(devices);
    struct rft_str wanted = {0};
    char dir[256];
    snprintf(dir, sizeof dir, "%s/%s", rft_test_tmp_dir(), models[model].name);
    rft_test_checkpoint_write(dir, &models[model].config, RFT_DTYPE_BF16, model + 1, 1);
    rft_test_tokenizer_write(dir);
    run_job(model, dir, "cpu", "plain", &wanted);
    for (uint32_t i = 0; i < n; i++) {
        struct rft_str got = {0};
        char index[16], what[256];
        if (devices[i].has_own_integers_only)
            continue;
        snprintf(index, sizeof index, "%" PRIu32, devices[i].index);
        snprintf(what, sizeof what, "%s, model \"%s\"", devices[i].name, models[model].name);
        run_job(model, dir, devices[i].backend->name, index, &got);
        rft_test_same_bytes(&got, &wanted, what);
        rft_str_finish(&got);
    }
    rft_str_finish(&wanted);
}

static void test_same_samples(void **state)
{
    (void)state;
    for (uint32_t model = 0; model < N_MODELS; model++)
        check_model(model);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same_samples)};
    rft_alloc_hook_json();
    return RFT_TEST_RUN(tests, NULL, NULL);
}
