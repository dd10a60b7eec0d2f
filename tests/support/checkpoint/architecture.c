/* SPDX-License-Identifier: MIT */
#include "architecture.h"

#include "file.h"
#include "gguf_builder.h"
#include "support.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define NAME_BYTES 256

/* A tensor under the name of one layer. */
struct named_tensor {
    char name[NAME_BYTES];
    uint64_t dims[4];
    uint32_t n_dims;
    double base, scale;
};

static json_t *member(const struct rft_test_architecture *a, const char *key)
{
    return json_object_get(a->json, key);
}

static const char *text_at(const json_t *row, size_t i)
{
    const char *text = json_string_value(json_array_get(row, i));
    assert_non_null(text);
    return text;
}

static uint32_t *read_ids(const json_t *array, uint32_t *ids)
{
    for (size_t i = 0; i < json_array_size(array); i++)
        ids[i] = (uint32_t)json_integer_value(json_array_get(array, i));
    return ids;
}

static uint32_t base64_digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = strchr(digits, c);
    return at != NULL && c != '\0' ? (uint32_t)(at - digits) : 0; /* = at the end: zeros that nobody reads */
}

/* n f16 numbers, all of them normal or zero. */
static float *read_f16(const char *base64, size_t n)
{
    float *values = malloc(n * sizeof *values);
    uint8_t bytes[3];
    assert_true(strlen(base64) / 4 * 3 >= 2 * n);
    uint32_t half = 0;
    for (size_t i = 0; i < 2 * n; i++) {
        if (i % 3 == 0) {
            const char *at = base64 + i / 3 * 4;
            uint32_t word =
                base64_digit(at[0]) << 18 | base64_digit(at[1]) << 12 | base64_digit(at[2]) << 6 | base64_digit(at[3]);
            bytes[0] = (uint8_t)(word >> 16);
            bytes[1] = (uint8_t)(word >> 8);
            bytes[2] = (uint8_t)word;
        }
        half = half >> 8 | (uint32_t)bytes[i % 3] << 8;
        if (i % 2 == 1) {
            uint32_t magnitude = half & 0x7fffu;
            uint32_t bits = (half & 0x8000u) << 16 | (magnitude < 1u << 10 ? 0 : (magnitude << 13) + (112u << 23));
            memcpy(&values[i / 2], &bits, sizeof bits);
        }
    }
    return values;
}

#define FOLDER "tests/oracle/data/architectures"

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

size_t rft_test_architecture_names(const char *names[RFT_TEST_ARCHITECTURES_MAX])
{
    static char kept[RFT_TEST_ARCHITECTURES_MAX][64];
    DIR *dir = opendir(rft_test_path(FOLDER));
    size_t n_names = 0;
    assert_non_null(dir);
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL && n_names < RFT_TEST_ARCHITECTURES_MAX;) {
        size_t n = strlen(entry->d_name);
        if (n < 6 || n >= sizeof kept[0] || strcmp(entry->d_name + n - 5, ".json") != 0)
            continue;
        snprintf(kept[n_names], sizeof kept[0], "%.*s", (int)(n - 5), entry->d_name);
        names[n_names] = kept[n_names];
        n_names++;
    }
    closedir(dir);
    qsort(names, n_names, sizeof *names, compare);
    return n_names;
}

void rft_test_architecture_load(const char *name, struct rft_test_architecture *a)
{
    char path[512];
    json_error_t error;
    snprintf(path, sizeof path, FOLDER "/%s.json", name);
    memset(a, 0, sizeof *a);
    a->json = json_load_file(rft_test_path(path), 0, &error);
    assert_non_null(a->json);
    const json_t *prompt = member(a, "prompt"), *ids = member(a, "ids"), *positions = member(a, "positions");
    const json_t *config = member(a, "config");
    const json_t *inner = json_object_get(config, "text_config");
    a->name = json_string_value(member(a, "name"));
    a->n_layers = (uint32_t)json_integer_value(member(a, "n_layers"));
    a->vocab = (uint32_t)json_integer_value(json_object_get(inner != NULL ? inner : config, "vocab_size"));
    a->is_long = json_is_true(member(a, "long"));
    a->n_prompt = (uint32_t)json_array_size(prompt);
    a->n_new = (uint32_t)json_array_size(ids);
    a->n_stored = (uint32_t)json_array_size(positions);
    a->ids = malloc((a->n_prompt + a->n_new) * sizeof *a->ids);
    read_ids(ids, read_ids(prompt, a->ids) + a->n_prompt);
    a->margins = malloc(a->n_new * sizeof *a->margins);
    for (uint32_t i = 0; i < a->n_new; i++)
        a->margins[i] = json_number_value(json_array_get(member(a, "margins"), i));
    a->positions = read_ids(positions, malloc(a->n_stored * sizeof *a->positions));
    a->logits = read_f16(json_string_value(member(a, "logits")), (size_t)a->n_stored * a->vocab);
}

void rft_test_architecture_finish(struct rft_test_architecture *a)
{
    json_decref(a->json);
    free(a->ids);
    free(a->margins);
    free(a->positions);
    free(a->logits);
    memset(a, 0, sizeof *a);
}

/* # stands for a layer's number. */
static void expand(const char *pattern, uint32_t layer, char name[NAME_BYTES])
{
    const char *mark = strchr(pattern, '#');
    if (mark == NULL)
        snprintf(name, NAME_BYTES, "%s", pattern);
    else
        snprintf(name, NAME_BYTES, "%.*s%u%s", (int)(mark - pattern), pattern, layer, mark + 1);
}

static uint32_t n_copies(const struct rft_test_architecture *a, const char *pattern)
{
    return strchr(pattern, '#') != NULL ? a->n_layers : 1;
}

static uint64_t n_elements(const struct named_tensor *tensor)
{
    uint64_t n = 1;
    for (uint32_t i = 0; i < tensor->n_dims; i++)
        n *= tensor->dims[i];
    return n;
}

/* From a row [name, shape, kind]. */
static struct named_tensor tensor_of(const struct rft_test_architecture *a, const json_t *row, uint32_t layer)
{
    const json_t *shape = json_array_get(row, 1), *kind = json_object_get(member(a, "kinds"), text_at(row, 2));
    struct named_tensor tensor = {.n_dims = (uint32_t)json_array_size(shape),
                                  .base = json_number_value(json_array_get(kind, 0)),
                                  .scale = json_number_value(json_array_get(kind, 1))};
    assert_true(tensor.n_dims >= 1 && tensor.n_dims <= 4 && kind != NULL);
    expand(text_at(row, 0), layer, tensor.name);
    for (uint32_t i = 0; i < tensor.n_dims; i++)
        tensor.dims[i] = (uint64_t)json_integer_value(json_array_get(shape, i));
    return tensor;
}

static float *make_values(const struct rft_test_architecture *a, const struct named_tensor *tensor)
{
    uint64_t seed = (uint64_t)json_integer_value(member(a, "seed")), n = n_elements(tensor);
    uint64_t first = UINT64_C(0xcbf29ce484222325);
    float *values = malloc(n * sizeof *values);
    struct rft_round_counts counts = {0, 0};
    assert_non_null(values);
    for (const char *at = tensor->name; *at != '\0'; at++)
        first = (first ^ (uint8_t)*at) * UINT64_C(0x100000001b3);
    first += (seed + 1) * UINT64_C(0xd1b54a32d192ed03);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t z = first + (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        z ^= z >> 31;
        double scaled = tensor->scale * ((double)(z >> 40) / 8388608.0 - 1.0);
        values[i] = rft_bf16_to_f32(rft_bf16_round((float)(tensor->base + scaled), &counts));
    }
    return values;
}

static void append(struct rft_str *s, const void *bytes, size_t n)
{
    assert_int_equal(rft_str_append(s, bytes, n), RFT_OK);
}

static void append_values(struct rft_str *data, enum rft_dtype dtype, const float *values, uint64_t n)
{
    struct rft_round_counts counts = {0, 0};
    for (uint64_t i = 0; i < n; i++) {
        uint16_t half = rft_bf16_round(values[i], &counts);
        if (dtype == RFT_DTYPE_F32)
            append(data, &values[i], sizeof values[i]);
        else
            append(data, &half, sizeof half);
    }
}

static void append_safetensor(const struct rft_test_architecture *a, const struct named_tensor *tensor,
                              enum rft_dtype dtype, struct rft_str *header, struct rft_str *data)
{
    float *values = make_values(a, tensor);
    uint64_t begin = data->len;
    append_values(data, dtype, values, n_elements(tensor));
    rft_str_printf(header, ",\"%s\":{\"dtype\":\"%s\",\"shape\":[", tensor->name, rft_dtype_name(dtype));
    for (uint32_t i = 0; i < tensor->n_dims; i++)
        rft_str_printf(header, "%s%llu", i ? "," : "", (unsigned long long)tensor->dims[i]);
    rft_str_printf(header, "],\"data_offsets\":[%llu,%llu]}", (unsigned long long)begin, (unsigned long long)data->len);
    free(values);
}

static void write_in(const char *dir, const char *name, const void *bytes, size_t n)
{
    char *path = rft_path_join(dir, name);
    assert_non_null(path);
    rft_test_write_file(path, bytes, n);
    rft_free(path);
}

void rft_test_architecture_write_dir(const struct rft_test_architecture *a, const char *key, enum rft_dtype dtype,
                                     const char *dir)
{
    const json_t *rows = member(a, "tensors");
    struct rft_str header = {0}, data = {0}, file = {0};
    char *config = json_dumps(member(a, key), JSON_INDENT(1));
    assert_non_null(config);
    assert_true(mkdir(dir, 0777) == 0 || rft_file_exists(dir));
    write_in(dir, "config.json", config, strlen(config));
    rft_free(config);
    append(&header, "{\"__metadata__\":{\"format\":\"pt\"}", 31);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        for (uint32_t layer = 0; layer < n_copies(a, text_at(row, 0)); layer++) {
            struct named_tensor tensor = tensor_of(a, row, layer);
            append_safetensor(a, &tensor, dtype, &header, &data);
        }
    }
    append(&header, "}", 1);
    uint64_t header_bytes = header.len;
    append(&file, &header_bytes, sizeof header_bytes);
    append(&file, header.data, header.len);
    append(&file, data.data, data.len);
    write_in(dir, "model.safetensors", file.data, file.len);
    rft_str_finish(&header);
    rft_str_finish(&data);
    rft_str_finish(&file);
}

/* Metadata: [key, type, value], with [] behind the type of an array's elements. */
static void append_value(struct rft_str *file, const char *type, const json_t *value)
{
    uint32_t word = (uint32_t)json_integer_value(value);
    float number = (float)json_number_value(value);
    if (strncmp(type, "u32", 3) == 0 || strncmp(type, "i32", 3) == 0)
        rft_test_gguf_word(file, word);
    else if (strncmp(type, "f32", 3) == 0)
        rft_test_gguf_raw(file, &number, sizeof number);
    else if (strncmp(type, "bool", 4) == 0)
        rft_test_gguf_raw(file, json_is_true(value) ? "\1" : "\0", 1);
    else
        rft_test_gguf_string(file, json_string_value(value));
}

static void append_entry(struct rft_str *file, const json_t *row)
{
    static const struct {
        const char *name;
        uint32_t number;
    } types[] = {{"u32", 4}, {"i32", 5}, {"f32", 6}, {"bool", 7}, {"text", 8}};
    const char *key = text_at(row, 0), *type = text_at(row, 1);
    const json_t *value = json_array_get(row, 2);
    uint32_t number = UINT32_MAX;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strncmp(type, types[i].name, strlen(types[i].name)) == 0)
            number = types[i].number;
    assert_int_not_equal(number, UINT32_MAX);
    if (strchr(type, '[') == NULL) {
        rft_test_gguf_key(file, key, number);
        append_value(file, type, value);
        return;
    }
    rft_test_gguf_array(file, key, number, json_array_size(value));
    for (size_t i = 0; i < json_array_size(value); i++)
        append_value(file, type, json_array_get(value, i));
}

/* The tensor of this name or pattern in "tensors". */
static struct named_tensor find_source(const struct rft_test_architecture *a, const char *pattern, uint32_t layer)
{
    const json_t *rows = member(a, "tensors");
    for (size_t i = 0; i < json_array_size(rows); i++)
        if (strcmp(text_at(json_array_get(rows, i), 0), pattern) == 0)
            return tensor_of(a, json_array_get(rows, i), layer);
    fail_msg("%s: there is no tensor %s", a->name, pattern);
    return (struct named_tensor){.n_dims = 0};
}

/* Rows of each head: 0, half, 1, half + 1, ... */
static void permute(float *values, const struct named_tensor *tensor, uint64_t n_heads)
{
    uint64_t n_columns = n_elements(tensor) / tensor->dims[0], head_dim = tensor->dims[0] / n_heads;
    float *from = malloc(n_elements(tensor) * sizeof *from);
    assert_non_null(from);
    memcpy(from, values, n_elements(tensor) * sizeof *from);
    for (uint64_t row = 0; row < tensor->dims[0]; row++) {
        uint64_t at = row % head_dim, source = row - at + at / 2 + at % 2 * (head_dim / 2);
        memcpy(values + row * n_columns, from + source * n_columns, n_columns * sizeof *from);
    }
    free(from);
}

/* From a row of "gguf"."tensors": the tensor's name there and its values. */
static struct named_tensor make_gguf_tensor(const struct rft_test_architecture *a, const json_t *row, uint32_t layer,
                                            float **values)
{
    struct named_tensor tensor;
    const json_t *source = json_array_get(row, 1);
    if (json_is_array(source)) { /* numbers */
        tensor = (struct named_tensor){.n_dims = 1, .dims = {json_array_size(source)}};
        *values = malloc(json_array_size(source) * sizeof **values);
        for (size_t i = 0; i < json_array_size(source); i++)
            (*values)[i] = (float)json_number_value(json_array_get(source, i));
    } else {
        tensor = find_source(a, text_at(row, 1), layer);
        *values = make_values(a, &tensor);
        const char *change = json_array_size(row) > 2 ? text_at(row, 2) : "";
        if (strcmp(change, "permute") == 0)
            permute(*values, &tensor, (uint64_t)json_integer_value(json_array_get(row, 3)));
        if (strcmp(change, "add") == 0)
            for (uint64_t i = 0; i < n_elements(&tensor); i++)
                (*values)[i] += (float)json_number_value(json_array_get(row, 3));
    }
    expand(text_at(row, 0), layer, tensor.name);
    return tensor;
}

static void append_gguf_tensor(const struct rft_test_architecture *a, const json_t *row, uint32_t layer,
                               struct rft_str *file, struct rft_str *data)
{
    float *values;
    struct named_tensor tensor = make_gguf_tensor(a, row, layer, &values);
    enum rft_dtype dtype = tensor.n_dims == 1 ? RFT_DTYPE_F32 : RFT_DTYPE_BF16;
    uint64_t dims[4];
    for (uint32_t i = 0; i < tensor.n_dims; i++)
        dims[i] = tensor.dims[tensor.n_dims - 1 - i];
    rft_test_gguf_tensor(file, tensor.name, tensor.n_dims, dims, dtype == RFT_DTYPE_F32 ? 0 : 30, data->len);
    append_values(data, dtype, values, n_elements(&tensor));
    rft_test_gguf_align(data, 32);
    free(values);
}

bool rft_test_architecture_write_gguf(const struct rft_test_architecture *a, const char *path)
{
    const json_t *gguf = member(a, "gguf");
    const json_t *entries = json_object_get(gguf, "metadata"), *rows = json_object_get(gguf, "tensors");
    struct rft_str file = {0}, data = {0};
    uint64_t n_tensors = 0;
    if (!json_is_object(gguf))
        return false;
    for (size_t i = 0; i < json_array_size(rows); i++)
        n_tensors += n_copies(a, text_at(json_array_get(rows, i), 0));
    rft_test_gguf_begin(&file, 3, n_tensors, json_array_size(entries));
    for (size_t i = 0; i < json_array_size(entries); i++)
        append_entry(&file, json_array_get(entries, i));
    for (size_t i = 0; i < json_array_size(rows); i++)
        for (uint32_t layer = 0; layer < n_copies(a, text_at(json_array_get(rows, i), 0)); layer++)
            append_gguf_tensor(a, json_array_get(rows, i), layer, &file, &data);
    rft_test_gguf_align(&file, 32);
    append(&file, data.data, data.len);
    rft_test_write_file(path, file.data, file.len);
    rft_str_finish(&file);
    rft_str_finish(&data);
    return true;
}

double rft_test_architecture_error(const struct rft_test_architecture *a, const float *logits)
{
    double difference = 0.0, norm = 0.0;
    for (uint32_t i = 0; i < a->n_stored; i++)
        for (uint32_t j = 0; j < a->vocab; j++) {
            double reference = (double)a->logits[(size_t)i * a->vocab + j];
            double d = (double)logits[(size_t)a->positions[i] * a->vocab + j] - reference;
            difference += d * d;
            norm += reference * reference;
        }
    return difference / norm;
}
