/* SPDX-License-Identifier: MIT */
#include "formula.h"

#include "formula_form.h"
#include "formula_option.h"
#include "formula_parse.h"

#include <string.h>

/* Operations on numbers that one comparison may take: some tens of milliseconds of the slowest. */
#define BUDGET 60000

const char *rft_formula_verdict_text(enum rft_formula_verdict verdict)
{
    static const char *const texts[] = {"same", "different", "undecided"};
    return (unsigned)verdict < sizeof texts / sizeof *texts ? texts[verdict] : "unknown";
}

/* The letters of an answer that is only words, in lower case. */
struct words {
    char *text;
    size_t n;
    bool has_word;  /* not only single letters, which may be a product */
    bool has_small; /* single letters: not only capitals */
};

/* False: it is more than words, or less. */
static bool words_of(const struct rft_formula_tokens *tokens, struct words *words)
{
    for (uint32_t i = 0; i < tokens->n; i++) {
        const struct rft_formula_token *t = &tokens->list[i];
        if (t->kind == RFT_TOKEN_WORD) {
            words->has_word = true;
            if (!rft_formula_word_is_filler(t->text.data, t->text.len)) {
                size_t n = t->text.len;
                n -= n > 3 && t->text.data[n - 1] == 's' && t->text.data[n - 2] != 's'; /* "no solutions" */
                memcpy(words->text + words->n, t->text.data, n);
                words->n += n;
            }
        } else if (t->kind == RFT_TOKEN_NAME && t->id < 128) {
            bool is_capital = t->id >= 'A' && t->id <= 'Z';
            words->has_small = words->has_small || !is_capital;
            words->text[words->n++] = (char)(is_capital ? t->id + ('a' - 'A') : t->id);
        } else
            return false;
    }
    return words->n >= 2;
}

/* Words, and capitals in a row, whose order is no product's. Equal tokens were seen before. */
static enum rft_status compare_words(struct rft_formula_memory *memory, const struct rft_formula_tokens tokens[2],
                                     bool *is_settled, enum rft_formula_verdict *verdict)
{
    struct words words[2] = {{0}, {0}};
    bool are_words = true;
    for (int i = 0; i < 2; i++) {
        words[i].text = rft_formula_alloc(memory, RFT_FORMULA_BYTES_MAX, 1);
        if (words[i].text == NULL)
            return RFT_ERR_HOST_MEMORY;
        are_words = words_of(&tokens[i], &words[i]) && are_words;
    }
    bool has_word = words[0].has_word || words[1].has_word;
    bool same = has_word && words[0].n == words[1].n && memcmp(words[0].text, words[1].text, words[0].n) == 0;
    *is_settled = are_words && (has_word || (!words[0].has_small && !words[1].has_small));
    if (*is_settled)
        *verdict = same ? RFT_FORMULA_SAME : RFT_FORMULA_DIFFERENT;
    return RFT_OK;
}

/* "1,234": digits and commas alone. */
static bool is_grouped_number(struct rft_bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] != ',' && (text.data[i] < '0' || text.data[i] > '9'))
            return false;
    return true;
}

/* One reading of both texts. *is_list_too: the other one, of commas as separators, is possible. */
static enum rft_status compare_reading(struct rft_formula_memory *memory, const struct rft_bytes texts[2],
                                       enum rft_formula_commas commas, bool *is_list_too,
                                       enum rft_formula_verdict *verdict)
{
    struct rft_formula_tokens tokens[2];
    struct rft_formula_node *roots[2];
    bool is_settled = false;
    *verdict = RFT_FORMULA_UNDECIDED;
    for (int i = 0; i < 2; i++)
        RFT_TRY(rft_formula_lex(memory, texts[i], commas, &tokens[i]));
    *is_list_too = (tokens[0].has_comma || tokens[1].has_comma) && !tokens[0].has_group && !tokens[1].has_group;
    if (tokens[0].n == 0 || tokens[1].n == 0)
        return RFT_OK;
    if (rft_formula_tokens_equal(&tokens[0], &tokens[1])) {
        *verdict = RFT_FORMULA_SAME;
        return RFT_OK;
    }
    RFT_TRY(compare_words(memory, tokens, &is_settled, verdict));
    if (is_settled)
        return RFT_OK;
    struct rft_formula_symbols symbols = {0};
    for (int i = 0; i < 2; i++)
        RFT_TRY(rft_formula_parse(memory, &tokens[i], &symbols, &roots[i]));
    if (roots[0] == NULL || roots[1] == NULL)
        return RFT_OK;
    struct rft_reals reals = {.memory = memory, .bits = RFT_REAL_BITS, .budget = BUDGET};
    *verdict = rft_formula_form_equal(&reals, symbols.n, roots[0], roots[1]);
    rft_reals_release(&reals, NULL);
    bool is_number = is_grouped_number(texts[0]) || is_grouped_number(texts[1]);
    if (commas == RFT_COMMA_LIST && is_number && *verdict == RFT_FORMULA_SAME) /* a list in another order? */
        *verdict = RFT_FORMULA_UNDECIDED;
    return memory->is_short ? RFT_ERR_HOST_MEMORY : RFT_OK;
}

static enum rft_status compare_texts(struct rft_formula_memory *memory, const struct rft_bytes texts[2],
                                     enum rft_formula_verdict *verdict)
{
    bool is_list_too;
    enum rft_formula_verdict second;
    RFT_TRY(compare_reading(memory, texts, RFT_COMMA_THOUSANDS, &is_list_too, verdict));
    if (*verdict == RFT_FORMULA_SAME || !is_list_too)
        return RFT_OK;
    RFT_TRY(compare_reading(memory, texts, RFT_COMMA_LIST, &is_list_too, &second));
    if (second != RFT_FORMULA_DIFFERENT)
        *verdict = second;
    return RFT_OK;
}

static enum rft_status compare_subjects(struct rft_bytes a, struct rft_bytes b, enum rft_formula_verdict *verdict)
{
    *verdict = RFT_FORMULA_UNDECIDED;
    if (a.len == 0 || b.len == 0)
        return RFT_OK;
    if (rft_bytes_equal(a, b)) {
        *verdict = RFT_FORMULA_SAME;
        return RFT_OK;
    }
    if (a.len > RFT_FORMULA_BYTES_MAX || b.len > RFT_FORMULA_BYTES_MAX)
        return RFT_OK;
    /* In one order, so that the budget ends at the same place whichever way round they are given. */
    int order = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);
    bool is_swapped = order > 0 || (order == 0 && a.len > b.len);
    const struct rft_bytes texts[2] = {is_swapped ? b : a, is_swapped ? a : b};
    struct rft_formula_memory memory = {0};
    enum rft_status status = compare_texts(&memory, texts, verdict);
    rft_arena_finish(&memory.arena);
    mpfr_free_cache();
    if (status != RFT_OK)
        *verdict = RFT_FORMULA_UNDECIDED;
    return status;
}

enum rft_status rft_formula_compare(struct rft_bytes answer, struct rft_bytes gold, enum rft_formula_verdict *verdict)
{
    struct rft_bytes a = rft_formula_subject(answer), b = rft_formula_subject(gold);
    struct rft_formula_option x = rft_formula_option(a), y = rft_formula_option(b);
    bool has_both = (x.letter != 0 && x.value.len != 0) || (y.letter != 0 && y.value.len != 0);
    *verdict = RFT_FORMULA_DIFFERENT;
    if (!has_both)
        return compare_subjects(a, b, verdict);
    if (x.letter != 0 && y.letter != 0 && x.letter != y.letter)
        return RFT_OK;
    if (x.value.len != 0 && y.value.len != 0)
        return compare_subjects(x.value, y.value, verdict);
    /* One has its letter alone. Where the other's value is a letter too, it may mean that; words may take it back. */
    struct rft_bytes value = x.value.len != 0 ? x.value : y.value;
    bool is_plain = rft_formula_option(value).letter == 0 && !rft_formula_option_has_words(value);
    *verdict = is_plain ? RFT_FORMULA_SAME : RFT_FORMULA_UNDECIDED;
    return RFT_OK;
}

bool rft_formula_gold_is_valid(struct rft_bytes gold)
{
    struct rft_bytes subject = rft_formula_subject(gold);
    for (size_t i = 0; i < subject.len; i++)
        if (strchr(" \t\r\n$.,{}\\", subject.data[i]) == NULL || subject.data[i] == '\0')
            return true;
    return false;
}
