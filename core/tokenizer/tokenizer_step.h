/* SPDX-License-Identifier: MIT */
/* A step of a normalizer, a pre-tokenizer or a decoder, and lists of them.
 *
 * A tokenizer is data: three lists of small steps (normalizers, pre-tokenizers, decoders), a table of tokens, a table
 * of merges, and the added tokens. Whatever a file calls its components, loading turns each into one or more steps;
 * running them is one loop (tokenizer_steps.c). Text travels as a row of pieces; a piece is characters or, once an
 * added token was recognised there, a token. */
#ifndef RFT_TOKENIZER_STEP_H
#define RFT_TOKENIZER_STEP_H

#include "tokenizer_pattern.h"

#include <stdint.h>

enum rft_tok_kind {
    RFT_TOK_FORM, /* Unicode normalisation: compose, compat */
    RFT_TOK_LOWERCASE,
    RFT_TOK_STRIP,       /* white space: at_left, at_right */
    RFT_TOK_PREPEND,     /* text before a piece: unless_present, only_first */
    RFT_TOK_REPLACE,     /* matches of pattern by text */
    RFT_TOK_MEND,        /* ill-formed parts as U+FFFD */
    RFT_TOK_SPLIT,       /* at matches of pattern: behavior, invert */
    RFT_TOK_BYTES,       /* every byte as its character of byte-level BPE */
    RFT_TOK_UNBYTES,     /* the reverse */
    RFT_TOK_BYTE_TOKENS, /* "<0x0A>" as its byte */
    RFT_TOK_FUSE,        /* all pieces to one */
    RFT_TOK_CUT,         /* up to n_left and n_right times the character `text` off a piece's ends */
    RFT_TOK_UNSPACE,     /* the character `text` as a space, or as nothing in the first piece if only_first */
    RFT_TOK_KIND_COUNT
};

enum rft_tok_behavior { RFT_TOK_REMOVED, RFT_TOK_ISOLATED, RFT_TOK_PREVIOUS, RFT_TOK_NEXT, RFT_TOK_CONTIGUOUS };

struct rft_tok_step {
    enum rft_tok_kind kind;
    struct rft_tok_pattern pattern;
    struct rft_str text;
    enum rft_tok_behavior behavior;
    bool invert, compose, compat, at_left, at_right, unless_present, only_first;
    uint32_t n_left, n_right;
};

struct rft_tok_steps {
    struct rft_tok_step *items;
    size_t n, cap;
};

/* Appends a zeroed step of a kind; NULL when memory is short. Valid until the next append. */
struct rft_tok_step *rft_tok_steps_add(struct rft_tok_steps *steps, enum rft_tok_kind kind);
void rft_tok_steps_finish(struct rft_tok_steps *steps);

/* The steps that several components share, appended; texts are copied. A regular expression that PCRE2 would read in
 * another way is refused: RFT_ERR_UNSUPPORTED, logged with `path`. Else RFT_ERR_HOST_MEMORY. */
enum rft_status rft_tok_add_split(const char *path, const char *regex, enum rft_tok_behavior behavior, bool invert,
                                  struct rft_tok_steps *steps);
enum rft_status rft_tok_add_replace(struct rft_bytes from, struct rft_bytes to, struct rft_tok_steps *steps);
enum rft_status rft_tok_add_prepend(struct rft_bytes text, bool unless_present, bool only_first,
                                    struct rft_tok_steps *steps);
enum rft_status rft_tok_add_simple(enum rft_tok_kind kind, struct rft_tok_steps *steps);

/* The split pattern of GPT-2's byte-level BPE, the one that ByteLevel stands for. */
#define RFT_TOK_GPT2_PATTERN "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"

#endif
