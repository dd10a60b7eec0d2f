/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "alloc.h"
#include "config_check.h"
#include "config_keys.h"
#include "file.h"
#include "log.h"
#include "os.h"

#include <ini.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FILE_BYTES_MAX (1u << 20)

/* One walk over the file. There are two: the first finds what is not INI at all, the second reads the keys. */
struct reader {
    const char *path;
    const char *dir;
    struct rft_bytes rest;     /* not handed to inih yet */
    uint64_t line;             /* that inih works on */
    enum rft_status status;    /* of the first error, which was logged */
    struct rft_config *config; /* NULL in the first walk */
    enum rft_config_use use;
    uint64_t *seen; /* [rft_n_keys] line of each key, RFT_LINE_SET, 0 = not yet */
};

/* "rft.ini:3: ", long paths cut. */
struct where {
    char text[512];
};

static struct where where_is(const struct reader *r)
{
    struct where w;
    snprintf(w.text, sizeof w.text, "%.480s:%" PRIu64 ": ", r->path, r->line);
    return w;
}

static enum rft_status bad_line(const struct reader *r, const char *message)
{
    rft_log_error("%s:%" PRIu64 ": %s", r->path, r->line, message);
    return RFT_ERR_CONFIG;
}

/* What inih would let pass: it reads "[model] path = x" as a section alone. */
static enum rft_status check_section(const struct reader *r, struct rft_bytes line)
{
    char name[RFT_CONFIG_LINE_BYTES_MAX + 1] = "";
    const char *end = memchr(line.data, ']', line.len);
    size_t n = end != NULL ? (size_t)(end - line.data) : 0;
    if (end == NULL)
        return bad_line(r, "a section needs its ]");
    struct rft_bytes rest = rft_bytes_trim((struct rft_bytes){end + 1, line.len - n - 1});
    if (rest.len && rest.data[0] != ';')
        return bad_line(r, "something stands behind the section's ]; give each key a line of its own");
    memcpy(name, line.data + 1, n - 1);
    return rft_key_is_section(name) ? RFT_OK : rft_key_unknown_section(where_is(r).text, name);
}

static enum rft_status check_line(const struct reader *r, struct rft_bytes line)
{
    struct rft_bytes text = rft_bytes_trim(line);
    int32_t code_point;
    if (line.len > RFT_CONFIG_LINE_BYTES_MAX)
        return bad_line(r, "the line is longer than 197 bytes; shorten it, or give the value with --set");
    for (size_t i = 0; i < line.len; i += rft_utf8_decode(line.data + i, line.data + line.len, &code_point)) {
        rft_utf8_decode(line.data + i, line.data + line.len, &code_point);
        if (code_point < 0)
            return bad_line(r, "not UTF-8; save the file as UTF-8");
        if ((code_point < 0x20 && code_point != '\t') || code_point == 0x7f)
            return bad_line(r, "a control character stands in the line; remove it");
    }
    if (r->line == 1 && rft_bytes_begin(line, RFT_UTF8_MARK)) {
        line = (struct rft_bytes){line.data + 3, line.len - 3};
        text = rft_bytes_trim(line);
    }
    if (text.len && text.data != line.data)
        return bad_line(r, "the line is indented, which would continue the one before; remove the white space");
    return text.len && text.data[0] == '[' ? check_section(r, text) : RFT_OK;
}

/* inih's fgets: the next line without its end, NULL at the end or after an error. */
static char *next_line(char *line, int size, void *user)
{
    struct reader *r = user;
    if (r->status != RFT_OK || !r->rest.len)
        return NULL;
    const char *end = memchr(r->rest.data, '\n', r->rest.len);
    size_t n = end != NULL ? (size_t)(end - r->rest.data) : r->rest.len;
    struct rft_bytes text = {r->rest.data, n};
    n += end != NULL;
    r->rest = (struct rft_bytes){r->rest.data + n, r->rest.len - n};
    r->line++;
    if (text.len && end != NULL && text.data[text.len - 1] == '\r')
        text.len--;
    r->status = check_line(r, text);
    if (r->status == RFT_OK && (size < 2 || text.len > (size_t)size - 2))
        r->status = bad_line(r, "the line is longer than this system's inih reads; shorten it, or use --set");
    if (r->status != RFT_OK)
        return NULL;
    memcpy(line, text.data, text.len);
    line[text.len] = 0;
    return line;
}

/* Takes a key's value, and its text as it was given. */
static enum rft_status take_value(size_t index, const char *where, const char *dir, const char *text,
                                  struct rft_config *config)
{
    RFT_TRY(rft_key_read(&rft_keys[index], where, dir, text, config));
    rft_free(config->given[index]);
    config->given[index] = rft_strdup(text);
    return config->given[index] != NULL ? RFT_OK : RFT_ERR_HOST_MEMORY;
}

/* inih's handler: non-zero = go on. */
static int take_pair(void *user, const char *section, const char *name, const char *value)
{
    struct reader *r = user;
    struct where where = where_is(r);
    size_t index;
    if (r->config == NULL || r->status != RFT_OK)
        return 1;
    if (!*section) {
        r->status = bad_line(r, "a key stands before the first [section]");
        return 1;
    }
    r->status = rft_key_find(where.text, section, name, &index);
    if (r->status == RFT_OK && r->seen[index]) {
        rft_log_error("%s%s.%s was given in line %" PRIu64 " already; remove one", where.text, section, name,
                      r->seen[index]);
        r->status = RFT_ERR_CONFIG;
    }
    if (r->status != RFT_OK)
        return 1;
    r->seen[index] = r->line;
    enum rft_key_type type = rft_keys[index].type;
    if ((type == RFT_KEY_IN_PATH || type == RFT_KEY_IN_PATHS || type == RFT_KEY_OUT_PATH) &&
        strstr(value, " #") != NULL) {
        r->status = bad_line(r, "a comment behind a value begins with ;, not with #");
        return 1;
    }
    r->status = take_value(index, where.text, r->dir, value, r->config);
    return 1;
}

static enum rft_status read_ini(struct reader *r, struct rft_bytes text)
{
    struct rft_config *config = r->config;
    r->config = NULL;
    r->rest = text;
    int line = ini_parse_stream(next_line, r, take_pair, r);
    if (line > 0) {
        r->line = (uint64_t)line;
        if (r->status == RFT_OK)
            r->status = bad_line(r, "neither a [section] nor key = value; comments begin with ;");
        return r->status;
    }
    if (r->status != RFT_OK)
        return r->status;
    r->config = config;
    r->rest = text;
    r->line = 0;
    ini_parse_stream(next_line, r, take_pair, r);
    return r->status;
}

static enum rft_status apply_set(const char *set, uint64_t *seen, struct rft_config *config)
{
    const char *equals = strchr(set, '='), *dot = strchr(set, '.');
    char section[64] = "", name[64] = "";
    struct where where;
    size_t index;
    snprintf(where.text, sizeof where.text, "--set %.400s: ", set);
    if (equals == NULL || dot == NULL || dot > equals || (size_t)(dot - set) >= sizeof section ||
        (size_t)(equals - dot) > sizeof name) {
        rft_log_error("%sgive section.key=value", where.text);
        return RFT_ERR_CONFIG;
    }
    memcpy(section, set, (size_t)(dot - set));
    memcpy(name, dot + 1, (size_t)(equals - dot - 1));
    RFT_TRY(rft_key_find(where.text, section, name, &index));
    seen[index] = RFT_LINE_SET;
    return take_value(index, where.text, NULL, equals + 1, config);
}

static enum rft_status set_defaults(struct rft_config *config)
{
    for (size_t i = 0; i < rft_n_keys; i++) {
        const struct rft_key *key = &rft_keys[i];
        char **text = (char **)((char *)config + key->offset);
        if (key->fallback != NULL)
            RFT_TRY(rft_key_read(key, "", NULL, key->fallback, config));
        else if ((*text = rft_strdup("")) == NULL) /* a path that must be given, where it must */
            return RFT_ERR_HOST_MEMORY;
    }
    return RFT_OK;
}

static enum rft_status parse_all(struct reader *r, struct rft_bytes text, const char *const *sets, size_t n_sets)
{
    r->config->file = rft_strdup(r->path);
    if (r->config->file == NULL)
        return RFT_ERR_HOST_MEMORY;
    RFT_TRY(set_defaults(r->config));
    RFT_TRY(read_ini(r, text));
    for (size_t i = 0; i < n_sets; i++)
        RFT_TRY(apply_set(sets[i], r->seen, r->config));
    return rft_config_check(r->config, &(struct rft_config_source){.path = r->path, .lines = r->seen, .use = r->use});
}

enum rft_status rft_config_parse(const char *path, struct rft_bytes text, const char *const *sets, size_t n_sets,
                                 enum rft_config_use use, struct rft_config *config)
{
    *config = (struct rft_config){0};
    char *dir = rft_path_dir(path);
    uint64_t *seen = rft_alloc(rft_n_keys, sizeof *seen);
    struct reader r = {.path = path, .dir = dir, .config = config, .use = use, .seen = seen};
    enum rft_status status = dir != NULL && seen != NULL ? parse_all(&r, text, sets, n_sets) : RFT_ERR_HOST_MEMORY;
    rft_free(seen);
    rft_free(dir);
    if (status != RFT_OK)
        rft_config_finish(config);
    return status;
}

enum rft_status rft_config_load(const char *path, const char *const *sets, size_t n_sets, enum rft_config_use use,
                                struct rft_config *config)
{
    struct rft_str text;
    *config = (struct rft_config){0};
    RFT_TRY(rft_file_read(path, FILE_BYTES_MAX, &text));
    enum rft_status status = rft_config_parse(path, (struct rft_bytes){text.data, text.len}, sets, n_sets, use, config);
    rft_str_finish(&text);
    return status;
}

void rft_config_finish(struct rft_config *config)
{
    for (size_t i = 0; i < rft_n_keys; i++) {
        rft_key_finish(&rft_keys[i], config);
        rft_free(config->given[i]);
    }
    rft_free(config->file);
    *config = (struct rft_config){0};
}

/* The i-th path of a key that names inputs; false when there are no more. A key of another type has none. */
static bool key_input_at(const struct rft_key *key, const struct rft_config *config, size_t i, const char **path)
{
    const void *field = (const char *)config + key->offset;
    const struct rft_strings *list = key->type == RFT_KEY_IN_PATHS ? field : NULL;
    bool is_there = list != NULL ? i < list->n : key->type == RFT_KEY_IN_PATH && i == 0;
    if (is_there)
        *path = list != NULL ? list->items[i] : *(char *const *)field;
    return is_there;
}

bool rft_config_input_at(const struct rft_config *config, size_t i, struct rft_config_path *input)
{
    *input = (struct rft_config_path){"the configuration", config->file};
    if (i-- == 0)
        return true;
    for (size_t k = 0; k < rft_n_keys; k++)
        for (size_t in_key = 0; key_input_at(&rft_keys[k], config, in_key, &input->path); in_key++) {
            input->key = rft_keys[k].full_name;
            if (i-- == 0)
                return true;
        }
    return false;
}

bool rft_config_is_given(const struct rft_config *config, const char *full_name)
{
    for (size_t i = 0; i < rft_n_keys; i++)
        if (strcmp(rft_keys[i].full_name, full_name) == 0)
            return config->given[i] != NULL;
    return false;
}

uint32_t rft_config_max_new_tokens(const struct rft_config *config)
{
    if (config->generate_max_new_tokens)
        return config->generate_max_new_tokens;
    return config->generate_samples > 1 ? 100 : 120;
}

uint64_t rft_amount_bytes(const struct rft_amount *amount, uint64_t available_bytes)
{
    if (amount->kind == RFT_AMOUNT_BYTES)
        return amount->bytes;
    if (amount->kind == RFT_AMOUNT_PERCENT && amount->percent < 100)
        return (uint64_t)((double)available_bytes * (amount->percent / 100));
    return available_bytes;
}

static enum rft_status print_keys(const struct rft_config *config, unsigned flags, struct rft_str *out)
{
    for (size_t i = 0; i < rft_n_keys; i++) {
        if ((rft_keys[i].flags & flags) != flags)
            continue;
        RFT_TRY(rft_str_printf(out, "%s.%s=", rft_keys[i].section, rft_keys[i].name));
        RFT_TRY(rft_key_print(&rft_keys[i], config, out));
        RFT_TRY(rft_str_append_z(out, "\n"));
    }
    return RFT_OK;
}

enum rft_status rft_config_fingerprint(const struct rft_config *config, struct rft_str *out)
{
    struct rft_config resolved = *config; /* borrows the text */
    resolved.generate_max_new_tokens = rft_config_max_new_tokens(config);
    return print_keys(&resolved, RFT_KEY_SHAPES_TEXT, out);
}

enum rft_status rft_config_settings(const struct rft_config *config, struct rft_str *out)
{
    struct rft_config resolved = *config; /* borrows the text */
    const char *before = "";
    resolved.generate_max_new_tokens = rft_config_max_new_tokens(config);
    for (size_t i = 0; i < rft_n_keys; i++) {
        if (!(rft_keys[i].flags & RFT_KEY_SETTING))
            continue;
        RFT_TRY(rft_str_printf(out, "%s%s=", before, rft_keys[i].name));
        RFT_TRY(rft_key_print(&rft_keys[i], &resolved, out));
        before = " ";
    }
    return RFT_OK;
}

enum rft_status rft_config_dump(const struct rft_config *config, struct rft_str *out)
{
    return print_keys(config, 0, out);
}
