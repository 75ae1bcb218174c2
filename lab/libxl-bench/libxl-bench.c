// SPDX-License-Identifier: Apache-2.0
/*
 * libxl in one long-lived process, and a stopwatch for other processes. Reads one request a line from standard input
 * and answers each with one line:
 *
 *   create FILE NAME   OK DOMID US   builds the guest of libxl's JSON in FILE, under that name; it stays paused
 *   destroy DOMID      OK 0 US
 *   list               OK COUNT US   every domain with its name
 *   run COMMAND...     OK STATUS US  forks, executes and waits; what it prints goes to /tmp/libxl-bench.out
 *
 * US is the time in microseconds, without the time for reading the request and the JSON. A request that fails is
 * answered with "FAIL REASON".
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <libxl.h>
#include <libxl_utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_WORDS 64

static libxl_ctx *ctx;

static long long now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void answer(int failed, long long value, long long us)
{
    if (failed)
        printf("FAIL %lld\n", value);
    else
        printf("OK %lld %lld\n", value, us);
}

static char *contents(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t size = 0;

    if (!file)
        return NULL;
    if (getdelim(&text, &size, '\0', file) < 0) {
        free(text);
        text = NULL;
    }
    fclose(file);
    return text;
}

static void create(const char *path, const char *name)
{
    libxl_domain_config config;
    uint32_t domid = 0;
    char *json = contents(path);
    long long start;
    int rc;

    libxl_domain_config_init(&config);
    if (!json || libxl_domain_config_from_json(ctx, &config, json)) {
        printf("FAIL no configuration in %s\n", path);
    } else {
        free(config.c_info.name);
        config.c_info.name = strdup(name);
        libxl_uuid_generate(&config.c_info.uuid);
        start = now_us();
        rc = libxl_domain_create_new(ctx, &config, &domid, NULL, NULL);
        answer(rc, rc ? rc : (long long)domid, now_us() - start);
    }
    libxl_domain_config_dispose(&config);
    free(json);
}

static void destroy(uint32_t domid)
{
    long long start = now_us();
    int rc = libxl_domain_destroy(ctx, domid, NULL);

    answer(rc, rc, now_us() - start);
}

static void list(void)
{
    long long start = now_us();
    int count = 0;
    libxl_dominfo *domains = libxl_list_domain(ctx, &count);

    for (int i = 0; domains && i < count; i++)
        free(libxl_domid_to_name(ctx, domains[i].domid));
    libxl_dominfo_list_free(domains, count);
    answer(!domains, count, now_us() - start);
}

static void run(char **words)
{
    long long start = now_us();
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        int out = open("/tmp/libxl-bench.out", O_WRONLY | O_CREAT | O_TRUNC, 0600);
        int in = open("/dev/null", O_RDONLY);

        if (out < 0 || in < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
            _exit(126);
        execvp(words[0], words);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
        printf("FAIL %s\n", words[0]);
    else
        answer(0, WEXITSTATUS(status), now_us() - start);
}

static int split(char *line, char **words)
{
    int count = 0;

    for (char *word = strtok(line, " \n"); word && count < MAX_WORDS; word = strtok(NULL, " \n"))
        words[count++] = word;
    words[count] = NULL;
    return count;
}

int main(void)
{
    xentoollog_logger *log = (xentoollog_logger *)xtl_createlogger_stdiostream(stderr, XTL_ERROR, 0);
    char *line = NULL;
    size_t size = 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!log || libxl_ctx_alloc(&ctx, LIBXL_VERSION, 0, log))
        return 1;
    while (getline(&line, &size, stdin) >= 0) {
        char *words[MAX_WORDS + 1];
        int count = split(line, words);

        if (count == 3 && !strcmp(words[0], "create"))
            create(words[1], words[2]);
        else if (count == 2 && !strcmp(words[0], "destroy"))
            destroy(strtoul(words[1], NULL, 10));
        else if (count == 1 && !strcmp(words[0], "list"))
            list();
        else if (count >= 2 && !strcmp(words[0], "run"))
            run(words + 1);
        else
            printf("FAIL unknown request\n");
    }
    free(line);
    libxl_ctx_free(ctx);
    xtl_logger_destroy(log);
    return 0;
}
