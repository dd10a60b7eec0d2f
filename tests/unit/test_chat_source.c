/* SPDX-License-Identifier: MIT */
/* Where chat templates, special tokens and sampling defaults are found. */
#include "support.h"

#include "chat_source.h"
#include "generation.h"
#include "gguf.h"
#include "gguf_builder.h"
#include "json.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[200];

static int set_up(void **state)
{
    static int n;
    (void)state;
    snprintf(dir, sizeof dir, "%s/model%d", rft_test_tmp_dir(), n++);
    return mkdir(dir, 0700);
}

static void put(const char *name, const char *text)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    rft_test_write_file(path, text, strlen(text));
}

static void check(const char *name, const char *template, const char *from)
{
    struct rft_chat_source source;
    assert_int_equal(rft_chat_source_open(dir, NULL, name, &source), RFT_OK);
    if (template == NULL) {
        assert_null(source.template.data);
    } else {
        assert_string_equal(source.template.data, template);
        assert_non_null(strstr(source.from.data, from));
    }
    rft_chat_source_close(&source);
}

static void directories_are_looked_at_in_order(void **state)
{
    (void)state;
    check("", NULL, "");
    put("chat_template.json", "{\"chat_template\": \"legacy\"}");
    check("", "legacy", "chat_template.json");
    put("tokenizer_config.json",
        "{\"chat_template\": \"config\", \"model_max_length\": 1000000000000000019884624838656}");
    check("", "config", "tokenizer_config.json: chat_template");
    put("tokenizer_config.json", "{\"chat_template\": [{\"name\": \"b\", \"template\": \"B\"}, {\"name\": \"a\", "
                                 "\"template\": \"A\"}]}");
    check("", "B", "tokenizer_config.json");
    check("a", "A", "tokenizer_config.json");
    put("tokenizer_config.json", "{\"chat_template\": [{\"name\": \"b\", \"template\": \"B\"}, {\"name\": \"default\", "
                                 "\"template\": \"D\"}]}");
    check("", "D", "tokenizer_config.json");
    put("chat_template.jinja", "file");
    check("", "file", "chat_template.jinja");
    check("b", "B", "tokenizer_config.json");
    char extra[300];
    snprintf(extra, sizeof extra, "%s/additional_chat_templates", dir);
    assert_int_equal(mkdir(extra, 0700), 0);
    put("additional_chat_templates/rag.jinja", "RAG");
    check("rag", "RAG", "rag.jinja");
    check("", "file", "chat_template.jinja");
}

static void a_name_that_is_not_there_is_refused(void **state)
{
    struct rft_chat_source source;
    (void)state;
    put("tokenizer_config.json", "{\"chat_template\": [{\"name\": \"a\", \"template\": \"A\"}, {\"name\": \"b\", "
                                 "\"template\": \"B\"}]}");
    rft_test_log_capture();
    assert_int_equal(rft_chat_source_open(dir, NULL, "c", &source), RFT_ERR_CONFIG);
    assert_non_null(strstr(rft_test_log_text(), "no chat template \"c\" (prompt.template_name); there is a, b"));
    put("tokenizer_config.json", "{\"chat_template\": [{\"name\": \"a\"}]}");
    assert_int_equal(rft_chat_source_open(dir, NULL, "", &source), RFT_ERR_INPUT);
    assert_non_null(strstr(rft_test_log_text(), "needs a \"name\" and a \"template\""));
    put("tokenizer_config.json", "{");
    assert_int_equal(rft_chat_source_open(dir, NULL, "", &source), RFT_ERR_INPUT);
    assert_non_null(strstr(rft_test_log_text(), "tokenizer_config.json:1: not JSON"));
    rft_test_log_release();
}

/* A named file alone is not the one that nobody asked for. */
static void a_default_goes_before_what_is_named(void **state)
{
    char extra[300];
    (void)state;
    snprintf(extra, sizeof extra, "%s/additional_chat_templates", dir);
    assert_int_equal(mkdir(extra, 0700), 0);
    put("additional_chat_templates/tool_use.jinja", "TOOL");
    check("", "TOOL", "tool_use.jinja");
    put("tokenizer_config.json", "{\"chat_template\": \"config\"}");
    check("", "config", "tokenizer_config.json");
    check("tool_use", "TOOL", "tool_use.jinja");
}

/* What stands under a name and cannot be read is not passed over: a link that leads nowhere (a model half downloaded),
 * a pipe, a value of another type. */
static void what_cannot_be_read_is_an_error(void **state)
{
    struct rft_chat_source source;
    struct rft_generation generation;
    char path[300];
    (void)state;
    rft_test_log_capture();
    snprintf(path, sizeof path, "%s/chat_template.jinja", dir);
    assert_int_equal(symlink("nowhere", path), 0);
    assert_int_equal(rft_chat_source_open(dir, NULL, "", &source), RFT_ERR_IO);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(rft_chat_source_open(dir, NULL, "", &source), RFT_ERR_INPUT);
    assert_int_equal(unlink(path), 0);
    snprintf(path, sizeof path, "%s/generation_config.json", dir);
    assert_int_equal(symlink("nowhere", path), 0);
    assert_int_equal(rft_generation_open(dir, NULL, &generation), RFT_ERR_IO);
    put("tokenizer_config.json", "{\"chat_template\": 5}");
    assert_int_equal(rft_chat_source_open(dir, NULL, "", &source), RFT_ERR_INPUT);
    put("tokenizer_config.json", "[]");
    assert_int_equal(rft_chat_source_open(dir, NULL, "", &source), RFT_ERR_INPUT);
    assert_non_null(strstr(rft_test_log_text(), "tokenizer_config.json: is no JSON object"));
    rft_test_log_release();
}

static void tokens_have_their_variables(void **state)
{
    struct rft_chat_source source;
    (void)state;
    put("tokenizer_config.json",
        "{\"bos_token\": \"<s>\", \"eos_token\": {\"content\": \"</s>\"}, \"unk_token\": null, "
        "\"add_bos_token\": true, \"image_token\": \"<i>\"}");
    put("special_tokens_map.json", "{\"bos_token\": \"other\", \"pad_token\": \"<p>\"}");
    assert_int_equal(rft_chat_source_open(dir, NULL, "", &source), RFT_OK);
    assert_int_equal(json_object_size(source.tokens), 4);
    assert_string_equal(json_string_value(json_object_get(source.tokens, "bos_token")), "<s>");
    assert_string_equal(json_string_value(json_object_get(source.tokens, "eos_token")), "</s>");
    assert_string_equal(json_string_value(json_object_get(source.tokens, "image_token")), "<i>");
    assert_string_equal(json_string_value(json_object_get(source.tokens, "pad_token")), "<p>");
    rft_chat_source_close(&source);
}

static void gguf_files_have_keys_for_it(void **state)
{
    enum { TYPE_TEXT = 8 };
    struct rft_str file = {0};
    struct rft_chat_source source;
    struct rft_generation generation;
    struct rft_map map = {0};
    struct rft_gguf *gguf;
    char path[300];
    (void)state;
    rft_test_gguf_begin(&file, 3, 0, 7);
    rft_test_gguf_text(&file, "tokenizer.chat_template", "main");
    rft_test_gguf_array(&file, "tokenizer.chat_templates", TYPE_TEXT, 1);
    rft_test_gguf_string(&file, "rag");
    rft_test_gguf_text(&file, "tokenizer.chat_template.rag", "RAG");
    rft_test_gguf_array(&file, "tokenizer.ggml.tokens", TYPE_TEXT, 2);
    rft_test_gguf_string(&file, "<s>");
    rft_test_gguf_string(&file, "</s>");
    rft_test_gguf_u32(&file, "tokenizer.ggml.eos_token_id", 1);
    rft_test_gguf_f32(&file, "general.sampling.temp", 0.6f);
    rft_test_gguf_u32(&file, "general.sampling.top_k", 20);
    rft_test_gguf_align(&file, 32);
    snprintf(path, sizeof path, "%s/m.gguf", dir);
    rft_test_write_file(path, file.data, file.len);
    rft_str_finish(&file);
    assert_int_equal(rft_map_open(path, &map), RFT_OK);
    assert_int_equal(rft_gguf_parse(&map, &gguf), RFT_OK);
    assert_int_equal(rft_chat_source_open(path, gguf, "", &source), RFT_OK);
    assert_string_equal(source.template.data, "main");
    assert_string_equal(json_string_value(json_object_get(source.tokens, "eos_token")), "</s>");
    rft_chat_source_close(&source);
    assert_int_equal(rft_chat_source_open(path, gguf, "rag", &source), RFT_OK);
    assert_string_equal(source.template.data, "RAG");
    rft_chat_source_close(&source);
    assert_int_equal(rft_generation_open(path, gguf, &generation), RFT_OK);
    assert_true(generation.has[RFT_GENERATION_TEMPERATURE] && generation.has[RFT_GENERATION_TOP_K]);
    assert_true((float)generation.values[RFT_GENERATION_TEMPERATURE] == 0.6f);
    assert_true(generation.values[RFT_GENERATION_TOP_K] == 20);
    assert_false(generation.has[RFT_GENERATION_TOP_P]);
    rft_generation_close(&generation);
    rft_gguf_destroy(gguf);
    rft_map_close(&map);
}

static void sampling_defaults(void **state)
{
    static const struct {
        const char *text, *log;
        enum rft_status status;
    } cases[] = {
        {"{\"temperature\": 0.6, \"top_k\": 20, \"top_p\": 0.95, \"min_p\": 0.1}", "", RFT_OK},
        {"{\"temperature\": null, \"do_sample\": false, \"pad_token_id\": 3}", "", RFT_OK},
        {"{\"temperature\": \"hot\"}", "temperature must be a number", RFT_ERR_INPUT},
        {"{\"temperature\": -1}", "temperature = -1 is not allowed", RFT_ERR_INPUT},
        {"{\"top_p\": 0}", "top_p = 0 is not allowed", RFT_ERR_INPUT},
        {"{\"top_k\": 2.5}", "top_k = 2.5 is not allowed", RFT_ERR_INPUT},
        {"{\"min_p\": 1}", "min_p = 1 is not allowed", RFT_ERR_INPUT},
        {"{\"repetition_penalty\": 1.1, \"num_beams\": 4, \"typical_p\": 1.0, \"suppress_tokens\": [1]}",
         "not applied: repetition_penalty = 1.1, num_beams = 4, suppress_tokens", RFT_OK},
        {"[", "not JSON", RFT_ERR_INPUT},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_generation generation = {0};
        rft_test_log_capture();
        assert_int_equal(rft_generation_parse("g.json", rft_bytes_z(cases[i].text), &generation), cases[i].status);
        if (strstr(rft_test_log_text(), cases[i].log) == NULL ||
            (*cases[i].log == '\0' && *rft_test_log_text() != '\0'))
            fail_msg("%s: %s", cases[i].text, rft_test_log_text());
        rft_test_log_release();
        assert_int_equal(generation.has[RFT_GENERATION_MIN_P], i == 0);
        rft_generation_close(&generation);
    }
}

static enum rft_status open_once(void *user)
{
    struct rft_chat_source source;
    struct rft_generation generation = {0};
    (void)user;
    enum rft_status status = rft_chat_source_open(dir, NULL, "", &source);
    rft_chat_source_close(&source);
    if (status == RFT_OK)
        status = rft_generation_open(dir, NULL, &generation);
    rft_generation_close(&generation);
    return status;
}

static void short_memory_is_an_error(void **state)
{
    (void)state;
    put("tokenizer_config.json", "{\"chat_template\": \"config\", \"bos_token\": \"<s>\"}");
    put("generation_config.json", "{\"temperature\": 0.5}");
    assert_true(rft_test_alloc_faults(open_once, NULL) > 10);
}

int main(int argc, char **argv)
{
    rft_alloc_hook_json();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(directories_are_looked_at_in_order, set_up),
        cmocka_unit_test_setup(a_name_that_is_not_there_is_refused, set_up),
        cmocka_unit_test_setup(a_default_goes_before_what_is_named, set_up),
        cmocka_unit_test_setup(what_cannot_be_read_is_an_error, set_up),
        cmocka_unit_test_setup(tokens_have_their_variables, set_up),
        cmocka_unit_test_setup(gguf_files_have_keys_for_it, set_up),
        cmocka_unit_test(sampling_defaults),
        cmocka_unit_test_setup(short_memory_is_an_error, set_up),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
