/* SPDX-License-Identifier: MIT */
/* Pipelines: which variant of which kernel for a node, and its grid.
 *
 * The rule. A processor that acts as a Vulkan device takes the variant without shared work ("rows"); a GPU takes "lanes" for
 * the few rows of a decode step, where weights must stream at the memory's speed, and "tiled" for prefills and many slots,
 * where they must be used often. All give the same bits, so the rule is free to change. */
#include "vulkan_pipelines.h"

#include "alloc.h"
#include "log.h"
#include "vulkan_shaders.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define ROWS_QUADS 16u   /* quads of matrix rows of a workgroup: LOCAL of shaders/matmul.glsl */
#define ROWS_COLUMNS_MAX 8u
#define LANES_QUADS 4u
#define LANES_COLUMNS_MAX 4u
#define TILED_QUADS 16u
#define TILED_COLUMNS 32u
#define LANES_ROWS_MAX 16u /* more rows than that: tiled */
#define DRAW_WORK 100.0 /* operations to draw an entry of the vocabulary, beside its dot product */
#define SOFTWARE_TURNS_MAX 50000.0 /* llvmpipe's limit is 65,535 */

struct vulkan_kernels {
    VkPipelineLayout layout;
    VkPipelineCache cache;
    bool has_new_tests; /* pipelines passed that the file does not know */
    size_t n_cached;    /* bytes of compiled pipelines in the file */
    struct vulkan_pipeline *pipelines; /* [n_vulkan_shaders] */
};

uint64_t vulkan_kernels_build_hash(void)
{
    uint64_t hash = 0;
    for (uint32_t i = 0; i < n_vulkan_shaders; i++)
        hash = XXH64(vulkan_shaders[i].code, vulkan_shaders[i].n_bytes, hash);
    return hash;
}

VkPipelineLayout vulkan_kernels_layout(const struct rft_device *device)
{
    return device->kernels->layout;
}

/* What a shader module is for, from its name: <op> or <op>_<variant>, with the columns behind those that have some. */
static struct vulkan_pipeline describe(const char *name)
{
    static const struct {
        const char *suffix;
        enum vulkan_variant variant;
        uint32_t columns; /* 0: a number follows */
    } variants[] = {{"", VULKAN_PLAIN, 1},       {"_narrow", VULKAN_NARROW, 1}, {"_wide", VULKAN_WIDE, 1},
                    {"_tiled", VULKAN_TILED, TILED_COLUMNS}, {"_rows_", VULKAN_ROWS, 0},    {"_lanes_", VULKAN_LANES, 0}};
    struct vulkan_pipeline p = {.op = RFT_OP_COUNT};
    for (int op = 0; op < RFT_OP_COUNT; op++) {
        const char *stem = rft_op_name((enum rft_op)op);
        size_t n = strlen(stem);
        const char *rest = name + n;
        if (strncmp(name, stem, n) != 0)
            continue;
        for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
            size_t n_suffix = strlen(variants[i].suffix);
            bool fits = variants[i].columns != 0 ? strcmp(rest, variants[i].suffix) == 0
                                                 : strncmp(rest, variants[i].suffix, n_suffix) == 0;
            if (fits)
                p = (struct vulkan_pipeline){.op = (enum rft_op)op,
                                             .variant = variants[i].variant,
                                             .columns = variants[i].columns != 0 ? variants[i].columns
                                                                                 : (uint32_t)strtoul(rest + n_suffix, NULL, 10)};
        }
    }
    return p;
}

static enum vulkan_variant variant_for(const struct rft_device *device, enum rft_op op, uint32_t n_rows)
{
    if (op == RFT_OP_attention)
        return device->is_cpu ? VULKAN_NARROW : VULKAN_WIDE;
    if (op != RFT_OP_qkv && op != RFT_OP_residual && op != RFT_OP_gate_up && op != RFT_OP_logits && op != RFT_OP_draw)
        return VULKAN_PLAIN;
    if (device->is_cpu)
        return VULKAN_ROWS;
    return n_rows <= LANES_ROWS_MAX ? VULKAN_LANES : VULKAN_TILED;
}

/* The pipeline of the variant whose columns waste least: the rows are cut into equal groups of at most as many as have their
 * sums in registers (GPUs: 96 of them, so that enough workgroups hide each other's waits). */
static uint32_t find_pipeline(const struct rft_device *device, enum rft_op op, uint32_t n_rows)
{
    enum vulkan_variant variant = variant_for(device, op, n_rows);
    uint32_t columns_max = variant == VULKAN_LANES ? LANES_COLUMNS_MAX : ROWS_COLUMNS_MAX;
    uint32_t n_groups = (n_rows + columns_max - 1) / columns_max;
    uint32_t wanted = n_groups == 0 ? 1 : (n_rows + n_groups - 1) / n_groups;
    uint32_t best = n_vulkan_shaders;
    for (uint32_t i = 0; i < n_vulkan_shaders; i++) {
        const struct vulkan_pipeline *p = &device->kernels->pipelines[i];
        if (p->op != op || p->variant != variant || ((variant == VULKAN_ROWS || variant == VULKAN_LANES) && p->columns < wanted))
            continue;
        if (best == n_vulkan_shaders || p->columns < device->kernels->pipelines[best].columns)
            best = i;
    }
    assert(best < n_vulkan_shaders);
    return best;
}

/* Rows of the matrix and elements of a sum, of the ops that have one. */
static void matrix_of(const struct rft_node *node, uint32_t *n, uint32_t *k)
{
    const void *args = node->args.bytes;
    *n = *k = 0;
    if (node->op == RFT_OP_qkv) {
        const struct rft_args_qkv *a = args;
        *n = (a->n_heads + 2 * a->n_kv_heads) * a->head_dim;
        *k = a->dim;
    } else if (node->op == RFT_OP_residual) {
        const struct rft_args_residual *a = args;
        *n = a->dim;
        *k = a->k;
    } else if (node->op == RFT_OP_gate_up) {
        const struct rft_args_gate_up *a = args;
        *n = 2 * a->ffn_dim;
        *k = a->dim;
    } else if (node->op == RFT_OP_logits) {
        const struct rft_args_logits *a = args;
        *n = a->n;
        *k = a->dim;
    } else if (node->op == RFT_OP_draw) {
        const struct rft_args_draw *a = args;
        *n = a->n;
        *k = a->dim;
    }
}

static struct vulkan_call matmul_call(const struct vulkan_pipeline *p, const struct rft_node *node)
{
    uint32_t quads = p->variant == VULKAN_ROWS ? ROWS_QUADS : p->variant == VULKAN_LANES ? LANES_QUADS : TILED_QUADS;
    uint32_t n, k;
    matrix_of(node, &n, &k);
    uint32_t n_quads = (n + RFT_TILE - 1) / RFT_TILE * (RFT_TILE / 4);
    return (struct vulkan_call){.n_groups = (n_quads + quads - 1) / quads * ((node->n_rows + p->columns - 1) / p->columns),
                                .work_per_group = 4.0 * quads * p->columns * (k + (node->op == RFT_OP_draw ? DRAW_WORK : 0.0))};
}

struct vulkan_call vulkan_pipeline_call(const struct vulkan_pipeline *p, const struct rft_node *node)
{
    const void *args = node->args.bytes;
    struct vulkan_call call = {.n_groups = node->n_rows, .work_per_group = 1};
    if (p->variant >= VULKAN_ROWS) {
        call = matmul_call(p, node);
    } else if (node->op == RFT_OP_attention) {
        const struct rft_args_attention *a = args;
        call.n_groups = node->n_rows * a->n_kv_heads;
        call.work_per_group = 2.0 * a->scratch_floats * a->head_dim; /* scratch has a place for each score */
    } else if (node->op == RFT_OP_embed) {
        call.work_per_group = ((const struct rft_args_embed *)args)->dim;
    } else if (node->op == RFT_OP_sample) {
        const struct rft_args_sample *a = args;
        call.n_groups = node->n_rows * a->n_parts;
        call.work_per_group = DRAW_WORK * RFT_SAMPLE_PART;
    } else if (node->op == RFT_OP_filter) {
        call.work_per_group = 400.0 * ((const struct rft_args_filter *)args)->vocab;
    } else if (node->op == RFT_OP_advance) {
        call.work_per_group = ((const struct rft_args_advance *)args)->n_parts;
    }
    call.pipeline = p->handle;
    call.args_bytes = node->args_bytes;
    return call;
}

#define SPIRV_HEADER_WORDS 5u
#define SPIRV_ENTRY_POINT 15u
#define SPIRV_EXECUTION_MODE 16u
#define SPIRV_CAPABILITY 17u
#define SPIRV_F32_MODES_MAX 2u

/* The module with what the contract takes for granted declared for f32, where the device knows the declaration (SPIR-V 1.4, 2.16):
 * rounding to nearest even; infinities and NaN are kept, so that a row that overflows is found. Freed by the caller; NULL when
 * memory is short. */
static uint32_t *declare_modes(const struct vulkan_facts *facts, const struct vulkan_shader *shader, size_t *n_bytes)
{
    static const uint32_t modes[SPIRV_F32_MODES_MAX] = {4462 /* RoundingModeRTE */, 4461 /* SignedZeroInfNanPreserve */};
    static const uint32_t capabilities[SPIRV_F32_MODES_MAX] = {4467, 4466};
    const bool is_known[SPIRV_F32_MODES_MAX] = {facts->has_rounding_mode, facts->has_nan};
    const size_t n_words = shader->n_bytes / 4;
    uint32_t *words = rft_alloc(n_words + SPIRV_F32_MODES_MAX * 6, 4);
    size_t n = SPIRV_HEADER_WORDS;
    uint32_t entry = 0, n_capabilities = 0, n_modes = 0;
    if (words == NULL)
        return NULL;
    memcpy(words, shader->code, SPIRV_HEADER_WORDS * 4);
    for (size_t at = SPIRV_HEADER_WORDS; at < n_words; at += shader->code[at] >> 16) {
        const uint32_t *instruction = &shader->code[at];
        uint32_t op = instruction[0] & 0xffffu;
        bool is_capability = op == SPIRV_CAPABILITY && n_capabilities++ == 0;
        bool is_mode = op == SPIRV_EXECUTION_MODE && n_modes++ == 0;
        for (size_t i = 0; i < SPIRV_F32_MODES_MAX && is_capability; i++) {
            if (!is_known[i])
                continue;
            words[n++] = 2u << 16 | SPIRV_CAPABILITY;
            words[n++] = capabilities[i];
        }
        if (op == SPIRV_ENTRY_POINT)
            entry = instruction[2];
        for (size_t i = 0; i < SPIRV_F32_MODES_MAX && is_mode; i++) {
            if (!is_known[i])
                continue;
            words[n++] = 4u << 16 | SPIRV_EXECUTION_MODE;
            words[n++] = entry;
            words[n++] = modes[i];
            words[n++] = 32;
        }
        memcpy(&words[n], instruction, (instruction[0] >> 16) * sizeof *words);
        n += instruction[0] >> 16;
    }
    *n_bytes = n * 4;
    return words;
}

static enum rft_status make_pipeline(struct rft_device *device, uint32_t index)
{
    const struct vulkan_shader *shader = &vulkan_shaders[index];
    struct vulkan_pipeline *p = &device->kernels->pipelines[index];
    VkShaderModuleCreateInfo module_info = {
        .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO, .codeSize = shader->n_bytes, .pCode = shader->code};
    uint32_t *declared = NULL;
    VkShaderModule module = VK_NULL_HANDLE;
    enum rft_status status;
    declared = declare_modes(&device->facts, shader, &module_info.codeSize);
    if (declared == NULL)
        return RFT_ERR_HOST_MEMORY;
    module_info.pCode = declared;
    status = vulkan_check(device, device->vk.vkCreateShaderModule(device->handle, &module_info, NULL, &module), shader->name);
    rft_free(declared);
    RFT_TRY(status);
    const VkComputePipelineCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .flags = VK_PIPELINE_CREATE_DISPATCH_BASE_BIT,
        .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                  .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                  .module = module,
                  .pName = "main"},
        .layout = device->kernels->layout,
    };
    VkPipeline pipeline = VK_NULL_HANDLE;
    status = vulkan_check(
        device, device->vk.vkCreateComputePipelines(device->handle, device->kernels->cache, 1, &info, NULL, &pipeline), shader->name);
    device->vk.vkDestroyShaderModule(device->handle, module, NULL);
    if (status == RFT_OK)
        p->handle = pipeline;
    return status;
}

/* Makes the pipeline and compares it with the cpu's plain kernel, each if that was not done before. */
static enum rft_status ready_pipeline(struct rft_device *device, uint32_t index)
{
    struct vulkan_pipeline *p = &device->kernels->pipelines[index];
    enum rft_status status;
    if (p->handle == VK_NULL_HANDLE)
        RFT_TRY(make_pipeline(device, index));
    if (p->is_trusted)
        return RFT_OK;
    status = vulkan_test_pipeline(device, p, vulkan_shaders[index].name, false);
    if (status == RFT_ERR_UNSUPPORTED && device->options.is_unchecked) {
        rft_log_warn("%s: [device] arithmetic = unchecked: the kernel is used all the same", device->facts.name);
        p->is_trusted = true;
        return RFT_OK;
    }
    if (status == RFT_OK) {
        p->is_trusted = true;
        device->kernels->has_new_tests = true;
    }
    return status;
}

/* llvmpipe ends every loop of an invocation, without a word, after 65,535 turns in all of them. Only attention over very many keys
 * comes near: at head_dim 64, 128, 256 its loops take 0.23, 0.38, 0.67 turns for each key and four heads. */
static enum rft_status check_turns(const struct rft_device *device, const struct rft_node *node)
{
    const struct rft_args_attention *a = (const void *)node->args.bytes;
    double n_fours, n_keys;
    if (!device->is_cpu || node->op != RFT_OP_attention)
        return RFT_OK;
    n_fours = (a->n_heads / a->n_kv_heads + 3) / 4;
    n_keys = a->scratch_floats / (4.0 * n_fours);
    if (n_fours * n_keys * 0.25 * (1 + a->head_dim / 128.0) < SOFTWARE_TURNS_MAX)
        return RFT_OK;
    rft_log_error("%s: sequences of %.0f tokens are too long for a software device of Vulkan; take backend = cpu", device->facts.name,
                  n_keys);
    return RFT_ERR_UNSUPPORTED;
}

enum rft_status vulkan_kernels_call(struct rft_device *device, const struct rft_node *node, struct vulkan_call *call)
{
    uint32_t index = find_pipeline(device, node->op, node->n_rows);
    *call = (struct vulkan_call){0};
    RFT_TRY(check_turns(device, node));
    RFT_TRY(ready_pipeline(device, index));
    *call = vulkan_pipeline_call(&device->kernels->pipelines[index], node);
    return RFT_OK;
}

enum rft_status vulkan_kernels_self_test(struct rft_device *device, uint32_t *n_kernels)
{
    *n_kernels = 0;
    for (uint32_t i = 0; i < n_vulkan_shaders; i++) {
        if (!device->kernels->pipelines[i].is_trusted)
            RFT_TRY(ready_pipeline(device, i));
        ++*n_kernels;
    }
    return RFT_OK;
}

enum rft_status vulkan_kernels_test_all(struct rft_device *device)
{
    for (uint32_t i = 0; i < n_vulkan_shaders; i++) {
        if (device->kernels->pipelines[i].handle == VK_NULL_HANDLE)
            RFT_TRY(make_pipeline(device, i));
        RFT_TRY(vulkan_test_pipeline(device, &device->kernels->pipelines[i], vulkan_shaders[i].name, true));
    }
    return RFT_OK;
}

/* The file of passed tests holds the modules' names, a line each. */
static enum rft_status load_tests(struct rft_device *device)
{
    struct rft_str names = {0};
    RFT_TRY(vulkan_cache_load(device, VULKAN_CACHE_TESTS, &names));
    for (uint32_t i = 0; i < n_vulkan_shaders && names.len != 0; i++) {
        const char *hit = strstr(names.data, vulkan_shaders[i].name);
        size_t n = strlen(vulkan_shaders[i].name);
        while (hit != NULL && (hit[n] != '\n' || (hit != names.data && hit[-1] != '\n')))
            hit = strstr(hit + 1, vulkan_shaders[i].name);
        device->kernels->pipelines[i].is_trusted = hit != NULL;
    }
    rft_str_finish(&names);
    return RFT_OK;
}

static void store_tests(const struct rft_device *device)
{
    struct rft_str names = {0};
    bool is_whole = true;
    for (uint32_t i = 0; i < n_vulkan_shaders; i++)
        if (device->kernels->pipelines[i].is_trusted)
            is_whole = is_whole && rft_str_printf(&names, "%s\n", vulkan_shaders[i].name) == RFT_OK;
    if (is_whole && names.len != 0 && !device->options.is_unchecked)
        vulkan_cache_store(device, VULKAN_CACHE_TESTS, names.data, names.len);
    rft_str_finish(&names);
}

static void store_pipelines(struct rft_device *device)
{
    size_t n = 0;
    void *data = NULL;
    VkPipelineCache cache = device->kernels->cache;
    if (device->vk.vkGetPipelineCacheData(device->handle, cache, &n, NULL) == VK_SUCCESS && n > device->kernels->n_cached)
        data = rft_alloc(n, 1);
    if (data != NULL && device->vk.vkGetPipelineCacheData(device->handle, cache, &n, data) == VK_SUCCESS)
        vulkan_cache_store(device, VULKAN_CACHE_PIPELINES, data, n);
    rft_free(data);
}

static enum rft_status create_cache(struct rft_device *device)
{
    struct rft_str data = {0};
    RFT_TRY(vulkan_cache_load(device, VULKAN_CACHE_PIPELINES, &data));
    const VkPipelineCacheCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO, .initialDataSize = data.len, .pInitialData = data.data};
    VkResult result = device->vk.vkCreatePipelineCache(device->handle, &info, NULL, &device->kernels->cache);
    if (result != VK_SUCCESS) /* what a failed call leaves there is not defined */
        device->kernels->cache = VK_NULL_HANDLE;
    device->kernels->n_cached = data.len;
    rft_str_finish(&data);
    return vulkan_check(device, result, "vkCreatePipelineCache");
}

enum rft_status vulkan_kernels_open(struct rft_device *device)
{
    const VkPushConstantRange range = {.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT, .size = RFT_ARGS_BYTES_MAX};
    const VkPipelineLayoutCreateInfo info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                                             .pushConstantRangeCount = 1,
                                             .pPushConstantRanges = &range};
    enum rft_status status = RFT_ERR_HOST_MEMORY;
    VkResult result;
    device->kernels = rft_alloc(1, sizeof *device->kernels);
    if (device->kernels != NULL)
        device->kernels->pipelines = rft_alloc(n_vulkan_shaders, sizeof *device->kernels->pipelines);
    if (device->kernels != NULL && device->kernels->pipelines != NULL) {
        for (uint32_t i = 0; i < n_vulkan_shaders; i++)
            device->kernels->pipelines[i] = describe(vulkan_shaders[i].name);
        result = device->vk.vkCreatePipelineLayout(device->handle, &info, NULL, &device->kernels->layout);
        if (result != VK_SUCCESS) /* what a failed call leaves there is not defined */
            device->kernels->layout = VK_NULL_HANDLE;
        status = vulkan_check(device, result, "vkCreatePipelineLayout");
    }
    if (status == RFT_OK)
        status = create_cache(device);
    if (status == RFT_OK)
        status = load_tests(device);
    if (status != RFT_OK)
        vulkan_kernels_close(device);
    return status;
}

void vulkan_kernels_close(struct rft_device *device)
{
    struct vulkan_kernels *k = device->kernels;
    if (k == NULL)
        return;
    if (k->has_new_tests && !device->is_lost)
        store_tests(device);
    if (k->cache != VK_NULL_HANDLE && !device->is_lost)
        store_pipelines(device);
    for (uint32_t i = 0; k->pipelines != NULL && i < n_vulkan_shaders; i++)
        if (k->pipelines[i].handle != VK_NULL_HANDLE)
            device->vk.vkDestroyPipeline(device->handle, k->pipelines[i].handle, NULL);
    if (k->cache != VK_NULL_HANDLE)
        device->vk.vkDestroyPipelineCache(device->handle, k->cache, NULL);
    if (k->layout != VK_NULL_HANDLE)
        device->vk.vkDestroyPipelineLayout(device->handle, k->layout, NULL);
    rft_free(k->pipelines);
    rft_free(k);
    device->kernels = NULL;
}
