/* SPDX-License-Identifier: MIT */
/* What a rule that judges completions is: its options, what it sees, what it must do. A rule sees text alone and is
 * deterministic: same texts, same verdict, on every machine. */
#ifndef RFT_VERIFIER_H
#define RFT_VERIFIER_H

#include "status.h"
#include "str.h"
#include "verdict.h"

#include <stdbool.h>
#include <stddef.h>

enum rft_verify_kind {
    RFT_VERIFY_ANSWER_TAG,
    RFT_VERIFY_GSM8K,
    RFT_VERIFY_BOXED,
    RFT_VERIFY_CHOICE,
    RFT_VERIFY_EXACT,
    RFT_VERIFY_REGEX,
    RFT_VERIFY_JSON,
    RFT_VERIFY_COMMAND,
    RFT_VERIFY_HOMEWORK, /* not a kind of the configuration: compat = homework */
    RFT_VERIFY_COUNT
};
enum rft_verify_compat { RFT_COMPAT_NONE, RFT_COMPAT_HOMEWORK };
enum rft_verify_units { RFT_UNITS_STRICT, RFT_UNITS_IGNORE };
/* Percent signs: as each kind says; passed over; 50% is 0.5. */
enum rft_verify_percent { RFT_PERCENT_STRICT, RFT_PERCENT_IGNORE, RFT_PERCENT_VALUE };
/* What parts thousands; with POINT a comma begins the decimals. */
enum rft_verify_thousands { RFT_THOUSANDS_COMMA, RFT_THOUSANDS_SPACE, RFT_THOUSANDS_POINT };
enum rft_verify_extract { RFT_EXTRACT_STATEMENT, RFT_EXTRACT_TEXT };
enum rft_verify_compare { RFT_COMPARE_TEXT, RFT_COMPARE_NUMBER, RFT_COMPARE_FORMULA };
/* gsm8k: what stands before an answer. */
#define RFT_GSM8K_MARK "####"

struct rft_verify_options {
    enum rft_verify_kind kind;
    enum rft_verify_compat compat;
    double rel_tol;              /* answer_tag: |answer - gold| <= rel_tol |gold| */
    enum rft_verify_units units; /* answer_tag: what may stand around the number */
    bool require_mark;           /* gsm8k: no answer without "####" */
    bool fractions;              /* answer_tag, gsm8k, compare = number: "1/2" is a number */
    enum rft_verify_percent percent;
    enum rft_verify_thousands thousands;
    enum rft_verify_extract extract; /* exact: where the answer is */
    bool ignore_case;                /* of texts: full case folding */
    bool keep_space;                 /* of texts: a run of white space is not like any other */
    bool ignore_punctuation;         /* of texts: at both ends */
    const char *pattern;             /* regex: PCRE2's syntax */
    const char *group;               /* regex: number or name; NULL or "" = the first, or all of the match */
    bool first_match;                /* regex: not the last */
    const char *field;               /* json: a path with dots; NULL or "" = the whole value */
    enum rft_verify_compare compare; /* regex, json */
    bool accept_cut_off;             /* [verify] cut_off = accept: finish = length may be accepted */
    /* Only what stands behind the last `after` is judged; NULL or "" = everything. Where it does not stand, nothing is
     * judged if it is needed or `opening` (NULL or "" = nothing) stands there, else everything. */
    const char *after;
    const char *opening;
    bool is_after_needed;
};

/* Texts that stand together, such as the accepted answers of a question. Not owned. */
struct rft_texts {
    const struct rft_bytes *items; /* [n] */
    size_t n;
};

/* What is judged. Not owned. */
struct rft_verify_case {
    struct rft_bytes question;
    struct rft_bytes completion;
    enum rft_finish finish;
    struct rft_texts golds; /* any of them is right */
    struct rft_texts
        choices; /* kind = choice: the options' texts, A first; n = 0: they are looked for in the question */
};

/* One kind. */
struct rft_verifier {
    const char *name; /* verify.kind */
    const char *gold; /* what a gold answer must be, for messages: "a number" */
    bool may_lack_gold;
    bool is_asked; /* a program decides: the rule itself says no more than must_ask */
    /* What a rule keeps while it is open: patterns, scratch memory. NULL: nothing. */
    enum rft_status (*open)(const struct rft_verify_options *options, void **state);
    void (*close)(void *state);
    /* Whether a gold answer can be compared. NULL: any text that is not empty can. */
    bool (*gold_is_valid)(const struct rft_verify_options *options, struct rft_bytes gold);
    /* Whether it goes with the options that its question brings along. NULL: with any. */
    bool (*gold_is_among)(struct rft_texts choices, struct rft_bytes gold);
    /* What to do about one that cannot, for a message. NULL: nothing to say. */
    const char *(*gold_hint)(const struct rft_verify_options *options, struct rft_bytes gold);
    /* Judges c->completion, whose thoughts are taken off, against one gold answer (data NULL: there is none). Sets
     * reason and answer, and may set detail (owned by the state). */
    enum rft_status (*judge)(const struct rft_verify_options *options, void *state, const struct rft_verify_case *c,
                             struct rft_bytes gold, struct rft_verdict *verdict);
};

#endif
