/* SPDX-License-Identifier: MIT */
/* The values of all keys. */
#ifndef RFT_CONFIG_FIELDS_H
#define RFT_CONFIG_FIELDS_H

#include "verifier.h"
#include "backend.h"
#include "compute.h"
#include "output.h"
#include "prompt_kind.h"
#include "select.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What becomes of a row that cannot be a question. */
enum rft_row_policy { RFT_ROWS_REFUSE, RFT_ROWS_SKIP };
/* What becomes of a sample that ended at max_new_tokens: rejected, or judged like others. */
enum rft_cut_off { RFT_CUT_OFF_REJECT, RFT_CUT_OFF_ACCEPT };
/* Which devices may be used: those whose bits were compared, or any. */
enum rft_arithmetic { RFT_ARITHMETIC_CHECKED, RFT_ARITHMETIC_UNCHECKED };
/* Where values that the configuration does not give come from: the model's files first, or only from here. */
enum rft_defaults { RFT_DEFAULTS_AUTO, RFT_DEFAULTS_NONE };

/* An amount of memory as the user wrote it. */
struct rft_amount {
    enum rft_amount_kind { RFT_AMOUNT_AUTO, RFT_AMOUNT_BYTES, RFT_AMOUNT_PERCENT } kind;
    uint64_t bytes; /* kind BYTES */
    double percent; /* kind PERCENT: 0 to 100 */
};

struct rft_strings {
    char **items; /* [n], NUL-terminated, never empty */
    size_t n;
};

struct rft_reals {
    double *items; /* [n] */
    size_t n;
};

struct rft_wholes {
    uint64_t *items; /* [n] */
    size_t n;
};

#define RFT_CONFIG_KEYS_MAX 192 /* that the table may hold */

/* Every key's value. Field <section>_<name> is key <name> of [<section>]. All text is owned and never NULL; "" = not
 * set. Input paths are complete (see rft_config_load), `~/` and `$XDG_CACHE_HOME/` expanded. */
struct rft_config {
    char *file;                       /* the INI file's path, as given */
    char *given[RFT_CONFIG_KEYS_MAX]; /* for each key of the table the text that the file or --set gives; NULL: the key
                                         is not given */
    char *model_path;
    struct rft_strings model_adapter;     /* paths */
    struct rft_reals model_adapter_scale; /* one for all of them, or one for each */
    struct rft_strings model_ignore_keys;
    enum rft_compute model_compute;
    char *data_questions;
    struct rft_strings data_question_field; /* their texts are put together */
    char *data_answer_field;
    char *data_answer_after;
    char *data_choices_field;
    char *data_completion_field;
    char *data_id_field;
    struct rft_strings data_filter; /* "field=value": all must hold */
    uint64_t data_limit;            /* 0 = all */
    enum rft_row_policy data_bad_rows;
    enum rft_row_policy data_too_long;
    char *prompt_template;
    char *prompt_examples;
    char *prompt_system;
    char *prompt_system_file;
    char *prompt_template_name;
    char *prompt_variables; /* "" or the text of a JSON object */
    char *prompt_date;
    enum rft_prompt_format prompt_format;
    enum rft_prompt_bos prompt_bos;
    uint32_t generate_samples;
    uint32_t generate_chunk;               /* samples of a question computed together; 0 = auto */
    uint32_t generate_questions_in_flight; /* 0 = auto */
    uint32_t generate_max_new_tokens;      /* 0 = auto: ask rft_config_max_new_tokens */
    struct rft_reals generate_temperature; /* 0 = greedy; sample i takes item i mod n, as of the seeds */
    uint32_t generate_top_k;               /* 0 = off */
    double generate_top_p;                 /* 1 = off */
    double generate_min_p;                 /* 0 = off */
    struct rft_wholes generate_seed;
    struct rft_strings generate_stop;
    uint32_t generate_stop_when_enough; /* accepted samples of a question; 0 = off */
    struct rft_strings generate_end_tokens;
    char *generate_extend; /* "" = nothing is taken over */
    enum rft_defaults generate_defaults;
    enum rft_verify_kind verify_kind;
    double verify_rel_tol;
    enum rft_verify_units verify_units;
    bool verify_require_mark;
    bool verify_fractions;
    enum rft_verify_percent verify_percent;
    enum rft_verify_thousands verify_thousands;
    enum rft_verify_extract verify_extract;
    bool verify_case;        /* ignored */
    bool verify_space;       /* kept */
    bool verify_punctuation; /* ignored */
    char *verify_pattern;
    char *verify_group;
    bool verify_match; /* the first one */
    char *verify_field;
    enum rft_verify_compare verify_compare;
    enum rft_cut_off verify_cut_off;
    enum rft_verify_compat verify_compat;
    char *verify_after; /* "auto", "" or a text */
    char *verify_command;
    struct rft_strings verify_arguments;
    uint32_t verify_workers; /* 0 = auto: one for each cpu */
    uint32_t verify_batch;
    uint32_t verify_queue;
    double verify_time_limit;              /* seconds */
    double verify_start_limit;             /* seconds */
    struct rft_amount verify_memory_limit; /* BYTES, or AUTO: none */
    bool verify_ask_again;
    uint32_t select_keep; /* a count, or RFT_KEEP_ALL */
    enum rft_distinct select_distinct;
    enum rft_equals select_equals;
    enum rft_select_order select_order;
    enum rft_quota select_quota;
    double select_min_solve_rate;
    double select_max_solve_rate;
    enum rft_dedupe select_dedupe;
    struct rft_amount memory_budget;  /* AUTO: what is available */
    struct rft_amount memory_reserve; /* BYTES or PERCENT: never to be taken */
    char *device_backend;             /* "auto" or a backend's name; whether it exists is checked by the caller */
    char *device_device;              /* name, UUID, index or a name's beginning; "" = the first */
    uint32_t device_threads;          /* 0 = auto */
    enum rft_memory_access device_memory;
    uint32_t device_dispatch_ms; /* 0 = auto */
    enum rft_arithmetic device_arithmetic;
    char *output_path;
    enum rft_output_format output_format;
    uint32_t output_pairs; /* a count, or RFT_PAIRS_ALL (pairs.h) */
    enum rft_pair_by output_pair_by;
    bool output_pair_cut_off;
    bool output_examples;
    enum rft_logprobs output_logprobs;
    char *output_records;  /* "" = none */
    char *output_unsolved; /* "" = none */
    char *output_summary;  /* "" = none */
    char *output_card;     /* "" = none */
};

#endif
