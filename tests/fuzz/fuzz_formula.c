/* SPDX-License-Identifier: MIT */
/* An answer and a gold answer, split at the first newline: comparing ends, does not depend on their order, and never
 * finds that a text differs from itself; what is found as an answer lies within its text. */
#include "formula.h"
#include "fuzz.h"

#include <string.h>

static bool is_within(struct rft_bytes part, struct rft_bytes text)
{
    return part.data == NULL || (part.data >= text.data && part.data + part.len <= text.data + text.len);
}

static enum rft_formula_verdict compare(struct rft_bytes a, struct rft_bytes b)
{
    enum rft_formula_verdict verdict;
    require(rft_formula_compare(a, b, &verdict) == RFT_OK);
    require(verdict <= RFT_FORMULA_UNDECIDED);
    return verdict;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    const char *newline = size != 0 ? memchr(text, '\n', size) : NULL;
    size_t n = newline != NULL ? (size_t)(newline - text) : 0;
    struct rft_bytes a = {text, n}, b = {text + n, size - n}, whole = {text, size};
    if (size == 0)
        return 0;
    struct rft_formula_answer answer = rft_formula_answer(whole);
    require(is_within(answer.text, whole));
    require((answer.text.data == NULL) == (answer.source == RFT_FORMULA_NONE));
    require(is_within(rft_formula_subject(whole), whole));
    require(compare(a, b) == compare(b, a));
    require(compare(a, a) != RFT_FORMULA_DIFFERENT);
    require(compare(whole, whole) != RFT_FORMULA_DIFFERENT);
    if (rft_formula_gold_is_valid(a))
        require(compare(a, a) == RFT_FORMULA_SAME);
    /* The same tokens in other bytes: nothing that was read may differ from itself. */
    char spaced[512];
    if (n + 2 < sizeof spaced) {
        spaced[0] = ' ';
        memcpy(spaced + 1, text, n);
        spaced[n + 1] = ' ';
        require(compare(a, (struct rft_bytes){spaced, n + 2}) != RFT_FORMULA_DIFFERENT);
    }
    return 0;
}
