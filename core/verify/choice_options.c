/* SPDX-License-Identifier: MIT */
#include "choice.h"
#include "number_words.h"
#include "scan.h"
#include "statement.h"

#include <string.h>

#define BEGIN_MAX 60    /* bytes of an option's text that is looked for within sentences */
#define OPTION_MAX 1000 /* bytes looked at for the end of the last one */

/* ---- the options of a question ---- */

/* How marks are written: "(A)", "A)", "A.", "A:". */
static const struct {
    char before, behind;
} styles[] = {{'(', ')'}, {0, ')'}, {0, '.'}, {0, ':'}};

/* The letter of a mark of that style at p; -1 if there is none. */
static int mark_at(const char *begin, const char *p, const char *end, size_t style, const char **behind)
{
    bool has_bracket = styles[style].before != 0;
    if (p > begin && p[-1] != ' ' && p[-1] != '\n' && p[-1] != '\t' && p[-1] != '*' && p[-1] != ',')
        return -1;
    if (has_bracket && *p++ != styles[style].before)
        return -1;
    if (end - p < 2 || *p < 'A' || *p >= 'A' + RFT_CHOICES_MAX || p[1] != styles[style].behind)
        return -1;
    *behind = p + 2;
    return *p - 'A';
}

static struct rft_bytes option_text(const char *p, const char *stop)
{
    struct rft_bytes text = rft_bytes_trim((struct rft_bytes){p, (size_t)(stop - p)});
    while (text.len != 0 && strchr(",;", text.data[text.len - 1]) != NULL)
        text.len--;
    return text;
}

static struct rft_choices options_of_style(struct rft_bytes question, size_t style)
{
    struct rft_choices best = {0}, run = {0};
    const char *end = question.data + question.len, *inside = NULL, *behind;
    for (const char *p = question.data; p < end; p++) {
        int letter = mark_at(question.data, p, end, style, &behind);
        if (letter < 0 || (letter != 0 && letter != run.n))
            continue;
        if (letter == 0)
            run.n = 0;
        else
            run.texts[run.n - 1] = option_text(inside, p);
        run.n++;
        inside = behind;
        const char *stop = end - inside > OPTION_MAX ? inside + OPTION_MAX : end;
        run.texts[letter] = option_text(inside, rft_scan_line_end(inside, stop)); /* unless another follows */
        if (run.n >= best.n)
            best = run;
    }
    return best;
}

struct rft_choices rft_choices_of(const struct rft_verify_case *c)
{
    struct rft_choices best = {0};
    if (c->choices.n != 0) {
        for (; best.n < RFT_CHOICES_MAX && (size_t)best.n < c->choices.n; best.n++)
            best.texts[best.n] = rft_bytes_trim(c->choices.items[best.n]);
        return best;
    }
    for (size_t style = 0; c->question.len != 0 && style < sizeof styles / sizeof *styles; style++) {
        struct rft_choices found = options_of_style(c->question, style);
        if (found.n > best.n && found.n > 1)
            best = found;
    }
    return best;
}

/* ---- an option's text ---- */

static struct rft_bytes without_period(struct rft_bytes option)
{
    option = rft_statement_undress(option);
    if (option.len > 1 && option.data[option.len - 1] == '.')
        option.len--;
    return option;
}

/* Capitals matter in short texts and beside digits: "5 mV" is not "5 MV", "Co" not "CO". */
static bool may_fold(struct rft_bytes option)
{
    size_t n_letters = 0;
    for (size_t i = 0; i < option.len; i++) {
        n_letters += rft_is_letter(option.data[i]);
        if (rft_is_digit(option.data[i]))
            return false;
    }
    return n_letters > 3;
}

/* Where an option's text ends that begins at p; NULL if it does not. A run of white space is like any other. */
static const char *match_text(struct rft_bytes option, const char *p, const char *end, bool *is_exact)
{
    const char *at = option.data, *stop = option.data + option.len;
    bool folds = may_fold(option);
    *is_exact = true;
    while (at < stop) {
        size_t n = rft_space_match(at, stop), m = p < end ? rft_space_match(p, end) : 0;
        if ((n != 0) != (m != 0) || p == end)
            return NULL;
        if (n != 0) {
            at = rft_skip_spaces(at, stop);
            p = rft_skip_spaces(p, end);
            continue;
        }
        if (folds ? rft_lower(*at) != rft_lower(*p) : *at != *p)
            return NULL;
        *is_exact = *is_exact && *at == *p;
        at++;
        p++;
    }
    return p;
}

/* Whether a sentence or its line ends at p: nothing there can belong to the option's text. */
static bool is_boundary(const char *p, const char *end)
{
    bool has_period = false;
    for (; p < end && strchr(".*_`\"'$})]\\,;", *p) != NULL; p++) {
        if (*p == ',' || *p == ';')
            return false;
        has_period = *p == '.';
    }
    return p == end || *p == '\n' || *p == '\r' || (has_period && *p == ' ');
}

int rft_choices_match(const struct rft_choices *choices, const char *p, const char *end, const char **behind)
{
    int best = -1;
    bool best_is_exact = false, is_exact, is_twin = false;
    *behind = p;
    for (int i = 0; i < choices->n; i++) {
        struct rft_bytes option = without_period(choices->texts[i]);
        const char *last = option.len != 0 ? match_text(option, p, end, &is_exact) : NULL;
        if (last == NULL || !is_boundary(last, end) || (last == *behind && best >= 0 && best_is_exact && !is_exact))
            continue;
        if (last < *behind)
            continue;
        is_twin = best >= 0 && last == *behind && is_exact == best_is_exact;
        best = i;
        best_is_exact = is_exact;
        *behind = last;
    }
    return is_twin ? -1 : best;
}

int rft_choices_begin(const struct rft_choices *choices, const char *p, const char *end, const char **behind)
{
    int best = -1;
    bool is_exact;
    *behind = p;
    for (int i = 0; i < choices->n; i++) {
        struct rft_bytes option = without_period(choices->texts[i]);
        const char *last = option.len <= BEGIN_MAX && may_fold(option) ? match_text(option, p, end, &is_exact) : NULL;
        if (last == NULL || last <= *behind || (last < end && (rft_is_letter(*last) || rft_is_digit(*last))))
            continue;
        best = i;
        *behind = last;
    }
    return best;
}

bool rft_choices_is_text(struct rft_bytes option, struct rft_bytes text)
{
    bool is_exact;
    option = without_period(option);
    text = without_period(text);
    const char *end = text.data + text.len;
    return option.len != 0 && match_text(option, text.data, end, &is_exact) == end;
}
