// SPDX-License-Identifier: Apache-2.0
/*
 * Asks libxlu, the parser of xl, what a text of xl.cfg says.
 *
 *   gcc -o ask-libxlu ask-libxlu.c -lxlutil -lxenlight
 *   ./ask-libxlu < texts > answers.txt
 *
 * Standard input: a text in each line, with \n, \t, \r and \\ for what would end or confuse the line.
 * Standard output: the line, a tab, and "error" or the values of a, b, c and d, with a number behind # if it is one.
 */
#include <libxlutil.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_text(const char *text)
{
    putchar('"');
    for (; *text; text++) {
        switch (*text) {
        case '\n': printf("\\n"); break;
        case '\t': printf("\\t"); break;
        case '\r': printf("\\r"); break;
        case '\\': printf("\\\\"); break;
        default: putchar(*text);
        }
    }
    putchar('"');
}

static void print_items(XLU_Config *config, XLU_ConfigList *list)
{
    XLU_ConfigValue *item;

    putchar('[');
    for (int i = 0; (item = xlu_cfg_get_listitem2(list, i)); i++) {
        char *text;
        XLU_ConfigList *items;

        if (i)
            putchar(' ');
        if (!xlu_cfg_value_get_string(config, item, &text, 1))
            print_text(text);
        else if (!xlu_cfg_value_get_list(config, item, &items, 1))
            print_items(config, items);
    }
    putchar(']');
}

static void print_setting(XLU_Config *config, const char *key)
{
    const char *text;
    XLU_ConfigList *list;
    long number;

    if (!xlu_cfg_get_string(config, key, &text, 1)) {
        printf("\t%s=", key);
        print_text(text);
        if (!xlu_cfg_get_long(config, key, &number, 1))
            printf("#%ld", number);
    } else if (!xlu_cfg_get_list(config, key, &list, NULL, 1)) {
        printf("\t%s=", key);
        print_items(config, list);
    }
}

static int unescape(const char *line, char *text)
{
    char *end = text;

    for (; *line; line++)
        *end++ = *line != '\\' ? *line
               : *++line == 'n' ? '\n' : *line == 't' ? '\t' : *line == 'r' ? '\r' : *line;
    return end - text;
}

int main(void)
{
    static char line[65536], text[65536];
    FILE *silence = fopen("/dev/null", "w");

    while (silence && fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\n")] = 0;
        XLU_Config *config = xlu_cfg_init(silence, "text");
        printf("%s", line);
        if (xlu_cfg_readdata(config, text, unescape(line, text)))
            printf("\terror");
        else
            for (const char *key = "a\0b\0c\0d\0"; *key; key += 2)
                print_setting(config, key);
        putchar('\n');
        xlu_cfg_destroy(config);
    }
    return 0;
}
