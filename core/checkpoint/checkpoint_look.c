/* SPDX-License-Identifier: MIT */
#include "checkpoint_look.h"

#include "alloc.h"
#include "file.h"
#include "json.h"
#include "log.h"
#include "os.h"
#include "str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES_SHOWN 3
#define ADAPTER_BYTES_MAX (1u << 20)
#define HEAD_BYTES 64

static const char lfs_magic[] = "version https://git-lfs";

static enum rft_status refuse(const char *path, const char *what)
{
    rft_log_error("%s: %s", path, what);
    return RFT_ERR_INPUT;
}

/* Whether dir/name is there. */
static bool has(const char *dir, const char *name)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/%s", dir, name);
    return n > 0 && (size_t)n < sizeof path && rft_file_exists(path);
}

/* The first bytes of a regular file, NUL behind them. */
static size_t read_head(const char *path, char head[HEAD_BYTES + 1])
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t n = 0;
    if (fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode))
        n = read(fd, head, HEAD_BYTES);
    if (fd >= 0)
        close(fd);
    head[n > 0 ? n : 0] = '\0';
    return n > 0 ? (size_t)n : 0;
}

/* ---- names of the hub ---- */

/* Names found in a directory that end as asked for. */
struct names {
    size_t n;
    struct rft_str list; /* the first few: "a, b, c" */
    struct rft_str last; /* the last in order */
};

static void finish_names(struct names *names)
{
    rft_str_finish(&names->list);
    rft_str_finish(&names->last);
}

static enum rft_status find_names(const char *dir, const char *begin, const char *end, struct names *names)
{
    DIR *handle = opendir(dir);
    enum rft_status status = RFT_OK;
    *names = (struct names){0};
    for (const struct dirent *entry; handle != NULL && status == RFT_OK && (entry = readdir(handle)) != NULL;) {
        const char *name = entry->d_name;
        if (name[0] == '.' || strncmp(name, begin, strlen(begin)) != 0 || !rft_ends_with(name, end))
            continue;
        if (names->n++ < NAMES_SHOWN)
            status = rft_str_printf(&names->list, "%s%.100s", names->n > 1 ? ", " : "", name);
        if (status == RFT_OK && (names->last.len == 0 || strcmp(name, names->last.data) > 0)) {
            rft_str_clear(&names->last);
            status = rft_str_append_z(&names->last, name);
        }
    }
    if (handle != NULL)
        closedir(handle);
    return status;
}

/* The snapshot of a hub's cache directory, "models--<org>--<name>"; NULL data if there is none. */
static enum rft_status find_snapshot(const char *cache, struct rft_str *snapshot)
{
    struct names names;
    char *dir = rft_path_join(cache, "snapshots");
    enum rft_status status = dir != NULL ? find_names(dir, "", "", &names) : RFT_ERR_HOST_MEMORY;
    if (status == RFT_OK && names.n != 0)
        status = rft_str_printf(snapshot, "%s/%s", dir, names.last.data);
    if (dir != NULL)
        finish_names(&names);
    rft_free(dir);
    return status;
}

/* Looks a model of the hub up in the caches where its tools put it. */
static enum rft_status find_cached(const char *org, size_t n_org, const char *name, struct rft_str *snapshot)
{
    static const struct {
        const char *variable, *below;
    } places[] = {{"HF_HUB_CACHE", ""},
                  {"HF_HOME", "/hub"},
                  {"XDG_CACHE_HOME", "/huggingface/hub"},
                  {"HOME", "/.cache/huggingface/hub"}};
    for (size_t i = 0; i < sizeof places / sizeof *places && snapshot->len == 0; i++) {
        const char *root = getenv(places[i].variable);
        struct rft_str cache = {0};
        enum rft_status status;
        if (root == NULL || *root == '\0')
            continue;
        status = rft_str_printf(&cache, "%s%s/models--%.*s--%s", root, places[i].below, (int)n_org, org, name);
        if (status == RFT_OK)
            status = find_snapshot(cache.data, snapshot);
        rft_str_finish(&cache);
        RFT_TRY(status);
    }
    return RFT_OK;
}

static bool is_hub_word(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!((p[i] >= 'a' && p[i] <= 'z') || (p[i] >= 'A' && p[i] <= 'Z') || (p[i] >= '0' && p[i] <= '9') ||
              strchr("-_.", p[i]) != NULL))
            return false;
    return n != 0 && p[0] != '.';
}

/* Nothing is there. The last two names of the path may be a model's on the hub, if there is no directory of the first
 * one. */
static enum rft_status refuse_missing(const char *path)
{
    const char *name = strrchr(path, '/'), *org = name;
    struct rft_str snapshot = {0};
    char *parent = rft_path_dir(path);
    bool is_hub;
    enum rft_status status = parent != NULL ? RFT_OK : RFT_ERR_HOST_MEMORY;
    while (org != NULL && org > path && org[-1] != '/')
        org--;
    is_hub = status == RFT_OK && name != NULL && is_hub_word(org, (size_t)(name - org)) &&
             is_hub_word(name + 1, strlen(name + 1)) && !rft_file_exists(parent) && !rft_ends_with(name, ".gguf") &&
             !rft_ends_with(name, ".safetensors");
    if (is_hub)
        status = find_cached(org, (size_t)(name - org), name + 1, &snapshot);
    if (status == RFT_OK) {
        status = RFT_ERR_IO;
        if (snapshot.len != 0)
            rft_log_error("%s: no such file or directory; rftgen reads files and does not download, but %s is in the "
                          "Hugging Face cache: "
                          "set model.path = %s",
                          path, org, snapshot.data);
        else if (is_hub)
            rft_log_error(
                "%s: no such file or directory; if %s is a model of the Hugging Face hub: rftgen reads files and does "
                "not "
                "download. Run hf download %s --local-dir DIR (or huggingface-cli download), then set model.path = DIR",
                path, org, org);
        else
            rft_log_error("%s: cannot open: no such file or directory", path);
    }
    rft_free(parent);
    rft_str_finish(&snapshot);
    return status;
}

/* ---- files ---- */

/* What a file is by its first bytes, if it is none that holds weights; NULL if nothing is known. */
static const char *foreign_file(const char *head, size_t n)
{
    if (n >= sizeof lfs_magic - 1 && memcmp(head, lfs_magic, sizeof lfs_magic - 1) == 0)
        return "is a Git LFS pointer, not the file itself: run git lfs pull in its repository, or download it again";
    if (strncasecmp(head, "<!doctype", 9) == 0 || strncasecmp(head, "<html", 5) == 0)
        return "is a web page, not a model: download the file itself";
    return NULL;
}

static enum rft_status look_at_file(const char *path)
{
    char head[HEAD_BYTES + 1];
    size_t n = read_head(path, head);
    const char *what = foreign_file(head, n);
    if (what == NULL && (rft_ends_with(path, ".safetensors") || rft_ends_with(path, ".json")))
        what = "is one file of a checkpoint: set model.path to the directory that it lies in";
    if (what == NULL && n >= 4 && (memcmp(head, "PK\x03\x04", 4) == 0 || memcmp(head, "\x80\x02", 2) == 0))
        what = "is a PyTorch file, which is not read: save the model as safetensors (transformers: save_pretrained) "
               "and give its directory";
    if (what == NULL && n >= 2 && memcmp(head, "\x1f\x8b", 2) == 0)
        what = "is compressed with gzip: unpack it";
    if (what == NULL && n >= 4 &&
        (memcmp(head, "ggml", 4) == 0 || memcmp(head, "lmgg", 4) == 0 || memcmp(head, "tjgg", 4) == 0))
        what = "is an old GGML file; convert the model to GGUF";
    return what == NULL ? RFT_OK : refuse(path, what);
}

/* ---- directories ---- */

/* A pointer or a web page in the place of one of the checkpoint's files. */
enum rft_status rft_checkpoint_look_at_files(const char *path)
{
    DIR *handle = opendir(path);
    enum rft_status status = RFT_OK;
    for (const struct dirent *entry; handle != NULL && status == RFT_OK && (entry = readdir(handle)) != NULL;) {
        char head[HEAD_BYTES + 1], *file;
        const char *what;
        if (!rft_ends_with(entry->d_name, ".safetensors") && !rft_ends_with(entry->d_name, ".json"))
            continue;
        file = rft_path_join(path, entry->d_name);
        if (file == NULL) {
            status = RFT_ERR_HOST_MEMORY;
            break;
        }
        what = foreign_file(head, read_head(file, head));
        if (what != NULL)
            status = refuse(file, what);
        rft_free(file);
    }
    if (handle != NULL)
        closedir(handle);
    return status;
}

static enum rft_status refuse_adapter(const char *path)
{
    struct rft_str text = {0};
    json_t *config = NULL;
    char *file = rft_path_join(path, "adapter_config.json");
    const char *base = NULL;
    enum rft_status status = file != NULL ? rft_file_read(file, ADAPTER_BYTES_MAX, &text) : RFT_ERR_HOST_MEMORY;
    if (status == RFT_OK)
        status = rft_json_load(file, (struct rft_bytes){text.data, text.len}, 0, &config);
    if (status == RFT_OK) {
        base = json_string_value(json_object_get(config, "base_model_name_or_path"));
        rft_log_error("%s: holds an adapter (PEFT) for %.200s, not a model: set model.adapter to it, and model.path "
                      "to the model",
                      path, base != NULL ? base : "another model");
        status = RFT_ERR_UNSUPPORTED;
    }
    json_decref(config);
    rft_str_finish(&text);
    rft_free(file);
    return status;
}

/* A directory without config.json. */
static enum rft_status look_at_bare(const char *path, const struct names *ggufs, const struct names *checkpoints,
                                    const struct rft_str *snapshot)
{
    if (has(path, "adapter_config.json"))
        return refuse_adapter(path);
    if (ggufs->n != 0)
        rft_log_error("%s: holds no config.json, but GGUF files: set model.path to one of them (%s%s)", path,
                      ggufs->list.data, ggufs->n > NAMES_SHOWN ? ", ..." : "");
    else if (snapshot->len != 0)
        rft_log_error(
            "%s: is a cache of the Hugging Face hub; the model lies in a directory inside: set model.path = %s", path,
            snapshot->data);
    else if (checkpoints->n != 0)
        rft_log_error("%s: holds no config.json, but checkpoints of a training run: set model.path to one of them (%s)",
                      path, checkpoints->list.data);
    else if (has(path, "params.json"))
        rft_log_error("%s: is a checkpoint in the format of its makers (params.json); get the one in Hugging Face "
                      "format, with config.json",
                      path);
    else if (has(path, "weights.npz") || has(path, "model.onnx"))
        rft_log_error(
            "%s: is a model in another format (MLX or ONNX); get the one with config.json and safetensors, or GGUF",
            path);
    else
        rft_log_error("%s: holds no config.json; a checkpoint has config.json, tokenizer.json and safetensors files, "
                      "or is one GGUF file",
                      path);
    return RFT_ERR_INPUT;
}

static enum rft_status look_for_config(const char *path)
{
    struct names ggufs = {0}, checkpoints = {0};
    struct rft_str snapshot = {0};
    enum rft_status status = find_names(path, "", ".gguf", &ggufs);
    if (status == RFT_OK)
        status = find_names(path, "checkpoint-", "", &checkpoints);
    if (status == RFT_OK)
        status = find_snapshot(path, &snapshot);
    if (status == RFT_OK)
        status = look_at_bare(path, &ggufs, &checkpoints, &snapshot);
    finish_names(&ggufs);
    finish_names(&checkpoints);
    rft_str_finish(&snapshot);
    return status;
}

static enum rft_status look_for_weights(const char *path)
{
    static const char *const others[] = {".bin",  ".pth", ".pt",      ".gguf",       ".npz",
                                         ".onnx", ".h5",  ".msgpack", ".incomplete", ".part"};
    struct names names;
    enum rft_status status = find_names(path, "", ".safetensors", &names);
    bool found = names.n != 0 || has(path, "model.safetensors.index.json");
    finish_names(&names);
    for (size_t i = 0; i < sizeof others / sizeof *others && status == RFT_OK && !found; i++) {
        status = find_names(path, "", others[i], &names);
        found = status == RFT_OK && names.n != 0;
        if (found && strcmp(others[i], ".gguf") == 0)
            rft_log_error("%s: holds no safetensors files, but GGUF: set model.path to the file itself (%s)", path,
                          names.list.data);
        else if (found)
            rft_log_error("%s: holds no safetensors files, but %s: other formats of weights are not read; save the "
                          "model as safetensors "
                          "(transformers: save_pretrained), or download it whole",
                          path, names.list.data);
        if (found)
            status = RFT_ERR_INPUT;
        finish_names(&names);
    }
    return status;
}

enum rft_status rft_checkpoint_look_for_tokenizer(const char *path)
{
    const char *other = has(path, "tokenizer.model")  ? "tokenizer.model (SentencePiece)"
                        : has(path, "vocab.json")     ? "vocab.json and merges.txt"
                        : has(path, "vocab.txt")      ? "vocab.txt (WordPiece)"
                        : has(path, "tiktoken.model") ? "tiktoken.model"
                        : has(path, "tekken.json")    ? "tekken.json"
                                                      : NULL;
    if (has(path, "tokenizer.json"))
        return RFT_OK;
    if (other != NULL)
        rft_log_error("%s: holds no tokenizer.json, only %s, which is not read; make one with transformers: "
                      "AutoTokenizer.from_pretrained(DIR).save_pretrained(DIR)",
                      path, other);
    else
        rft_log_error("%s: holds no tokenizer.json; download the model's tokenizer, too", path);
    return RFT_ERR_INPUT;
}

static enum rft_status look_at_directory(const char *path)
{
    RFT_TRY(rft_checkpoint_look_at_files(path));
    if (!has(path, "config.json"))
        return look_for_config(path);
    return look_for_weights(path);
}

enum rft_status rft_checkpoint_look(const char *path, bool *is_directory)
{
    struct stat info;
    *is_directory = false;
    if (stat(path, &info) != 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            return refuse_missing(path);
        return rft_os_error(path, "open");
    }
    *is_directory = S_ISDIR(info.st_mode);
    if (!*is_directory)
        return look_at_file(path);
    if (access(path, R_OK | X_OK) != 0)
        return rft_os_error(path, "open");
    return look_at_directory(path);
}
