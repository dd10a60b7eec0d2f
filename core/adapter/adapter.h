/* SPDX-License-Identifier: MIT */
/* LoRA adapters in the layout of PEFT (adapter_config.json, adapter_model.safetensors), merged into a checkpoint. */
#ifndef RFT_ADAPTER_H
#define RFT_ADAPTER_H

#include "checkpoint.h"
#include "status.h"

#include <stddef.h>
#include <stdint.h>

/* Opens an adapter's directory and puts it upon an open checkpoint, whichever its container: from here on the tensors'
 * rows are the merged ones (docs/arithmetic.md, "Adapters"), and the checkpoint's hash covers the adapter. Adapters add
 * up in the order of the calls. scale multiplies the adapter's own. A tied model whose embedding or head alone is
 * adapted is untied. One line of the log says what was merged. Errors name file and key or tensor; after one the
 * checkpoint is only good to be closed. */
enum rft_status rft_adapter_open(struct rft_checkpoint *checkpoint, const char *path, double scale);

/* Bytes of the heap that the checkpoint's adapters take. */
uint64_t rft_adapter_heap_bytes(const struct rft_checkpoint *checkpoint);

#endif
