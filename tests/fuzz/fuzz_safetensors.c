/* SPDX-License-Identifier: MIT */
/* A safetensors file: whatever is listed lies inside it. */
#include "alloc.h"
#include "file.h"
#include "fuzz.h"
#include "json.h"
#include "safetensors.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t n_live = rft_alloc_n_live();
    rft_log_set_sink(drop_line, NULL);
    rft_alloc_hook_json();
    struct rft_map map = {.data = data, .bytes = size, .path = (char[]){"input"}};
    struct rft_tensor_list list = {0};
    if (rft_safetensors_list(&map, &list) == RFT_OK)
        for (size_t i = 0; i < list.n; i++)
            require(list.items[i].data >= data && list.items[i].bytes <= (uint64_t)(data + size - list.items[i].data));
    if (rft_tensor_list_sort(&list) == RFT_OK && list.n)
        require(rft_tensor_list_find(&list, list.items[0].name) == &list.items[0]);
    rft_tensor_list_finish(&list);
    require(rft_alloc_n_live() == n_live);
    return 0;
}
