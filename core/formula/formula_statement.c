/* SPDX-License-Identifier: MIT */
#include "formula_statement.h"

#include "scan.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define SHORT_MAX 200     /* bytes of a text that is nothing but an answer */
#define SENTENCE_MAX 2000 /* of one that is looked at */

static const struct rft_bytes none = {NULL, 0};

/* A span of mathematics that begins at p; its length, 0 if none begins there or it is not closed. */
static size_t match_span(const char *p, const char *end, struct rft_bytes *inside)
{
    static const struct {
        const char *open, *close;
        bool is_line; /* holds no line break */
    } spans[] = {{"$$", "$$", false}, {"\\[", "\\]", false}, {"$", "$", true}, {"\\(", "\\)", true}};
    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
        size_t n = strlen(spans[i].open);
        if (!rft_scan_begins_lower(p, end, spans[i].open))
            continue;
        for (const char *q = p + n; q < end && q - p < SENTENCE_MAX; q++) {
            if (rft_scan_begins_lower(q, end, spans[i].close) && q > p + n) {
                *inside = (struct rft_bytes){p + n, (size_t)(q - p) - n};
                return (size_t)(q - p) + strlen(spans[i].close);
            }
            if (*q == '\n' && spans[i].is_line)
                return 0;
            q += *q == '\\' && q + 1 < end && q[1] != ')' && q[1] != ']';
        }
        return 0;
    }
    return 0;
}

/* The end of the sentence at p: a point (or "!", "?") that blanks or the end follow, or a line break; formulas are
 * passed over whole. */
static const char *sentence_end(const char *p, const char *end)
{
    struct rft_bytes inside;
    while (p < end) {
        size_t n = *p == '$' || *p == '\\' ? match_span(p, end, &inside) : 0;
        if (n != 0) {
            p += n;
            continue;
        }
        if (*p == '\n' || ((*p == '.' || *p == '!' || *p == '?') && (p + 1 == end || rft_is_blank(p[1]))))
            return p;
        p += *p == '\\' && p + 1 < end ? 2 : 1; /* "\$" opens nothing */
    }
    return end;
}

static struct rft_bytes between(const char *p, const char *end)
{
    return rft_bytes_trim((struct rft_bytes){p, (size_t)(end - p)});
}

/* Without Markdown's emphasis, colons and quotation marks around it. */
static struct rft_bytes bare(struct rft_bytes b)
{
    bool changed = true;
    while (changed && b.len != 0) {
        changed = strchr("*:\"", b.data[0]) != NULL && b.data[0] != '\0';
        if (changed) {
            b.data++;
            b.len--;
        } else if (strchr("*:\".", b.data[b.len - 1]) != NULL && b.data[b.len - 1] != '\0') {
            b.len--;
            changed = true;
        }
        b = rft_bytes_trim(b);
    }
    return b;
}

/* Behind the last " is " of a sentence that does not begin with a formula: "Final Answer: The largest $n$ is 34". */
static struct rft_bytes after_verb(struct rft_bytes b)
{
    if (b.len == 0 || !rft_is_letter(b.data[0]))
        return b;
    for (size_t i = b.len; i-- > 4;)
        if (rft_scan_begins_lower(b.data + i - 4, b.data + b.len, " is ") ||
            rft_scan_begins_lower(b.data + i - 4, b.data + b.len, " are "))
            return between(b.data + i, b.data + b.len);
    return b;
}

/* Of "$x = 5$, as required" the formula. */
static struct rft_bytes without_reason(struct rft_bytes b)
{
    static const char *const words[] = {", as ", ", since ", ", because ", ", so ", ", which "};
    struct rft_bytes inside;
    size_t n = b.len != 0 ? match_span(b.data, b.data + b.len, &inside) : 0;
    for (size_t i = 0; n != 0 && i < sizeof words / sizeof *words; i++)
        if (rft_scan_begins_lower(b.data + n, b.data + b.len, words[i]))
            return (struct rft_bytes){b.data, n};
    return b;
}

static const char *skip_blank_lines(const char *p, const char *end)
{
    while (p < end && (rft_is_blank(*p) || *p == '*' || *p == ':'))
        p++;
    return p;
}

struct rft_bytes rft_formula_statement(struct rft_bytes text)
{
    static const struct {
        const char *text;
        bool is_heading; /* a sentence may follow it */
    } marks[] = {{"final answer is", false}, {"answer is", false},     {"final answer:", true},
                 {"answer:", true},          {"final answer**", true}, {"####", true}};
    const char *end = text.data + text.len, *found = NULL;
    bool is_heading = false;
    for (const char *p = text.data; p < end; p++)
        for (size_t i = 0;
             (*p == '#' || rft_lower(*p) == 'f' || rft_lower(*p) == 'a') && i < sizeof marks / sizeof *marks; i++)
            if (rft_scan_begins_lower(p, end, marks[i].text) && (p == text.data || !rft_is_letter(p[-1]))) {
                p += strlen(marks[i].text) - 1;
                found = p + 1;
                is_heading = marks[i].is_heading;
                break;
            }
    if (found == NULL)
        return none;
    const char *p = skip_blank_lines(found, end);
    end = end - p > SENTENCE_MAX ? p + SENTENCE_MAX : end;
    struct rft_bytes said = without_reason(bare(between(p, sentence_end(p, end))));
    said = is_heading ? bare(after_verb(said)) : said;
    return said.len != 0 ? said : none;
}

static bool has_word(struct rft_bytes b, const char *const *words)
{
    for (size_t i = 0; i < b.len; i++)
        for (size_t k = 0; (i == 0 || !rft_is_letter(b.data[i - 1])) && words[k] != NULL; k++)
            if (rft_scan_begins_lower(b.data + i, b.data + b.len, words[k])) {
                size_t end = i + strlen(words[k]);
                if (end == b.len || (!rft_is_letter(b.data[end]) && b.data[end] != '\'')) /* but "let's" */
                    return true;
            }
    return false;
}

/* Whether a sentence says what is not the answer, or is a step on the way. */
static bool has_denial(struct rft_bytes b)
{
    static const char *const denials[] = {"not", "cannot",  "impossible", "contradiction", "wrong", "incorrect",
                                          "if",  "suppose", "assume",     "let",           NULL};
    static const char *const steps[] = {"first",   "firstly",   "now",   "next",     "note",   "notice",
                                        "compute", "calculate", "find",  "consider", "recall", "step",
                                        "since",   "because",   "given", "from",     "try",    NULL};
    static const char *const ends[] = {"so", "thus", "hence", "therefore", "finally", NULL};
    struct rft_bytes first = b;
    first.len = 0;
    while (first.len < b.len && rft_is_letter(b.data[first.len]))
        first.len++;
    return has_word(b, denials) || (has_word(first, steps) && !has_word(b, ends));
}

/* The begin of the last sentence of a text that is trimmed. */
static const char *last_sentence(struct rft_bytes text)
{
    const char *begin = text.data, *p = text.data, *end = text.data + text.len;
    while (p < end) {
        const char *stop = sentence_end(p, end);
        while (stop < end && (rft_is_blank(*stop) || *stop == '.' || *stop == '!' || *stop == '?'))
            stop++;
        if (stop < end)
            begin = stop;
        p = stop;
    }
    return begin;
}

/* A number and what stands behind it, at the sentence's end: behind "is", "by", "=". */
static struct rft_bytes last_number(struct rft_bytes sentence)
{
    static const char *const verbs[] = {"is", "are", "be", "by", "equals", "it's", "="};
    const char *end = sentence.data + sentence.len, *begin = NULL;
    for (const char *p = sentence.data; p < end; p++) {
        if (*p == '$' && (p + 1 == end || p[1] < '0' || p[1] > '9')) /* a formula that is cut off, and no price */
            return none;
        for (size_t k = 0; (p == sentence.data || !rft_is_letter(p[-1])) && k < sizeof verbs / sizeof *verbs; k++)
            if (rft_scan_begins_lower(p, end, verbs[k]) && p + strlen(verbs[k]) < end &&
                rft_is_blank(p[strlen(verbs[k])]))
                begin = p + strlen(verbs[k]);
    }
    struct rft_bytes said = begin != NULL ? bare(between(begin, end)) : none;
    bool is_number = said.len != 0 && ((said.data[0] >= '0' && said.data[0] <= '9') || strchr("-$.", said.data[0]));
    return is_number && said.len <= SHORT_MAX / 4 ? said : none;
}

/* The last formula, if the sentence ends with it or has no other; *rest: what stands behind it. */
static struct rft_bytes last_formula(struct rft_bytes sentence, bool *has_any, struct rft_bytes *rest)
{
    struct rft_bytes last = none, inside;
    uint32_t n = 0;
    const char *end = sentence.data + sentence.len, *behind = sentence.data, *before = sentence.data;
    for (const char *p = sentence.data; p < end;) {
        size_t n_span = *p == '$' || *p == '\\' ? match_span(p, end, &inside) : 0;
        *has_any = *has_any || n_span != 0 || (*p == '$' && p + 1 < end && !(p[1] >= '0' && p[1] <= '9'));
        if (n_span != 0) {
            before = behind;
            last = inside;
            behind = p + n_span;
            n++;
        }
        p += n_span != 0 ? n_span : *p == '\\' && p + 1 < end ? 2 : 1;
    }
    *rest = between(behind, end);
    bool ends_it = n != 0 && bare(*rest).len == 0;
    if (n > 1) { /* "x = 1 and x = 2": not the last alone */
        struct rft_bytes gap = between(before, last.data);
        for (size_t i = 0; i < gap.len; i++)
            if (gap.data[i] == ',' || rft_scan_begins_lower(gap.data + i, gap.data + gap.len, "and ") ||
                rft_scan_begins_lower(gap.data + i, gap.data + gap.len, "or "))
                return none;
    }
    return n == 1 || ends_it ? rft_bytes_trim(last) : none;
}

/* The last lines of a long text. */
static struct rft_bytes tail(struct rft_bytes text)
{
    if (text.len <= 2 * SENTENCE_MAX)
        return text;
    const char *end = text.data + text.len, *p = end - 2 * SENTENCE_MAX;
    const char *line = memchr(p, '\n', (size_t)(end - p));
    return between(line != NULL ? line : end, end);
}

/* Of "a = b = c", a calculation, what it comes to. */
static struct rft_bytes chain_end(struct rft_bytes formula)
{
    uint32_t n = 0;
    int64_t depth = 0;
    const char *last = formula.data;
    for (size_t i = 0; i < formula.len; i++) {
        char c = formula.data[i];
        depth += (c == '{' || c == '(') - (c == '}' || c == ')');
        if ((c == ',' || c == '&' || c == '<' || c == '>') && depth == 0)
            return formula;
        if (c == '=' && depth == 0) {
            n++;
            last = formula.data + i + 1;
        }
    }
    return n >= 2 ? between(last, formula.data + formula.len) : formula;
}

/* One line, and no sentence: at most two words. */
static bool is_bare_answer(struct rft_bytes text)
{
    uint32_t n_words = 0;
    for (size_t i = 0; i < text.len; i++) {
        size_t n = 0;
        while (i + n < text.len && rft_is_letter(text.data[i + n]))
            n++;
        if (text.data[i] == '\n' || (n != 0 && rft_scan_begins_lower(text.data + i, text.data + text.len, "answer")))
            return false;
        bool is_joint = (n == 3 && rft_scan_begins_lower(text.data + i, text.data + text.len, "and")) ||
                        (n == 2 && rft_scan_begins_lower(text.data + i, text.data + text.len, "or"));
        n_words += n >= 2 && !is_joint && (i == 0 || text.data[i - 1] != '\\');
        i += n != 0 ? n - 1 : 0;
    }
    return n_words <= 2;
}

struct rft_bytes rft_formula_conclusion(struct rft_bytes text)
{
    bool has_formula = false;
    text = tail(rft_bytes_trim(text));
    const char *begin = last_sentence(text);
    struct rft_bytes sentence = between(begin, text.data + text.len);
    if (sentence.len == 0 || sentence.len > SENTENCE_MAX || has_denial(sentence))
        return none;
    struct rft_bytes rest, last = last_formula(sentence, &has_formula, &rest);
    if (!has_formula && begin == text.data && text.len <= SHORT_MAX && is_bare_answer(text))
        return text;
    const char final = sentence.data[sentence.len - 1];
    struct rft_bytes number = final == '.' || final == '!' || final == '*' ? last_number(rest) : none;
    return number.data != NULL ? number : chain_end(last);
}
