/* SPDX-License-Identifier: MIT */
/* The subcommands: one table (commands.c), one file each. A command logs its own errors; main.c turns the status into
 * an exit code. */
#ifndef RFT_COMMAND_H
#define RFT_COMMAND_H

#include "config.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>

struct rft_command_line;

enum rft_command_config { RFT_CONFIG_NONE, RFT_CONFIG_TO_DRAW, RFT_CONFIG_TO_JUDGE };

struct rft_command {
    const char *word;   /* "plan" */
    const char *option; /* the same word as an option, as people write it: "--help"; NULL = none */
    const char *const
        *forms;       /* what may stand behind "=", the first by default: {"text", "ini", NULL}; NULL = nothing */
    const char *help; /* one line */
    enum rft_command_config config; /* what it wants of a configuration */
    /* config: NULL if it wants none. */
    enum rft_status (*run)(const struct rft_command_line *line, const struct rft_config *config);
    const char *operand; /* what stands behind the word: "PATH"; NULL = nothing */
};

/* An option. `value` names what it takes, NULL = nothing. */
struct rft_command_option {
    const char *letter;   /* "-c"; NULL = none */
    const char *name;     /* "--config" */
    const char *value;    /* "FILE" */
    const char *help;     /* one line */
    const char *commands; /* the only commands that take it, by their words with a space between; NULL = all do */
};

extern const struct rft_command rft_commands[]; /* [rft_n_commands]; the first is the job itself, which needs no word */
extern const size_t rft_n_commands;
extern const struct rft_command_option rft_command_options[]; /* [rft_n_command_options] */
extern const size_t rft_n_command_options;
extern const char *const rft_command_examples[]; /* command lines, ending with NULL */

/* A command line, understood. Not owned but for `sets`. */
struct rft_command_line {
    const struct rft_command *command;
    size_t form; /* index into command->forms */
    const char *config_path;
    const char **sets; /* [n_sets] "section.key=value" */
    size_t n_sets;
    bool force, quiet, verbose;
    const char *operand;                         /* behind the command's word; NULL = not given */
    const char *question;                        /* --question; NULL = not given */
    const char *in;                              /* --in; NULL = not given */
    const char *rows, *fraction;                 /* of the command replay; NULL = not given */
    bool tokens, raw;                            /* of the command prompt */
    const struct rft_command_option *restricted; /* an option that was given and is not every command's; NULL = none */
};

/* Reads the command line. RFT_ERR_USAGE names the word that is wrong and what is meant. Finish it in any case. */
enum rft_status rft_command_line_read(int argc, char **argv, struct rft_command_line *line);
void rft_command_line_finish(struct rft_command_line *line);

/* Loads the configuration if the command needs one, and runs it. */
enum rft_status rft_command_run(const struct rft_command_line *line);

/* The commands; line->form says which form. What they print goes to stdout. */
enum rft_status rft_command_job(const struct rft_command_line *line, const struct rft_config *config);
/* Judges completions that exist already: records and rows, and a table of verdicts on stdout; no model is read. */
enum rft_status rft_command_verify(const struct rft_command_line *line, const struct rft_config *config);
/* Draws samples of records again and prints which are not the same. */
enum rft_status rft_command_replay(const struct rft_command_line *line, const struct rft_config *config);
/* The memory plan: weights, pools, pages and slots for the configured budget. */
enum rft_status rft_command_plan(const struct rft_command_line *line, const struct rft_config *config);
/* The compiled-in backends and their devices, each device opened and its kernels tested. */
enum rft_status rft_command_devices(const struct rft_command_line *line, const struct rft_config *config);
/* The programs of kernel calls, prefill and step. Nothing is computed. */
enum rft_status rft_command_dump(const struct rft_command_line *line, const struct rft_config *config);
/* Computes the first question's prompt and the first steps of its first samples kernel call by kernel call, and prints
 * for each a line: program, run, number, op, label, and the XXH64 of every range it wrote. Two devices' outputs part at
 * the first call whose results differ. */
enum rft_status rft_command_trace(const struct rft_command_line *line, const struct rft_config *config);
/* The prompt of one question as the model will see it: text with special tokens marked, tokens, or the very bytes. */
enum rft_status rft_command_prompt(const struct rft_command_line *line, const struct rft_config *config);
/* What is understood of the model at line->operand, from headers alone; a model that is not supported: why, on one line
 * of stdout, RFT_ERR_UNSUPPORTED. */
enum rft_status rft_command_model(const struct rft_command_line *line, const struct rft_config *config);
/* Forms: text, man. */
enum rft_status rft_command_help(const struct rft_command_line *line, const struct rft_config *config);
/* Every key. Forms: text, markdown, ini. */
enum rft_status rft_command_help_config(const struct rft_command_line *line, const struct rft_config *config);
/* Completions for a shell. Forms: bash, zsh, fish. */
enum rft_status rft_command_completion(const struct rft_command_line *line, const struct rft_config *config);
enum rft_status rft_command_version(const struct rft_command_line *line, const struct rft_config *config);

#endif
