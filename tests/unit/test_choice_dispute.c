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
static const char *const taken_back[] = {
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
    "B\n\nC is better.",
    "The answer is B. C is a better choice.",
    "The answer is B. C fits better.",
    "The answer is B. I'd rather go with C.",
    "The opposite of the answer is B",
    "\\boxed{B} is wrong.",
    "\\boxed{B}\\boxed{C}",
    "<answer>B</answer> is not correct",
    "B\n\nThe right answer: ribosome",
    "The answer is B. Therefore, the final choice: C",
    "The answer is B. Let me double check. It is the ribosome.",
    "The answer is B. My final answer: (C).",
    "The answer is B. So we pick C.",
    "The answer is B. On second look, the right one would be C.",
    "The answer is B. ~~B~~ C",
    "The answer is ~~B~~ C",
    "The answer is B... or maybe C",
    "The answer is B. Both B and C are correct.",
    "The answer is B. The ribosome is also correct.",
    "The answer is B and also ribosome.",
    "The answer is B. I am not sure.",
    "The answer is B.\n\nC is also correct.",
    "The answer is B. C would be the right answer.",
    "The answer is B. C might be right too.",
    "The answer is B. The correct answer: C",
    "B or C",
    "B\n\nNote: the correct answer is C.",
    "B\n\nActually C.",
    "B\n\nExplanation: it is the ribosome. So the ribosome is correct.",
    "The answer is B if alive, else C",
    "Everyone says B is correct.",
    "Some say: B is correct.",
    "It is not true that B is correct.",
    "I would choose B, but the right one is C.",
    "I would choose B if I did not know better.",
    "A student would choose B. ",
    "I would have chosen B.",
    "The answer is B (incorrect).",
    "The answer is B - wrong!",
    "The answer is B, no wait, C.",
    "The answer is B. False!",
    "The answer is B. Incorrect.",
    "The answer is B. This answer is wrong.",
    "The answer is B. My answer is wrong.",
    "The answer is B. That's not right.",
    "The answer is B. The above is incorrect.",
    "The answer is B. That was a trick, it's C.",
    "Ans: B, C",
    "Ans: B\nAns: C",
    "#### B or C",
    "#### B\n#### C",
    "Solution: B\nSolution: C",
    "Let's see.\nB is correct.\nC is correct.",
    "(B) is correct and (C) is correct.",
    "(B) is correct. (C) is also correct.",
    "(B) and (C) are correct.",
    "The incorrect but tempting answer is B",
    "Supposedly the answer is B.",
    "The answer was B.",
    "The answer is B, the ribosome.",
    "The answer is B: ribosome",
    "The answer is B) the ribosome",
    "The answer is B. ribosome is what it is",
    "The answer is either the mitochondrion or the ribosome.",
    "The answer is the mitochondrion, or the ribosome",
    "The answer is the mitochondrion. No, the ribosome.",
    "The answer is the mitochondrion. Wrong! It is the ribosome.",
    "The answer is the mitochondrion\nThe answer is the ribosome",
};

static void test_taken_back(void **state)
{
    (void)state;
    CHECK(mmlu, taken_back, "B", RFT_REASON_NO_ANSWER);
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
        "The best answer is B. A is true but irrelevant.",
        "\\boxed{B} is correct because A is wrong.",
        "The answer is B rather than C.",
        "Answer: B\nConfidence: 90%",
        "The correct answer is B) mitochondrion.\n\nExplanation: The mitochondrion is the powerhouse. The other "
        "options are incorrect:\n\nA) nucleus - contains DNA.\nC) ribosome - makes protein.\nD) vacuole - storage.",
        "The correct answer is:\n\nB) mitochondrion\n\nMitochondria make ATP.",
        "The correct answer is **B**.\n\n- A is incorrect because it stores DNA.\n- C is incorrect because it makes "
        "protein.\n- D is not correct.",
        "B) mitochondrion",
        "**B) mitochondrion**\n\nThe mitochondrion makes ATP, which is right for this question.",
        "B\n\nThe mitochondrion makes ATP. Option A is wrong, as is option C.",
        "Option B is the correct answer. Options A, C, and D are incorrect.",
        "The answer is (B) mitochondrion. Options A and C are not correct since they do not.",
        "A: The nucleus stores DNA.\nB: makes ATP.\nC: protein.\nD: stores.\n\nThe correct answer is B.",
        "The answer is B.\n\nA) Incorrect. It stores DNA.\nB) Correct. It makes ATP.\nC) Incorrect.\nD) Incorrect.",
        "To solve this, consider each option. A is the nucleus. It is not right. So the answer is B.",
        "The answer is \\(\\boxed{B}\\).",
        "Therefore, the correct option is $\\boxed{\\text{B}}$. This means that A, C and D are wrong.",
        "The answer is B. Vitamin C is not involved.",
        "I believe the correct answer is B.",
        "Based on the passage, the best answer is B. While C is plausible, it does not make ATP.",
        "We can eliminate A, C and D. The answer is B.",
        "The answer is B. I hope this helps!",
        "<answer>B</answer>\n",
        "Thus, the answer is B.<|eot_id|>",
        "The final answer is B",
        "My final answer is (B).",
        "Let's go step by step. ... So, the best option is B: mitochondrion.",
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
