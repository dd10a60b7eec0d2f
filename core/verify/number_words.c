/* SPDX-License-Identifier: MIT */
#include "number_words.h"

#include <string.h>
#include <utf8proc.h>

/* ---- words that change what a number means ---- */

/* Behind a number they make it another one. */
const char *const rft_scale_words[] = {
    "hundred",
    "hundreds",
    "thousand",
    "thousands",
    "million",
    "millions",
    "billion",
    "billions",
    "trillion",
    "trillions",
    "dozen",
    "dozens",
    "lakh",
    "lakhs",
    "crore",
    "crores",
    "k",
    "b",
    "t",
    "mn",
    "bn",
    "mil",
    "half",
    "halves",
    "mln",
    "millones",
    "millon",
    "millionen",
    "milliard",
    "milliards",
    "grand",
    "score",
    "mille",
    "tausend",
    "\xe4\xb8\x87",
    "\xe4\xba\xbf",
    "\xe5\x84\x84",
    "\xe5\x8d\x83",
    "\xe7\x99\xbe",
    NULL,
};

const char *const rft_multiple_words[] = {
    "pair",        "pairs",       "couple",      "couples",    "gross",      "scores",    "tens",
    "myriad",      "quadrillion", "quintillion", "eleventh",   "elevenths",  "twelfth",   "twelfths",
    "thirteenths", "fourteenths", "fifteenths",  "sixteenth",  "sixteenths", "twentieth", "twentieths",
    "millionth",   "millionths",  "billionth",   "billionths", NULL,
};

const char *const rft_count_words[] = {
    "two",      "three",    "four",   "five",     "six",      "seven",   "eight",   "nine",
    "ten",      "eleven",   "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen",
    "eighteen", "nineteen", "twenty", "hundred",  "both",     NULL,
};

const char *const rft_month_words[] = {
    "january", "february", "march",    "april", "may", "june", "july", "august", "september",
    "october", "november", "december", "jan",   "feb", "mar",  "apr",  "jun",    "jul",
    "aug",     "sep",      "sept",     "oct",   "nov", "dec",  NULL,
};

const char *const rft_percent_words[] = {"percent", "percents", "pct", NULL};

const char *const rft_fraction_words[] = {
    "third", "thirds", "quarter",   "quarters",   "fourth",     "fourths",     "fifth", "fifths",
    "sixth", "sixths", "seventh",   "sevenths",   "eighth",     "eighths",     "ninth", "ninths",
    "tenth", "tenths", "hundredth", "hundredths", "thousandth", "thousandths", NULL,
};

const char *const rft_function_words[] = {"square", "cube", "multiple", "factor", NULL};

/* Anywhere they make the line a calculation, or several answers. */
const char *const rft_math_words[] = {
    "plus",      "divided", "multiplied", "squared", "cubed", "sqrt", "root", "power",
    "or",        "point",   "factorial",  "mod",     "pi",    "zero", "not",  "wrong",
    "incorrect", "isn't",   "can't",      "twice",   "log",   "ln",   NULL,
};

/* Before a number they say that it is a bound, or not the answer. */
const char *const rft_bound_words[] = {
    "than",   "least",  "most",   "never",  "between", "over",   "under",     "above", "below", "up",
    "cannot", "except", "but",    "times",  "double",  "triple", "divisible", "sin",   "cos",   "tan",
    "cot",    "arcsin", "arccos", "arctan", "sinh",    "cosh",   "tanh",      "exp",   NULL,
};

const char *const rft_negative_words[] = {"minus", "negative", NULL};

const char *const rft_currency_words[] = {"usd", "eur", "gbp", "inr", "aud", "cad", "rs", "us", NULL};

/* LaTeX that only dresses a number. */
const char *const rft_dress_commands[] = {
    "boxed",  "fbox",         "text",    "textbf", "textit",         "mathbf",         "mathrm",     "mathit",
    "bf",     "rm",           "left",    "right",  "quad",           "qquad",          "large",      "Large",
    "huge",   "displaystyle", "hbox",    "mbox",   "therefore",      "implies",        "Rightarrow", "rightarrow",
    "approx", "item",         "newline", "to",     "Longrightarrow", "longrightarrow", "underline",  "mathsf",
    "small",  "degree",       NULL,
};

/* ---- characters ---- */

/* Of a code point beyond ASCII; -1 is ill-formed. */
enum rft_char_sort rft_char_sort(int32_t c)
{
    if (c < 0 || c == 0x3c0 || c == 0x2026 || (c >= 0x2308 && c <= 0x230b) || (c >= 0x207a && c <= 0x208e) ||
        c == 0x2030 || c == 0x2031 || c == 0xd7 || c == 0xf7 || c == 0xb7 || c == 0xb1 || c == 0x2044 ||
        (c >= 0x2200 && c <= 0x22ff)) {
        if (c == 0x2212)
            return RFT_SORT_MINUS;
        return c == 0x2248 || c == 0x2234 ? RFT_SORT_OTHER : RFT_SORT_FORMULA; /* "about" and "therefore" */
    }
    if (c == 0x200b || c == 0x200c || c == 0x200d || c == 0x2060 || c == 0xfeff)
        return RFT_SORT_SPACE;
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return RFT_SORT_SPACE;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO: return RFT_SORT_FORMULA;
    case UTF8PROC_CATEGORY_PD: return RFT_SORT_DASH;
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC: return RFT_SORT_LETTER;
    default: return RFT_SORT_OTHER;
    }
}

bool rft_char_is_currency(int32_t c)
{
    return utf8proc_category(c) == UTF8PROC_CATEGORY_SC;
}

bool rft_char_is_digit(int32_t c)
{
    return utf8proc_category(c) == UTF8PROC_CATEGORY_ND;
}

size_t rft_space_match(const char *p, const char *end)
{
    int32_t c;
    size_t n;
    if (p == end)
        return 0;
    if (*p == ' ' || (*p >= '\t' && *p <= '\r'))
        return 1;
    if ((unsigned char)*p < 0x80)
        return 0;
    n = rft_utf8_decode(p, end, &c);
    return rft_char_sort(c) == RFT_SORT_SPACE ? n : 0;
}

size_t rft_gap_match(const char *p, const char *end)
{
    int32_t c;
    bool ends_line = p == end || (*p >= '\n' && *p <= '\r');
    if (!ends_line && (unsigned char)*p >= 0x80)
        ends_line = rft_utf8_decode(p, end, &c) != 0 && (c == 0x2028 || c == 0x2029);
    return ends_line ? 0 : rft_space_match(p, end);
}

const char *rft_skip_spaces(const char *p, const char *end)
{
    for (size_t n; (n = rft_space_match(p, end)) != 0;)
        p += n;
    return p;
}

/* "3x", "5k", "2M", but "5m" and "18 cm" */
bool rft_letter_is_factor(const char *p, const char *end)
{
    return rft_word_end(p, end) - p == 1 && rft_is_letter(*p) && strchr("ghslLmcCFVWNJdp", *p) == NULL;
}

/* End of a word: letters of any script, and an apostrophe or a digit among them. */
const char *rft_word_end(const char *p, const char *end)
{
    bool is_ascii = true; /* digits behind letters of scripts that need no spaces are a number */
    while (p < end) {
        int32_t c;
        size_t n = rft_utf8_decode(p, end, &c);
        is_ascii = is_ascii && (unsigned char)*p < 0x80;
        bool is_in = (unsigned char)*p < 0x80 ? rft_is_letter(*p) || (is_ascii && rft_is_digit(*p)) || *p == '\''
                                              : rft_char_sort(c) == RFT_SORT_LETTER;
        if (!is_in)
            break;
        p += n;
    }
    return p;
}
