// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import static java.nio.file.StandardWatchEventKinds.ENTRY_CREATE;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Path;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.store.WatchHub;

/** Reports files that appear in a directory, such as the sockets of a process that starts. */
final class NewFiles {
    private static final Logger LOG = LoggerFactory.getLogger(NewFiles.class);

    private NewFiles() {}

    /**
     * Calls the listener for new files until the registration is closed. Where the host watches no more directories
     * ({@code fs.inotify.max_user_instances}), the listener is never called.
     */
    static WatchHub.Registration in(Path directory, Runnable listener) {
        try {
            WatchService service = directory.getFileSystem().newWatchService();
            try {
                directory.register(service, ENTRY_CREATE);
            } catch (IOException e) {
                service.close();
                throw e;
            }
            Thread thread = new Thread(() -> report(directory, service, listener), "new-files");
            thread.setDaemon(true);
            thread.start();
            return () -> close(service);
        } catch (IOException e) {
            LOG.debug("{} is not watched: {}", directory, e.getMessage());
            return () -> {};
        }
    }

    private static void report(Path directory, WatchService service, Runnable listener) {
        try {
            boolean isWatched = true;
            while (isWatched) {
                WatchKey key = service.take();
                key.pollEvents();
                listener.run();
                isWatched = key.reset();
            }
        } catch (ClosedWatchServiceException e) {
            LOG.debug("the watch of {} ended", directory);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void close(WatchService service) {
        try {
            service.close();
        } catch (IOException e) {
            LOG.debug("the watch of a directory is not closed: {}", e.getMessage());
        }
    }
}
