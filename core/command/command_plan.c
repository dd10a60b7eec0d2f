/* SPDX-License-Identifier: MIT */
#include "command.h"

#include "os.h"
#include "setup.h"
#include "units.h"

#include <inttypes.h>
#include <stdio.h>

/* A line for a person, and the exact number for a script. */
static void print_size(const char *name, uint64_t bytes, const char *note)
{
    printf("%-19s %10s  %" PRIu64 " bytes%s\n", name, rft_size_text(bytes).text, bytes, note);
}

static void print_device_memory(const struct rft_setup *setup)
{
    const struct rft_plan *p = &setup->plan;
    char note[128];
    print_size("available", setup->available_bytes, "");
    print_size("budget", p->budget_bytes, "");
    note[0] = '\0';
    if (p->peak_bytes_min != p->peak_bytes)
        snprintf(note, sizeof note,
                 " at most, and up to %s (%" PRIu64 " bytes) less if no group has the longest prompts",
                 rft_size_text(p->peak_bytes - p->peak_bytes_min).text, p->peak_bytes - p->peak_bytes_min);
    print_size("peak", p->peak_bytes, note);
    print_size("  weights", p->weights_bytes,
               rft_formats_have_integers(&p->sizes.formats) ? ", with matrices of integers" : "");
    snprintf(note, sizeof note, ", %" PRIu32 " pages of %u tokens", p->n_prompt_pages, RFT_PAGE_TOKENS);
    print_size("  prompts", p->prompt_bytes, note);
    snprintf(note, sizeof note, ", %" PRIu32 " rows (given back before a chunk)", p->prefill.n_rows);
    print_size("  prefill", p->prefill_bytes, note);
    snprintf(note, sizeof note, ", %" PRIu32 " own pages", p->step.n_own_pages);
    print_size("  chunk", p->chunk_bytes, note);
    if (p->n_host_layers == 0)
        return;
    snprintf(note, sizeof note, ", %" PRIu32 " of %" PRIu32 " layers, read over the bus in every step",
             p->n_host_layers, p->sizes.config.n_layers);
    print_size("weights on the host", p->host_bytes, note);
}

static void print_plan(const struct rft_setup *setup)
{
    const struct rft_plan *p = &setup->plan;
    const struct rft_dev *dev = &setup->engine.dev;
    bool has_no_prefix = p->prefix_bytes == 0 && p->sizes.n_prompt_shared >= RFT_PAGE_TOKENS;
    printf("device              %s: %s\n", dev->backend->name, dev->info.name);
    print_device_memory(setup);
    print_size("on the host", rft_plan_heap_bytes(p),
               p->sizes.is_host_device ? ", which count against the budget, too" : "");
    print_size("  questions", p->input_bytes, ", the journal's index included");
    print_size("  slots", p->slots_bytes, "");
    print_size("  prompts' prefix", p->prefix_bytes,
               has_no_prefix ? ": no room for it, every prompt is computed whole" : "");
    printf("questions in flight %" PRIu32 "\n", p->n_questions);
    printf("samples in a chunk  %" PRIu32 " of each\n", p->chunk);
    printf("slots               %" PRIu32 "\n", p->step.n_rows);
    printf("longest sequence    %" PRIu32 " tokens\n", p->step.n_keys_max);
}

/* How tokens are drawn, and who says so. */
static void print_draw(const struct rft_draw_choice *draw)
{
    for (size_t i = 0; i < RFT_GENERATION_COUNT; i++)
        printf("%-21s %g (%s)\n", rft_draw_key((enum rft_generation_value)i), draw->values[i], draw->from[i]);
}

enum rft_status rft_command_plan(const struct rft_command_line *line, const struct rft_config *config)
{
    struct rft_setup setup;
    (void)line;
    RFT_TRY(rft_setup_open(config, &setup));
    print_plan(&setup);
    print_draw(&setup.inputs.draw);
    rft_setup_close(&setup);
    return rft_os_flush_stdout();
}
