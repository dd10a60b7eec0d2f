/* SPDX-License-Identifier: MIT */
#include "command.h"

#include "alloc.h"
#include "edit_distance.h"
#include "file.h"
#include "log.h"
#include "str.h"

#include <stdint.h>
#include <string.h>

static enum rft_status usage_error(const char *what, const char *word)
{
    rft_log_error("%s: %s; see rftgen --help", word, what);
    return RFT_ERR_USAGE;
}

/* Whether `candidate` is nearer to the word than the best so far, and near enough to be meant. */
static bool is_nearer(const char *word, const char *candidate, size_t *distance)
{
    size_t d, n = strlen(word);
    if (candidate == NULL || strlen(candidate) < 3 || n < 3)
        return false;
    d = rft_edit_distance(word, candidate);
    if (d > (n < 6 ? 1 : 2) || d >= *distance)
        return false;
    *distance = d;
    return true;
}

/* The command or option that a word is nearest to; NULL if it is near none. */
static const char *nearest(const char *word)
{
    const char *best = NULL;
    size_t distance = SIZE_MAX;
    for (size_t i = 0; i < rft_n_commands; i++) {
        if (is_nearer(word, rft_commands[i].word, &distance))
            best = rft_commands[i].word;
        if (is_nearer(word, rft_commands[i].option, &distance))
            best = rft_commands[i].option;
    }
    for (size_t i = 0; i < rft_n_command_options; i++)
        if (is_nearer(word, rft_command_options[i].name, &distance))
            best = rft_command_options[i].name;
    return best;
}

static bool is_ini(const char *word)
{
    size_t n = strlen(word);
    return n > 4 && word[0] != '-' && strcmp(word + n - 4, ".ini") == 0;
}

static enum rft_status take_config(const char *option, const char *path, struct rft_command_line *line)
{
    if (*path == '\0' || path[0] == '-' || line->config_path != NULL)
        return usage_error("give one FILE", option);
    line->config_path = path;
    return RFT_OK;
}

/* Whether `word` is `name`, or `name` with a form behind "="; *form is then what stands there, else NULL. */
static bool is_word(const char *word, const char *name, const char **form)
{
    size_t n = name != NULL ? strlen(name) : 0;
    if (n == 0 || strncmp(word, name, n) != 0 || (word[n] != '\0' && word[n] != '='))
        return false;
    *form = word[n] == '=' ? word + n + 1 : NULL;
    return true;
}

static enum rft_status take_form(const char *word, const char *form, struct rft_command_line *line)
{
    struct rft_str all = {0};
    const char *const *forms = line->command->forms;
    enum rft_status status = RFT_OK;
    line->form = 0;
    if (form == NULL)
        return RFT_OK;
    for (; forms != NULL && forms[line->form] != NULL; line->form++)
        if (strcmp(forms[line->form], form) == 0)
            return RFT_OK;
    for (size_t i = 0; forms != NULL && forms[i] != NULL && status == RFT_OK; i++)
        status = rft_str_printf(&all, "%s%s", i != 0 ? ", " : "", forms[i]);
    if (status == RFT_OK)
        rft_log_error("%s: %s%s; see rftgen --help", word, all.len != 0 ? "behind = may stand " : "it takes no value",
                      all.len != 0 ? all.data : "");
    rft_str_finish(&all);
    return RFT_ERR_USAGE;
}

static enum rft_status unknown_word(const char *word)
{
    const char *best = nearest(word);
    if (best != NULL) {
        rft_log_error("%s: unknown %s; did you mean %s?", word, word[0] == '-' ? "option" : "command", best);
        return RFT_ERR_USAGE;
    }
    if (word[0] == '-')
        return usage_error("unknown option", word);
    if (strchr(word, '=') != NULL && strchr(word, '.') != NULL)
        return usage_error("a key is given with --set", word);
    return usage_error(rft_file_exists(word) ? "unknown command; a configuration is given with -c" : "unknown command",
                       word);
}

static enum rft_status take_command(const char *word, struct rft_command_line *line)
{
    if (line->command != NULL && line->command->operand != NULL && line->operand == NULL && word[0] != '-') {
        line->operand = word; /* be it a command's word, too */
        return RFT_OK;
    }
    for (size_t i = 0; i < rft_n_commands; i++) {
        const struct rft_command *command = &rft_commands[i];
        bool is_help = command->run == rft_command_help;
        const char *form;
        if (!is_word(word, command->word, &form) && !is_word(word, command->option, &form) &&
            !(is_help && is_word(word, "-h", &form)))
            continue;
        if (line->command != NULL && line->command->run == rft_command_help)
            return RFT_OK; /* "help plan", "plan --help": there is one help for all */
        if (line->command != NULL && !is_help)
            return usage_error("only one command can be given", word);
        line->command = command;
        return take_form(word, form, line);
    }
    return is_ini(word) ? take_config(word, word, line) : unknown_word(word);
}

/* The value of the option at argv[*i], as the next word or behind "="; NULL if argv[*i] is something else. An option at
 * the end of the line gives "", which no option allows. */
static const char *value_of(const struct rft_command_option *option, int argc, char **argv, int *i)
{
    size_t n = strlen(option->name);
    bool is_letter = option->letter != NULL && strcmp(argv[*i], option->letter) == 0;
    if (!is_letter && strncmp(argv[*i], option->name, n) == 0 && argv[*i][n] == '=')
        return argv[*i] + n + 1;
    if (!is_letter && strcmp(argv[*i], option->name) != 0)
        return NULL;
    return *i + 1 < argc ? argv[++*i] : "";
}

static enum rft_status take_flag(const struct rft_command_option *option, struct rft_command_line *line)
{
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {{"--force", &line->force},
                 {"--quiet", &line->quiet},
                 {"--verbose", &line->verbose},
                 {"--tokens", &line->tokens},
                 {"--raw", &line->raw}};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (strcmp(option->name, flags[i].name) == 0)
            *flags[i].flag = true;
    return RFT_OK;
}

/* word: as it was written. */
static enum rft_status take_value(const struct rft_command_option *option, const char *word, const char *value,
                                  struct rft_command_line *line)
{
    uint64_t number;
    if (strcmp(option->name, "--config") == 0)
        return take_config(word, value, line);
    if (strcmp(option->name, "--question") == 0) {
        if (!rft_parse_u64(value, &number))
            return usage_error("give the question's number, from 0", word);
        line->question = value;
        return RFT_OK;
    }
    if (strcmp(option->name, "--in") == 0) {
        if (*value == '\0' || line->in != NULL)
            return usage_error("give one file", word);
        line->in = value;
        return RFT_OK;
    }
    if (strcmp(option->name, "--rows") == 0 || strcmp(option->name, "--fraction") == 0) {
        *(option->name[2] == 'r' ? &line->rows : &line->fraction) = value; /* which whoever takes it reads */
        return RFT_OK;
    }
    if (strchr(value, '=') == NULL)
        return usage_error("give SECTION.KEY=VALUE", *value != '\0' ? value : word);
    line->sets[line->n_sets++] = value;
    return RFT_OK;
}

/* What the options of rft_command_options do, by name. *is_taken is false if argv[*i] is no option. */
static enum rft_status take_option(int argc, char **argv, int *i, struct rft_command_line *line, bool *is_taken)
{
    const char *word = argv[*i];
    *is_taken = true;
    for (size_t k = 0; k < rft_n_command_options; k++) {
        const struct rft_command_option *option = &rft_command_options[k];
        const char *value = option->value != NULL ? value_of(option, argc, argv, i) : NULL;
        bool is_flag = option->value == NULL && (strcmp(word, option->name) == 0 ||
                                                 (option->letter != NULL && strcmp(word, option->letter) == 0));
        if (value == NULL && !is_flag)
            continue;
        if (option->commands != NULL)
            line->restricted = option;
        return is_flag ? take_flag(option, line) : take_value(option, word, value, line);
    }
    *is_taken = false;
    return RFT_OK;
}

static bool takes(const struct rft_command *command, const struct rft_command_option *option)
{
    const size_t n = strlen(command->word);
    bool found = false;
    for (const char *at = option->commands; *at != '\0' && !found; at += strspn(at, " ")) {
        const size_t n_word = strcspn(at, " ");
        found = n_word == n && memcmp(at, command->word, n) == 0;
        at += n_word;
    }
    return found;
}

enum rft_status rft_command_line_read(int argc, char **argv, struct rft_command_line *line)
{
    bool is_taken;
    *line = (struct rft_command_line){.sets = rft_alloc((size_t)argc, sizeof *line->sets)};
    if (line->sets == NULL)
        return RFT_ERR_HOST_MEMORY;
    for (int i = 1; i < argc; i++) {
        RFT_TRY(take_option(argc, argv, &i, line, &is_taken));
        if (!is_taken)
            RFT_TRY(take_command(argv[i], line));
    }
    if (line->quiet && line->verbose)
        return usage_error("cannot be given with --verbose", "--quiet");
    if (line->command == NULL && line->config_path == NULL)
        return usage_error("no configuration given (-c FILE)", "rftgen");
    if (line->command == NULL)
        line->command = &rft_commands[0];
    if (line->restricted != NULL && !takes(line->command, line->restricted))
        return usage_error("is an option of another command", line->restricted->name);
    if (line->tokens && line->raw)
        return usage_error("cannot be given with --raw", "--tokens");
    if (line->command->operand != NULL && line->operand == NULL && line->config_path == NULL)
        return usage_error("give what stands behind it, or a configuration (-c FILE)", line->command->word);
    if (line->command->run == rft_command_verify && line->in == NULL)
        return usage_error("give the completions that are to be judged (--in ROWS)", line->command->word);
    if (line->command->run == rft_command_replay && line->in == NULL)
        return usage_error("give the records that are to be drawn again (--in RECORDS)", line->command->word);
    if (line->command->config != RFT_CONFIG_NONE && line->config_path == NULL)
        return usage_error("no configuration given (-c FILE)", line->command->word);
    return RFT_OK;
}

void rft_command_line_finish(struct rft_command_line *line)
{
    rft_free(line->sets);
    *line = (struct rft_command_line){0};
}
