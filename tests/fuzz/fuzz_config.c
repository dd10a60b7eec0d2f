/* SPDX-License-Identifier: MIT */
/* Any bytes as an INI file; a text that is taken prints a configuration that reads back as itself through --set. */
#include "alloc.h"
#include "config.h"
#include "config_keys.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static void read_back(const struct rft_config *config)
{
    struct rft_config again = {0};
    struct rft_str a = {0}, b = {0};
    for (size_t i = 0; i < rft_n_keys; i++) {
        struct rft_str value = {0};
        require(rft_key_print(&rft_keys[i], config, &value) == RFT_OK);
        require(rft_key_read(&rft_keys[i], "", NULL, value.data, &again) == RFT_OK);
        rft_str_finish(&value);
    }
    require(rft_config_dump(config, &a) == RFT_OK && rft_config_dump(&again, &b) == RFT_OK);
    require(strcmp(a.data, b.data) == 0);
    rft_str_finish(&a);
    rft_str_finish(&b);
    rft_config_finish(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const sets[] = {"model.path=/m", "data.questions=/q", "prompt.template=/t", "output.path=/o"};
    struct rft_config config;
    rft_alloc_hook_json();
    rft_log_set_sink(drop_line, NULL);
    uint64_t live = rft_alloc_n_live();
    if (rft_config_parse("a.ini", (struct rft_bytes){(const char *)data, size}, sets, 4, RFT_USE_TO_DRAW, &config) ==
        RFT_OK)
        read_back(&config);
    rft_config_finish(&config);
    require(rft_alloc_n_live() == live);
    return 0;
}
