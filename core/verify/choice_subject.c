/* SPDX-License-Identifier: MIT */
#include "choice.h"
#include "number_words.h"
#include "scan.h"
#include "statement.h"

#include <string.h>

#define CHOSEN_MAX 400 /* bytes of what is chosen */
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

/* "(B)", "B": no article, and no pronoun. */
static bool is_letter(struct rft_bytes subject)
{
    bool is_word = subject.len == 1 && (*subject.data == 'I' || *subject.data >= 'a');
    return !is_word && rft_choice_read_bare(subject).kind == RFT_CHOICE_ONE;
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
        if ((needs_noun && !begins_with_noun(subject) && !is_letter(subject)) ||
            rft_statement_is_hedged(text.data, subject.len != 0 ? subject.data : p))
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

/* Whether the words of a clause, back from p, are all among those that may lead to a choice, "I would", and one of them
 * is in `subjects`. */
static bool is_led_by(const char *begin, const char *p, const char *const *subjects)
{
    static const char *const leading[] = {"would", "will", "must", "i'd",   "i'll", "we'd",      "we'll", "go",   "the",
                                          "so",    "thus", "and",  "hence", "my",   "therefore", "final", "then", NULL};
    bool has_subject = false;
    for (int i = 0; i < 8; i++) {
        while (p > begin && (p[-1] == ' ' || p[-1] == '*'))
            p--;
        const char *last = p;
        while (p > begin && last - p < 20 && (rft_is_letter(p[-1]) || p[-1] == '\''))
            p--;
        size_t n = (size_t)(last - p);
        if (n == 0)
            return has_subject && (p == begin || strchr(".,:;!?\n", p[-1]) != NULL) &&
                   !rft_statement_is_hedged(begin, p);
        bool is_subject = rft_word_is_among(subjects, p, n);
        has_subject = has_subject || is_subject;
        if (!is_subject && !rft_word_is_among(leading, p, n))
            return false;
    }
    return false;
}

struct rft_choice rft_choice_read_chosen(const struct rft_choices *choices, struct rft_bytes text)
{
    static const char *const me[] = {"i", "we", "i'd", "i'll", "we'd", "we'll", NULL}, *const it[] = {"solution", NULL};
    static const struct {
        const char *verb;
        const char *const *subjects;
    } forms[] = {{" choose ", me}, {" pick ", me}, {" select ", me}, {" go with ", me}, {" solution is ", it}};
    const char *end = text.data + text.len, *latest = NULL;
    struct rft_choice found = {.kind = RFT_CHOICE_NONE};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        const char *verb = forms[i].verb;
        for (const char *p = rft_scan_find(text.data, end, verb); p < end; p = rft_scan_find(p + 1, end, verb)) {
            const char *behind = p + strlen(verb), *before = forms[i].subjects == it ? behind - strlen(" is ") : p;
            if (!is_led_by(text.data, before, forms[i].subjects))
                continue;
            const char *stop = rft_scan_line_end(behind, end - behind > CHOSEN_MAX ? behind + CHOSEN_MAX : end);
            struct rft_choice choice = rft_choice_read(choices, rft_scan_span(behind, stop));
            bool disagrees = found.kind == RFT_CHOICE_ONE && choice.letter != found.letter;
            if (choice.kind == RFT_CHOICE_REFUSED || (choice.kind == RFT_CHOICE_ONE && disagrees))
                return (struct rft_choice){.kind = RFT_CHOICE_REFUSED};
            if (choice.kind == RFT_CHOICE_ONE && (latest == NULL || p > latest)) {
                found = choice;
                latest = p;
            }
        }
    }
    return found;
}
