/* SPDX-License-Identifier: MIT */
/* A tokenizer from the metadata of a GGUF file: "gpt2" is byte-level BPE whose split patterns have a name, "llama" is
 * SentencePiece's BPE, which merges by the score of the result. */
#include "tokenizer_gguf.h"

#include "tokenizer_bpe.h"
#include "tokenizer_build.h"
#include "tokenizer_gguf_split.h"

#include "alloc.h"
#include "gguf_values.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define KEY(name) "tokenizer.ggml." name
#define SPACE_MARK "\xe2\x96\x81" /* U+2581 */
#define TOKEN_BYTES_MAX 4096u     /* of a token that is looked at for merges */

/* Token types of the format. */
enum { TYPE_NORMAL = 1, TYPE_UNKNOWN = 2, TYPE_CONTROL = 3, TYPE_USER_DEFINED = 4 };

struct load {
    const char *path;
    const struct rft_gguf *gguf;
    struct rft_tokenizer *tokenizer;
    uint32_t n; /* tokens */
    bool is_spm, is_phi_3;
    const struct rft_tok_gguf_split *split;
};

static enum rft_status wrong(const struct load *load, const char *key, const char *what)
{
    rft_log_error("%s: %s: %s", load->path, key, what);
    return RFT_ERR_INPUT;
}

/* Is word, in small letters, part of the text in any letters? */
static bool holds(struct rft_bytes text, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= text.len; i++) {
        size_t same = 0;
        while (same < n && tolower((unsigned char)text.data[i + same]) == word[same])
            same++;
        if (same == n)
            return true;
    }
    return false;
}

/* The special tokens of Phi-3 take the white space behind them. The format has no flag for that; llama.cpp, too, goes
 * by what the model is called. */
static bool is_phi_3(const struct load *load)
{
    struct rft_bytes name = {0}, architecture = {0};
    rft_gguf_get_string(load->gguf, "general.name", &name);
    rft_gguf_get_string(load->gguf, "general.architecture", &architecture);
    return holds(name, "phi-3") || holds(name, "phi3") || holds(architecture, "phi3");
}

static enum rft_status load_kind(struct load *load)
{
    struct rft_bytes model, pre = rft_bytes_z("default");
    if (!rft_gguf_get_string(load->gguf, KEY("model"), &model))
        return wrong(load, KEY("model"), "missing");
    load->is_spm = rft_bytes_equal(model, rft_bytes_z("llama"));
    if (!load->is_spm && !rft_bytes_equal(model, rft_bytes_z("gpt2"))) {
        rft_log_error("%s: %s \"%.*s\" is not supported; gpt2 and llama are", load->path, KEY("model"), (int)model.len,
                      model.data);
        return RFT_ERR_UNSUPPORTED;
    }
    if (load->is_spm) {
        load->is_phi_3 = is_phi_3(load);
        return RFT_OK;
    }
    if (!rft_gguf_get_string(load->gguf, KEY("pre"), &pre))
        rft_log_warn("%s: %s is missing; \"default\" is taken, which may split words as the model never saw them",
                     load->path, KEY("pre"));
    load->split = rft_tok_gguf_split_find(pre);
    if (load->split == NULL) {
        rft_log_error("%s: %s \"%.*s\" is no split pattern known here", load->path, KEY("pre"), (int)pre.len, pre.data);
        return RFT_ERR_UNSUPPORTED;
    }
    return RFT_OK;
}

static uint64_t type_of(const struct load *load, uint32_t id)
{
    uint64_t type;
    return rft_gguf_array_u64(load->gguf, KEY("token_type"), id, &type) ? type : TYPE_NORMAL;
}

/* All of Phi-3's do but those that it has from Llama 2, </s> apart, and the end of its texts. */
static bool takes_space_behind(const struct load *load, struct rft_bytes token)
{
    return load->is_phi_3 && !rft_bytes_equal(token, rft_bytes_z("<unk>")) &&
           !rft_bytes_equal(token, rft_bytes_z("<s>")) && !rft_bytes_equal(token, rft_bytes_z("<|endoftext|>"));
}

/* Control and unknown tokens are special, user-defined ones are added, all others are the model's own. */
static enum rft_status load_token(const struct load *load, uint32_t id)
{
    struct rft_tokenizer *t = load->tokenizer;
    struct rft_bytes text;
    uint64_t type = type_of(load, id);
    if (!rft_gguf_array_string(load->gguf, KEY("tokens"), id, &text))
        return wrong(load, KEY("tokens"), "not a list of strings");
    RFT_TRY(rft_tok_vocab_set(&t->vocab, id, text, text.len != 0));
    bool special = type == TYPE_UNKNOWN || type == TYPE_CONTROL;
    t->vocab.tokens[id].special = special;
    if (text.len == 0 || (!special && type != TYPE_USER_DEFINED))
        return RFT_OK;
    struct rft_tok_added added = {.id = id, .special = special, .rstrip = takes_space_behind(load, text)};
    enum rft_status status = rft_str_append(&added.text, text.data, text.len);
    if (status == RFT_OK)
        status = rft_tok_added_add(&t->added, &added);
    rft_str_finish(&added.text);
    return status;
}

static enum rft_status load_vocab(struct load *load)
{
    uint64_t n;
    if (!rft_gguf_get_array(load->gguf, KEY("tokens"), &n) || n == 0 || n > 1u << 28)
        return wrong(load, KEY("tokens"), "missing, empty or too long");
    load->n = (uint32_t)n;
    RFT_TRY(rft_tok_vocab_init(&load->tokenizer->vocab, load->n, load->n));
    for (uint32_t id = 0; id < load->n; id++)
        RFT_TRY(load_token(load, id));
    return RFT_OK;
}

/* ---- "gpt2": merges are listed ---- */

static enum rft_status load_merges(const struct load *load)
{
    uint64_t n;
    struct rft_str scratch = {0};
    enum rft_status status = RFT_OK;
    if (!rft_gguf_get_array(load->gguf, KEY("merges"), &n) || n >= UINT32_MAX)
        return wrong(load, KEY("merges"), "missing");
    RFT_TRY(rft_tok_merges_init(&load->tokenizer->merges, n));
    for (uint64_t i = 0; i < n && status == RFT_OK; i++) {
        struct rft_bytes both = {0};
        bool known = rft_gguf_array_string(load->gguf, KEY("merges"), i, &both) && both.len > 1;
        const char *space = known ? memchr(both.data + 1, ' ', both.len - 1) : NULL;
        if (space != NULL) {
            struct rft_bytes left = {both.data, (size_t)(space - both.data)};
            struct rft_bytes right = {space + 1, both.len - left.len - 1};
            status = rft_tok_add_merge(load->tokenizer, left, right, (uint32_t)i, &scratch, &known);
        }
        if (space == NULL || (status == RFT_OK && !known)) {
            rft_log_error("%s: %s: \"%.*s\" (entry %" PRIu64 ") is no pair of tokens whose join is a token", load->path,
                          KEY("merges"), (int)both.len, both.data != NULL ? both.data : "", i);
            status = RFT_ERR_INPUT;
        }
    }
    rft_str_finish(&scratch);
    return status;
}

static enum rft_status load_gpt2(struct load *load)
{
    struct rft_tokenizer *t = load->tokenizer;
    bool add_space = false;
    RFT_TRY(load_merges(load));
    t->ignore_merges = load->split->whole_words;
    rft_gguf_get_bool(load->gguf, KEY("add_space_prefix"), &add_space);
    if (add_space)
        RFT_TRY(rft_tok_add_prepend(rft_bytes_z(" "), true, false, &t->pre_tokenizers));
    for (size_t i = 0; i < RFT_TOK_GGUF_PATTERNS_MAX && load->split->patterns[i] != NULL; i++)
        RFT_TRY(rft_tok_add_split(load->path, load->split->patterns[i], RFT_TOK_ISOLATED, false, &t->pre_tokenizers));
    RFT_TRY(rft_tok_add_simple(RFT_TOK_BYTES, &t->pre_tokenizers));
    RFT_TRY(rft_tok_add_simple(RFT_TOK_UNBYTES, &t->decoders));
    return rft_tok_add_simple(RFT_TOK_FUSE, &t->decoders);
}

/* ---- "llama": any two tokens merge whose join is a token, best score first ---- */

struct scored {
    double score;
    uint32_t id;
};

static int best_first(const void *a, const void *b)
{
    const struct scored *x = a, *y = b;
    return (x->score < y->score) - (x->score > y->score);
}

/* Every way to cut a token's text in two tokens. n counts them; they are added only if add is set. */
static enum rft_status add_cuts(const struct load *load, uint32_t id, uint32_t rank, bool add, struct rft_str *scratch,
                                uint64_t *n)
{
    struct rft_tokenizer *t = load->tokenizer;
    struct rft_bytes text = rft_tok_vocab_text(&t->vocab, id);
    for (size_t i = 0; text.len <= TOKEN_BYTES_MAX && i < text.len;) {
        int32_t code_point;
        uint32_t part;
        bool known;
        i += rft_utf8_decode(text.data + i, text.data + text.len, &code_point);
        struct rft_bytes left = {text.data, i}, right = {text.data + i, text.len - i};
        if (i == text.len || !rft_tok_vocab_find(&t->vocab, left, &part) ||
            !rft_tok_vocab_find(&t->vocab, right, &part))
            continue;
        ++*n;
        if (add)
            RFT_TRY(rft_tok_add_merge(t, left, right, rank, scratch, &known));
    }
    return RFT_OK;
}

static enum rft_status add_all_cuts(const struct load *load, const struct scored *order, uint32_t n_order, bool add,
                                    uint64_t *n)
{
    struct rft_str scratch = {0};
    enum rft_status status = RFT_OK;
    *n = 0;
    for (uint32_t i = 0, rank = 0; i < n_order && status == RFT_OK; i++) {
        rank = i && order[i].score == order[i - 1].score ? rank : i; /* equal scores: the leftmost pair merges first */
        status = add_cuts(load, order[i].id, rank, add, &scratch, n);
    }
    rft_str_finish(&scratch);
    return status;
}

static enum rft_status merge_by_score(const struct load *load, struct scored *order)
{
    uint32_t n_order = 0;
    uint64_t n;
    for (uint32_t id = 0; id < load->n; id++) {
        double score = 0;
        uint64_t type = type_of(load, id);
        if (type != TYPE_NORMAL && type != TYPE_USER_DEFINED)
            continue;
        if (!rft_gguf_array_double(load->gguf, KEY("scores"), id, &score))
            return wrong(load, KEY("scores"), "missing or shorter than the list of tokens");
        order[n_order++] = (struct scored){isnan(score) ? -INFINITY : score, id};
    }
    qsort(order, n_order, sizeof *order, best_first);
    RFT_TRY(add_all_cuts(load, order, n_order, false, &n));
    RFT_TRY(rft_tok_merges_init(&load->tokenizer->merges, n));
    return add_all_cuts(load, order, n_order, true, &n);
}

static enum rft_status load_spm(struct load *load)
{
    struct rft_tokenizer *t = load->tokenizer;
    struct scored *order = rft_alloc(load->n, sizeof *order);
    enum rft_status status = order != NULL ? merge_by_score(load, order) : RFT_ERR_HOST_MEMORY;
    rft_free(order);
    RFT_TRY(status);
    uint64_t unk = 0;
    bool add_space = true;
    rft_gguf_get_u64(load->gguf, KEY("unknown_token_id"), &unk);
    rft_gguf_get_bool(load->gguf, KEY("add_space_prefix"), &add_space);
    t->unk_id = unk < load->n ? (uint32_t)unk : RFT_TOK_NO_ID;
    t->byte_fallback = true;
    if (add_space)
        RFT_TRY(rft_tok_add_prepend(rft_bytes_z(SPACE_MARK), false, false, &t->normalizers));
    RFT_TRY(rft_tok_add_replace(rft_bytes_z(" "), rft_bytes_z(SPACE_MARK), &t->normalizers));
    RFT_TRY(rft_tok_add_replace(rft_bytes_z(SPACE_MARK), rft_bytes_z(" "), &t->decoders));
    RFT_TRY(rft_tok_add_simple(RFT_TOK_BYTE_TOKENS, &t->decoders));
    RFT_TRY(rft_tok_add_simple(RFT_TOK_FUSE, &t->decoders));
    struct rft_tok_step *cut = rft_tok_steps_add(&t->decoders, RFT_TOK_CUT);
    if (cut == NULL)
        return RFT_ERR_HOST_MEMORY;
    cut->n_left = add_space;
    return rft_str_append_z(&cut->text, " ");
}

/* ---- both ---- */

static enum rft_status load_prefix(const struct load *load)
{
    bool add_bos = load->is_spm || load->split->adds_bos;
    uint64_t bos = load->is_spm ? 1 : UINT64_MAX;
    rft_gguf_get_bool(load->gguf, KEY("add_bos_token"), &add_bos);
    rft_gguf_get_u64(load->gguf, KEY("bos_token_id"), &bos);
    if (!add_bos)
        return RFT_OK;
    if (bos >= load->n)
        return wrong(load, KEY("bos_token_id"), "missing or no token, but texts begin with it");
    return rft_ids_append(&load->tokenizer->prefix, (uint32_t)bos);
}

/* Of all that was read: patterns, flags, texts, types, merges (which scores only order), BOS. */
static uint64_t hash_all(const struct load *load)
{
    const struct rft_tokenizer *t = load->tokenizer;
    uint64_t steps[] = {t->normalizers.n, t->pre_tokenizers.n, t->decoders.n, t->ignore_merges, load->is_phi_3};
    uint64_t hash = XXH64(steps, sizeof steps, load->is_spm);
    for (size_t i = 0; i < RFT_TOK_GGUF_PATTERNS_MAX && load->split != NULL && load->split->patterns[i] != NULL; i++)
        hash = XXH64(load->split->patterns[i], strlen(load->split->patterns[i]), hash);
    hash = XXH64(t->vocab.bytes.data, t->vocab.bytes.len, hash);
    hash = XXH64(t->merges.slots, t->merges.n_slots * sizeof *t->merges.slots, hash);
    for (uint32_t id = 0; id < load->n; id++) {
        uint64_t token[2] = {t->vocab.tokens[id].len, type_of(load, id)};
        hash = XXH64(token, sizeof token, hash);
    }
    return XXH64(t->prefix.ids, t->prefix.n * sizeof *t->prefix.ids, hash);
}

enum rft_status rft_tokenizer_open_gguf(const struct rft_gguf *gguf, const char *path, struct rft_tokenizer **tokenizer)
{
    struct load load = {.path = path, .gguf = gguf, .tokenizer = rft_tok_create()};
    enum rft_status status = load.tokenizer != NULL ? RFT_OK : RFT_ERR_HOST_MEMORY;
    *tokenizer = NULL;
    if (status == RFT_OK)
        status = load_kind(&load);
    if (status == RFT_OK)
        status = load_vocab(&load);
    if (status == RFT_OK)
        status = load.is_spm ? load_spm(&load) : load_gpt2(&load);
    if (status == RFT_OK)
        status = load_prefix(&load);
    if (status == RFT_OK)
        status = rft_tok_seal(load.tokenizer);
    if (status != RFT_OK) {
        rft_tokenizer_close(load.tokenizer);
        return status;
    }
    load.tokenizer->hash = hash_all(&load);
    *tokenizer = load.tokenizer;
    return RFT_OK;
}
