// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The processes that write QEMU's logs; they live a moment longer than the QEMU whose log they write. */
final class LogWriters {
    private LogWriters() {}

    /** Waits for the writers of the logs below a directory, which create and remove files there until they end. */
    static void awaitEnd(Path directory) throws Exception {
        for (ProcessHandle child : ProcessHandle.current().children().toList()) {
            List<String> words = List.of(child.info().arguments().orElse(new String[0]));
            if (words.contains("qemu-log") && words.get(words.size() - 1).startsWith(directory.toString())) {
                child.onExit().get(20, TimeUnit.SECONDS);
            }
        }
    }
}
