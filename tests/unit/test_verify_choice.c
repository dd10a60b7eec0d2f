/* SPDX-License-Identifier: MIT */
/* Multiple choice: what outputs for MMLU, ARC, CommonsenseQA and AQuA state, and what they do not. */
#include "support.h"

#include "choice.h"
#include "judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OK_ RFT_REASON_ACCEPTED
#define WRONG RFT_REASON_WRONG
#define NONE RFT_REASON_NO_ANSWER
#define UNDECIDED RFT_REASON_UNDECIDED

static const struct rft_verify_options options = {.kind = RFT_VERIFY_CHOICE};

struct choice_case {
    const char *gold, *text;
    enum rft_reason reason;
};

static void check(const char *question, const struct choice_case *cases, size_t n)
{
    struct rft_verify *verify;
    size_t n_wrong = 0;
    assert_int_equal(rft_verify_open(&options, &verify), RFT_OK);
    for (size_t i = 0; i < n; i++) {
        const struct rft_bytes gold = rft_bytes_z(cases[i].gold);
        const struct rft_verify_case c = {
            .question = rft_bytes_z(question), .completion = rft_bytes_z(cases[i].text), .golds = {&gold, 1}};
        struct rft_verdict v;
        assert_int_equal(rft_verify_judge(verify, &c, &v), RFT_OK);
        if (v.reason != cases[i].reason) {
            print_error("\"%s\" (gold %s): %s \"%.*s\", not %s\n", cases[i].text, cases[i].gold,
                        rft_reason_text(v.reason), (int)v.answer.len, v.answer.data != NULL ? v.answer.data : "",
                        rft_reason_text(cases[i].reason));
            n_wrong++;
        }
    }
    rft_verify_close(verify);
    assert_int_equal(n_wrong, 0);
}
#define CHECK(question, cases) check(question, cases, sizeof(cases) / sizeof *(cases))

static const char mmlu[] = "Which organelle makes most of a cell's ATP?\nA. nucleus\nB. mitochondrion\nC. ribosome\n"
                           "D. Golgi apparatus\nAnswer:";

static void test_stated(void **state)
{
    (void)state;
    static const struct choice_case cases[] = {
        {"B", "B", OK_},
        {"B", " B\n", OK_},
        {"B", "B.", OK_},
        {"B", "(B)", OK_},
        {"B", "B) mitochondrion", OK_},
        {"B", "B. Mitochondrion.", OK_},
        {"B", "**B**", OK_},
        {"B", "**B. mitochondrion**", OK_},
        {"B", "Option B", OK_},
        {"B", "The answer is B.", OK_},
        {"B", "The answer is (B).", OK_},
        {"B", "The answer is: B", OK_},
        {"B", "The correct answer is (B) mitochondrion.", OK_},
        {"B", "The correct answer is **B. mitochondrion**.", OK_},
        {"B", "The correct answer is **B) mitochondrion** because it carries out respiration.", OK_},
        {"B", "The correct option is B.", OK_},
        {"B", "So the correct choice is (B).", OK_},
        {"B", "The best answer is B, since the others do not.", OK_},
        {"B", "Therefore, the final answer is $\\boxed{B}$. I hope it is correct.", OK_},
        {"B", "\\boxed{\\text{(B)}}", OK_},
        {"B", "\\boxed{\\textbf{(B)}\\ mitochondrion}", OK_},
        {"B", "\\[\\boxed{\\mathrm{B}}\\]", OK_},
        {"B", "\\fbox{B}", OK_},
        {"B", "<answer>B</answer>", OK_},
        {"B", "<answer>\nB\n</answer>", OK_},
        {"B", "<answer>(b)</answer>", OK_},
        {"B", "<answer>b</answer>", OK_},
        {"B", "<answer>The answer is B</answer>", OK_},
        {"B", "<answer>mitochondrion</answer>", OK_},
        {"B", "<answer>\\boxed{B}</answer>", OK_},
        {"B", "<answer>B</answer> The answer is based on respiration.", OK_},
        {"B", "Answer: B", OK_},
        {"B", "ANSWER: B", OK_},
        {"B", "**Answer:** B", OK_},
        {"B", "**Answer: B**", OK_},
        {"B", "Final Answer: B", OK_},
        {"B", "### Answer\nB", OK_},
        {"B", "**Final Answer**\n\n(B) mitochondrion", OK_},
        {"B", "Let us think. ATP comes from respiration.\n\n**B**", OK_},
        {"B", "Let us think. ATP comes from respiration.\nB", OK_},
        {"B", "**Answer: B. mitochondrion**\n\nThe nucleus (A) stores DNA.", OK_},
        {"B",
         "**B** is wrong? No.\n\nThe correct answer is **B**.\n\n* **A. nucleus:** DNA\n* **C. ribosome:** proteins",
         OK_},
        {"B", "The answer is B, I think.", OK_},
        {"B", "The answer is most likely B.", OK_},
        {"B", "My choice is B.", OK_},
        {"B", "<answer>The correct answer is B. mitochondrion.</answer>", OK_},
        {"B", "The answer is mitochondrion.", OK_},
        {"B", "The answer is \"mitochondrion\".", OK_},
        {"B", "mitochondrion", OK_},
        {"B", "The answer is B because A and C make no ATP.", OK_},
        {"B", "The answer is B, not A.", OK_},
        {"B", "The answer is option B.", OK_},
        {"B", "The answer to this question is B.", OK_},
        {"B", "Hence, the correct answer choice is (B).", OK_},
        {"B", "The answer is A. But that has no membrane, so the answer is B.", OK_},
        {"B", "The answer is B - mitochondrion.", OK_},
        {"B", "So the answer is (b).", OK_},
        {"B", "It respires. Therefore, option B is correct.", OK_},
        {"B", "It respires. Therefore, **option (B)** is the correct answer.", OK_},
        {"B", "(B) mitochondrion is the best choice.", OK_},
        {"B", "So B is the correct answer.", OK_},
        {"B", "It respires, so mitochondrion is the right option.", OK_},
        {"B", "Option A is not correct. Option B is correct.", OK_},
        {"B", "The answer is (B). A and C make no ATP.", OK_},
        {"B", "The answer is (B) and the reason is respiration.", OK_},
        {"B", "The correct answer is (B), not (C).", OK_},
        {"B", "The answer is clearly B.", OK_},
        {"B", "The answer is (B).\n\nQ: Which?\nA: The answer is (C).", OK_},
        {"B", "Question: what makes ATP?\nThe answer is B.", OK_},
        {"B", "Q: what makes ATP?\nQ: Which?\nA: The answer is (B).", OK_},
        {"B", "Answer: Let us think. It is respiration, so the answer is (B).", OK_},
        {"B", "The answer should be (B).", OK_},
        {"B", "The answer, then, would be clear.\nAnswer: B", OK_},
        {"B", "I think the answer is B.", OK_},
        {"B", "Since the nucleus does not, the answer is B.", OK_},
        {"B", "Answer: Option B is correct.", OK_},
        {"B", "The answer is B \xe2\x80\x94 mitochondrion.", OK_},
        {"B", "The correct answer is B. The answer is supported by biology.", OK_},
        {"(B)", "B", OK_},
        {"b.", "The answer is B", OK_},
        {"mitochondrion", "The answer is B", OK_},
        {"Mitochondrion", "The answer is (B) mitochondrion", OK_},
        {"B) mitochondrion", "B", OK_},
        {"A", "The answer is A.", OK_},
        {"A", "A", OK_},
        {"A", "The answer is A because the nucleus commands.", OK_},
        {"A", "Answer: A) nucleus", OK_},
        {"A", "The answer is A nucleus.", OK_},
    };
    CHECK(mmlu, cases);
}

static void test_not_accepted(void **state)
{
    (void)state;
    static const struct choice_case cases[] = {
        {"B", "", NONE},
        {"B", "The answer is C.", WRONG},
        {"B", "The answer is E.", WRONG},
        {"B", "<answer>ribosome</answer>", WRONG},
        {"B", "The answer is not B.", NONE},
        {"B", "The answer isn't B.", NONE},
        {"B", "I don't think the answer is B.", NONE},
        {"B", "The answer is B. Hmm, I don't think that the answer is B.", NONE},
        {"B", "If the answer is B, then the cell needs oxygen.", NONE},
        {"B", "We must decide whether the answer is B.", NONE},
        {"B", "The wrong answer is B.", NONE},
        {"B", "An incorrect answer is B.", NONE},
        {"B", "A possible answer is B.", NONE},
        {"B", "The answer is A or B.", NONE},
        {"B", "The answer is B or C.", NONE},
        {"B", "The answer is B and C.", NONE},
        {"B", "The answer is either B or C.", NONE},
        {"B", "The answer is B, C.", NONE},
        {"B", "The answer is B/C.", NONE},
        {"B", "The answer is (B) or possibly (C).", NONE},
        {"B", "The answer is B) mitochondrion or C) ribosome.", NONE},
        {"B", "The answer is neither A nor B.", NONE},
        {"B", "The answer is B?", NONE},
        {"B", "The answer is B is wrong.", NONE},
        {"B", "Answer: B is incorrect.", NONE},
        {"B", "The answer is B. ribosome", NONE},
        {"B", "The answer is (B) nucleus.", NONE},
    };
    CHECK(mmlu, cases);
}

static void test_disputed(void **state)
{
    (void)state;
    static const struct choice_case cases[] = {
        {"B", "<answer>A, B</answer>", NONE},
        {"B", "<answer>A B</answer>", NONE},
        {"B", "<answer>B</answer> No, the answer is C.", NONE},
        {"C", "\\boxed{B} or \\boxed{C}", NONE},
        {"C", "<answer>B</answer>\n<answer>C</answer>", NONE},
        {"B", "The answer is A. No: the answer is B.", NONE},
        {"B", "The answer is A or the answer is B.", NONE},
        {"C", "Answer: A\nAnswer: B\nAnswer: C", NONE},
        {"A", "Answer: A\nB\nC", NONE},
        {"B", "The answer is B.\nThe correct answer is not listed.", NONE},
        {"B", "The answer is B. Then the answer is 5.", NONE},
        {"A", "(A) nucleus: wrong. (B) mitochondrion: right.", NONE},
        {"A", "A) is tempting.", NONE},
        {"A", "Answer: A, no B", NONE},
        {"A", "Answer: A. Hmm, B", NONE},
        {"A", "Answer: A\nCorrection: B", NONE},
        {"A", "The answer is (A) for plants and (B) for animals.", NONE},
        {"A", "The answer is A for plants and B for animals.", NONE},
        {"B", "They claim the answer is B.", NONE},
        {"B", "It is a misconception that the answer is B.", NONE},
        {"D", "The answer is D. C. Clark", NONE},
        {"B", "Vitamin\nB", NONE},
        {"A", "The grade is\nA", NONE},
        {"B", "<answer>A</answer> or <answer>B</answer>", NONE},
        {"A", "Answer: mitochondrion (A)", NONE},
        {"B", "The answer is blood type B.", NONE},
        {"A", "The answer is A mitochondrion", NONE},
        {"B", "Statement B is correct.", NONE},
        {"B", "Option B is not correct.", NONE},
        {"B", "Option B is correct in that it has a membrane.", NONE},
        {"B", "Option A is correct. Option B is correct.", NONE},
        {"B", "If B is the correct answer, then it respires.", NONE},
        {"B", "I do not think B is the correct answer.", NONE},
        {"B", "Neither A nor B is the correct answer.", NONE},
        {"B", "Either A or B is the correct answer.", NONE},
        {"B", "Option B is the best answer of the wrong ones", NONE},
        {"A", "A is the correct answer? Option B is correct.", WRONG},
        {"B", "This is the correct answer.", NONE},
        {"A", "Answer: (A) nucleus (B) mitochondrion (C) ribosome", NONE},
        {"A", "Answer: A) nucleus B) mitochondrion", NONE},
        {"A", "The answer is (A)... no, (B).", NONE},
        {"A", "The answer is (A). No, (B).", NONE},
        {"B", "The answer is B (or C).", NONE},
        {"B", "The answer is (B) if the cell is alive.", NONE},
        {"B", "The answer is anything but B.", NONE},
        {"B", "The answer is definitely not B.", NONE},
        {"B", "It is not the case that the answer is B.", NONE},
        {"B", "One might think that the answer is B, but it is not.", NONE},
        {"B", "The student's answer is B.", NONE},
        {"C", "The answer is (B).\n\nQ: Which?\nA: The answer is (C).", WRONG},
        {"I", "The answer is I, II and III.", NONE},
        {"B", "\\boxed{B \\text{ and } C}", NONE},
        {"B", "\\boxed{B} Wait, that is not right. It is C.", NONE},
        {"B", "The answer is B. Wait, let me think again. It might be C.", NONE},
        {"B", "The answer is C.\n\nB", NONE},
        {"B", "A\nB", NONE},
        {"B", "A. nucleus\nB. mitochondrion", NONE},
        {"D", "A. nucleus\nB. mitochondrion\nC. ribosome\nD. Golgi apparatus", NONE},
        {"B", "B is a letter. So is C.", NONE},
        {"B", "The B cells are small", NONE},
        {"B", "The answer is B cells.", NONE},
        {"B", "B cells", NONE},
        {"B", "Vitamin B", NONE},
        {"B", "The answer is vitamin B.", NONE},
        {"B", "The answer is the one that stands below A and above C", NONE},
        {"B", "The answer is mitochondrion and ribosome.", NONE},
        {"B", "The answer could be B.", NONE},
        {"B", "The options are A, B, C and D.", NONE},
        {"B", "My answer: it depends", NONE},
    };
    CHECK(mmlu, cases);
}

static void test_no_letter(void **state)
{
    (void)state;
    static const struct choice_case cases[] = {
        {"A", "The answer is a number.", NONE},
        {"A", "The answer is a", NONE},
        {"A", "The answer is A number of things.", NONE},
        {"A", "The answer is an atom.", NONE},
        {"A", "A cell has a nucleus.", NONE},
        {"A", "The answer is A+.", NONE},
        {"I", "The answer is I think unclear.", NONE},
        {"I", "I", OK_},
        {"I", "I think so", NONE},
        {"C", "The answer is C = 5.", NONE},
        {"C", "The answer is C-reactive protein.", NONE},
        {"C", "The answer is C++.", NONE},
        {"C", "The answer is C.elegans", NONE},
        {"1", "B", UNDECIDED},
        {"B", "1", NONE},
        {"a virus", "The answer is B", UNDECIDED},
        {"B, C", "The answer is B and C.", OK_},
        {"B, C", "<answer>C, B</answer>", OK_},
        {"BC", "<answer>B and C</answer>", OK_},
        {"B, C", "The answer is B.", WRONG},
        {"B, C", "<answer>A, B, C</answer>", WRONG},
    };
    CHECK(mmlu, cases);
}

/* The options' texts matter: AQuA's numbers, names that begin with a letter, texts that contain others. */
static void test_texts(void **state)
{
    (void)state;
    static const struct choice_case aqua[] = {
        {"B", "The total is 21.5. The answer is B.", OK_},
        {"B", "The answer is 21.5", OK_},
        {"B", "The answer is B) 21.5", OK_},
        {"B", "Answer: B)21.5", OK_},
        {"A", "The answer is 21.5", WRONG},
        {"A", "The answer is 21", OK_},
        {"A", "The answer is 21 5", NONE},
        {"21.5", "B", OK_},
        {"E", "The answer is none of these.", OK_},
        {"E", "None of these", OK_},
    };
    static const struct choice_case bacteria[] = {
        {"B", "The answer is E. coli.", OK_},       {"D", "The answer is E. coli.", WRONG},
        {"E", "The answer is E. coli.", WRONG},     {"D", "The answer is D. Both A and B.", OK_},
        {"D", "The answer is both A and B.", OK_},  {"A", "The answer is both A and B.", WRONG},
        {"C", "The answer is C. elegans.", OK_},    {"A", "The answer is Paris.", OK_},
        {"A", "The answer is Paris, Texas.", NONE},
    };
    static const struct choice_case volts[] = {
        {"B", "The answer is 5 mV.", OK_},   {"B", "The answer is 5 MV.", NONE}, {"A", "The answer is 5.", NONE},
        {"A", "The answer is -50 V.", NONE}, {"A", "The answer is 50 V.", OK_},  {"C", "The answer is B", NONE},
        {"B", "The answer is B", NONE}, /* which of the two? */
        {"D", "The answer is D) 50", OK_},   {"D", "The answer is 50%", NONE},
    };
    static const struct choice_case bare[] = {
        {"Paris", "The answer is Paris.", OK_},   {"Paris", "<answer>paris</answer>", OK_},
        {"Paris", "\\boxed{\\text{Paris}}", OK_}, {"Paris", "The answer is London.", WRONG},
        {"Paris", "The answer is B.", UNDECIDED}, {"B", "The answer is (B) Paris.", OK_},
        {"B", "Answer: B. Paris", OK_},           {"B", "B. Paris", OK_},
        {"B", "B) Paris. C) London.", NONE},
    };
    CHECK("Find it. Answer Choices: A)21 B)21.5 C)22 D)22.5 E)none of these", aqua);
    CHECK("Which?\n(A) Paris\n(B) E. coli\n(C) C. elegans\n(D) Both A and B", bacteria);
    CHECK("Which?\nA) 50 V\nB) 5 mV\nC) B\nD) 50", volts);
    CHECK("What is the capital of France?", bare);
}

static void test_options(void **state)
{
    (void)state;
    static const struct {
        const char *question;
        int n;
        const char *first, *last;
    } cases[] = {
        {"Q\nA) one\nB) two\nC) three", 3, "one", "three"},
        {"Q (A) one (B) two (C) three\nAnswer:", 3, "one", "three"},
        {"Q\nA. one\nB. two\nC. three\nD. four\n\nAnswer:", 4, "one", "four"},
        {"Q\nOptions:\nA: one\nB: two", 2, "one", "two"},
        {"Answer Choices: (A) bank (B) library (C) department store (D) mall (E) new york", 5, "bank", "new york"},
        {"A)21 B)21.5 C)22 D)22.5 E)23", 5, "21", "23"},
        {"['A)1', 'B)2']", 0, NULL, NULL},
        {"Which?\nA) one", 0, NULL, NULL},
        {"A) x\nC) y", 0, NULL, NULL},
        {"A) a B) b C) c D) d E) e F) f G) g H) h I) i J) j K) k", 10, "a", "j K) k"},
        {"Vitamin A. Which?\nA. one\nB. two", 2, "one", "two"},
        {"", 0, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct rft_verify_case c = {.question = rft_bytes_z(cases[i].question)};
        struct rft_choices choices = rft_choices_of(&c);
        if (choices.n != cases[i].n)
            fail_msg("\"%s\": %d options", cases[i].question, choices.n);
        if (choices.n != 0) {
            assert_true(rft_bytes_equal(choices.texts[0], rft_bytes_z(cases[i].first)));
            assert_true(rft_bytes_equal(choices.texts[choices.n - 1], rft_bytes_z(cases[i].last)));
        }
    }
}

/* Whatever the letter, a plain statement of it is right, and of another one wrong. */
static void test_plain(void **state)
{
    (void)state;
    static const char *const forms[] = {"%c",
                                        "(%c)",
                                        "The answer is %c.",
                                        "The answer is (%c).",
                                        "Answer: %c",
                                        "\\boxed{%c}",
                                        "<answer>%c</answer>",
                                        "So...\n%c",
                                        "**%c**",
                                        "The correct option is %c",
                                        "Answer: **%c**",
                                        "\\boxed{\\text{%c}}"};
    for (int gold = 'A'; gold <= 'J'; gold++)
        for (int letter = 'A'; letter <= 'J'; letter++)
            for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
                char text[80], gold_text[2] = {(char)gold, 0};
                snprintf(text, sizeof text, forms[i], letter);
                struct rft_verdict v =
                    rft_test_verify(&options, rft_bytes_z(text), RFT_FINISH_STOP, rft_bytes_z(gold_text));
                if (v.reason != (letter == gold ? OK_ : WRONG))
                    fail_msg("\"%s\" (gold %s): %s", text, gold_text, rft_reason_text(v.reason));
            }
}

/* 2 MB of what could be read again and again. */
static void test_hostile(void **state)
{
    (void)state;
    static const char *const parts[] = {"\\boxed{",
                                        "answer is ",
                                        "The answer is B or C",
                                        "A) ",
                                        "(A) (B) ",
                                        "{",
                                        "answer:\n",
                                        "<answer>",
                                        "A\n",
                                        "the answer is a\n",
                                        "\\text{",
                                        "A,",
                                        "I choose x. ",
                                        "C ",
                                        "It is C and ",
                                        "\nC",
                                        "B is correct and ",
                                        "the solution is the solution is "};
    size_t n = 2000000;
    char *text = malloc(n);
    const struct rft_bytes gold = rft_bytes_z("B");
    struct rft_verify *verify;
    assert_non_null(text);
    assert_int_equal(rft_verify_open(&options, &verify), RFT_OK);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        size_t n_part = strlen(parts[i]);
        for (size_t at = 0; at < n; at++)
            text[at] = parts[i][at % n_part];
        const struct rft_verify_case c = {.question = {text, n}, .completion = {text, n}, .golds = {&gold, 1}};
        struct rft_verdict v;
        assert_int_equal(rft_verify_judge(verify, &c, &v), RFT_OK);
        assert_int_not_equal(v.reason, OK_);
    }
    rft_verify_close(verify);
    free(text);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stated),    cmocka_unit_test(test_not_accepted), cmocka_unit_test(test_disputed),
        cmocka_unit_test(test_no_letter), cmocka_unit_test(test_texts),        cmocka_unit_test(test_options),
        cmocka_unit_test(test_plain),     cmocka_unit_test(test_hostile),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
