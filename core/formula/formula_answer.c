/* SPDX-License-Identifier: MIT */
#include "formula.h"

#include "formula_box.h"
#include "formula_extent.h"
#include "formula_statement.h"

#include <string.h>

struct rft_formula_answer rft_formula_answer(struct rft_bytes completion)
{
    struct rft_formula_answer answer = {RFT_FORMULA_NONE, {NULL, 0}};
    const struct rft_formula_answer none = answer;
    struct rft_bytes text = rft_formula_own_part(completion), whole;
    answer.text = rft_formula_box(text, &whole);
    if (answer.text.data != NULL) {
        answer.source = RFT_FORMULA_BOXED;
        return rft_formula_is_denied(text, whole) ? none : answer;
    }
    if (rft_formula_box_is_open(text)) /* cut off within it */
        return answer;
    answer.text = rft_formula_statement(text);
    if (answer.text.data != NULL) {
        answer.source = RFT_FORMULA_STATED;
        return rft_formula_is_denied(text, answer.text) ? none : answer;
    }
    answer.text = rft_formula_conclusion(text);
    if (answer.text.data != NULL)
        answer.source = RFT_FORMULA_LAST;
    return answer;
}

struct rft_bytes rft_formula_subject(struct rft_bytes text)
{
    struct rft_bytes box = rft_formula_box(text, NULL);
    if (box.data != NULL)
        return box;
    struct rft_bytes statement = rft_formula_statement(text);
    return statement.data != NULL ? statement : rft_bytes_trim(text);
}
