/* SPDX-License-Identifier: MIT */
/* The table of keys in words: for the terminal, for the docs, and as a file to start from. */
#include "config.h"

#include "config_keys.h"

#include <string.h>

static bool begins_section(size_t i)
{
    return i == 0 || strcmp(rft_keys[i].section, rft_keys[i - 1].section) != 0;
}

/* Appends text with `before` in front of each of its lines. */
static enum rft_status append_lines(const char *before, const char *text, struct rft_str *out)
{
    for (;;) {
        size_t n = strcspn(text, "\n");
        RFT_TRY(rft_str_printf(out, "%s%.*s\n", before, (int)n, text));
        if (!text[n])
            return RFT_OK;
        text += n + 1;
    }
}

static enum rft_status append_key(const struct rft_key *key, const char *before, struct rft_str *out)
{
    RFT_TRY(append_lines(before, key->help, out));
    RFT_TRY(rft_str_printf(out, "%s(%s", before, key->fallback ? "" : "required: "));
    RFT_TRY(rft_key_allowed(key, out));
    return rft_str_append_z(out, ")\n");
}

static enum rft_status help_text(struct rft_str *out)
{
    for (size_t i = 0; i < rft_n_keys; i++) {
        const struct rft_key *key = &rft_keys[i];
        if (begins_section(i))
            RFT_TRY(rft_str_printf(out, "%s[%s]\n", i ? "\n" : "", key->section));
        RFT_TRY(rft_str_printf(out, "%s = %s\n", key->name, key->fallback ? key->fallback : "..."));
        RFT_TRY(append_key(key, "    ", out));
    }
    return RFT_OK;
}

static enum rft_status append_cell(const char *text, struct rft_str *out)
{
    for (; *text; text++) {
        if (*text == '|' || *text == '<' || *text == '*')
            RFT_TRY(rft_str_append_z(out, "\\"));
        RFT_TRY(rft_str_append(out, *text == '\n' ? " " : text, 1));
    }
    return RFT_OK;
}

static enum rft_status help_markdown(struct rft_str *out)
{
    RFT_TRY(rft_str_append_z(out, "| key | default | values | meaning |\n|---|---|---|---|\n"));
    for (size_t i = 0; i < rft_n_keys; i++) {
        const struct rft_key *key = &rft_keys[i];
        const char *fallback = key->fallback != NULL ? key->fallback : "required";
        RFT_TRY(rft_str_printf(out, "| `%s.%s` | %s | ", key->section, key->name, *fallback ? fallback : "empty"));
        RFT_TRY(rft_key_allowed(key, out));
        RFT_TRY(rft_str_append_z(out, " | "));
        RFT_TRY(append_cell(key->help, out));
        RFT_TRY(rft_str_append_z(out, " |\n"));
    }
    return RFT_OK;
}

static enum rft_status help_ini(struct rft_str *out)
{
    RFT_TRY(rft_str_append_z(out,
                             "; Every key of rftgen with its default. Printed by: rftgen --help-config=ini\n"
                             "; A key whose line is left out keeps its default. docs/configuration.md tells more.\n"));
    for (size_t i = 0; i < rft_n_keys; i++) {
        const struct rft_key *key = &rft_keys[i];
        if (begins_section(i))
            RFT_TRY(rft_str_printf(out, "\n[%s]\n", key->section));
        else
            RFT_TRY(rft_str_append_z(out, "\n"));
        RFT_TRY(append_key(key, "; ", out));
        if (key->fallback != NULL)
            RFT_TRY(rft_str_printf(out, "%s =%s%s\n", key->name, *key->fallback ? " " : "", key->fallback));
        else
            RFT_TRY(rft_str_printf(out, ";%s = ...\n", key->name));
    }
    return RFT_OK;
}

bool rft_config_key_at(size_t i, struct rft_config_key_text *key)
{
    if (i < rft_n_keys)
        *key = (struct rft_config_key_text){rft_keys[i].full_name, rft_keys[i].fallback, rft_keys[i].help};
    return i < rft_n_keys;
}

enum rft_status rft_config_help(enum rft_config_help form, struct rft_str *out)
{
    return form == RFT_HELP_INI ? help_ini(out) : form == RFT_HELP_MARKDOWN ? help_markdown(out) : help_text(out);
}
