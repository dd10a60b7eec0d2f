/* SPDX-License-Identifier: MIT */
#include "ascii.h"

bool rft_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool rft_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool rft_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool rft_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

char rft_lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}
