/* SPDX-License-Identifier: MIT */
/* How fast a model's kernels, prefill and decode step are on each device, for a model shape with random weights:
 *   bench_decode [what=stream,matmul,prefill,decode,profile] [shape=smollm2-135m] [layers=0] [stored=bf16] [backend=]
 *                [device=]
 *                [threads=0] [columns=1,5,10,64] [sequences=1,5,10,64] [samples=10] [prompt=200] [new=100]
 *                [stream=512] [runs=3] [seconds=0.1] [limit=30] [temperature=1] [top_k=0] [top_p=1]
 *                [logprobs=0]
 * backend, device: the default is every device of every backend that can be used. layers: instead of the shape's, 0 =
 * the shape's. stored: bf16, or the type of a GGUF file's matrices, q8_0 to q6_k; q4_k_m: as such files mix them.
 * samples: sequences that share a prompt. stream: MiB read for the device's bandwidth. seconds: that each kind of
 * product is measured for, in each run. limit: seconds; what is known to take longer on a slow device is left out.
 *
 * cpu seconds are the whole process's: what a software device, or waiting for a real one, takes from the machine. GB/s
 * are bytes of weights; in per cent of the stream, of what one large product with one column reads. "stream" is beyond
 * 100% where weights stay in a cache. */
#include "bench.h"

#include "budget.h"
#include "os.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static double seconds_of(struct timeval t)
{
    return (double)t.tv_sec + 1e-6 * (double)t.tv_usec;
}

struct bench_time bench_now(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (struct bench_time){rft_os_seconds(), seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime)};
}

struct bench_time bench_since(struct bench_time start)
{
    const struct bench_time now = bench_now();
    return (struct bench_time){now.wall - start.wall, now.cpu - start.cpu};
}

uint32_t bench_list(const char *text, uint32_t values[BENCH_LIST_MAX])
{
    uint32_t n = 0;
    for (char *end; *text != '\0' && n < BENCH_LIST_MAX; text = *end == ',' ? end + 1 : end) {
        values[n] = (uint32_t)strtoul(text, &end, 10);
        if (end == text)
            break;
        n += values[n] != 0;
    }
    return n;
}

bool bench_has_time_for(const struct bench *b, double seconds, const char *what)
{
    if (seconds <= b->options.limit)
        return true;
    printf("  %s: left out, about %.0f s\n", what, seconds);
    return false;
}

enum rft_status bench_time_program(struct bench *b, const struct rft_program *program, struct bench_time *replay)
{
    struct rft_dev *dev = &b->engine.dev;
    struct rft_exec *exec;
    enum rft_status status;
    RFT_TRY(rft_dev_exec_create(dev, program, &exec));
    const struct bench_time begin = bench_now();
    status = rft_dev_run(dev, exec, 1);
    *replay = bench_since(begin);
    for (uint32_t run = 0; run < b->options.runs && status == RFT_OK && bench_since(begin).wall < b->options.limit / 10;
         run++) {
        const double wanted = b->options.seconds / replay->wall;
        const uint32_t n = wanted < 1 ? 1 : wanted > 4096 ? 4096 : (uint32_t)wanted;
        const struct bench_time start = bench_now();
        status = rft_dev_run(dev, exec, n);
        struct bench_time time = bench_since(start);
        time.wall /= n;
        time.cpu /= n;
        if (run == 0 || time.wall < replay->wall)
            *replay = time;
    }
    rft_dev_exec_destroy(dev, exec);
    return status;
}

static bool parse_option(struct bench_options *o, const char *text)
{
    const char *value = strchr(text, '=');
    const struct {
        const char *key;
        const char **string;
        uint32_t *number;
    } keys[] = {
        {"what", &o->what, NULL},           {"shape", &o->shape, NULL},
        {"sequences", &o->sequences, NULL}, {"columns", &o->columns, NULL},
        {"backend", &o->backend, NULL},     {"device", &o->device, NULL},
        {"samples", NULL, &o->samples},     {"prompt", NULL, &o->prompt},
        {"new", NULL, &o->n_new},           {"threads", NULL, &o->threads},
        {"runs", NULL, &o->runs},           {"layers", NULL, &o->layers},
        {"stream", NULL, &o->stream_mib},   {"top_k", NULL, &o->sampling.top_k},
        {"stored", &o->stored, NULL},
    };
    if (value == NULL)
        return false;
    const size_t n = (size_t)(value++ - text);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (strlen(keys[i].key) != n || strncmp(text, keys[i].key, n) != 0)
            continue;
        if (keys[i].string != NULL)
            *keys[i].string = value;
        else
            *keys[i].number = (uint32_t)strtoul(value, NULL, 10);
        return true;
    }
    if (strncmp(text, "temperature=", n + 1) == 0)
        o->temperature = strtof(value, NULL);
    else if (strncmp(text, "top_p=", n + 1) == 0)
        o->sampling.top_p_65536 = (uint32_t)(strtod(value, NULL) * 65536.0 + 0.5);
    else if (strncmp(text, "logprobs=", n + 1) == 0)
        o->sampling.is_scored = strcmp(value, "0") != 0;
    else if (strncmp(text, "seconds=", n + 1) == 0)
        o->seconds = strtod(value, NULL);
    else if (strncmp(text, "limit=", n + 1) == 0)
        o->limit = strtod(value, NULL);
    else
        return false;
    return true;
}

static bool is_wanted(const struct bench *b, const char *what)
{
    const size_t n = strlen(what);
    for (const char *p = b->options.what; (p = strstr(p, what)) != NULL; p += n)
        if ((p == b->options.what || p[-1] == ',') && (p[n] == '\0' || p[n] == ','))
            return true;
    return false;
}

/* Is there room for the weights and one sequence? Where there is not, a device may swap instead of refusing. */
static enum rft_status check_memory(struct bench *b)
{
    struct rft_memory memory;
    struct rft_plan plan;
    RFT_TRY(rft_dev_memory(&b->engine.dev, &memory));
    const struct rft_sizes sizes = {.config = b->config,
                                    .formats = b->formats,
                                    .caps = b->engine.dev.caps,
                                    .n_questions = 1,
                                    .n_samples = 1,
                                    .questions_in_flight = 1,
                                    .n_prompt_max = b->options.prompt,
                                    .n_new_max = b->options.n_new,
                                    .n_eos = 1,
                                    .is_filtered = rft_sampling_is_filtered(&b->options.sampling),
                                    .is_scored = b->options.sampling.is_scored,
                                    .budget_bytes = memory.available_bytes};
    return rft_plan_make(&sizes, &plan);
}

static enum rft_status measure(struct bench *b)
{
    const struct {
        const char *what;
        enum rft_status (*run)(struct bench *b);
    } parts[] = {
        {"stream", bench_stream}, {"matmul", bench_matmuls},  {"prefill", bench_prefill},
        {"decode", bench_decode}, {"profile", bench_profile},
    };
    RFT_TRY(check_memory(b));
    const struct bench_time start = bench_now();
    RFT_TRY(bench_load(b));
    printf("  %.1f MB of weights a step, loaded in %.1f s\n", (double)bench_step_bytes(b) * 1e-6,
           bench_since(start).wall);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (is_wanted(b, parts[i].what))
            RFT_TRY(parts[i].run(b));
        fflush(stdout);
    }
    return RFT_OK;
}

/* On the device that is open; closes it. */
static enum rft_status measure_device(struct bench *b)
{
    const struct rft_dev *dev = &b->engine.dev;
    const struct bench_time start = bench_now();
    printf("%s in %s, %s: %s (%s), prefill of %" PRIu32 " rows, bursts of %" PRIu32 " steps\n", b->options.shape,
           b->options.stored, dev->backend->name, dev->info.name, dev->info.detail, dev->caps.prefill_rows,
           dev->caps.burst_steps);
    fflush(stdout);
    enum rft_status status = measure(b);
    bench_unload(b);
    if (status == RFT_OK)
        status = bench_print_memory(b);
    const struct bench_time time = bench_since(start);
    printf("  %s %.0f s, %.0f cpu seconds\n\n", status == RFT_OK ? "took" : "FAILED after", time.wall, time.cpu);
    fflush(stdout);
    rft_dev_close(&b->engine.dev);
    return status;
}

/* On every device of a backend that can be used; a failure does not keep the others from being measured. */
static enum rft_status measure_backend(struct bench *b, const struct rft_backend *backend)
{
    const struct rft_device_options options = {.n_threads = b->options.threads};
    struct rft_device_info infos[RFT_DEVICES_MAX];
    enum rft_status result = RFT_OK;
    uint32_t n = 0;
    RFT_TRY(backend->enumerate(infos, RFT_DEVICES_MAX, &n));
    for (uint32_t i = 0; i < n && i < RFT_DEVICES_MAX; i++) {
        if (infos[i].missing[0] != '\0')
            continue;
        enum rft_status status = rft_dev_open_at(backend, i, &infos[i], &options, &b->engine.dev);
        if (status == RFT_OK)
            status = measure_device(b);
        result = status != RFT_OK ? status : result;
    }
    return result;
}

static enum rft_status run(struct bench *b)
{
    const struct rft_device_options options = {.n_threads = b->options.threads};
    const char *backend = b->options.backend[0] != '\0' ? b->options.backend : "auto";
    enum rft_status result = RFT_OK;
    uint32_t n, n_named = 0;
    const struct rft_backend *const *backends = rft_dev_backends(&n);
    if (b->options.device[0] != '\0') {
        RFT_TRY(rft_dev_open(backend, b->options.device, &options, &b->engine.dev));
        return measure_device(b);
    }
    for (uint32_t i = 0; i < n; i++) {
        if (b->options.backend[0] != '\0' && strcmp(b->options.backend, backends[i]->name) != 0)
            continue;
        const enum rft_status status = measure_backend(b, backends[i]);
        result = status != RFT_OK ? status : result;
        n_named++;
    }
    if (n_named == 0)
        fprintf(stderr, "no backend %s\n", b->options.backend);
    return n_named == 0 ? RFT_ERR_CONFIG : result;
}

int main(int argc, char **argv)
{
    static struct bench b = {.options = {.what = "stream,matmul,prefill,decode,profile",
                                         .shape = "smollm2-135m",
                                         .stored = "bf16",
                                         .sequences = "1,5,10,64",
                                         .columns = "1,5,10,64",
                                         .backend = "",
                                         .device = "",
                                         .samples = 10,
                                         .prompt = 200,
                                         .n_new = 100,
                                         .runs = 3,
                                         .stream_mib = 512,
                                         .seconds = 0.1,
                                         .limit = 30,
                                         .temperature = 1.0f,
                                         .sampling = {.top_p_65536 = 65536}}};
    struct bench_options *o = &b.options;
    for (int i = 1; i < argc; i++) {
        if (!parse_option(o, argv[i])) {
            fprintf(stderr, "%s: what is %s?\n", argv[0], argv[i]);
            return 2;
        }
    }
    if (!bench_shape(o->shape, &b.config)) {
        fprintf(stderr, "no shape %s; there are %s\n", o->shape, bench_shape_names());
        return 2;
    }
    if (o->samples == 0 || o->prompt == 0 || o->n_new == 0 || o->runs == 0) {
        fprintf(stderr, "samples, prompt, new and runs are at least 1\n");
        return 2;
    }
    b.config.n_layers = o->layers != 0 ? o->layers : b.config.n_layers;
    if (!bench_formats(o->stored, &b.config, &b.formats)) {
        fprintf(stderr, "%s is not how this shape may be stored; there are %s (the _k ones with rows of 256 n)\n",
                o->stored, bench_format_names());
        return 2;
    }
    return run(&b) == RFT_OK ? 0 : 1;
}
