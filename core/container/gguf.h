/* SPDX-License-Identifier: MIT */
/* GGUF version 3: header, metadata, tensor table (github.com/ggml-org/ggml, docs/gguf.md). */
#ifndef RFT_GGUF_H
#define RFT_GGUF_H

#include "file.h"
#include "status.h"

struct rft_gguf;

/* Parses a mapped file, which must outlive the result; *gguf is the caller's, who destroys it. Every length is checked
 * against the file. */
enum rft_status rft_gguf_parse(const struct rft_map *map, struct rft_gguf **gguf);
/* NULL is accepted. */
void rft_gguf_destroy(struct rft_gguf *gguf);

#endif
