/* SPDX-License-Identifier: MIT */
/* The configuration of a run: an INI file and --set overrides, checked against one table of keys (config_keys.c). The same
 * table prints `--help-config`, the Markdown table of docs/configuration.md and configs/rft.ini. */
#ifndef RFT_CONFIG_H
#define RFT_CONFIG_H

#include "answer.h"
#include "backend.h"
#include "output.h"
#include "status.h"
#include "str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What becomes of a row that cannot be a question. */
enum rft_row_policy { RFT_ROWS_REFUSE, RFT_ROWS_SKIP };
/* What becomes of a sample that ended at max_new_tokens: rejected, or judged like others. */
enum rft_cut_off { RFT_CUT_OFF_REJECT, RFT_CUT_OFF_ACCEPT };
/* Which devices may be used: those whose bits were compared, or any. */
enum rft_arithmetic { RFT_ARITHMETIC_CHECKED, RFT_ARITHMETIC_UNCHECKED };
enum rft_prompt_format { RFT_PROMPT_AUTO, RFT_PROMPT_CHAT, RFT_PROMPT_RAW };

/* An amount of memory as the user wrote it. */
struct rft_amount {
    enum rft_amount_kind { RFT_AMOUNT_AUTO, RFT_AMOUNT_BYTES, RFT_AMOUNT_PERCENT } kind;
    uint64_t bytes;  /* kind BYTES */
    double percent;  /* kind PERCENT: 0 to 100 */
};

struct rft_strings {
    char **items; /* [n], NUL-terminated, never empty */
    size_t n;
};

/* Every key's value. Field <section>_<name> is key <name> of [<section>]. All text is owned and never NULL; "" = not set.
 * Input paths are complete (see rft_config_load), `~/` and `$XDG_CACHE_HOME/` expanded. */
struct rft_config {
    char *file;                            /* the INI file's path, as given */
    char *model_path;
    char *data_questions;
    char *data_question_field;
    char *data_answer_field;
    char *data_answer_after;
    char *data_id_field;
    uint64_t data_limit;                   /* 0 = all */
    enum rft_row_policy data_bad_rows;
    enum rft_row_policy data_too_long;
    char *prompt_template;
    char *prompt_examples;
    char *prompt_system;
    enum rft_prompt_format prompt_format;  /* after loading always RFT_PROMPT_RAW: auto is resolved, chat refused */
    uint32_t generate_samples;
    uint32_t generate_chunk;               /* samples of a question computed together; 0 = auto */
    uint32_t generate_questions_in_flight; /* 0 = auto */
    uint32_t generate_max_new_tokens;      /* 0 = auto: ask rft_config_max_new_tokens */
    double generate_temperature;           /* 0 = greedy */
    uint32_t generate_top_k;               /* 0 = off */
    double generate_top_p;                 /* 1 = off */
    double generate_min_p;                 /* 0 = off */
    uint64_t generate_seed;
    struct rft_strings generate_stop;
    enum rft_verify_kind verify_kind;
    double verify_rel_tol;
    enum rft_verify_units verify_units;
    bool verify_require_mark;
    enum rft_cut_off verify_cut_off;
    enum rft_verify_compat verify_compat;
    uint32_t select_keep;                  /* a count, or RFT_KEEP_ALL (select.h) */
    struct rft_amount memory_budget;       /* AUTO: what is available */
    struct rft_amount memory_reserve;      /* BYTES or PERCENT: never to be taken */
    char *device_backend;                  /* "auto" or a backend's name; whether it exists is checked by the caller */
    char *device_device;                   /* name, UUID, index or a name's beginning; "" = the first */
    uint32_t device_threads;               /* 0 = auto */
    enum rft_memory_access device_memory;
    uint32_t device_dispatch_ms;           /* 0 = auto */
    enum rft_arithmetic device_arithmetic;
    char *output_path;
    enum rft_output_format output_format;
    char *output_records;                  /* "" = none */
    char *output_summary;                  /* "" = none */
};

/* Reads the INI file, then applies `sets` ("section.key=value", in order, the last one wins), then checks what must fit
 * together. Relative input paths of the file (model.path, data.questions, prompt.template, prompt.examples) are looked up
 * in the file's directory; output paths, and all paths in `sets`, in the current directory. Errors name file, line and
 * key, or the --set, and say what is allowed. *config is zero on failure. */
enum rft_status rft_config_load(const char *path, const char *const *sets, size_t n_sets, struct rft_config *config);
/* The same with the file's text given; `path` is used for messages and for relative input paths. */
enum rft_status rft_config_parse(const char *path, struct rft_bytes text, const char *const *sets, size_t n_sets,
                                 struct rft_config *config);
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

/* How answers are judged: the keys of [verify]. */
struct rft_verify_options rft_config_verify(const struct rft_config *config);

/* `amount` in bytes, a percentage being of available_bytes. AUTO gives available_bytes. */
uint64_t rft_amount_bytes(const struct rft_amount *amount, uint64_t available_bytes);

/* Appends "section.key=value\n" for every key that affects the text of samples, in canonical form and in the table's order
 * ("0.70" and "0.7" give the same, auto is resolved). Keys that only judge, select, place or schedule samples are not in
 * it, nor are paths: what is in those files is for the caller to hash. */
enum rft_status rft_config_fingerprint(const struct rft_config *config, struct rft_str *out);

/* Appends every key with its value, one "section.key=value" line each: for tests and the log. */
enum rft_status rft_config_dump(const struct rft_config *config, struct rft_str *out);

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
