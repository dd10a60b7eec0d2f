/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "formula.h"

#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct case_ {
    const char *completion;
    enum rft_formula_source source;
    const char *answer; /* NULL: none */
};

static void check_cases(const struct case_ *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct rft_formula_answer answer = rft_formula_answer(rft_bytes_z(cases[i].completion));
        bool same = (answer.text.data == NULL) == (cases[i].answer == NULL) &&
                    (cases[i].answer == NULL || rft_bytes_equal(answer.text, rft_bytes_z(cases[i].answer)));
        if (!same || answer.source != cases[i].source)
            fail_msg("\"%s\": source %d, \"%.*s\"; expected %d, \"%s\"", cases[i].completion, (int)answer.source,
                     (int)answer.text.len, answer.text.data != NULL ? answer.text.data : "", (int)cases[i].source,
                     cases[i].answer != NULL ? cases[i].answer : "(none)");
    }
}
#define CHECK_CASES(cases) check_cases(cases, sizeof(cases) / sizeof *(cases))

#define BOXED RFT_FORMULA_BOXED
#define STATED RFT_FORMULA_STATED
#define LAST RFT_FORMULA_LAST
#define NONE RFT_FORMULA_NONE

static void test_boxes(void **state)
{
    (void)state;
    static const struct case_ cases[] = {
        {"so \\boxed{5}.", BOXED, "5"},
        {"so \\boxed{\\frac{1}{2}}.", BOXED, "\\frac{1}{2}"},
        {"so \\boxed{\\{1, 2\\}}.", BOXED, "\\{1, 2\\}"},
        {"so \\fbox{ 5 }.", BOXED, "5"},
        {"so \\boxed {5}.", BOXED, "5"},
        {"so $\\boxed 5$.", BOXED, "5"},
        {"so $\\boxed5$.", BOXED, "5"},
        {"\\boxed{1} is wrong; \\boxed{2}", BOXED, "2"},
        {"\\boxed{\\boxed{2}}", BOXED, "\\boxed{2}"},
        {"\\boxed{1} and then \\boxed{2", BOXED, "1"},
        {"{ \\boxed{1} {", BOXED, "1"},
        {"} \\boxed{1}", BOXED, "1"},
        {"\\boxed{1", NONE, NULL},
        {"\\boxedtext{1} is all that there is", NONE, NULL},
        {"$\\boxed{1}$ and $\\boxed{2}$", BOXED, "\\boxed{1}$ and $\\boxed{2}"},
        {"\\[ \\boxed{1}, \\quad \\boxed{2} \\]", BOXED, "\\boxed{1}, \\quad \\boxed{2}"},
        {"\\boxed{1} \\text{ or } \\boxed{2}", BOXED, "\\boxed{1} \\text{ or } \\boxed{2}"},
        {"$y_1 = \\boxed{1}$ and $y_2 = \\boxed{2}$", BOXED, "\\boxed{1}$ and $y_2 = \\boxed{2}"},
        {"\\boxed{1} no no no \\boxed{2}", BOXED, "2"},
        {"\\boxed{1} \\boxed{2}", BOXED, "2"},
        {"\\boxed{1}. The answer is 2.", BOXED, "1"},
        {"\\boxed{}", BOXED, ""},
        {"$\\boxed{1}$ & $\\boxed{2}$", BOXED, "\\boxed{1}$ & $\\boxed{2}"},
    };
    CHECK_CASES(cases);
}

static void test_own_part(void **state)
{
    (void)state;
    static const struct case_ cases[] = {
        {"So \\boxed{5}.\n\nProblem: x\nSolution: \\boxed{6}", BOXED, "5"},
        {"So \\boxed{5}.\n\n**Problem 2:** x\nSolution: \\boxed{6}", BOXED, "5"},
        {"So \\boxed{5}.\n### Instruction\nx\n\\boxed{6}", BOXED, "5"},
        {"So \\boxed{5}.\n**Problem**\nx\n\\boxed{6}", BOXED, "5"},
        {"So \\boxed{5}.\nQ: what? \\boxed{6}", BOXED, "5"},
        {"The answer is 5.\nQuestion: x\nThe answer is 6.", STATED, "5"},
        {"Problem: x\nSolution: \\boxed{6}", BOXED, "6"},
        {"\\boxed{5}.\nProblems like it: \\boxed{6}", BOXED, "6"},
        {"\\boxed{5}. In this problem: \\boxed{6}", BOXED, "6"},
        {"The answer is 5<|end_of_text|>", STATED, "5"},
        {"The answer is 5<end_of_turn> The answer is 6", STATED, "5"},
        {"The answer is 5<|end|>", STATED, "5"},
    };
    CHECK_CASES(cases);
}

static void test_denials(void **state)
{
    (void)state;
    static const struct case_ cases[] = {
        {"The answer is not $\\boxed{5}$.", NONE, NULL},
        {"The answer is $\\boxed{6}$, not $\\boxed{5}$.", NONE, NULL},
        {"It isn't equal to $x = \\boxed{5}$.", NONE, NULL},
        {"$x \\neq \\boxed{5}$", NONE, NULL},
        {"$\\boxed{5}$ is wrong. I do not know the answer.", NONE, NULL},
        {"$\\boxed{5}$ is clearly not the answer.", NONE, NULL},
        {"Thus $n=\\boxed{5}$ is impossible. So $n = 6$.", NONE, NULL},
        {"\\[\\boxed{5}\\]\nThis is incorrect.", NONE, NULL},
        {"The answer is 5? No. It is 6.", NONE, NULL},
        {"The answer is $5$. No, it is 6.", NONE, NULL},
        {"$\\boxed{5} \\text{ is wrong}$", NONE, NULL},
        {"$\\boxed{5}$. Wait, that's not right.", NONE, NULL},
        {"\\boxed{5} would be a wrong answer.", NONE, NULL},
        {"$\\boxed{5}$. Wait, let me check: yes.", BOXED, "5"},
        {"The answer is not 4 but rather \\boxed{5}.", BOXED, "5"},
        {"It is 4 rather than \\boxed{5}.", NONE, NULL},
        {"$\\boxed{5}$. It cannot be simplified.", BOXED, "5"},
        {"$\\boxed{5}$ cannot be right.", NONE, NULL},
        {"Is it \\boxed{5}? Yes.", BOXED, "5"},
        {"$\\boxed{5}$, not 6.", BOXED, "5"},
        {"$\\boxed{5}$. This is the answer, and not 6.", BOXED, "5"},
        {"As 4 is not prime, the answer is \\boxed{5}.", BOXED, "5"},
        {"This is not possible. \\boxed{5}", BOXED, "5"},
        {"The final answer is $5$. I hope it is correct.", STATED, "$5$"},
        {"\\boxed{1} is wrong; \\boxed{2}", BOXED, "2"},
    };
    CHECK_CASES(cases);
}

static void test_statements(void **state)
{
    (void)state;
    static const struct case_ cases[] = {
        {"Final Answer: The final answer is $\\frac{1}{2}$. I hope it is correct.", STATED, "$\\frac{1}{2}$"},
        {"The final answer is 3.5. I hope it is correct.", STATED, "3.5"},
        {"The answer is 1. No, the answer is 2.", STATED, "2"},
        {"**Answer:** 12 apples\nDone.", STATED, "12 apples"},
        {"Final Answer: The largest $n$ is 34.", STATED, "34"},
        {"The final answer is:\n\\[ x = 2 \\]\nas shown.", STATED, "\\[ x = 2 \\]"},
        {"#### 42", STATED, "42"},
        {"The answer is: $x=5$, as required.", STATED, "$x=5$"},
        {"The answer is $5$, which is wrong.", NONE, NULL},
        {"The answer is", NONE, NULL},
        {"The answer is 5, so \\boxed{", NONE, NULL},
    };
    CHECK_CASES(cases);
}

static void test_conclusions(void **state)
{
    (void)state;
    static const struct case_ cases[] = {
        {"We have that $\\frac{3}{20} = 0.15$.", LAST, "\\frac{3}{20} = 0.15"},
        {"First $a = 1$. Then\n\\[ 2 + 3 = 4 + 1 = 5 \\]", LAST, "5"},
        {"Therefore $x \\geq 5$ is the solution.", LAST, "x \\geq 5"},
        {"The pair $(x, y)$ is $(7, 6)$.", LAST, "(7, 6)"},
        {"Hence the area of $ABC$ is 12 cm.", LAST, "12 cm"},
        {"So the probability is 2/3.", LAST, "2/3"},
        {"1,000", LAST, "1,000"},
        {"At \\$5 each it is $x = 20$.", LAST, "x = 20"},
        {"x = 1 or x = 2", LAST, "x = 1 or x = 2"},
        {"So $x = 1$ and $x = 2$.", NONE, NULL},
        {"Since $a = 1$ and $b = 2$ we have $a + b$ and so on.", NONE, NULL},
        {"Therefore $x = 9$ is not possible.", NONE, NULL},
        {"Now compute y when x = 12", NONE, NULL},
        {"So the length is 12", NONE, NULL},
        {"First, note that the total number is $12$.", NONE, NULL},
        {"If $x = 9$.", NONE, NULL},
        {"Therefore $x = 9", NONE, NULL},
        {"She walks on and on and that is all", NONE, NULL},
        {"", NONE, NULL},
        {"The game is 2/3. <|im_end|> more \\boxed{3}", LAST, "2/3"},
    };
    CHECK_CASES(cases);
}

static char *repeated(const char *text, size_t n)
{
    size_t len = strlen(text);
    char *all = malloc(len * n + 1);
    assert_non_null(all);
    for (size_t i = 0; i < n; i++)
        memcpy(all + i * len, text, len);
    all[len * n] = '\0';
    return all;
}

/* n times `open`, a 4, n times `close`. */
static char *nested(const char *open, const char *close, size_t n)
{
    char *begin = repeated(open, n), *end = repeated(close, n);
    size_t room = strlen(begin) + strlen(end) + 2;
    char *all = malloc(room);
    assert_non_null(all);
    snprintf(all, room, "%s4%s", begin, end);
    free(begin);
    free(end);
    return all;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Texts that would take a careless reader for ever, or its stack. The bound is a hundred times what it takes. */
static void test_hostile(void **state)
{
    (void)state;
    static const struct {
        const char *part;
        size_t n;
    } long_texts[] = {
        {"{", 1000000},    {"(", 1000000},         {"\\boxed{", 100000}, {"$", 1000000},          {"\\(", 500000},
        {"\\frac{", 8000}, {"answer is ", 100000}, {"7", 500000},        {"\\boxed{1}, ", 10000}, {"(", 8000},
        {"-", 8000},       {"x^", 4000},           {"|", 8000},          {"\\frac{", 1300},       {"{", 8000},
        {"3!", 4000},      {"1+", 4000},           {"\\{1,", 2000},      {"\\sqrt", 1600},        {"e^{", 2000},
    };
    static const char *const formulas[] = {
        "9^9^9^9",
        "9^{9^{9^9}}",
        "(x+1)^{10^9}",
        "1000000!",
        "1e999999999",
        "\\sin(10^{999})",
        "2^{x^{x^{x^x}}}",
        "(1+\\frac{1}{x})^{999999999}",
        "\\binom{1000000000}{1400}",
        "((7!)!)!",
        "\\sqrt[1000]{2}^{1000000000}",
        "e^{e^{e^{e^{100}}}}",
    };
    double begin = seconds();
    for (size_t i = 0; i < sizeof long_texts / sizeof *long_texts; i++) {
        char *text = repeated(long_texts[i].part, long_texts[i].n);
        enum rft_formula_verdict verdict;
        rft_formula_answer(rft_bytes_z(text));
        assert_int_equal(rft_formula_compare(rft_bytes_z(text), rft_bytes_z("1"), &verdict), RFT_OK);
        assert_true(verdict != RFT_FORMULA_SAME);
        free(text);
    }
    for (size_t i = 0; i < sizeof formulas / sizeof *formulas; i++) {
        enum rft_formula_verdict verdict;
        assert_int_equal(rft_formula_compare(rft_bytes_z(formulas[i]), rft_bytes_z("1 + 0"), &verdict), RFT_OK);
        assert_true(verdict != RFT_FORMULA_SAME);
    }
    static const struct {
        const char *open, *close;
    } brackets[] = {{"\\{", "\\}"}, {"\\{1,", "\\}"}, {"(1,\\{", "\\})"}, {"\\{x<1,", "\\}"}};
    for (size_t i = 0; i < sizeof brackets / sizeof *brackets; i++)
        for (size_t n = 10; n < 100; n += 10) {
            char *text = nested(brackets[i].open, brackets[i].close, n);
            char *other = nested(brackets[i].open, brackets[i].close, n - 1);
            enum rft_formula_verdict verdict;
            assert_int_equal(rft_formula_compare(rft_bytes_z(text), rft_bytes_z(other), &verdict), RFT_OK);
            assert_int_equal(rft_formula_compare(rft_bytes_z(text), rft_bytes_z("5"), &verdict), RFT_OK);
            assert_true(verdict != RFT_FORMULA_SAME);
            free(text);
            free(other);
        }
    assert_true(seconds() - begin < 20);
}

/* MPFR keeps constants for each thread; verdicts do not depend on what others do. */
static void *compare_often(void *user)
{
    bool *same = user;
    for (int i = 0; i < 200 && *same; i++) {
        enum rft_formula_verdict verdict;
        *same = rft_formula_compare(rft_bytes_z("\\frac{\\pi}{4} + \\ln 2"), rft_bytes_z("\\ln 2 + \\arctan 1"),
                                    &verdict) == RFT_OK &&
                verdict == RFT_FORMULA_SAME;
    }
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    pthread_t threads[4];
    bool same[4];
    for (int i = 0; i < 4; i++) {
        same[i] = true;
        assert_int_equal(pthread_create(&threads[i], NULL, compare_often, &same[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_true(same[i]);
    }
}

struct tally {
    size_t n, n_equal, n_accepted_wrongly;
};

static struct rft_bytes bytes_of(const json_t *row, const char *key)
{
    const json_t *text = json_object_get(row, key);
    return (struct rft_bytes){json_string_value(text), json_string_length(text)};
}

static void judge(const json_t *row, const char *completion_key, bool is_right, struct tally *tally)
{
    struct rft_formula_answer answer = rft_formula_answer(bytes_of(row, completion_key));
    enum rft_formula_verdict verdict = RFT_FORMULA_UNDECIDED;
    if (answer.text.data != NULL)
        assert_int_equal(rft_formula_compare(answer.text, bytes_of(row, "gold"), &verdict), RFT_OK);
    tally->n++;
    tally->n_equal += (verdict == RFT_FORMULA_SAME) == is_right;
    tally->n_accepted_wrongly += verdict == RFT_FORMULA_SAME && !is_right;
}

static struct tally judge_file(const char *relative)
{
    struct tally tally = {0};
    const char *path = rft_test_shared(relative);
    if (path == NULL)
        RFT_SKIP("the optional test data is absent (RFTGEN_SHARED_DATA)");
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    json_t *row;
    while ((row = json_loadf(f, JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL, NULL)) != NULL) {
        judge(row, "response", json_is_true(json_object_get(row, "correct")), &tally);
        json_decref(row);
    }
    fclose(f);
    return tally;
}

/* Real outputs with their publishers' verdicts. Of the 15 that differ, 10 are right answers that the publisher read
 * wrongly or compared as texts, 2 are wrong ones that it accepts, and 3 texts end without stating an answer. */
static void test_shared_labelled(void **state)
{
    (void)state;
    struct tally qwen = judge_file("labelled/qwen2.5-math.math100x8.jsonl");
    struct tally rho = judge_file("labelled/rho-math-1b-v0.1.minerva_math.jsonl");
    assert_int_equal(qwen.n, 800);
    assert_true(qwen.n_equal >= 799);
    assert_int_equal(rho.n, 500);
    assert_true(rho.n_equal >= 486);
}

static void test_shared_equivalence(void **state)
{
    (void)state;
    struct tally tally = {0};
    const char *path = rft_test_shared("labelled/math-equivalence.json");
    if (path == NULL)
        RFT_SKIP("the optional test data is absent (RFTGEN_SHARED_DATA)");
    json_t *rows = json_load_file(path, 0, NULL), *row;
    size_t i;
    json_array_foreach(rows, i, row)
    {
        judge(row, "pred", json_integer_value(json_object_get(row, "expected")) == 1, &tally);
    }
    assert_int_equal(tally.n, 117);
    assert_int_equal(tally.n_accepted_wrongly, 0);
    assert_true(tally.n_equal >= 112);
    json_decref(rows);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boxes),
        cmocka_unit_test(test_own_part),
        cmocka_unit_test(test_denials),
        cmocka_unit_test(test_statements),
        cmocka_unit_test(test_conclusions),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_threads),
        RFT_OPTIONAL(test_shared_labelled, "test data of RFTGEN_SHARED_DATA"),
        RFT_OPTIONAL(test_shared_equivalence, "test data of RFTGEN_SHARED_DATA"),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
