/* SPDX-License-Identifier: MIT */
#include "judge_settings.h"

#include "alloc.h"
#include "file.h"
#include "os.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

static bool is_regular(const char *path)
{
    struct rft_file_id id = rft_file_id_of(path, true);
    return id.exists && S_ISREG(id.mode);
}

/* The first executable file of this name in the folders of PATH; *path stays NULL if there is none. */
static enum rft_status search(const char *name, char **path)
{
    const char *folders = getenv("PATH");
    for (const char *at = folders != NULL ? folders : "/usr/local/bin:/usr/bin:/bin"; at != NULL;) {
        const char *colon = strchr(at, ':');
        char *folder = rft_strndup(at, colon != NULL ? (size_t)(colon - at) : strlen(at));
        char *found = folder != NULL ? rft_path_join(*folder != '\0' ? folder : ".", name) : NULL;
        rft_free(folder);
        if (found == NULL)
            return RFT_ERR_HOST_MEMORY;
        if (is_regular(found) && access(found, X_OK) == 0) {
            *path = found;
            return RFT_OK;
        }
        rft_free(found);
        at = colon != NULL ? colon + 1 : NULL;
    }
    return RFT_OK;
}

enum rft_status rft_judge_find_command(const char *command, char **path)
{
    *path = NULL;
    if (*command == '\0') {
        rft_log_error("verify.command: is empty; name the program that judges");
        return RFT_ERR_CONFIG;
    }
    if (strchr(command, '/') == NULL) {
        RFT_TRY(search(command, path));
        if (*path != NULL)
            return RFT_OK;
        rft_log_error("verify.command: there is no program %s in PATH; a file beside the configuration is ./%s",
                      command, command);
        return RFT_ERR_CONFIG;
    }
    if (access(command, F_OK) != 0)
        rft_log_error("verify.command: %s: %s", command, strerror(errno));
    else if (!is_regular(command))
        rft_log_error("verify.command: %s: is not a regular file", command);
    else if (access(command, X_OK) != 0)
        rft_log_error("verify.command: %s: may not be executed; make it executable (chmod +x), or name an interpreter "
                      "and give the file as its argument",
                      command);
    else
        return (*path = rft_strdup(command)) != NULL ? RFT_OK : RFT_ERR_HOST_MEMORY;
    return RFT_ERR_CONFIG;
}

static enum rft_status add_content(struct rft_str *text, const char *path)
{
    struct rft_map map = {0};
    RFT_TRY(rft_map_open(path, &map));
    uint64_t hash = XXH64(map.data, (size_t)map.bytes, 0);
    enum rft_status status = rft_map_check(&map);
    rft_map_close(&map);
    return status == RFT_OK ? rft_str_printf(text, "content=%016" PRIx64 "\n", hash) : status;
}

static enum rft_status add_settings(struct rft_str *text, const struct rft_judge_options *options, const char *path)
{
    RFT_TRY(add_content(text, path));
    for (size_t i = 0; i < options->n_arguments; i++) {
        const char *argument = options->arguments[i];
        RFT_TRY(rft_str_printf(text, "argument=%zu:%s\n", strlen(argument), argument));
        if (is_regular(argument) && access(argument, R_OK) == 0)
            RFT_TRY(add_content(text, argument));
    }
    RFT_TRY(rft_str_append_double(text, options->time_limit_s));
    RFT_TRY(rft_str_append_z(text, " "));
    RFT_TRY(rft_str_append_double(text, options->start_limit_s));
    return rft_str_printf(text, " %" PRIu64 " %016" PRIx64 "\n", options->memory_limit_bytes, options->settings_hash);
}

enum rft_status rft_judge_settings_hash(const struct rft_judge_options *options, const char *path, uint64_t *hash)
{
    struct rft_str text = {0};
    enum rft_status status = add_settings(&text, options, path);
    *hash = status == RFT_OK ? XXH64(text.data, text.len, 0) : 0;
    rft_str_finish(&text);
    return status;
}
