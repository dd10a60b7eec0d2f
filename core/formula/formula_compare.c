/* SPDX-License-Identifier: MIT */
#include "formula.h"

#include "formula_form.h"
#include "formula_parse.h"

#include <string.h>

/* Operations on numbers that one comparison may take: some tens of milliseconds of the slowest. */
#define BUDGET 60000

const char *rft_formula_verdict_text(enum rft_formula_verdict verdict)
{
    static const char *const texts[] = {"same", "different", "undecided"};
    return (unsigned)verdict < sizeof texts / sizeof *texts ? texts[verdict] : "unknown";
}

/* The letters of an answer that is only words, without what changes nothing; false if it is more than words. *has_word:
 * it is not only single letters, which may be a product. */
static bool words_of(const struct rft_formula_tokens *tokens, char *text, size_t *n, bool *has_word)
{
    *n = 0;
    *has_word = false;
    for (uint32_t i = 0; i < tokens->n; i++) {
        const struct rft_formula_token *t = &tokens->list[i];
        if (t->kind == RFT_TOKEN_WORD) {
            *has_word = true;
            if (!rft_formula_word_is_filler(t->text.data, t->text.len)) {
                memcpy(text + *n, t->text.data, t->text.len);
                *n += t->text.len;
            }
        } else if (t->kind == RFT_TOKEN_NAME && t->id < 128)
            text[(*n)++] = (char)(t->id >= 'A' && t->id <= 'Z' ? t->id + ('a' - 'A') : t->id);
        else
            return false;
    }
    return *n >= 2;
}

static enum rft_status compare_words(struct rft_formula_memory *memory, const struct rft_formula_tokens tokens[2],
                                     bool *is_settled, enum rft_formula_verdict *verdict)
{
    char *texts[2];
    size_t n[2];
    bool has_word[2], are_words = true;
    for (int i = 0; i < 2; i++) {
        texts[i] = rft_formula_alloc(memory, RFT_FORMULA_BYTES_MAX, 1);
        if (texts[i] == NULL)
            return RFT_ERR_HOST_MEMORY;
        are_words = words_of(&tokens[i], texts[i], &n[i], &has_word[i]) && are_words;
    }
    bool same = are_words && n[0] == n[1] && memcmp(texts[0], texts[1], n[0]) == 0;
    *is_settled = are_words && (has_word[0] || has_word[1]);
    if (*is_settled)
        *verdict = same ? RFT_FORMULA_SAME : RFT_FORMULA_DIFFERENT;
    return RFT_OK;
}

/* One reading of both texts. */
static enum rft_status compare_reading(struct rft_formula_memory *memory, const struct rft_bytes texts[2],
                                       enum rft_formula_commas commas, bool *has_comma,
                                       enum rft_formula_verdict *verdict)
{
    struct rft_formula_tokens tokens[2];
    struct rft_formula_node *roots[2];
    bool is_settled = false;
    *verdict = RFT_FORMULA_UNDECIDED;
    for (int i = 0; i < 2; i++)
        RFT_TRY(rft_formula_lex(memory, texts[i], commas, &tokens[i]));
    *has_comma = tokens[0].has_comma || tokens[1].has_comma;
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
    struct rft_reals reals = {.memory = memory, .budget = BUDGET};
    *verdict = rft_formula_form_equal(&reals, symbols.n, roots[0], roots[1]);
    rft_reals_release(&reals, NULL);
    return memory->is_short ? RFT_ERR_HOST_MEMORY : RFT_OK;
}

static enum rft_status compare_texts(struct rft_formula_memory *memory, const struct rft_bytes texts[2],
                                     enum rft_formula_verdict *verdict)
{
    bool has_comma;
    RFT_TRY(compare_reading(memory, texts, RFT_COMMA_THOUSANDS, &has_comma, verdict));
    if (*verdict == RFT_FORMULA_SAME || !has_comma)
        return RFT_OK;
    enum rft_formula_verdict second;
    RFT_TRY(compare_reading(memory, texts, RFT_COMMA_LIST, &has_comma, &second));
    if (second == RFT_FORMULA_SAME)
        *verdict = second;
    return RFT_OK;
}

enum rft_status rft_formula_compare(struct rft_bytes answer, struct rft_bytes gold, enum rft_formula_verdict *verdict)
{
    struct rft_bytes a = rft_formula_subject(answer), b = rft_formula_subject(gold);
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

bool rft_formula_gold_is_valid(struct rft_bytes gold)
{
    struct rft_bytes subject = rft_formula_subject(gold);
    for (size_t i = 0; i < subject.len; i++)
        if (strchr(" \t\r\n$.,{}\\", subject.data[i]) == NULL || subject.data[i] == '\0')
            return true;
    return false;
}
