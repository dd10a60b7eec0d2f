/* SPDX-License-Identifier: MIT */
/* The fingerprint of a checkpoint sees every field of its description, and every part of its tensors. */
#include "support.h"

#include "checkpoint_builder.h"
#include "memory_checkpoint.h"

#include <math.h>
#include <string.h>

static struct rft_checkpoint checkpoint;

static uint64_t hash(void)
{
    uint64_t value;
    assert_int_equal(rft_checkpoint_hash(&checkpoint, &value), RFT_OK);
    return value;
}

static void begin(void)
{
    struct rft_model_config config = rft_test_config();
    config.n_layers = 1;
    config.vocab_size = 16;
    rft_test_memory_checkpoint(&config, 1, &checkpoint);
}

/* The list of fields is the struct's own, so that one that is added is here, too; its least change must show. */
static void test_every_field(void **state)
{
    struct rft_model_config *c;
    (void)state;
    begin();
    c = &checkpoint.config;
    const uint64_t first = hash();
    uint32_t n = 0;
#define CHANGED(name, change)                                                                                          \
    do {                                                                                                               \
        const struct rft_model_config kept = *c;                                                                       \
        change;                                                                                                        \
        if (hash() == first)                                                                                           \
            fail_msg(#name " is not in the fingerprint");                                                              \
        *c = kept;                                                                                                     \
        n++;                                                                                                           \
    } while (0);
#define WHOLE(name) CHANGED(name, c->name++)
#define REAL(name) CHANGED(name, c->name = nextafterf(c->name, 1e30f))
#define DOUBLE(name) CHANGED(name, c->name = nextafter(c->name, 1e300))
#define FLAG(name) CHANGED(name, c->name = !c->name)
#define BYTES(name, length)                                                                                            \
    for (uint32_t i = 0; i < (length); i++)                                                                            \
    CHANGED(name, c->name[i]++)
#define DOUBLES(name, length)                                                                                          \
    for (uint32_t i = 0; i < (length); i++)                                                                            \
    CHANGED(name, c->name[i] = nextafter(c->name[i], 1e300))
    RFT_MODEL_FIELDS(WHOLE, REAL, DOUBLE, FLAG, BYTES, DOUBLES)
    assert_true(n > 2u * RFT_LAYERS_MAX + RFT_ROPE_TABLES * RFT_PAIRS_MAX);
    assert_true(hash() == first);
    rft_test_memory_checkpoint_finish(&checkpoint);
}

/* And of tensors: names, types, shapes, order of rows, bytes; and the end ids. */
static void test_tensors(void **state)
{
    struct rft_tensor *t;
    uint32_t id = 1;
    (void)state;
    begin();
    t = &checkpoint.tensors[3];
    const uint64_t first = hash();
    const struct rft_tensor kept = *t;
#define CHANGED_TENSOR(change)                                                                                         \
    change;                                                                                                            \
    assert_true(hash() != first);                                                                                      \
    *t = kept;                                                                                                         \
    assert_true(hash() == first);
    CHANGED_TENSOR(t->name = (char[]){"other"})
    CHANGED_TENSOR(t->dtype = RFT_DTYPE_BF16)
    CHANGED_TENSOR(t->n_dims = 1)
    CHANGED_TENSOR(t->dims[0]++)
    CHANGED_TENSOR(t->dims[1]++)
    CHANGED_TENSOR(t->rope_heads = 2)
    CHANGED_TENSOR(t->bytes--)
    float *values = rft_test_memory_values(&checkpoint, "model.layers.0.mlp.down_proj.weight");
    values[7] = -values[7];
    assert_true(hash() != first);
    values[7] = -values[7];
    assert_true(hash() == first);
    checkpoint.n_tensors--;
    assert_true(hash() != first);
    checkpoint.n_tensors++;
    checkpoint.eos_ids = &id;
    checkpoint.n_eos = 1;
    const uint64_t with_one = hash();
    id = 2;
    assert_true(with_one != first && hash() != with_one && hash() != first);
    checkpoint.eos_ids = NULL;
    checkpoint.n_eos = 0;
    rft_test_memory_checkpoint_finish(&checkpoint);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_field), cmocka_unit_test(test_tensors)};
    return RFT_TEST_RUN(tests, NULL, NULL);
}
