/* SPDX-License-Identifier: MIT */
/* Adapters upon checkpoints: what is merged into which tensor, in both containers. Refusals: test_adapter_refusals.c.
 */
#include "adapter.h"
#include "adapter_builder.h"
#include "arith.h"
#include "checkpoint.h"
#include "checkpoint_builder.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEED 3

static void open_with(const char *model, const char *adapter, double scale, struct rft_checkpoint *checkpoint)
{
    assert_int_equal(rft_checkpoint_open(rft_test_tmp_path(model), checkpoint), RFT_OK);
    assert_int_equal(rft_adapter_open(checkpoint, rft_test_tmp_path(adapter), scale), RFT_OK);
}

static float *read_tensor(const struct rft_checkpoint *checkpoint, const char *name, uint64_t *n)
{
    const struct rft_tensor *tensor = rft_checkpoint_find(checkpoint, name);
    assert_non_null(tensor);
    uint64_t rows = tensor->n_dims == 1 ? 1 : tensor->dims[0], columns = tensor->dims[tensor->n_dims - 1];
    float *values = malloc((size_t)(rows * columns) * sizeof *values);
    assert_non_null(values);
    for (uint64_t row = 0; row < rows; row++) /* one by one, so that row_0 counts */
        rft_tensor_rows_f32(tensor, row, 1, values + row * columns);
    *n = rows * columns;
    return values;
}

static void assert_same_tensor(const struct rft_checkpoint *a, const struct rft_checkpoint *b, const char *name_a,
                               const char *name_b, bool is_same)
{
    uint64_t n_a, n_b;
    float *values_a = read_tensor(a, name_a, &n_a), *values_b = read_tensor(b, name_b, &n_b);
    assert_true(n_a == n_b);
    if ((memcmp(values_a, values_b, (size_t)n_a * sizeof *values_a) == 0) != is_same)
        fail_msg("%s %s %s", name_a, is_same ? "is not" : "is", name_b);
    free(values_a);
    free(values_b);
}

/* base + scale * sum of b a, plainly; factors and base are F32. */
static void check_pair(const struct rft_checkpoint *c, const char *module, uint32_t rank, float scale, uint64_t seed)
{
    char weight[100], a_name[200], b_name[200];
    uint64_t n;
    snprintf(weight, sizeof weight, "%s.weight", module);
    snprintf(a_name, sizeof a_name, "base_model.model.%s.lora_A.weight", module);
    snprintf(b_name, sizeof b_name, "base_model.model.%s.lora_B.weight", module);
    const uint64_t columns = rft_checkpoint_find(c, weight)->dims[1];
    float *values = read_tensor(c, weight, &n);
    for (uint64_t i = 0; i < n; i++) {
        volatile float sum = 0.0f, product;
        for (uint32_t k = 0; k < rank; k++) {
            product = rft_test_weight(b_name, seed, i / columns, k, rank) *
                      rft_test_weight(a_name, seed, k, i % columns, columns);
            sum = sum + product;
        }
        product = scale * sum;
        sum = rft_test_weight(weight, SEED, i / columns, i % columns, columns) + product;
        if (values[i] != sum)
            fail_msg("%s: element %llu is %.9g, not %.9g", module, (unsigned long long)i, (double)values[i],
                     (double)sum);
    }
    free(values);
}

/* The same merged rows from a directory and from a GGUF file, whose q and k rows lie in another order. */
static void test_containers(void **state)
{
    struct rft_model_config config = rft_test_config();
    struct rft_test_adapter adapter = {.dtype = RFT_DTYPE_F32, .seed = 5};
    struct rft_checkpoint hf, gguf;
    (void)state;
    rft_test_checkpoint_write(rft_test_tmp_path("hf"), &config, RFT_DTYPE_F32, SEED, 2);
    rft_test_gguf_write(rft_test_tmp_path("m.gguf"), &config, RFT_DTYPE_F32, SEED);
    rft_test_adapter_pair(&adapter, "model.layers.0.self_attn.q_proj", 32, 32, 3);
    rft_test_adapter_pair(&adapter, "model.layers.1.self_attn.q_proj", 32, 32, 3);
    rft_test_adapter_pair(&adapter, "model.layers.0.self_attn.k_proj", 16, 32, 3);
    rft_test_adapter_pair(&adapter, "model.layers.1.self_attn.k_proj", 16, 32, 3);
    rft_test_adapter_pair(&adapter, "model.layers.0.mlp.down_proj", 32, 48, 3);
    rft_test_adapter_pair(&adapter, "model.layers.1.mlp.down_proj", 32, 48, 3);
    rft_test_adapter_write(&adapter, rft_test_tmp_path("a"), 3, 6,
                           "\"target_modules\": [\"q_proj\", \"k_proj\", \"down_proj\"]");
    open_with("hf", "a", 0.25, &hf);
    open_with("m.gguf", "a", 0.25, &gguf);
    check_pair(&hf, "model.layers.1.self_attn.k_proj", 3, 0.5f, 5);
    check_pair(&gguf, "model.layers.1.self_attn.k_proj", 3, 0.5f, 5);
    check_pair(&gguf, "model.layers.0.self_attn.q_proj", 3, 0.5f, 5);
    for (size_t i = 0; i < hf.n_tensors; i++)
        assert_same_tensor(&hf, &gguf, hf.tensors[i].name, hf.tensors[i].name, true);
    assert_int_equal(rft_adapter_heap_bytes(&hf), 6 * sizeof(struct rft_delta));
    rft_checkpoint_close(&hf);
    rft_checkpoint_close(&gguf);
}

/* A quantised base: expanded, then merged. */
static void test_quantised(void **state)
{
    struct rft_model_config config = rft_test_config();
    struct rft_checkpoint plain, merged;
    float row[32], wanted[32];
    (void)state;
    config.ffn_dim = 64;
    rft_test_gguf_write(rft_test_tmp_path("q.gguf"), &config, RFT_DTYPE_Q4_0, SEED);
    rft_test_adapter_usual(rft_test_tmp_path("usual"), &config, RFT_DTYPE_BF16, 1);
    assert_int_equal(rft_checkpoint_open(rft_test_tmp_path("q.gguf"), &plain), RFT_OK);
    open_with("q.gguf", "usual", 1, &merged);
    const struct rft_tensor *q = rft_checkpoint_find(&merged, "model.layers.1.self_attn.q_proj.weight");
    assert_true(q->dtype == RFT_DTYPE_Q4_0 && q->n_deltas == 1);
    for (uint64_t i = 0; i < 32; i++) {
        rft_tensor_rows_f32(q, i, 1, row);
        rft_tensor_rows_f32(rft_checkpoint_find(&plain, q->name), i, 1, wanted);
        assert_memory_not_equal(row, wanted, sizeof row);
        rft_delta_add(&q->deltas[0], i, 32, wanted);
        assert_memory_equal(row, wanted, sizeof row);
    }
    assert_same_tensor(&plain, &merged, "model.layers.1.self_attn.k_proj.weight",
                       "model.layers.1.self_attn.k_proj.weight", true);
    rft_checkpoint_close(&plain);
    rft_checkpoint_close(&merged);
}

/* Two adapters add up, in their order; the same one twice with opposite scales is not the base's bits. */
static void test_two(void **state)
{
    struct rft_model_config config = rft_test_config();
    static const char name[] = "model.layers.0.self_attn.v_proj.weight";
    struct rft_checkpoint ab, ba;
    float row[32], wanted[32];
    (void)state;
    rft_test_checkpoint_write(rft_test_tmp_path("two"), &config, RFT_DTYPE_F32, SEED, 1);
    rft_test_adapter_usual(rft_test_tmp_path("x"), &config, RFT_DTYPE_F32, 1);
    rft_test_adapter_usual(rft_test_tmp_path("y"), &config, RFT_DTYPE_F32, 2);
    open_with("two", "x", 1, &ab);
    assert_int_equal(rft_adapter_open(&ab, rft_test_tmp_path("y"), -2), RFT_OK);
    open_with("two", "y", -2, &ba);
    assert_int_equal(rft_adapter_open(&ba, rft_test_tmp_path("x"), 1), RFT_OK);
    const struct rft_tensor *v = rft_checkpoint_find(&ab, name);
    assert_int_equal(v->n_deltas, 2);
    assert_true(v->deltas[0].scale == 1.5f && v->deltas[1].scale == -3.0f);
    for (uint64_t i = 0; i < 32; i++)
        wanted[i] = rft_test_weight(name, SEED, 7, i, 32);
    rft_delta_add(&v->deltas[0], 7, 32, wanted);
    rft_delta_add(&v->deltas[1], 7, 32, wanted);
    rft_tensor_rows_f32(v, 7, 1, row);
    assert_memory_equal(row, wanted, sizeof row);
    assert_same_tensor(&ab, &ba, name, name, false);
    rft_checkpoint_close(&ab);
    rft_checkpoint_close(&ba);
}

/* Names as training loops and larger models have them. */
static void test_names(void **state)
{
    static const struct {
        const char *prefix, *middle;
    } cases[] = {
        {"base_model.model.model.", ".lora_%c.weight"},
        {"base_model.model.model.", ".lora_%c.default.weight"},
        {"base_model.model.model.language_model.", ".lora_%c.weight"},
        {"base_model.model.language_model.model.", ".lora_%c.weight"},
        {"base_model.model.", ".lora_%c.weight"},
    };
    struct rft_model_config config = rft_test_config();
    (void)state;
    config.n_layers = 1;
    rft_test_checkpoint_write(rft_test_tmp_path("n"), &config, RFT_DTYPE_F32, SEED, 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_test_adapter adapter = {.dtype = RFT_DTYPE_F32, .seed = 1};
        struct rft_checkpoint checkpoint;
        char name[200], targets[200];
        for (char part = 'A'; part <= 'B'; part++) {
            int n = snprintf(name, sizeof name, "%slayers.0.self_attn.o_proj", cases[i].prefix);
            snprintf(name + n, sizeof name - (size_t)n, part == 'A' ? ".lora_A%s" : ".lora_B%s", cases[i].middle + 8);
            rft_test_adapter_tensor(&adapter, name, part == 'A' ? 2 : 32, part == 'A' ? 32 : 2);
        }
        /* patterns are made for the names of the adapter's own model */
        snprintf(targets, sizeof targets, "\"target_modules\": [\"%slayers.0.self_attn.o_proj\"]",
                 cases[i].prefix + strlen("base_model.model."));
        rft_test_adapter_write(&adapter, rft_test_tmp_path("na"), 2, 2, targets);
        open_with("n", "na", 1, &checkpoint);
        assert_int_equal(rft_checkpoint_find(&checkpoint, "model.layers.0.self_attn.o_proj.weight")->n_deltas, 1);
        rft_checkpoint_close(&checkpoint);
    }
}

/* An adapter of a tied model's embedding or head leaves the other as it is; saved ones replace. */
static void test_tied(void **state)
{
    static const struct {
        const char *tensor, *more;
        uint64_t rows, columns;
        bool changes_embedding, changes_head;
    } cases[] = {
        {"lm_head.weight", "\"target_modules\": [], \"modules_to_save\": [\"lm_head\"]", 300, 32, false, true},
        {"model.embed_tokens.weight", "\"target_modules\": [], \"modules_to_save\": [\"embed_tokens\"]", 300, 32, true,
         false},
        {"model.embed_tokens.modules_to_save.default.weight",
         "\"target_modules\": [], \"modules_to_save\": [\"embed_tokens\"]", 300, 32, true, false},
        {"model.embed_tokens.weight", "\"target_modules\": []", 300, 32, true, true}, /* saved beside: the base's */
        {"model.norm.weight", "\"target_modules\": [], \"modules_to_save\": [\"model.norm\"]", 0, 32, false, false},
    };
    struct rft_model_config config = rft_test_config();
    struct rft_checkpoint plain;
    (void)state;
    rft_test_checkpoint_write(rft_test_tmp_path("t"), &config, RFT_DTYPE_F32, SEED, 1);
    assert_int_equal(rft_checkpoint_open(rft_test_tmp_path("t"), &plain), RFT_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_test_adapter adapter = {.dtype = RFT_DTYPE_F32, .seed = 9};
        struct rft_checkpoint c;
        char name[200];
        snprintf(name, sizeof name, "base_model.model.%s", cases[i].tensor);
        rft_test_adapter_tensor(&adapter, name, cases[i].rows, cases[i].columns);
        rft_test_adapter_write(&adapter, rft_test_tmp_path("ta"), 1, 1, cases[i].more);
        open_with("t", "ta", 1, &c);
        bool is_untied = cases[i].changes_embedding != cases[i].changes_head;
        const char *head = is_untied ? "lm_head.weight" : "model.embed_tokens.weight";
        assert_true(c.config.tied == !is_untied && c.n_tensors == plain.n_tensors + is_untied);
        assert_same_tensor(&c, &plain, "model.embed_tokens.weight", "model.embed_tokens.weight",
                           !cases[i].changes_embedding);
        assert_same_tensor(&c, &plain, head, "model.embed_tokens.weight", !cases[i].changes_head);
        assert_same_tensor(&c, &plain, "model.norm.weight", "model.norm.weight", cases[i].rows != 0);
        for (size_t k = 1; k < c.n_tensors; k++)
            assert_true(strcmp(c.tensors[k - 1].name, c.tensors[k].name) < 0);
        rft_checkpoint_close(&c);
    }
    rft_checkpoint_close(&plain);
}

/* Biases of a model that has them: a tensor of that name is put there, as no directory that is read has one yet. */
static void test_biases(void **state)
{
    static const char bias[] = "model.layers.0.self_attn.q_proj.bias";
    static const struct {
        const char *more;
        enum rft_status status;
        const char *message;
        bool is_there;
    } cases[] = {
        {"\"bias\": \"all\"", RFT_OK, "", true},
        {"\"bias\": \"lora_only\"", RFT_OK, "", true},
        {"\"bias\": \"none\"", RFT_ERR_UNSUPPORTED, "bias = none", true},
        {"\"bias\": \"all\"", RFT_ERR_INPUT, "bias names the module model.layers.0.self_attn.q_proj", false},
        {"\"bias\": \"lora_only\"", RFT_ERR_INPUT, "bias names the module", false},
        {"\"bias\": \"none\"", RFT_OK, "", false},
    };
    struct rft_model_config config = rft_test_config();
    const float zeros[32] = {0};
    (void)state;
    config.n_layers = 1;
    rft_test_checkpoint_write(rft_test_tmp_path("b"), &config, RFT_DTYPE_F32, SEED, 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_test_adapter adapter = {.dtype = RFT_DTYPE_F32, .seed = 9};
        struct rft_checkpoint c;
        char more[200], name[200];
        float values[32];
        rft_test_adapter_pair(&adapter, "model.layers.0.self_attn.q_proj", 32, 32, 1);
        snprintf(name, sizeof name, "base_model.model.%s", bias);
        if (cases[i].is_there)
            rft_test_adapter_tensor(&adapter, name, 0, 32);
        snprintf(more, sizeof more, "\"target_modules\": [\"q_proj\"], %s", cases[i].more);
        rft_test_adapter_write(&adapter, rft_test_tmp_path("ba"), 1, 1, more);
        assert_int_equal(rft_checkpoint_open(rft_test_tmp_path("b"), &c), RFT_OK);
        struct rft_tensor *norm = &c.tensors[rft_checkpoint_find(&c, "model.norm.weight") - c.tensors];
        struct rft_tensor own = *norm; /* the norm of 32 values becomes that bias */
        size_t at = 0, from = (size_t)(norm - c.tensors);
        own.data = (const uint8_t *)zeros;
        own.rope_heads = 4; /* as in a GGUF file; an adapter's is in the model's own order */
        rft_free(own.name);
        own.name = rft_strdup(bias);
        while (strcmp(c.tensors[at].name, own.name) < 0)
            at++;
        memmove(c.tensors + at + 1, c.tensors + at, (from - at) * sizeof own);
        c.tensors[at] = own;
        rft_test_log_capture();
        assert_int_equal(rft_adapter_open(&c, rft_test_tmp_path("ba"), 1), cases[i].status);
        assert_non_null(strstr(rft_test_log_text(), cases[i].message));
        rft_test_log_release();
        rft_tensor_rows_f32(&c.tensors[at], 0, 1, values);
        bool is_changed = cases[i].status == RFT_OK && cases[i].is_there;
        assert_int_equal(c.tensors[at].rope_heads, is_changed ? 0 : 4);
        for (uint64_t k = 0; k < 32; k++)
            assert_true(values[k] == (is_changed ? rft_test_weight(name, 9, 0, k, 32) : 0.0f));
        rft_checkpoint_close(&c);
    }
}

static uint64_t hash_with(const char *model, const char *const *adapters, size_t n, double scale)
{
    struct rft_checkpoint checkpoint;
    uint64_t hash;
    assert_int_equal(rft_checkpoint_open(rft_test_tmp_path(model), &checkpoint), RFT_OK);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(rft_adapter_open(&checkpoint, rft_test_tmp_path(adapters[i]), scale), RFT_OK);
    assert_int_equal(rft_checkpoint_hash(&checkpoint, &hash), RFT_OK);
    rft_checkpoint_close(&checkpoint);
    return hash;
}

/* Every value, the scale, the order and the kind of numbers count; so does whether there is an adapter at all. */
static void test_hash(void **state)
{
    struct rft_model_config config = rft_test_config();
    const char *const xy[] = {"hx", "hy", "hx"};
    uint64_t hashes[8];
    struct rft_str file;
    (void)state;
    rft_test_checkpoint_write(rft_test_tmp_path("h"), &config, RFT_DTYPE_BF16, SEED, 1);
    rft_test_adapter_usual(rft_test_tmp_path("hx"), &config, RFT_DTYPE_F32, 1);
    rft_test_adapter_usual(rft_test_tmp_path("hy"), &config, RFT_DTYPE_F32, 2);
    rft_test_adapter_usual(rft_test_tmp_path("hz"), &config, RFT_DTYPE_BF16, 1);
    hashes[0] = hash_with("h", NULL, 0, 1);
    hashes[1] = hash_with("h", xy, 1, 1);
    assert_true(hashes[1] == hash_with("h", xy, 1, 1));
    hashes[2] = hash_with("h", xy, 1, 1.0000001);
    hashes[3] = hash_with("h", xy, 2, 1);
    hashes[4] = hash_with("h", xy + 1, 2, 1);
    hashes[5] = hash_with("h", (const char *const[]){"hz"}, 1, 1);
    for (int i = 0; i < 2; i++) { /* the last value of B, then the first of A */
        assert_int_equal(rft_file_read(rft_test_tmp_path("hx/adapter_model.safetensors"), 1u << 30, &file), RFT_OK);
        uint64_t header_bytes;
        memcpy(&header_bytes, file.data, sizeof header_bytes);
        file.data[i == 0 ? file.len - 4 : header_bytes + 8] ^= 1;
        rft_test_write_file(rft_test_tmp_path("hx/adapter_model.safetensors"), file.data, file.len);
        rft_str_finish(&file);
        hashes[6 + i] = hash_with("h", xy, 1, 1);
    }
    for (size_t i = 0; i < 8; i++)
        for (size_t k = 0; k < i; k++)
            assert_true(hashes[i] != hashes[k]);
}

/* A file that changes under the map is noticed when the run asks for it. */
static void test_changed(void **state)
{
    struct rft_model_config config = rft_test_config();
    struct rft_checkpoint checkpoint;
    uint64_t hash;
    (void)state;
    rft_test_checkpoint_write(rft_test_tmp_path("c"), &config, RFT_DTYPE_BF16, SEED, 1);
    rft_test_adapter_usual(rft_test_tmp_path("ca"), &config, RFT_DTYPE_F32, 1);
    open_with("c", "ca", 1, &checkpoint);
    rft_test_write_file(rft_test_tmp_path("ca/adapter_model.safetensors"), "short", 5);
    rft_test_log_capture();
    assert_int_equal(rft_checkpoint_hash(&checkpoint, &hash), RFT_ERR_IO);
    assert_int_equal(rft_test_log_count("adapter_model.safetensors"), 1);
    rft_test_log_release();
    rft_checkpoint_close(&checkpoint);
}

static enum rft_status open_all(void *user)
{
    struct rft_checkpoint checkpoint;
    (void)user;
    RFT_TRY(rft_checkpoint_open(rft_test_tmp_path("f"), &checkpoint));
    enum rft_status status = rft_adapter_open(&checkpoint, rft_test_tmp_path("fa"), 1);
    if (status == RFT_OK)
        status = rft_adapter_open(&checkpoint, rft_test_tmp_path("fb"), 1);
    rft_checkpoint_close(&checkpoint);
    return status;
}

static void test_alloc_faults(void **state)
{
    struct rft_model_config config = rft_test_config();
    struct rft_test_adapter adapter = {.dtype = RFT_DTYPE_BF16, .seed = 1};
    (void)state;
    config.n_layers = 1;
    config.vocab_size = 8;
    rft_test_checkpoint_write(rft_test_tmp_path("f"), &config, RFT_DTYPE_BF16, 1, 1);
    rft_test_adapter_usual(rft_test_tmp_path("fa"), &config, RFT_DTYPE_F32, 1);
    rft_test_adapter_tensor(&adapter, "base_model.model.model.embed_tokens.lora_embedding_A", 2, 8);
    rft_test_adapter_tensor(&adapter, "base_model.model.model.embed_tokens.lora_embedding_B", 32, 2);
    rft_test_adapter_pair(&adapter, "model.layers.0.mlp.up_proj", 48, 32, 2);
    rft_test_adapter_write(&adapter, rft_test_tmp_path("fb"), 2, 1, "\"target_modules\": \".*(up_proj|embed_tokens)\"");
    assert_true(rft_test_alloc_faults(open_all, NULL) > 150);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_containers), cmocka_unit_test(test_quantised), cmocka_unit_test(test_two),
        cmocka_unit_test(test_names),      cmocka_unit_test(test_tied),      cmocka_unit_test(test_biases),
        cmocka_unit_test(test_hash),       cmocka_unit_test(test_changed),   cmocka_unit_test(test_alloc_faults),
    };
    rft_alloc_hook_json();
    return RFT_TEST_RUN(tests, NULL, NULL);
}
