// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.wire;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/**
 * Lists a directory part by part. Each answer begins with the directory's generation; if it changes between two parts,
 * the list starts again. An empty name ends the last part.
 */
final class PartialDirectory {
    private static final int MOST_STARTS = 50;

    private final String path;
    private final Function<WireRequest, WireMessage> exchange;

    PartialDirectory(String path, Function<WireRequest, WireMessage> exchange) {
        this.path = path;
        this.exchange = exchange;
    }

    List<String> names() {
        WireRequest request = part(0);
        for (int start = 0; start < MOST_STARTS; start++) {
            List<String> names = new ArrayList<>();
            if (complete(names)) {
                return names;
            }
        }
        throw request.failure(Errno.EAGAIN);
    }

    /** Reads all parts; answers false if the directory changed between two of them. */
    private boolean complete(List<String> names) {
        String generation = "";
        int offset = 0;
        while (true) {
            WireRequest request = part(offset);
            List<String> texts = request.check(exchange.apply(request)).strings();
            if (texts.size() < 2 || (offset > 0 && !texts.get(0).equals(generation))) {
                return false;
            }
            generation = texts.get(0);
            for (String name : texts.subList(1, texts.size())) {
                if (name.isEmpty()) {
                    return true;
                }
                names.add(name);
                offset += name.getBytes(StandardCharsets.UTF_8).length + 1;
            }
        }
    }

    private WireRequest part(int offset) {
        return WireRequest.of(WireOp.DIRECTORY_PART, path, Integer.toString(offset));
    }
}
