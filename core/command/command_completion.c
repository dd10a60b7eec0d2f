/* SPDX-License-Identifier: MIT */
/* Completions for shells, from the tables of commands, options and keys. */
#include "command.h"

#include "os.h"

#include <stdio.h>
#include <string.h>

/* All words of the command line, and "section.key=" of every key, each between `before` and `after`. */
static void print_words(const char *before, const char *after)
{
    for (size_t i = 0; i < rft_n_commands; i++)
        printf("%s%s%s", before, rft_commands[i].word, after);
    for (size_t i = 0; i < rft_n_command_options; i++)
        printf("%s%s%s", before, rft_command_options[i].name, after);
}

static void print_keys(const char *before, const char *after)
{
    struct rft_config_key_text key;
    for (size_t i = 0; rft_config_key_at(i, &key); i++)
        printf("%s%s=%s", before, key.name, after);
}

static void print_bash(void)
{
    printf("# completions of rftgen for bash\n"
           "_rftgen()\n"
           "{\n"
           "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
           "    COMPREPLY=()\n"
           "    case $before in\n"
           "    -c | --config) mapfile -t COMPREPLY < <(compgen -f -- \"$word\") ;;\n"
           "    --set)\n"
           "        compopt -o nospace\n"
           "        mapfile -t COMPREPLY < <(compgen -W \"");
    print_keys("", " ");
    printf("\" -- \"$word\")\n"
           "        ;;\n"
           "    *) mapfile -t COMPREPLY < <(compgen -W \"");
    print_words("", " ");
    printf("\" -- \"$word\"; compgen -f -X '!*.ini' -- \"$word\") ;;\n"
           "    esac\n"
           "}\n"
           "complete -o filenames -F _rftgen rftgen\n");
}

/* A text between single quotes; zsh and fish take no such sign in it, and no table has one. */
static void print_quoted(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text != '\'')
            putchar(*text);
}

static void print_zsh(void)
{
    printf("#compdef rftgen\n"
           "_rftgen() {\n"
           "    local -a commands keys\n"
           "    commands=(\n");
    for (size_t i = 0; i < rft_n_commands; i++) {
        printf("        '%s:", rft_commands[i].word);
        print_quoted(rft_commands[i].help);
        printf("'\n");
    }
    printf("    )\n    keys=(");
    print_keys(" ", "");
    printf(" )\n    _arguments");
    for (size_t i = 0; i < rft_n_command_options; i++) {
        const struct rft_command_option *option = &rft_command_options[i];
        bool is_file = option->value != NULL && strcmp(option->value, "FILE") == 0;
        printf(" \\\n        '%s%s[", option->value != NULL && !is_file ? "*" : "", option->name);
        print_quoted(option->help);
        printf("]%s'", option->value == NULL ? "" : is_file ? ":file:_files" : ":key:compadd -S \"\" -a keys");
    }
    printf(" \\\n        '1:command:_describe command commands' \\\n        '*:file:_files'\n}\n_rftgen \"$@\"\n");
}

static void print_fish(void)
{
    struct rft_config_key_text key;
    printf("# completions of rftgen for fish\n");
    for (size_t i = 0; i < rft_n_commands; i++) {
        printf("complete -c rftgen -n __fish_use_subcommand -f -a %s -d '", rft_commands[i].word);
        print_quoted(rft_commands[i].help);
        printf("'\n");
    }
    for (size_t i = 0; i < rft_n_command_options; i++) {
        const struct rft_command_option *option = &rft_command_options[i];
        printf("complete -c rftgen -l %s%s%s%s -d '", option->name + 2, option->letter != NULL ? " -s " : "",
               option->letter != NULL ? option->letter + 1 : "", option->value != NULL ? " -r" : "");
        print_quoted(option->help);
        printf("'\n");
    }
    printf("complete -c rftgen -l set -x -a '");
    for (size_t i = 0; rft_config_key_at(i, &key); i++)
        printf("%s%s=", i != 0 ? " " : "", key.name);
    printf("'\n");
}

enum rft_status rft_command_completion(const struct rft_command_line *line, const struct rft_config *config)
{
    static void (*const shells[])(void) = {print_bash, print_zsh, print_fish}; /* as the forms in commands.c */
    (void)config;
    shells[line->form]();
    return rft_os_flush_stdout();
}
