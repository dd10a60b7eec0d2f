/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "prompt.h"
#include "tokenizer_json.h"

#include <stdio.h>
#include <string.h>

/* Characters are tokens; "ab" is one merge; <s> (BOS), <e> and [r] (takes white space behind it) are special. */
static const char tokenizer_json[] =
    "{\"added_tokens\":[{\"id\":20,\"content\":\"<s>\",\"special\":true},{\"id\":21,\"content\":\"<e>\",\"special\":"
    "true},"
    "{\"id\":22,\"content\":\"[r]\",\"special\":true,\"rstrip\":true},{\"id\":23,\"content\":\"<t>\",\"special\":false}"
    "],"
    "\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"<s>\"}},"
    "{\"Sequence\":{\"id\":\"A\"}}],\"special_tokens\":{\"<s>\":{\"id\":\"<s>\",\"ids\":[20]}}},"
    "\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":1,\"ab\":2,\"<\":3,\">\":4,\"s\":5,\"e\":6,\"t\":7,\" "
    "\":8,\"\\n\":9,"
    "\"[\":10,\"r\":11,\"]\":12},\"merges\":[\"a b\"]}}";

static struct rft_tokenizer *open_tokenizer(void)
{
    struct rft_tokenizer *tokenizer;
    assert_int_equal(rft_tok_load_json("test", rft_bytes_z(tokenizer_json), NULL, &tokenizer), RFT_OK);
    return tokenizer;
}

static void check(struct rft_tokenizer *tokenizer, const char *template, const char *question, const char *expected)
{
    struct rft_prompt prompt;
    struct rft_ids ids = {0};
    char text[400] = "";
    assert_int_equal(rft_prompt_parse("test", rft_bytes_z(template), &prompt), RFT_OK);
    assert_int_equal(rft_prompt_encode(&prompt, tokenizer, rft_bytes_z(question), &ids), RFT_OK);
    for (size_t i = 0; i < ids.n; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), i ? " %u" : "%u", ids.ids[i]);
    if (strcmp(text, expected) != 0)
        fail_msg("\"%s\" with \"%s\": expected %s, got %s", template, question, expected, text);
    rft_ids_finish(&ids);
    rft_prompt_close(&prompt);
}

static void questions_are_only_characters(void **state)
{
    (void)state;
    static const struct {
        const char *template, *question, *expected;
    } cases[] = {
        {"{question}", "", "20"},
        {"{question}\n", "a", "20 0 9"}, /* the final newline counts */
        {"a{question}", "b", "20 2"},    /* one piece: words reach across the edge */
        {"<e>{question}<e>", "a", "20 21 0 21"},
        {"<e>{question}<e>", "<e>", "20 21 3 6 4 21"}, /* no special token from a question */
        {"<t>{question}", "<t>", "20 23 3 7 4"},       /* nor an added one */
        {"<e{question}", ">", "20 3 6 4"},             /* nor half of one */
        {"<{question}>", "e", "20 3 6 4"},
        {"{question}e>", "<", "20 3 6 4"},
        {"[r] \n{question}", " a", "20 22 8 0"}, /* a question keeps its white space */
        {"[r] \n {question}", "", "20 22"},
        {"<s>{question}", "a", "20 0"}, /* BOS is there already */
        {"<s><s>{question}", "a", "20 20 0"},
        {"{question}<s>", "a", "20 0 20"},
        {"{question}", "<s>", "20 3 5 4"}, /* a question's "<s>" is no BOS */
        {"a<s>{question}", "a", "20 0 20 0"},
    };
    struct rft_tokenizer *tokenizer = open_tokenizer();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(tokenizer, cases[i].template, cases[i].question, cases[i].expected);
    rft_tokenizer_close(tokenizer);
}

static void bad_templates(void **state)
{
    (void)state;
    static const char *const templates[] = {
        "", "no slot\n", "{question", "{Question}", "{question}{question}", "a {question} b {question}"};
    for (size_t i = 0; i < sizeof templates / sizeof *templates; i++) {
        struct rft_prompt prompt;
        rft_test_log_capture();
        assert_int_equal(rft_prompt_parse("dir/p.txt", rft_bytes_z(templates[i]), &prompt), RFT_ERR_CONFIG);
        assert_non_null(strstr(rft_test_log_text(), "dir/p.txt"));
        rft_test_log_release();
        assert_null(prompt.text.data);
    }
}

static void files(void **state)
{
    (void)state;
    char *path = rft_path_join(rft_test_tmp_dir(), "prompt.txt");
    struct rft_prompt prompt;
    rft_test_write_file(path, "x\r\n\0{question}\n", 15);
    assert_int_equal(rft_prompt_open(path, &prompt), RFT_OK);
    assert_int_equal(prompt.slot, 4);
    assert_int_equal(prompt.text.len, 5);
    assert_memory_equal(prompt.text.data, "x\r\n\0\n", 5);
    rft_prompt_close(&prompt);
    rft_test_log_capture();
    assert_int_not_equal(rft_prompt_open("/nonexistent/p.txt", &prompt), RFT_OK);
    assert_non_null(strstr(rft_test_log_text(), "/nonexistent/p.txt"));
    rft_test_log_release();
    rft_free(path);
}

static enum rft_status whole_life(void *user)
{
    struct rft_tokenizer *tokenizer = NULL;
    struct rft_prompt prompt = {0};
    struct rft_ids ids = {0};
    enum rft_status status = rft_tok_load_json("test", rft_bytes_z(tokenizer_json), NULL, &tokenizer);
    if (status == RFT_OK)
        status = rft_prompt_open(user, &prompt);
    if (status == RFT_OK)
        status = rft_prompt_encode(&prompt, tokenizer, rft_bytes_z("ab <s>"), &ids);
    rft_ids_finish(&ids);
    rft_prompt_close(&prompt);
    rft_tokenizer_close(tokenizer);
    return status;
}

static void allocation_faults(void **state)
{
    (void)state;
    char *path = rft_path_join(rft_test_tmp_dir(), "faults.txt");
    rft_test_write_file(path, "<e>{question}\n", 14);
    assert_true(rft_test_alloc_faults(whole_life, path) > 20);
    rft_free(path);
}

int main(int argc, char **argv)
{
    rft_alloc_hook_json();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(questions_are_only_characters),
        cmocka_unit_test(bad_templates),
        cmocka_unit_test(files),
        cmocka_unit_test(allocation_faults),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
