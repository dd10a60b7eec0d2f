/* SPDX-License-Identifier: MIT */
/* The words and characters that matter around a number. */
#ifndef RFT_NUMBER_WORDS_H
#define RFT_NUMBER_WORDS_H

#include "scan.h"
#include "str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lists of words, each ended by NULL. */
extern const char *const rft_scale_words[];    /* behind a number they make it another one: "million" */
extern const char *const rft_multiple_words[]; /* the same in a line that states one number: "pairs" */
extern const char *const rft_count_words[];    /* right before a number: "three 12s" */
extern const char *const rft_month_words[];    /* right beside a number they make it a day */
extern const char *const rft_percent_words[];
extern const char *const rft_fraction_words[]; /* behind a number, or as in "a third of 9" */
extern const char *const rft_function_words[]; /* as in "the square of 3" */
extern const char
    *const rft_math_words[]; /* anywhere they make a line a calculation, or several answers: "plus", "or" */
extern const char *const rft_bound_words[]; /* before a number they say that it is a bound, or not the answer: "than" */
extern const char *const rft_negative_words[]; /* "minus" */
extern const char *const rft_currency_words[]; /* may stand right before the digits: "USD18" */
extern const char *const rft_dress_commands[]; /* LaTeX that only dresses a number: "boxed" */

enum rft_char_sort {
    RFT_SORT_SPACE,
    RFT_SORT_LETTER,
    RFT_SORT_DASH, /* that is no minus for sure */
    RFT_SORT_MINUS,
    RFT_SORT_FORMULA, /* no plain text: operators, superscripts, fractions, digits of other scripts */
    RFT_SORT_OTHER,
};
/* Of a code point beyond ASCII; -1 is ill-formed. */
enum rft_char_sort rft_char_sort(int32_t code_point);
bool rft_char_is_currency(int32_t code_point);
bool rft_char_is_digit(int32_t code_point); /* decimal, of any script */

/* Whether the word at p is one letter that is no unit, so that it changes the number right before it: "3x", "5k". */
bool rft_letter_is_factor(const char *p, const char *end);

/* Length of the white space of any script at p, marks of no width counted; 0 if there is none. */
size_t rft_space_match(const char *p, const char *end);
size_t rft_gap_match(const char *p, const char *end); /* the same, but no end of a line */
const char *rft_skip_spaces(const char *p, const char *end);

/* End of the word at p: letters of any script, and an apostrophe or a digit among them. */
const char *rft_word_end(const char *p, const char *end);

#endif
