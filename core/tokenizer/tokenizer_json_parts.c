/* SPDX-License-Identifier: MIT */
/* Normalizers, pre-tokenizers and decoders of a tokenizer.json, each turned into steps. */
#include "tokenizer_json_parts.h"

#include <jansson.h>

#include <string.h>

#define WHITE_SPACE "\\s+"
#define WORD "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}" /* \w of the library's own expressions */
#define WORDS "[" WORD "]+|[^" WORD "\\s]+"
#define PUNCTUATION "[\\p{P}!-/:-@\\[-`{-~]"

/* One component as the file has it. */
struct part {
    const char *path;
    const char *role; /* "normalizer", ... */
    const json_t *json;
    struct rft_tok_steps *steps;
};

static enum rft_status wrong(const struct part *part, const char *key)
{
    rft_log_error("%s: %s \"%s\": \"%s\" is missing or not what it should be", part->path, part->role,
                  json_string_value(json_object_get(part->json, "type")), key);
    return RFT_ERR_INPUT;
}

static bool flag(const struct part *part, const char *key, bool otherwise)
{
    const json_t *value = json_object_get(part->json, key);
    return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

static enum rft_status get_text(const struct part *part, const char *key, struct rft_bytes *text)
{
    const json_t *value = json_object_get(part->json, key);
    *text = (struct rft_bytes){json_string_value(value), json_string_length(value)};
    return text->data != NULL ? RFT_OK : wrong(part, key);
}

static enum rft_status add_text_step(const struct part *part, enum rft_tok_kind kind, struct rft_bytes text,
                                     struct rft_tok_step **step)
{
    *step = rft_tok_steps_add(part->steps, kind);
    return *step ? rft_str_append(&(*step)->text, text.data, text.len) : RFT_ERR_HOST_MEMORY;
}

static enum rft_status get_pattern(const struct part *part, struct rft_tok_pattern *pattern)
{
    const json_t *json = json_object_get(part->json, "pattern");
    const json_t *literal = json_object_get(json, "String"), *regex = json_object_get(json, "Regex");
    const json_t *value = literal != NULL ? literal : regex;
    if (!json_is_string(value))
        return wrong(part, "pattern");
    struct rft_bytes text = {json_string_value(value), json_string_length(value)};
    return literal != NULL ? rft_tok_pattern_literal(text, pattern) : rft_tok_pattern_regex(part->path, text, pattern);
}

/* ---- shared steps ---- */

/* ---- normalizers ---- */

static enum rft_status add_form(const struct part *part, bool compose, bool compat)
{
    struct rft_tok_step *step = rft_tok_steps_add(part->steps, RFT_TOK_FORM);
    if (step == NULL)
        return RFT_ERR_HOST_MEMORY;
    step->compose = compose;
    step->compat = compat;
    return RFT_OK;
}

static enum rft_status parse_nfc(const struct part *part)
{
    return add_form(part, true, false);
}

static enum rft_status parse_nfd(const struct part *part)
{
    return add_form(part, false, false);
}

static enum rft_status parse_nfkc(const struct part *part)
{
    return add_form(part, true, true);
}

static enum rft_status parse_nfkd(const struct part *part)
{
    return add_form(part, false, true);
}

static enum rft_status parse_lowercase(const struct part *part)
{
    return rft_tok_add_simple(RFT_TOK_LOWERCASE, part->steps);
}

static enum rft_status parse_strip(const struct part *part)
{
    struct rft_tok_step *step = rft_tok_steps_add(part->steps, RFT_TOK_STRIP);
    if (step == NULL)
        return RFT_ERR_HOST_MEMORY;
    step->at_left = flag(part, "strip_left", true);
    step->at_right = flag(part, "strip_right", true);
    return RFT_OK;
}

static enum rft_status parse_prepend(const struct part *part)
{
    struct rft_bytes text;
    RFT_TRY(get_text(part, "prepend", &text));
    return rft_tok_add_prepend(text, false, false, part->steps);
}

static enum rft_status parse_replace(const struct part *part) /* also a decoder */
{
    struct rft_bytes content;
    struct rft_tok_step *step;
    RFT_TRY(get_text(part, "content", &content));
    /* a decoder's text may end inside a character, which PCRE2 must not see */
    if (json_object_get(json_object_get(part->json, "pattern"), "Regex") != NULL)
        RFT_TRY(rft_tok_add_simple(RFT_TOK_MEND, part->steps));
    RFT_TRY(add_text_step(part, RFT_TOK_REPLACE, content, &step));
    return get_pattern(part, &step->pattern);
}

/* ---- pre-tokenizers ---- */

static enum rft_status get_behavior(const struct part *part, enum rft_tok_behavior otherwise,
                                    enum rft_tok_behavior *behavior)
{
    static const char *const names[] = {[RFT_TOK_REMOVED] = "Removed",
                                        [RFT_TOK_ISOLATED] = "Isolated",
                                        [RFT_TOK_PREVIOUS] = "MergedWithPrevious",
                                        [RFT_TOK_NEXT] = "MergedWithNext",
                                        [RFT_TOK_CONTIGUOUS] = "Contiguous"};
    const json_t *value = json_object_get(part->json, "behavior");
    *behavior = otherwise;
    if (value == NULL)
        return RFT_OK;
    for (size_t i = 0; json_is_string(value) && i < sizeof names / sizeof *names; i++)
        if (strcmp(json_string_value(value), names[i]) == 0) {
            *behavior = (enum rft_tok_behavior)i;
            return RFT_OK;
        }
    return wrong(part, "behavior");
}

static enum rft_status parse_split(const struct part *part)
{
    struct rft_tok_step *step = rft_tok_steps_add(part->steps, RFT_TOK_SPLIT);
    if (step == NULL)
        return RFT_ERR_HOST_MEMORY;
    step->invert = flag(part, "invert", false);
    RFT_TRY(get_behavior(part, RFT_TOK_ISOLATED, &step->behavior));
    return get_pattern(part, &step->pattern);
}

static enum rft_status parse_byte_level(const struct part *part)
{
    if (flag(part, "add_prefix_space", true))
        RFT_TRY(rft_tok_add_prepend(rft_bytes_z(" "), true, false, part->steps));
    if (flag(part, "use_regex", true))
        RFT_TRY(rft_tok_add_split(part->path, RFT_TOK_GPT2_PATTERN, RFT_TOK_ISOLATED, false, part->steps));
    return rft_tok_add_simple(RFT_TOK_BYTES, part->steps);
}

static enum rft_status parse_digits(const struct part *part)
{
    enum rft_tok_behavior behavior = flag(part, "individual_digits", false) ? RFT_TOK_ISOLATED : RFT_TOK_CONTIGUOUS;
    return rft_tok_add_split(part->path, "\\p{N}", behavior, false, part->steps);
}

static enum rft_status parse_punctuation(const struct part *part)
{
    enum rft_tok_behavior behavior;
    RFT_TRY(get_behavior(part, RFT_TOK_ISOLATED, &behavior));
    return rft_tok_add_split(part->path, PUNCTUATION, behavior, false, part->steps);
}

static enum rft_status parse_whitespace(const struct part *part)
{
    return rft_tok_add_split(part->path, WORDS, RFT_TOK_REMOVED, true, part->steps);
}

static enum rft_status parse_whitespace_split(const struct part *part)
{
    return rft_tok_add_split(part->path, WHITE_SPACE, RFT_TOK_REMOVED, false, part->steps);
}

/* How Metaspace marks the beginning: "always", "first" or "never"; files of before 0.15 say add_prefix_space. */
static enum rft_status get_scheme(const struct part *part, const char **scheme)
{
    const json_t *value = json_object_get(part->json, "prepend_scheme");
    *scheme = flag(part, "add_prefix_space", true) ? "always" : "never";
    if (value == NULL)
        return RFT_OK;
    const char *name = json_string_value(value);
    if (name == NULL || (strcmp(name, "always") && strcmp(name, "first") && strcmp(name, "never")))
        return wrong(part, "prepend_scheme");
    *scheme = name;
    return RFT_OK;
}

static enum rft_status parse_metaspace(const struct part *part)
{
    struct rft_bytes mark;
    const char *scheme;
    RFT_TRY(get_text(part, "replacement", &mark));
    RFT_TRY(get_scheme(part, &scheme));
    RFT_TRY(rft_tok_add_replace(rft_bytes_z(" "), mark, part->steps));
    if (strcmp(scheme, "never") != 0)
        RFT_TRY(rft_tok_add_prepend(mark, true, strcmp(scheme, "first") == 0, part->steps));
    if (!flag(part, "split", true))
        return RFT_OK;
    struct rft_tok_step *step = rft_tok_steps_add(part->steps, RFT_TOK_SPLIT);
    if (step == NULL)
        return RFT_ERR_HOST_MEMORY;
    step->behavior = RFT_TOK_NEXT;
    return rft_tok_pattern_literal(mark, &step->pattern);
}

/* ---- decoders ---- */

static enum rft_status parse_un_byte_level(const struct part *part)
{
    RFT_TRY(rft_tok_add_simple(RFT_TOK_UNBYTES, part->steps));
    return rft_tok_add_simple(RFT_TOK_FUSE, part->steps);
}

static enum rft_status parse_byte_fallback(const struct part *part)
{
    return rft_tok_add_simple(RFT_TOK_BYTE_TOKENS, part->steps);
}

static enum rft_status parse_fuse(const struct part *part)
{
    return rft_tok_add_simple(RFT_TOK_FUSE, part->steps);
}

static enum rft_status get_count(const struct part *part, const char *key, uint32_t *count)
{
    const json_t *value = json_object_get(part->json, key);
    json_int_t n = json_integer_value(value);
    if (!json_is_integer(value) || n < 0 || n > 1000000)
        return wrong(part, key);
    *count = (uint32_t)n;
    return RFT_OK;
}

static enum rft_status parse_cut(const struct part *part)
{
    struct rft_bytes content;
    struct rft_tok_step *step;
    RFT_TRY(get_text(part, "content", &content));
    RFT_TRY(add_text_step(part, RFT_TOK_CUT, content, &step));
    RFT_TRY(get_count(part, "start", &step->n_left));
    return get_count(part, "stop", &step->n_right);
}

static enum rft_status parse_un_metaspace(const struct part *part)
{
    struct rft_bytes mark;
    const char *scheme;
    struct rft_tok_step *step;
    RFT_TRY(get_text(part, "replacement", &mark));
    RFT_TRY(get_scheme(part, &scheme));
    RFT_TRY(add_text_step(part, RFT_TOK_UNSPACE, mark, &step));
    step->only_first = strcmp(scheme, "never") != 0;
    return RFT_OK;
}

/* ---- by name ---- */

struct parser {
    const char *type;
    enum rft_status (*parse)(const struct part *part);
};

static const struct parser normalizers[] = {
    {"NFC", parse_nfc},         {"NFD", parse_nfd},         {"NFKC", parse_nfkc},
    {"NFKD", parse_nfkd},       {"Strip", parse_strip},     {"Lowercase", parse_lowercase},
    {"Prepend", parse_prepend}, {"Replace", parse_replace}, {NULL, NULL},
};
static const struct parser pre_tokenizers[] = {
    {"Split", parse_split},           {"ByteLevel", parse_byte_level},
    {"Digits", parse_digits},         {"Punctuation", parse_punctuation},
    {"Whitespace", parse_whitespace}, {"WhitespaceSplit", parse_whitespace_split},
    {"Metaspace", parse_metaspace},   {NULL, NULL},
};
static const struct parser decoders[] = {
    {"ByteLevel", parse_un_byte_level},
    {"Replace", parse_replace},
    {"ByteFallback", parse_byte_fallback},
    {"Fuse", parse_fuse},
    {"Strip", parse_cut},
    {"Metaspace", parse_un_metaspace},
    {NULL, NULL},
};

/* members: the key of a Sequence's list. */
static enum rft_status parse_part(const struct part *part, const char *members, const struct parser *parsers)
{
    const char *type = json_string_value(json_object_get(part->json, "type"));
    if (part->json == NULL || json_is_null(part->json))
        return RFT_OK;
    if (type == NULL) {
        rft_log_error("%s: a %s has no \"type\"", part->path, part->role);
        return RFT_ERR_INPUT;
    }
    for (const struct parser *p = parsers; p->type; p++)
        if (strcmp(p->type, type) == 0)
            return p->parse(part);
    if (strcmp(type, "Sequence") != 0) {
        rft_log_error("%s: the %s type \"%s\" is not supported", part->path, part->role, type);
        return RFT_ERR_UNSUPPORTED;
    }
    const json_t *list = json_object_get(part->json, members);
    if (!json_is_array(list))
        return wrong(part, members);
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct part member = {part->path, part->role, json_array_get(list, i), part->steps};
        RFT_TRY(parse_part(&member, members, parsers));
    }
    return RFT_OK;
}

enum rft_status rft_tok_json_normalizer(const char *path, const struct json_t *json, struct rft_tok_steps *steps)
{
    return parse_part(&(struct part){path, "normalizer", json, steps}, "normalizers", normalizers);
}

enum rft_status rft_tok_json_pre_tokenizer(const char *path, const struct json_t *json, struct rft_tok_steps *steps)
{
    return parse_part(&(struct part){path, "pre-tokenizer", json, steps}, "pretokenizers", pre_tokenizers);
}

enum rft_status rft_tok_json_decoder(const char *path, const struct json_t *json, struct rft_tok_steps *steps)
{
    return parse_part(&(struct part){path, "decoder", json, steps}, "decoders", decoders);
}
