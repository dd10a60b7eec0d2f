/* SPDX-License-Identifier: MIT */
/* Loads a tokenizer.json (and BOS from tokenizer_config.json). */
#include "tokenizer_json.h"

#include "tokenizer_bpe.h"
#include "tokenizer_build.h"
#include "tokenizer_json_parts.h"

#include "alloc.h"
#include "checkpoint_look.h"
#include "file.h"
#include "json.h"
#include "os.h"

#include <string.h>
#include <xxhash.h>

#define FILE_BYTES_MAX (256u << 20)

struct load {
    const char *path;
    const json_t *root, *model;
    struct rft_tokenizer *tokenizer;
};

static enum rft_status wrong(const struct load *load, const char *key, const char *what)
{
    rft_log_error("%s: %s: %s", load->path, key, what);
    return RFT_ERR_INPUT;
}

static struct rft_bytes text_of(const json_t *json)
{
    return (struct rft_bytes){json_string_value(json), json_string_length(json)};
}

static bool id_of(const json_t *json, uint32_t *id)
{
    json_int_t value = json_integer_value(json);
    bool ok = json_is_integer(json) && value >= 0 && value < RFT_TOK_NO_ID;
    *id = ok ? (uint32_t)value : 0;
    return ok;
}

/* ---- the model ---- */

/* What would change how a word is encoded and is not known here is refused unless it is absent or says nothing. */
static enum rft_status check_model(const struct load *load)
{
    const char *type = json_string_value(json_object_get(load->model, "type"));
    if (type != NULL ? strcmp(type, "BPE") != 0 : !json_is_array(json_object_get(load->model, "merges"))) {
        rft_log_error("%s: the model type \"%s\" is not supported; only BPE is", load->path,
                      type != NULL ? type : "(none)");
        return RFT_ERR_UNSUPPORTED;
    }
    static const char *const affixes[] = {"continuing_subword_prefix", "end_of_word_suffix"};
    for (size_t i = 0; i < 2; i++) {
        const char *affix = json_string_value(json_object_get(load->model, affixes[i]));
        if (affix != NULL && *affix) {
            rft_log_error("%s: model.%s is not supported", load->path, affixes[i]);
            return RFT_ERR_UNSUPPORTED;
        }
    }
    if (json_number_value(json_object_get(load->model, "dropout")) != 0) {
        rft_log_error("%s: model.dropout is not supported", load->path);
        return RFT_ERR_UNSUPPORTED;
    }
    return RFT_OK;
}

/* One more than the highest id of the vocabulary and the added tokens. An id far beyond their number is a mistake that
 * would only cost memory. */
static enum rft_status count_ids(const struct load *load, const json_t *vocab, const json_t *added, uint32_t *n_ids)
{
    uint64_t n = json_object_size(vocab) + json_array_size(added), limit = 8 * n + 1024;
    uint32_t id;
    *n_ids = 0;
    for (void *it = json_object_iter((json_t *)(uintptr_t)vocab); it;
         it = json_object_iter_next((json_t *)(uintptr_t)vocab, it)) {
        if (!id_of(json_object_iter_value(it), &id) || id >= limit)
            return wrong(load, "model.vocab", "an id is no number, or far above the number of tokens");
        *n_ids = id >= *n_ids ? id + 1 : *n_ids;
    }
    for (size_t i = 0; i < json_array_size(added); i++) {
        if (!id_of(json_object_get(json_array_get(added, i), "id"), &id) || id >= limit)
            return wrong(load, "added_tokens", "an id is no number, or far above the number of tokens");
        *n_ids = id >= *n_ids ? id + 1 : *n_ids;
    }
    return RFT_OK;
}

static enum rft_status load_vocab(const struct load *load)
{
    const json_t *vocab = json_object_get(load->model, "vocab"), *added = json_object_get(load->root, "added_tokens");
    uint32_t n_ids;
    if (!json_is_object(vocab) || json_object_size(vocab) == 0)
        return wrong(load, "model.vocab", "missing or empty");
    RFT_TRY(count_ids(load, vocab, added, &n_ids));
    struct rft_tok_vocab *to = &load->tokenizer->vocab;
    RFT_TRY(rft_tok_vocab_init(to, n_ids, (uint32_t)json_object_size(vocab)));
    for (void *it = json_object_iter((json_t *)(uintptr_t)vocab); it;
         it = json_object_iter_next((json_t *)(uintptr_t)vocab, it)) {
        uint32_t id;
        id_of(json_object_iter_value(it), &id);
        if (to->tokens[id].present)
            return wrong(load, "model.vocab", "two tokens have the same id");
        RFT_TRY(rft_tok_vocab_set(to, id, rft_bytes_z(json_object_iter_key(it)), true));
    }
    return RFT_OK;
}

/* "left right", or a list of the two. */
static bool split_merge(const json_t *merge, struct rft_bytes *left, struct rft_bytes *right)
{
    if (json_is_array(merge)) {
        *left = text_of(json_array_get(merge, 0));
        *right = text_of(json_array_get(merge, 1));
        return json_array_size(merge) == 2 && left->data != NULL && right->data != NULL;
    }
    struct rft_bytes both = text_of(merge);
    const char *space = both.data != NULL ? memchr(both.data, ' ', both.len) : NULL;
    if (space == NULL)
        return false;
    *left = (struct rft_bytes){both.data, (size_t)(space - both.data)};
    *right = (struct rft_bytes){space + 1, both.len - left->len - 1};
    return memchr(right->data, ' ', right->len) == NULL;
}

static enum rft_status load_merges(const struct load *load)
{
    const json_t *merges = json_object_get(load->model, "merges");
    struct rft_tokenizer *t = load->tokenizer;
    struct rft_str joined = {0};
    size_t n = json_array_size(merges);
    enum rft_status status = RFT_OK;
    if (!json_is_array(merges) || n >= UINT32_MAX)
        return wrong(load, "model.merges", "missing");
    RFT_TRY(rft_tok_merges_init(&t->merges, n));
    for (size_t i = 0; i < n && status == RFT_OK; i++) {
        const json_t *merge = json_array_get(merges, i);
        struct rft_bytes left, right;
        bool known = split_merge(merge, &left, &right);
        if (i == 0 && json_is_string(merge) && strncmp(json_string_value(merge), "#version", 8) == 0)
            continue; /* the header of a merges.txt */
        if (known)
            status = rft_tok_add_merge(t, left, right, (uint32_t)i, &joined, &known);
        if (!known && status == RFT_OK) {
            rft_log_error("%s: model.merges[%zu] is no pair of tokens whose join is a token", load->path, i);
            status = RFT_ERR_INPUT;
        }
    }
    rft_str_finish(&joined);
    return status;
}

static enum rft_status load_model(const struct load *load)
{
    struct rft_tokenizer *t = load->tokenizer;
    if (!json_is_object(load->model))
        return wrong(load, "model", "missing");
    RFT_TRY(check_model(load));
    RFT_TRY(load_vocab(load));
    RFT_TRY(load_merges(load));
    t->byte_fallback = json_is_true(json_object_get(load->model, "byte_fallback"));
    t->ignore_merges = json_is_true(json_object_get(load->model, "ignore_merges"));
    t->fuse_unk = json_is_true(json_object_get(load->model, "fuse_unk"));
    struct rft_bytes unk = text_of(json_object_get(load->model, "unk_token"));
    if (unk.data != NULL && !rft_tok_vocab_find(&t->vocab, unk, &t->unk_id)) {
        rft_log_warn("%s: model.unk_token \"%s\" is not in the vocabulary; unknown characters will be left out",
                     load->path, unk.data);
        t->unk_id = RFT_TOK_NO_ID;
    }
    return RFT_OK;
}

/* ---- added tokens ---- */

static bool flag(const json_t *json, const char *key, bool otherwise)
{
    const json_t *value = json_object_get(json, key);
    return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

static enum rft_status load_added_token(const struct load *load, const json_t *json)
{
    struct rft_tok_vocab *vocab = &load->tokenizer->vocab;
    struct rft_bytes content = text_of(json_object_get(json, "content"));
    struct rft_tok_added added = {
        .special = flag(json, "special", false),
        .lstrip = flag(json, "lstrip", false),
        .rstrip = flag(json, "rstrip", false),
        .single_word = flag(json, "single_word", false),
    };
    added.normalized = flag(json, "normalized", !added.special);
    id_of(json_object_get(json, "id"), &added.id); /* count_ids() checked it */
    if (content.data == NULL || content.len == 0)
        return wrong(load, "added_tokens", "a token without content");
    uint32_t known;
    bool in_vocab = rft_tok_vocab_find(vocab, content, &known);
    if (in_vocab ? known != added.id : vocab->tokens[added.id].present) {
        rft_log_error("%s: added_tokens: \"%s\" has the id %u, which contradicts model.vocab or another added token",
                      load->path, content.data, added.id);
        return RFT_ERR_INPUT;
    }
    if (!in_vocab)
        RFT_TRY(rft_tok_vocab_set(vocab, added.id, content, false));
    vocab->tokens[added.id].special = added.special;
    enum rft_status status = rft_str_append(&added.text, content.data, content.len);
    if (status == RFT_OK)
        status = rft_tok_added_add(&load->tokenizer->added, &added);
    rft_str_finish(&added.text);
    return status;
}

static enum rft_status load_added(const struct load *load)
{
    const json_t *list = json_object_get(load->root, "added_tokens");
    for (size_t i = 0; i < json_array_size(list); i++)
        RFT_TRY(load_added_token(load, json_array_get(list, i)));
    return RFT_OK;
}

/* ---- what stands before a text ---- */

/* The tokens that a template puts before the text. Those behind it are for whole texts; a prompt goes on. */
static enum rft_status load_template(const struct load *load, const json_t *processor)
{
    const json_t *single = json_object_get(processor, "single");
    const json_t *specials = json_object_get(processor, "special_tokens");
    for (size_t i = 0; i < json_array_size(single); i++) {
        const json_t *item = json_array_get(single, i);
        if (json_object_get(item, "Sequence") != NULL)
            return RFT_OK;
        const char *name = json_string_value(json_object_get(json_object_get(item, "SpecialToken"), "id"));
        const json_t *ids = json_object_get(name != NULL ? json_object_get(specials, name) : NULL, "ids");
        if (!json_is_array(ids))
            return wrong(load, "post_processor", "the template names a token that its special_tokens lack");
        for (size_t k = 0; k < json_array_size(ids); k++) {
            uint32_t id;
            if (!id_of(json_array_get(ids, k), &id) || !rft_tokenizer_has_id(load->tokenizer, id))
                return wrong(load, "post_processor", "a special token has an id that no token has");
            RFT_TRY(rft_ids_append(&load->tokenizer->prefix, id));
        }
    }
    return wrong(load, "post_processor", "the template for one text lacks the text");
}

/* *says: a template was met, so the prefix is decided even if it is empty. */
static enum rft_status load_processor(const struct load *load, const json_t *processor, bool *says)
{
    if (processor == NULL || json_is_null(processor))
        return RFT_OK;
    const char *type = json_string_value(json_object_get(processor, "type"));
    if (type != NULL && strcmp(type, "ByteLevel") == 0) /* only moves offsets */
        return RFT_OK;
    if (type != NULL && strcmp(type, "TemplateProcessing") == 0) {
        *says = true;
        return load_template(load, processor);
    }
    if (type != NULL && strcmp(type, "Sequence") == 0) {
        const json_t *list = json_object_get(processor, "processors");
        for (size_t i = 0; i < json_array_size(list); i++)
            RFT_TRY(load_processor(load, json_array_get(list, i), says));
        return RFT_OK;
    }
    rft_log_error("%s: the post_processor type \"%s\" is not supported", load->path, type != NULL ? type : "(none)");
    return RFT_ERR_UNSUPPORTED;
}

/* add_bos_token and bos_token of tokenizer_config.json (a string, or an object with "content"). */
static enum rft_status apply_config(const struct load *load, const char *path, const json_t *config)
{
    const json_t *bos = json_object_get(config, "bos_token");
    if (!json_is_true(json_object_get(config, "add_bos_token")))
        return RFT_OK;
    struct rft_bytes content = text_of(json_is_object(bos) ? json_object_get(bos, "content") : bos);
    uint32_t id;
    if (content.data == NULL || !rft_tokenizer_find(load->tokenizer, content, &id)) {
        rft_log_error("%s: add_bos_token is true, but bos_token names no token of the vocabulary", path);
        return RFT_ERR_INPUT;
    }
    return rft_ids_append(&load->tokenizer->prefix, id);
}

static enum rft_status load_config(const struct load *load, const char *dir)
{
    struct rft_str text = {0};
    json_t *config = NULL;
    char *path = rft_path_join(dir, "tokenizer_config.json");
    enum rft_status status = path != NULL ? RFT_OK : RFT_ERR_HOST_MEMORY;
    if (status == RFT_OK && rft_file_exists(path)) {
        status = rft_file_read(path, RFT_CONFIG_BYTES_MAX, &text);
        if (status == RFT_OK)
            status = rft_json_load(path, (struct rft_bytes){text.data, text.len}, JSON_ALLOW_NUL, &config);
        if (status == RFT_OK)
            status = apply_config(load, path, config);
    }
    json_decref(config);
    rft_str_finish(&text);
    rft_free(path);
    return status;
}

static enum rft_status load_parts(const struct load *load, const char *dir)
{
    struct rft_tokenizer *t = load->tokenizer;
    bool says_prefix = false;
    RFT_TRY(load_model(load));
    RFT_TRY(load_added(load));
    RFT_TRY(rft_tok_json_normalizer(load->path, json_object_get(load->root, "normalizer"), &t->normalizers));
    RFT_TRY(rft_tok_json_pre_tokenizer(load->path, json_object_get(load->root, "pre_tokenizer"), &t->pre_tokenizers));
    RFT_TRY(rft_tok_json_decoder(load->path, json_object_get(load->root, "decoder"), &t->decoders));
    RFT_TRY(load_processor(load, json_object_get(load->root, "post_processor"), &says_prefix));
    if (!says_prefix && dir != NULL)
        RFT_TRY(load_config(load, dir));
    return rft_tok_seal(t);
}

enum rft_status rft_tok_load_json(const char *path, struct rft_bytes text, const char *dir,
                                  struct rft_tokenizer **tokenizer)
{
    json_t *root = NULL;
    struct rft_tokenizer *t = rft_tok_create();
    *tokenizer = NULL;
    enum rft_status status = t != NULL ? rft_json_load(path, text, JSON_ALLOW_NUL, &root) : RFT_ERR_HOST_MEMORY;
    if (status == RFT_OK) {
        struct load load = {.path = path, .root = root, .model = json_object_get(root, "model"), .tokenizer = t};
        status = load_parts(&load, dir);
    }
    json_decref(root);
    if (status != RFT_OK) {
        rft_tokenizer_close(t);
        return status;
    }
    t->hash = XXH64(t->prefix.ids, t->prefix.n * sizeof *t->prefix.ids, XXH64(text.data, text.len, 0));
    *tokenizer = t;
    return RFT_OK;
}

enum rft_status rft_tokenizer_open(const char *dir, struct rft_tokenizer **tokenizer)
{
    struct rft_str text = {0};
    *tokenizer = NULL;
    RFT_TRY(rft_checkpoint_look_for_tokenizer(dir));
    char *path = rft_path_join(dir, "tokenizer.json");
    enum rft_status status = path != NULL ? rft_file_read(path, FILE_BYTES_MAX, &text) : RFT_ERR_HOST_MEMORY;
    if (status == RFT_OK)
        status = rft_tok_load_json(path, (struct rft_bytes){text.data, text.len}, dir, tokenizer);
    rft_str_finish(&text);
    rft_free(path);
    return status;
}
