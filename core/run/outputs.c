/* SPDX-License-Identifier: MIT */
#include "outputs.h"

#include "alloc.h"
#include "log.h"
#include "os.h"

#include <dirent.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define JOURNAL_SUFFIX ".journal"
#define VERDICTS_SUFFIX ".verdicts"

static const struct {
    const char *key;
    size_t path; /* in struct rft_config */
    bool may_stream;
} roles[RFT_OUTPUT_COUNT] = {
    [RFT_OUTPUT_ROWS] = {"output.path", offsetof(struct rft_config, output_path), true},
    [RFT_OUTPUT_RECORDS] = {"output.records", offsetof(struct rft_config, output_records), true},
    [RFT_OUTPUT_UNSOLVED] = {"output.unsolved", offsetof(struct rft_config, output_unsolved), true},
    [RFT_OUTPUT_SUMMARY] = {"output.summary", offsetof(struct rft_config, output_summary), false},
    [RFT_OUTPUT_CARD] = {"output.card", offsetof(struct rft_config, output_card), false},
};

static enum rft_status refuse(const struct rft_target *target, const char *key, const char *path, const char *what)
{
    rft_log_error("%s and %s name the same file, %s (%s); give each its own", target->key, key, path, what);
    return RFT_ERR_CONFIG;
}

/* Whether a directory lies in another one, or is it. */
static enum rft_status find_inside(const char *dir, const struct rft_file_id *outer, bool *found)
{
    struct rft_str at = {0};
    struct rft_file_id id = rft_file_id_of(dir, true), below = {0};
    enum rft_status status = rft_str_append_z(&at, dir);
    *found = rft_file_id_is_same(&id, outer);
    while (status == RFT_OK && !*found && id.exists && !rft_file_id_is_same(&id, &below)) {
        below = id;
        status = rft_str_append_z(&at, "/.."); /* of the root, itself */
        if (status == RFT_OK)
            id = rft_file_id_of(at.data, true);
        *found = rft_file_id_is_same(&id, outer);
    }
    rft_str_finish(&at);
    return status;
}

/* Whether one of a directory's entries, links followed, is this very file. */
static bool holds(const char *path, const struct rft_file_id *id)
{
    DIR *dir = id->exists ? opendir(path) : NULL;
    bool found = false;
    for (const struct dirent *entry; dir != NULL && !found && (entry = readdir(dir)) != NULL;) {
        struct stat info;
        found = fstatat(dirfd(dir), entry->d_name, &info, 0) == 0 && S_ISREG(info.st_mode) && info.st_dev == id->dev &&
                info.st_ino == id->ino;
    }
    if (dir != NULL)
        closedir(dir);
    return found;
}

/* An output against one path that is read. */
static enum rft_status check_input(const struct rft_target *target, const struct rft_config_path *input)
{
    const struct rft_file_id id = rft_file_id_of(input->path, true);
    bool found = false;
    if (!id.exists || target->kind == RFT_TARGET_NONE)
        return RFT_OK; /* whoever reads it says so */
    if (rft_file_id_is_same(&id, &target->before))
        return refuse(target, input->key, input->path, "which is read");
    if (!S_ISDIR(id.mode))
        return RFT_OK;
    if (target->kind == RFT_TARGET_FILE)
        RFT_TRY(find_inside(target->dir, &id, &found));
    if (found || holds(input->path, &target->before)) {
        rft_log_error("%s = %s would be a file of the checkpoint %s (%s); give another path", target->key, target->path,
                      input->path, input->key);
        return RFT_ERR_CONFIG;
    }
    return RFT_OK;
}

static enum rft_status check_inputs(const struct rft_config *config, const struct rft_target *target)
{
    struct rft_config_path input;
    for (size_t i = 0; rft_config_input_at(config, i, &input); i++)
        if (*input.path != '\0')
            RFT_TRY(check_input(target, &input));
    return RFT_OK;
}

/* Messages go to a file when the shell says so, and that is no output's place. */
static enum rft_status check_messages(const struct rft_target *target)
{
    const struct rft_file_id messages = rft_file_id_of_fd(STDERR_FILENO), printed = rft_file_id_of_fd(STDOUT_FILENO);
    bool is_file = target->kind == RFT_TARGET_FILE;
    if (is_file && rft_file_id_is_same(&messages, &target->before))
        return refuse(target, "the standard error", target->path, "which the messages go to");
    if (is_file && rft_file_id_is_same(&printed, &target->before))
        return refuse(target, "the standard output", target->path, "give /dev/stdout to write through it");
    return RFT_OK;
}

/* The name `path` + suffix, which the run makes, against an output and against what is read. */
static enum rft_status check_made_name(const struct rft_config *config, const struct rft_outputs *outputs,
                                       const struct rft_target *owner, const char *suffix)
{
    struct rft_str path = {0};
    struct rft_config_path input;
    struct rft_file_id made;
    enum rft_status status = rft_str_printf(&path, "%s%s", owner->path, suffix);
    RFT_TRY(status);
    made = rft_file_id_of(path.data, false);
    for (size_t i = 0; i < RFT_OUTPUT_COUNT && status == RFT_OK; i++) {
        const struct rft_target *other = &outputs->files[i].target;
        bool is_named = other->kind == RFT_TARGET_FILE && rft_file_id_is_same(&other->dir_id, &owner->dir_id) &&
                        strcmp(other->name, path.data + (owner->name - owner->path)) == 0;
        if (!is_named && !rft_file_id_is_same(&made, &other->before))
            continue;
        rft_log_error("%s = %s would be a file that the run itself makes and removes, for %s; give another path",
                      other->key, other->path, owner->key);
        status = RFT_ERR_CONFIG;
    }
    for (size_t i = 0; status == RFT_OK && rft_config_input_at(config, i, &input); i++) {
        const struct rft_file_id id = rft_file_id_of(input.path, true);
        if (rft_file_id_is_same(&id, &made))
            status = refuse(owner, input.key, path.data, "which the run itself makes and removes");
    }
    rft_str_finish(&path);
    return status;
}

static enum rft_status check_one(const struct rft_config *config, const struct rft_outputs *outputs, size_t index)
{
    const struct rft_target *target = &outputs->files[index].target;
    RFT_TRY(check_inputs(config, target));
    RFT_TRY(check_messages(target));
    for (size_t i = index + 1; i < RFT_OUTPUT_COUNT; i++) {
        const struct rft_target *other = &outputs->files[i].target;
        if (rft_target_is_same(target, other))
            return refuse(target, other->key, target->path, "two outputs");
    }
    if (target->kind != RFT_TARGET_FILE)
        return RFT_OK;
    RFT_TRY(check_made_name(config, outputs, target, RFT_OUT_LOCK_SUFFIX));
    if (index != RFT_OUTPUT_ROWS)
        return RFT_OK;
    RFT_TRY(check_made_name(config, outputs, target, VERDICTS_SUFFIX));
    return check_made_name(config, outputs, target, JOURNAL_SUFFIX);
}

/* A card names the files beside it: without the dataset it would say nothing. */
static enum rft_status check_card(const struct rft_outputs *outputs)
{
    const struct rft_target *card = &outputs->files[RFT_OUTPUT_CARD].target;
    const struct rft_target *rows = &outputs->files[RFT_OUTPUT_ROWS].target;
    if (card->kind == RFT_TARGET_NONE ||
        (rows->kind == RFT_TARGET_FILE && rft_file_id_is_same(&card->dir_id, &rows->dir_id)))
        return RFT_OK;
    rft_log_error("output.card = %s: a card stands in the directory of the dataset, and output.path = %s is %s; give "
                  "each a file in one directory, or no card",
                  card->path, rows->path != NULL ? rows->path : "/dev/null",
                  rows->kind == RFT_TARGET_FILE ? "in another one" : "no file");
    return RFT_ERR_CONFIG;
}

/* Says what is unusual about where the outputs go. */
static void log_streams(const struct rft_outputs *outputs)
{
    for (size_t i = 0; i < RFT_OUTPUT_COUNT; i++) {
        const struct rft_target *target = &outputs->files[i].target;
        if (target->kind == RFT_TARGET_STREAM)
            rft_log_info("%s = %s is written through at the end of the run%s", roles[i].key, target->path,
                         i == RFT_OUTPUT_ROWS ? "; there is no journal, and the run cannot be resumed" : "");
    }
    if (outputs->files[RFT_OUTPUT_ROWS].target.kind == RFT_TARGET_NONE)
        rft_log_info("%s = /dev/null: no dataset is written; there is no journal, and the run cannot be resumed",
                     roles[RFT_OUTPUT_ROWS].key);
}

static enum rft_status make_name(const struct rft_target *owner, const char *suffix, char **path)
{
    struct rft_str text = {0};
    enum rft_status status = rft_str_printf(&text, "%s%s", owner->path, suffix);
    *path = text.data;
    return status;
}

static enum rft_status open_all(const struct rft_config *config, struct rft_outputs *outputs)
{
    const struct rft_target *rows = &outputs->files[RFT_OUTPUT_ROWS].target;
    for (size_t i = 0; i < RFT_OUTPUT_COUNT; i++) {
        const char *path = *(char *const *)((const char *)config + roles[i].path);
        RFT_TRY(rft_out_open(roles[i].key, path, roles[i].may_stream, &outputs->files[i]));
    }
    for (size_t i = 0; i < RFT_OUTPUT_COUNT; i++)
        RFT_TRY(check_one(config, outputs, i));
    RFT_TRY(check_card(outputs));
    if (rows->kind == RFT_TARGET_FILE) {
        RFT_TRY(make_name(rows, JOURNAL_SUFFIX, &outputs->journal_path));
        RFT_TRY(make_name(rows, VERDICTS_SUFFIX, &outputs->verdicts_path));
    }
    log_streams(outputs);
    return RFT_OK;
}

enum rft_status rft_outputs_open(const struct rft_config *config, struct rft_outputs *outputs)
{
    enum rft_status status;
    *outputs = (struct rft_outputs){0};
    status = open_all(config, outputs);
    if (status != RFT_OK)
        rft_outputs_close(outputs, true);
    return status;
}

enum rft_status rft_outputs_claim(struct rft_outputs *outputs)
{
    for (size_t i = 0; i < RFT_OUTPUT_COUNT; i++)
        RFT_TRY(rft_out_claim(&outputs->files[i]));
    return RFT_OK;
}

enum rft_status rft_outputs_settle(struct rft_outputs *outputs, bool force, bool is_journal_complete)
{
    for (size_t i = 0; i < RFT_OUTPUT_COUNT; i++) {
        struct rft_out_file *out = &outputs->files[i];
        if (!is_journal_complete)
            rft_out_lock_forget_written(&out->lock); /* of a run that is over */
        bool is_ours = rft_out_lock_has_written(&out->lock, &out->target.before);
        if (out->target.kind != RFT_TARGET_FILE || !out->target.before.exists)
            continue;
        if (!force && !is_ours) {
            rft_log_error(
                "%s exists already; give --force to replace it (samples kept in a journal stay), or another path in %s",
                out->target.path, roles[i].key);
            return RFT_ERR_CONFIG;
        }
        out->may_replace = true;
    }
    return RFT_OK;
}

bool rft_outputs_has(const struct rft_outputs *outputs, enum rft_output_role role)
{
    return outputs->files[role].target.kind != RFT_TARGET_NONE;
}

struct rft_output_options rft_outputs_options(const struct rft_config *config, struct rft_outputs *outputs)
{
    return (struct rft_output_options){.rows = &outputs->files[RFT_OUTPUT_ROWS],
                                       .records = &outputs->files[RFT_OUTPUT_RECORDS],
                                       .unsolved = &outputs->files[RFT_OUTPUT_UNSOLVED],
                                       .format = config->output_format,
                                       .select = rft_config_select(config),
                                       .n_pairs = config->output_pairs,
                                       .pair_by = config->output_pair_by,
                                       .pairs_cut_off = config->output_pair_cut_off};
}

enum rft_status rft_outputs_check_unchanged(const struct rft_outputs *outputs)
{
    for (size_t i = 0; i < RFT_OUTPUT_COUNT; i++)
        RFT_TRY(rft_out_check_unchanged(&outputs->files[i]));
    return RFT_OK;
}

void rft_outputs_close(struct rft_outputs *outputs, bool is_done)
{
    for (size_t i = 0; i < RFT_OUTPUT_COUNT; i++)
        rft_out_close(&outputs->files[i], is_done);
    rft_free(outputs->journal_path);
    rft_free(outputs->verdicts_path);
    *outputs = (struct rft_outputs){0};
}
