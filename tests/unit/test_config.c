/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "config.h"
#include "config_keys.h"
#include "file.h"
#include "select.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUIRED "[model]\npath = m\n[data]\nquestions = q\n[prompt]\ntemplate = t\n[output]\npath = o\n"

static enum rft_status parse(const char *text, const char *set, struct rft_config *config)
{
    rft_test_log_capture();
    enum rft_status status =
        rft_config_parse("dir/a.ini", rft_bytes_z(text), &set, set != NULL, RFT_USE_TO_DRAW, config);
    rft_test_log_release();
    return status;
}

static char *dumped(const struct rft_config *config, bool fingerprint)
{
    struct rft_str out = {0};
    assert_int_equal(fingerprint ? rft_config_fingerprint(config, &out) : rft_config_dump(config, &out), RFT_OK);
    return out.data;
}

/* Each key with a value, and what it is afterwards. */
static void test_values(void **state)
{
    (void)state;
    static const struct {
        const char *set, *dump;
    } cases[] = {
        {"generate.samples=1", "generate.samples=1\n"},
        {"generate.samples=1000000", "generate.samples=1000000\n"},
        {"generate.chunk=auto", "generate.chunk=auto\n"},
        {"generate.temperature=0.70", "generate.temperature=0.7\n"},
        {"generate.temperature=0", "generate.temperature=0\n"},
        {"generate.temperature=1e1", "generate.temperature=10\n"},
        {"generate.top_k=0", "generate.top_k=off\n"},
        {"generate.top_k=40", "generate.top_k=40\n"},
        {"generate.top_p=0.9", "generate.top_p=0.9\n"},
        {"generate.min_p=0.05", "generate.min_p=0.05\n"},
        {"generate.seed=18446744073709551615", "generate.seed=18446744073709551615\n"},
        {"generate.stop=Q:", "generate.stop=[\"Q:\"]\n"},
        {"generate.stop=\"\\n\\n\"", "generate.stop=[\"\\n\\n\"]\n"},
        {"generate.stop=[\"a\", \"b = c\"]", "generate.stop=[\"a\", \"b = c\"]\n"},
        {"generate.stop=[]", "generate.stop=[]\n"},
        {"data.limit=all", "data.limit=all\n"},
        {"data.answer_after=####", "data.answer_after=\"####\"\n"},
        {"data.answer_after=\"a \\u003b\"", "data.answer_after=\"a ;\"\n"},
        {"data.questions=x/../q", "data.questions=\"x/../q\"\n"},
        {"verify.kind=gsm8k", "verify.kind=gsm8k\n"},
        {"verify.kind=regex", "verify.kind=regex\n"},
        {"verify.pattern=Answer: (\\w+)", "verify.pattern=\"Answer: (\\\\w+)\"\n"},
        {"verify.case=ignore", "verify.case=ignore\n"},
        {"verify.space=exact", "verify.space=exact\n"},
        {"verify.thousands=point", "verify.thousands=point\n"},
        {"verify.percent=value", "verify.percent=value\n"},
        {"verify.cut_off=accept", "verify.cut_off=accept\n"},
        {"verify.compat=homework", "verify.compat=homework\n"},
        {"select.keep=first", "select.keep=first\n"},
        {"select.keep=all", "select.keep=all\n"},
        {"select.keep=3", "select.keep=3\n"},
        {"select.distinct=paths", "select.distinct=paths\n"},
        {"select.equals=first", "select.equals=first\n"},
        {"select.order=longest", "select.order=longest\n"},
        {"select.quota=difficulty", "select.quota=difficulty\n"},
        {"select.min_solve_rate=0.10", "select.min_solve_rate=0.1\n"},
        {"select.max_solve_rate=1", "select.max_solve_rate=1\n"},
        {"select.dedupe=completions", "select.dedupe=completions\n"},
        {"memory.budget=auto", "memory.budget=auto\n"},
        {"memory.budget=1", "memory.budget=1\n"},
        {"memory.budget=2KB", "memory.budget=2000\n"},
        {"memory.budget=1.5 MiB", "memory.budget=1572864\n"},
        {"memory.budget=3GB", "memory.budget=3000000000\n"},
        {"memory.budget=12.5%", "memory.budget=12.5%\n"},
        {"memory.reserve=0", "memory.reserve=0\n"},
        {"output.format=jsonl", "output.format=jsonl\n"},
        {"output.records=r", "output.records=\"r\"\n"},
        {"device.threads=3", "device.threads=3\n"},
        {"device.memory=mapped", "device.memory=mapped\n"},
        {"device.memory=imported", "device.memory=imported\n"},
        {"device.memory=staged", "device.memory=staged\n"},
        {"device.memory=auto", "device.memory=auto\n"},
        {"device.dispatch_ms=1", "device.dispatch_ms=1\n"},
        {"device.dispatch_ms=1000", "device.dispatch_ms=1000\n"},
        {"device.dispatch_ms=auto", "device.dispatch_ms=auto\n"},
        {"device.arithmetic=checked", "device.arithmetic=checked\n"},
        {"device.arithmetic=unchecked", "device.arithmetic=unchecked\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_config config;
        if (parse(REQUIRED, cases[i].set, &config) != RFT_OK)
            fail_msg("%s: %s", cases[i].set, rft_test_log_text());
        char *dump = dumped(&config, false);
        if (strstr(dump, cases[i].dump) == NULL)
            fail_msg("%s: expected %s in %s", cases[i].set, cases[i].dump, dump);
        rft_free(dump);
        rft_config_finish(&config);
    }
}

static void test_bad_values(void **state)
{
    (void)state;
    static const struct {
        const char *set, *message;
    } cases[] = {
        {"generate.samples=0", "1 to 1000000"},
        {"generate.samples=1000001", "1 to 1000000"},
        {"generate.samples=-1", "1 to 1000000"},
        {"generate.samples=auto", "generate.samples = auto"},
        {"generate.samples=", "1 to 1000000"},
        {"generate.samples=5x", "1 to 1000000"},
        {"generate.chunk=0", "1 to 1000000 or auto"},
        {"generate.temperature=-0.1", "0 to 100"},
        {"generate.temperature=101", "0 to 100"},
        {"generate.temperature=nan", "0 to 100"},
        {"generate.temperature=0x1", "0 to 100"},
        {"generate.top_p=0", "above 0 to 1"},
        {"generate.top_p=1.1", "above 0 to 1"},
        {"generate.min_p=1", "0 to below 1"},
        {"generate.seed=18446744073709551616", "18446744073709551615"},
        {"generate.stop=[\"\"]", "array"},
        {"generate.stop=[1]", "array"},
        {"generate.stop=[\"a\"", "generate.stop"},
        {"generate.stop=\"\"", "array"},
        {"generate.stop=[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"10\",\"11\",\"12\",\"13\",\"14\","
         "\"15\",\"16\",\"17\"]",
         "at most 16"},
        {"data.answer_after=\"x", "data.answer_after"},
        {"data.limit=0", "or all"},
        {"verify.kind=tag", "answer_tag, gsm8k"},
        {"select.keep=0", "1 to 1000000, first or all"},
        {"select.distinct=yes", "no, text"},
        {"select.max_solve_rate=1.01", "select.max_solve_rate"},
        {"memory.budget=0", "percentage"},
        {"memory.budget=0%", "percentage"},
        {"memory.budget=101%", "percentage"},
        {"memory.budget=5 apples", "percentage"},
        {"memory.budget=1.2.3", "percentage"},
        {"memory.budget=99999999999TB", "percentage"},
        {"memory.reserve=auto", "percentage"},
        {"device.memory=pinned", "auto, mapped, imported or staged"},
        {"device.dispatch_ms=0", "1 to 1000 or auto"},
        {"device.dispatch_ms=1001", "1 to 1000 or auto"},
        {"device.arithmetic=auto", "checked or unchecked"},
        {"prompt.format=chats", "give auto, chat or raw"},
        {"prompt.bos=maybe", "give auto, yes or no"},
        {"model.path=", "model.path"},
        {"samples=1", "section.key=value"},
        {"generate.samples", "section.key=value"},
        {"generat.samples=1", "did you mean [generate]?"},
        {"generate.sample=1", "did you mean samples?"},
        {"generate.records=1", "belongs to [output]"},
        {"generate.nonsense=1", "--help-config"},
        {"nonsense.samples=1", "--help-config"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static const struct rft_config zero;
        struct rft_config config;
        if (parse(REQUIRED, cases[i].set, &config) == RFT_OK)
            fail_msg("%s was taken", cases[i].set);
        const char *text = rft_test_log_text();
        if (strstr(text, cases[i].message) == NULL || strchr(text, '\n') != strrchr(text, '\n'))
            fail_msg("%s: expected one line with %s, not %s", cases[i].set, cases[i].message, text);
        assert_memory_equal(&config, &zero, sizeof config);
    }
}

static void test_bad_files(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"samples = 1\n", "dir/a.ini:1: a key stands before"},
        {"[generate]\n\nsamples = 1\nsamples = 2\n", "dir/a.ini:4: generate.samples was given in line 3"},
        {"[generate]\nsamples = 1\n[generate]\nsamples = 2\n", "dir/a.ini:4: generate.samples was given in line 2"},
        {"[generate]\nsamples = 1\n chunk = 2\n", "dir/a.ini:3: the line is indented"},
        {"[generate]\nsamples = 1\n\tchunk = 2\n", "dir/a.ini:3: the line is indented"},
        {"[generate]\nsamples\n", "dir/a.ini:2: neither"},
        {"[generate\nsamples = 1\n", "dir/a.ini:1: a section needs its ]"},
        {"[generate] samples = 1\n", "dir/a.ini:1: something stands behind"},
        {"[generat]\n", "dir/a.ini:1: unknown section [generat]; did you mean [generate]?"},
        {"[]\n", "dir/a.ini:1: unknown section []"},
        {"[generate]\nsample = 1\n", "dir/a.ini:2: unknown key sample in [generate]; did you mean samples?"},
        {"[generate]\nsamples = 0\n", "dir/a.ini:2: generate.samples = 0"},
        {"[generate]\nsamples = 1\r2\n", "dir/a.ini:2: a control character"},
        {"[generate]\n; \xff\n", "dir/a.ini:2: not UTF-8"},
        {"[generate]\nsamples\n[generate]\nchunk = 0\n", "dir/a.ini:2: neither"},
        {"[model]\npath=m\n[data]\nquestions=q\n[output]\npath=o\n[prompt]\ntemplate=t\nformat=raw\nsystem=x\n",
         "dir/a.ini:10: prompt.system has no place in a raw prompt"},
        {"[model]\npath=m\n[data]\nquestions=q\n[output]\npath=o\n[prompt]\ntemplate=t\nformat=raw\nexamples=x\n",
         "dir/a.ini:10: prompt.examples has no place in a raw prompt"},
        {"[model]\npath=m\n[data]\nquestions=q\n[output]\npath=o\n[prompt]\nformat=raw\n",
         "dir/a.ini:8: prompt.format = raw needs prompt.template"},
        {"[model]\npath = m\n", "these keys are missing: data.questions, output.path"},
        {"", "dir/a.ini: these keys are missing: model.path, data.questions, output.path"},
    };
    struct rft_config config;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (parse(cases[i].text, NULL, &config) != RFT_ERR_CONFIG)
            fail_msg("%s was taken", cases[i].text);
        const char *text = rft_test_log_text();
        if (strstr(text, cases[i].message) == NULL || strchr(text, '\n') != strrchr(text, '\n'))
            fail_msg("%s: expected one line with %s, not %s", cases[i].text, cases[i].message, text);
    }
    static const char nul[] = "[generate]\nsamples = 1\0\n";
    rft_test_log_capture();
    assert_int_equal(rft_config_parse("a", (struct rft_bytes){nul, sizeof nul - 1}, NULL, 0, RFT_USE_TO_DRAW, &config),
                     RFT_ERR_CONFIG);
    assert_non_null(strstr(rft_test_log_text(), "a:2: a control character"));
    rft_test_log_release();
}

/* A line of exactly the limit is whole, a key or a comment; one byte more is refused. Lengths around twice inih's limit
 * too, where what it cuts off would be a line of its own. */
static void test_long_lines(void **state)
{
    (void)state;
    static const char *const heads[] = {"; ", "id_field = "};
    static const char before[] =
        "[model]\npath = m\n[prompt]\ntemplate = t\n[output]\npath = o\n[data]\nquestions = q\n";
    for (size_t i = 0; i < 2; i++) {
        for (size_t length = 190; length <= 450; length++) {
            struct rft_config config;
            char text[1024];
            size_t head = strlen(heads[i]), n = (size_t)snprintf(text, sizeof text, "%s%s", before, heads[i]);
            memset(text + n, 'x', length - head);
            memcpy(text + n + length - head, "\n", 2);
            enum rft_status status = parse(text, NULL, &config);
            assert_int_equal(status, length <= 197 ? RFT_OK : RFT_ERR_CONFIG);
            if (status != RFT_OK)
                assert_non_null(strstr(rft_test_log_text(), "dir/a.ini:9: the line is longer than 197 bytes"));
            else
                assert_int_equal(strlen(config.data_id_field), i == 1 ? length - head : 0);
            rft_config_finish(&config);
        }
    }
}

static void test_forms_of_lines(void **state)
{
    (void)state;
    static const char text[] =
        "\xef\xbb\xbf; c\n# c\n\n   \n[model] ; c\r\npath = m ; c\r\n[data]\nquestions: q\n[prompt]\n"
        "template=/t\n[output]\npath = \"o o\"\n[generate]\nsamples=7";
    struct rft_config config;
    assert_int_equal(parse(text, NULL, &config), RFT_OK);
    assert_string_equal(config.model_path, "dir/m");
    assert_string_equal(config.data_questions, "dir/q");
    assert_string_equal(config.prompt_template, "/t");
    assert_string_equal(config.output_path, "o o");
    assert_int_equal(config.generate_samples, 7);
    rft_config_finish(&config);
}

static void test_paths_and_sets(void **state)
{
    (void)state;
    const char *sets[] = {"model.path=a", "output.path=x", "model.path=$XDG_CACHE_HOME/b"};
    struct rft_config config;
    setenv("XDG_CACHE_HOME", "/cache", 1);
    assert_int_equal(rft_config_parse("dir/a.ini", rft_bytes_z(REQUIRED), sets, 3, RFT_USE_TO_DRAW, &config), RFT_OK);
    assert_string_equal(config.model_path, "/cache/b");
    assert_string_equal(config.output_path, "x");
    assert_string_equal(config.data_questions, "dir/q");
    rft_config_finish(&config);
}

static void test_defaults(void **state)
{
    (void)state;
    struct rft_config config;
    assert_int_equal(parse(REQUIRED, NULL, &config), RFT_OK);
    assert_int_equal(config.generate_samples, 10);
    assert_int_equal(config.generate_chunk, 5);
    assert_int_equal(config.generate_questions_in_flight, 0);
    assert_int_equal(rft_config_max_new_tokens(&config), 100);
    assert_int_equal(config.select_keep, 1);
    assert_int_equal(config.device_memory, RFT_ACCESS_AUTO);
    assert_int_equal(config.device_dispatch_ms, 0);
    assert_int_equal(config.device_arithmetic, RFT_ARITHMETIC_CHECKED);
    assert_int_equal(config.verify_cut_off, RFT_CUT_OFF_REJECT);
    assert_true(config.generate_temperature.items[0] == 0.7 && config.verify_rel_tol == 0.05 &&
                config.generate_top_p == 1);
    assert_int_equal(config.prompt_format, RFT_PROMPT_AUTO);
    assert_true(rft_config_is_given(&config, "model.path") && !rft_config_is_given(&config, "generate.top_p"));
    rft_config_finish(&config);
    assert_int_equal(parse(REQUIRED, "generate.samples=1", &config), RFT_OK);
    assert_int_equal(rft_config_max_new_tokens(&config), 120);
    rft_config_finish(&config);
    struct rft_amount amount = {.kind = RFT_AMOUNT_PERCENT, .percent = 25};
    assert_int_equal(rft_amount_bytes(&amount, 1000), 250);
    amount.kind = RFT_AMOUNT_AUTO;
    assert_int_equal(rft_amount_bytes(&amount, 1000), 1000);
}

/* A key of another value changes the fingerprint exactly if it shapes text. */
static void test_fingerprint(void **state)
{
    (void)state;
    static const struct {
        const char *set;
        bool changes;
    } cases[] = {
        {"generate.samples=11", false},
        {"generate.max_new_tokens=99", true},
        {"generate.max_new_tokens=100", false},
        {"generate.temperature=0.70", false},
        {"generate.temperature=0.8", true},
        {"generate.top_k=1", true},
        {"generate.top_p=0.5", true},
        {"generate.min_p=0.5", true},
        {"generate.seed=1", true},
        {"generate.stop=x", true},
        {"data.limit=3", false},
        {"data.id_field=id", false},
        {"data.question_field=q", false},
        {"generate.temperature=[0.7, 1]", true},
        {"generate.seed=[0, 1]", true},
        {"data.filter=x=1", false},
        {"data.choices_field=x", false},
        {"data.completion_field=x", false},
        {"prompt.format=raw", true},
        {"prompt.system=x", true},
        {"prompt.variables={}", true},
        {"prompt.date=2026-01-02", true},
        {"prompt.bos=yes", true},
        {"prompt.template_name=x", true},
        {"generate.end_tokens=x", true},
        {"generate.defaults=none", true},
        {"verify.after=x", false},
        {"output.examples=yes", false},
        {"generate.chunk=1", false},
        {"generate.questions_in_flight=2", false},
        {"verify.rel_tol=0.1", false},
        {"select.keep=all", false},
        {"memory.budget=1GB", false},
        {"device.threads=1", false},
        {"device.backend=cpu", false},
        {"output.path=p", false},
        {"output.format=jsonl", false},
        {"model.path=other", false},
        {"device.memory=staged", false},
        {"device.dispatch_ms=5", false},
        {"device.arithmetic=unchecked", false},
        {"verify.kind=gsm8k", false},
        {"verify.compat=homework", false},
        {"verify.cut_off=accept", false},
    };
    struct rft_config config;
    assert_int_equal(parse(REQUIRED, NULL, &config), RFT_OK);
    char *plain = dumped(&config, true);
    rft_config_finish(&config);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(parse(REQUIRED, cases[i].set, &config), RFT_OK);
        char *other = dumped(&config, true);
        if ((strcmp(plain, other) != 0) != cases[i].changes)
            fail_msg("%s: the fingerprint %s", cases[i].set, cases[i].changes ? "stays" : "changes");
        rft_free(other);
        rft_config_finish(&config);
    }
    rft_free(plain);
}

static void expect_in_file(const char *relative, const char *begin, const char *end, enum rft_config_help form)
{
    struct rft_str file, help = {0};
    assert_int_equal(rft_file_read(rft_test_path(relative), 1 << 20, &file), RFT_OK);
    assert_int_equal(rft_config_help(form, &help), RFT_OK);
    char *from = strstr(file.data, begin);
    assert_non_null(from);
    from += strlen(begin);
    char *to = *end ? strstr(from, end) : from + strlen(from);
    assert_non_null(to);
    *to = 0;
    if (strcmp(from, help.data) != 0)
        fail_msg("%s is not what rftgen --help-config=%s prints", relative, form == RFT_HELP_INI ? "ini" : "markdown");
    rft_str_finish(&help);
    rft_str_finish(&file);
}

static void test_committed_texts(void **state)
{
    (void)state;
    expect_in_file("configs/rft.ini", "", "", RFT_HELP_INI);
    expect_in_file("docs/configuration.md", "<!-- keys begin -->\n", "<!-- keys end -->", RFT_HELP_MARKDOWN);
}

/* The printed file, read back, is the defaults. */
static void test_printed_ini_is_the_defaults(void **state)
{
    (void)state;
    const char *sets[] = {"model.path=dir/m", "data.questions=dir/q", "prompt.template=dir/t", "output.path=o"};
    struct rft_config config;
    struct rft_str help = {0};
    assert_int_equal(rft_config_help(RFT_HELP_INI, &help), RFT_OK);
    assert_int_equal(rft_config_parse("x", (struct rft_bytes){help.data, help.len}, sets, 4, RFT_USE_TO_DRAW, &config),
                     RFT_OK);
    char *printed = dumped(&config, false);
    rft_config_finish(&config);
    assert_int_equal(parse(REQUIRED, NULL, &config), RFT_OK);
    char *defaults = dumped(&config, false);
    rft_config_finish(&config);
    assert_string_equal(printed, defaults);
    rft_free(printed);
    rft_free(defaults);
    rft_str_finish(&help);
    help = (struct rft_str){0};
    assert_int_equal(rft_config_help(RFT_HELP_TEXT, &help), RFT_OK);
    for (size_t i = 0; i < rft_n_keys; i++)
        assert_non_null(strstr(help.data, rft_keys[i].name));
    rft_str_finish(&help);
}

static void test_task_configs(void **state)
{
    (void)state;
    static const char *const files[] = {"configs/demo.ini", "configs/smollm2.ini", "configs/gemma3.ini",
                                        "configs/code.ini"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct rft_config config;
        struct rft_str text;
        assert_int_equal(rft_config_load(rft_test_path(files[i]), NULL, 0, RFT_USE_TO_DRAW, &config), RFT_OK);
        assert_true(rft_file_exists(config.data_questions));
        if (*config.prompt_template != '\0') {
            assert_int_equal(rft_file_read(config.prompt_template, 1 << 20, &text), RFT_OK);
            const char *slot = strstr(text.data, "{question}");
            assert_true(slot && !strstr(slot + 1, "{question}"));
            rft_str_finish(&text);
        }
        assert_true(*config.prompt_examples == '\0' || rft_file_exists(config.prompt_examples));
        assert_true(*config.verify_command == '\0' || rft_file_exists(config.verify_command));
        rft_config_finish(&config);
    }
}

static enum rft_status load_all(void *user)
{
    static const char *const sets[] = {"generate.stop=[\"a\", \"b\"]", "data.answer_after=\"x\"",
                                       "generate.stop=\"c\""};
    struct rft_config config;
    struct rft_str out = {0};
    enum rft_status status = rft_config_load(user, sets, 3, RFT_USE_TO_DRAW, &config);
    if (status == RFT_OK)
        status = rft_config_fingerprint(&config, &out);
    rft_str_finish(&out);
    rft_config_finish(&config);
    return status;
}

static void test_alloc_faults(void **state)
{
    (void)state;
    char path[256];
    snprintf(path, sizeof path, "%s/a.ini", rft_test_tmp_dir());
    rft_test_write_file(path, REQUIRED, strlen(REQUIRED));
    assert_true(rft_test_alloc_faults(load_all, path) > 20);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),          cmocka_unit_test(test_bad_values),
        cmocka_unit_test(test_bad_files),       cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_forms_of_lines),  cmocka_unit_test(test_paths_and_sets),
        cmocka_unit_test(test_defaults),        cmocka_unit_test(test_fingerprint),
        cmocka_unit_test(test_committed_texts), cmocka_unit_test(test_printed_ini_is_the_defaults),
        cmocka_unit_test(test_task_configs),    cmocka_unit_test(test_alloc_faults),
    };
    rft_alloc_hook_json();
    return RFT_TEST_RUN(tests, NULL, NULL);
}
