/* SPDX-License-Identifier: MIT */
/* A first look at what model.path names: what is no checkpoint that rftgen reads is told by what it is, before a reader
 * stumbles over a symptom of it. */
#ifndef RFT_CHECKPOINT_LOOK_H
#define RFT_CHECKPOINT_LOOK_H

#include "status.h"

#include <stdbool.h>

/* Looks at names, and at the first bytes of files. RFT_OK: nothing speaks against it; *is_directory says which
 * container it is. Else one line says what was found and what to do: a name of the hub, an adapter, Git LFS pointers,
 * weights or tokenizers in another format, a directory around the checkpoint, a file inside it. */
enum rft_status rft_checkpoint_look(const char *path, bool *is_directory);

/* Whether a Git LFS pointer or a web page stands in the place of one of a directory's files: then it is named, and
 * refused. */
enum rft_status rft_checkpoint_look_at_files(const char *path);

/* The same for the tokenizer of a directory. */
enum rft_status rft_checkpoint_look_for_tokenizer(const char *path);

#endif
