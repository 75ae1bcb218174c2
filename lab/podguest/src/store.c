// SPDX-License-Identifier: Apache-2.0
#include "store.h"

#include "ring.h"
#include "text.h"
#include "xen.h"

enum { XS_READ = 2 };

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

bool store_number(const char *path, u64 *value)
{
    struct message message = {.type = XS_READ, .length = text_length(path) + 1};
    ring_write(&requests, (char *)&message, sizeof message);
    ring_write(&requests, path, message.length);
    notify(requests.port);

    char text[24];
    u32 length = 0;
    ring_read(&responses, (char *)&message, sizeof message);
    for (; message.length; message.length--) {
        char c;
        ring_read(&responses, &c, 1);
        if (length < sizeof text - 1)
            text[length++] = c;
    }
    text[length] = 0;
    // An error has another type than the request, and its text is no number.
    return message.type == XS_READ && text_number(text, value);
}
