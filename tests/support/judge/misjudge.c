/* SPDX-License-Identifier: MIT */
/* A judge for tests of core/judge that does what a request's completion says: `misjudge TAG [ready]`. TAG tells its
 * processes from others. */
#define _GNU_SOURCE /* MAP_ANONYMOUS, MAP_NORESERVE, usleep */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ID_CHARS 32
#define N_HELD_MAX 64

static const char *id; /* of the request that is answered */
static char held[N_HELD_MAX][ID_CHARS];
static int n_held;

static void say(const char *text)
{
    fputs(text, stdout);
    fflush(stdout);
}

static void answer(const char *verdict, const char *rest)
{
    printf("{\"id\": \"%.*s\", \"verdict\": %s%s}\n", ID_CHARS, id, verdict, rest);
    fflush(stdout);
}

static void right(void)
{
    answer("\"right\"", "");
}

static void wrong(void)
{
    answer("\"wrong\"", ", \"reason\": \"off by one\", \"score\": -0.25, \"extra\": [1]");
}

static void words(void)
{
    answer("true", ", \"score\": 1e3, \"reason\": \"a\\nb\\u0007 \\u00e9\"");
}

static void undecided(void)
{
    answer("\"undecided\"", ", \"score\": null, \"reason\": null");
}

static void crash(void)
{
    fputs("it hurts\n", stderr);
    _exit(3);
}

static void end(void)
{
    _exit(0);
}

static void killed(void)
{
    raise(SIGKILL);
}

static void hang(void)
{
    for (;;)
        pause();
}

static void stubborn(void)
{
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    hang();
}

static void garbage(void)
{
    say("Traceback (most recent call last):\n");
    right();
}

static void list(void)
{
    say("[1, 2]\n");
    hang();
}

static void no_verdict(void)
{
    answer("\"correct\"", "");
    hang();
}

static void no_id(void)
{
    say("{\"verdict\": \"right\"}\n");
    hang();
}

static void bad_score(void)
{
    answer("\"right\"", ", \"score\": \"high\"");
    hang();
}

static void infinite(void)
{
    answer("\"right\"", ", \"score\": 1e999");
    hang();
}

static void not_a_number(void)
{
    answer("\"right\"", ", \"score\": NaN");
    hang();
}

static void quotes(void)
{
    answer("\"right\"", ", \"reason\": \"a\\u0000b \\ud800 \\udc00\\ud83d\\ude00 \\\\ud800\\\"\"");
}

/* The whole group, with whoever is in it. */
static void group_killed(void)
{
    kill(0, SIGKILL);
    hang();
}

static void group_told(void)
{
    kill(0, SIGTERM);
    hang();
}

static void two_verdicts(void)
{
    answer("\"wrong\", \"verdict\": \"right\"", "");
    hang();
}

static void unknown(void)
{
    say("{\"id\": \"00000000000000000000000000000001\", \"verdict\": \"right\"}\n");
    hang();
}

static void flood(void)
{
    for (;;)
        if (write(STDOUT_FILENO, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 64) < 0)
            _exit(1);
}

static void twice(void)
{
    right();
    wrong();
}

static void endless(void)
{
    for (;;) {
        printf("{\"id\": \"%.*s\", \"verdict\": \"right\"}\n", ID_CHARS, id);
        fflush(stdout);
    }
}

static void blank(void)
{
    for (;;)
        say("\n");
}

static void close_output(void)
{
    close(STDOUT_FILENO);
    hang();
}

/* What else it was sent, and had read, is lost with it. */
static void close_input(void)
{
    close(STDIN_FILENO);
    right();
    usleep(20000);
    _exit(0);
}

static void no_newline(void)
{
    printf("{\"id\": \"%.*s\", \"verdict\": \"right\"}", ID_CHARS, id);
    fflush(stdout);
    _exit(0);
}

/* A grandchild of its own session, which nobody waits for, with the pipes still open. */
static void leave_daemon(void)
{
    if (fork() == 0) {
        setsid();
        if (fork() == 0)
            stubborn();
        _exit(0);
    }
    right();
}

static void *touched(size_t n)
{
    char *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (size_t i = 0; p != MAP_FAILED && i < n; i += 4096)
        p[i] = 1;
    return p;
}

static void memory(void)
{
    touched((size_t)200 << 20);
    hang();
}

/* The same by children: half each. */
static void family(void)
{
    for (int i = 0; i < 2; i++)
        if (fork() == 0) {
            touched((size_t)100 << 20);
            hang();
        }
    hang();
}

/* What virtual machines do: address space is not memory. */
static void reserve(void)
{
    if (mmap(NULL, (size_t)1 << 42, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) ==
        MAP_FAILED)
        crash();
    right();
}

/* The first process that meets it ends; the next one answers. The file of this name tells. */
static void flaky(const char *file)
{
    if (access(file, F_OK) != 0) {
        close(open(file, O_CREAT | O_WRONLY, 0666));
        crash();
    }
    right();
}

static void chatter(void)
{
    for (int i = 0; i < 20000; i++)
        fputs("what a day it is, and so much to say about it\n", stderr);
    right();
}

/* Is anything open that should not be? The three streams are. */
static void descriptors(void)
{
    for (int fd = 3; fd < 256; fd++)
        if (fcntl(fd, F_GETFD) >= 0) {
            wrong();
            return;
        }
    right();
}

static void parent(void)
{
    kill(getppid(), SIGKILL);
    right();
}

static const struct {
    const char *word;
    void (*act)(void);
} acts[] = {
    {"right", right},
    {"wrong", wrong},
    {"words", words},
    {"undecided", undecided},
    {"crash", crash},
    {"end", end},
    {"killed", killed},
    {"hang", hang},
    {"stubborn", stubborn},
    {"garbage", garbage},
    {"list", list},
    {"no verdict", no_verdict},
    {"no id", no_id},
    {"bad score", bad_score},
    {"infinite", infinite},
    {"not a number", not_a_number},
    {"quotes", quotes},
    {"group killed", group_killed},
    {"group told", group_told},
    {"two verdicts", two_verdicts},
    {"unknown", unknown},
    {"flood", flood},
    {"twice", twice},
    {"endless", endless},
    {"blank", blank},
    {"close output", close_output},
    {"close input", close_input},
    {"no newline", no_newline},
    {"daemon", leave_daemon},
    {"memory", memory},
    {"family", family},
    {"reserve", reserve},
    {"chatter", chatter},
    {"descriptors", descriptors},
    {"parent", parent},
};

/* Answers what was held back, the last first. */
static void let_go(void)
{
    while (n_held > 0) {
        id = held[--n_held];
        right();
    }
}

static void act(char *word)
{
    char *detail = strchr(word, ' ');
    if (strncmp(word, "hold", 4) == 0 && n_held < N_HELD_MAX) {
        memcpy(held[n_held++], id, ID_CHARS);
        return;
    }
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
        if (strncmp(word, acts[i].word, strlen(acts[i].word)) == 0 &&
            (word[strlen(acts[i].word)] == '\0' || word[strlen(acts[i].word)] == '#')) {
            acts[i].act();
            return;
        }
    if (strncmp(word, "flaky ", 6) == 0)
        flaky(detail + 1);
    else
        wrong();
}

/* Does what the completion says. The line is ours: texts of tests have no escapes. */
static void serve(char *line)
{
    static const char head[] = "{\"id\": \"", completion[] = "\"completion\": \"";
    char *word = strstr(line, completion),
         *end_of_word = word != NULL ? strchr(word + sizeof completion - 1, '"') : NULL;
    if (strncmp(line, head, sizeof head - 1) != 0 || end_of_word == NULL)
        _exit(9);
    *end_of_word = '\0';
    id = line + sizeof head - 1;
    act(word + sizeof completion - 1);
}

int main(int argc, char **argv)
{
    char *line = NULL;
    size_t size = 0;
    if (argc > 2 && strcmp(argv[2], "ready") == 0)
        say("{\"ready\": true}\n");
    for (;;) {
        struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
        if (n_held > 0 && poll(&input, 1, 30) == 0)
            let_go();
        if (getline(&line, &size, stdin) < 0)
            return 0;
        serve(line);
    }
}
