/* SPDX-License-Identifier: MIT */
/* The description that a GGUF file's metadata gives: what files leave out, and what is refused of them. */
#include "support.h"

#include "alloc.h"
#include "frequencies.h"
#include "gguf.h"
#include "gguf_builder.h"
#include "gguf_config.h"
#include "gguf_tensors.h"
#include "op_args.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TYPE_U32 = 4, TYPE_BOOL = 7, TYPE_STRING = 8 };

/* A file of metadata: sizes of an architecture, and entries. */
struct file {
    struct rft_str entries;
    uint64_t n_entries;
    const char *arch;
};

static char *key_of(const struct file *f, const char *key)
{
    static char text[128];
    snprintf(text, sizeof text, "%s.%s", f->arch, key);
    return text;
}

static void add_u32(struct file *f, const char *key, uint32_t value)
{
    rft_test_gguf_u32(&f->entries, key_of(f, key), value);
    f->n_entries++;
}

static void add_f32(struct file *f, const char *key, float value)
{
    rft_test_gguf_f32(&f->entries, key_of(f, key), value);
    f->n_entries++;
}

static void add_text(struct file *f, const char *key, const char *value)
{
    rft_test_gguf_text(&f->entries, key_of(f, key), value);
    f->n_entries++;
}

static void add_bool(struct file *f, const char *key, bool value)
{
    rft_test_gguf_bool(&f->entries, key_of(f, key), value);
    f->n_entries++;
}

static struct file file_of(const char *arch, uint32_t n_layers)
{
    struct file f = {.arch = arch};
    add_u32(&f, "block_count", n_layers);
    add_u32(&f, "context_length", 4096);
    add_u32(&f, "embedding_length", 64);
    add_u32(&f, "feed_forward_length", 96);
    add_u32(&f, "attention.head_count", 4);
    return f;
}

/* The metadata of a whole file whose only tensor is the embedding, [100][64]. */
static enum rft_status parse(struct file *f, const struct rft_model_options *options, struct rft_model_config *config)
{
    struct rft_str bytes = {0};
    struct rft_tensor_list list = {0};
    struct rft_gguf *gguf;
    const struct rft_arch *arch;
    rft_test_gguf_begin(&bytes, 3, 1, f->n_entries + 1);
    rft_test_gguf_text(&bytes, "general.architecture", f->arch);
    rft_test_gguf_raw(&bytes, f->entries.data, f->entries.len);
    rft_test_gguf_tensor(&bytes, "token_embd.weight", 2, (uint64_t[]){64, 100}, 0, 0);
    rft_test_gguf_align(&bytes, 32);
    for (uint32_t i = 0; i < 100; i++)
        rft_test_gguf_raw(&bytes, (float[64]){0}, 256);
    const struct rft_map map = {.data = (const uint8_t *)bytes.data, .bytes = bytes.len, .path = (char[]){"m.gguf"}};
    *config = (struct rft_model_config){0};
    assert_int_equal(rft_gguf_parse(&map, &gguf), RFT_OK);
    assert_int_equal(rft_gguf_list(gguf, &map, &list), RFT_OK);
    assert_int_equal(rft_tensor_list_sort(&list), RFT_OK);
    enum rft_status status = rft_gguf_config(gguf, "m.gguf", &list, options, config, &arch);
    rft_tensor_list_finish(&list);
    rft_gguf_destroy(gguf);
    rft_str_finish(&bytes);
    rft_str_finish(&f->entries);
    return status;
}

static struct rft_model_config accept(struct file *f)
{
    struct rft_model_config config;
    rft_test_log_capture();
    enum rft_status status = parse(f, NULL, &config);
    if (status != RFT_OK || *rft_test_log_text() != '\0')
        fail_msg("%s: status %d, log \"%s\"", f->arch, (int)status, rft_test_log_text());
    rft_test_log_release();
    return config;
}

static void refuse(struct file *f, const struct rft_model_options *options, const char *message)
{
    struct rft_model_config config;
    uint64_t n_live = rft_alloc_n_live() - 1; /* the entries, which parse gives back */
    rft_test_log_capture();
    enum rft_status status = parse(f, options, &config);
    const char *log = rft_test_log_text();
    if (status == RFT_OK || strstr(log, message) == NULL || strchr(log, '\n') != strrchr(log, '\n'))
        fail_msg("%s: status %d, log \"%s\" without \"%s\"", f->arch, (int)status, log, message);
    rft_test_log_release();
    assert_int_equal(rft_alloc_n_live(), n_live);
}

static bool is_near(double a, double b)
{
    return fabs(a - b) <= 1e-6 * fabs(b);
}

/* What loaders know by the architecture's name: no key holds it. */
static const struct {
    const char *arch;
    uint32_t n_layers, act, parts;
    double embedding_scale, attention_scale, score_cap, logit_cap;
    uint32_t window;
    const char *windowed; /* of the first layers */
} constants[] = {
    {"llama", 2, RFT_ACT_SILU, 0, 0, 0, 0, 0, 0, "ff"},
    {"mistral3", 2, RFT_ACT_SILU, 0, 0, 0, 0, 0, 0, "ff"},
    {"qwen2", 2, RFT_ACT_SILU, 0, 0, 0, 0, 0, 0, "ff"},
    {"qwen3", 2, RFT_ACT_SILU, RFT_PART_QK_NORM, 0, 0, 0, 0, 0, "ff"},
    {"phi3", 2, RFT_ACT_SILU, RFT_PART_FUSED_GATE_UP, 0, 0, 0, 0, 0, "ff"},
    {"gemma", 2, RFT_ACT_GELU_TANH, 0, 8, 0, 0, 0, 0, "ff"},
    {"gemma2", 4, RFT_ACT_GELU_TANH, RFT_PART_POST_NORMS, 8, 0, 50, 30, 4096, "wfwf"},
    {"gemma2", 46, RFT_ACT_GELU_TANH, RFT_PART_POST_NORMS, 8, 0.25, 50, 30, 4096, "wfwf"},
    {"gemma3", 7, RFT_ACT_GELU_TANH, RFT_PART_POST_NORMS | RFT_PART_QK_NORM, 8, 0, 0, 0, 0, "fffffff"},
    {"gemma3", 62, RFT_ACT_GELU_TANH, RFT_PART_POST_NORMS | RFT_PART_QK_NORM, 8, 0.25, 0, 0, 0, "ffffff"},
    {"olmo2", 4, RFT_ACT_SILU, RFT_PART_POST_NORMS | RFT_PART_NO_PRE_NORMS | RFT_PART_QK_NORM_WIDE, 0, 0, 0, 0, 0,
     "ffff"},
    {"granite", 2, RFT_ACT_SILU, 0, 0, 0, 0, 0, 0, "ff"},
    {"smollm3", 5, RFT_ACT_SILU, 0, 0, 0, 0, 0, 0, "fffff"},
};

static void test_constants(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++) {
        struct file f = file_of(constants[i].arch, constants[i].n_layers);
        struct rft_model_config c = accept(&f);
        assert_true(c.n_layers == constants[i].n_layers && c.dim == 64 && c.ffn_dim == 96 && c.vocab_size == 100);
        assert_true(c.n_heads == 4 && c.n_kv_heads == 4 && c.head_dim == 16 && c.n_positions == 4096 && c.tied);
        if (c.act != constants[i].act || c.parts != constants[i].parts ||
            !is_near(c.embedding_scale, constants[i].embedding_scale) ||
            !is_near(c.attention_scale, constants[i].attention_scale) || c.score_cap != constants[i].score_cap ||
            c.logit_cap != constants[i].logit_cap || c.window != constants[i].window)
            fail_msg("%s: act %u, parts %x, scales %g %g, caps %g %g, window %u", constants[i].arch, c.act, c.parts,
                     c.embedding_scale, c.attention_scale, c.score_cap, c.logit_cap, c.window);
        for (uint32_t layer = 0; constants[i].windowed[layer] != '\0'; layer++)
            if (c.is_windowed[layer] != (constants[i].windowed[layer] == 'w'))
                fail_msg("%s: layer %u", constants[i].arch, layer);
        for (uint32_t layer = 0; layer < c.n_layers; layer++)
            assert_int_equal(c.rope_set[layer], strcmp(constants[i].arch, "smollm3") == 0 && (layer + 1) % 4 == 0
                                                    ? RFT_ROPE_NONE
                                                    : RFT_ROPE_MAIN);
    }
}

/* The frequencies of a set are those of a scaling. */
static void check_rope(const struct rft_model_config *c, enum rft_rope_set set, const struct rft_rope_scaling *scaling)
{
    double wanted[RFT_PAIRS_MAX];
    rft_rope_frequencies(scaling, c->n_rotated, wanted);
    assert_memory_equal(c->frequencies + (size_t)set * RFT_ROPE_SPANS * RFT_PAIRS_MAX, wanted,
                        c->n_rotated / 2 * sizeof *wanted);
}

static struct rft_rope_scaling plain(double theta)
{
    return (struct rft_rope_scaling){.kind = RFT_ROPE_PLAIN, .theta = theta, .factor = 1.0};
}

static void test_rope(void **state)
{
    (void)state;
    struct file f = file_of("qwen2", 2);
    struct rft_rope_scaling s = plain(10000.0);
    struct rft_model_config c = accept(&f);
    check_rope(&c, RFT_ROPE_MAIN, &s);
    f = file_of("qwen2", 2);
    add_f32(&f, "rope.freq_base", 5e5f);
    add_f32(&f, "rope.scaling.factor", 4.0f); /* without a type it is linear */
    c = accept(&f);
    s = (struct rft_rope_scaling){.kind = RFT_ROPE_LINEAR, .theta = 5e5, .factor = 4.0};
    check_rope(&c, RFT_ROPE_MAIN, &s);
    f = file_of("llama", 2);
    add_f32(&f, "rope.scale_linear", 4.0f); /* an older name, which the newer one overrides */
    add_f32(&f, "rope.scaling.factor", 2.0f);
    c = accept(&f);
    s = (struct rft_rope_scaling){.kind = RFT_ROPE_LINEAR, .theta = 1e4, .factor = 2.0};
    check_rope(&c, RFT_ROPE_MAIN, &s);
    f = file_of("qwen3", 2);
    add_text(&f, "rope.scaling.type", "yarn");
    add_f32(&f, "rope.scaling.factor", 4.0f);
    add_u32(&f, "rope.scaling.original_context_length", 1024);
    add_f32(&f, "rope.scaling.attn_factor", 2.0f);
    c = accept(&f);
    s = (struct rft_rope_scaling){RFT_ROPE_YARN, 1e4, 4.0, 1024.0, 0, 0, 32.0, 1.0, false};
    check_rope(&c, RFT_ROPE_MAIN, &s);
    assert_true(is_near(c.rope_scale[0], 2.0 * (0.1 * log(4.0) + 1.0)));
    f = file_of("mistral3", 2);
    add_text(&f, "rope.scaling.type", "yarn");
    add_f32(&f, "rope.scaling.factor", 16.0f);
    add_f32(&f, "rope.scaling.yarn_log_multiplier", 1.0f);
    add_f32(&f, "rope.scaling.yarn_beta_fast", 16.0f);
    add_f32(&f, "attention.temperature_scale", 0.5f);
    add_u32(&f, "rope.scaling.original_context_length", 512);
    c = accept(&f);
    s = (struct rft_rope_scaling){RFT_ROPE_YARN, 1e4, 16.0, 512.0, 0, 0, 16.0, 1.0, false};
    check_rope(&c, RFT_ROPE_MAIN, &s);
    assert_true((c.rope_scale[0] == 0.0 || is_near(c.rope_scale[0], 1.0)) && c.query_beta == 0.5 &&
                c.query_period == 512.0);
}

/* Layers with a window: another base in Gemma 3, never stretched. */
static void test_windows(void **state)
{
    (void)state;
    struct file f = file_of("gemma3", 7);
    struct rft_rope_scaling linear = {.kind = RFT_ROPE_LINEAR, .theta = 1e6, .factor = 8.0}, local = plain(1e4);
    add_u32(&f, "attention.sliding_window", 32);
    add_f32(&f, "rope.freq_base", 1e6f);
    add_f32(&f, "rope.scaling.factor", 8.0f);
    struct rft_model_config c = accept(&f);
    assert_int_equal(c.window, 32);
    for (uint32_t i = 0; i < 7; i++)
        assert_true(c.is_windowed[i] == (i != 5) && c.rope_set[i] == (i != 5 ? RFT_ROPE_LOCAL : RFT_ROPE_MAIN));
    check_rope(&c, RFT_ROPE_MAIN, &linear);
    check_rope(&c, RFT_ROPE_LOCAL, &local);
    f = file_of("gemma3", 2);
    add_u32(&f, "attention.sliding_window", 32);
    add_f32(&f, "rope.freq_base_swa", 2e4f);
    local.theta = 2e4;
    c = accept(&f);
    check_rope(&c, RFT_ROPE_LOCAL, &local);
    f = file_of("olmo2", 4);
    add_u32(&f, "attention.sliding_window", 32);
    rft_test_gguf_array(&f.entries, "olmo2.attention.sliding_window_pattern", TYPE_BOOL, 4);
    rft_test_gguf_raw(&f.entries, "\1\0\0\1", 4);
    f.n_entries++;
    add_text(&f, "rope.scaling.type", "yarn");
    add_f32(&f, "rope.scaling.factor", 8.0f);
    add_f32(&f, "rope.freq_base", 5e5f);
    local.theta = 5e5;
    c = accept(&f);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(c.is_windowed[i], i == 0 || i == 3);
    check_rope(&c, RFT_ROPE_LOCAL, &local);
    assert_true(c.rope_scale[RFT_ROPE_LOCAL * RFT_ROPE_SPANS] == 0.0 && c.rope_scale[0] > 1.2);
    f = file_of("olmo2", 4);
    add_u32(&f, "attention.sliding_window", 32);
    c = accept(&f);
    for (uint32_t i = 0; i < 4; i++)
        assert_true(c.is_windowed[i] == (i != 3) && c.rope_set[i] == (i != 3 ? RFT_ROPE_LOCAL : RFT_ROPE_MAIN));
    f = file_of("gemma2", 4);
    add_u32(&f, "attention.sliding_window", 8);
    add_u32(&f, "attention.sliding_window_pattern", 4);
    c = accept(&f);
    for (uint32_t i = 0; i < 4; i++)
        assert_true(c.window == 8 && c.is_windowed[i] == (i != 3) && c.rope_set[i] == RFT_ROPE_MAIN);
}

static void test_granite(void **state)
{
    (void)state;
    struct file f = file_of("granite", 2);
    add_f32(&f, "attention.scale", 0.5f);
    add_f32(&f, "embedding_scale", 12.0f);
    add_f32(&f, "residual_scale", 0.25f);
    add_f32(&f, "logit_scale", 8.0f);
    struct rft_model_config c = accept(&f);
    assert_true(c.attention_scale == 0.5 && c.embedding_scale == 12.0 && c.residual_scale == 0.25);
    assert_true(c.logit_scale == 0.125 && c.rope_set[0] == RFT_ROPE_MAIN);
    f = file_of("granite", 2);
    add_bool(&f, "rope.scaling.finetuned", false);
    c = accept(&f);
    assert_true(c.rope_set[0] == RFT_ROPE_NONE && c.rope_set[1] == RFT_ROPE_NONE);
    f = file_of("llama", 2);
    add_bool(&f, "rope.scaling.finetuned", false); /* which means nothing elsewhere */
    c = accept(&f);
    assert_int_equal(c.rope_set[0], RFT_ROPE_MAIN);
}

static void test_refused(void **state)
{
    static const struct {
        const char *arch, *key;
        float real; /* 0: number */
        uint32_t number;
        const char *message;
    } cases[] = {
        {"llama", "attention.scale", 0.5f, 0, "llama.attention.scale is not known"},
        {"llama", "logit_scale", 2.0f, 0, "llama.logit_scale is not known"},
        {"granite", "logit_scales", 2.0f, 0, "granite.logit_scales is not known"},
        {"qwen3", "expert_count", 0, 8, "qwen3.expert_count = 8 must be from 0 to 0"},
        {"llama", "rope.dimension_count", 0, 8, "llama.rope.dimension_count = 8 must be from 16 to 16"},
        {"phi3", "rope.dimension_count", 0, 9, "an even number of dimensions of a head must be rotated"},
        {"phi3", "rope.dimension_count", 0, 18, "phi3.rope.dimension_count = 18 must be from 2 to 16"},
        {"llama", "attention.key_length", 0, 12, "multiple of 8"},
        {"llama", "attention.key_length", 0, 264, "llama.attention.key_length = 264 must be from 1 to 256"},
        {"llama", "attention.head_count_kv", 0, 3, "number of key-value heads must divide"},
        {"llama", "attention.head_count_kv", 1.5f, 0, "llama.attention.head_count_kv must be one whole number"},
        {"llama", "attention.layer_norm_rms_epsilon", -1.0f, 0, "llama.attention.layer_norm_rms_epsilon = -1 must be"},
        {"llama", "attention.layer_norm_rms_epsilon", NAN, 0, "llama.attention.layer_norm_rms_epsilon = "},
        {"llama", "rope.freq_base", INFINITY, 0, "llama.rope.freq_base = inf must be"},
        {"llama", "rope.freq_base", 0.5f, 0, "llama.rope.freq_base = 0.5 must be"},
        {"llama", "rope.scaling.factor", NAN, 0, "llama.rope.scaling.factor = "},
        {"llama", "rope.scaling.factor", 1e-14f, 0, "RoPE's scaling factor = 1e-14 must be 0 or from 0.001"},
        {"llama", "rope.scale_linear", 1e-4f, 0, "RoPE's scaling factor = 0.0001 must be"},
        {"llama", "rope.scaling.original_context_length", 0, 0, "original_context_length = 0 must be from 1"},
        {"granite", "residual_scale", INFINITY, 0, "granite.residual_scale = inf must be"},
        {"gemma2", "attn_logit_softcapping", -1.0f, 0, "gemma2.attn_logit_softcapping = -1 must be"},
        {"gemma2", "attention.sliding_window", 0, 0x80000000u, "gemma2.attention.sliding_window = 2147483648 must be"},
        {"gemma2", "attention.sliding_window_pattern", 0, 0, "gemma2.attention.sliding_window_pattern = 0 must be"},
        {"qwen3", "attention.sliding_window", 0, 8, "qwen3.attention.sliding_window is not known"},
        {"llama", "attention.causal", 0, 0, "llama.attention.causal must be true"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct file f = file_of(cases[i].arch, 2);
        if (cases[i].real != 0.0f)
            add_f32(&f, cases[i].key, cases[i].real);
        else
            add_u32(&f, cases[i].key, cases[i].number);
        refuse(&f, NULL, cases[i].message);
    }
    struct file f = file_of("llama", 1025);
    refuse(&f, NULL, "llama.block_count = 1025 must be from 1 to 1024");
    f = file_of("falcon", 2);
    refuse(&f, NULL, "general.architecture = \"falcon\" is not supported; supported are llama, mistral3,");
    f = file_of("llama", 2);
    add_text(&f, "rope.scaling.type", "dynamic");
    refuse(&f, NULL, "llama.rope.scaling.type = \"dynamic\" is not supported; \"none\", \"linear\",");
}

/* Arrays in place of numbers, of another length, of another type. */
static void test_arrays(void **state)
{
    (void)state;
    struct file f = file_of("olmo2", 2);
    add_u32(&f, "attention.sliding_window", 8);
    rft_test_gguf_array(&f.entries, "olmo2.attention.sliding_window_pattern", TYPE_BOOL, 3);
    rft_test_gguf_raw(&f.entries, "\1\0\1", 3);
    f.n_entries++;
    refuse(&f, NULL, "olmo2.attention.sliding_window_pattern must have a true or a false for each layer");
    f = file_of("olmo2", 2);
    add_u32(&f, "attention.sliding_window", 8);
    rft_test_gguf_array(&f.entries, "olmo2.attention.sliding_window_pattern", TYPE_STRING, 2);
    rft_test_gguf_string(&f.entries, "true");
    rft_test_gguf_string(&f.entries, "false");
    f.n_entries++;
    refuse(&f, NULL, "must have a true or a false for each layer");
    f = file_of("llama", 2);
    rft_test_gguf_array(&f.entries, "llama.attention.head_count_kv", TYPE_U32, 2); /* a number for each layer */
    rft_test_gguf_word(&f.entries, 2);
    rft_test_gguf_word(&f.entries, 4);
    f.n_entries++;
    refuse(&f, NULL, "llama.attention.head_count_kv must be one whole number");
}

static void test_unknown_keys(void **state)
{
    static const char *const keys[] = {"llama.magic"};
    const struct rft_model_options options = {.ignore_keys = keys, .n_ignore_keys = 1};
    struct rft_model_config c;
    (void)state;
    for (uint32_t i = 0; i < 4; i++) { /* nothing: warned of */
        struct file f = file_of("llama", 2);
        if (i == 0)
            add_u32(&f, "magic", 0);
        else if (i == 1)
            add_f32(&f, "magic", 0.0f);
        else if (i == 2)
            add_bool(&f, "magic", false);
        else
            add_text(&f, "magic", "");
        rft_test_log_capture();
        assert_int_equal(parse(&f, NULL, &c), RFT_OK);
        assert_non_null(strstr(rft_test_log_text(), "llama.magic is not known, and its value taken to change nothing"));
        rft_test_log_release();
    }
    struct file f = file_of("llama", 2);
    add_bool(&f, "magic", true);
    refuse(&f, NULL, "llama.magic is not known: it may change what the model computes");
    f = file_of("llama", 2);
    add_text(&f, "magic", "x");
    rft_test_log_capture();
    assert_int_equal(parse(&f, &options, &c), RFT_OK);
    rft_test_log_release();
    f = file_of("llama", 2);
    add_u32(&f, "magics", 1);
    refuse(&f, &options, "llama.magics is not known");
    f = file_of("llama", 2);
    add_u32(&f, "magic.of.a.name.that.has.no.end.and.goes.on.and.on.and.on.until.nobody.can.tell.any.more.what", 0);
    rft_test_log_capture();
    assert_int_equal(parse(&f, &options, &c), RFT_OK);
    assert_non_null(strstr(rft_test_log_text(), "nobody.can.tell.any.more.what is not known"));
    rft_test_log_release();
    f = file_of("llama", 2); /* too long to be looked at */
    add_u32(&f,
            "magic.of.a.name.that.has.no.end.and.goes.on.and.on.and.on.until.nobody.can.tell.any.more.what.it.is.about",
            1);
    refuse(&f, &options, "is not known");
    f = file_of("llama", 2); /* another architecture's keys, and the tokenizer's, are nobody's business */
    rft_test_gguf_u32(&f.entries, "llama2.magic", 1);
    rft_test_gguf_u32(&f.entries, "tokenizer.magic", 1);
    rft_test_gguf_u32(&f.entries, "llamas", 1);
    f.n_entries += 3;
    accept(&f);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_constants),    cmocka_unit_test(test_rope),    cmocka_unit_test(test_windows),
        cmocka_unit_test(test_granite),      cmocka_unit_test(test_refused), cmocka_unit_test(test_arrays),
        cmocka_unit_test(test_unknown_keys),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
