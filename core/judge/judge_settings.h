/* SPDX-License-Identifier: MIT */
/* The command of a judge: found, and known by its content. */
#ifndef RFT_JUDGE_SETTINGS_H
#define RFT_JUDGE_SETTINGS_H

#include "judge_types.h"

/* The executable file that a command names: a path with a slash as it is, a name by PATH, as execvp(3) finds it.
 * RFT_ERR_CONFIG, naming verify.command, if there is none. Freed by the caller. */
enum rft_status rft_judge_find_command(const char *command, char **path);

/* What verdicts depend on, as a hash: the file's content, the arguments, the content of those that name regular files,
 * the limits, and options->settings_hash. */
enum rft_status rft_judge_settings_hash(const struct rft_judge_options *options, const char *path, uint64_t *hash);

#endif
