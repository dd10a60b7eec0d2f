/* SPDX-License-Identifier: MIT */
/* The help and the manual page, from the tables of commands, options, keys and exit codes. */
#include "command.h"

#include "os.h"
#include "str.h"

#include <stdio.h>
#include <string.h>

#define ABOUT "samples answers from a model, keeps the right ones and writes a dataset"

/* "-c, --config FILE" */
static enum rft_status append_option(const struct rft_command_option *option, struct rft_str *out)
{
    return rft_str_printf(out, "%s%s%s%s%s", option->letter != NULL ? option->letter : "",
                          option->letter != NULL ? ", " : "", option->name, option->value != NULL ? " " : "",
                          option->value != NULL ? option->value : "");
}

/* "help-config[=text|markdown|ini]" */
static enum rft_status append_command(const struct rft_command *command, struct rft_str *out)
{
    RFT_TRY(rft_str_append_z(out, command->word));
    for (size_t i = 0; command->forms != NULL && command->forms[i] != NULL; i++)
        RFT_TRY(rft_str_printf(out, "%s%s", i == 0 ? "[=" : "|", command->forms[i]));
    return rft_str_append_z(out, command->forms != NULL ? "]" : "");
}

/* One screen of a terminal. */
static enum rft_status help_text(struct rft_str *out)
{
    RFT_TRY(rft_str_append_z(out, "rftgen " ABOUT "\n"
                                  "Usage: rftgen [COMMAND] -c FILE [OPTION]...\n"));
    for (size_t i = 0; i < rft_n_commands; i++)
        RFT_TRY(rft_str_printf(out, "  %-13s %s\n", rft_commands[i].word, rft_commands[i].help));
    RFT_TRY(rft_str_append_z(out, "\n"));
    for (size_t i = 0; i < rft_n_command_options; i++) {
        struct rft_str option = {0};
        if (rft_command_options[i].commands != NULL) /* the command's line names it; the manual explains it */
            continue;
        enum rft_status status = append_option(&rft_command_options[i], &option);
        if (status == RFT_OK)
            status = rft_str_printf(out, "  %-18s %s\n", option.data, rft_command_options[i].help);
        rft_str_finish(&option);
        RFT_TRY(status);
    }
    for (size_t i = 0; rft_command_examples[i] != NULL; i++)
        RFT_TRY(rft_str_printf(out, "  %s\n", rft_command_examples[i]));
    return RFT_OK;
}

/* Text of the manual page: what troff would take for its own is escaped. */
static enum rft_status append_roff(const char *text, struct rft_str *out)
{
    bool begins_line = true;
    for (; *text != '\0'; text++) {
        if (begins_line && (*text == '.' || *text == '\''))
            RFT_TRY(rft_str_append_z(out, "\\&"));
        if (*text == '\\')
            RFT_TRY(rft_str_append_z(out, "\\e"));
        else if (*text == '-')
            RFT_TRY(rft_str_append_z(out, "\\-"));
        else
            RFT_TRY(rft_str_append(out, text, 1));
        begins_line = *text == '\n';
    }
    return RFT_OK;
}

/* A paragraph with a heading in bold. */
static enum rft_status append_item(const char *heading, const char *text, struct rft_str *out)
{
    RFT_TRY(rft_str_append_z(out, ".TP\n\\fB"));
    RFT_TRY(append_roff(heading, out));
    RFT_TRY(rft_str_append_z(out, "\\fR\n"));
    RFT_TRY(append_roff(text, out));
    return rft_str_append_z(out, "\n");
}

static enum rft_status man_tables(struct rft_str *out)
{
    enum rft_status status = RFT_OK;
    RFT_TRY(rft_str_append_z(out, ".SH COMMANDS\n"));
    for (size_t i = 0; i < rft_n_commands && status == RFT_OK; i++) {
        struct rft_str heading = {0};
        status = append_command(&rft_commands[i], &heading);
        if (status == RFT_OK)
            status = append_item(heading.data, rft_commands[i].help, out);
        rft_str_finish(&heading);
    }
    RFT_TRY(status);
    RFT_TRY(rft_str_append_z(out, ".SH OPTIONS\n"));
    for (size_t i = 0; i < rft_n_command_options && status == RFT_OK; i++) {
        struct rft_str heading = {0};
        status = append_option(&rft_command_options[i], &heading);
        if (status == RFT_OK)
            status = append_item(heading.data, rft_command_options[i].help, out);
        rft_str_finish(&heading);
    }
    return status;
}

static enum rft_status man_keys(struct rft_str *out)
{
    struct rft_config_key_text key;
    RFT_TRY(rft_str_append_z(out,
                             ".SH CONFIGURATION\nAn INI file. Every key can be set with \\fB\\-\\-set\\fR as well.\n"));
    for (size_t i = 0; rft_config_key_at(i, &key); i++) {
        struct rft_str heading = {0};
        enum rft_status status = key.fallback == NULL ? rft_str_printf(&heading, "%s (required)", key.name)
                                                      : rft_str_printf(&heading, "%s = %s", key.name, key.fallback);
        if (status == RFT_OK)
            status = append_item(heading.data, key.help, out);
        rft_str_finish(&heading);
        RFT_TRY(status);
    }
    return RFT_OK;
}

static enum rft_status man_exit_status(struct rft_str *out)
{
    RFT_TRY(rft_str_append_z(out, ".SH EXIT STATUS\n"));
    for (int i = 0; i < RFT_STATUS_COUNT; i++) {
        char code[16];
        snprintf(code, sizeof code, "%d", rft_status_exit_code((enum rft_status)i));
        RFT_TRY(append_item(code, rft_status_text((enum rft_status)i), out));
    }
    return RFT_OK;
}

static enum rft_status help_man(struct rft_str *out)
{
    RFT_TRY(rft_str_append_z(
        out, ".TH RFTGEN 1 \"\" \"rftgen " RFT_VERSION "\" \"User Commands\"\n"
             ".SH NAME\nrftgen \\- datasets for rejection\\-sampling fine\\-tuning\n"
             ".SH SYNOPSIS\n\\fBrftgen\\fR [\\fICOMMAND\\fR] \\fB\\-c\\fR \\fIFILE\\fR [\\fIOPTION\\fR]...\n"
             ".SH DESCRIPTION\n\\fBrftgen\\fR " ABOUT ". The same command goes on after an interruption. The same "
             "configuration and seed give the same bytes on every device.\n"));
    RFT_TRY(man_tables(out));
    RFT_TRY(man_keys(out));
    RFT_TRY(man_exit_status(out));
    RFT_TRY(rft_str_append_z(
        out, ".SH FILES\n.TP\n\\fIoutput.path\\fB.journal\\fR\n"
             "Finished samples while a run lasts, and after an interruption. Removed when the dataset is written.\n"
             ".SH EXAMPLES\n.nf\n"));
    for (size_t i = 0; rft_command_examples[i] != NULL; i++) {
        RFT_TRY(append_roff(rft_command_examples[i], out));
        RFT_TRY(rft_str_append_z(out, "\n"));
    }
    return rft_str_append_z(out, ".fi\n");
}

static enum rft_status print(enum rft_status status, struct rft_str *text)
{
    if (status == RFT_OK)
        fwrite(text->data, 1, text->len, stdout);
    rft_str_finish(text);
    return status == RFT_OK ? rft_os_flush_stdout() : status;
}

enum rft_status rft_command_help(const struct rft_command_line *line, const struct rft_config *config)
{
    struct rft_str text = {0};
    (void)config;
    return print(line->form == 0 ? help_text(&text) : help_man(&text), &text);
}

enum rft_status rft_command_help_config(const struct rft_command_line *line, const struct rft_config *config)
{
    struct rft_str text = {0};
    (void)config;
    return print(rft_config_help((enum rft_config_help)line->form, &text), &text);
}

enum rft_status rft_command_version(const struct rft_command_line *line, const struct rft_config *config)
{
    (void)line;
    (void)config;
    printf("rftgen %s\n", RFT_VERSION);
    return rft_os_flush_stdout();
}
