/* SPDX-License-Identifier: MIT */
#include "statement.h"

#include "answer_tag.h"
#include "chat_marks.h"
#include "number_words.h"
#include "scan.h"

#include <string.h>

struct rft_statement rft_statement_tag(struct rft_bytes text)
{
    struct rft_statement s = {.text = rft_answer_tag(text)};
    if (s.text.data == NULL)
        return s;
    s.begin = s.text.data;
    s.end = rft_scan_find(s.text.data + s.text.len, text.data + text.len, RFT_TAG_CLOSE) + strlen(RFT_TAG_CLOSE);
    return s;
}

/* ---- \boxed{} ---- */

/* The inside of a command at p: behind its brace; NULL if p begins none of that name. */
static const char *command_inside(const char *p, const char *end, const char *name)
{
    if (!rft_scan_begins(p, end, name))
        return NULL;
    for (p += strlen(name); p < end && *p == ' ';)
        p++;
    return p < end && *p == '{' ? p + 1 : NULL;
}

/* The brace that closes the group whose inside begins at p, before `stop`; NULL if none does. */
static const char *closing_brace(const char *p, const char *stop)
{
    size_t depth = 1;
    for (; p < stop; p++) {
        if (*p == '\\')
            p++;
        else if (*p == '{')
            depth++;
        else if (*p == '}' && --depth == 0)
            return p;
    }
    return NULL;
}

/* A command that is not closed by the end leaves all before it that reach it open, too: so each is followed only up to
 * the next one, and every byte is looked at twice. */
struct rft_statement rft_statement_boxed(struct rft_bytes text)
{
    struct rft_statement s = {0};
    const char *end = text.data + text.len, *stop = end;
    for (const char *p = end; p > text.data && s.text.data == NULL;) {
        const char *inside = NULL, *close;
        if (*--p == '\\' && (inside = command_inside(p, end, "\\boxed")) == NULL)
            inside = command_inside(p, end, "\\fbox");
        if (inside == NULL)
            continue;
        close = closing_brace(inside, stop);
        stop = p;
        if (close != NULL)
            s = (struct rft_statement){.text = rft_scan_span(inside, close), .begin = p, .end = close + 1};
    }
    return s;
}

/* ---- words ---- */

static const char *const heads[] = {"answer", "answers", "option", "choice", NULL};
/* Before a head: they say that it is the one. */
static const char *const affirming[] = {"correct",  "right",    "best",      "final",       "true",    "actual",
                                        "suitable", "accurate", "plausible", "reasonable",  "logical", "likely",
                                        "closest",  "answer",   "only",      "appropriate", "my",      NULL};
static const char *const leading[] = {"the", "my", "our", "so", "thus", "hence", "therefore", "and", "then", NULL};
/* In the clause before a head: nothing is stated, or the contrary. */
static const char *const supposing[] = {"claim",     "claims",  "claimed",     "misconception", "opposite", "contrary",
                                        "reverse",   "wrongly", "incorrectly", "mistakenly",    "false",    "wrong",
                                        "incorrect", "might",   "may",         "could",         "would",    "say",
                                        "says",      "seems",   "if",          "whether",       "suppose",  "assume",
                                        "assuming",  "when",    "supposing",   "unless",        "until",    NULL};
/* Others say so, unless "I" or "we" stands right before it. */
static const char *const reporting[] = {"say",     "says",  "think",  "thinks", "believe", "believes", "guess",
                                        "guesses", "argue", "argues", "feel",   "feels",   NULL};
static const char *const first_persons[] = {"i", "we", NULL};
/* They said so, and whoever said it may think otherwise now. */
static const char *const reported[] = {"thought", "believed", "said", "argued",    "told",   "guessed",
                                       "assumed", "answered", "felt", "suggested", "picked", NULL};
/* Before "correct" and the like they make it another one: "the second best answer". */
static const char *const lessening[] = {"least",  "second", "third",     "next",   "less", "almost",
                                        "nearly", "half",   "partially", "partly", "not",  NULL};
/* Behind them something is concluded, whatever stands before it in the sentence. */
static const char *const concluding[] = {"so", "thus", "hence", "therefore", NULL};
/* The first words of a sentence that supposes something, or tells what it was taken for. */
static const char *const conditions[] = {"if",       "unless",  "suppose",   "supposing",  "assume",
                                         "assuming", "whether", "initially", "originally", NULL};
/* In a sentence: what is stated is what it looks like. */
static const char *const appearances[] = {"glance",        "sight",      "seemingly",   "apparently",
                                          "superficially", "naively",    "supposedly",  "allegedly",
                                          "reportedly",    "mistakenly", "incorrectly", NULL};
static const char *const denying[] = {"not",    "cannot", "never", "doubt",  "don't", "doesn't", "isn't",
                                      "didn't", "won't",  "can't", "wasn't", "nor",   "no",      NULL};
/* Between a head and its verb: "the answer to the question is". */
static const char *const between[] = {"to",     "for",    "of",     "the",  "this", "that",  "question",  "problem",
                                      "choice", "option", "letter", "here", "thus", "hence", "therefore", NULL};
static const char *const verbs[] = {"is", "are", NULL};
static const char *const modals[] = {"should", "must", "would", "will", NULL};
/* Behind the verb they say nothing. */
static const char *const fillers[] = {"therefore", "thus",       "then", "hence",  "clearly",  "indeed", "simply",
                                      "obviously", "definitely", "most", "likely", "probably", NULL};

#define CLAUSE_MAX 80    /* bytes looked back for a word that takes a statement back */
#define SENTENCE_MAX 200 /* the same, for what its sentence supposes */
#define BETWEEN_MAX 8    /* words */

static bool is_mark(char c)
{
    return c == '*' || c == '_' || c == ' ' || c == '\t' || c == '"' || c == '`';
}

static const char *skip_marks(const char *p, const char *end)
{
    while (p < end && is_mark(*p))
        p++;
    return p;
}

/* The word that ends at p, of ASCII letters and apostrophes. */
static struct rft_bytes word_before(const char *begin, const char *p)
{
    const char *last = p;
    while (p > begin && last - p < 20 && (rft_is_letter(p[-1]) || p[-1] == '\''))
        p--;
    return (struct rft_bytes){p, (size_t)(last - p)};
}

static bool is_among(const char *const *words, struct rft_bytes word)
{
    return word.len != 0 && rft_word_is_among(words, word.data, word.len);
}

static const char *skip_marks_back(const char *begin, const char *p)
{
    while (p > begin && (is_mark(p[-1]) || p[-1] == '#' || p[-1] == '>'))
        p--;
    return p;
}

static bool ends_sentence(const char *begin, const char *p)
{
    return p == begin || strchr("\n?!", p[-1]) != NULL || (p[-1] == '.' && (*p == ' ' || *p == '\n'));
}

bool rft_statement_is_hedged(const char *begin, const char *at)
{
    const char *p = at, *stop = at - begin > SENTENCE_MAX ? at - SENTENCE_MAX : begin;
    struct rft_bytes first = {0}, second = {0};
    while (p > stop && !ends_sentence(begin, p)) {
        struct rft_bytes word = word_before(stop, p);
        p = word.len != 0 ? word.data : p - 1;
        if (word.len == 0)
            continue;
        if (is_among(appearances, word) ||
            (is_among(reporting, word) && !is_among(first_persons, word_before(stop, skip_marks_back(stop, p)))))
            return true;
        if (is_among(concluding, word) && !is_among(conditions, word_before(stop, skip_marks_back(stop, p))))
            return is_among(conditions, first); /* "so if"; "if so" goes on */
        second = first;
        first = word;
    }
    return is_among(conditions, first) || is_among(conditions, second);
}

/* What the clause before a head makes of it. */
enum clause { CLAUSE_STATES, CLAUSE_DENIES, CLAUSE_NONE };

/* *is_heading: nothing stands before it in its line but words that may. */
static enum clause clause_before(const char *begin, const char *head, bool is_answer, bool *is_heading)
{
    const char *p = skip_marks_back(begin, head);
    struct rft_bytes word = word_before(begin, p);
    bool affirms = is_among(affirming, word);
    *is_heading = true;
    if (word.len != 0 ? !affirms && !(is_answer && is_among(leading, word)) : !is_answer)
        return CLAUSE_NONE;
    if (word.len == 0 && p > begin && (rft_is_digit(p[-1]) || (unsigned char)p[-1] >= 0x80))
        *is_heading = false;
    if (affirms && word.data > begin && word.data[-1] == '-')
        return CLAUSE_NONE; /* "second-best" */
    while (word.len != 0 && head - p < CLAUSE_MAX) {
        if (is_among(supposing, word) || is_among(reported, word) || (affirms && is_among(lessening, word)))
            return CLAUSE_NONE;
        if (is_among(denying, word))
            return CLAUSE_DENIES;
        affirms = affirms && is_among(affirming, word);
        *is_heading = *is_heading && (is_among(affirming, word) || is_among(leading, word));
        p = skip_marks_back(begin, word.data);
        struct rft_bytes before = word_before(begin, p);
        if (is_among(reporting, word) && before.len != 0 && !is_among(first_persons, before))
            return CLAUSE_NONE;
        word = before;
    }
    if (rft_statement_is_hedged(begin, head))
        return CLAUSE_NONE;
    *is_heading = *is_heading && (p == begin || p[-1] == '\n');
    return CLAUSE_STATES;
}

/* Where the value of a head begins that ends at p; NULL if nothing says that there is one. */
static const char *value_behind(const char *p, const char *end, bool is_heading)
{
    static const char wide_colon[] = "\xef\xbc\x9a";
    bool is_modal = false;
    for (int i = 0; i < BETWEEN_MAX; i++) {
        p = skip_marks(p, end);
        if (p < end && (*p == ':' || *p == '='))
            return p + 1;
        if (rft_scan_begins(p, end, wide_colon))
            return p + strlen(wide_colon);
        if (is_heading && i == 0 && (p == end || *p == '\n' || *p == '\r'))
            return p;
        const char *last = p;
        while (last < end && rft_is_letter(*last))
            last++;
        struct rft_bytes word = {p, (size_t)(last - p)};
        if (is_modal ? word.len == 2 && rft_word_is_among((const char *const[]){"be", NULL}, p, 2)
                     : is_among(verbs, word))
            return last;
        is_modal = is_among(modals, word);
        if (!is_modal && !is_among(between, word))
            return NULL;
        p = last;
    }
    return NULL;
}

static const char *skip_stars(const char *p, const char *end)
{
    while (p < end && (*p == '*' || *p == '`' || *p == ' ' || *p == '\t'))
        p++;
    return p;
}

static const char *skip_fillers(const char *p, const char *end)
{
    for (;;) {
        p = skip_stars(p, end);
        while (p < end && (*p == ':' || *p == ','))
            p = skip_stars(p + 1, end);
        const char *last = p;
        while (last < end && rft_is_letter(*last))
            last++;
        if (!is_among(fillers, (struct rft_bytes){p, (size_t)(last - p)}))
            return p;
        p = last;
    }
}

static struct rft_statement statement_at(const char *begin, const char *head, const char *end)
{
    struct rft_statement s = {0};
    const char *last = head;
    bool is_heading;
    while (last < end && rft_is_letter(*last))
        last++;
    if (!rft_word_is_among(heads, head, (size_t)(last - head)))
        return s;
    bool is_answer = (*head | 0x20) == 'a';
    enum clause clause = clause_before(begin, head, is_answer, &is_heading);
    const char *value = clause == CLAUSE_NONE ? NULL : value_behind(last, end, is_heading && is_answer);
    if (value == NULL)
        return s;
    value = skip_fillers(value, end);
    const char *stop = rft_scan_line_end(value, end);
    if (rft_scan_span(value, stop).len == 0) {
        value = rft_skip_spaces(stop, end);
        value = skip_stars(value, end);
        stop = rft_scan_line_end(value, end);
    }
    const char *tag = rft_scan_find(value, stop, "</");
    s = (struct rft_statement){
        .text = rft_scan_span(value, tag), .begin = head, .end = stop, .is_denied = clause == CLAUSE_DENIES};
    if (s.text.len == 0)
        s.text.data = NULL;
    return s;
}

struct rft_statement rft_statement_words(struct rft_bytes text)
{
    struct rft_statement s = {0};
    const char *end = text.data + text.len;
    for (const char *p = end; p > text.data && s.text.data == NULL;) {
        p--;
        char c = *p | 0x20;
        if ((c == 'a' || c == 'o' || c == 'c') && (p == text.data || !rft_is_letter(p[-1])))
            s = statement_at(text.data, p, end);
    }
    return s;
}

/* ---- dress ---- */

static bool take_off_command(struct rft_bytes *text)
{
    static const char *const names[] = {"\\boxed",  "\\fbox",   "\\text",   "\\textbf", "\\textit",
                                        "\\mathrm", "\\mathbf", "\\textrm", "\\mbox",   NULL};
    const char *end = text->data + text->len;
    for (const char *const *name = names; *name != NULL; name++) {
        const char *begin = command_inside(text->data, end, *name);
        if (begin == NULL || closing_brace(begin, end) != end - 1)
            continue;
        *text = rft_scan_span(begin, end - 1);
        return true;
    }
    return false;
}

static bool take_off_pair(struct rft_bytes *text)
{
    static const char *const pairs[][2] = {{"$$", "$$"}, {"$", "$"},   {"\\(", "\\)"}, {"\\[", "\\]"},
                                           {"**", "**"}, {"__", "__"}, {"*", "*"},     {"`", "`"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        size_t n = strlen(pairs[i][0]), m = strlen(pairs[i][1]);
        if (text->len <= n + m || memcmp(text->data, pairs[i][0], n) != 0 ||
            memcmp(text->data + text->len - m, pairs[i][1], m) != 0)
            continue;
        struct rft_bytes bare = {text->data + n, text->len - n - m};
        if (rft_scan_find(bare.data, bare.data + bare.len, pairs[i][1]) != bare.data + bare.len)
            continue; /* "$1$ or $2$" */
        *text = rft_bytes_trim(bare);
        return true;
    }
    return false;
}

struct rft_bytes rft_statement_undress(struct rft_bytes text)
{
    text = rft_bytes_trim(text);
    for (int i = 0; i < 8 && text.len != 0; i++)
        if (!take_off_command(&text) && !take_off_pair(&text))
            break;
    return text;
}

/* A statement in words is a sentence: its period and the marks that close behind it are no part of the answer. */
static struct rft_bytes bare_words(struct rft_bytes text)
{
    bool has_period = false;
    while (text.len != 0) {
        char c = text.data[text.len - 1];
        bool is_period = c == '.' && !has_period;
        if (!is_period && c != '*' && c != '`' && c != ' ')
            break;
        has_period = has_period || is_period;
        text.len--;
    }
    return text;
}

struct rft_bytes rft_statement_without_end(struct rft_bytes text)
{
    static const char *const tokens[] = {RFT_CHAT_END_MARKS};
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens;) {
        size_t n = strlen(tokens[i]);
        text = rft_bytes_trim(text);
        bool ends = text.len >= n && memcmp(text.data + text.len - n, tokens[i], n) == 0;
        text.len -= ends ? n : 0;
        i = ends ? 0 : i + 1;
    }
    return text;
}

struct rft_statement rft_statement_find(struct rft_bytes text)
{
    text = rft_statement_without_end(text);
    struct rft_statement s = rft_statement_tag(text);
    if (s.text.data == NULL)
        s = rft_statement_boxed(text);
    if (s.text.data == NULL) {
        s = rft_statement_words(text);
        if (s.text.data != NULL)
            s.text = bare_words(s.text);
    }
    return s;
}
