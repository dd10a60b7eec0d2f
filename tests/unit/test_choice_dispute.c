/* SPDX-License-Identifier: MIT */
/* Multiple choice: statements that stand, and those that the text around them takes back. */
#include "support.h"

#include "judge.h"

static void check(const char *question, const char *const *texts, size_t n, const char *gold, enum rft_reason reason)
{
    static const struct rft_verify_options options = {.kind = RFT_VERIFY_CHOICE};
    const struct rft_bytes right = rft_bytes_z(gold);
    size_t n_wrong = 0;
    for (size_t i = 0; i < n; i++) {
        const struct rft_verify_case c = {
            .question = rft_bytes_z(question), .completion = rft_bytes_z(texts[i]), .golds = {&right, 1}};
        struct rft_verdict v;
        assert_int_equal(rft_test_try_verify(&options, &c, &v), RFT_OK);
        if (v.reason == reason)
            continue;
        print_error("\"%s\" (gold %s): %s, not %s\n", texts[i], gold, rft_reason_text(v.reason),
                    rft_reason_text(reason));
        n_wrong++;
    }
    assert_int_equal(n_wrong, 0);
}
#define CHECK(question, texts, gold, reason) check(question, texts, sizeof(texts) / sizeof *(texts), gold, reason)

static const char mmlu[] = "Which organelle makes most of a cell's ATP?\nA. nucleus\nB. mitochondrion\nC. ribosome\n"
                           "D. Golgi apparatus\nAnswer:";

/* What follows a statement, or stands before it in its sentence, takes it back or names another. */
static void test_taken_back(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "The answer is B. This is false.",
        "The answer is B. That is incorrect.",
        "The answer is B. It is not correct.",
        "The answer is B. No.",
        "The answer is B. No. C!",
        "The answer is B. Scratch that: C",
        "The answer is B. But C is the correct one.",
        "The answer is B. However, (C) is actually right.",
        "The answer is B. Oops, I meant C.",
        "The answer is B. Edit: C",
        "The answer is B.\n\nRevised: C",
        "The answer is B, which is wrong; it is C.",
        "The answer is B, but this is wrong.",
        "The answer is B. Hmm, B is wrong.",
        "The answer is B. C is correct, not B.",
        "The answer is B. It should be C instead.",
        "The answer is B. After all that, I would say that it is C.",
        "The answer is B as well as C",
        "The answer is B. Also C.",
        "The answer is B\nor C",
        "The answer is B\nand C",
        "The answer is B,\nC",
        "Answer:\n\nB) mitochondrion\nC) ribosome",
        "<answer>B\nC</answer>",
        "<answer>B: C</answer>",
        "Answer: B) not mitochondrion",
        "\\boxed{B'}",
        "\\boxed{B}{C}",
        "Unless A, option B is correct.",
        "Unless it is A, B is correct.",
        "The least correct answer is B",
        "The second best answer is B",
        "The second-best answer is B",
        "Many people think the answer is B.",
        "My friend believes that the correct answer is B.",
        "At first I thought the answer is B.",
        "At first glance the answer is B.",
        "At first glance, the answer is B.",
        "The student said the answer is B",
        "If x=1, the answer is B.",
        "So if x=1, the answer is B.",
        "Both B and C are correct answers, B is the correct answer.",
        "B\n\nExplanation: C is the correct answer.",
        "B\n\nThe answer is C.",
        "B\n\nC",
        "B. mitochondrion\nC. ribosome\n",
        "B. nucleus\n\nExplanation: it is.",
        "B\ncells are small.",
        "B is correct. C is correct.",
        "I would not choose B.",
        "I would choose B or C.",
        "They choose B.",
        "I would choose B. Or I would choose C.",
        "If I were you, I would choose B.",
        "#### B\n\n#### C",
        "#### B, C",
        "Solution: B cells",
        "The solution is B or C.",
        "The answer is b<|im_end|> C",
    };
    CHECK(mmlu, texts, "B", RFT_REASON_NO_ANSWER);
    static const char *const article[] = {"The answer is a.", "The answer is a"};
    CHECK(mmlu, article, "A", RFT_REASON_NO_ANSWER);
}

/* How models that follow instructions answer. */
static void test_usual(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "B\n\nExplanation: A is the nucleus, so it is not right.",
        "B\nExplanation: it respires.",
        "B. mitochondrion\n\nExplanation: it makes ATP. The nucleus (A) stores DNA.",
        "**B. mitochondrion**\n\nHere is why the others are wrong:\n- A. nucleus: stores DNA\n- C. ribosome: makes "
        "proteins. This is incorrect.",
        "(B)\n\nThe correct answer is B because A and C make no ATP.",
        "B) mitochondrion\n\nA) is wrong because it stores DNA. C) is wrong because it makes proteins.",
        "Ans: B",
        "Ans. (B): it respires.\n\nAns: B",
        "It respires.\n#### B",
        "#### (B)",
        "Solution: B",
        "(B) is correct.",
        "B is correct.",
        "B is the best answer. A is not.",
        "I would choose B.",
        "I'd go with (B).",
        "So I would go with option B, since it respires.",
        "The solution is B.",
        "The answer is B<|end_of_text|>",
        "The answer is B.<|im_end|>\n",
        "B<end_of_turn>\n<eos>",
        "The answer is the mitochondrion.",
        "The answer is a mitochondrion",
        "I think the answer is B.",
        "If x = 1 there is ATP, so the answer is B.",
        "The answer is B. The others are incorrect.",
        "The answer is B. A, C and D are wrong.",
        "The answer is B. C is wrong because it makes proteins.",
        "The answer is B.\n\nA is not correct. This is false for C.",
        "The correct answer is B. We can rule out A and C.",
        "The answer is B. A cell has many of them.",
        "The answer is (B).\n\nProblem: Which?\nThe answer is (C).",
    };
    CHECK(mmlu, texts, "B", RFT_REASON_ACCEPTED);
}

static void test_latex(void **state)
{
    (void)state;
    static const char question[] = "Which? (A) $\\frac{1}{2}$ (B) $\\frac{1}{3}$ (C) 0.5 m (D) 12";
    static const char *const half[] = {"The answer is $\\frac{1}{2}$", "\\boxed{\\frac{1}{2}}"};
    static const char *const third[] = {"The answer is \\(\\frac{1}{3}\\)."};
    CHECK(question, half, "A", RFT_REASON_ACCEPTED);
    CHECK(question, half, "B", RFT_REASON_WRONG);
    CHECK(question, third, "B", RFT_REASON_ACCEPTED);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_taken_back),
        cmocka_unit_test(test_usual),
        cmocka_unit_test(test_latex),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
