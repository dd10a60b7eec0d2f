/* SPDX-License-Identifier: MIT */
#include "formula_box.h"

#include "scan.h"

#include <stdint.h>
#include <string.h>

#define OPEN_MAX 32 /* boxes within boxes; of more the outer ones are forgotten */
#define BOXES_MAX 32
#define BETWEEN_MAX 100 /* bytes between boxes that are one answer */

struct box {
    const char *begin, *inside, *inside_end, *end; /* of the command, of what it holds */
    uint64_t depth;                                /* of braces around it */
};

struct scan {
    const char *p, *end;
    uint64_t depth;
    uint32_t n_open, n_closed;
    struct box open[OPEN_MAX];
    struct box closed[BOXES_MAX]; /* the last ones */
};

static void close_box(struct scan *s, struct box box)
{
    while (s->n_closed != 0 && s->closed[s->n_closed - 1].begin > box.begin) /* those within it */
        s->n_closed--;
    if (s->n_closed == BOXES_MAX) {
        memmove(s->closed, s->closed + 1, (BOXES_MAX - 1) * sizeof *s->closed);
        s->n_closed--;
    }
    s->closed[s->n_closed++] = box;
}

/* "\boxed 5": up to a "$", a backslash or the end of the line, as TeX and people mean it. */
static void read_bare(struct scan *s, struct box box)
{
    const char *p = box.inside;
    while (p < s->end && *p == ' ')
        p++;
    box.inside = p;
    while (p < s->end && strchr("$\\\n{} ", *p) == NULL && *p != '\0')
        p++;
    if (p > box.inside && (p[-1] == '.' || p[-1] == ','))
        p--;
    box.inside_end = box.end = p;
    if (p > box.inside)
        close_box(s, box);
}

static void read_command(struct scan *s)
{
    static const char *const names[] = {"\\boxed", "\\fbox", "\\framebox"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *p = s->p + strlen(names[i]);
        if (!rft_scan_begins(s->p, s->end, names[i]) || (p < s->end && rft_is_letter(*p)))
            continue;
        struct box box = {.begin = s->p, .inside = p, .depth = s->depth};
        while (p < s->end && rft_is_blank(*p))
            p++;
        if (p == s->end || *p != '{') {
            read_bare(s, box);
            s->p += strlen(names[i]);
            return;
        }
        if (s->n_open == OPEN_MAX) {
            memmove(s->open, s->open + 1, (OPEN_MAX - 1) * sizeof *s->open);
            s->n_open--;
        }
        box.inside = p + 1;
        s->open[s->n_open++] = box;
        s->depth++;
        s->p = p + 1;
        return;
    }
    s->p += s->p + 1 < s->end && !rft_is_letter(s->p[1]) && s->p[1] != '\\' ? 2 : 1; /* "\{" is no brace */
}

static void read_close(struct scan *s)
{
    s->depth -= s->depth != 0;
    while (s->n_open != 0 && s->open[s->n_open - 1].depth > s->depth) /* cannot close any more */
        s->n_open--;
    if (s->n_open != 0 && s->open[s->n_open - 1].depth == s->depth) {
        struct box box = s->open[--s->n_open];
        box.inside_end = s->p;
        box.end = s->p + 1;
        close_box(s, box);
    }
    s->p++;
}

/* Whether the text between two boxes only joins them: separators, what ends and begins formulas, "y =". */
static bool is_joint(const char *p, const char *end)
{
    static const char *const parts[] = {"\\quad", "\\qquad", "\\text", "\\mbox", "\\textrm", "\\(", "\\)", "\\[", "\\]",
                                        "\\,",    "\\;",     "\\ ",    "\\\\",   "$",        "{",   "}",   ".",   "**"};
    bool is_separated = false;
    if (end - p > BETWEEN_MAX)
        return false;
    while (p < end) {
        size_t n = rft_is_blank(*p);
        if (*p == ',' || *p == ';' || *p == '&') {
            is_separated = true;
            n = 1;
        } else if ((rft_scan_begins(p, end, "and") || rft_scan_begins(p, end, "or")) &&
                   (rft_is_blank(p[-1]) || p[-1] == '{')) {
            is_separated = true;
            n = *p == 'a' ? 3 : 2;
        }
        for (size_t i = 0; n == 0 && i < sizeof parts / sizeof *parts; i++)
            n = rft_scan_begins(p, end, parts[i]) ? strlen(parts[i]) : 0;
        if (n == 0 && is_separated && rft_is_letter(*p)) { /* a name and "=" */
            const char *q = p;
            while (q < end && (rft_is_letter(*q) || (*q >= '0' && *q <= '9') || strchr("_{}() ", *q) != NULL))
                q++;
            n = q < end && *q == '=' && q - p <= 8 ? (size_t)(q + 1 - p) : 0;
        }
        if (n == 0)
            return false;
        p += n;
    }
    return is_separated;
}

static void read_all(struct scan *s, struct rft_bytes text)
{
    s->p = text.data;
    s->end = text.data + text.len;
    s->depth = 0;
    s->n_open = s->n_closed = 0;
    while (s->p < s->end)
        if (*s->p == '\\')
            read_command(s);
        else if (*s->p == '}')
            read_close(s);
        else {
            s->depth += *s->p == '{';
            s->p++;
        }
}

bool rft_formula_box_is_open(struct rft_bytes text)
{
    struct scan s;
    read_all(&s, text);
    return s.n_open != 0;
}

struct rft_bytes rft_formula_box(struct rft_bytes text, struct rft_bytes *whole)
{
    struct scan s;
    read_all(&s, text);
    if (s.n_closed == 0)
        return (struct rft_bytes){NULL, 0};
    uint32_t first = s.n_closed - 1, last = first;
    while (first != 0 && is_joint(s.closed[first - 1].end, s.closed[first].begin))
        first--;
    const struct rft_bytes all = {s.closed[first].begin, (size_t)(s.closed[last].end - s.closed[first].begin)};
    if (whole != NULL)
        *whole = all;
    if (first == last)
        return rft_bytes_trim(
            (struct rft_bytes){s.closed[last].inside, (size_t)(s.closed[last].inside_end - s.closed[last].inside)});
    return all;
}
