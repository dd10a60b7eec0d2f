/* SPDX-License-Identifier: MIT */
/* kind = exact and kind = regex, and what states an answer. */
#include "support.h"

#include "alloc.h"
#include "judge.h"
#include "statement.h"

#include <stdlib.h>
#include <string.h>

#define OK_ RFT_REASON_ACCEPTED
#define WRONG RFT_REASON_WRONG
#define NONE RFT_REASON_NO_ANSWER
#define NAN_ RFT_REASON_NOT_A_NUMBER
#define COMPLEX RFT_REASON_TOO_COMPLEX

struct text_case {
    struct rft_verify_options options;
    const char *gold, *text;
    enum rft_reason reason;
    const char *answer; /* NULL: none */
};

static void check(const struct text_case *cases, size_t n)
{
    size_t n_wrong = 0;
    for (size_t i = 0; i < n; i++) {
        const struct text_case *c = &cases[i];
        struct rft_verdict v =
            rft_test_verify(&c->options, rft_bytes_z(c->text), RFT_FINISH_STOP, rft_bytes_z(c->gold));
        struct rft_bytes answer = v.answer.data != NULL ? v.answer : rft_bytes_z("(none)");
        if (v.reason == c->reason && rft_bytes_equal(answer, rft_bytes_z(c->answer != NULL ? c->answer : "(none)")))
            continue;
        print_error("\"%s\" (gold %s): %s \"%.*s\", not %s \"%s\"\n", c->text, c->gold, rft_reason_text(v.reason),
                    (int)answer.len, answer.data, rft_reason_text(c->reason), c->answer != NULL ? c->answer : "(none)");
        n_wrong++;
    }
    assert_int_equal(n_wrong, 0);
}
#define CHECK(cases) check(cases, sizeof(cases) / sizeof *(cases))

#define EXACT .kind = RFT_VERIFY_EXACT
#define REGEX(p) .kind = RFT_VERIFY_REGEX, .pattern = p

static void test_exact(void **state)
{
    (void)state;
    static const struct text_case cases[] = {
        {{EXACT}, "Paris", "<answer>Paris</answer>", OK_, "Paris"},
        {{EXACT}, "Paris", "<answer> Paris\n</answer> tail", OK_, "Paris"},
        {{EXACT}, "Paris", "It is \\boxed{Paris}.", OK_, "Paris"},
        {{EXACT}, "Paris", "\\boxed{\\text{Paris}}", OK_, "Paris"},
        {{EXACT}, "Paris", "<answer>\\boxed{Paris}</answer>", OK_, "Paris"},
        {{EXACT}, "\\frac{1}{2}", "so $\\boxed{\\frac{1}{2}}$", OK_, "\\frac{1}{2}"},
        {{EXACT}, "Paris", "The answer is Paris.", OK_, "Paris"},
        {{EXACT}, "Paris", "The answer is **Paris**.", OK_, "Paris"},
        {{EXACT}, "Paris", "The answer is **Paris.**", OK_, "Paris"},
        {{EXACT}, "Paris", "**Answer:** Paris", OK_, "Paris"},
        {{EXACT}, "Paris", "### Answer\n\nParis", OK_, "Paris"},
        {{EXACT}, "New York", "Answer: New  York", OK_, "New  York"},
        {{EXACT, .keep_space = true}, "New York", "Answer: New  York", WRONG, "New  York"},
        {{EXACT}, "Paris", "Answer: paris", WRONG, "paris"},
        {{EXACT, .ignore_case = true}, "Paris", "Answer: pARIS", OK_, "pARIS"},
        {{EXACT, .ignore_case = true},
         "stra\xc3\x9f"
         "e",
         "Answer: STRASSE",
         OK_,
         "STRASSE"},
        {{EXACT, .ignore_case = true}, "\xc3\x89t\xc3\xa9", "Answer: \xc3\xa9T\xc3\x89", OK_, "\xc3\xa9T\xc3\x89"},
        {{EXACT}, "Paris", "Answer: Paris!", WRONG, "Paris!"},
        {{EXACT, .ignore_punctuation = true}, "Paris", "Answer: \"Paris!\"", OK_, "\"Paris!\""},
        {{EXACT, .ignore_punctuation = true}, "5", "Answer: -5", WRONG, "-5"},
        {{EXACT, .ignore_punctuation = true}, "5", "Answer: .5", WRONG, ".5"},
        {{EXACT, .ignore_punctuation = true}, "[0,1)", "Answer: (0,1]", WRONG, "(0,1]"},
        {{EXACT, .ignore_punctuation = true}, "50", "Answer: 50%", WRONG, "50%"},
        {{EXACT, .ignore_punctuation = true}, "!", "Answer: ?", WRONG, "?"},
        {{EXACT}, "Paris", "Paris", NONE, NULL},
        {{EXACT, .extract = RFT_EXTRACT_TEXT}, "Paris", " Paris\n", OK_, "Paris"},
        {{EXACT, .extract = RFT_EXTRACT_TEXT}, "Paris", "It is Paris", WRONG, "It is Paris"},
        {{EXACT}, "Paris", "The answer is Paris, Texas.", WRONG, "Paris, Texas"},
        {{EXACT}, "Paris", "I do not think the answer is Paris", NONE, NULL},
        {{EXACT}, "Paris", "<answer></answer>", WRONG, ""},
        {{EXACT}, "Paris", "<answer>London</answer> The answer is Paris", WRONG, "London"},
        {{EXACT}, "Paris", "The answer is Paris or London", WRONG, "Paris or London"},
        {{EXACT}, "U.S.A.", "The answer is U.S.A.", OK_, "U.S.A"},
        {{EXACT}, "U.S.A.", "The answer is **U.S.A.**", OK_, "U.S.A"},
        {{EXACT}, "U.S.A.", "<answer>U.S.A.</answer>", OK_, "U.S.A."},
        {{EXACT}, "U.S.A.", "<answer>U.S.A</answer>", WRONG, "U.S.A"},
        {{EXACT}, "U.S.A", "The answer is U.S.A.", OK_, "U.S.A"},
        {{EXACT}, "Paris", "The answer is Paris.<|im_end|>", OK_, "Paris"},
        {{EXACT}, "Paris", "Answer: Paris</s>\n<|eot_id|>", OK_, "Paris"},
        {{EXACT}, "Paris", "Answer: Paris<|im_end|> London", WRONG, "Paris<|im_end|> London"},
        {{EXACT}, "Paris", "At first glance, the answer is Paris", NONE, NULL},
        {{EXACT}, "Paris", "The student said that the answer is Paris", NONE, NULL},
        {{EXACT}, "a\xff", "Answer: a\xfe", WRONG, "a\xfe"},
        {{EXACT}, "a\xff", "Answer: a\xff", OK_, "a\xff"},
    };
    CHECK(cases);
}

static void test_statement(void **state)
{
    (void)state;
    static const struct {
        const char *text, *statement; /* NULL: none */
    } cases[] = {
        {"\\boxed{1} \\boxed{2}", "2"},
        {"\\boxed{1} \\boxed{2", "1"},
        {"\\boxed{\\boxed{1}}", "1"},
        {"\\boxed{ {a} b", NULL},
        {"\\boxed{\\{1, 2\\}}", "\\{1, 2\\}"},
        {"\\boxed {3}", "3"},
        {"\\boxed", NULL},
        {"<answer>1</answer> \\boxed{2}", "1"},
        {"the answer is 4", "4"},
        {"The final answer is: 4.", "4"},
        {"the answer to the problem is 4", "4"},
        {"the answer must be 4", "4"},
        {"Answer\xef\xbc\x9a 4", "4"},
        {"Answer = 4", "4"},
        {"So the correct option is 4", "4"},
        {"the other option is 4", NULL},
        {"the wrong answer is 4", NULL},
        {"if the answer is 4", NULL},
        {"to answer 4", NULL},
        {"answering is 4", NULL},
        {"Answer:", NULL},
        {"Answer: 1\nAnswer:", "1"},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_statement s = rft_statement_find(rft_bytes_z(cases[i].text));
        bool is_same = cases[i].statement == NULL
                           ? s.text.data == NULL
                           : s.text.data != NULL && rft_bytes_equal(s.text, rft_bytes_z(cases[i].statement));
        if (!is_same)
            fail_msg("\"%s\": \"%.*s\"", cases[i].text, (int)s.text.len, s.text.data != NULL ? s.text.data : "");
    }
}

static void test_regex(void **state)
{
    (void)state;
    static const struct text_case cases[] = {
        {{REGEX("Result: (\\w+)")}, "b", "Result: a\nResult: b", OK_, "b"},
        {{REGEX("Result: (\\w+)"), .first_match = true}, "b", "Result: a\nResult: b", WRONG, "a"},
        {{REGEX("\\d+")}, "42", "7 and 42", OK_, "42"},
        {{REGEX("\\d*")}, "42", "7 and 42 end", OK_, "42"},
        {{REGEX("x*")}, "x", "abc", NONE, NULL},
        {{REGEX("(?<n>\\d+) (?<w>\\w+)"), .group = "w"}, "cats", "3 cats", OK_, "cats"},
        {{REGEX("(\\d+) (\\w+)"), .group = "2"}, "cats", "3 cats", OK_, "cats"},
        {{REGEX("(\\d+) cats"), .group = "0"}, "3 cats", "3 cats", OK_, "3 cats"},
        {{REGEX("(a)|(b)")}, "a", "a b", OK_, "a"},
        {{REGEX("^= (.*)$")}, "5", "x\n= 5\ny", OK_, "5"},
        {{REGEX("= (.*)"), .compare = RFT_COMPARE_NUMBER}, "5", "= 5.0 apples", OK_, "5.0 apples"},
        {{REGEX("= (.*)"), .compare = RFT_COMPARE_NUMBER}, "5", "= 5 or 6", NAN_, "5 or 6"},
        {{REGEX("= (.*)"), .compare = RFT_COMPARE_NUMBER}, "1,000", "= 1000", OK_, "1000"},
        {{REGEX("= (.*)"), .ignore_case = true}, "Paris", "= PARIS", OK_, "PARIS"},
        {{REGEX("(?<=a)")}, "x", "aaaa", NONE, NULL},
        {{REGEX("a\\Kb")}, "b", "ab ab", OK_, "b"},
        {{REGEX("(?=(\\d))")}, "3", "1 2 3", OK_, "3"},
        {{REGEX("\\b")}, "x", "many words here", NONE, NULL},
        {{REGEX("\xc3\xa9(.)")}, "t", "\xc3\xa9t\xff\xc3\xa9", OK_, "t"},
        {{REGEX("a(.)b")},
         "x",
         "a\xff"
         "b",
         WRONG,
         "\xff"},
        {{REGEX("(\\x1a\\x1a)!")}, "\xe2\x82", "\xe2\x82!", OK_, "\xe2\x82"},
        {{REGEX("(a+)+$")},
         "a",
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!",
         COMPLEX,
         NULL},
        {{REGEX("(?:\\D+|<\\d+>)*[!?]")},
         "a",
         "foobar foobar foobar foobar foobar foobar foobar foobar",
         COMPLEX,
         NULL},
    };
    CHECK(cases);
}

/* What cannot be a rule is said when it is opened. */
static void test_regex_refusals(void **state)
{
    (void)state;
    static const struct {
        struct rft_verify_options options;
        const char *part;
    } cases[] = {
        {{REGEX("a(b")},
         "verify.pattern: the pattern \"a(b\" is not understood at byte 3: missing closing parenthesis"},
        {{REGEX("")}, "verify.pattern is missing"},
        {{REGEX("a\\Cb")}, "verify.pattern"},
        {{REGEX("(a)"), .group = "2"}, "verify.group = 2: verify.pattern has 1 groups"},
        {{REGEX("(a)"), .group = "99999999999999999999"}, "verify.group"},
        {{REGEX("(a)"), .group = "x"}, "verify.group = x"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_verify *verify;
        rft_test_log_capture();
        assert_int_equal(rft_verify_open(&cases[i].options, &verify), RFT_ERR_CONFIG);
        if (rft_test_log_count(cases[i].part) != 1)
            fail_msg("expected \"%s\": %s", cases[i].part, rft_test_log_text());
    }
}

/* Steps over all of a long text are bounded, whatever the pattern. */
static void test_regex_hostile(void **state)
{
    (void)state;
    static const char *const patterns[] = {"(\\d)", "1(.*)[xy]", "1.*+[xy]", "((((1?)+)+)+)[xy]"};
    size_t n = 1000000;
    char *text = malloc(n);
    assert_non_null(text);
    memset(text, '1', n);
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        struct rft_verify_options options = {REGEX(patterns[i])};
        struct rft_verdict v =
            rft_test_verify(&options, (struct rft_bytes){text, n}, RFT_FINISH_STOP, rft_bytes_z("1"));
        if (v.reason != (i == 0 ? OK_ : COMPLEX))
            fail_msg("%s: %s", patterns[i], rft_reason_text(v.reason));
    }
    free(text);
}

static void test_alloc_faults(void **state)
{
    (void)state;
    const struct rft_verify_options options = {REGEX("(?<n>a+)"), .group = "n"};
    const struct rft_bytes gold = rft_bytes_z("a");
    const struct rft_verify_case c = {.completion = rft_bytes_z("\xff a"), .golds = {&gold, 1}};
    enum rft_status status = RFT_ERR_HOST_MEMORY;
    uint64_t n_live = rft_alloc_n_live();
    rft_test_log_capture();
    for (uint64_t at = 1; status != RFT_OK; at++) {
        struct rft_verify *verify;
        struct rft_verdict verdict;
        rft_alloc_fail_at(at, 0);
        status = rft_verify_open(&options, &verify);
        if (status == RFT_OK)
            status = rft_verify_judge(verify, &c, &verdict);
        rft_alloc_fail_at(0, 0);
        rft_verify_close(verify);
        assert_true(status == RFT_OK || status == RFT_ERR_HOST_MEMORY);
        assert_int_equal(rft_alloc_n_live(), n_live);
        assert_true(at < 100);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact),         cmocka_unit_test(test_statement),
        cmocka_unit_test(test_regex),         cmocka_unit_test(test_regex_refusals),
        cmocka_unit_test(test_regex_hostile), cmocka_unit_test(test_alloc_faults),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
