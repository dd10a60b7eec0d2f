/* SPDX-License-Identifier: MIT */
/* One model, one description, whichever way it is written: with today's keys of transformers, with older ones, and as
 * the GGUF file that llama.cpp's converter makes of it. Models: the fixtures of tests/oracle/data/architectures. */
#include "architecture.h"
#include "checkpoint.h"
#include "describe.h"
#include "json.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static struct rft_model_config config_of(const char *path)
{
    struct rft_checkpoint checkpoint;
    rft_test_log_capture();
    if (rft_checkpoint_open(path, &checkpoint) != RFT_OK)
        fail_msg("%s: %s", path, rft_test_log_text());
    rft_test_log_release();
    struct rft_model_config config = checkpoint.config;
    rft_checkpoint_close(&checkpoint);
    return config;
}

/* What files say in other words: a converter adds the 1 to norms, and what is usual need not be said. */
static void normalise(struct rft_model_config *c)
{
    c->parts &= ~(uint32_t)RFT_PART_NORM_PLUS_ONE;
    if (c->attention_scale == 0.0)
        c->attention_scale = 1.0 / sqrt(c->head_dim);
    for (uint32_t i = 0; i < RFT_ROPE_TABLES; i++)
        if (c->rope_scale[i] == 0.0)
            c->rope_scale[i] = 1.0;
}

/* Up to the rounding to f32 that metadata and factors have. */
static bool is_near(double a, double b)
{
    return a == b || fabs(a - b) <= 1.2e-7 * fabs(b);
}

static void check_near(const char *name, struct rft_model_config a, struct rft_model_config b)
{
    normalise(&a);
    normalise(&b);
#define NEAR(field)                                                                                                    \
    if (!is_near((double)a.field, (double)b.field))                                                                    \
        fail_msg("%s: " #field " is %.9g in a directory, %.9g in a GGUF file", name, (double)a.field, (double)b.field);
#define ALL_NEAR(field, n)                                                                                             \
    for (uint32_t i = 0; i < (n); i++)                                                                                 \
    NEAR(field[i])
    RFT_MODEL_FIELDS(NEAR, NEAR, NEAR, NEAR, ALL_NEAR, ALL_NEAR)
#undef NEAR
#undef ALL_NEAR
}

static void test_fixtures(void **state)
{
    const char *names[RFT_TEST_ARCHITECTURES_MAX];
    const size_t n = rft_test_architecture_names(names);
    size_t n_gguf = 0, n_old = 0;
    (void)state;
    assert_true(n >= 49);
    for (size_t i = 0; i < n; i++) {
        struct rft_test_architecture a;
        char dir[256], old[256], gguf[256];
        snprintf(dir, sizeof dir, "%s/%s", rft_test_tmp_dir(), names[i]);
        snprintf(old, sizeof old, "%s/%s-old", rft_test_tmp_dir(), names[i]);
        snprintf(gguf, sizeof gguf, "%s/%s.gguf", rft_test_tmp_dir(), names[i]);
        rft_test_architecture_load(names[i], &a);
        rft_test_architecture_write_dir(&a, "config", RFT_DTYPE_BF16, dir);
        struct rft_model_config config = config_of(dir);
        if (json_object_get(a.json, "config_old") != NULL) {
            rft_test_architecture_write_dir(&a, "config_old", RFT_DTYPE_BF16, old);
            struct rft_model_config old_config = config_of(old);
            rft_test_same_description(names[i], &old_config, &config);
            n_old++;
        }
        if (rft_test_architecture_write_gguf(&a, gguf)) {
            check_near(names[i], config, config_of(gguf));
            n_gguf++;
        }
        rft_test_architecture_finish(&a);
    }
    print_message("%zu models, %zu with older keys, %zu GGUF files\n", n, n_old, n_gguf);
    assert_true(n_gguf >= 29 && n_old >= 29);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_fixtures)};
    rft_alloc_hook_json();
    return RFT_TEST_RUN(tests, NULL, NULL);
}
