/* SPDX-License-Identifier: MIT */
#include "choice.h"
#include "number_words.h"
#include "scan.h"

#include <string.h>

#define CLAUSE_MAX 120 /* bytes before "is" that are looked at */

static bool take_word(const char **p, const char *end, const char *const *words)
{
    const char *begin = *p;
    while (begin < end && *begin == ' ')
        begin++;
    const char *last = begin;
    while (last < end && rft_is_letter(*last))
        last++;
    if (last == begin || !rft_word_is_among(words, begin, (size_t)(last - begin)))
        return false;
    *p = last;
    return true;
}

/* What stands behind "is": "the correct answer", or the end of a sentence behind "correct". *needs_noun: then only
 * "option B" may stand before it. */
static bool is_praise(const char *p, const char *end, bool *needs_noun)
{
    static const char *const the[] = {"the", NULL};
    static const char *const adjectives[] = {"correct", "right", "best", NULL};
    static const char *const nouns[] = {"answer", "option", "choice", NULL};
    bool has_article = take_word(&p, end, the);
    bool has_adjective = take_word(&p, end, adjectives), has_noun = has_article && take_word(&p, end, nouns);
    *needs_noun = !has_noun;
    while (p < end && (*p == '*' || *p == '"'))
        p++;
    bool is_end = p == end || (strchr(".!\n\r", *p) != NULL && *p != '\0');
    return is_end && (has_noun || (has_adjective && !has_article));
}

/* The clause that ends at p, without the words that lead to it. */
static struct rft_bytes clause_before(const char *begin, const char *p)
{
    static const char *const leading[] = {"so", "thus", "hence", "therefore", "then", "and", "that", "the", NULL};
    const char *at = p;
    while (at > begin && p - at < CLAUSE_MAX && strchr(".,;:!?\n", at[-1]) == NULL)
        at--;
    if (at > begin && p - at == CLAUSE_MAX)
        at = p; /* too long to be a subject */
    while (take_word(&at, p, leading))
        continue;
    return rft_scan_span(at, p);
}

static bool begins_with_noun(struct rft_bytes subject)
{
    static const char *const nouns[] = {"option", "choice", "answer", NULL};
    const char *p = subject.data;
    while (subject.len != 0 && p < subject.data + subject.len && *p == '*')
        p++;
    return take_word(&p, subject.data + subject.len, nouns);
}

struct rft_choice rft_choice_read_subject(const struct rft_choices *choices, struct rft_bytes text)
{
    static const char verb[] = " is ";
    const char *end = text.data + text.len;
    struct rft_choice found = {.kind = RFT_CHOICE_NONE};
    for (const char *p = rft_scan_find(text.data, end, verb); p < end; p = rft_scan_find(p + 1, end, verb)) {
        bool needs_noun;
        if (!is_praise(p + strlen(verb), end, &needs_noun))
            continue;
        struct rft_bytes subject = clause_before(text.data, p);
        if (needs_noun && !begins_with_noun(subject))
            continue;
        struct rft_choice choice = rft_choice_read(choices, subject);
        if (choice.kind == RFT_CHOICE_NONE)
            continue;
        if (choice.kind == RFT_CHOICE_REFUSED || (found.kind == RFT_CHOICE_ONE && found.letter != choice.letter))
            return (struct rft_choice){.kind = RFT_CHOICE_REFUSED};
        found = choice;
    }
    return found;
}
