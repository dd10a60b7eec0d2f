/* SPDX-License-Identifier: MIT */
/* Questions as other people's files have them: fields inside fields, lists of answers, options, filters. */
#include "support.h"

#include "dataset.h"
#include "verify.h"

#include <stdio.h>
#include <string.h>

static const struct rft_verify_options by_command = {.kind = RFT_VERIFY_COMMAND};
static const struct rft_verify_options by_choice = {.kind = RFT_VERIFY_CHOICE};
static const struct rft_verify_options by_number = {.kind = RFT_VERIFY_ANSWER_TAG};

struct given {
    const char *question[3], *answer, *after, *id, *choices, *filter[3];
    uint64_t limit;
    const struct rft_verify_options *verify;
    bool skip;
};

static size_t count(const char *const *items)
{
    size_t n = 0;
    while (items[n] != NULL)
        n++;
    return n;
}

static struct rft_dataset_options options_of(const struct given *given)
{
    const size_t n = count(given->question);
    return (struct rft_dataset_options){
        .path = "q.json",
        .question_field = n != 0 ? given->question[0] : "question",
        .question_more = &given->question[1],
        .n_question_more = n > 1 ? n - 1 : 0,
        .answer_field = given->answer != NULL ? given->answer : "answer",
        .answer_after = given->after != NULL ? given->after : "",
        .id_field = given->id != NULL ? given->id : "",
        .choices_field = given->choices,
        .filter = given->filter,
        .n_filter = count(given->filter),
        .limit = given->limit,
        .verify = given->verify,
        .skip_bad_rows = given->skip,
    };
}

static enum rft_status parse(const struct given *given, const char *source, struct rft_dataset *dataset)
{
    const struct rft_dataset_options options = options_of(given);
    struct rft_str text = {0};
    RFT_TRY(rft_str_append_z(&text, source));
    rft_test_log_capture();
    enum rft_status status = rft_dataset_parse(&options, &text, dataset);
    rft_test_log_release();
    return status;
}

static void show_list(struct rft_texts texts, struct rft_str *out)
{
    for (size_t i = 0; i < texts.n; i++) {
        assert_int_equal(rft_str_append_z(out, i != 0 ? "," : ""), RFT_OK);
        assert_int_equal(rft_str_append(out, texts.items[i].data, texts.items[i].len), RFT_OK);
    }
}

/* row|id|question|gold|options;  where a gold is a list in brackets, a number behind #, ~ where there is none */
static const char *shown(const struct rft_dataset *dataset)
{
    static struct rft_str s;
    rft_str_clear(&s);
    assert_int_equal(rft_str_append_z(&s, ""), RFT_OK);
    for (size_t i = 0; i < dataset->n; i++) {
        const struct rft_question *q = &dataset->questions[i];
        const char *before = q->golds != NULL ? "[" : q->gold_is_json ? "#" : q->gold.data == NULL ? "~" : "";
        assert_int_equal(rft_str_printf(&s, "%d|%.*s|%.*s|%s", (int)q->row, (int)q->id.len, q->id.data,
                                        (int)q->text.len, q->text.data, before),
                         RFT_OK);
        show_list(rft_question_golds(q), &s);
        assert_int_equal(rft_str_append_z(&s, q->golds != NULL ? "]|" : "|"), RFT_OK);
        show_list(rft_question_choices(q), &s);
        assert_int_equal(rft_str_append_z(&s, ";"), RFT_OK);
        assert_true(q->golds == NULL || rft_bytes_equal(q->gold, q->golds[0]));
    }
    return s.data;
}

struct good_case {
    const char *source, *shown;
    struct given given;
};

#define ALPACA "{\"instruction\": \"Add.\", \"input\": \"2\\n2\", \"output\": \"4\"}\n"
#define CHAT                                                                                                           \
    "{\"messages\": [{\"role\": \"system\", \"content\": \"s\"}, {\"role\": \"user\", \"content\": \"q\\\"\"}, "       \
    "{\"role\": \"assistant\", \"content\": \"a\"}]}"
#define SHARE                                                                                                          \
    "{\"id\": \"x1\", \"conversations\": [{\"from\": \"human\", \"value\": \"q\"}, {\"from\": \"gpt\", "               \
    "\"value\": \"The answer is: 7\"}]}"
#define ARC(labels, key)                                                                                               \
    "{\"question\": \"q\", \"choices\": {\"text\": [\"x\", \"y\\u0021\", \"z\"], \"label\": " labels                   \
    "}, \"answerKey\": \"" key "\"}"

static void test_good(void **state)
{
    (void)state;
    static const struct good_case cases[] = {
        {"{\"problem\": \"p\", \"level\": \"Level 5\", \"solution\": \"so $\\\\boxed{3}$\"}",
         "0|p|p|so $\\boxed{3}$|;",
         {.question = {"problem"}, .answer = "solution"}},
        {"{\"query\": \"p\", \"response\": \"6\\nThe answer is: 6 \"}",
         "0|p|p|6|;",
         {.question = {"query"}, .answer = "response", .after = "The answer is: "}},
        {"{\"source\": \"s\", \"problem\": \"p\", \"solution\": \"long\", \"answer\": \"(0, 1]\"}",
         "0|p|p|(0, 1]|;",
         {.question = {"problem"}}},
        {ALPACA "{\"instruction\": \"b\", \"input\": \"\", \"output\": 1}\n{\"instruction\": \"c\", \"output\": 2}\n"
                "{\"instruction\": \"d\", \"input\": null, \"output\": 3}",
         "0|Add.\n\n2\n2|Add.\n\n2\n2|4|;1|b|b|#1|;2|c|c|#2|;3|d|d|#3|;",
         {.question = {"instruction", "input"}, .answer = "output"}},
        {CHAT,
         "0|q\"|q\"|a|;",
         {.question = {"messages.role=user.content"}, .answer = "messages.role=assistant.content"}},
        {CHAT, "0|q\"|q\"|a|;", {.question = {"messages.1.content"}, .answer = "messages.-1.content"}},
        {CHAT,
         "0|q\"|q\"|q\"|;", /* the same string three times: once a list's element */
         {.question = {"messages.1.content"}, .answer = "messages.1.content", .id = "messages.1.content"}},
        {SHARE,
         "0|x1|q|7|;",
         {.question = {"conversations.from=human.value"},
          .answer = "conversations.from=gpt.value",
          .after = "The answer is: ",
          .id = "id"}},
        {"{\"a.b\": \"q\", \"a\": {\"b\": \"no\"}, \"answer\": 1}", "0|q|q|#1|;", {.question = {"a.b"}}},
        {"[{\"question\": \"q\", \"answer\": [\"1\\/2\", 0.50, true]}]", "0|q|q|[1/2,0.50,true]|;", {.limit = 0}},
        {"[[\"q\", [\"#### 1\", \"so #### 2\"]]]", "0|q|q|[1,2]|;", {.after = "####"}},
        {"[[\"q\", [5]], [\"r\", true], [\"s\", false]]", "0|q|q|[5]|;1|r|r|true|;2|s|s|false|;", {.limit = 0}},
        {"{\"question\": \"q\", \"answer\": [\"\\n\"], \"x\": 1}",
         "0|q|q|#[\"\\n\"]|;",
         {.answer = "answer", .verify = &by_command}},
        {"[[\"q\", {\"tests\": [1, null]}], [\"r\", [[]]]]",
         "0|q|q|#{\"tests\": [1, null]}|;1|r|r|#[[]]|;",
         {.verify = &by_command}},
        {"{\"question\": \"q\", \"answer\": [\"\\n\"], \"x\": 1}", "0|q|q|[\n]|;", {.answer = "answer"}},
        {"[{\"question\": \"q\"}, {\"question\": \"r\", \"answer\": null}, {\"question\": \"s\", \"answer\": \"\"}]",
         "0|q|q|~|;1|r|r|~|;2|s|s||;",
         {.verify = &by_command}},
        {"[{\"question\": \"q\", \"answer\": 1}]", "0|q|q|~|;", {.answer = "", .verify = &by_command}},
        {"[[\"q\"], [\"r\", 2]]", "0|q|q|~|;1|r|r|#2|;", {.verify = &by_command}},
        {"{\"question\": \"q\", \"answer\": \"(B)\", \"o\": [\"x\", \"y\"]}\n"
         "{\"question\": \"r\", \"answer\": \"y\", \"o\": [\"x\", \"y\"]}",
         "0|q|q|(B)|x,y;1|r|r|y|x,y;",
         {.verify = &by_choice, .choices = "o"}},
        {"{\"question\": \"q\", \"answer\": \"B\", \"options\": [\"x\", \"\\u0079\", 3]}",
         "0|q|q|B|x,y,3;",
         {.choices = "options"}},
        {"{\"question\": \"q\", \"answer\": \"B\", \"options\": {\"B\": \"y\", \"A\": \"x\", \"C\": null}}",
         "0|q|q|B|x,y;",
         {.choices = "options"}},
        {"{\"question\": \"q\", \"answer\": \"no\", \"options\": {\"yes\": \"y\", \"no\": \"x\"}}",
         "0|q|q|B|y,x;",
         {.choices = "options"}},
        {ARC("[\"A\", \"B\", \"C\"]", "B"), "0|q|q|B|x,y!,z;", {.answer = "answerKey", .choices = "choices"}},
        {ARC("[\"C\", \"A\", \"B\"]", "B"), "0|q|q|B|y!,z,x;", {.answer = "answerKey", .choices = "choices"}},
        {ARC("[\"1\", \"2\", \"3\"]", "3"), "0|q|q|C|x,y!,z;", {.answer = "answerKey", .choices = "choices"}},
        {ARC("[\"A\", \"A\", \"B\"]", "B"), "0|q|q|C|x,y!,z;", {.answer = "answerKey", .choices = "choices"}},
        {"{\"question\": \"q\", \"answer\": \"A\", \"choices\": {\"text\": [\"x\"]}}",
         "0|q|q|A|x;",
         {.choices = "choices"}},
        {"[[\"q\", \"A\"]]", "0|q|q|A|;", {.choices = "choices"}},
        {"{\"question\": \"q\", \"answer\": \"\\t1\", \"choices\": [\"\\t1\", \"2\"]}",
         "0|q|q|\t1|\t1,2;", /* the gold answer is one of the options' strings */
         {.answer = "choices.0", .choices = "choices"}},
        {"[{\"question\": \"q\", \"answer\": 1, \"level\": \"Level 5\"}, 7, [\"r\", 2],\n"
         "{\"question\": \"s\", \"level\": \"Level 4\"}, {\"question\": \"t\", \"answer\": 3, \"level\": \"Level 5\"}]",
         "0|q|q|#1|;4|t|t|#3|;",
         {.filter = {"level=Level 5"}}},
        {"[{\"question\": \"q\", \"answer\": 1, \"m\": {\"n\": 2.50, \"ok\": true}},\n"
         "{\"question\": \"r\", \"answer\": 2, \"m\": {\"n\": 2.5, \"ok\": true}},\n"
         "{\"question\": \"s\", \"answer\": 3, \"m\": {\"n\": 2.50, \"ok\": false}}]",
         "0|q|q|#1|;",
         {.filter = {"m.n=2.50", "m.ok=true"}}},
        {"[{\"question\": \"q\", \"answer\": 1, \"x\": \"a=b\\n\"}, {\"question\": \"r\", \"answer\": 2}]",
         "0|q|q|#1|;",
         {.filter = {"x=a=b\n"}}},
        {"[" CHAT ", " ALPACA "]",
         "0|q\"|q\"|a|;",
         {.question = {"messages.1.content"},
          .answer = "messages.2.content",
          .filter = {"messages.role=user.content=q\""}}},
        {"[{\"question\": \"q\", \"answer\": 1, \"x\": 1}, {\"question\": \"r\", \"answer\": 2, \"x\": 2},\n"
         "{\"question\": \"q\", \"answer\": 3, \"x\": 1}, {\"question\": \"t\", \"answer\": 4, \"x\": 1}]",
         "0|q|q|#1|;2|q|q|#3|;", /* the limit counts what passes */
         {.filter = {"x=1"}, .limit = 2}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_dataset dataset;
        if (parse(&cases[i].given, cases[i].source, &dataset) != RFT_OK)
            fail_msg("%s: %s", cases[i].source, rft_test_log_text());
        assert_string_equal(shown(&dataset), cases[i].shown);
        rft_dataset_finish(&dataset);
    }
}

struct bad_case {
    const char *source, *message;
    struct given given;
};

static void test_bad(void **state)
{
    (void)state;
    static const struct bad_case cases[] = {
        {CHAT, "set data.question_field=messages.role=user.content", {.limit = 0}},
        {SHARE, "set data.question_field=conversations.from=human.value", {.limit = 0}},
        {CHAT, "set data.answer_field=messages.role=assistant.content", {.question = {"messages.1.content"}}},
        {ALPACA, "set data.question_field=[\"instruction\",\"input\"]", {.limit = 0}},
        {ARC("[\"A\", \"B\", \"C\"]", "B"), "set data.answer_field=answerKey", {.limit = 0}},
        {"{\"question\": \"q\", \"answer\": 1, \"options\": []}", "set data.choices_field=options", {.choices = "c"}},
        {"{\"data\": \"q\", \"extra_info\": {\"question\": \"q\"}}",
         "set data.question_field=extra_info.question",
         {.limit = 0}},
        {"{\"instruction\": \"\", \"input\": \"x\", \"answer\": 1}",
         "field \"instruction\" is empty",
         {.question = {"instruction", "input"}}},
        {"{\"instruction\": \"a\", \"input\": 1, \"answer\": 1}",
         "field \"input\" is a number; expected a string",
         {.question = {"instruction", "input"}}},
        {"[[\"q\", [1, \"two\"]]]", "the gold answer \"two\" is not a number", {.verify = &by_number}},
        {"[[\"q\", []]]", "element 2 is an empty list", {.limit = 0}},
        {"[[\"q\", [[1]]]]", "element 2 is a list that holds an array", {.limit = 0}},
        {"{\"question\": \"q\", \"answer\": \"C\", \"o\": [\"x\", \"y\"]}",
         "the gold answer \"C\" is none of the row's 2 options",
         {.verify = &by_choice, .choices = "o"}},
        {"{\"question\": \"q\", \"answer\": 1, \"o\": [\"x\", \"y\"]}",
         "the gold answer \"1\" is none of the row's 2 options",
         {.verify = &by_choice, .choices = "o"}},
        {"[[\"q\", [null]]]", "element 2 is a list that holds null", {.limit = 0}},
        {"[[\"q\", [\"1\", \"#### 2\"]]]", "has no answer after \"####\"", {.after = "####"}},
        {"[[\"q\", true]]", "the gold answer \"true\" is not a number", {.verify = &by_number}},
        {"{\"question\": \"q\", \"answer\": 1}", "data.answer_field is empty", {.answer = "", .verify = &by_number}},
        {"{\"question\": \"q\", \"answer\": 1}",
         "field \"c\" is missing; the row has question, answer",
         {.choices = "c"}},
        {"{\"question\": \"q\", \"answer\": 1, \"c\": 1}", "\"c\" is a number; expected a list of", {.choices = "c"}},
        {"{\"question\": \"q\", \"answer\": 1, \"c\": []}", "field \"c\" is an empty list", {.choices = "c"}},
        {"{\"question\": \"q\", \"answer\": 1, \"c\": {}}", "field \"c\" holds no options", {.choices = "c"}},
        {"{\"question\": \"q\", \"answer\": 1, \"c\": {\"A\": []}}", "field \"c\" holds an array", {.choices = "c"}},
        {"{\"question\": \"q\", \"answer\": 1, \"c\": {\"text\": [1], \"label\": [1, 2]}}",
         "has 1 texts and 2 labels",
         {.choices = "c"}},
        {"{\"question\": \"q\", \"answer\": 1, \"c\": {\"text\": [1], \"label\": \"A\"}}",
         "has labels that are a string",
         {.choices = "c"}},
        {"[{\"level\": \"a\"}, {\"level\": 2}, {\"level\": \"a\"}, {\"level\": {}}]",
         "q.json: no row passes data.filter = level=b: the field is \"a\", 2, an object\n",
         {.filter = {"level=b"}}},
        {"[{\"x\": 1}, {\"x\": 2}, {\"x\": 3}, {\"x\": 4}, {\"x\": 5}, {\"x\": 6}]",
         "the field is 1, 2, 3, 4, 5 and maybe more",
         {.filter = {"x=b"}}},
        {"[{\"x\": 1}, {\"x\": 2}]", "data.filter = y=1: none has this field", {.filter = {"x=1", "y=1"}}},
        {"[{\"x\": 1, \"y\": 2}, {\"x\": 2, \"y\": 1}]",
         "no row passes all of data.filter",
         {.filter = {"x=1", "y=1"}}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_dataset dataset;
        enum rft_status status = parse(&cases[i].given, cases[i].source, &dataset);
        const char *log = rft_test_log_text(), *newline = strchr(log, '\n');
        if (status != RFT_ERR_INPUT || strstr(log, cases[i].message) == NULL || newline == NULL || newline[1] != '\0')
            fail_msg("%s: %s, \"%s\", expected \"%s\"", cases[i].source, rft_status_text(status), log,
                     cases[i].message);
    }
}

/* Rows that a filter passes over are no rows that were left out. */
static void test_skip(void **state)
{
    (void)state;
    static const struct given given = {.filter = {"x=1"}, .skip = true, .verify = &by_number};
    struct rft_dataset dataset;
    assert_int_equal(parse(&given,
                           "{\"question\": \"q\", \"answer\": \"one\", \"x\": 1}\n{\"question\": \"r\"}\n\nno row\n"
                           "{\"question\": \"q\", \"answer\": [1], \"x\": 1}\n",
                           &dataset),
                     RFT_OK);
    assert_string_equal(shown(&dataset), "3|q|q|[1]|;");
    assert_int_equal(dataset.questions[0].repeat, 1);
    assert_int_equal(dataset.n_skipped, 2);
    assert_true(dataset.skipped[0].row == 0 && dataset.skipped[1].row == 2 && dataset.skipped[1].line == 4);
    rft_dataset_finish(&dataset);
}

static uint64_t hash_of(const char *source)
{
    static const struct given given = {.choices = "c"};
    struct rft_dataset dataset;
    assert_int_equal(parse(&given, source, &dataset), RFT_OK);
    uint64_t hash = dataset.content_hash;
    rft_dataset_finish(&dataset);
    return hash;
}

/* Whatever is judged by is part of the hash; a plain question's is what it always was. */
static void test_hash(void **state)
{
    (void)state;
    static const char *const sources[] = {
        "[[\"q\", \"1\"]]",
        "[[\"q\", [\"1\"]]]",
        "[[\"q\", [\"1\", \"2\"]]]",
        "[[\"q\", [\"1\", \"3\"]]]",
        "[[\"q\", [\"1\", \"2\", \"\"]]]",
        "[[\"q\", [\"12\"]]]",
        "{\"question\": \"q\", \"answer\": \"1\", \"c\": [\"1\"]}",
        "{\"question\": \"q\", \"answer\": \"1\", \"c\": [\"1\", \"2\"]}",
        "{\"question\": \"q\", \"answer\": \"1\", \"c\": [\"2\", \"1\"]}",
        "{\"question\": \"q\", \"answer\": [\"1\"], \"c\": [\"2\", \"1\"]}",
    };
    uint64_t hashes[sizeof sources / sizeof *sources];
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        hashes[i] = hash_of(sources[i]);
        for (size_t k = 0; k < i; k++)
            assert_true(hashes[k] != hashes[i]);
    }
    assert_true(hashes[0] == UINT64_C(0x25330b2595d06f18));
}

static enum rft_status parse_once(void *user)
{
    static const struct given given = {
        .question = {"q", "m"}, .choices = "c", .filter = {"x=1", "y=true"}, .skip = true, .verify = &by_number};
    struct rft_dataset dataset;
    RFT_TRY(parse(&given, user, &dataset));
    rft_dataset_finish(&dataset);
    return RFT_OK;
}

static void test_alloc_faults(void **state)
{
    (void)state;
    static char source[] =
        "{\"q\": \"a\", \"m\": \"b\", \"answer\": [1, \"2\"], \"c\": {\"B\": \"x\", \"A\": \"y\"}, \"x\": 2}\n"
        "{\"q\": \"a\", \"m\": \"b\", \"answer\": [1, \"2\"], \"c\": {\"B\": \"x\", \"A\": \"y\"}, \"x\": 1, \"y\": "
        "true}\n"
        "{\"q\": \"a\", \"m\": \"b\", \"answer\": [], \"c\": [1], \"x\": 1, \"y\": true}\n"
        "{\"q\": \"a\", \"m\": \"b\", \"d\": [], \"c\": [1], \"x\": 1, \"y\": true}\n";
    assert_true(rft_test_alloc_faults(parse_once, source) > 12);
}

int main(int argc, char **argv)
{
    rft_alloc_hook_json();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good), cmocka_unit_test(test_bad),          cmocka_unit_test(test_skip),
        cmocka_unit_test(test_hash), cmocka_unit_test(test_alloc_faults),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
