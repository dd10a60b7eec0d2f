/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "json.h"
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
    struct rft_prompt prompt = {0};
    struct rft_ids ids = {0};
    char text[400] = "";
    assert_int_equal(rft_prompt_text_parse("test", rft_bytes_z(template), &prompt.text), RFT_OK);
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
        struct rft_prompt_text prompt;
        rft_test_log_capture();
        assert_int_equal(rft_prompt_text_parse("dir/p.txt", rft_bytes_z(templates[i]), &prompt), RFT_ERR_CONFIG);
        assert_non_null(strstr(rft_test_log_text(), "dir/p.txt"));
        rft_test_log_release();
        assert_null(prompt.text.data);
    }
}

static void files(void **state)
{
    (void)state;
    char *path = rft_path_join(rft_test_tmp_dir(), "prompt.txt");
    struct rft_prompt_text prompt;
    rft_test_write_file(path, "x\r\n\0{question}\n", 15);
    assert_int_equal(rft_prompt_text_open(path, &prompt), RFT_OK);
    assert_int_equal(prompt.slot, 4);
    assert_int_equal(prompt.text.len, 5);
    assert_memory_equal(prompt.text.data, "x\r\n\0\n", 5);
    rft_prompt_text_close(&prompt);
    rft_test_log_capture();
    assert_int_not_equal(rft_prompt_text_open("/nonexistent/p.txt", &prompt), RFT_OK);
    assert_non_null(strstr(rft_test_log_text(), "/nonexistent/p.txt"));
    rft_test_log_release();
    rft_free(path);
}

/* ---- choosing, and chats ---- */

static const char chatml[] = "{% for m in messages %}<s>{{ m.role }}\n{{ m.content }}<e>\n{% endfor %}"
                             "{% if add_generation_prompt %}<s>assistant\n{% endif %}";

static struct rft_prompt_options options_of(const char *template, const char *text_path)
{
    return (struct rft_prompt_options){.model_path = "model",
                                       .text_path = text_path,
                                       .examples_path = "",
                                       .system = "",
                                       .system_path = "",
                                       .variables = "",
                                       .date = "2026-01-01",
                                       .template = {template, template != NULL ? strlen(template) : 0},
                                       .template_from = "model/chat_template.jinja",
                                       .tokens = json_object()};
}

static const char *write_file(const char *name, const char *text)
{
    static char paths[4][300]; /* so many may be in use at once */
    static unsigned n;
    char *path = paths[n++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", rft_test_tmp_dir(), name);
    rft_test_write_file(path, text, strlen(text));
    return path;
}

static char said[4000];

static void keep_line(void *user, enum rft_log_level level, const char *line)
{
    (void)user;
    (void)level;
    size_t n = strlen(said);
    snprintf(said + n, sizeof said - n, "%s\n", line);
}

/* Opens, checks what the log says, and renders. */
static void check_chat(const struct rft_prompt_options *options, const char *log, const char *question,
                       const char *expected)
{
    struct rft_tokenizer *tokenizer = open_tokenizer();
    struct rft_rendered rendered = {0};
    struct rft_prompt prompt;
    said[0] = '\0';
    rft_log_set_sink(keep_line, NULL);
    enum rft_status status = rft_prompt_open(options, tokenizer, &prompt);
    rft_log_set_sink(NULL, NULL);
    if (strstr(said, log) == NULL)
        fail_msg("\"%s\" is missing: the log says %s", log, said);
    assert_int_equal(status, expected != NULL ? RFT_OK : RFT_ERR_CONFIG);
    if (status == RFT_OK) {
        assert_int_equal(rft_prompt_render(&prompt, rft_bytes_z(question), &rendered), RFT_OK);
        assert_string_equal(rendered.text.data, expected);
    }
    rft_rendered_finish(&rendered);
    rft_prompt_close(&prompt);
    rft_tokenizer_close(tokenizer);
    json_decref((json_t *)(uintptr_t)options->tokens);
}

static void auto_chooses_and_says_why(void **state)
{
    const char *plain = write_file("plain.txt", "Q: {question}"), *marked = write_file("marked.txt", "<e>{question}");
    (void)state;
    struct rft_prompt_options o = options_of(chatml, "");
    check_chat(&o, "the chat template of model/chat_template.jinja (prompt.format = auto)", "ab",
               "<s>user\nab<e>\n<s>assistant\n");
    o = options_of(chatml, plain);
    check_chat(&o, "the chat template", "ab", "<s>user\nQ: ab<e>\n<s>assistant\n");
    o = options_of(chatml, marked);
    check_chat(&o, "holds the special token <e>", "ab", "<e>ab");
    o.format = RFT_PROMPT_CHAT;
    o.tokens = json_object();
    check_chat(&o, "\"<e>\" stays text", "ab", "<s>user\n<e>ab<e>\n<s>assistant\n");
    o = options_of(chatml, plain);
    o.format = RFT_PROMPT_RAW;
    check_chat(&o, "prompt.format = raw", "ab", "Q: ab");
    o = options_of(NULL, plain);
    check_chat(&o, "the model has no chat template", "ab", "Q: ab");
    o = options_of(NULL, "");
    check_chat(&o, "prompt.template is missing", "ab", NULL);
    o = options_of(NULL, plain);
    o.format = RFT_PROMPT_CHAT;
    check_chat(&o, "has no chat template, and prompt.format = chat", "ab", NULL);
    o = options_of(NULL, plain);
    o.system = "be brief";
    check_chat(&o, "prompt.system has no place in a raw prompt", "ab", NULL);
    o = options_of(NULL, plain);
    o.examples_path = "x.json";
    check_chat(&o, "prompt.examples has no place in a raw prompt", "ab", NULL);
}

static void messages_stand_before_the_question(void **state)
{
    const char *examples = write_file("examples.json", "[{\"role\": \"user\", \"content\": \"1\"},"
                                                       " {\"role\": \"assistant\", \"content\": \"2\", \"x\": null}]");
    (void)state;
    struct rft_prompt_options o = options_of(chatml, "");
    o.system = "S";
    o.examples_path = examples;
    check_chat(&o, "", "q", "<s>system\nS<e>\n<s>user\n1<e>\n<s>assistant\n2<e>\n<s>user\nq<e>\n<s>assistant\n");
    o = options_of("{{ v }}{{ messages[0].x is defined }}{{ strftime_now('%d.%m.%Y') }}{{ tools }}{{ bos_token }}", "");
    o.variables = "{\"v\": [1]}";
    o.date = "2024-02-29";
    o.examples_path = examples;
    json_object_set_new((json_t *)(uintptr_t)o.tokens, "bos_token", json_string("<s>"));
    check_chat(&o, "", "q", "[1]False29.02.2024None<s>");
    o = options_of(chatml, "");
    o.system_path = write_file("system.txt", "S\n");
    check_chat(&o, "", "q", "<s>system\nS\n<e>\n<s>user\nq<e>\n<s>assistant\n");
}

static void bad_chats_are_refused(void **state)
{
    static const struct {
        const char *examples, *log;
    } files[] = {
        {"{}", "examples are a JSON array of messages"},
        {"[]", "examples are a JSON array of messages"},
        {"[1]", "message 0: is no object"},
        {"[{\"content\": \"a\"}]", "message 0: needs a \"role\""},
        {"[{\"role\": \"<|x|>\", \"content\": \"a\"}]", "message 0: needs a \"role\""},
        {"[{\"role\": \"user\"}]", "message 0: needs a \"content\""},
        {"[{\"role\": \"user\", \"content\": 5}]", "message 0: needs a \"content\""},
        {"[{\"role\": \"user\", \"content\": \"\"}, {\"role\": \"system\", \"content\": \"\"}]",
         "message 1: is a system message, which must be the first"},
        {"[{\"role\": \"user\", \"content\": \"a\"}", "bad.json:1: not JSON"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct rft_prompt_options o = options_of(chatml, "");
        o.examples_path = write_file("bad.json", files[i].examples);
        check_chat(&o, files[i].log, "q", NULL);
    }
    struct rft_prompt_options o = options_of(chatml, "");
    o.system = "S";
    o.examples_path = write_file("two.json", "[{\"role\": \"system\", \"content\": \"a\"}]");
    check_chat(&o, "message 0: is a second system message", "q", NULL);
    o = options_of(chatml, "");
    o.date = "1.1.2026";
    check_chat(&o, "give a day as YYYY-MM-DD", "q", NULL);
    o = options_of(chatml, "");
    o.variables = "[1]";
    check_chat(&o, "give a JSON object", "q", NULL);
    o = options_of(chatml, "");
    o.variables = "{\"messages\": []}";
    check_chat(&o, "\"messages\" is what rftgen itself gives", "q", NULL);
}

static void check_ids(enum rft_prompt_bos bos, const char *template, const char *question, const char *expected)
{
    struct rft_tokenizer *tokenizer = open_tokenizer();
    struct rft_prompt_options o = options_of(template, "");
    struct rft_prompt prompt;
    struct rft_ids ids = {0};
    char text[400] = "";
    o.bos = bos;
    rft_log_set_level(RFT_LOG_WARN);
    assert_int_equal(rft_prompt_open(&o, tokenizer, &prompt), RFT_OK);
    assert_int_equal(rft_prompt_encode(&prompt, tokenizer, rft_bytes_z(question), &ids), RFT_OK);
    for (size_t i = 0; i < ids.n; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), i != 0 ? " %u" : "%u", ids.ids[i]);
    assert_string_equal(text, expected);
    rft_ids_finish(&ids);
    rft_prompt_close(&prompt);
    rft_tokenizer_close(tokenizer);
    json_decref((json_t *)(uintptr_t)o.tokens);
}

/* Special tokens of the template are tokens, those of a question text, whatever the template does with it; a token that
 * is not special is one, as in the reference; BOS comes as bos says, and once. */
static void special_tokens_of_data_stay_text(void **state)
{
    (void)state;
    check_ids(RFT_BOS_AUTO, "<e>{{ messages[0].content }}<e>", "a<e>", "21 0 3 6 4 21");
    check_ids(RFT_BOS_AUTO, "<e>{{ messages[0].content|trim|replace('a', '<e>') }}", " a<e>", "21 21 3 6 4");
    check_ids(RFT_BOS_AUTO, "{{ messages[0].content[:2] }}>", "<e", "3 6 4");
    check_ids(RFT_BOS_AUTO, "{{ messages[0].content }}", "<t>", "23");
    check_ids(RFT_BOS_AUTO, "[r]{{ messages[0].content }}", " a", "22 0"); /* takes the white space, as there */
    check_ids(RFT_BOS_YES, "{{ messages[0].content }}", "a", "20 0");
    check_ids(RFT_BOS_YES, "<s>{{ messages[0].content }}", "a", "20 0");
    check_ids(RFT_BOS_YES, "{{ messages[0].content }}", "<s>", "20 3 5 4");
    check_ids(RFT_BOS_NO, "<s>{{ messages[0].content }}", "a", "20 0");
}

/* end: the id that closes an answer, or -1. */
static void check_turn(const char *template, int64_t end, const char *prefill, bool is_thinking)
{
    struct rft_tokenizer *tokenizer = open_tokenizer();
    struct rft_prompt_options o = options_of(template, "");
    struct rft_prompt prompt;
    uint32_t id = 0;
    rft_log_set_level(RFT_LOG_WARN);
    assert_int_equal(rft_prompt_open(&o, tokenizer, &prompt), RFT_OK);
    bool found = rft_prompt_end_of_turn(&prompt, tokenizer, &id);
    assert_int_equal(found ? (int64_t)id : -1, end);
    assert_string_equal(prompt.turn.prefill.data != NULL ? prompt.turn.prefill.data : "", prefill);
    assert_int_equal(prompt.turn.is_thinking, is_thinking);
    rft_prompt_close(&prompt);
    rft_tokenizer_close(tokenizer);
    json_decref((json_t *)(uintptr_t)o.tokens);
}

#define TURNS(open)                                                                                                    \
    "{% for m in messages %}<s>{{ m.role }}:{{ m.content }}<e>{% endfor %}{% if add_generation_prompt %}" open         \
    "{% endif %}"

static void what_stands_around_an_answer_is_found(void **state)
{
    (void)state;
    check_turn(chatml, 21, "", false);
    check_turn(TURNS("<s>assistant:"), 21, "", false);
    check_turn(TURNS("<s>assistant:<think>\n"), 21, "<think>\n", true);
    check_turn(TURNS("<s>assistant:<think>\n\n</think>\n"), 21, "<think>\n\n</think>\n", false);
    check_turn("{% for m in messages %}{{ m.content }} {% endfor %}", -1, "", false);
    check_turn("{% for m in messages %}{% if m.role == 'assistant' %}{{ raise_exception('no') }}{% endif %}"
               "{{ m.content }}<e>{% endfor %}",
               -1, "", false);
    /* an answer that is given has an empty thought before it, and the model begins one */
    check_turn("{% for m in messages %}<s>{{ m.role }}:{% if m.role == 'assistant' %}<think></think>{% endif %}"
               "{{ m.content }}<e>{% endfor %}{% if add_generation_prompt %}<s>assistant:<think>\n{% endif %}",
               21, "<think>\n", true);
}

static enum rft_status whole_life(void *user)
{
    struct rft_tokenizer *tokenizer = NULL;
    struct rft_prompt prompt = {0};
    struct rft_ids ids = {0};
    struct rft_prompt_options o = options_of(chatml, "");
    o.examples_path = user;
    o.system = "S";
    o.variables = "{\"v\": 1}";
    if (o.tokens == NULL)
        return RFT_ERR_HOST_MEMORY;
    enum rft_status status = rft_tok_load_json("test", rft_bytes_z(tokenizer_json), NULL, &tokenizer);
    if (status == RFT_OK)
        status = rft_prompt_open(&o, tokenizer, &prompt);
    if (status == RFT_OK)
        status = rft_prompt_encode(&prompt, tokenizer, rft_bytes_z("ab <s>"), &ids);
    rft_ids_finish(&ids);
    rft_prompt_close(&prompt);
    rft_tokenizer_close(tokenizer);
    json_decref((json_t *)(uintptr_t)o.tokens);
    return status;
}

static void allocation_faults(void **state)
{
    (void)state;
    char *path = rft_path_join(rft_test_tmp_dir(), "faults.txt");
    static const char examples[] = "[{\"role\": \"user\", \"content\": \"1\"}, {\"role\": \"a\", \"content\": \"2\"}]";
    rft_test_write_file(path, examples, sizeof examples - 1);
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
        cmocka_unit_test(auto_chooses_and_says_why),
        cmocka_unit_test(messages_stand_before_the_question),
        cmocka_unit_test(bad_chats_are_refused),
        cmocka_unit_test(special_tokens_of_data_stay_text),
        cmocka_unit_test(what_stands_around_an_answer_is_found),
        cmocka_unit_test(allocation_faults),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
