// SPDX-License-Identifier: Apache-2.0
#include "store.h"

#include "ring.h"
#include "text.h"
#include "xen.h"

enum { XS_READ = 2, XS_WRITE = 11 };

struct store {
    char requests[1024];
    char responses[1024];
    u32 requests_cons, requests_prod;
    u32 responses_cons, responses_prod;
};

struct message {
    u32 type;
    u32 request;
    u32 transaction;
    u32 length;
};

static struct ring requests, responses;

void store_init(void)
{
    struct store *store = (struct store *)(hvm_param(HVM_PARAM_STORE_PFN) * PAGE_SIZE);
    u32 port = hvm_param(HVM_PARAM_STORE_EVTCHN);

    requests = (struct ring){store->requests, sizeof store->requests, &store->requests_cons,
                             &store->requests_prod, port};
    responses = (struct ring){store->responses, sizeof store->responses, &store->responses_cons,
                              &store->responses_prod, port};
}

static void send(u32 type, const char *path, const char *value)
{
    u32 path_length = text_length(path) + 1, value_length = text_length(value);
    struct message message = {.type = type, .length = path_length + value_length};
    ring_write(&requests, (char *)&message, sizeof message);
    ring_write(&requests, path, path_length);
    ring_write(&requests, value, value_length);
    notify(requests.port);
}

// Returns the type of the answer: an error has another one than the request.
static u32 receive(char *text, u32 size)
{
    struct message message;
    u32 length = 0;
    ring_read(&responses, (char *)&message, sizeof message);
    for (; message.length; message.length--) {
        char c;
        ring_read(&responses, &c, 1);
        if (length < size - 1)
            text[length++] = c;
    }
    text[length] = 0;
    return message.type;
}

bool store_text(const char *path, char *text, u32 size)
{
    send(XS_READ, path, "");
    return receive(text, size) == XS_READ;
}

bool store_number(const char *path, u64 *value)
{
    char text[24];
    return store_text(path, text, sizeof text) && text_number(text, value);
}

bool store_write(const char *path, const char *text)
{
    char answer[24];
    send(XS_WRITE, path, text);
    return receive(answer, sizeof answer) == XS_WRITE;
}
