/* SPDX-License-Identifier: MIT */
#include "command.h"

#include "judge_rows.h"
#include "log.h"
#include "replay.h"
#include "run.h"
#include "str.h"

static const char *const help_forms[] = {"text", "man", NULL};
static const char *const key_forms[] = {"text", "markdown", "ini", NULL}; /* as enum rft_config_help */
static const char *const shells[] = {"bash", "zsh", "fish", NULL};

const struct rft_command rft_commands[] = {
    {"run", NULL, NULL, "make the dataset, or go on with it; this word may be left out", RFT_CONFIG_TO_DRAW,
     rft_command_job, NULL},
    {"plan", NULL, NULL, "print what the run would take of memory; nothing is computed", RFT_CONFIG_TO_DRAW,
     rft_command_plan, NULL},
    {"verify", NULL, NULL, "judge completions that exist (--in ROWS), without a model", RFT_CONFIG_TO_JUDGE,
     rft_command_verify, NULL},
    {"replay", NULL, NULL, "draw samples of records again (--in, --rows, --fraction)", RFT_CONFIG_TO_DRAW,
     rft_command_replay, NULL},
    {"prompt", NULL, NULL, "print a question's prompt (--question N, --tokens, --raw)", RFT_CONFIG_TO_DRAW,
     rft_command_prompt, NULL},
    {"model", NULL, NULL, "print what is understood of the model at PATH, or of the file's", RFT_CONFIG_NONE,
     rft_command_model, "PATH"},
    {"devices", NULL, NULL, "list backends and devices, and test every kernel of each", RFT_CONFIG_NONE,
     rft_command_devices, NULL},
    {"dump-program", "--dump-program", NULL, "print the kernel calls of a prefill and of a step", true,
     rft_command_dump, NULL},
    {"trace", NULL, NULL, "print hashes of the first kernel calls, to compare devices", RFT_CONFIG_TO_DRAW,
     rft_command_trace, NULL},
    {"help-config", "--help-config", key_forms, "explain every key", RFT_CONFIG_NONE, rft_command_help_config, NULL},
    {"completion", NULL, shells, "print completions for a shell", RFT_CONFIG_NONE, rft_command_completion, NULL},
    {"help", "--help", help_forms, "print this", RFT_CONFIG_NONE, rft_command_help, NULL},
    {"version", "--version", NULL, "print the version", RFT_CONFIG_NONE, rft_command_version, NULL},
};
const size_t rft_n_commands = sizeof rft_commands / sizeof *rft_commands;

const struct rft_command_option rft_command_options[] = {
    {"-c", "--config", "FILE", "the INI file; before NAME.ini the -c may be left out", NULL},
    {NULL, "--set", "KEY=VALUE", "set section.key after the file is read; the last one counts", NULL},
    {NULL, "--force", NULL, "replace existing output files; a journal is still used", NULL},
    {"-q", "--quiet", NULL, "no progress, only warnings and errors", NULL},
    {"-v", "--verbose", NULL, "say more about what is found and chosen", NULL},
    {NULL, "--in", "ROWS", "verify: the completions: records, rows, or anybody's JSON lines; replay: the records",
     "verify replay"},
    {NULL, "--rows", "LIST", "replay: lines of the records, counted from 1, as in 1,5,10-20; else all", "replay"},
    {NULL, "--fraction", "X", "replay: this share of the records, above 0 and at most 1, picked by a hash", "replay"},
    {NULL, "--question", "N", "prompt: of the question that has this number, from 0", "prompt"},
    {NULL, "--tokens", NULL, "prompt: every token's id with its text", "prompt"},
    {NULL, "--raw", NULL, "prompt: the bytes alone, as they are", "prompt"},
};
const size_t rft_n_command_options = sizeof rft_command_options / sizeof *rft_command_options;

const char *const rft_command_examples[] = {
    "rftgen -c configs/demo.ini",
    "rftgen verify -c rft.ini --in records.jsonl",
    "rftgen replay -c rft.ini --in records.jsonl --fraction 0.01",
    NULL,
};

enum rft_status rft_command_verify(const struct rft_command_line *line, const struct rft_config *config)
{
    return rft_judge_rows(config, line->force);
}

enum rft_status rft_command_replay(const struct rft_command_line *line, const struct rft_config *config)
{
    return rft_replay(config, line->rows, line->fraction, line->quiet);
}

enum rft_status rft_command_job(const struct rft_command_line *line, const struct rft_config *config)
{
    return rft_run(config, line->force, line->quiet);
}

/* --in is a word for a key. */
static enum rft_status load(const struct rft_command_line *line, struct rft_config *config)
{
    enum rft_config_use use = line->command->config == RFT_CONFIG_TO_JUDGE ? RFT_USE_TO_JUDGE : RFT_USE_TO_DRAW;
    struct rft_str in = {0};
    size_t n_sets = line->n_sets;
    if (line->in != NULL) {
        enum rft_status status = rft_str_printf(&in, "data.questions=%s", line->in);
        line->sets[n_sets++] = in.data; /* there is room: an option took two words, or one of its own */
        RFT_TRY(status);
    }
    enum rft_status status = rft_config_load(line->config_path, line->sets, n_sets, use, config);
    rft_str_finish(&in);
    if (status == RFT_ERR_INTERRUPTED)
        rft_log_warn("interrupted before the run began");
    return status;
}

enum rft_status rft_command_run(const struct rft_command_line *line)
{
    struct rft_config config;
    enum rft_status status;
    if (line->command->config == RFT_CONFIG_NONE)
        return line->command->run(line, NULL);
    RFT_TRY(load(line, &config));
    status = line->command->run(line, &config);
    rft_config_finish(&config);
    return status;
}
