/* SPDX-License-Identifier: MIT */
/* Every architecture gives the same bits on every device: logits of a prompt and of the tokens behind it, one by one,
 * against the cpu's plain kernels. */
#include "architecture.h"
#include "call_runner.h"
#include "forward.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

static const char *names[RFT_TEST_ARCHITECTURES_MAX]; /* [n_names], sorted */
static size_t n_names;

/* A model, and what the plain kernels make of it. */
struct model {
    struct rft_test_architecture a;
    struct rft_checkpoint checkpoint;
    struct rft_test_sequence sequence;
    size_t n_logits;
    float *plain;
};

static void open_model(const char *name, struct model *m)
{
    char path[512];
    memset(m, 0, sizeof *m);
    rft_test_architecture_load(name, &m->a);
    snprintf(path, sizeof path, "%s/%s", rft_test_tmp_dir(), name);
    rft_test_architecture_write_dir(&m->a, "config", RFT_DTYPE_BF16, path);
    rft_test_log_capture();
    assert_int_equal(rft_checkpoint_open(path, &m->checkpoint), RFT_OK);
    rft_test_log_release();
    m->sequence = (struct rft_test_sequence){
        .ids = m->a.ids, .n_prompt = m->a.n_prompt, .n = m->a.n_prompt + m->a.n_new - 1, .is_long = m->a.is_long};
    m->n_logits = (size_t)m->sequence.n * m->a.vocab;
    m->plain = malloc(m->n_logits * sizeof *m->plain);
    assert_non_null(m->plain);
    assert_int_equal(rft_test_decode(&m->checkpoint, "plain", &m->sequence, m->plain), RFT_OK);
}

static void close_model(struct model *m)
{
    free(m->plain);
    rft_checkpoint_close(&m->checkpoint);
    rft_test_architecture_finish(&m->a);
}

static uint32_t compare_on(struct rft_engine *engine, const char *device, struct model *models, size_t n)
{
    uint32_t n_different = 0;
    for (size_t i = 0; i < n; i++) {
        struct model *m = &models[i];
        float *logits = malloc(m->n_logits * sizeof *logits);
        assert_non_null(logits);
        assert_int_equal(rft_test_decode_on(engine, &m->checkpoint, &m->sequence, logits), RFT_OK);
        if (memcmp(logits, m->plain, m->n_logits * sizeof *logits) != 0) {
            print_error("%s: %s: other logits than the plain kernels'\n", device, m->a.name);
            n_different++;
        }
        free(logits);
    }
    return n_different;
}

static void test_all_devices(void **state)
{
    static struct rft_test_device devices[RFT_TEST_DEVICES_MAX];
    static struct model models[RFT_TEST_ARCHITECTURES_MAX];
    const uint32_t n_devices = rft_test_devices(devices);
    uint32_t n_different = 0;
    size_t n = 0;
    (void)state;
    for (size_t i = 0; i < n_names; i++)
        if (rft_test_wants(names[i]))
            open_model(names[i], &models[n++]);
    assert_true(n > 0 && n_devices > 0);
    for (uint32_t i = 0; i < n_devices; i++) {
        const struct rft_device_options options = {0};
        struct rft_engine engine;
        struct rft_memory memory;
        if (devices[i].has_own_integers_only)
            continue;
        assert_int_equal(rft_engine_open(&engine, devices[i].backend->name, devices[i].info.name, &options, &memory),
                         RFT_OK);
        n_different += compare_on(&engine, devices[i].name, models, n);
        rft_engine_close(&engine);
    }
    for (size_t i = 0; i < n; i++)
        close_model(&models[i]);
    assert_int_equal(n_different, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all_devices)};
    rft_alloc_hook_json();
    n_names = rft_test_architecture_names(names);
    rft_test_name_cases(names, n_names);
    return RFT_TEST_RUN(tests, NULL, NULL);
}
