/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "alloc.h"
#include "config_keys.h"
#include "file.h"
#include "log.h"
#include "os.h"

#include <ini.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* inih cuts a longer line without a word and reads the rest as a line of its own. */
#define LINE_BYTES_MAX 197
#define FILE_BYTES_MAX (1u << 20)
#define SEEN_SET UINT64_MAX /* a key's "line" when --set gave it */

/* One walk over the file. There are two: the first finds what is not INI at all, the second reads the keys. */
struct reader {
    const char *path;
    const char *dir;
    struct rft_bytes rest;     /* not handed to inih yet */
    uint64_t line;             /* that inih works on */
    enum rft_status status;    /* of the first error, which was logged */
    struct rft_config *config; /* NULL in the first walk */
    enum rft_config_use use;
    uint64_t *seen; /* [rft_n_keys] line of each key, SEEN_SET, 0 = not yet */
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
    char name[LINE_BYTES_MAX + 1] = "";
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
    if (line.len > LINE_BYTES_MAX)
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
    r->status = rft_key_read(&rft_keys[index], where.text, r->dir, value, r->config);
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
    seen[index] = SEEN_SET;
    return rft_key_read(&rft_keys[index], where.text, NULL, equals + 1, config);
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

/* Where key `name` of a section got its value: "rft.ini:3: ", or "--set: ". */
static struct where where_given(const struct reader *r, const char *full_name)
{
    struct where w;
    uint64_t line = 0;
    for (size_t i = 0; i < rft_n_keys; i++)
        if (strcmp(rft_keys[i].full_name, full_name) == 0)
            line = r->seen[i];
    if (line == SEEN_SET)
        snprintf(w.text, sizeof w.text, "--set: ");
    else if (line != 0)
        snprintf(w.text, sizeof w.text, "%.480s:%" PRIu64 ": ", r->path, line);
    else
        snprintf(w.text, sizeof w.text, "%.480s: ", r->path);
    return w;
}

/* Names all keys that are missing, not one after the other. */
static enum rft_status check_required(const struct reader *r)
{
    char names[400] = "";
    const char *help = NULL;
    size_t n = 0;
    for (size_t i = 0; i < rft_n_keys; i++) {
        bool is_needed = !(rft_keys[i].flags & RFT_KEY_ONLY_TO_DRAW) || r->use == RFT_USE_TO_DRAW;
        if (!(rft_keys[i].flags & RFT_KEY_REQUIRED) || !is_needed || r->seen[i])
            continue;
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", n++ ? ", " : "", rft_keys[i].full_name);
        help = rft_keys[i].help;
    }
    if (n == 1)
        rft_log_error("%s: %s is missing: %s", r->path, names, help);
    else if (n > 1)
        rft_log_error("%s: these keys are missing: %s; rftgen --help-config tells what they mean", r->path, names);
    return n ? RFT_ERR_CONFIG : RFT_OK;
}

/* What can be said before the model is looked at. */
static enum rft_status check_prompt(const struct reader *r)
{
    const struct rft_config *config = r->config;
    const char *extra = *config->prompt_system != '\0'        ? "prompt.system"
                        : *config->prompt_system_file != '\0' ? "prompt.system_file"
                        : *config->prompt_examples != '\0'    ? "prompt.examples"
                                                              : NULL;
    if (config->prompt_format == RFT_PROMPT_RAW && *config->prompt_template == '\0') {
        rft_log_error("%sprompt.format = raw needs prompt.template, a text that holds {question}",
                      where_given(r, "prompt.format").text);
        return RFT_ERR_CONFIG;
    }
    if (config->prompt_format != RFT_PROMPT_RAW || extra == NULL)
        return RFT_OK;
    rft_log_error("%s%s has no place in a raw prompt; write it into the template %s, or set prompt.format = chat",
                  where_given(r, extra).text, extra, config->prompt_template);
    return RFT_ERR_CONFIG;
}

/* Below, a logit over the temperature could leave the numbers that the arithmetic contract is made for. */
#define TEMPERATURE_MIN 1e-6

static enum rft_status check_temperature(const struct reader *r)
{
    double temperature = r->config->generate_temperature;
    if (temperature == 0 || temperature >= TEMPERATURE_MIN)
        return RFT_OK;
    rft_log_error("%sgenerate.temperature = %g: not allowed; give 0 for the most likely token, or %g to 100",
                  where_given(r, "generate.temperature").text, temperature, TEMPERATURE_MIN);
    return RFT_ERR_CONFIG;
}

static enum rft_status check_adapters(const struct reader *r)
{
    size_t n = r->config->model_adapter.n, n_scales = r->config->model_adapter_scale.n;
    if (n_scales == 1 || n_scales == n)
        return RFT_OK;
    rft_log_error("%smodel.adapter_scale has %zu numbers, model.adapter %zu adapters; give one number for all, or one "
                  "for each",
                  where_given(r, "model.adapter_scale").text, n_scales, n);
    return RFT_ERR_CONFIG;
}

static enum rft_status check_verify(const struct reader *r)
{
    const struct rft_config *config = r->config;
    bool has_command = *config->verify_command != '\0', is_command = config->verify_kind == RFT_VERIFY_COMMAND;
    if (is_command && !has_command) {
        rft_log_error("%sverify.kind = command needs verify.command, the program that judges",
                      where_given(r, "verify.kind").text);
        return RFT_ERR_CONFIG;
    }
    if (is_command && config->verify_compat != RFT_COMPAT_NONE) {
        rft_log_error("%sverify.compat = homework is a rule by itself; leave out verify.kind = command, or compat",
                      where_given(r, "verify.compat").text);
        return RFT_ERR_CONFIG;
    }
    if (config->verify_memory_limit.kind == RFT_AMOUNT_PERCENT) {
        rft_log_error("%sverify.memory_limit: a percentage is not allowed; give bytes, as 4GiB, or auto for no limit",
                      where_given(r, "verify.memory_limit").text);
        return RFT_ERR_CONFIG;
    }
    return RFT_OK;
}

static enum rft_status check_data(const struct reader *r)
{
    const struct rft_strings *filter = &r->config->data_filter;
    if (r->config->data_question_field.n == 0) {
        rft_log_error("%sdata.question_field is empty; name the field that holds the question",
                      where_given(r, "data.question_field").text);
        return RFT_ERR_CONFIG;
    }
    for (size_t i = 0; i < filter->n; i++)
        if (strchr(filter->items[i] + 1, '=') == NULL) {
            rft_log_error("%sdata.filter = %.200s: not allowed; give field=value, as in level=Level 5",
                          where_given(r, "data.filter").text, filter->items[i]);
            return RFT_ERR_CONFIG;
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
    for (size_t i = 0; i < rft_n_keys; i++)
        r->config->given[i] = r->seen[i] != 0;
    RFT_TRY(check_required(r));
    RFT_TRY(check_data(r));
    RFT_TRY(check_adapters(r));
    RFT_TRY(check_prompt(r));
    RFT_TRY(check_verify(r));
    return check_temperature(r);
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
    for (size_t i = 0; i < rft_n_keys; i++)
        rft_key_finish(&rft_keys[i], config);
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
            return config->given[i];
    return false;
}

struct rft_verify_options rft_config_verify(const struct rft_config *config)
{
    return (struct rft_verify_options){.kind = config->verify_kind,
                                       .compat = config->verify_compat,
                                       .rel_tol = config->verify_rel_tol,
                                       .units = config->verify_units,
                                       .require_mark = config->verify_require_mark,
                                       .fractions = config->verify_fractions,
                                       .percent = config->verify_percent,
                                       .thousands = config->verify_thousands,
                                       .extract = config->verify_extract,
                                       .ignore_case = config->verify_case,
                                       .keep_space = config->verify_space,
                                       .ignore_punctuation = config->verify_punctuation,
                                       .pattern = config->verify_pattern,
                                       .group = config->verify_group,
                                       .first_match = config->verify_match,
                                       .field = config->verify_field,
                                       .compare = config->verify_compare,
                                       .accept_cut_off = config->verify_cut_off == RFT_CUT_OFF_ACCEPT};
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

enum rft_status rft_config_dump(const struct rft_config *config, struct rft_str *out)
{
    return print_keys(config, 0, out);
}
