/* SPDX-License-Identifier: MIT */
/* kind = choice: a letter from A to J, or an option's text. The answer is what the completion states last on purpose
 * (statement.h): in a tag, in \boxed{}, in words, as a first or last line that is a letter and nothing else, or as a
 * completion of one line. Where two of these disagree, where several letters are stated, where one is denied or taken
 * back further on (choice_dispute.c), there is none. */
#include "choice.h"
#include "kinds.h"
#include "number_words.h"
#include "scan.h"
#include "statement.h"

#include <string.h>

#define WORDS_MAX 4   /* statements in words that are looked at, from the last, while they speak of another one */
#define BESIDE_MAX 24 /* bytes from one statement to the next that may be one */

/* "The answer is based on": they speak of one that was stated before. */
static const char *const remarks[] = {"based",   "supported", "consistent", "explained", "derived", "obtained", "found",
                                      "correct", "right",     "clear",      "in",        "because", "also",     NULL};
/* "The answer is not listed" */
static const char *const denials[] = {"not",      "none",    "neither",    "unknown",      "unclear",
                                      "unlisted", "missing", "impossible", "undetermined", NULL};

struct found {
    struct rft_choice choice;
    struct rft_bytes stated; /* where it stands; data NULL: nothing states an answer */
    const char *end;
    bool is_line;   /* nothing but that there is only one line says that it is an answer */
    bool is_clause; /* one of the text's clauses, wherever: "B is correct" */
};

static void keep(struct found *found, struct rft_choice choice, const struct rft_statement *s)
{
    *found = (struct found){choice, s->text, s->end, false, false};
}

static bool begins_with(const char *const *words, struct rft_bytes text)
{
    size_t n = 0;
    while (n < text.len && rft_is_letter(text.data[n]))
        n++;
    return n != 0 && rft_word_is_among(words, text.data, n);
}

/* One statement right before another that names another option: "\boxed{B} or \boxed{C}". */
static bool is_disputed(const struct rft_choices *choices, const struct rft_statement *before, const char *begin,
                        const struct rft_choice *choice)
{
    if (before->text.data == NULL || begin - before->text.data > BESIDE_MAX)
        return false;
    const struct rft_choice other = rft_choice_read(choices, before->text);
    return other.kind == RFT_CHOICE_REFUSED || (other.kind == RFT_CHOICE_ONE && other.letter != choice->letter);
}

static struct found find_words(const struct rft_choices *choices, struct rft_bytes text)
{
    struct found found = {0};
    for (int i = 0; i < WORDS_MAX; i++) {
        const struct rft_statement s = rft_statement_words(text);
        if (s.text.data == NULL)
            break;
        bool is_article = (*s.text.data == 'a' || *s.text.data == 'i') && /* cut off: "is a", "is a." */
                          (s.text.len == 1 || (s.text.len == 2 && s.text.data[1] == '.'));
        struct rft_choice choice = rft_choice_read(choices, is_article ? (struct rft_bytes){s.text.data, 0} : s.text);
        text.len = (size_t)(s.begin - text.data);
        const struct rft_statement before = rft_statement_words(text);
        if (s.is_denied || (choice.kind == RFT_CHOICE_NONE && begins_with(denials, s.text)) ||
            (choice.kind == RFT_CHOICE_ONE && is_disputed(choices, &before, s.begin, &choice)))
            choice.kind = RFT_CHOICE_REFUSED;
        if (found.stated.data == NULL || choice.kind != RFT_CHOICE_NONE)
            keep(&found, choice, &s);
        if (choice.kind != RFT_CHOICE_NONE || !begins_with(remarks, s.text))
            break;
    }
    return found;
}

/* The last tag, or else \boxed{}. */
static struct found find_marked(const struct rft_choices *choices, struct rft_bytes text)
{
    struct found found = {0};
    struct rft_statement s = rft_statement_tag(text), before = {0};
    bool is_tag = s.text.data != NULL;
    if (!is_tag)
        s = rft_statement_boxed(text);
    if (s.text.data == NULL)
        return found;
    text.len = (size_t)(s.begin - text.data);
    before = is_tag ? rft_statement_tag(text) : rft_statement_boxed(text);
    keep(&found, rft_choice_read(choices, s.text), &s);
    if (found.choice.kind != RFT_CHOICE_ONE) {
        struct found inside = find_words(choices, s.text);
        if (inside.choice.kind != RFT_CHOICE_NONE)
            found.choice = inside.choice;
    }
    if (found.choice.kind == RFT_CHOICE_ONE && is_disputed(choices, &before, s.begin, &found.choice))
        found.choice.kind = RFT_CHOICE_REFUSED;
    return found;
}

static struct rft_bytes line_before(struct rft_bytes text, const char *at)
{
    struct rft_bytes rest = rft_scan_span(text.data, at);
    const char *p = rest.data + rest.len;
    while (p > rest.data && p[-1] != '\n')
        p--;
    return (struct rft_bytes){p, (size_t)(rest.data + rest.len - p)};
}

#define LISTED_MAX 12 /* bytes of a line that may be one of a list of letters */

/* Whether a line that ends where `before` does may be followed by one that states an answer: "Vitamin", "B" do not. */
static bool is_finished(struct rft_bytes before, const char *next)
{
    const char *p = before.data + before.len;
    size_t n_newlines = 0;
    for (const char *at = p; at < next; at++)
        n_newlines += *at == '\n';
    return n_newlines > 1 || before.len == 0 || strchr(".:!?)]}*`\"$", p[-1]) != NULL;
}

/* What stands behind "####", "Ans:" or "Solution:" in a line. */
static struct rft_bytes without_heading(struct rft_bytes line)
{
    static const char *const headings[] = {"####", "Ans", "ans", "ANS", "Solution", "solution"};
    const char *p = line.data, *end = p + line.len;
    while (p < end && (*p == '*' || *p == ' '))
        p++;
    for (size_t i = 0; i < sizeof headings / sizeof *headings; i++) {
        if (!rft_scan_begins(p, end, headings[i]))
            continue;
        const char *behind = p + strlen(headings[i]), *next = behind;
        while (next < end && strchr(" *:.", *next) != NULL)
            next++;
        bool has_mark = *p == '#' || memchr(behind, ':', (size_t)(next - behind)) != NULL;
        return has_mark && next < end ? rft_scan_span(next, end) : line;
    }
    return line;
}

/* A last line that is a letter and nothing else, but not the end of a list of letters. */
static struct found find_last_line(struct rft_bytes all)
{
    struct rft_bytes line = line_before(all, all.data + all.len), before = line_before(all, line.data);
    struct rft_bytes last = without_heading(line);
    struct rft_choice choice = rft_choice_read_bare(last);
    bool is_listed = before.len <= LISTED_MAX && rft_choice_read_bare(before).kind != RFT_CHOICE_NONE;
    if (choice.kind == RFT_CHOICE_NONE || (!is_listed && last.data == line.data && !is_finished(before, last.data)))
        return (struct found){0};
    if (is_listed)
        choice.kind = RFT_CHOICE_REFUSED;
    return (struct found){choice, last, last.data + last.len, false, false};
}

/* Whether something new begins in the line behind a first one: below a blank line, or with a capital or a mark. */
static bool is_begun(const char *p, const char *end)
{
    const char *next = rft_skip_spaces(p, end);
    return next < end && (memchr(p + 1, '\n', (size_t)(next - p - 1)) != NULL || !(*next >= 'a' && *next <= 'z'));
}

static struct found find_only_line(const struct rft_choices *choices, struct rft_bytes all)
{
    if (all.len == 0 || memchr(all.data, '\n', all.len) != NULL)
        return (struct found){0};
    struct rft_bytes line = without_heading(all);
    struct rft_choice choice = rft_choice_read(choices, line);
    if (choice.kind == RFT_CHOICE_ONE && !rft_choice_is_all(choices, choice.letter, line))
        choice.kind = RFT_CHOICE_NONE;
    return (struct found){choice, line, line.data + line.len, choice.kind == RFT_CHOICE_NONE, false};
}

/* A first line that is a letter, or the letter and its text, and an explanation below it. */
static struct found find_first_line(const struct rft_choices *choices, struct rft_bytes all)
{
    const char *end = all.data + all.len, *line_end = rft_scan_line_end(all.data, end);
    if (line_end == end || !is_begun(line_end, end))
        return (struct found){0};
    struct rft_bytes line = without_heading(rft_scan_span(all.data, line_end));
    struct rft_choice choice = rft_choice_read_bare(line);
    bool is_small = choice.kind == RFT_CHOICE_ONE && line.len == 1 && *line.data >= 'a';
    if (choice.kind == RFT_CHOICE_NONE && choices->n != 0)
        choice = rft_choice_read(choices, line);
    if (choice.kind != RFT_CHOICE_ONE || is_small || !rft_choice_is_all(choices, choice.letter, line))
        return (struct found){0};
    return (struct found){choice, line, line_end, false, false};
}

/* "Therefore, option B is correct.", "I would choose B." */
static struct found find_clause(const struct rft_choices *choices, struct rft_bytes text)
{
    struct rft_choice choice = rft_choice_read_subject(choices, text);
    if (choice.kind == RFT_CHOICE_NONE)
        choice = rft_choice_read_chosen(choices, text);
    if (choice.kind == RFT_CHOICE_NONE)
        return (struct found){0};
    return (struct found){choice, choice.text.data != NULL ? choice.text : text, text.data + text.len, false, true};
}

/* The later of two, unless they name different options. */
static struct found join(const struct found *a, const struct found *b)
{
    if (a->choice.kind == RFT_CHOICE_NONE || b->choice.kind == RFT_CHOICE_NONE)
        return b->choice.kind == RFT_CHOICE_NONE && a->stated.data != NULL ? *a : *b;
    struct found joined = b->end > a->end ? *b : *a;
    if (a->choice.kind != b->choice.kind || a->choice.letter != b->choice.letter)
        joined.choice.kind = RFT_CHOICE_REFUSED;
    return joined;
}

static struct found find_in(const struct rft_choices *choices, struct rft_bytes text)
{
    const char *end = text.data + text.len;
    struct found marked = find_marked(choices, text), words, line, first;
    struct rft_bytes rest = text, all = rft_bytes_trim(text);
    if (marked.choice.kind != RFT_CHOICE_NONE) /* words before it do not count, nor those around it */
        rest = (struct rft_bytes){marked.end, (size_t)(end - marked.end)};
    words = find_words(choices, rest);
    struct found found = join(&marked, &words);
    if (found.stated.data == NULL)
        found = find_clause(choices, text);
    first = find_first_line(choices, all);
    found = join(&first, &found);
    line = found.stated.data == NULL ? find_only_line(choices, all) : (struct found){0};
    if (line.stated.data == NULL)
        line = find_last_line(all);
    found = join(&found, &line);
    if (found.choice.kind == RFT_CHOICE_ONE) {
        rest = found.is_clause ? text : rft_scan_span(found.choice.behind, end);
        if (rft_choice_is_disputed(choices, found.choice.letter, rest, found.is_clause))
            found.choice.kind = RFT_CHOICE_REFUSED;
    }
    return found;
}

/* A model that goes on to a question of its own answers the next one: what stands before counts, if it states an
 * answer. */
static struct found find(const struct rft_choices *choices, struct rft_bytes text)
{
    static const char *const beginnings[] = {"\nQ:", "\nQuestion:", "\n**Question", "\nProblem:"};
    text = rft_statement_without_end(text);
    const char *end = text.data + text.len, *next = end;
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        const char *at = rft_scan_find(text.data, end, beginnings[i]);
        next = at < next ? at : next;
    }
    struct rft_bytes head = {text.data, (size_t)(next - text.data)};
    struct found found = find_in(choices, head);
    return (found.stated.data == NULL || found.is_line) && next != end ? find_in(choices, text) : found;
}

/* ---- gold ---- */

/* "B", "(B)", "b.", or "B) its text" where the text is that option's. -1: it is a text. */
static int gold_letter(const struct rft_choices *choices, struct rft_bytes gold)
{
    const char *end = gold.data + gold.len, *behind;
    struct rft_choice bare = rft_choice_read_bare(gold);
    if (bare.kind == RFT_CHOICE_ONE)
        return bare.letter;
    int named = rft_choices_match(choices, gold.data, end, &behind);
    if (named >= 0)
        return named;
    const char *p = gold.data + (gold.len != 0 && *gold.data == '(');
    bool is_mark = end - p > 2 && *p >= 'A' && *p < 'A' + RFT_CHOICES_MAX && strchr(").:", p[1]) != NULL && p[1] != 0;
    const char *text = is_mark ? rft_skip_spaces(p + 2, end) : end;
    return text < end && rft_choices_match(choices, text, end, &behind) == *p - 'A' ? *p - 'A' : -1;
}

static bool gold_is_among(struct rft_texts texts, struct rft_bytes gold)
{
    const struct rft_verify_case c = {.choices = texts};
    const struct rft_choices choices = rft_choices_of(&c);
    gold = rft_bytes_trim(gold);
    int letter = gold_letter(&choices, gold);
    if (letter >= 0 || texts.n > RFT_CHOICES_MAX)
        return letter < choices.n;
    unsigned letters = rft_choice_read_list(gold);
    return letters != 0 && letters >> choices.n == 0;
}

static void decide_text(const struct found *found, struct rft_bytes gold, struct rft_verdict *verdict)
{
    static const char unknown[] = "the gold answer is a text, but not one of the options that the question is known to "
                                  "have, and the completion names an option";
    if (found->choice.kind == RFT_CHOICE_REFUSED || found->stated.data == NULL)
        return;
    verdict->answer = found->stated;
    if (rft_choices_is_text(gold, rft_statement_undress(found->stated))) {
        verdict->reason = RFT_REASON_ACCEPTED;
    } else if (found->choice.kind == RFT_CHOICE_ONE) {
        verdict->reason = RFT_REASON_UNDECIDED;
        verdict->detail = rft_bytes_z(unknown);
    } else {
        verdict->reason = RFT_REASON_WRONG;
    }
}

static enum rft_status judge(const struct rft_verify_options *options, void *state, const struct rft_verify_case *c,
                             struct rft_bytes gold, struct rft_verdict *verdict)
{
    (void)options;
    (void)state;
    const struct rft_choices choices = rft_choices_of(c);
    const struct found found = find(&choices, c->completion);
    gold = rft_bytes_trim(gold);
    int letter = gold_letter(&choices, gold);
    unsigned gold_letters = letter < 0 ? rft_choice_read_list(gold) : 0;
    verdict->reason = RFT_REASON_NO_ANSWER;
    if (gold_letters != 0 && found.stated.data != NULL && found.choice.kind != RFT_CHOICE_ONE) {
        unsigned letters = rft_choice_read_list(found.stated);
        if (letters != 0) {
            verdict->answer = found.stated;
            verdict->reason = letters == gold_letters ? RFT_REASON_ACCEPTED : RFT_REASON_WRONG;
        }
    } else if (letter < 0 && gold_letters == 0) {
        decide_text(&found, gold, verdict);
    } else if (found.choice.kind == RFT_CHOICE_ONE) {
        verdict->answer = found.choice.text;
        verdict->reason = letter == found.choice.letter ? RFT_REASON_ACCEPTED : RFT_REASON_WRONG;
    }
    return RFT_OK;
}

const struct rft_verifier rft_verify_choice = {
    .name = "choice",
    .gold = "a letter from A to J, or the text of an option",
    .gold_is_among = gold_is_among,
    .judge = judge,
};
