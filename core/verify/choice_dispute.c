/* SPDX-License-Identifier: MIT */
/* Whether a text that follows a statement leaves it standing: sentence by sentence, from the words around the letters
 * of options. */
#include "choice.h"
#include "number_words.h"
#include "scan.h"

#include <string.h>

#define TEXTS_MAX 65536 /* bytes in which options' texts are looked for, not only their letters */
#define SHORT_MAX 4     /* words before a letter that ends a sentence: "Also C.", "Scratch that: C" */

/* Behind a statement they take it back. */
static const char *const retractions[] = {"Wait",
                                          "wait,",
                                          "No, ",
                                          "Actually",
                                          "Sorry",
                                          "Correction",
                                          "correction:",
                                          "Oops",
                                          "oops",
                                          "cratch that",
                                          "made a mistake",
                                          "Hold on",
                                          "Never mind",
                                          "made an error",
                                          "my mistake",
                                          "My mistake",
                                          "econd thought",
                                          "n reflection",
                                          "apologize",
                                          "misread",
                                          "et me re",
                                          "et me double",
                                          "should reconsider",
                                          "not sure",
                                          "unsure",
                                          "not certain",
                                          NULL};
static const char *const wrongs[] = {"wrong", "incorrect", "false", "mistaken", "untrue", "invalid", NULL};
static const char *const nots[] = {"not",      "isn't", "isn",    "aren't",  "wasn't",    "never",      "neither",
                                   "nor",      "no",    "cannot", "can't",   "don't",     "doesn't",    "doesn",
                                   "unlike",   "than",  "except", "exclude", "eliminate", "eliminates", "eliminated",
                                   "excludes", "rule",  "rules",  "ruled",   "reject",    "discard",    NULL};
static const char *const praises[] = {"correct", "right", "best", "answer", "answers", "meant", "better", NULL};
static const char *const rights[] = {"correct", "right", "true", "answer", NULL};
static const char *const reasons[] = {"because", "since", "as", "while", "whereas", "given", "unlike", NULL};
/* A letter behind one of them that ends its sentence is what it says: "it is C". */
static const char *const verbs[] = {"is",   "be",     "was",  "it's", "that's", "meant",
                                    "mean", "choose", "pick", "with", NULL};
static const char *const pronouns[] = {"this", "that",  "it",     "which",  "that's",
                                       "it's", "above", "answer", "choice", NULL};
/* Before a pronoun, or all of a sentence. */
static const char *const leads[] = {"but",    "and", "however", "so",  "yet", "although",
                                    "though", "no",  "hmm",     "the", "my",  NULL};
static const char *const refusals[] = {"no", "nope", "false", "wrong", "incorrect", NULL};

/* One sentence as it is read. */
struct sentence {
    const char *begin, *p, *end;
    bool is_question;
    int n_words, n_leads;
    struct rft_bytes word_before, last_word;
    bool begins_behind; /* it is no line of its own */
    bool begins_rest;   /* the statement is its subject */
    bool has_pronoun, has_reason, has_not, is_wrong, has_praise;
    bool names_own, names_other, is_own_praised;
    bool has_candidate; /* another letter, not in a reason */
};

struct scan {
    const struct rft_choices *choices;
    int letter;
    const char *begin, *end; /* of the text */
    bool is_about_other;     /* another option was named last, so "this is wrong" speaks of that one */
};

static bool is_in(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static bool is_among(const char *const *words, struct rft_bytes word)
{
    return word.len != 0 && rft_word_is_among(words, word.data, word.len);
}

static struct rft_bytes word_at(const char *p, const char *end)
{
    const char *last = p;
    while (last < end && (rft_is_letter(*last) || (*last == '\'' && last > p)))
        last++;
    return (struct rft_bytes){p, (size_t)(last - p)};
}

static const char *skip(const char *p, const char *end, const char *set)
{
    while (p < end && is_in(*p, set))
        p++;
    return p;
}

/* The letter of an option at p that is no article, pronoun or unit; -1: none. */
static int option_at(const struct scan *scan, const char *p, const char *end)
{
    static const char *const behind_a[] = {"is", "was", "and", "or", "would", "should", "are", "instead", NULL};
    int letter = rft_choice_letter_at(scan->begin, p, end);
    if (letter < 0 || (scan->choices->n != 0 && letter >= scan->choices->n && letter != scan->letter))
        return -1;
    bool is_word = *p == 'A' || *p == 'I';
    bool is_before_word = end - p >= 3 && p[1] == ' ' && rft_is_letter(p[2]);
    return is_word && is_before_word && !is_among(behind_a, word_at(p + 2, end)) ? -1 : letter;
}

/* Where the sentence at p ends; a period behind a letter that begins it is the mark of an option. */
static const char *sentence_end(const char *p, const char *end)
{
    const char *begin = skip(p, end, " \t\r*_>#-(");
    for (; p < end; p++) {
        bool is_last = p + 1 == end || is_in(p[1], " \t\r\n*_\"')}$<");
        bool is_mark = *p == '.' && p == begin + 1 && rft_is_letter(*begin) && end - p > 1 && p[1] == ' ';
        if (is_in(*p, "\n;?") || (is_in(*p, ".!") && is_last && !is_mark))
            return p;
    }
    return end;
}

/* "is the correct answer", "is right": what stands behind a letter. */
static bool is_praised(const char *p, const char *end)
{
    static const char *const is[] = {"is", "was", "are", NULL};
    static const char *const fillers[] = {"a",    "much", "the",  "indeed",  "really", "actually",
                                          "also", "in",   "fact", "clearly", NULL};
    struct rft_bytes word = word_at(p = skip(p, end, " *_"), end);
    if (!is_among(is, word))
        return false;
    do {
        p = skip(word.data + word.len, end, " *_");
        word = word_at(p, end);
    } while (is_among(fillers, word));
    return is_among(praises, word);
}

/* Another option's letter. True: it is said to be the answer. */
static bool take_other(const struct scan *scan, struct sentence *s, int letter)
{
    static const char *const instead[] = {"instead", NULL};
    const char *behind = skip(s->p + 1, s->end, ")]}*_\"'`$"), *last = behind, *text_end;
    bool begins_line =
        s->n_words == 0 && !s->names_own && !s->names_other && (s->begin == scan->begin || s->begin[-1] == '\n');
    if (begins_line &&
        rft_choice_is_all(scan->choices, letter, rft_scan_span(s->begin, rft_scan_line_end(s->begin, scan->end))))
        return true;
    s->names_other = true;
    s->has_candidate = s->has_candidate || (!s->has_reason && !s->is_own_praised);
    if (!s->is_question && is_praised(behind, s->end))
        return true;
    const char *next = skip(behind, s->end, " .)");
    if (is_among(instead, word_at(next, s->end)))
        return true;
    if (next < s->end && rft_choices_match(scan->choices, next, s->end, &text_end) == letter)
        last = text_end;
    last = skip(last, s->end, " \t\r)]}*_\"'`$.");
    bool is_last = last == s->end || *last == '<';
    return is_last && !s->has_not && !s->has_reason && (s->n_words <= SHORT_MAX || is_among(verbs, s->last_word));
}

/* Another option's text at p. True: it is said to be the answer: "It is the ribosome." */
static bool take_other_text(struct sentence *s, const char *behind)
{
    static const char *const articles[] = {"the", "a", "an", NULL};
    bool is_verb = is_among(verbs, is_among(articles, s->last_word) ? s->word_before : s->last_word);
    s->names_other = true;
    if (!s->is_question && is_praised(behind, s->end))
        return true;
    bool is_last = skip(behind, s->end, " \t\r)]}*_\"'`$.") == s->end;
    return is_last && !s->is_question && !s->has_not && !s->has_reason &&
           (is_verb ? s->has_pronoun : s->n_words <= 2 && s->begins_behind);
}

static void take_word(struct sentence *s, struct rft_bytes word)
{
    static const char *const is[] = {"is", "was", "isn't", "wasn't", "cannot", "can't", NULL};
    bool is_subject = is_among(pronouns, word) || (s->begins_rest && is_among(is, word)); /* "\boxed{B} is wrong" */
    s->has_pronoun = s->has_pronoun || (is_subject && s->n_words == s->n_leads);
    s->n_leads += s->n_words == s->n_leads && is_among(leads, word);
    s->n_words++;
    s->has_reason = s->has_reason || is_among(reasons, word);
    s->is_wrong = s->is_wrong || (!s->has_reason && (is_among(wrongs, word) || (s->has_not && is_among(rights, word))));
    s->has_not = s->has_not || is_among(nots, word) || is_among(wrongs, word);
    s->has_praise = s->has_praise || is_among(praises, word);
    s->word_before = s->last_word;
    s->last_word = word;
}

/* "<b>", "\text" */
static const char *skip_markup(const char *p, const char *end)
{
    if (*p == '\\')
        return word_at(p + 1, end).len != 0 ? p + 1 + word_at(p + 1, end).len : p + 1;
    const char *close = memchr(p, '>', (size_t)(end - p < 20 ? end - p : 20));
    return *p == '<' && close != NULL ? close + 1 : p + 1;
}

/* True: the sentence says that another option is the answer, or that the stated one is not. */
static bool read_sentence(struct scan *scan, struct sentence *s)
{
    while (s->p < s->end) {
        int letter = option_at(scan, s->p, s->end);
        struct rft_bytes word = word_at(s->p, s->end);
        const char *behind;
        int named = letter < 0 && word.len != 0 && s->p - scan->begin < TEXTS_MAX
                        ? rft_choices_begin(scan->choices, s->p, s->end, &behind)
                        : -1;
        if (named >= 0) {
            if (named != scan->letter && take_other_text(s, behind))
                return true;
            s->names_own = s->names_own || named == scan->letter;
            s->is_own_praised = s->is_own_praised || (named == scan->letter && is_praised(behind, s->end));
            s->p = behind;
            continue;
        }
        if (letter >= 0 && letter != scan->letter && take_other(scan, s, letter))
            return true;
        if (letter >= 0 && letter == scan->letter) {
            s->names_own = true;
            s->is_own_praised = s->is_own_praised || is_praised(skip(s->p + 1, s->end, ")]}*_\"'`$"), s->end);
        }
        if (letter < 0 && word.len != 0)
            take_word(s, word);
        s->p = letter >= 0 ? s->p + 1 : word.len != 0 ? word.data + word.len : skip_markup(s->p, s->end);
    }
    if (s->is_question)
        return false;
    if (s->has_candidate && s->has_praise && !s->has_not && !s->is_own_praised)
        return true;
    bool is_refusal = s->n_words == 1 && !s->names_own && !s->names_other && is_among(refusals, s->last_word);
    bool is_about_own = s->names_own || (s->has_pronoun && !scan->is_about_other);
    bool denies = s->is_wrong && !s->is_own_praised && is_about_own;
    return !s->names_other && (denies || (is_refusal && !scan->is_about_other));
}

bool rft_choice_is_disputed(const struct rft_choices *choices, int letter, struct rft_bytes rest, bool is_all)
{
    const char *end = rest.data + rest.len;
    struct scan scan = {choices, letter, rest.data, end, is_all};
    for (const char *const *z = retractions; *z != NULL && !is_all; z++)
        if (rft_scan_find(rest.data, end, *z) != end)
            return true;
    for (const char *p = rest.data; p < end;) {
        const char *last = sentence_end(p, end);
        struct sentence s = {.begin = p, .p = p, .end = last, .is_question = last < end && *last == '?'};
        s.begins_rest = p == rest.data && !is_all;
        s.begins_behind = p == rest.data || p[-1] != '\n';
        if (read_sentence(&scan, &s))
            return true;
        scan.is_about_other = s.names_other || (scan.is_about_other && !s.names_own);
        p = last < end ? last + 1 : end;
    }
    return false;
}
