/* SPDX-License-Identifier: MIT */
/* One key's value, to text, and what may be given. */
#include "config_keys.h"
#include "config_options.h"

#include <inttypes.h>
#include <string.h>

static const void *field_in(const struct rft_key *key, const struct rft_config *config)
{
    return (const char *)config + key->offset;
}

static uint64_t load_whole(const struct rft_key *key, const struct rft_config *config)
{
    const void *field = field_in(key, config);
    uint64_t value = 0;
    uint32_t narrow = 0;
    if (key->size == sizeof(bool))
        return *(const bool *)field;
    if (key->size == sizeof value) {
        memcpy(&value, field, sizeof value);
        return value;
    }
    memcpy(&narrow, field, sizeof narrow);
    return narrow;
}

static enum rft_status print_whole(const struct rft_key *key, uint64_t value, struct rft_str *out)
{
    for (const struct rft_word *w = key->words; w != NULL && w->word != NULL; w++)
        if (w->value == value)
            return rft_str_append_z(out, w->word);
    return rft_str_printf(out, "%" PRIu64, value);
}

static enum rft_status print_amount(const struct rft_amount *amount, struct rft_str *out)
{
    if (amount->kind == RFT_AMOUNT_AUTO)
        return rft_str_append_z(out, "auto");
    if (amount->kind == RFT_AMOUNT_BYTES)
        return rft_str_printf(out, "%" PRIu64, amount->bytes);
    RFT_TRY(rft_str_append_double(out, amount->percent));
    return rft_str_append_z(out, "%");
}

static enum rft_status print_strings(const struct rft_strings *strings, struct rft_str *out)
{
    RFT_TRY(rft_str_append_z(out, "["));
    for (size_t i = 0; i < strings->n; i++) {
        RFT_TRY(rft_str_append_z(out, i ? ", " : ""));
        RFT_TRY(rft_str_append_json(out, strings->items[i], strlen(strings->items[i])));
    }
    return rft_str_append_z(out, "]");
}

enum rft_status rft_wholes_print(const struct rft_wholes *wholes, struct rft_str *out)
{
    RFT_TRY(rft_str_append_z(out, wholes->n > 1 ? "[" : ""));
    for (size_t i = 0; i < wholes->n; i++)
        RFT_TRY(rft_str_printf(out, "%s%" PRIu64, i ? ", " : "", wholes->items[i]));
    return rft_str_append_z(out, wholes->n > 1 ? "]" : "");
}

static enum rft_status print_reals(const struct rft_reals *reals, struct rft_str *out)
{
    RFT_TRY(rft_str_append_z(out, reals->n > 1 ? "[" : ""));
    for (size_t i = 0; i < reals->n; i++) {
        RFT_TRY(rft_str_append_z(out, i ? ", " : ""));
        RFT_TRY(rft_str_append_double(out, reals->items[i]));
    }
    return rft_str_append_z(out, reals->n > 1 ? "]" : "");
}

enum rft_status rft_key_print(const struct rft_key *key, const struct rft_config *config, struct rft_str *out)
{
    const void *field = field_in(key, config);
    const char *text;
    double real;
    switch (key->type) {
    case RFT_KEY_TEXT:
    case RFT_KEY_IN_PATH:
    case RFT_KEY_OUT_PATH: text = *(char *const *)field; return rft_str_append_json(out, text, strlen(text));
    case RFT_KEY_WHOLE:
    case RFT_KEY_CHOICE: return print_whole(key, load_whole(key, config), out);
    case RFT_KEY_REAL: memcpy(&real, field, sizeof real); return rft_str_append_double(out, real);
    case RFT_KEY_AMOUNT: return print_amount(field, out);
    case RFT_KEY_REALS: return print_reals(field, out);
    case RFT_KEY_WHOLES: return rft_wholes_print(field, out);
    case RFT_KEY_TEXTS:
    case RFT_KEY_IN_PATHS: break;
    }
    return print_strings(field, out);
}

/* "auto, chat or raw"; is_rest: something stands before, ", first or all". */
static enum rft_status append_words(const struct rft_key *key, bool is_rest, struct rft_str *out)
{
    for (const struct rft_word *w = key->words; w != NULL && w->word != NULL; w++) {
        RFT_TRY(rft_str_append_z(out, !is_rest ? "" : w[1].word ? ", " : " or "));
        RFT_TRY(rft_str_append_z(out, w->word));
        is_rest = true;
    }
    return RFT_OK;
}

static enum rft_status append_range(const struct rft_key *key, struct rft_str *out)
{
    RFT_TRY(rft_str_append_z(out, key->flags & RFT_KEY_ABOVE_LOW ? "above " : ""));
    RFT_TRY(rft_str_append_double(out, key->low));
    RFT_TRY(rft_str_append_z(out, key->flags & RFT_KEY_BELOW_HIGH ? " to below " : " to "));
    if (key->high >= 9e15)
        return rft_str_printf(out, "%" PRIu64, UINT64_MAX);
    return rft_str_append_double(out, key->high);
}

enum rft_status rft_key_allowed(const struct rft_key *key, struct rft_str *out)
{
    switch (key->type) {
    case RFT_KEY_TEXT: return rft_str_append_z(out, "a text");
    case RFT_KEY_IN_PATH:
    case RFT_KEY_OUT_PATH: return rft_str_append_z(out, "a path");
    case RFT_KEY_CHOICE: return append_words(key, false, out);
    case RFT_KEY_WHOLE:
    case RFT_KEY_REAL: RFT_TRY(append_range(key, out)); return append_words(key, true, out);
    case RFT_KEY_AMOUNT:
        RFT_TRY(rft_str_append_z(out, "bytes with or without a unit (MB, GB, MiB, GiB), or a percentage up to 100%"));
        return append_words(key, true, out);
    case RFT_KEY_IN_PATHS: return rft_str_printf(out, "a path or a JSON array of at most %d paths", RFT_KEY_ITEMS_MAX);
    case RFT_KEY_REALS:
    case RFT_KEY_WHOLES:
        RFT_TRY(rft_str_printf(out, "a number or a JSON array of at most %d numbers, each from ", RFT_KEY_ITEMS_MAX));
        return append_range(key, out);
    case RFT_KEY_TEXTS: break;
    }
    return rft_str_printf(out, "a text or a JSON array of at most %d texts", RFT_KEY_ITEMS_MAX);
}
