/* SPDX-License-Identifier: MIT */
#include "choice.h"
#include "number_words.h"
#include "scan.h"
#include "statement.h"

#include <string.h>

#define SENTENCE_MAX 400 /* bytes of a statement that are looked at for other letters */

static const char *const nouns[] = {"option", "choice", "letter", "answer", NULL}; /* "option B" */
static const char *const articles[] = {"the", "is", NULL};
/* Behind a letter: what follows is a reason, or takes other letters back. */
static const char *const reasons[] = {"because", "since", "as",      "which",  "where", "whereas", "while",
                                      "given",   "not",   "instead", "rather", "due",   "so",      NULL};
static const char *const approvals[] = {"correct", "right", "best", "true", "the", NULL};
static const char *const joints[] = {"or", "and", "nor", "to", "through", "plus", "versus", "vs", NULL};
/* Between a joint and the next letter. */
static const char *const hedges[] = {"option", "choice",   "letter",   "maybe", "possibly", "perhaps",
                                     "also",   "probably", "even",     "both",  "answer",   "either",
                                     "no",     "hmm",      "actually", NULL};

static bool is_in(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static bool is_alnum(char c)
{
    return rft_is_letter(c) || rft_is_digit(c) || (unsigned char)c >= 0x80;
}

static const char *ascii_word_end(const char *p, const char *end)
{
    while (p < end && rft_is_letter(*p))
        p++;
    return p;
}

/* Marks that open before a letter or a text: "**", "(", "$\text{", quotation marks. */
static const char *skip_opening(const char *p, const char *end)
{
    static const char *const commands[] = {"\\text{",   "\\textbf{", "\\boxed{", "\\mathrm{", "\\mathbf{",
                                           "\\textrm{", "\\fbox{",   "\\(",      "\\[",       "\\mbox{"};
    for (;;) {
        const char *before = p;
        while (p < end && is_in(*p, " \t*_\"'`$([{:"))
            p++;
        for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
            if (rft_scan_begins(p, end, commands[i]))
                p += strlen(commands[i]);
        if (p == before)
            return p;
    }
}

/* "the option", "choice": and the marks behind. */
static const char *skip_nouns(const char *p, const char *end)
{
    p = skip_opening(p, end);
    for (int i = 0; i < 3; i++) {
        const char *last = ascii_word_end(p, end);
        size_t n = (size_t)(last - p);
        if (n == 0 || (!rft_word_is_among(nouns, p, n) && !rft_word_is_among(articles, p, n)))
            break;
        p = skip_opening(last, end);
    }
    return p;
}

/* Closing marks behind a letter. *is_delimited: one of them sets it off from what follows. */
static const char *skip_closing(const char *p, const char *end, bool *is_delimited)
{
    const char *begin = p;
    while (p < end && (is_in(*p, ")]}*_\"'`$.:") || (*p == '\\' && end - p >= 2 && is_in(p[1], ")]"))))
        p += *p == '\\' ? 2 : 1;
    *is_delimited = p > begin;
    return p;
}

/* "B'" */
static bool is_primed(const char *begin, const char *p, const char *end)
{
    return end - p >= 2 && p[1] == '\'' && (p == begin || p[-1] != '\'');
}

/* Capitals, and small ones in brackets; "F = ma" is none, nor is "B'". */
int rft_choice_letter_at(const char *begin, const char *p, const char *end)
{
    if (p == end || (p > begin && (is_alnum(p[-1]) || is_in(p[-1], "-+/^\\=&"))))
        return -1;
    char c = *p;
    const char *next = p + 1;
    bool is_bracketed = p > begin && is_in(p[-1], "([{") && next < end && is_in(*next, ")]}");
    bool is_small = c >= 'a' && c < 'a' + RFT_CHOICES_MAX && is_bracketed;
    if (!is_small && (c < 'A' || c >= 'A' + RFT_CHOICES_MAX))
        return -1;
    if (next < end && !is_in(*next, " \t\r\n)]}*_\"'`$.:,;\\!?|/&-+") && !rft_scan_begins(next, end, "\xe2\x80\x94") &&
        !rft_scan_begins(next, end, "</"))
        return -1;
    if (end - next >= 2 && is_in(*next, ".'_-+") && is_alnum(next[1]))
        return -1;
    if (is_primed(begin, p, end))
        return -1;
    return is_small ? c - 'a' : c - 'A';
}

/* The same where the letter states an answer, so that no operator may follow. */
static int stated_letter_at(const char *begin, const char *p, const char *end)
{
    if (p == end)
        return -1;
    int letter = rft_choice_letter_at(begin, p, end);
    const char *taboo = *p == 'I' ? "/&-+|?," : "/&-+|?"; /* "I, II and III" */
    return letter >= 0 && end - p >= 2 && is_in(p[1], taboo) ? -1 : letter;
}

static const char *sentence_end(const char *p, const char *end)
{
    end = end - p > SENTENCE_MAX ? p + SENTENCE_MAX : end;
    for (const char *at = p; at < end; at++) {
        bool is_stop = is_in(*at, ".!") && (at + 1 == end || is_in(at[1], " \n\r"));
        if (*at == '\n' || *at == '?' || is_stop)
            return *at == '?' ? at + 1 : at;
    }
    return end;
}

/* "C, I think" */
static bool is_pronoun(const char *p, const char *end)
{
    return *p == 'I' && end - p >= 3 && p[1] == ' ' && p[2] >= 'a' && p[2] <= 'z';
}

/* Whether the rest of a sentence names another option beside the one before p: "B or C", "B, C", "B) x C) y". */
static bool names_another(const char *p, const char *end)
{
    static const char *const as[] = {"as", NULL};
    bool is_joined = false;
    const char *begin = p, *last = sentence_end(p, end);
    while (p < last) {
        if (*p == '?')
            return true;
        bool is_mark = last - p >= 2 && p[1] == ')';
        if ((is_joined || is_mark) && !is_pronoun(p, last) && rft_choice_letter_at(begin, p, last) >= 0)
            return true;
        const char *word_end = ascii_word_end(p, last);
        size_t n = (size_t)(word_end - p);
        if (n != 0) {
            bool is_joint = rft_word_is_among(as, p, n) && rft_scan_begins(word_end, last, " well as");
            if (!is_joint && rft_word_is_among(reasons, p, n))
                return false;
            word_end += is_joint ? strlen(" well as") : 0;
            is_joined = is_joint || rft_word_is_among(joints, p, n) || (is_joined && rft_word_is_among(hedges, p, n));
            p = word_end;
        } else if (*p == '\\') {
            p = ascii_word_end(p + 1, last);
            p += p < last && p[-1] == '\\';
        } else {
            is_joined = is_in(*p, ",/&|+;") || (is_joined && is_in(*p, " \t*_\"'`$([{)]}"));
            p++;
        }
    }
    return false;
}

/* Whether any option's letter stands in a sentence. "I" is a pronoun unless it is bracketed. */
static bool names_any(const char *p, const char *end)
{
    const char *begin = p;
    for (const char *last = sentence_end(p, end); p < last; p++)
        if (rft_choice_letter_at(begin, p, last) >= 0 && (*p != 'I' || (p > begin && p[-1] == '(')))
            return true;
    return false;
}

/* Whether what follows a letter that nothing sets off lets it be one: the end, or a reason. "A number" does not. */
static bool may_follow(const char *p, const char *end)
{
    while (p < end && is_in(*p, " \t"))
        p++;
    if (p == end || is_in(*p, "\n\r(,;!") || rft_scan_begins(p, end, "\xe2\x80\x94"))
        return true;
    if (rft_scan_begins(p, end, "- ") || rft_scan_begins(p, end, "\xe2\x80\x93 "))
        return true;
    const char *last = ascii_word_end(p, end);
    size_t n = (size_t)(last - p);
    static const char *const is[] = {"is", NULL};
    return n != 0 && (rft_word_is_among(reasons, p, n) || rft_word_is_among(is, p, n));
}

/* "B is wrong", "B might be": a letter's own sentence takes it back. */
static bool is_taken_back(const char *p, const char *end)
{
    static const char *const doubts[] = {"is",    "isn't", "are",   "was",   "cannot", "can't", "may",
                                         "might", "could", "would", "seems", "if",     "only",  NULL};
    while (p < end && is_in(*p, " \t,"))
        p++;
    const char *last = p;
    while (last < end && (rft_is_letter(*last) || *last == '\''))
        last++;
    if (last == p || !rft_word_is_among(doubts, p, (size_t)(last - p)))
        return false;
    bool is_is = last - p == 2 && (*p | 0x20) == 'i' && (p[1] | 0x20) == 's';
    while (last < end && *last == ' ')
        last++;
    return !is_is || !rft_word_is_among(approvals, last, (size_t)(ascii_word_end(last, end) - last));
}

/* "B) not mitochondrion"; but "(B) not (C)" */
static bool is_negated(const char *p, const char *end)
{
    static const char *const nots[] = {"not", "no", "neither", NULL};
    const char *last = ascii_word_end(p, end), *next = skip_opening(last, end);
    return rft_word_is_among(nots, p, (size_t)(last - p)) && next < end && rft_choice_letter_at(p, next, end) < 0;
}

/* "(B). " ends a sentence; "B. " may be the mark of a list. */
static bool ends_sentence(const char *closing, const char *behind, const char *end)
{
    return behind - closing >= 2 && *closing != '.' && behind[-1] == '.' && behind[-2] != '.' &&
           (behind == end || is_in(*behind, " \n"));
}

/* "D. C. Clark", "B. C." */
static bool is_initial(const char *p, const char *end)
{
    while (p < end && *p == ' ')
        p++;
    return end - p >= 2 && p[1] == '.' && rft_choice_letter_at(p, p, end) >= 0;
}

static struct rft_choice refuse(void)
{
    return (struct rft_choice){.kind = RFT_CHOICE_REFUSED};
}

/* An option's text behind an article that is not its own: "the mitochondrion". */
static int named_behind_article(const struct rft_choices *choices, const char *p, const char *end, const char **behind)
{
    static const char *const lower[] = {"the ", "The ", "a ", "an "};
    for (size_t i = 0; i < sizeof lower / sizeof *lower; i++)
        if (rft_scan_begins(p, end, lower[i]) && p + strlen(lower[i]) < end)
            return rft_choices_match(choices, p + strlen(lower[i]), end, behind);
    return -1;
}

/* What stands behind a letter agrees with it. */
static struct rft_choice read_letter(const struct rft_choices *choices, int letter, const char *p, const char *end)
{
    bool is_delimited;
    const char *behind = skip_closing(p + 1, end, &is_delimited), *text = skip_opening(behind, end), *text_end;
    if (rft_scan_begins(text, end, "- "))
        text = skip_opening(text + 2, end);
    int named = text < end ? rft_choices_match(choices, text, end, &text_end) : -1;
    if (named < 0)
        named = named_behind_article(choices, text, end, &text_end);
    bool is_small = text < end && *text >= 'a' && *text <= 'z'; /* no new sentence */
    int begun = named < 0 && is_delimited && is_small ? rft_choices_begin(choices, text, end, &text_end) : named;
    if (begun >= 0 && begun != letter)
        return refuse();
    if (named == letter)
        behind = text_end;
    else if (!is_delimited && !may_follow(behind, end))
        return (struct rft_choice){.kind = RFT_CHOICE_NONE};
    bool is_next = is_delimited && named < 0 && memchr(p, ':', (size_t)(behind - p)) != NULL; /* "B: C" */
    if ((is_initial(behind, end) && p[1] == '.') || (is_delimited && named < 0 && is_negated(text, end)) ||
        (is_next && rft_choice_read_bare((struct rft_bytes){text, (size_t)(end - text)}).kind == RFT_CHOICE_ONE))
        return refuse();
    const char *next = rft_skip_spaces(behind, end);
    bool is_end = choices->n != 0 && named < 0 && behind == p + 2 && behind < end && *behind == ' ' && p[1] == '.' &&
                  next < end && *next >= 'A' && *next <= 'Z'; /* no list: what follows is not the option's text */
    if (!is_end && !ends_sentence(p + 1, behind, end) && (is_taken_back(behind, end) || names_another(behind, end)))
        return refuse();
    return (struct rft_choice){RFT_CHOICE_ONE, letter, {p, 1}, named == letter ? behind : p + 1};
}

struct rft_choice rft_choice_read(const struct rft_choices *choices, struct rft_bytes statement)
{
    struct rft_bytes text = rft_bytes_trim(statement), bare = rft_statement_undress(text);
    const char *end = text.data + text.len, *behind;
    if (text.len == 0)
        return (struct rft_choice){.kind = RFT_CHOICE_NONE};
    const char *first = skip_opening(text.data, end), *p = skip_nouns(text.data, end);
    int named = first < end ? rft_choices_match(choices, first, end, &behind) : -1;
    if (named < 0 && bare.len != 0)
        named = rft_choices_match(choices, bare.data, bare.data + bare.len, &behind);
    if (named < 0)
        named = named_behind_article(choices, first, end, &behind);
    int letter = stated_letter_at(text.data, p, end);
    struct rft_choice choice = {.kind = RFT_CHOICE_NONE};
    if (letter >= 0)
        choice = read_letter(choices, letter, p, end);
    if (named >= 0)
        return choice.kind == RFT_CHOICE_ONE && letter != named && letter < choices->n
                   ? refuse()
                   : (struct rft_choice){RFT_CHOICE_ONE, named, bare, behind};
    if (choice.kind != RFT_CHOICE_NONE)
        return choice;
    choice = rft_choice_read_bare(text); /* "b" */
    if (choice.kind == RFT_CHOICE_NONE && names_any(text.data, end))
        return refuse();
    return choice;
}

struct rft_choice rft_choice_read_bare(struct rft_bytes line)
{
    line = rft_bytes_trim(line);
    const char *end = line.data + line.len, *p = skip_nouns(line.data, end);
    struct rft_choice choice = {.kind = RFT_CHOICE_NONE};
    bool is_delimited;
    if (p == end || !rft_is_letter(*p) || is_primed(line.data, p, end) ||
        skip_closing(p + 1, end, &is_delimited) != end)
        return choice;
    int letter = (*p | 0x20) - 'a';
    bool is_small = *p >= 'a' && p > line.data && p[-1] != '('; /* "the answer is a" */
    if (letter < RFT_CHOICES_MAX && !is_small)
        choice = (struct rft_choice){RFT_CHOICE_ONE, letter, {p, 1}, p + 1};
    return choice;
}

bool rft_choice_is_all(const struct rft_choices *choices, int letter, struct rft_bytes line)
{
    const char *end = line.data + line.len, *p = skip_nouns(line.data, end), *behind;
    bool is_delimited;
    if (rft_choice_read_bare(line).kind == RFT_CHOICE_ONE)
        return true;
    if (p < end && rft_choice_letter_at(line.data, p, end) == letter) {
        p = skip_closing(p + 1, end, &is_delimited);
        p = skip_opening(p, end);
    }
    if (choices->n != 0)
        return p < end && rft_choices_match(choices, p, end, &behind) == letter &&
               skip_closing(behind, end, &is_delimited) == end;
    return end - sentence_end(p, end) <= 1 && memchr(p, ':', (size_t)(end - p)) == NULL && !names_any(p, end);
}

unsigned rft_choice_read_list(struct rft_bytes text)
{
    text = rft_statement_undress(text);
    const char *p = text.data, *end = text.data + text.len;
    unsigned letters = 0;
    int n = 0, previous = -1;
    bool is_joined = true, is_word = true; /* word: "ACD", in order */
    while (p < end) {
        const char *last = ascii_word_end(p, end);
        if (last - p == 1 && *p >= 'A' && *p < 'A' + RFT_CHOICES_MAX && is_joined) {
            letters |= 1u << (*p - 'A');
            n++;
            is_joined = false;
        } else if (last > p && n == 0 && is_word && last + (last < end && *last == '.') == end) {
            for (; p<last && * p - 'A'> previous && *p < 'A' + RFT_CHOICES_MAX; p++, n++) {
                previous = *p - 'A';
                letters |= 1u << previous;
            }
            return p == last && n > 1 ? letters : 0;
        } else if (last > p ? last - p == 3 && strncmp(p, "and", 3) == 0 : is_in(*p, ",&;")) {
            is_joined = true;
        } else if (last > p || !is_in(*p, " ().")) {
            return 0;
        }
        is_word = false;
        p = last > p ? last : p + 1;
    }
    return n > 1 && !is_joined ? letters : 0;
}
