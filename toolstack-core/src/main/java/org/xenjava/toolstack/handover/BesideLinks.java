// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The links beside the present one, which are lost together with it. */
final class BesideLinks implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BesideLinks.class);

    /** A process that is not told by the end of its input is killed by then. */
    private static final int CLOSE_MILLIS = 15_000;

    private static final int NONE = -1;

    private final List<TimedLink> links = new ArrayList<>();
    private final List<Thread> closing = new ArrayList<>();
    private int attempt;
    private boolean closed;

    /** The attempt of the sender whose links are taken; a negative number while none are. */
    synchronized int attempt() {
        return attempt;
    }

    /** Takes links of another attempt from now on. */
    synchronized void takeFor(int next) {
        attempt = next;
    }

    /** Adds a link, which this object closes, unless it is of another attempt, or there are too many. */
    synchronized boolean add(TimedLink link, int ofAttempt, int most) {
        boolean added = !closed && attempt >= 0 && ofAttempt == attempt && links.size() < most;
        if (added) {
            links.add(link);
        }
        return added;
    }

    /** Closes a link that the other end has not taken. */
    void drop(TimedLink link) {
        synchronized (this) {
            links.remove(link);
        }
        link.close();
    }

    /**
     * Ends all links, and takes none until the next attempt. Each is closed by a thread, because the process of a link may take
     * seconds to end.
     */
    synchronized void end() {
        attempt = NONE;
        for (TimedLink link : links) {
            Thread thread = new Thread(link::close, "migration-link-end");
            thread.setDaemon(true);
            thread.start();
            closing.add(thread);
        }
        links.clear();
    }

    @Override
    public void close() {
        List<Thread> ending;
        synchronized (this) {
            closed = true;
            end();
            ending = List.copyOf(closing);
        }
        try {
            for (Thread thread : ending) {
                thread.join(CLOSE_MILLIS);
            }
        } catch (InterruptedException e) {
            LOG.debug("the end of links was not awaited", e);
            Thread.currentThread().interrupt();
        }
    }
}
