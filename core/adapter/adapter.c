/* SPDX-License-Identifier: MIT */
#include "adapter.h"

#include "adapter_base.h"
#include "adapter_bind.h"
#include "adapter_config.h"
#include "adapter_tensors.h"
#include "alloc.h"
#include "checkpoint_look.h"
#include "log.h"
#include "os.h"

#include <inttypes.h>
#include <stdio.h>

/* The files of one adapter while it is opened. */
struct opening {
    const char *path; /* as given */
    char *config_path, *tensors_path;
    struct rft_adapter_config config;
    struct rft_adapter_tensors tensors;
};

static enum rft_status refuse(const char *path, const char *what)
{
    rft_log_error("%s: %s", path, what);
    return RFT_ERR_INPUT;
}

/* Whether `name` is in the directory. */
static enum rft_status has(const char *dir, const char *name, bool *is_there)
{
    char *path = rft_path_join(dir, name);
    *is_there = path != NULL && rft_file_exists(path);
    rft_free(path);
    return path != NULL ? RFT_OK : RFT_ERR_HOST_MEMORY;
}

/* What is no adapter is told by what it is. */
static enum rft_status look(const char *path)
{
    bool has_config, has_tensors, has_bin, has_model;
    if (!rft_file_exists(path)) {
        rft_log_error("%s: cannot open: no such file or directory", path);
        return RFT_ERR_IO;
    }
    if (!rft_file_is_directory(path))
        return refuse(path, "is a file; set model.adapter to the directory that PEFT saved (adapter_config.json, "
                            "adapter_model.safetensors)");
    RFT_TRY(rft_checkpoint_look_at_files(path));
    RFT_TRY(has(path, "adapter_config.json", &has_config));
    RFT_TRY(has(path, "adapter_model.safetensors", &has_tensors));
    RFT_TRY(has(path, "adapter_model.bin", &has_bin));
    RFT_TRY(has(path, "config.json", &has_model));
    if (!has_config)
        return refuse(path, has_model ? "is a whole model, not an adapter: set model.path to it"
                                      : "holds no adapter_config.json; an adapter is a directory as PEFT saves it "
                                        "(save_pretrained)");
    if (has_tensors)
        return RFT_OK;
    return refuse(path, has_bin ? "holds adapter_model.bin, a PyTorch file, which is not read; save the adapter as "
                                  "safetensors (PEFT: save_pretrained)"
                                : "holds no adapter_model.safetensors");
}

static enum rft_status read_config(struct opening *o)
{
    struct rft_str text = {0};
    RFT_TRY(rft_file_read(o->config_path, RFT_CONFIG_BYTES_MAX, &text));
    enum rft_status status =
        rft_adapter_config_parse(o->config_path, (struct rft_bytes){text.data, text.len}, &o->config);
    rft_str_finish(&text);
    return status;
}

/* The checkpoint owns the map: deltas point into it. */
static enum rft_status map_tensors(struct rft_checkpoint *checkpoint, const struct opening *o, struct rft_map **map)
{
    struct rft_map *maps =
        rft_realloc(checkpoint->adapter_maps, checkpoint->n_adapter_maps + 1, sizeof *checkpoint->adapter_maps);
    if (maps == NULL)
        return RFT_ERR_HOST_MEMORY;
    checkpoint->adapter_maps = maps;
    *map = &maps[checkpoint->n_adapter_maps];
    RFT_TRY(rft_map_open(o->tensors_path, *map));
    checkpoint->n_adapter_maps++;
    return RFT_OK;
}

static void log_counts(const char *path, const struct rft_adapter_counts *counts)
{
    char replaced[80] = "", ranks[32], scales[64];
    if (counts->n_replaced != 0)
        snprintf(replaced, sizeof replaced, ", %" PRIu32 " tensors in the place of the model's", counts->n_replaced);
    if (counts->rank_min == counts->rank_max)
        snprintf(ranks, sizeof ranks, "rank %" PRIu32, counts->rank_min);
    else
        snprintf(ranks, sizeof ranks, "ranks %" PRIu32 " to %" PRIu32, counts->rank_min, counts->rank_max);
    if (counts->scale_max <= counts->scale_min)
        snprintf(scales, sizeof scales, "scale %g", (double)counts->scale_min);
    else
        snprintf(scales, sizeof scales, "scales %g to %g", (double)counts->scale_min, (double)counts->scale_max);
    if (counts->n_deltas == 0)
        rft_log_info("adapter %s: no low-rank deltas%s", path, replaced);
    else
        rft_log_info("adapter %s: %" PRIu32 " modules, %s, %s%s", path, counts->n_deltas, ranks, scales, replaced);
}

static enum rft_status open_one(struct rft_checkpoint *checkpoint, struct opening *o, double scale)
{
    struct rft_map *map;
    struct rft_adapter_counts counts;
    if (o->config_path == NULL || o->tensors_path == NULL)
        return RFT_ERR_HOST_MEMORY;
    RFT_TRY(look(o->path));
    RFT_TRY(read_config(o));
    RFT_TRY(rft_adapter_base_check(o->path, o->config.base, checkpoint));
    RFT_TRY(map_tensors(checkpoint, o, &map));
    RFT_TRY(rft_adapter_tensors_read(map, checkpoint, &o->tensors));
    if (o->tensors.n == 0)
        return refuse(o->tensors_path, "holds no tensors");
    RFT_TRY(rft_adapter_bind(checkpoint, &o->config, &o->tensors, scale, &counts));
    RFT_TRY(rft_map_check(map));
    log_counts(o->path, &counts);
    return RFT_OK;
}

enum rft_status rft_adapter_open(struct rft_checkpoint *checkpoint, const char *path, double scale)
{
    struct opening o = {.path = path,
                        .config_path = rft_path_join(path, "adapter_config.json"),
                        .tensors_path = rft_path_join(path, "adapter_model.safetensors")};
    enum rft_status status = open_one(checkpoint, &o, scale);
    rft_adapter_tensors_finish(&o.tensors);
    rft_adapter_config_finish(&o.config);
    rft_free(o.config_path);
    rft_free(o.tensors_path);
    return status;
}

uint64_t rft_adapter_heap_bytes(const struct rft_checkpoint *checkpoint)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < checkpoint->n_tensors; i++) {
        const struct rft_tensor *tensor = &checkpoint->tensors[i];
        for (size_t k = 0; k < tensor->n_deltas; k++)
            bytes += rft_delta_heap_bytes(&tensor->deltas[k], tensor->dims[1]);
    }
    return bytes;
}
