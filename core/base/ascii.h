/* SPDX-License-Identifier: MIT */
/* Characters of ASCII, whatever the locale. */
#ifndef RFT_ASCII_H
#define RFT_ASCII_H

#include <stdbool.h>

bool rft_is_digit(char c);
bool rft_is_letter(char c);
bool rft_is_blank(char c); /* space, tab, line feed, carriage return */
bool rft_is_space(char c); /* a blank, a vertical tab or a form feed */
char rft_lower(char c);    /* of a capital the small letter */

#endif
