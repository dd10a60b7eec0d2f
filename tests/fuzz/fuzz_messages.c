/* SPDX-License-Identifier: MIT */
/* Files of worked examples, and a generation_config.json: what is taken keeps its promises. The first byte chooses. */
#include "alloc.h"
#include "fuzz.h"
#include "generation.h"
#include "json.h"
#include "messages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void try_messages(struct rft_bytes text)
{
    static char path[64];
    json_t *messages;
    snprintf(path, sizeof path, "/tmp/rftgen-fuzz-messages-%d.json", (int)getpid());
    FILE *file = fopen(path, "wb");
    require(file != NULL && fwrite(text.data, 1, text.len, file) == text.len && fclose(file) == 0);
    if (rft_messages_read((struct rft_bytes){"S", 1}, path, &messages) == RFT_OK) {
        require(json_array_size(messages) > 1);
        for (size_t i = 0; i < json_array_size(messages); i++) {
            const json_t *message = json_array_get(messages, i);
            require(json_is_string(json_object_get(message, "role")));
            require(json_is_string(json_object_get(message, "content")));
            require((i == 0) == (strcmp(json_string_value(json_object_get(message, "role")), "system") == 0));
        }
        json_decref(messages);
    }
    remove(path);
}

static void try_generation(struct rft_bytes text)
{
    struct rft_generation generation = {0};
    if (rft_generation_parse("input", text, &generation) == RFT_OK && generation.has[RFT_GENERATION_TOP_P])
        require(generation.values[RFT_GENERATION_TOP_P] > 0 && generation.values[RFT_GENERATION_TOP_P] <= 1);
    rft_generation_close(&generation);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t n_live = rft_alloc_n_live();
    rft_log_set_sink(drop_line, NULL);
    rft_alloc_hook_json();
    if (size == 0)
        return 0;
    const struct rft_bytes text = {(const char *)data + 1, size - 1};
    if (data[0] % 2 == 0)
        try_messages(text);
    else
        try_generation(text);
    require(rft_alloc_n_live() == n_live);
    return 0;
}
