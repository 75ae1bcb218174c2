// SPDX-License-Identifier: Apache-2.0
#include "text.h"

u32 text_length(const char *text)
{
    u32 length = 0;
    while (text[length])
        length++;
    return length;
}

bool text_equal(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

static u32 digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return 16;
}

bool text_number(const char *text, u64 *value)
{
    u32 base = 10;
    if (text[0] == '0' && text[1] == 'x') {
        base = 16;
        text += 2;
    }
    *value = 0;
    if (!*text)
        return false;
    for (; *text; text++) {
        u32 next = digit(*text);
        if (next >= base || *value > (UINT64_MAX - next) / base)
            return false;
        *value = *value * base + next;
    }
    return true;
}

static bool is_one_of(char c, const char *set)
{
    while (*set && *set != c)
        set++;
    return *set;
}

u32 text_split(char *line, const char *separators, char **words, u32 limit)
{
    u32 count = 0;
    for (;;) {
        while (*line && is_one_of(*line, separators))
            *line++ = 0;
        if (!*line || count == limit)
            break;
        words[count++] = line;
        while (*line && !is_one_of(*line, separators))
            line++;
    }
    *line = 0;
    return count;
}
