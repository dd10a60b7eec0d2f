/* SPDX-License-Identifier: MIT */
/* The arithmetic contract (docs/arithmetic.md) on SPIR-V, at build time: what glslang made of the kernels is decorated,
 * checked and turned into C. It knows the few instructions that matter; what SPIR-V's types are made of comes before
 * them.
 *
 *   spirv_contract decorate IN.spv OUT.spv         NoContraction on every float add, subtract, multiply and Fma:
 *                                                  glslang leaves it out of Fma and of functions, and without it a
 *                                                  driver may fuse
 *   spirv_contract check FILE.spv...               one line for every breach, exit code 1 if there is any
 *   spirv_contract embed OUT.c STEM=FILE.spv...    the modules as vulkan_shaders[] of vulkan_shaders.h */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC 0x07230203u
#define HEADER_WORDS 5u
#define IDS_MAX (1u << 22) /* far above any kernel's; bounds what a damaged file makes us allocate */
#define WORDS_MAX ((size_t)1 << 24)
#define BYTES_HUGE (1ull << 32) /* sizes stop growing here, so that products do not overflow */
#define SHARED_BYTES_MAX 16384u /* smallest maxComputeSharedMemorySize that Vulkan allows */
#define GROUP_SIZE_MAX 256u     /* devices of today allow as many; Vulkan itself promises 128 */

/* Numbers of the SPIR-V specification. */
enum {
    OP_UNDEF = 1,
    OP_NAME = 5,
    OP_EXT_INST_IMPORT = 11,
    OP_EXT_INST = 12,
    OP_ENTRY_POINT = 15,
    OP_EXECUTION_MODE = 16,
    OP_CAPABILITY = 17,
    OP_TYPE_VOID = 19,
    OP_TYPE_BOOL = 20,
    OP_TYPE_INT = 21,
    OP_TYPE_FLOAT = 22,
    OP_TYPE_VECTOR = 23,
    OP_TYPE_MATRIX = 24,
    OP_TYPE_ARRAY = 28,
    OP_TYPE_STRUCT = 30,
    OP_TYPE_POINTER = 32,
    OP_TYPE_FORWARD_POINTER = 39,
    OP_CONSTANT = 43,
    OP_CONSTANT_COMPOSITE = 44,
    OP_SPEC_CONSTANT = 50,
    OP_SPEC_CONSTANT_COMPOSITE = 51,
    OP_FUNCTION = 54,
    OP_FUNCTION_END = 56,
    OP_VARIABLE = 59,
    OP_DECORATE = 71,
    OP_MEMBER_DECORATE = 72,
    OP_GROUP_MEMBER_DECORATE = 75,
    OP_FADD = 129,
    OP_FSUB = 131,
    OP_FMUL = 133,
    OP_IS_NAN = 156,
    OP_IS_INF = 157,
    OP_EXECUTION_MODE_ID = 331,
    OP_DECORATE_ID = 332,
    MODE_LOCAL_SIZE = 17,
    MODE_LOCAL_SIZE_ID = 38,
    DECORATION_RELAXED = 0,
    DECORATION_BUILT_IN = 11,
    DECORATION_NO_CONTRACTION = 42,
    BUILT_IN_WORKGROUP_SIZE = 25,
    STORAGE_WORKGROUP = 4,
    MODEL_GL_COMPUTE = 5,
    GLSL_FMA = 50
};

/* Shader, PhysicalStorageBufferAddresses, RoundingModeRTE, which asks for rounding to nearest even, and dot products of
 * integers: DotProductInput4x8BitPacked, DotProduct. */
static const uint32_t capabilities[] = {1, 5347, 4467, 6018, 6019};
/* UMin, SMin, UMax, SMax: integers. Fma: exact for two bf16, and for small integers. */
static const uint32_t glsl_instructions[] = {38, 39, 41, 42, GLSL_FMA};
/* What may yield a float: Undef, ExtInst (which is checked apart), constants, functions and their parameters and calls,
 * loads, moves from 77 to 83, conversions from integers, Bitcast, FNegate, Select, Phi, CopyLogical; and the three
 * operations. */
static const uint32_t float_instructions[] = {1,   12,  43,  44,  46,  50,      51,      54,     55,  57,
                                              61,  77,  78,  79,  80,  81,      82,      83,     111, 112,
                                              124, 127, 169, 245, 400, OP_FADD, OP_FSUB, OP_FMUL};
static const struct {
    uint32_t op;
    const char *name;
} names[] = {
    /* for messages only */
    {12, "OpExtInst"},
    {17, "OpCapability"},
    {21, "OpTypeInt"},
    {22, "OpTypeFloat"},
    {115, "OpFConvert"},
    {116, "OpQuantizeToF16"},
    {129, "OpFAdd"},
    {131, "OpFSub"},
    {133, "OpFMul"},
    {136, "OpFDiv"},
    {140, "OpFRem"},
    {141, "OpFMod"},
    {142, "OpVectorTimesScalar"},
    {143, "OpMatrixTimesScalar"},
    {144, "OpVectorTimesMatrix"},
    {145, "OpMatrixTimesVector"},
    {146, "OpMatrixTimesMatrix"},
    {147, "OpOuterProduct"},
    {148, "OpDot"},
    {156, "OpIsNan"},
    {157, "OpIsInf"},
    {350, "OpGroupNonUniformFAdd"},
    {6035, "OpAtomicFAddEXT"},
};

/* What is known of an id so far. */
struct id {
    uint64_t bytes;   /* of a type; 0 = it has no size that can be told */
    uint32_t value;   /* of a constant, specialisation constants by their default; 0 = it cannot be told */
    uint32_t pointee; /* of a pointer type: the id of what it points to */
    uint32_t name_bytes_max;
    const char *name;   /* NULL = none */
    bool is_float;      /* a type: f32, or a vector or matrix of it */
    bool is_exact;      /* decorated NoContraction */
    bool is_glsl;       /* the import of GLSL.std.450 */
    bool is_group_size; /* decorated as the built-in WorkgroupSize */
};

struct module {
    const char *path;
    uint32_t *words;
    size_t n_words;
    uint32_t n_ids;
    struct id *ids; /* [n_ids + 1]: the last one stands for every id that is out of range */
};

struct instruction {
    uint32_t op, n;
    size_t at; /* its first word's index */
    const uint32_t *words;
};

struct check {
    const struct module *module;
    const struct id *function; /* that it is in; NULL = none */
    uint32_t n_findings, n_entry_points;
    uint64_t shared_bytes;
    bool has_size;
};

static bool fail(const char *path, const char *why)
{
    fprintf(stderr, "%s: %s\n", path, why);
    return false;
}

static bool is_in(const uint32_t *list, size_t n, uint32_t value)
{
    while (n > 0 && list[n - 1] != value)
        n--;
    return n > 0;
}
#define IS_IN(list, value) is_in(list, sizeof(list) / sizeof *(list), value)

/* Operand k, 0 past the end of a short instruction: no id is 0. */
static uint32_t word(const struct instruction *i, uint32_t k)
{
    return k < i->n ? i->words[k] : 0u;
}

static struct id *id_of(const struct module *m, uint32_t id)
{
    return &m->ids[id != 0 && id < m->n_ids ? id : m->n_ids];
}

/* The instruction at *at, which moves on; false at the end. The lengths were checked when the module was read. */
static bool next(const struct module *m, size_t *at, struct instruction *i)
{
    if (*at >= m->n_words)
        return false;
    i->at = *at;
    i->words = m->words + *at;
    i->op = i->words[0] & 0xffffu;
    i->n = i->words[0] >> 16;
    *at += i->n;
    return true;
}

static bool read_words(struct module *m)
{
    FILE *f = fopen(m->path, "rb");
    if (f == NULL)
        return fail(m->path, "cannot be opened");
    long bytes = fseek(f, 0, SEEK_END) == 0 ? ftell(f) : -1;
    bool is_sized = bytes >= 0 && (size_t)bytes / 4 <= WORDS_MAX && fseek(f, 0, SEEK_SET) == 0;
    m->n_words = is_sized ? (size_t)bytes / 4 : 0;
    m->words = is_sized ? malloc((size_t)bytes + 4) : NULL;
    bool is_read = m->words != NULL && fread(m->words, 1, (size_t)bytes, f) == (size_t)bytes;
    fclose(f);
    if (!is_read)
        return fail(m->path, "cannot be read");
    return (bytes % 4 == 0 && m->n_words >= HEADER_WORDS) || fail(m->path, "is no SPIR-V module: it is cut short");
}

/* Sizes as the strictest device lays types out: a vector of three takes the room of four. */
static void note_type(const struct module *m, const struct instruction *i)
{
    struct id *type = id_of(m, word(i, 1));
    const struct id *part = id_of(m, word(i, 2));
    uint64_t n = word(i, 3), bytes = 0;
    if (i->op == OP_TYPE_BOOL)
        bytes = 4;
    if (i->op == OP_TYPE_INT || i->op == OP_TYPE_FLOAT)
        bytes = word(i, 2) / 8;
    if (i->op == OP_TYPE_VECTOR || i->op == OP_TYPE_MATRIX)
        bytes = part->bytes * (n == 3 ? 4 : n);
    if (i->op == OP_TYPE_ARRAY)
        bytes = part->bytes * id_of(m, word(i, 3))->value;
    for (uint32_t k = 2; i->op == OP_TYPE_STRUCT && k < i->n; k++)
        bytes += id_of(m, i->words[k])->bytes != 0 ? id_of(m, i->words[k])->bytes : BYTES_HUGE;
    if (i->op == OP_TYPE_POINTER)
        type->pointee = word(i, 3);
    type->is_float = i->op == OP_TYPE_FLOAT || ((i->op == OP_TYPE_VECTOR || i->op == OP_TYPE_MATRIX) && part->is_float);
    type->bytes = bytes < BYTES_HUGE ? bytes : BYTES_HUGE;
}

/* Everything that later instructions refer to. */
static void note(const struct module *m, const struct instruction *i)
{
    struct id *first = id_of(m, word(i, 1));
    if (i->op >= OP_TYPE_VOID && i->op < OP_TYPE_FORWARD_POINTER) {
        note_type(m, i);
    } else if (i->op == OP_CONSTANT || i->op == OP_SPEC_CONSTANT) {
        id_of(m, word(i, 2))->value = word(i, 3);
    } else if (i->op == OP_NAME && i->n > 2) {
        first->name = (const char *)(i->words + 2);
        first->name_bytes_max = (i->n - 2) * 4;
    } else if (i->op == OP_EXT_INST_IMPORT) {
        first->is_glsl = i->n == 6 && memcmp(i->words + 2, "GLSL.std.450\0\0\0", 16) == 0;
    } else if (i->op == OP_DECORATE) {
        first->is_exact |= word(i, 2) == DECORATION_NO_CONTRACTION;
        first->is_group_size |= word(i, 2) == DECORATION_BUILT_IN && word(i, 3) == BUILT_IN_WORKGROUP_SIZE;
    }
}

/* To be freed even if it fails. */
static bool read_module(const char *path, struct module *m)
{
    *m = (struct module){.path = path};
    if (!read_words(m))
        return false;
    if (m->words[0] != MAGIC)
        return fail(path, "is no SPIR-V module of this machine's byte order: wrong magic number");
    m->n_ids = m->words[3];
    if (m->n_ids == 0 || m->n_ids > IDS_MAX)
        return fail(path, "is damaged: impossible bound of ids");
    for (size_t at = HEADER_WORDS; at < m->n_words; at += m->words[at] >> 16) {
        uint32_t n = m->words[at] >> 16;
        if (n == 0 || n > m->n_words - at)
            return fail(path, "is damaged: an instruction of no length or beyond the end");
    }
    m->ids = calloc((size_t)m->n_ids + 1, sizeof *m->ids);
    if (m->ids == NULL)
        return fail(path, "not enough memory");
    struct instruction i;
    for (size_t at = HEADER_WORDS; next(m, &at, &i);)
        note(m, &i);
    return true;
}

static void free_module(struct module *m)
{
    free(m->words);
    free(m->ids);
}

/* An operation whose rounding a driver could skip. */
static bool is_rounded(const struct module *m, const struct instruction *i)
{
    return i->op == OP_FADD || i->op == OP_FSUB || i->op == OP_FMUL ||
           (i->op == OP_EXT_INST && id_of(m, word(i, 3))->is_glsl && word(i, 4) == GLSL_FMA);
}

/* One line. number is left out if it is 0; i may be NULL. */
static void found(struct check *c, const struct instruction *i, const char *what, uint64_t number)
{
    const struct id *function = c->function;
    uint32_t n = 0, k = 0;
    c->n_findings++;
    fprintf(stderr, "%s: ", c->module->path);
    while (function != NULL && n < function->name_bytes_max && function->name[n] != '\0' && function->name[n] != '(')
        n++; /* glslang appends "(" and the parameters' types */
    if (n > 0)
        fprintf(stderr, "%.*s: ", (int)n, function->name);
    while (i != NULL && k < sizeof names / sizeof *names && names[k].op != i->op)
        k++;
    if (i != NULL)
        fprintf(stderr, "%s (%u) at word %zu: ", k < sizeof names / sizeof *names ? names[k].name : "opcode",
                (unsigned)i->op, i->at);
    fprintf(stderr, number != 0 ? "%s %llu\n" : "%s\n", what, (unsigned long long)number);
}

/* Three numbers, or the ids of three constants. */
static void check_group_size(struct check *c, const struct instruction *i, bool are_ids)
{
    uint64_t product = 1;
    for (uint32_t k = 3; k < 6; k++) {
        uint32_t size = are_ids ? id_of(c->module, word(i, k))->value : word(i, k);
        product *= size <= GROUP_SIZE_MAX ? size : GROUP_SIZE_MAX + 1;
    }
    c->has_size = true;
    if (product == 0 || product > GROUP_SIZE_MAX)
        found(c, i, "the workgroup has no size, or more invocations than", GROUP_SIZE_MAX);
}

/* What a module declares. */
static void check_declaration(struct check *c, const struct instruction *i)
{
    if (i->op == OP_CAPABILITY && !IS_IN(capabilities, word(i, 1))) {
        found(c, i, "kernels must not need capability", word(i, 1));
    } else if ((i->op == OP_TYPE_INT || i->op == OP_TYPE_FLOAT) && word(i, 2) != 32) {
        found(c, i, "only 32 bits are allowed, not", word(i, 2));
    } else if ((i->op == OP_DECORATE && word(i, 2) == DECORATION_RELAXED) ||
               (i->op == OP_MEMBER_DECORATE && word(i, 3) == DECORATION_RELAXED)) {
        found(c, i, "RelaxedPrecision lets a driver compute in 16 bits", 0);
    } else if (i->op == OP_ENTRY_POINT) {
        c->n_entry_points++;
        if (word(i, 1) != MODEL_GL_COMPUTE || i->n < 5 || memcmp(i->words + 3, "main\0\0\0", 8) != 0)
            found(c, i, "the entry point is no compute shader's main", 0);
    } else if (i->op == OP_EXECUTION_MODE && word(i, 2) == MODE_LOCAL_SIZE) {
        check_group_size(c, i, false);
    } else if ((i->op == OP_EXECUTION_MODE_ID && word(i, 2) == MODE_LOCAL_SIZE_ID) ||
               ((i->op == OP_CONSTANT_COMPOSITE || i->op == OP_SPEC_CONSTANT_COMPOSITE) &&
                id_of(c->module, word(i, 2))->is_group_size)) {
        check_group_size(c, i, true);
    } else if (i->op == OP_VARIABLE && word(i, 3) == STORAGE_WORKGROUP) {
        uint64_t bytes = id_of(c->module, id_of(c->module, word(i, 1))->pointee)->bytes;
        c->shared_bytes = bytes != 0 && bytes < BYTES_HUGE - c->shared_bytes ? c->shared_bytes + bytes : BYTES_HUGE;
    }
}

/* What a module computes. The first operand of an instruction with a result is its type, and nothing from here on has a
 * type there for another reason: names, types and decorations are left out. */
static void check_operation(struct check *c, const struct instruction *i)
{
    const struct module *m = c->module;
    if (i->op == OP_FUNCTION)
        c->function = id_of(m, word(i, 2));
    bool is_code = i->op == OP_UNDEF || i->op == OP_EXT_INST || (i->op >= OP_CONSTANT && i->op < OP_DECORATE) ||
                   (i->op > OP_GROUP_MEMBER_DECORATE && i->op != OP_DECORATE_ID);
    if (is_code && id_of(m, word(i, 1))->is_float && !IS_IN(float_instructions, i->op))
        found(c, i, "no instruction of the contract yields this float", 0);
    if (i->op == OP_IS_NAN || i->op == OP_IS_INF)
        found(c, i, "a driver may take it for false: look at the bits", 0);
    if (is_rounded(m, i) && !id_of(m, word(i, 2))->is_exact)
        found(c, i, "is not decorated NoContraction", 0);
    if (i->op == OP_EXT_INST && (!id_of(m, word(i, 3))->is_glsl || !IS_IN(glsl_instructions, word(i, 4))))
        found(c, i, "kernels must not use this instruction of GLSL.std.450:", word(i, 4));
    if (i->op == OP_FUNCTION_END)
        c->function = NULL;
}

static bool check_file(const char *path)
{
    struct module m;
    struct check c = {.module = &m};
    struct instruction i = {0};
    bool is_read = read_module(path, &m);
    for (size_t at = HEADER_WORDS; is_read && next(&m, &at, &i);) {
        check_declaration(&c, &i);
        check_operation(&c, &i);
    }
    c.function = NULL;
    if (is_read && (c.n_entry_points != 1 || !c.has_size || i.op != OP_FUNCTION_END))
        found(&c, NULL, "one entry point, the size of its workgroup and a whole last function are wanted", 0);
    if (is_read && c.shared_bytes > SHARED_BYTES_MAX)
        found(&c, NULL, "more shared memory than 16384 bytes, or of a size that cannot be told:", c.shared_bytes);
    free_module(&m);
    return is_read && c.n_findings == 0;
}

/* A file that is not whole is removed, so that a build does not go on with it. */
static bool close_output(FILE *f, const char *path, bool is_whole)
{
    bool is_written = ferror(f) == 0;
    is_written = fclose(f) == 0 && is_written;
    if (!is_written || !is_whole)
        remove(path);
    return is_written ? is_whole : fail(path, "cannot be written");
}

/* Decorations stand before the first type; the ids that need one are only known at the end. */
static bool decorate(const struct module *m, const char *out_path)
{
    struct instruction i;
    size_t types = HEADER_WORDS;
    for (size_t at = HEADER_WORDS; next(m, &at, &i) && (i.op < OP_TYPE_VOID || i.op > OP_TYPE_FORWARD_POINTER);)
        types = at;
    FILE *f = fopen(out_path, "wb");
    if (f == NULL)
        return fail(out_path, "cannot be written");
    fwrite(m->words, 4, types, f);
    for (size_t at = types; next(m, &at, &i);) {
        const uint32_t line[3] = {3u << 16 | OP_DECORATE, word(&i, 2), DECORATION_NO_CONTRACTION};
        if (is_rounded(m, &i) && !id_of(m, word(&i, 2))->is_exact)
            fwrite(line, sizeof line, 1, f);
    }
    fwrite(m->words + types, 4, m->n_words - types, f);
    return close_output(f, out_path, true);
}

/* One STEM=FILE.spv. */
static bool embed_module(FILE *f, const char *argument)
{
    int n = (int)strspn(argument, "abcdefghijklmnopqrstuvwxyz0123456789_");
    struct module m;
    if (n == 0 || argument[n] != '=')
        return fail(argument, "is not STEM=FILE.spv");
    bool is_read = read_module(argument + n + 1, &m);
    fprintf(f, "static const uint32_t shader_%.*s[] = {", n, argument);
    for (size_t i = 0; is_read && i < m.n_words; i++)
        fprintf(f, "%s0x%xu,", i % 12 == 0 ? "\n    " : " ", (unsigned)m.words[i]);
    fprintf(f, "\n};\n\n");
    free_module(&m);
    return is_read;
}

static bool embed_files(const char *out_path, int n, char **arguments)
{
    FILE *f = fopen(out_path, "w");
    if (f == NULL)
        return fail(out_path, "cannot be written");
    bool is_whole = true;
    fprintf(f, "/* Made from shaders/ by tools/spirv_contract.c. */\n#include \"vulkan_shaders.h\"\n\n");
    for (int i = 0; i < n && is_whole; i++)
        is_whole = embed_module(f, arguments[i]);
    fprintf(f, "const struct vulkan_shader vulkan_shaders[] = {\n");
    for (int i = 0; i < n; i++) {
        const char *stem = arguments[i];
        int length = (int)strcspn(stem, "=");
        fprintf(f, "    {\"%.*s\", shader_%.*s, sizeof shader_%.*s},\n", length, stem, length, stem, length, stem);
    }
    fprintf(f, "};\nconst uint32_t n_vulkan_shaders = %d;\n", n);
    return close_output(f, out_path, is_whole);
}

int main(int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "";
    struct module m;
    bool is_good = true;
    if (strcmp(command, "decorate") == 0 && argc == 4) {
        is_good = read_module(argv[2], &m) && decorate(&m, argv[3]);
        free_module(&m);
    } else if (strcmp(command, "check") == 0 && argc > 2) {
        for (int i = 2; i < argc; i++)
            is_good = check_file(argv[i]) && is_good;
    } else if (strcmp(command, "embed") == 0 && argc > 3) {
        is_good = embed_files(argv[2], argc - 3, argv + 3);
    } else {
        fprintf(stderr, "spirv_contract decorate IN.spv OUT.spv | check FILE.spv... | embed OUT.c STEM=FILE.spv...\n");
        is_good = false;
    }
    return is_good ? 0 : 1;
}
