/* SPDX-License-Identifier: MIT */
/* A GGUF file: its metadata and tensors are read to the last, and lie inside it. */
#include "alloc.h"
#include "file.h"
#include "description.h"
#include "fuzz.h"
#include "gguf.h"
#include "gguf_config.h"
#include "gguf_tensors.h"
#include "gguf_values.h"

#include <stdlib.h>

static void read_all(const struct rft_gguf *gguf, const char *key)
{
    struct rft_bytes text = {0};
    uint64_t n = 0, sum = 0;
    rft_gguf_get_array(gguf, key, &n);
    if (n == 0 && rft_gguf_get_string(gguf, key, &text))
        for (size_t i = 0; i < text.len; i++)
            sum += (uint8_t)text.data[i];
    for (uint64_t i = 0; i < n; i++) {
        uint64_t number;
        double real;
        if (rft_gguf_array_string(gguf, key, i, &text))
            for (size_t k = 0; k < text.len; k++)
                sum += (uint8_t)text.data[k];
        else if (!rft_gguf_array_u64(gguf, key, i, &number) && !rft_gguf_array_double(gguf, key, i, &real))
            break; /* negative, a boolean, or a nested array */
    }
    require(sum < UINT64_MAX);
}

static void read_model(const struct rft_gguf *gguf, const struct rft_map *map, const struct rft_tensor_list *list)
{
    struct rft_model_config config = {0};
    const struct rft_arch *arch;
    uint32_t *ids;
    size_t n;
    for (size_t i = 0; i < list->n; i++)
        require(list->items[i].data >= map->data &&
                list->items[i].bytes <= (uint64_t)(map->data + map->bytes - list->items[i].data));
    if (rft_gguf_config(gguf, "input", list, NULL, &config, &arch) != RFT_OK)
        return;
    require_sound(&config);
    require(arch->gguf != NULL);
    if (rft_gguf_eos(gguf, "input", config.vocab_size, &ids, &n) == RFT_OK)
        require(n <= 2);
    rft_free(ids);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t n_live = rft_alloc_n_live();
    rft_log_set_sink(drop_line, NULL);
    struct rft_map map = {.data = data, .bytes = size, .path = (char[]){"input"}};
    struct rft_gguf *gguf;
    struct rft_tensor_list list = {0};
    if (rft_gguf_parse(&map, &gguf) == RFT_OK) {
        read_all(gguf, "tokenizer.ggml.tokens");
        read_all(gguf, "general.architecture");
        if (rft_gguf_list(gguf, &map, &list) == RFT_OK && rft_tensor_list_sort(&list) == RFT_OK)
            read_model(gguf, &map, &list);
        rft_tensor_list_finish(&list);
        rft_gguf_destroy(gguf);
    }
    require(rft_alloc_n_live() == n_live);
    return 0;
}
