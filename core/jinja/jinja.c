/* SPDX-License-Identifier: MIT */
#include "jinja.h"

#include "alloc.h"
#include "jinja_eval.h"
#include "jinja_parse.h"
#include "jinja_symbols.h"

#include <jansson.h>
#include <string.h>

/* What one template may take. */
#define SOURCE_BYTES_MAX ((size_t)4 << 20)
#define PARSE_BYTES_MAX ((uint64_t)256 << 20)

/* ---- parsing ---- */

static enum rft_status check_source(struct rft_bytes source, struct rft_jinja_error *error)
{
    if (source.len > SOURCE_BYTES_MAX)
        return rft_jinja_fail_at(error, 0, 0, RFT_ERR_INPUT, "the template has more than 4 MiB");
    for (size_t at = 0; at < source.len;) {
        int32_t c;
        at += rft_utf8_decode(source.data + at, source.data + source.len, &c);
        if (c < 0)
            return rft_jinja_fail_at(error, 0, 0, RFT_ERR_INPUT, "the template is no UTF-8");
    }
    return RFT_OK;
}

static enum rft_status parse(struct rft_bytes source, struct rft_jinja_template *t, struct rft_jinja_error *error)
{
    struct rft_jinja_tokens tokens;
    RFT_TRY(check_source(source, error));
    RFT_TRY(rft_jinja_lex(&t->arena, source, &tokens, error));
    struct rft_jinja_parser p = {.arena = &t->arena, .token = tokens.items, .error = error};
    RFT_TRY(rft_jinja_parse_body(&p, &t->body));
    return rft_jinja_find_hidden(t);
}

enum rft_status rft_jinja_parse(struct rft_bytes source, struct rft_jinja_template **template,
                                struct rft_jinja_error *error)
{
    struct rft_jinja_template *t = rft_alloc(1, sizeof *t);
    *template = NULL;
    *error = (struct rft_jinja_error){0};
    if (t == NULL)
        return RFT_ERR_HOST_MEMORY;
    t->arena.limit = PARSE_BYTES_MAX;
    enum rft_status status = parse(source, t, error);
    if (status == RFT_ERR_HOST_MEMORY && rft_arena_is_full(&t->arena, 1, PARSE_BYTES_MAX / 2))
        status = rft_jinja_fail_at(error, 0, 0, RFT_ERR_INPUT, "the template is too large");
    if (status != RFT_OK) {
        rft_jinja_close(t);
        return status;
    }
    *template = t;
    return RFT_OK;
}

void rft_jinja_close(struct rft_jinja_template *template)
{
    if (template == NULL)
        return;
    rft_arena_finish(&template->arena);
    rft_free(template);
}

/* ---- variables ---- */

static enum rft_status take_string(struct rft_jinja_run *run, const json_t *json, bool is_trusted,
                                   struct rft_jinja_value *value)
{
    struct rft_jinja_buffer buffer = {0};
    RFT_TRY(rft_jinja_put_bytes(run, &buffer, json_string_value(json), json_string_length(json), !is_trusted));
    *value = rft_jinja_text_value(rft_jinja_built(&buffer));
    return RFT_OK;
}

/* trusted_key: of the objects that an array holds, and of them alone. level: arrays and objects around it. */
static enum rft_status take_json(struct rft_jinja_run *run, const struct rft_jinja_variable *v, const json_t *json,
                                 uint32_t level, struct rft_jinja_value *value)
{
    const char *key;
    json_t *member, *object = (json_t *)(uintptr_t)json;
    size_t i;
    switch (json_typeof(json)) {
    case JSON_STRING: return take_string(run, json, v->is_trusted, value);
    case JSON_INTEGER: *value = rft_jinja_int(json_integer_value(json)); return RFT_OK;
    case JSON_REAL: *value = rft_jinja_float(json_real_value(json)); return RFT_OK;
    case JSON_TRUE:
    case JSON_FALSE: *value = rft_jinja_bool(json_is_true(json)); return RFT_OK;
    case JSON_NULL: *value = rft_jinja_none(); return RFT_OK;
    case JSON_ARRAY:
        RFT_TRY(rft_jinja_list_new(run, RFT_JINJA_LIST, value));
        json_array_foreach(object, i, member)
        {
            struct rft_jinja_value item;
            RFT_TRY(take_json(run, v, member, level + 1, &item));
            RFT_TRY(rft_jinja_list_add(run, value->as.list, item));
        }
        return RFT_OK;
    case JSON_OBJECT: break;
    }
    RFT_TRY(rft_jinja_dict_new(run, value));
    json_object_foreach(object, key, member)
    {
        struct rft_jinja_buffer name = {0};
        struct rft_jinja_value item;
        bool is_trusted =
            level == 1 && v->trusted_key != NULL && strcmp(key, v->trusted_key) == 0 && json_is_string(member);
        RFT_TRY(rft_jinja_put_bytes(run, &name, key, strlen(key), !v->is_trusted));
        RFT_TRY(is_trusted ? take_string(run, member, true, &item) : take_json(run, v, member, level + 1, &item));
        RFT_TRY(rft_jinja_dict_set(run, value->as.dict, rft_jinja_text_value(rft_jinja_built(&name)), item));
    }
    return RFT_OK;
}

static enum rft_status take_variables(struct rft_jinja_run *run, const struct rft_jinja_input *input)
{
    RFT_TRY(rft_jinja_scope_enter(run, NULL));
    for (size_t i = 0; i < input->n_variables; i++) {
        const struct rft_jinja_variable *v = &input->variables[i];
        struct rft_jinja_value value = rft_jinja_undefined(rft_bytes_z(v->name));
        if (v->json != NULL)
            RFT_TRY(take_json(run, v, v->json, 0, &value));
        RFT_TRY(rft_jinja_scope_set(run, rft_bytes_z(v->name), value));
    }
    return RFT_OK;
}

/* ---- rendering ---- */

static enum rft_status render(struct rft_jinja_run *run, const struct rft_jinja_template *template,
                              const struct rft_jinja_input *input, struct rft_jinja_output *output)
{
    RFT_TRY(take_variables(run, input));
    RFT_TRY(rft_jinja_scope_enter(run, template->hidden)); /* the template's own variables */
    RFT_TRY(rft_jinja_exec(run, template->body));
    struct rft_jinja_text text = {run->out->bytes, run->out->marks, run->out->len};
    RFT_TRY(rft_str_append(&output->text, text.bytes, text.len));
    return rft_str_append(&output->marks, text.marks, text.len);
}

enum rft_status rft_jinja_render(const struct rft_jinja_template *template, const struct rft_jinja_input *input,
                                 struct rft_jinja_output *output, struct rft_jinja_error *error)
{
    struct rft_jinja_buffer out = {0};
    struct rft_jinja_run run = {.arena = {.limit = RFT_JINJA_BYTES_MAX},
                                .error = error,
                                .out = &out,
                                .steps_left = RFT_JINJA_STEPS_MAX,
                                .date = input->date};
    *error = (struct rft_jinja_error){0};
    rft_str_clear(&output->text);
    rft_str_clear(&output->marks);
    enum rft_status status = render(&run, template, input, output);
    rft_arena_finish(&run.arena);
    return status;
}

void rft_jinja_output_finish(struct rft_jinja_output *output)
{
    rft_str_finish(&output->text);
    rft_str_finish(&output->marks);
}
