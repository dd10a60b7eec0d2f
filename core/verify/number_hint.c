/* SPDX-License-Identifier: MIT */
/* What to do about a gold answer that is no number. */
#include "kinds.h"
#include "number_words.h"

const char *rft_number_gold_hint(const struct rft_verify_options *verify, struct rft_bytes gold)
{
    bool may_have_units = verify->kind == RFT_VERIFY_ANSWER_TAG && verify->units == RFT_UNITS_STRICT;
    bool digit = false, letter = false, slash = false, percent = false, formula = false, mark = false;
    for (size_t i = 0; i < gold.len; i++) {
        char c = gold.data[i];
        digit = digit || rft_is_digit(c);
        letter = letter || rft_is_letter(c);
        slash = slash || c == '/';
        percent = percent || c == '%';
        formula = formula || c == '\\' || c == '^' || c == '{';
        mark = mark || rft_bytes_begin((struct rft_bytes){gold.data + i, gold.len - i}, RFT_GSM8K_MARK);
    }
    if (!gold.len)
        return "it is empty";
    if (mark)
        return "if the number stands behind the mark, set data.answer_after = " RFT_GSM8K_MARK
               ", or verify.kind = gsm8k";
    if (verify->thousands == RFT_THOUSANDS_POINT && digit)
        return "with verify.thousands = point a number stands as in 1.234,5";
    if (formula && !verify->fractions)
        return "formulas are not compared: write the number itself, or set verify.fractions = yes for fractions";
    if (formula)
        return "formulas are not compared: write the number itself";
    if (digit && slash)
        return verify->fractions ? "only one fraction of numbers is compared: write the number itself"
                                 : "fractions are not compared: write the number itself, as in 0.5, or set "
                                   "verify.fractions = yes";
    if (digit && (percent || letter) && !may_have_units)
        return percent && verify->percent == RFT_PERCENT_STRICT ? "write the number alone, or set verify.percent"
                                                                : "write the number alone";
    if (digit && percent)
        return "write the number alone, or set verify.percent, or verify.units = ignore if answers have the sign, too";
    if (digit && letter)
        return "write the number alone, or set verify.units = ignore";
    return "only numbers are compared";
}
