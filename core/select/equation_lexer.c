/* SPDX-License-Identifier: MIT */
#include "equation_lexer.h"

#include "scan.h"

#include <string.h>

#define THOUSANDS 3 /* digits behind a comma */

/* What is written with other signs than ASCII's: '=' and ' ' stand for their kinds, the others are operators. */
static const struct {
    int32_t code_point;
    char as;
} signs[] = {
    {0xa0, ' '},   {0xb7, '*'},   {0xd7, '*'},   {0xf7, '/'},   {0x2009, ' '}, {0x2013, '-'}, {0x202f, ' '},
    {0x2044, '/'}, {0x2212, '-'}, {0x2215, '/'}, {0x2217, '*'}, {0x2219, '*'}, {0x2248, '='}, {0x22c5, '*'},
};

/* LaTeX's; other commands are passed over. */
static const struct {
    const char *name;
    char as;
} commands[] = {{"times", '*'}, {"cdot", '*'}, {"ast", '*'}, {"div", '/'}, {"approx", '='}};

static const char asides[] = " \t$&_`\"'[]%\\";

static struct rft_lexeme lexeme_as(char as, const char *end)
{
    static const struct {
        const char *chars;
        enum rft_lexeme_kind kind;
    } kinds[] = {{"+-*/^", RFT_LEXEME_OPERATOR}, {"(){}", RFT_LEXEME_BRACKET}, {"=", RFT_LEXEME_EQUALS}};
    struct rft_lexeme lexeme = {.kind = RFT_LEXEME_END, .op = as, .end = end};
    if (as != '\0' && strchr(asides, as) != NULL)
        lexeme.kind = RFT_LEXEME_ASIDE;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (as != '\0' && strchr(kinds[i].chars, as) != NULL)
            lexeme.kind = kinds[i].kind;
    return lexeme;
}

static const char *skip_digits(const char *p, const char *end)
{
    while (p < end && rft_is_digit(*p))
        p++;
    return p;
}

bool rft_number_begins(const char *begin, const char *p, const char *end)
{
    if (p == end || rft_is_digit(*p))
        return p != end;
    return *p == '.' && end - p > 1 && rft_is_digit(p[1]) && (p == begin || !rft_is_digit(p[-1]));
}

static struct rft_lexeme number_at(const char *p, const char *end)
{
    struct rft_lexeme lexeme = {.kind = RFT_LEXEME_NUMBER, .number = {p, 0}};
    const char *at = skip_digits(p, end);
    bool may_group = at - p <= THOUSANDS;
    while (may_group && at < end && *at == ',' && skip_digits(at + 1, end) == at + 1 + THOUSANDS)
        at += 1 + THOUSANDS;
    if (end - at > 1 && *at == '.' && rft_is_digit(at[1]))
        at = skip_digits(at + 1, end);
    lexeme.number.len = (size_t)(at - p);
    if (end - at > 1 && at[0] == '\\' && at[1] == '%')
        at++;
    lexeme.is_percent = at < end && *at == '%';
    lexeme.end = at + lexeme.is_percent;
    return lexeme;
}

/* Behind a unit: "^2", "**2", "^-1", "^{3}" as far as its digits. */
static const char *skip_power(const char *p, const char *end)
{
    const char *at = p + 1;
    if (rft_scan_begins(p, end, "**"))
        at++;
    else if (!rft_scan_begins(p, end, "^"))
        return p;
    at += at < end && *at == '{';
    at += at < end && *at == '-';
    return skip_digits(at, end) != at ? skip_digits(at, end) : p;
}

/* A word, or the sign of multiplication that is one. */
static struct rft_lexeme word_at(const char *p, const char *end)
{
    const char *at = p, *after;
    while (at < end && (rft_is_letter(*at) || rft_is_digit(*at) || *at == '_'))
        at++;
    after = skip_power(at, end);
    if (after - p == 1 && rft_lower(*p) == 'x')
        return lexeme_as('*', after);
    return (struct rft_lexeme){.kind = RFT_LEXEME_WORD, .end = after};
}

/* At a backslash. */
static struct rft_lexeme command_at(const char *p, const char *end)
{
    const char *name = p + 1, *at = name;
    while (at < end && rft_is_letter(*at))
        at++;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if ((size_t)(at - name) == strlen(commands[i].name) && rft_scan_begins(name, end, commands[i].name))
            return lexeme_as(commands[i].as, at);
    if (at == name && at < end && *at == '\\')
        return lexeme_as('\n', at + 1); /* ends a line */
    if (at == name && at < end && strchr(",;:!", *at) != NULL && *at != '\0')
        at++; /* is a space */
    return lexeme_as(' ', at);
}

struct rft_lexeme rft_lexeme_at(const char *begin, const char *p, const char *end)
{
    int32_t code_point;
    if (rft_number_begins(begin, p, end))
        return number_at(p, end);
    if (rft_is_letter(*p))
        return word_at(p, end);
    if (*p == '\\')
        return command_at(p, end);
    const char *after = p + rft_utf8_decode(p, end, &code_point);
    if (code_point >= 0 && code_point < 0x80)
        return lexeme_as(*p, after);
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (signs[i].code_point == code_point)
            return lexeme_as(signs[i].as, after);
    return (struct rft_lexeme){.kind = RFT_LEXEME_WORD, .end = after};
}

enum rft_status rft_number_put(struct rft_bytes number, struct rft_str *out)
{
    const char *p = number.data, *end = p + number.len, *point = memchr(p, '.', number.len);
    const char *whole_end = point != NULL ? point : end;
    if (point != NULL)
        while (end[-1] == '0')
            end--;
    while (p < whole_end && (*p == '0' || *p == ','))
        p++;
    if (p == whole_end)
        RFT_TRY(rft_str_append_z(out, "0"));
    for (; p < whole_end; p++)
        if (*p != ',')
            RFT_TRY(rft_str_append(out, p, 1));
    return end - whole_end > 1 ? rft_str_append(out, whole_end, (size_t)(end - whole_end)) : RFT_OK;
}
