// SPDX-License-Identifier: Apache-2.0
#include "console.h"

#include <stdarg.h>

#include "ring.h"
#include "xen.h"

struct console {
    char in[1024];
    char out[2048];
    u32 in_cons, in_prod;
    u32 out_cons, out_prod;
};

static struct ring input, output;

void console_init(void)
{
    struct console *console = (struct console *)(hvm_param(HVM_PARAM_CONSOLE_PFN) * PAGE_SIZE);
    u32 port = hvm_param(HVM_PARAM_CONSOLE_EVTCHN);

    input = (struct ring){console->in, sizeof console->in, &console->in_cons, &console->in_prod, port};
    output = (struct ring){console->out, sizeof console->out, &console->out_cons, &console->out_prod, port};
}

static void say_string(const char *text)
{
    u32 length = 0;
    while (text[length])
        length++;
    ring_write(&output, text, length);
}

static void say_number(u64 number)
{
    char digits[21], *first = digits + sizeof digits - 1;
    *first = 0;
    do
        *--first = '0' + number % 10;
    while (number /= 10);
    say_string(first);
}

void say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    for (; *format; format++) {
        if (*format != '%')
            ring_write(&output, format, 1);
        else if (*++format == 's')
            say_string(va_arg(arguments, const char *));
        else
            say_number(va_arg(arguments, u64));
    }
    va_end(arguments);
    notify(output.port);
}

void read_line(char *line, u32 size)
{
    u32 length = 0;
    for (;;) {
        char c;
        ring_read(&input, &c, 1);
        if (c == '\n' || c == '\r')
            break;
        if (length < size - 1)
            line[length++] = c;
    }
    line[length] = 0;
}

void flush(void)
{
    ring_drain(&output);
}
