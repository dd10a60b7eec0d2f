/* SPDX-License-Identifier: MIT */
/* The configuration of a run: an INI file and --set overrides, checked against one table of keys (config_keys.c). The
 * same table prints `--help-config`, the Markdown table of docs/configuration.md and configs/rft.ini. */
#ifndef RFT_CONFIG_H
#define RFT_CONFIG_H

#include "config_check.h"
#include "config_fields.h"
#include "config_options.h"
#include "status.h"
#include "str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads the INI file, then applies `sets` ("section.key=value", in order, the last one wins), then checks what must fit
 * together. Relative input paths of the file (model.path, model.adapter, data.questions and the like) are looked
 * up in the file's directory; output paths, and all paths in `sets`, in the current directory. Errors name file, line
 * and key, or the --set, and say what is allowed. *config is zero on failure. */
enum rft_status rft_config_load(const char *path, const char *const *sets, size_t n_sets, enum rft_config_use use,
                                struct rft_config *config);
/* The same with the file's text given; `path` is used for messages and for relative input paths. */
enum rft_status rft_config_parse(const char *path, struct rft_bytes text, const char *const *sets, size_t n_sets,
                                 enum rft_config_use use, struct rft_config *config);
/* Zero-initialised is valid. */
void rft_config_finish(struct rft_config *config);

/* A file that the run reads, or a directory of such files. Not owned. */
struct rft_config_path {
    const char *key;  /* what names it: "data.questions"; the INI file has none and is "the configuration" */
    const char *path; /* "" = not set */
};
/* The inputs one after the other, i = 0, 1, ...; false when there are no more. */
bool rft_config_input_at(const struct rft_config *config, size_t i, struct rft_config_path *input);

/* [generate] max_new_tokens with auto resolved: 100 with several samples, 120 with one. */
uint32_t rft_config_max_new_tokens(const struct rft_config *config);

/* Whether the file or --set gives a key ("section.name"): else its value is the default. */
bool rft_config_is_given(const struct rft_config *config, const char *full_name);

/* `amount` in bytes, a percentage being of available_bytes. AUTO gives available_bytes. */
uint64_t rft_amount_bytes(const struct rft_amount *amount, uint64_t available_bytes);

/* Appends "section.key=value\n" for every key that affects the text of samples, in canonical form and in the table's
 * order
 * ("0.70" and "0.7" give the same, auto is resolved). Keys that only say which
 * samples there are, or judge, select, place or schedule them, are not in it, nor are paths: what is in those files is
 * for the caller to hash. */
enum rft_status rft_config_fingerprint(const struct rft_config *config, struct rft_str *out);

/* Appends, for the records, what shapes a sample's text beside model, prompt, seed and temperature, in canonical form
 * and on one line: "max_new_tokens=100 top_k=off top_p=1 ...". */
enum rft_status rft_config_settings(const struct rft_config *config, struct rft_str *out);

/* Appends every key with its value, one "section.key=value" line each: for tests and the log. */
enum rft_status rft_config_dump(const struct rft_config *config, struct rft_str *out);

/* Appends the keys whose values are not the defaults as a JSON object, {"section.key": value, ...} in the table's
 * order: numbers, texts and lists as such, everything else as the words that were given; paths as they were given. */
enum rft_status rft_config_put_json(const struct rft_config *config, struct rft_str *out);
/* Appends them as a file that rft_config_parse takes, for whoever gets the outputs: of a path its last name, and
 * without the keys that only say how this run is computed (devices, memory, threads). Values that are too long for a
 * line go to `sets`, a line "section.key=value" each. */
enum rft_status rft_config_put_ini(const struct rft_config *config, struct rft_str *out, struct rft_str *sets);

#define RFT_CONFIG_LINE_BYTES_MAX                                                                                      \
    197 /* inih cuts a longer line without a word and reads the rest as a line of its own */

/* A key in words. Not owned. */
struct rft_config_key_text {
    const char *name;     /* "section.key" */
    const char *fallback; /* the default as a user would write it; NULL = the key is required */
    const char *help;     /* lines parted by \n */
};
/* The keys in the table's order, i = 0, 1, ...; false when there are no more. */
bool rft_config_key_at(size_t i, struct rft_config_key_text *key);

enum rft_config_help { RFT_HELP_TEXT, RFT_HELP_MARKDOWN, RFT_HELP_INI };
/* Appends the description of all keys. */
enum rft_status rft_config_help(enum rft_config_help form, struct rft_str *out);

#endif
