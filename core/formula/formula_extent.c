/* SPDX-License-Identifier: MIT */
#include "formula_extent.h"

#include "chat_marks.h"
#include "formula_box.h"
#include "formula_statement.h"
#include "scan.h"

#include <string.h>

#define QUESTIONS_MAX 8 /* lines that may be a next question; more are not looked at */
#define WORDS_MAX 8     /* around an answer, that are looked at */

static struct rft_bytes without_end_tokens(struct rft_bytes text)
{
    static const char *const marks[] = {RFT_CHAT_END_MARKS, "<|im_start|>", "<start_of_turn>", "<|user|>"};
    for (size_t i = 0; i < text.len; i++)
        for (size_t k = 0; text.data[i] == '<' && k < sizeof marks / sizeof *marks; k++)
            if (rft_scan_begins_lower(text.data + i, text.data + text.len, marks[k]))
                return (struct rft_bytes){text.data, i};
    return text;
}

/* Whether the line at p is the heading of a next question: "Problem:", "**Problem 2:** ...", "### Instruction". */
static bool is_question(const char *p, const char *end)
{
    static const char *const words[] = {"problem", "question", "q", "instruction", "input", "human", "user", NULL};
    bool is_heading = false;
    for (; p < end && (*p == ' ' || *p == '#' || *p == '*' || *p == '['); p++)
        is_heading = is_heading || *p == '#' || *p == '*';
    size_t n = 0;
    while (p + n < end && rft_is_letter(p[n]))
        n++;
    if (!rft_word_is_among(words, p, n))
        return false;
    p += n;
    while (p < end && ((*p >= '0' && *p <= '9') || *p == ' ' || *p == '*' || *p == ']' || *p == '.'))
        p++;
    return p < end ? *p == ':' || (is_heading && *p == '\n') : is_heading;
}

static bool has_answer(struct rft_bytes text)
{
    return rft_formula_box(text, NULL).data != NULL || rft_formula_statement(text).data != NULL;
}

struct rft_bytes rft_formula_own_part(struct rft_bytes text)
{
    text = without_end_tokens(text);
    const char *end = text.data + text.len;
    uint32_t n_questions = 0;
    for (const char *p = text.data; p < end && n_questions < QUESTIONS_MAX;) {
        const struct rft_bytes before = {text.data, (size_t)(p - text.data)};
        if (is_question(p, end)) {
            n_questions++;
            if (has_answer(before))
                return before;
        }
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        p = newline != NULL ? newline + 1 : end;
    }
    return text;
}

/* The word that ends before `end`, without the dress of formulas and "x =" between; len 0: there is none in the
 * sentence. */
static struct rft_bytes word_before(const char *begin, const char *end)
{
    static const char joints[] = "$=({[\\*_: \t\r\n\"0123456789^&~";
    for (;;) {
        while (end > begin && end[-1] != '\0' && strchr(joints, end[-1]) != NULL)
            end--;
        const char *word = end;
        while (word > begin && (rft_is_letter(word[-1]) || word[-1] == '\''))
            word--;
        if (end - word != 1)
            return (struct rft_bytes){word, (size_t)(end - word)};
        end = word; /* the name of a number */
    }
}

static bool is_denied_before(const char *begin, const char *end)
{
    static const char *const denials[] = {"not",    "never",   "cannot", "can't",     "isn't",
                                          "wasn't", "neither", "nor",    "instead",   "neq",
                                          "ne",     "except",  "wrong",  "excluding", NULL};
    static const char *const joints[] = {"equal",    "equals",   "to",     "be",    "the",   "answer",  "is",
                                         "an",       "of",       "than",   "value", "final", "correct", "just",
                                         "text",     "simply",   "left",   "quad",  "mbox",  "textbf",  "really",
                                         "possibly", "actually", "always", "in",    "fact",  NULL};
    bool is_than = false;
    for (int i = 0; i < WORDS_MAX; i++) {
        struct rft_bytes word = word_before(begin, end);
        if (is_than && rft_scan_begins_lower(word.data, end, "rather"))
            return true;
        is_than = rft_scan_begins_lower(word.data, end, "than");
        if (rft_word_is_among(denials, word.data, word.len))
            return true;
        if (!rft_word_is_among(joints, word.data, word.len))
            return false;
        end = word.data;
    }
    return false;
}

/* "5/7 cannot be simplified" denies nothing. */
static bool is_simplest(const char *p, const char *end)
{
    static const char *const ends[] = {" be simplified", " be reduced", " be further", " be factored", " simplify"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (rft_scan_begins_lower(p, end, ends[i]))
            return true;
    return false;
}

static bool is_denied_behind(const char *p, const char *end)
{
    static const char *const denials[] = {"wrong",  "incorrect", "impossible", "invalid",      "false",       "cannot",
                                          "can't",  "isn't",     "not",        "wasn't",       "doesn't",     "fails",
                                          "absurd", "never",     "extraneous", "inadmissible", "incorrectly", NULL};
    static const char *const joints[] = {
        "is",        "are",     "was",   "be",     "would",      "can",    "could", "does",   "do",      "did",
        "this",      "that",    "it",    "which",  "but",        "also",   "the",   "answer", "however", "actually",
        "obviously", "clearly", "value", "result", "of",         "course", "must",  "seems",  "looks",   "should",
        "therefore", "a",       "an",    "text",   "quad",       "qquad",  "mbox",  "wait",   "that's",  "it's",
        "hmm",       "oops",    "so",    "still",  "definitely", "surely", NULL};
    bool is_sentence = false, is_parted = false;
    for (int i = 0; i < WORDS_MAX; i++) {
        is_parted = i == 0;
        while (p < end && *p != '\0' && strchr("$})]\\{*_\" \t\r\n,.!?", *p) != NULL) {
            if (*p == '?')
                return !rft_scan_begins_lower(p + 1, end, " yes");
            if ((*p == '.' || *p == '!') && i > 0)
                return false;
            is_sentence = is_sentence || *p == '.' || *p == ',' || *p == '!';
            is_parted = is_parted || *p == ',';
            p++;
        }
        size_t n = 0;
        while (p + n < end && (rft_is_letter(p[n]) || p[n] == '\''))
            n++;
        if (i == 0 && n == 2 && rft_scan_begins_lower(p, end, "no") && is_sentence)
            return p + n == end || p[n] != ' ';
        if (is_parted && n == 3 && rft_scan_begins_lower(p, end, "not")) /* "5, not 6" */
            return false;
        if (rft_word_is_among(denials, p, n))
            return !is_simplest(p + n, end);
        if (!rft_word_is_among(joints, p, n))
            return false;
        p += n;
    }
    return false;
}

bool rft_formula_is_denied(struct rft_bytes text, struct rft_bytes part)
{
    return is_denied_before(text.data, part.data) || is_denied_behind(part.data + part.len, text.data + text.len);
}
