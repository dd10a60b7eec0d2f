/* SPDX-License-Identifier: MIT */
/* Command line -> configuration -> run. The only place that turns a status into an exit code. */
#include "alloc.h"
#include "config.h"
#include "file.h"
#include "log.h"
#include "os.h"
#include "run.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
    "Usage: rftgen -c FILE [--set SECTION.KEY=VALUE]... [--force] [--quiet | --verbose]\n"
    "       rftgen plan -c FILE [--set ...]\n"
    "       rftgen devices\n"
    "       rftgen --dump-program -c FILE [--set ...]\n"
    "       rftgen trace -c FILE [--set ...]\n"
    "       rftgen help | version | help-config | --help-config=[text|markdown|ini]\n"
    "\n"
    "Makes a dataset for rejection-sampling fine-tuning: samples completions of every question from a model and\n"
    "keeps those whose answer is right. The same command goes on after an interruption.\n"
    "\n"
    "  -c, --config FILE        the INI file; rftgen --help-config=ini prints one with every key. -c may be left out\n"
    "                           before a FILE that ends in .ini\n"
    "  --set SECTION.KEY=VALUE  sets a key after the file was read; the last one wins. Paths given here are relative\n"
    "                           to the current directory; input paths in FILE are relative to the directory of FILE\n"
    "  --force                  replaces existing output files; a journal of the same run is still gone on from\n"
    "  -q, --quiet              no progress, only warnings and errors\n"
    "  -v, --verbose            more about what is found and chosen\n"
    "  plan                     prints what the run would take of the device's memory, and does nothing else\n"
    "  devices                  lists backends and devices, and tests the devices' kernels\n"
    "  --dump-program           prints the list of kernel calls\n"
    "  trace                    runs the first kernel calls one by one and prints hashes of their results: two devices'\n"
    "                           lists part where their results do\n"
    "  --help-config            explains every key\n";

enum command {
    COMMAND_RUN,
    COMMAND_PLAN,
    COMMAND_DUMP,
    COMMAND_TRACE,
    COMMAND_DEVICES,
    COMMAND_HELP,
    COMMAND_HELP_CONFIG,
    COMMAND_VERSION,
};

struct options {
    enum command command;
    const char *command_word; /* what chose the command; NULL = nothing did */
    enum rft_config_help help;
    const char *config_path;
    const char **sets; /* [n_sets] */
    size_t n_sets;
    bool force;
    bool quiet;
    bool verbose;
};

/* Words that choose what to do. */
static const struct {
    const char *word;
    enum command command;
    enum rft_config_help help;
} commands[] = {
    { "plan", COMMAND_PLAN, RFT_HELP_TEXT },
    { "devices", COMMAND_DEVICES, RFT_HELP_TEXT },
    { "dump-program", COMMAND_DUMP, RFT_HELP_TEXT },
    { "--dump-program", COMMAND_DUMP, RFT_HELP_TEXT },
    { "trace", COMMAND_TRACE, RFT_HELP_TEXT },
    { "help", COMMAND_HELP, RFT_HELP_TEXT },
    { "version", COMMAND_VERSION, RFT_HELP_TEXT },
    { "help-config", COMMAND_HELP_CONFIG, RFT_HELP_TEXT },
    { "--help", COMMAND_HELP, RFT_HELP_TEXT },
    { "-h", COMMAND_HELP, RFT_HELP_TEXT },
    { "--version", COMMAND_VERSION, RFT_HELP_TEXT },
    { "--help-config", COMMAND_HELP_CONFIG, RFT_HELP_TEXT },
    { "--help-config=text", COMMAND_HELP_CONFIG, RFT_HELP_TEXT },
    { "--help-config=markdown", COMMAND_HELP_CONFIG, RFT_HELP_MARKDOWN },
    { "--help-config=ini", COMMAND_HELP_CONFIG, RFT_HELP_INI },
};

static enum rft_status usage_error(const char *what, const char *word)
{
    rft_log_error("%s: %s; see rftgen --help", word, what);
    return RFT_ERR_USAGE;
}

/* Whether `candidate` is nearer to the word than the best so far, and near enough to be meant. */
static bool is_nearer(const char *word, const char *candidate, size_t *distance)
{
    size_t d = rft_edit_distance(word, candidate), n = strlen(word);
    if (strlen(candidate) < 3 || n < 3 || d > (n < 6 ? 1 : 2) || d >= *distance)
        return false;
    *distance = d;
    return true;
}

/* The command or option that a word is nearest to; NULL if it is near none. */
static const char *nearest(const char *word)
{
    static const char *const options[] = { "--config", "--set", "--force", "--quiet", "--verbose" };
    const char *best = NULL;
    size_t distance = SIZE_MAX;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (is_nearer(word, commands[i].word, &distance))
            best = commands[i].word;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (is_nearer(word, options[i], &distance))
            best = options[i];
    return best;
}

static bool is_ini(const char *word)
{
    size_t n = strlen(word);
    return n > 4 && word[0] != '-' && strcmp(word + n - 4, ".ini") == 0;
}

static enum rft_status take_config(const char *option, const char *path, struct options *o)
{
    if (!*path || path[0] == '-' || o->config_path)
        return usage_error("give one FILE", option);
    o->config_path = path;
    return RFT_OK;
}

static enum rft_status take_command(const char *word, struct options *o)
{
    const char *best;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(commands[i].word, word) != 0)
            continue;
        if (o->command_word && o->command == COMMAND_HELP)
            return RFT_OK; /* "help plan", "plan --help": there is one help for all */
        if (o->command_word && commands[i].command != COMMAND_HELP)
            return usage_error("only one command can be given", word);
        o->command = commands[i].command;
        o->command_word = word;
        o->help = commands[i].help;
        return RFT_OK;
    }
    if (is_ini(word))
        return take_config(word, word, o);
    best = nearest(word);
    if (best) {
        rft_log_error("%s: unknown %s; did you mean %s?", word, word[0] == '-' ? "option" : "command", best);
        return RFT_ERR_USAGE;
    }
    if (word[0] != '-' && strchr(word, '=') && strchr(word, '.'))
        return usage_error("a key is given with --set", word);
    return usage_error(word[0] == '-' ? "unknown option" : rft_file_exists(word) ? "unknown command; a configuration is given with -c"
                                                                                  : "unknown command", word);
}

/* The value of option `name` at argv[*i], as the next word or behind "="; NULL if argv[*i] is something else. An option
 * at the end of the line gives "", which no option allows. */
static const char *value_of(const char *name, int argc, char **argv, int *i)
{
    size_t n = strlen(name);
    if (strncmp(argv[*i], name, n) != 0 || (argv[*i][n] && (argv[*i][n] != '=' || name[1] != '-')))
        return NULL;
    if (argv[*i][n])
        return argv[*i] + n + 1;
    return *i + 1 < argc ? argv[++*i] : "";
}

static enum rft_status parse_arguments(int argc, char **argv, struct options *o)
{
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i], *value;
        if (strcmp(word, "--force") == 0) {
            o->force = true;
        } else if (strcmp(word, "--quiet") == 0 || strcmp(word, "-q") == 0) {
            o->quiet = true;
        } else if (strcmp(word, "--verbose") == 0 || strcmp(word, "-v") == 0) {
            o->verbose = true;
        } else if ((value = value_of("-c", argc, argv, &i)) || (value = value_of("--config", argc, argv, &i))) {
            RFT_TRY(take_config(word, value, o));
        } else if ((value = value_of("--set", argc, argv, &i))) {
            if (!strchr(value, '='))
                return usage_error("give SECTION.KEY=VALUE", *value ? value : word);
            o->sets[o->n_sets++] = value;
        } else {
            RFT_TRY(take_command(word, o));
        }
    }
    if (o->quiet && o->verbose)
        return usage_error("cannot be given with --verbose", "--quiet");
    bool needs_config = o->command <= COMMAND_TRACE;
    if (needs_config && !o->config_path)
        return usage_error("no configuration given (-c FILE)", o->command_word ? o->command_word : "rftgen");
    return RFT_OK;
}

static enum rft_status print(const char *text)
{
    if (fputs(text, stdout) >= 0 && fflush(stdout) == 0)
        return RFT_OK;
    rft_log_error("cannot write to the standard output");
    return RFT_ERR_IO;
}

static enum rft_status print_help(enum rft_config_help help)
{
    struct rft_str text = { 0 };
    enum rft_status status = rft_config_help(help, &text);
    if (status == RFT_OK)
        status = print(text.data);
    rft_str_finish(&text);
    return status;
}

static enum rft_status run_configured(const struct options *o)
{
    struct rft_config config;
    enum rft_status status;
    RFT_TRY(rft_config_load(o->config_path, o->sets, o->n_sets, &config));
    if (o->command == COMMAND_PLAN)
        status = rft_run_plan(&config);
    else if (o->command == COMMAND_DUMP)
        status = rft_run_dump_program(&config);
    else if (o->command == COMMAND_TRACE)
        status = rft_run_trace(&config);
    else
        status = rft_run(&config, o->force, o->quiet);
    rft_config_finish(&config);
    return status;
}

static enum rft_status run(const struct options *o)
{
    switch (o->command) {
    case COMMAND_HELP:
        return print(usage);
    case COMMAND_HELP_CONFIG:
        return print_help(o->help);
    case COMMAND_VERSION:
        return print("rftgen " RFT_VERSION "\n");
    case COMMAND_DEVICES:
        return rft_run_devices();
    case COMMAND_RUN:
    case COMMAND_PLAN:
    case COMMAND_DUMP:
    case COMMAND_TRACE:
        break;
    }
    return run_configured(o);
}

int main(int argc, char **argv)
{
    struct options options = { 0 };
    enum rft_status status = rft_os_open_standard_streams();
    if (status != RFT_OK)
        return rft_status_exit_code(status); /* and nowhere to say it */
    rft_alloc_hook_json();
    rft_os_catch_interrupts();
    options.sets = rft_alloc((size_t)argc, sizeof *options.sets);
    status = options.sets ? parse_arguments(argc, argv, &options) : RFT_ERR_HOST_MEMORY;
    if (options.quiet)
        rft_log_set_level(RFT_LOG_WARN);
    else if (options.verbose)
        rft_log_set_level(RFT_LOG_DEBUG);
    if (status == RFT_OK)
        status = run(&options);
    rft_free(options.sets);
    return rft_status_exit_code(status);
}
