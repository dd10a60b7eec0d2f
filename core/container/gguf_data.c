/* SPDX-License-Identifier: MIT */
#include "gguf_data.h"

#define TYPE_BYTES(name, bytes) bytes,
const uint8_t rft_gguf_type_bytes[RFT_GGUF_TYPE_COUNT] = {RFT_GGUF_TYPE_LIST(TYPE_BYTES)};
#undef TYPE_BYTES
