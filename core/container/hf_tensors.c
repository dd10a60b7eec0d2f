/* SPDX-License-Identifier: MIT */
#include "hf_tensors.h"

#include "alloc.h"
#include "file.h"
#include "json.h"
#include "log.h"
#include "os.h"
#include "safetensors.h"

#include <string.h>

#define INDEX_BYTES_MAX (256u << 20)
#define INDEX_NAME "model.safetensors.index.json"

struct directory {
    const char *path;
    char *index_path;
    struct rft_map **maps;
    size_t *n_maps;
    size_t maps_cap;
    struct rft_tensor_list *list;
};

static enum rft_status map_file(struct directory *dir, const char *name, const struct rft_map **map)
{
    void *maps = *dir->maps;
    if (rft_grow(&maps, &dir->maps_cap, *dir->n_maps + 1, sizeof **dir->maps) != 0)
        return RFT_ERR_HOST_MEMORY;
    *dir->maps = maps;
    char *path = rft_path_join(dir->path, name);
    if (path == NULL)
        return RFT_ERR_HOST_MEMORY;
    enum rft_status status = rft_map_open(path, &(*dir->maps)[*dir->n_maps]);
    rft_free(path);
    if (status == RFT_OK)
        *map = &(*dir->maps)[(*dir->n_maps)++];
    return status;
}

static bool is_mapped(const struct directory *dir, const char *name)
{
    for (size_t i = 0; i < *dir->n_maps; i++) {
        const char *slash = strrchr((*dir->maps)[i].path, '/');
        if (strcmp(slash != NULL ? slash + 1 : (*dir->maps)[i].path, name) == 0)
            return true;
    }
    return false;
}

static enum rft_status bad_index(const struct directory *dir, const char *name, const char *problem)
{
    rft_log_error("%s: weight_map: %s %s", dir->index_path, name, problem);
    return RFT_ERR_INPUT;
}

/* Moves the tensors of a shard. Those that the index does not name are loaded by transformers, too; it says of none
 * that it lies elsewhere. */
static enum rft_status keep_tensors(struct directory *dir, const json_t *weight_map, const char *shard,
                                    const struct rft_tensor_list *found)
{
    for (size_t i = 0; i < found->n; i++) {
        const struct rft_listed_tensor *tensor = &found->items[i];
        const char *expected = json_string_value(json_object_get(weight_map, tensor->name));
        if (expected != NULL && strcmp(expected, shard) != 0)
            return bad_index(dir, tensor->name, "is not in the file it names, or not there alone");
        struct rft_listed_tensor *kept = rft_tensor_list_add(dir->list, tensor->name, strlen(tensor->name));
        if (kept == NULL)
            return RFT_ERR_HOST_MEMORY;
        char *name = kept->name;
        *kept = *tensor;
        kept->name = name;
    }
    return RFT_OK;
}

static enum rft_status list_shard(struct directory *dir, const json_t *weight_map, const char *shard)
{
    const struct rft_map *map;
    struct rft_tensor_list found = {0};
    RFT_TRY(map_file(dir, shard, &map));
    enum rft_status status = rft_safetensors_list(map, &found);
    if (status == RFT_OK)
        status = keep_tensors(dir, weight_map, shard, &found);
    rft_tensor_list_finish(&found);
    return status;
}

/* Counts files once, in the order in which the index first names them; *missing is the first that is not there. */
static enum rft_status count_shards(const struct directory *dir, json_t *weight_map, size_t *n, size_t *n_there,
                                    const char **missing)
{
    json_t *value, *seen = json_object();
    const char *name;
    enum rft_status status = seen != NULL ? RFT_OK : RFT_ERR_HOST_MEMORY;
    *n = *n_there = 0;
    *missing = NULL;
    json_object_foreach(weight_map, name, value)
    {
        const char *shard = json_string_value(value);
        char *path;
        if (status != RFT_OK || shard == NULL || strchr(shard, '/') != NULL || json_object_get(seen, shard) != NULL)
            continue;
        path = rft_path_join(dir->path, shard);
        if (path == NULL || json_object_set_new(seen, shard, json_true()) != 0)
            status = RFT_ERR_HOST_MEMORY;
        else if (rft_file_exists(path))
            ++*n_there;
        else if (*missing == NULL)
            *missing = shard;
        ++*n;
        rft_free(path);
    }
    json_decref(seen);
    return status;
}

static enum rft_status check_complete(const struct directory *dir, json_t *weight_map)
{
    size_t n, n_there;
    const char *missing;
    RFT_TRY(count_shards(dir, weight_map, &n, &n_there, &missing));
    if (missing == NULL)
        return RFT_OK;
    rft_log_error("%s/%s: is not there, but " INDEX_NAME " names it: %zu of %zu files are there; download the others",
                  dir->path, missing, n_there, n);
    return RFT_ERR_IO;
}

static enum rft_status list_shards(struct directory *dir, json_t *index)
{
    json_t *weight_map = json_object_get(index, "weight_map"), *value;
    const char *name;
    if (!json_is_object(weight_map))
        return bad_index(dir, "it", "must be an object of tensor names and file names");
    RFT_TRY(check_complete(dir, weight_map));
    json_object_foreach(weight_map, name, value)
    {
        const char *shard = json_string_value(value);
        if (shard == NULL || !*shard || strchr(shard, '/') != NULL)
            return bad_index(dir, name, "must name a file of the same directory");
        if (!is_mapped(dir, shard))
            RFT_TRY(list_shard(dir, weight_map, shard));
    }
    RFT_TRY(rft_tensor_list_sort(dir->list));
    json_object_foreach(weight_map, name, value) if (rft_tensor_list_find(dir->list, name) ==
                                                     NULL) return bad_index(dir, name, "is not in the file it names");
    return RFT_OK;
}

static enum rft_status list_by_index(struct directory *dir)
{
    struct rft_str text;
    json_t *index = NULL;
    if (!rft_file_exists(dir->index_path)) {
        rft_log_error("%s: holds neither model.safetensors nor " INDEX_NAME "; other formats of weights are not read",
                      dir->path);
        return RFT_ERR_INPUT;
    }
    RFT_TRY(rft_file_read(dir->index_path, INDEX_BYTES_MAX, &text));
    enum rft_status status =
        rft_json_load(dir->index_path, (struct rft_bytes){text.data, text.len}, JSON_REJECT_DUPLICATES, &index);
    if (status == RFT_OK)
        status = list_shards(dir, index);
    json_decref(index);
    rft_str_finish(&text);
    return status;
}

static enum rft_status list_one(struct directory *dir)
{
    const struct rft_map *map;
    RFT_TRY(map_file(dir, "model.safetensors", &map));
    RFT_TRY(rft_safetensors_list(map, dir->list));
    return rft_tensor_list_sort(dir->list);
}

enum rft_status rft_hf_list(const char *dir_path, struct rft_map **maps, size_t *n_maps, struct rft_tensor_list *list)
{
    struct directory dir = {.path = dir_path, .maps = maps, .n_maps = n_maps, .list = list};
    char *single = rft_path_join(dir_path, "model.safetensors");
    dir.index_path = rft_path_join(dir_path, INDEX_NAME);
    enum rft_status status = RFT_ERR_HOST_MEMORY;
    if (single != NULL && dir.index_path != NULL)
        status = rft_file_exists(single) ? list_one(&dir) : list_by_index(&dir);
    rft_free(single);
    rft_free(dir.index_path);
    return status;
}
