/* SPDX-License-Identifier: MIT */
/* What the tokenizer_*.c files share; nobody else includes it.
 *
 * A tokenizer is data: three lists of small steps (normalizers, pre-tokenizers, decoders), a table of tokens, a table
 * of merges, and the added tokens. Whatever a file calls its components, loading turns each into one or more steps;
 * running them is one loop (tokenizer_steps.c). Text travels as a row of pieces; a piece is characters or, once an
 * added token was recognised there, a token. */
#ifndef RFT_TOKENIZER_PARTS_H
#define RFT_TOKENIZER_PARTS_H

#include "tokenizer.h"

/* ---- the table of tokens (tokenizer_vocab.c) ---- */

struct rft_tok_token {
    uint64_t offset; /* into bytes */
    uint32_t len;
    bool present; /* false: a hole */
    bool special; /* left out of decoded text */
};

struct rft_tok_vocab {
    struct rft_str bytes;
    struct rft_tok_token *tokens; /* [n_ids] */
    uint32_t n_ids;
    uint32_t *slots;  /* [n_slots] id + 1, 0 = free; only tokens that the model itself may produce */
    uint32_t n_slots; /* a power of two */
};

enum rft_status rft_tok_vocab_init(struct rft_tok_vocab *vocab, uint32_t n_ids, uint32_t n_model_tokens);
void rft_tok_vocab_finish(struct rft_tok_vocab *vocab);
/* Sets a token that is still a hole; in_model makes it findable. Equal texts: the later one is found. */
enum rft_status rft_tok_vocab_set(struct rft_tok_vocab *vocab, uint32_t id, struct rft_bytes text, bool in_model);
bool rft_tok_vocab_find(const struct rft_tok_vocab *vocab, struct rft_bytes text, uint32_t *id);
struct rft_bytes rft_tok_vocab_text(const struct rft_tok_vocab *vocab, uint32_t id); /* of a present token */

/* ---- the table of merges (tokenizer_vocab.c) ---- */

struct rft_tok_merge {
    uint64_t pair; /* left << 32 | right; UINT64_MAX = free */
    uint32_t rank;
    uint32_t id; /* of the merged token */
};

struct rft_tok_merges {
    struct rft_tok_merge *slots; /* [n_slots] */
    uint64_t n_slots;            /* a power of two */
};

enum rft_status rft_tok_merges_init(struct rft_tok_merges *merges, uint64_t n_max);
void rft_tok_merges_finish(struct rft_tok_merges *merges);
/* A pair that is already there is replaced. At most n_max pairs. */
void rft_tok_merges_set(struct rft_tok_merges *merges, uint32_t left, uint32_t right, uint32_t rank, uint32_t id);
const struct rft_tok_merge *rft_tok_merges_find(const struct rft_tok_merges *merges, uint32_t left, uint32_t right);

/* ---- patterns (tokenizer_pattern.c) ---- */

/* A regular expression, or a plain string. */
struct rft_tok_pattern {
    void *code;       /* pcre2_code; NULL for a string */
    void *match_data; /* pcre2_match_data */
    void *limits;     /* pcre2_match_context */
    struct rft_str literal;
};

/* A regular expression in the syntax that tokenizer.json uses (Oniguruma's); what PCRE2 would read differently is
 * translated or refused. path is for messages. */
enum rft_status rft_tok_pattern_regex(const char *path, struct rft_bytes regex, struct rft_tok_pattern *pattern);
enum rft_status rft_tok_pattern_literal(struct rft_bytes literal, struct rft_tok_pattern *pattern);
void rft_tok_pattern_finish(struct rft_tok_pattern *pattern);

/* Walks the matches of one text. Zero-initialise. */
struct rft_tok_match {
    size_t begin, end;
    size_t from; /* where the search goes on */
    bool found, over;
};
/* Finds the next match; match->found says whether there was one. Empty matches right behind a match are passed over.
 * The text must be well-formed UTF-8. RFT_ERR_INPUT when the text is too hard for the pattern (PCRE2's limits). */
enum rft_status rft_tok_pattern_next(const struct rft_tok_pattern *pattern, struct rft_bytes text,
                                     struct rft_tok_match *match);

/* ---- steps ---- */

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

/* ---- text on its way (tokenizer_steps.c) ---- */

/* Bytes, and for each byte whether it is plain: no added token may touch it. */
struct rft_tok_text {
    struct rft_str bytes, plain;
};
enum rft_status rft_tok_text_append(struct rft_tok_text *text, const char *bytes, size_t n, bool plain);

struct rft_tok_piece {
    size_t begin, end; /* in the text */
    uint32_t id;       /* of a token */
    bool is_token;
    bool at_start; /* begins where the original text begins */
};

struct rft_tok_pieces {
    struct rft_tok_piece *items;
    size_t n, cap;
};

/* The current text and pieces, and the next ones while a step writes them. */
struct rft_tok_work {
    struct rft_tok_text text, next_text;
    struct rft_tok_pieces pieces, next_pieces;
};

void rft_tok_work_finish(struct rft_tok_work *work);
/* Appends a piece; an empty one is dropped unless it is a token. */
enum rft_status rft_tok_pieces_add(struct rft_tok_pieces *pieces, struct rft_tok_piece piece);
void rft_tok_work_take_pieces(struct rft_tok_work *work); /* next_pieces become the current ones; the text stays */
enum rft_status rft_tok_steps_run(const struct rft_tok_steps *steps, struct rft_tok_work *work);

/* Splits one piece into next_pieces at a pattern's matches (tokenizer_split.c). */
enum rft_status rft_tok_split(const struct rft_tok_step *step, struct rft_tok_work *work, struct rft_tok_piece piece);
/* Unicode normalisation of one piece into next_text (tokenizer_form.c). */
enum rft_status rft_tok_form(const struct rft_tok_step *step, const struct rft_tok_text *text,
                             struct rft_tok_piece piece, struct rft_tok_text *out);
/* Characters of byte-level BPE: printable bytes stand for themselves, the others for U+0100 and up. */
uint32_t rft_tok_char_of_byte(unsigned char byte);
int rft_tok_byte_of_char(int32_t code_point); /* -1 if it stands for no byte */
bool rft_tok_is_space(int32_t code_point);    /* Unicode White_Space */

/* ---- added tokens (tokenizer_added.c) ---- */

struct rft_tok_added {
    struct rft_str text; /* what is looked for; normalised by the normalizers if `normalized` */
    uint32_t id;
    bool normalized, special, lstrip, rstrip, single_word;
};

/* Added tokens of one kind (normalized or not), ordered by first byte, then longest first. */
struct rft_tok_added_set {
    struct rft_tok_added *items;
    size_t n, cap;
    size_t first[257]; /* items of first byte b: [first[b], first[b + 1]) */
};

/* Takes over `added` (its text included). */
enum rft_status rft_tok_added_add(struct rft_tok_added_set *set, struct rft_tok_added *added);
void rft_tok_added_sort(struct rft_tok_added_set *set);
void rft_tok_added_finish(struct rft_tok_added_set *set);
/* Makes tokens of what is found in the pieces that are characters. */
enum rft_status rft_tok_added_extract(const struct rft_tok_added_set *set, struct rft_tok_work *work);

/* ---- the whole (tokenizer.c, tokenizer_bpe.c) ---- */

#define RFT_TOK_NO_ID UINT32_MAX

struct rft_tokenizer {
    struct rft_tok_vocab vocab;
    struct rft_tok_merges merges;
    struct rft_tok_steps normalizers, pre_tokenizers, decoders;
    struct rft_tok_added_set added, added_normalized;
    struct rft_ids prefix;
    uint32_t byte_ids[256]; /* of "<0x00>" to "<0xFF>"; RFT_TOK_NO_ID if absent */
    uint32_t unk_id;        /* RFT_TOK_NO_ID if none */
    bool fuse_unk, byte_fallback, ignore_merges;
    uint64_t hash;
};

struct rft_tokenizer *rft_tok_create(void); /* empty; NULL when memory is short */

/* Loads the text of a tokenizer.json; dir (may be NULL) is where tokenizer_config.json would be. */
enum rft_status rft_tok_load_json(const char *path, struct rft_bytes text, const char *dir,
                                  struct rft_tokenizer **tokenizer);

/* One piece of text to ids (BPE: known characters, then merges in order of rank, leftmost first). */
enum rft_status rft_tok_bpe(const struct rft_tokenizer *tokenizer, struct rft_bytes word, struct rft_ids *ids);
/* Adds the merge of two texts; *known = false, and nothing added, if one of them or their join is no token. */
enum rft_status rft_tok_add_merge(struct rft_tokenizer *tokenizer, struct rft_bytes left, struct rft_bytes right,
                                  uint32_t rank, struct rft_str *scratch, bool *known);
/* Fills byte_ids from the vocabulary. */
void rft_tok_find_byte_ids(struct rft_tokenizer *tokenizer);
/* The last act of loading: normalises the added tokens' texts and sorts them. `added` holds them all before. */
enum rft_status rft_tok_seal(struct rft_tokenizer *tokenizer);

/* Component lists of a tokenizer.json, as json_t pointers (tokenizer_json_parts.c). NULL or null: nothing. */
struct json_t;
enum rft_status rft_tok_json_normalizer(const char *path, const struct json_t *json, struct rft_tok_steps *steps);
enum rft_status rft_tok_json_pre_tokenizer(const char *path, const struct json_t *json, struct rft_tok_steps *steps);
enum rft_status rft_tok_json_decoder(const char *path, const struct json_t *json, struct rft_tok_steps *steps);

/* The steps that several components share. */
enum rft_status rft_tok_add_split(const char *path, const char *regex, enum rft_tok_behavior behavior, bool invert,
                                  struct rft_tok_steps *steps);
enum rft_status rft_tok_add_replace(struct rft_bytes from, struct rft_bytes to, struct rft_tok_steps *steps);
enum rft_status rft_tok_add_prepend(struct rft_bytes text, bool unless_present, bool only_first,
                                    struct rft_tok_steps *steps);
enum rft_status rft_tok_add_simple(enum rft_tok_kind kind, struct rft_tok_steps *steps);

/* The split pattern of GPT-2's byte-level BPE, the one that ByteLevel stands for. */
#define RFT_TOK_GPT2_PATTERN "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"

#endif
