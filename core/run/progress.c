/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* TIOCGWINSZ */
#include "progress.h"

#include "log.h"
#include "os.h"
#include "units.h"
#include "str.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define REDRAW_SECONDS 0.1
#define LOG_SECONDS 10.0
#define LINE_BYTES 256
#define BAR_COLUMNS_MIN 10
#define BAR_COLUMNS_MAX 40

static uint32_t terminal_width(void)
{
    struct winsize size = {0};
    uint64_t columns = 0;
    const char *text = getenv("COLUMNS");
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        columns = size.ws_col;
    else if (text == NULL || !rft_parse_u64(text, &columns) || columns == 0)
        columns = 80;
    /* The last column stays free: a character there may move the cursor to the next line. */
    return columns > 1 && columns < LINE_BYTES ? (uint32_t)columns - 1 : LINE_BYTES - 1;
}

static void format_bar(uint64_t done, uint64_t total, size_t columns, char *out)
{
    size_t inner = columns - 2;
    size_t filled = total ? (size_t)((double)done / (double)total * (double)inner) : inner;
    if (filled > inner)
        filled = inner;
    out[0] = '[';
    memset(out + 1, '#', filled);
    memset(out + 1 + filled, '.', inner - filled);
    memcpy(out + 1 + inner, "]", 2);
}

void rft_progress_format(const struct rft_progress_view *view, uint32_t width, char *out, size_t size)
{
    enum { N_ITEMS = 5 };
    char items[N_ITEMS][64]; /* most important first */
    size_t limit = width && width < size ? width : size - 1, used = 0, n;
    snprintf(items[0], sizeof items[0], "%" PRIu64 "/%" PRIu64 " questions", view->state.questions_done,
             view->n_questions);
    snprintf(items[1], sizeof items[1], "%" PRIu64 " %s", view->state.accepted,
             view->state.word != NULL ? view->state.word : "accepted");
    snprintf(items[2], sizeof items[2], "%.1f tokens/s", view->tokens_per_second);
    snprintf(items[3], sizeof items[3], "%s of %s", rft_size_text(view->state.memory_bytes).text,
             rft_size_text(view->state.budget_bytes).text);
    snprintf(items[4], sizeof items[4], "ETA %s", rft_time_text(view->eta_seconds).text);
    for (n = 0; n < N_ITEMS; n++) {
        size_t more = strlen(items[n]) + (n ? 2 : 0);
        if (used + more > limit)
            break;
        used += more;
    }
    out[0] = 0;
    size_t at = 0, left = limit - used;
    if (width && n == N_ITEMS && left >= BAR_COLUMNS_MIN + 1) {
        size_t columns = left - 1 < BAR_COLUMNS_MAX ? left - 1 : BAR_COLUMNS_MAX;
        format_bar(view->state.samples_done, view->n_samples, columns, out);
        out[columns] = ' ';
        at = columns + 1;
        out[at] = 0;
    }
    for (size_t i = 0; i < n; i++)
        at += (size_t)snprintf(out + at, size - at, "%s%s", i ? ", " : "", items[i]);
}

struct rft_progress_view rft_progress_view_at(struct rft_progress *progress, double seconds)
{
    struct rft_rate *rate = &progress->rate;
    struct rft_progress_view view = {.state = progress->state,
                                     .n_questions = progress->n_questions,
                                     .n_samples = progress->n_samples,
                                     .eta_seconds = -1};
    uint64_t newest = (rate->n + RFT_RATE_POINTS - 1) % RFT_RATE_POINTS;
    if (rate->n == 0 || seconds - rate->points[newest].seconds >= 1) {
        newest = rate->n++ % RFT_RATE_POINTS;
        rate->points[newest].seconds = seconds;
        rate->points[newest].tokens = progress->state.tokens;
        rate->points[newest].samples = progress->state.samples_done;
    }
    uint64_t oldest = rate->n <= RFT_RATE_POINTS ? 0 : rate->n % RFT_RATE_POINTS;
    double elapsed = seconds - rate->points[oldest].seconds;
    uint64_t tokens = progress->state.tokens - rate->points[oldest].tokens;
    uint64_t samples = progress->state.samples_done - rate->points[oldest].samples;
    if (elapsed > 0)
        view.tokens_per_second = (double)tokens / elapsed;
    if (progress->state.samples_done >= progress->n_samples)
        view.eta_seconds = 0;
    else if (elapsed > 0 && samples > 0)
        view.eta_seconds = elapsed / (double)samples * (double)(progress->n_samples - progress->state.samples_done);
    return view;
}

static void erase(struct rft_progress *progress)
{
    if (progress->is_drawn)
        fputs("\r\033[K", stderr);
    progress->is_drawn = false;
}

static void draw(struct rft_progress *progress, double now)
{
    struct rft_progress_view view = rft_progress_view_at(progress, now);
    char line[LINE_BYTES];
    progress->drawn_seconds = now;
    rft_progress_format(&view, progress->is_terminal ? terminal_width() : 0, line, sizeof line);
    if (!progress->is_terminal) {
        rft_log_info("%s", line);
        return;
    }
    fprintf(stderr, "\r%s\033[K", line);
    fflush(stderr);
    progress->is_drawn = true;
}

/* Log lines appear above the drawn one. */
static void log_above(void *user, enum rft_log_level level, const char *line)
{
    struct rft_progress *progress = user;
    bool redraw = progress->is_drawn;
    erase(progress);
    fprintf(stderr, "%s%s\n", level <= RFT_LOG_WARN ? "rftgen: " : "", line);
    if (redraw)
        draw(progress, rft_os_seconds());
}

void rft_progress_start(struct rft_progress *progress, uint64_t n_questions, uint64_t n_samples,
                        uint64_t n_samples_before, bool is_quiet)
{
    double now = rft_os_seconds();
    *progress = (struct rft_progress){.n_questions = n_questions,
                                      .n_samples = n_samples,
                                      .is_quiet = is_quiet,
                                      .is_terminal = !is_quiet && isatty(STDERR_FILENO),
                                      .drawn_seconds = now,
                                      .state = {.samples_done = n_samples_before}};
    rft_progress_view_at(progress, now); /* the rate counts from here */
    if (progress->is_terminal)
        rft_log_set_sink(log_above, progress);
}

void rft_progress_update(struct rft_progress *progress, const struct rft_progress_state *state)
{
    progress->state = *state;
    double now = rft_os_seconds();
    if (!progress->is_quiet && now - progress->drawn_seconds >= (progress->is_terminal ? REDRAW_SECONDS : LOG_SECONDS))
        draw(progress, now);
}

void rft_progress_finish(struct rft_progress *progress)
{
    if (!progress->is_quiet && progress->rate.n)
        draw(progress, rft_os_seconds());
    if (progress->is_drawn)
        fputc('\n', stderr);
    if (progress->is_terminal)
        rft_log_set_sink(NULL, NULL);
    *progress = (struct rft_progress){0};
}
