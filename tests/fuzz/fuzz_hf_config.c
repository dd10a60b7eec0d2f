/* SPDX-License-Identifier: MIT */
/* config.json and generation_config.json: what is accepted keeps the promises of the model's description. A byte in
 * front that no JSON begins with stands for a model_type, so that every architecture is reached by its keys alone. */
#include "alloc.h"
#include "arch.h"
#include "description.h"
#include "fuzz.h"
#include "hf_config.h"
#include "json.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

static void parse(struct rft_bytes text)
{
    static const char *const ignored[] = {"ignored"};
    const struct rft_model_options options = {.ignore_keys = ignored, .n_ignore_keys = 1};
    struct rft_model_config c;
    const struct rft_arch *arch;
    if (rft_hf_config_parse("input", text, &options, &c, &arch) != RFT_OK) {
        require(c.n_layers == 0 && c.dim == 0 && c.vocab_size == 0);
        return;
    }
    require_sound(&c);
    require(rft_arch_of_type(arch->model_type, strlen(arch->model_type)) == arch);
    require((c.parts & arch->parts) == arch->parts);
}

/* The rest of an object behind its model_type. */
static void parse_as(const struct rft_arch *arch, struct rft_bytes rest)
{
    struct rft_str text = {0};
    require(rft_str_printf(&text, "{\"model_type\":\"%s\"", arch->model_type) == RFT_OK);
    require(rft_str_append(&text, rest.data, rest.len) == RFT_OK);
    parse((struct rft_bytes){text.data, text.len});
    rft_str_finish(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t n_live = rft_alloc_n_live();
    rft_log_set_sink(drop_line, NULL);
    rft_alloc_hook_json();
    struct rft_bytes text = {(const char *)data, size};
    uint32_t *ids;
    size_t n;
    if (size != 0 && data[0] >= 0x80 && data[0] - 0x80u < rft_n_archs)
        parse_as(&rft_archs[data[0] - 0x80u], (struct rft_bytes){text.data + 1, size - 1});
    else
        parse(text);
    if (rft_hf_eos_parse("input", text, 100, &ids, &n) == RFT_OK)
        for (size_t i = 0; i < n; i++)
            require(ids[i] < 100);
    rft_free(ids);
    require(rft_alloc_n_live() == n_live);
    return 0;
}
